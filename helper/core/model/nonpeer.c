/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts that are known not to run hmip (S7): a negative cache. */
#include "nonpeer.h"

#include <stdlib.h>

#include "action.h"
#include "addr.h"
#include "entry.h"
#include "foreign.h"

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

static void nonpeer_remove(struct core *c, struct nonpeer *q)
{
	action_push(c, ACTION_NONPEERS, NULL);
	HASH_DEL(c->nonpeers, q);
	free(q);
}

void nonpeer_add(struct core *c, const struct in6_addr *addr, usec_t now)
{
	struct nonpeer *q;

	HASH_FIND(hh, c->nonpeers, addr, sizeof(*addr), q);
	if (q)
		nonpeer_remove(c, q);
	if (HASH_COUNT(c->nonpeers) >= c->config.max_entries)
		nonpeer_remove(c, c->nonpeers);	/* the oldest */
	q = calloc(1, sizeof(*q));
	if (!q)
		return;
	q->addr = *addr;
	q->until = usec_add(now, c->config.plain_lifetime * USEC_PER_SEC);
	HASH_ADD(hh, c->nonpeers, addr, sizeof(q->addr), q);
	action_push(c, ACTION_NONPEERS, NULL);
	host_arm(c, q->until);
}

void nonpeer_forget(struct core *c, const struct in6_addr *addr)
{
	struct nonpeer *q;

	HASH_FIND(hh, c->nonpeers, addr, sizeof(*addr), q);
	if (q)
		nonpeer_remove(c, q);
}

void nonpeer_expire(struct core *c, usec_t now)
{
	/* If plain_lifetime was shortened, newer ones wait for older ones. */
	while (c->nonpeers && now >= c->nonpeers->until)
		nonpeer_remove(c, c->nonpeers);
	if (c->nonpeers)
		host_arm(c, c->nonpeers->until);
}

unsigned core_nonpeers(struct core *c, struct in6_addr *ret, unsigned max)
{
	const struct foreign_addr *fa;
	struct nonpeer *q, *next;
	unsigned n = 0;

	HASH_ITER(hh, c->nonpeers, q, next) {
		fa = foreign_find(c, &q->addr);
		if (n < max && !(fa && hce_homeless(fa->hce)))	/* it may run hmip by now */
			ret[n++] = q->addr;
	}
	return n;
}

bool nonpeer_find(struct core *c, const struct in6_addr *addr, usec_t now)
{
	struct nonpeer *q;

	HASH_FIND(hh, c->nonpeers, addr, sizeof(*addr), q);
	if (q && now >= q->until) {
		nonpeer_remove(c, q);
		q = NULL;
	}
	return q != NULL;
}
