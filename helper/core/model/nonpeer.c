/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts that are known not to run hmip (S7): a negative cache. */
#include "nonpeer.h"

#include <stdlib.h>

#include "action.h"
#include "addr.h"
#include "entry.h"
#include "foreign.h"

#define FIRST_WAIT	(60 * USEC_PER_SEC)
#define LONGER		4

bool aap_allowed(const struct core *c, const struct in6_addr *addr)
{
	const struct core_prefix *best = NULL;

	for (unsigned i = 0; i < c->config.n_aap_prefix; i++) {
		const struct core_prefix *p = &c->config.aap_prefix[i];

		if (addr_common_prefix(&p->addr, addr) >= p->len && (!best || p->len > best->len))
			best = p;
	}
	return !best || best->allowed;
}

/* All verdicts may change at once, which one action says. */
static void say_changed(struct core *c)
{
	core_act_once(c, ACTION_NONPEERS, NULL, &c->nonpeers_action);
}

static void nonpeer_remove(struct core *c, struct nonpeer *q)
{
	say_changed(c);
	timer_end(&c->nonpeer_timers, &q->timer);
	HASH_DEL(c->nonpeers, q);
	free(q);
}

static struct nonpeer *find(const struct core *c, const struct in6_addr *addr)
{
	struct nonpeer *q;

	HASH_FIND(hh, c->nonpeers, addr, sizeof(*addr), q);
	return q;
}

static usec_t longest(const struct core *c)
{
	return c->config.plain_lifetime * USEC_PER_SEC;
}

/* How long the next verdict about q lasts; NULL: the first. */
static usec_t next_wait(const struct core *c, const struct nonpeer *q)
{
	usec_t wait = q ? LONGER * q->wait : FIRST_WAIT;

	return wait < longest(c) ? wait : longest(c);
}

/* Makes the record of addr the newest. Returns NULL if memory is short. */
static struct nonpeer *renew(struct core *c, const struct in6_addr *addr)
{
	struct nonpeer *q = find(c, addr);

	if (q) {
		HASH_DEL(c->nonpeers, q);
	} else {
		if (HASH_COUNT(c->nonpeers) >= c->config.max_entries)
			nonpeer_remove(c, c->nonpeers);		/* the oldest */
		q = calloc(1, sizeof(*q));
	}
	if (!q)
		return NULL;
	q->addr = *addr;
	HASH_ADD(hh, c->nonpeers, addr, sizeof(q->addr), q);
	return q;
}

void nonpeer_add(struct core *c, const struct in6_addr *addr, usec_t now)
{
	usec_t wait = next_wait(c, find(c, addr));
	struct nonpeer *q = renew(c, addr);

	if (!q)
		return;
	q->wait = wait;
	q->found = now;
	q->until = usec_add(now, wait);
	q->over = false;
	say_changed(c);
	timer_end(&c->nonpeer_timers, &q->timer);
	timer_arm(&c->nonpeer_timers, &q->timer, q->until);
}

void nonpeer_forget(struct core *c, const struct in6_addr *addr)
{
	struct nonpeer *q = find(c, addr);

	if (q)
		nonpeer_remove(c, q);
}

/* The host of q may be asked. What the next verdict goes by stays for a while. */
static void end(struct core *c, struct nonpeer *q, usec_t now)
{
	q->over = true;
	q->until = now;
	say_changed(c);
	timer_end(&c->nonpeer_timers, &q->timer);
	timer_arm(&c->nonpeer_timers, &q->timer, usec_add(now, longest(c)));
}

void nonpeer_expire(struct core *c, usec_t now)
{
	struct timer *t;

	while ((t = timer_take(&c->nonpeer_timers, now))) {
		struct nonpeer *q = TIMER_OF(t, struct nonpeer, timer);

		if (q->over)
			nonpeer_remove(c, q);
		else
			end(c, q, now);
	}
}

void nonpeer_ask_again(struct core *c, usec_t now)
{
	struct nonpeer *q, *next;

	HASH_ITER(hh, c->nonpeers, q, next)
		if (!q->over && now >= usec_add(q->found, FIRST_WAIT))
			end(c, q, now);
}

unsigned core_nonpeers(struct core *c, struct in6_addr *ret, unsigned max)
{
	const struct foreign_addr *fa;
	struct nonpeer *q, *next;
	unsigned n = 0;

	HASH_ITER(hh, c->nonpeers, q, next) {
		fa = foreign_find(c, &q->addr);
		/* it may run hmip by now */
		if (n < max && !q->over && !(fa && hce_homeless(fa->hce)))
			ret[n++] = q->addr;
	}
	return n;
}

bool nonpeer_find(struct core *c, const struct in6_addr *addr, usec_t now)
{
	const struct nonpeer *q = find(c, addr);

	return q && now < q->until;
}

usec_t core_plain_until(const struct core *c, const struct in6_addr *addr)
{
	const struct nonpeer *q = find(c, addr);

	return q && !q->over ? q->until : 0;
}
