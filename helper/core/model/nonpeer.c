/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts that are known not to run hmip (S7): a negative cache. */
#include "nonpeer.h"

#include <stdlib.h>

#include "action.h"
#include "addr.h"
#include "entry.h"
#include "foreign.h"

bool core_probes(const struct core *c, const struct in6_addr *addr)
{
	const struct core_prefix *best = NULL;

	for (unsigned i = 0; i < c->config.n_probe; i++) {
		const struct core_prefix *p = &c->config.probe[i];

		if (addr_common_prefix(&p->addr, addr) >= p->len && (!best || p->len > best->len))
			best = p;
	}
	return !best || best->probe;
}

static void plain_remove(struct core *c, struct plain *q)
{
	action_push(c, ACTION_PLAIN, NULL);
	HASH_DEL(c->plain, q);
	free(q);
}

void plain_note(struct core *c, const struct in6_addr *addr, usec_t now)
{
	struct plain *q;

	HASH_FIND(hh, c->plain, addr, sizeof(*addr), q);
	if (q)
		plain_remove(c, q);
	if (HASH_COUNT(c->plain) >= c->config.max_entries)
		plain_remove(c, c->plain);	/* the oldest */
	q = calloc(1, sizeof(*q));
	if (!q)
		return;
	q->addr = *addr;
	q->until = usec_add(now, c->config.plain_lifetime * USEC_PER_SEC);
	HASH_ADD(hh, c->plain, addr, sizeof(q->addr), q);
	action_push(c, ACTION_PLAIN, NULL);
	deadline_arm(c, q->until);
}

void plain_expire(struct core *c, usec_t now)
{
	struct plain *q, *next;

	HASH_ITER(hh, c->plain, q, next) {
		if (now >= q->until)
			plain_remove(c, q);
		else
			deadline_arm(c, q->until);
	}
}

unsigned core_plain(struct core *c, struct in6_addr *ret, unsigned max)
{
	const struct foreign_addr *fa;
	struct plain *q, *next;
	unsigned n = 0;

	HASH_ITER(hh, c->plain, q, next) {
		fa = foreign_find(c, &q->addr);
		if (n < max && !(fa && hce_homeless(fa->hce)))	/* it may have changed its mind */
			ret[n++] = q->addr;
	}
	return n;
}

bool plain_find(struct core *c, const struct in6_addr *addr, usec_t now)
{
	struct plain *q;

	HASH_FIND(hh, c->plain, addr, sizeof(*addr), q);
	if (q && now >= q->until) {
		plain_remove(c, q);
		q = NULL;
	}
	return q != NULL;
}
