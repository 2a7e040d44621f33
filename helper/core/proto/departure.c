/* SPDX-License-Identifier: BSD-2-Clause */
#include "departure.h"

#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "bu_send.h"
#include "bul.h"
#include "entry.h"
#include "local.h"
#include "pair.h"

/*
 * From the move of an entry to the withdrawal: the peer has followed by then. An Update within 100
 * ms of that would still count as one that data overtook (bu_recv.c).
 */
#define PEER_FOLLOWS	(200 * USEC_PER_MSEC)

/* Whether h has left addr for a source that stays, connections born with it included. */
static bool has_left(struct core *c, const struct hce *h, const struct in6_addr *addr)
{
	const struct local_addr *now = local_find(c, &h->pair.local);

	return local_good_for(now, h) && !now->departing && !pcb_any_keeps_addr(h, addr);
}

static void step_address(struct core *c, struct hce *h, const struct local_addr *l, usec_t now)
{
	struct binding *b = bul_find(h, &l->addr);

	if (!has_left(c, h, &l->addr)) {
		if (b)
			b->withdraw_at = 0;
		if (local_good_for(l, h))
			bul_want(c, h, &l->addr, true);
		return;
	}
	if (!b || !b->wanted)
		return;
	if (!b->withdraw_at)
		b->withdraw_at = usec_add(now, PEER_FOLLOWS);
	if (now < b->withdraw_at)
		hce_arm(c, h, b->withdraw_at);
	else
		bul_want(c, h, &l->addr, false);
}

void departure_step(struct core *c, struct hce *h, usec_t now)
{
	struct local_addr *l, *next;

	if (!c->n_departing || !hce_homeless(h))
		return;
	HASH_ITER(hh, c->locals, l, next)
		if (l->departing)
			step_address(c, h, l, now);
}

void departure_begin(struct core *c, usec_t now)
{
	const struct local_addr *from;
	struct local_addr *l, *next_l;
	struct hce *h, *next;

	HASH_ITER(hh, c->entries, h, next) {
		from = local_find(c, &h->pair.local);
		if (from && from->departing)
			path_clear_failover(h);
		pair_update(c, h, now);
		HASH_ITER(hh, c->locals, l, next_l)
			if (l->departing)
				pair_migrate_from(c, h, &l->addr);
		departure_step(c, h, now);
		bu_flush(c, h, now);
		hce_arm(c, h, now);
	}
}

void departure_cancel(struct core *c, struct local_addr *l, usec_t now)
{
	struct hce *h, *next;

	if (!l->departing)
		return;
	local_set_departing(c, l, false);
	HASH_ITER(hh, c->entries, h, next) {
		if (local_good_for(l, h))
			bul_want(c, h, &l->addr, true);
		pair_update(c, h, now);
		bu_flush(c, h, now);
		hce_arm(c, h, now);
	}
}
