/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of this host become usable, are lost, and are preferred. */
#include "core.h"

#include <errno.h>

#include "aap_initiator.h"
#include "action.h"
#include "addr.h"
#include "addr_conflict.h"
#include "bu_send.h"
#include "bul.h"
#include "departure.h"
#include "entry.h"
#include "foreign.h"
#include "hold.h"
#include "local.h"
#include "nonpeer.h"
#include "pair.h"
#include "udp_bound.h"
#include "via.h"

/* l was usable and is not any more, as why says. */
static void local_lose(struct core *c, struct local_addr *l, const char *why, usec_t now)
{
	struct in6_addr addr = l->addr;
	struct hce *h, *next;

	local_set_usable(c, l, false, why, now);
	HASH_ITER(hh, c->entries, h, next) {
		via_forget(h, &addr);
		if (addr_equal(&h->pair.local, &addr)) {
			h->source_lost = now;
			h->rt.everywhere = true;
		}
		bul_want(c, h, &addr, false);
		bul_fill(c, h);
		pair_migrate_from(c, h, &addr);
		pair_update(c, h, now);
		if (addr_equal(&h->pair.local, &addr))
			pair_set_unconfirmed(c, h, true);
		hold_soon(c, h, now);
		bu_flush(c, h, now);
		hce_arm(c, h, now);
	}
	host_arm(c, l->remember_until);
	local_make_room(c);
}

void core_local_personality(struct core *c, const struct in6_addr *addr, unsigned personality,
			    usec_t now)
{
	struct local_addr *l = local_find(c, addr);

	if (!addr_usable(addr) || (l && l->personality == personality))
		return;
	if (l && l->usable)
		local_lose(c, l, "has another personality", now);
	l = local_find(c, addr);
	if (!l)
		l = local_add(c, addr, now);
	if (l)
		l->personality = personality;
}

/* Hosts that did not answer may do so in another network. */
static void ask_plain(struct core *c, usec_t now)
{
	struct hce *h, *next;

	nonpeer_ask_again(c, now);
	HASH_ITER(hh, c->entries, h, next)
		if (h->status == PEER_PLAIN && h->n_pcb)
			aap_start(c, h, now);
}

void core_local_up(struct core *c, const struct in6_addr *addr, unsigned ifindex,
		   usec_t valid_until, usec_t now)
{
	struct foreign_addr *taken = foreign_find(c, addr);
	struct local_addr *l = local_find(c, addr);
	struct hce *h, *next;

	if (!addr_usable(addr))
		return;
	if (taken)
		conflict_remove_addr(c, taken, "it is this host's now", now);
	if (!l)
		l = local_add(c, addr, now);
	if (!l)
		return;
	l->valid_until = valid_until;
	if (l->usable && l->ifindex == ifindex)
		return;
	bound_close_addr(c, addr);
	l = local_find(c, addr);
	if (!l)
		l = local_add(c, addr, now);	/* bound_close_addr() may have freed it */
	if (!l)
		return;
	if (!l->usable && l->remember_until)
		local_note_blip(c, l, now);
	l->valid_until = valid_until;
	l->ifindex = ifindex;
	l->unassigned = false;
	local_set_usable(c, l, true, l->usable ? "on another interface" : "its link works", now);

	HASH_ITER(hh, c->entries, h, next) {
		if (!local_good_for(l, h))
			continue;
		bool lost = h->source_lost;

		if (addr_equal(&h->pair.local, addr)) {
			h->source_lost = 0;
			pair_set_no_source(c, h, false);
		}
		bul_want(c, h, addr, true);
		pair_update(c, h, now);
		/*
		 * The pair's source is back: the peer must receive an announcement, and TCP resume.
		 */
		if (hce_homeless(h) && addr_equal(&h->pair.local, addr)) {
			pair_set_unconfirmed(c, h, false);
			bul_reannounce(h);
			pair_resume(c, h, lost);
		}
		bu_retry(h, now);
		bu_flush(c, h, now);
		hce_arm(c, h, now);
	}
	if (c->left)
		host_arm(c, now);	/* connections from addr can be attached */
	ask_plain(c, now);
}

void core_local_spare(struct core *c, const struct in6_addr *addr, bool spare, usec_t now)
{
	struct local_addr *l = local_find(c, addr);
	struct hce *h, *next;

	if (!l && addr_usable(addr) && spare)
		l = local_add(c, addr, now);
	if (!l || l->spare == spare)
		return;
	l->spare = spare;
	if (!l->usable)
		return;
	HASH_ITER(hh, c->entries, h, next) {
		if (h->may_announce && local_good_for(l, h))
			bul_want(c, h, addr, true);
		pair_update(c, h, now);
		bu_flush(c, h, now);
		hce_arm(c, h, now);
	}
}

void core_local_down(struct core *c, const struct in6_addr *addr, usec_t now)
{
	struct local_addr *l = local_find(c, addr);

	if (l && l->usable)
		local_lose(c, l, "deleted, expired, or its link does not work", now);
}

void core_local_assigned(struct core *c, const struct in6_addr *addr, bool assigned)
{
	struct local_addr *l = local_find(c, addr);
	struct hce *h, *next;

	if (!l || l->usable || l->unassigned == !assigned)
		return;
	l->unassigned = !assigned;
	HASH_ITER(hh, c->entries, h, next)
		if (addr_equal(&h->pair.local, addr))
			pair_set_no_source(c, h, !assigned);
}

int core_prefer(struct core *c, const struct in6_addr *addr, unsigned ifindex, usec_t now)
{
	struct local_addr *l, *next_l;
	struct hce *h, *next_h;
	bool found = false;

	c->preferences++;
	HASH_ITER(hh, c->locals, l, next_l) {
		if (!l->usable || (addr ? !addr_equal(&l->addr, addr) : l->ifindex != ifindex))
			continue;
		l->preference = c->preferences;
		departure_cancel(c, l, now);
		found = true;
	}
	if (!found)
		return -EADDRNOTAVAIL;
	HASH_ITER(hh, c->entries, h, next_h) {
		path_clear_failover(h);
		pair_update(c, h, now);
		bu_flush(c, h, now);
		hce_arm(c, h, now);
	}
	return 0;
}

int core_depart(struct core *c, const struct in6_addr *addr, unsigned ifindex, bool departs,
		usec_t now)
{
	struct local_addr *l, *next;
	int r = -EADDRNOTAVAIL;

	/* All of them before anything moves, else it would move from one to another. */
	HASH_ITER(hh, c->locals, l, next) {
		if (!l->usable || (addr ? !addr_equal(&l->addr, addr) : l->ifindex != ifindex))
			continue;
		if (departs)
			local_set_departing(c, l, true);
		else
			departure_cancel(c, l, now);
		r = 0;
	}
	if (departs && r == 0)
		departure_begin(c, now);
	return r;
}
