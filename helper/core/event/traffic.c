/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports of the datapath: data was received, none was received, the peer was followed. */
#include "core.h"

#include <errno.h>

#include "action.h"
#include "addr.h"
#include "connection.h"
#include "entry.h"
#include "foreign.h"
#include "hold.h"
#include "lifecycle.h"
#include "local.h"
#include "pair.h"
#include "path_probe.h"
#include "reach.h"

/* A peer that moves again within this time uses two sources in turn. */
#define FOLLOW_INTERVAL		USEC_PER_SEC

void core_heard(struct core *c, uint32_t id, const struct in6_addr *src, usec_t now)
{
	struct hce *h = core_entry(c, id);
	struct foreign_addr *fa = foreign_find(c, src);

	if (!h || !fa || fa->hce != h)
		return;
	fa->heard = h->heard = now;
	hold_end(c, h);
	/* At another address there may be another host by now, which converses in its place. */
	if (!h->n_pcb && (fa->state == ADDR_ACTIVE || addr_equal(src, &h->pair.foreign)))
		hce_converse(c, h, now);
	/*
	 * C6; and 2.1.4: an address kept as Deprecated that is still used is used again; a Homeless
	 * peer must prove it (X5)
	 */
	if (fa->kind == LIFETIME_ACTIVITY && fa->state == ADDR_DEPRECATED && !hce_homeless(h))
		foreign_set_state(c, fa, ADDR_ACTIVE, "data came from it", now);
	if (fa->kind == LIFETIME_ACTIVITY)
		foreign_renew(c, fa, fa->kind, fa->lifetime, now);
	if (fa->state == ADDR_TENTATIVE)
		reach_hurry(c, fa, now);
	if (fa->withdrawn && h->pair.block == BLOCK_REWRITTEN)
		pair_update(c, h, now);
	hce_answered(c, h, now);
}

void core_silent(struct core *c, uint32_t id, usec_t now)
{
	struct hce *h = core_entry(c, id);

	if (h)
		path_silent(c, h, now);
}

int core_ping(struct core *c, uint32_t id, usec_t now,
	      struct path_pair ret[static PATH_PAIRS_MAX])
{
	struct hce *h = core_entry(c, id);
	unsigned n = h ? path_ping(c, h, now, ret) : 0;

	if (!h)
		return -ENOENT;
	return n ? (int)n : -EAGAIN;
}

void core_followed(struct core *c, uint32_t id, const struct in6_addr *src, uint32_t gen,
		   usec_t now)
{
	struct hce *h = core_entry(c, id);
	const struct foreign_addr *fa = foreign_find(c, src);
	struct pair to;

	if (!h)
		return;
	core_heard(c, id, src, now);
	to = h->pair;
	/* It cannot move any more: what the datapath did before it was told so is undone. */
	if (!hce_homeless(h)) {
		pair_set(c, h, &to, NULL);
		return;
	}
	if ((int32_t)(gen - to.gen) > 0)
		to.gen = gen;
	if (fa && fa->hce == h && fa->state == ADDR_ACTIVE && !addr_equal(src, &h->pair.foreign)) {
		h->followed_from = h->pair.foreign;
		to.foreign = *src;
		/*
		 * A peer that uses two sources in turn has not moved, and kicks would make both
		 * ends send more of that.
		 */
		if (now >= usec_add(h->followed, FOLLOW_INTERVAL))
			pair_resume(c, h, false);
		h->followed = now;
	}
	/* The pair may have changed here since the datapath followed: both must have the same. */
	pair_set(c, h, &to, "data of the peer comes from there");
}

void core_datagram_heard(struct core *c, uint32_t id, const struct in6_addr *src,
			 const struct in6_addr *dst, usec_t now)
{
	struct hce *h = core_entry(c, id);
	const struct foreign_addr *fa = foreign_find(c, src);
	const struct local_addr *l = local_find(c, dst);

	core_heard(c, id, src, now);
	if (h && fa && fa->hce == h && fa->state == ADDR_ACTIVE && local_good_for(l, h))
		pair_init(c, h, dst, src);
}
