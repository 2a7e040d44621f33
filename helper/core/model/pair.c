/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which pair of addresses an entry's packets bear: destination among the Active ones, by default
 * where the peer was last heard (C11), source among those of the Local Host Cache Entry that the
 * peer accepts (S1, B7).
 */
#include "pair.h"

#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "bul.h"
#include "entry.h"
#include "local.h"
#include "pcb_wire.h"

#define LATE_DATA	USEC_PER_SEC	/* what left before a withdrawal has come by then */

/*
 * The generation of a pair that none of the connections has taken yet: a new one, unless the shell
 * has not seen the present one, and no connection was born under it.
 */
static uint32_t next_gen(const struct core *c, const struct hce *h)
{
	const struct pcb *p;

	if (!action_is_queued(c, h->pair_action) || h->pair.gen == h->published_gen)
		return h->pair.gen + 1;
	DL_FOREACH(h->pcbs, p)
		if (!pcb_follows_pair(p))
			return h->pair.gen + 1;
	return h->pair.gen;
}

/* Whether packets that leave by the pair to have other addresses, or all were dropped until now. */
static bool is_switch(const struct pair *from, const struct pair *to)
{
	return !IN6_IS_ADDR_UNSPECIFIED(&from->local) &&
	       (!addr_equal(&from->local, &to->local) ||
		!addr_equal(&from->foreign, &to->foreign) ||
		(from->block == BLOCK_ALL && to->block != BLOCK_ALL));
}

/*
 * h had the pair from. The event of a switch that the shell has not taken yet is of both: from
 * where the first began, for its reason, to where the last led.
 */
static void report_switch(struct core *c, struct hce *h, const struct pair *from, const char *why)
{
	bool first = !action_is_queued(c, h->switch_event);
	struct action *a = core_act_once(c, ACTION_EVENT, h, &h->switch_event);

	if (first) {
		a->event.event = EVENT_SWITCHED;
		a->event.from_local = from->local;
		a->event.from_foreign = from->foreign;
		a->event.reason = why;
		c->counter[COUNT_SWITCHED]++;
	}
	a->event.local = h->pair.local;
	a->event.foreign = h->pair.foreign;
	/* Only the switch that the loss caused reports it. */
	if (addr_equal(&from->local, &h->pair.local))
		return;
	if (h->source_lost)
		a->event.lost = h->source_lost;
	h->source_lost = 0;
}

void pair_set(struct core *c, struct hce *h, const struct pair *to, const char *why)
{
	bool switches = is_switch(&h->pair, to);
	struct pair from = h->pair, next = *to;

	if (switches && next.gen == from.gen)
		next.gen = next_gen(c, h);
	if (!action_is_queued(c, h->pair_action))
		h->published_gen = from.gen;
	h->pair = next;
	hce_arm(c, h, 0);	/* what is timed may be for the pair */
	if (!IN6_IS_ADDR_UNSPECIFIED(&next.local))
		core_act_once(c, ACTION_PAIR, h, &h->pair_action)->pair = next;
	if (!switches)
		return;
	h->path.at = 0;		/* probe the new pair first */
	report_switch(c, h, &from, why);
}

void pair_repeat(struct core *c, struct hce *h)
{
	h->pair_stale = false;
	core_act_once(c, ACTION_PAIR, h, &h->pair_action)->pair = h->pair;
}

/* Makes all connections of h leave with its pair: none keeps the one it was born with. */
static void new_generation(struct core *c, struct hce *h)
{
	struct pair to = h->pair;

	to.gen = next_gen(c, h);
	pair_set(c, h, &to, NULL);
}

void pair_init(struct core *c, struct hce *h, const struct in6_addr *local,
	       const struct in6_addr *foreign)
{
	struct pair to = h->pair;

	if (!IN6_IS_ADDR_UNSPECIFIED(&h->pair.local))
		return;
	to.local = *local;
	to.foreign = *foreign;
	pair_set(c, h, &to, NULL);
}

void pair_set_unconfirmed(struct core *c, struct hce *h, bool unconfirmed)
{
	struct pair to = h->pair;

	if (h->pair.unconfirmed == unconfirmed || !hce_homeless(h))
		return;
	to.unconfirmed = unconfirmed;
	pair_set(c, h, &to, NULL);
}

void pair_set_no_source(struct core *c, struct hce *h, bool no_source)
{
	struct pair to = h->pair;

	if (h->pair.no_source == no_source || !hce_homeless(h))
		return;
	to.no_source = no_source;
	pair_set(c, h, &to, NULL);
}

/* Whether nothing that was sent by h's pair arrives any more. */
static bool pair_is_dead(struct core *c, const struct hce *h)
{
	const struct local_addr *l = local_find(c, &h->pair.local);
	const struct foreign_addr *fa;

	DL_FOREACH(h->addrs, fa)
		if (addr_equal(&fa->addr, &h->pair.foreign) && fa->state == ADDR_ACTIVE)
			return !l || !l->usable;
	return true;
}

void pair_resume(struct core *c, struct hce *h, bool lost)
{
	struct action *a = core_act_once(c, ACTION_RETRANSMIT, h, &h->resume_action);

	a->retransmit.lost |= lost || h->flight_lost;
	h->flight_lost = false;
}

void pair_use(struct core *c, struct hce *h, const struct in6_addr *local,
	      const struct in6_addr *foreign, const char *why)
{
	const struct local_addr *l = local_find(c, local);
	struct binding *b = bul_find(h, local);
	struct pair to = h->pair;

	h->flight_lost |= pair_is_dead(c, h);
	to.local = *local;
	to.foreign = *foreign;
	to.block = BLOCK_NONE;
	to.no_source = l && !l->usable && l->unassigned;
	/*
	 * A retransmission that reaches the peer ahead of its verification of our Response is lost:
	 * wait for the BA then.
	 */
	to.unconfirmed = h->retransmit_on_ack = b && b->state == BINDING_RESPONDED;
	pair_set(c, h, &to, why);
	action_push(c, ACTION_OPEN, h);
	if (!h->retransmit_on_ack)
		pair_resume(c, h, false);
}

void pair_block(struct core *c, struct hce *h, enum block how)
{
	struct pair to = h->pair;

	if (h->pair.block >= how)
		return;
	to.block = how;
	if (how == BLOCK_ALL)
		to.gen = next_gen(c, h);	/* none may keep its birth pair */
	pair_set(c, h, &to, NULL);
}

bool pair_may_send_from(struct hce *h, const struct local_addr *l)
{
	struct binding *b = bul_find(h, &l->addr);

	if (!local_good_for(l, h))
		return false;
	return (b && b->state >= BINDING_RESPONDED) || addr_equal(&h->pair.local, &l->addr);
}

static bool is_barred(struct hce *h, const struct local_addr *l)
{
	const struct binding *b = bul_find(h, &l->addr);

	return b && b->barred;
}

/* What policy rules forbid to one of h's connections is the last choice for all of them. */
static bool better(struct hce *h, const struct local_addr *a, const struct local_addr *b)
{
	bool barred_a = is_barred(h, a), barred_b = is_barred(h, b);

	return barred_a != barred_b ? barred_b : local_better(h, &h->pair.foreign, a, b);
}

const struct local_addr *pair_best_local(struct core *c, struct hce *h)
{
	const struct local_addr *best = NULL;
	struct local_addr *l, *next;

	HASH_ITER(hh, c->locals, l, next)
		if (pair_may_send_from(h, l) && (!best || better(h, l, best)))
			best = l;
	return best;
}

/*
 * Whether h may move although nothing compels it: its peer has used its keys lately. If it has not,
 * it is asked to, and hce_authenticated() moves h.
 */
static bool hce_may_switch(struct core *c, struct hce *h, usec_t now)
{
	if (hce_authenticated_lately(h, now))
		return true;
	h->switch_deferred = true;
	if (!h->unanswered_since)
		bul_reannounce(h);	/* bu_flush() sends it */
	hce_arm(c, h, now);
	return false;
}

/* Whether a connection of h's peer is not attached for want of room: a move of h would end it. */
static bool any_left_out(struct core *c, const struct hce *h)
{
	const struct pcb *p;

	DL_FOREACH(h->left, p)
		if (local_good_for(local_find(c, &p->local), h))
			return true;
	return false;
}

/*
 * Whether h leaves its source only if that is lost: its peer would take along the connections that
 * are not attached.
 */
static bool pair_is_kept(struct core *c, struct hce *h)
{
	bool kept = any_left_out(c, h);

	if (kept && !h->kept)
		event_emit(c, EVENT_TABLE_FULL, h, &h->pair.local, &h->pair.foreign, 0,
			   "connections with this peer stay on their address while some cannot be "
			   "attached");
	h->kept = kept;
	return kept;
}

void pair_release(struct core *c, struct hce *h, usec_t now)
{
	if (!h->kept || any_left_out(c, h))
		return;
	h->kept = false;
	pair_update(c, h, now);
}

/*
 * Returns whether h's peer has been silent for so long that none of its addresses is Active. It may
 * have forgotten ours, and would reset what comes from another than it knew last.
 */
static bool peer_is_gone(const struct hce *h, usec_t now)
{
	const struct foreign_addr *fa;

	DL_FOREACH(h->addrs, fa)
		if (fa->state == ADDR_ACTIVE)
			return false;
	return hce_unresponsive(h, now);
}

static const struct local_addr *choose_local(struct core *c, struct hce *h, usec_t now)
{
	const struct local_addr *l = local_find(c, &h->pair.local), *best;

	if (h->path.failed_over && l && !l->departing && pair_may_send_from(h, l))
		return l;
	path_clear_failover(h);
	best = pair_best_local(c, h);
	if (best && l != best && local_good_for(l, h) &&
	    (pair_is_kept(c, h) || !hce_may_switch(c, h, now)))
		return l;
	/* What lost its source waits for it, or for the peer: hce_authenticated() moves it then. */
	return l == best || !peer_is_gone(h, now) ? best : NULL;
}

/*
 * The pair's address fa is not Active: it expired, or is being verified again after that. Returns
 * whether the pair stays nevertheless. Connections with this birth pair need no signalling; moved
 * ones that still receive data have a path that works. path_probe.c leaves a dead path.
 */
static bool foreign_stays_usable(const struct core *c, const struct hce *h,
				 const struct foreign_addr *fa, usec_t now)
{
	if (!fa->was_active || fa->withdrawn || fa->conflict)
		return false;
	return pcb_any_on_birth_pair(h) ||
	       (fa->state == ADDR_DEPRECATED && foreign_heard_lately(c, fa, now));
}

/*
 * The peer withdrew fa, but data came from there after all that it had sent before: whoever is
 * there has a connection of h, which goes on if nothing better is known.
 */
static bool is_heard_withdrawn(const struct foreign_addr *fa)
{
	return fa->withdrawn && fa->heard > usec_add(fa->withdrawn_at, LATE_DATA);
}

static const struct foreign_addr *choose_foreign(const struct core *c, struct hce *h, usec_t now)
{
	const struct foreign_addr *fa, *best = NULL, *last = NULL;

	DL_FOREACH(h->addrs, fa) {
		if (addr_equal(&fa->addr, &h->pair.foreign)) {
			if (fa->state == ADDR_ACTIVE || foreign_stays_usable(c, h, fa, now))
				return fa;
			last = is_heard_withdrawn(fa) ? fa : NULL;
		}
		if (fa->state != ADDR_ACTIVE)
			continue;
		if (!best || fa->heard > best->heard)
			best = fa;
	}
	return best ? best : last;
}

/*
 * The peer has left the address of h's pair, and another host may be there (A3). What was moved is
 * held until something is Active.
 */
static void hold_withdrawn(struct core *c, struct hce *h)
{
	const struct foreign_addr *fa;

	DL_FOREACH(h->addrs, fa)
		if (addr_equal(&fa->addr, &h->pair.foreign) && fa->withdrawn)
			pair_block(c, h, BLOCK_REWRITTEN);
}

void pair_report_unreachable(struct core *c, const struct hce *h, usec_t now)
{
	const struct foreign_addr *fa;

	DL_FOREACH(h->addrs, fa) {
		bool heard = fa->withdrawn ? is_heard_withdrawn(fa)
					   : foreign_heard_lately(c, fa, now);

		if (fa->state != ADDR_DEPRECATED ||
		    (addr_equal(&fa->addr, &h->pair.foreign) && heard))
			return;
	}
	if (h->addrs && pcb_any_moved(h))
		action_push(c, ACTION_UNREACHABLE, h);
}

static const char *why_update(struct core *c, const struct hce *h, const struct pair *to)
{
	const struct local_addr *l = local_find(c, &h->pair.local);

	if (!addr_equal(&to->local, &h->pair.local) && l && l->departing)
		return "the source departs";
	if (!addr_equal(&to->local, &h->pair.local))
		return local_good_for(l, h) ? "another source is preferred" : "the source was lost";
	if (!addr_equal(&to->foreign, &h->pair.foreign))
		return "the destination cannot be used any more";
	return "the destination can be used again";
}

/*
 * The peer has an address again. Who keeps the birth pair keeps it; what is moved goes on where it
 * was.
 */
static void pair_unblock(struct core *c, struct hce *h)
{
	struct pair to = h->pair;

	to.block = BLOCK_NONE;
	pair_set(c, h, &to, NULL);
	pair_resume(c, h, true);
}

void pair_update(struct core *c, struct hce *h, usec_t now)
{
	struct pair to = h->pair;

	if (!hce_homeless(h) || IN6_IS_ADDR_UNSPECIFIED(&h->pair.local))
		return;

	const struct local_addr *l = choose_local(c, h, now);
	const struct foreign_addr *fa = choose_foreign(c, h, now);

	/*
	 * With no choice left the pair stays: there is nothing better, and the old one may come
	 * back (B13).
	 */
	if (l)
		to.local = l->addr;
	if (fa)
		to.foreign = fa->addr;
	if (!addr_equal(&to.local, &h->pair.local) || !addr_equal(&to.foreign, &h->pair.foreign) ||
	    (fa && fa->state == ADDR_ACTIVE && h->pair.block == BLOCK_ALL))
		pair_use(c, h, &to.local, &to.foreign, why_update(c, h, &to));
	else if (fa && h->pair.block && (fa->state == ADDR_ACTIVE || fa->withdrawn))
		pair_unblock(c, h);
	if (!fa)
		hold_withdrawn(c, h);
}

void pair_follow(struct core *c, struct hce *h, const struct foreign_addr *fa, usec_t now)
{
	const struct in6_addr local = h->pair.local;
	const struct foreign_addr *at;

	if (!hce_homeless(h) || IN6_IS_ADDR_UNSPECIFIED(&h->pair.local) ||
	    fa->state != ADDR_ACTIVE || addr_equal(&fa->addr, &h->pair.foreign))
		return;
	/*
	 * It may be no more than an answer, or another way for what signalling by the pair does not
	 * achieve. A peer that left the pair sends data from elsewhere or withdraws the address.
	 */
	DL_FOREACH(h->addrs, at)
		if (addr_equal(&at->addr, &h->pair.foreign) && foreign_stays_usable(c, h, at, now))
			return;
	pair_use(c, h, &local, &fa->addr, "signalling of the peer comes from there");
}

bool pcb_any_keeps_addr(const struct hce *h, const struct in6_addr *addr)
{
	const struct pcb *p;

	DL_FOREACH(h->pcbs, p)
		if (!pcb_follows_pair(p) && !p->forbidden &&
		    (addr_equal(&p->local, addr) || addr_equal(&p->foreign, addr)))
			return true;
	return false;
}

void pair_migrate_from(struct core *c, struct hce *h, const struct in6_addr *addr)
{
	if (addr_equal(addr, &h->pair.local) || addr_equal(addr, &h->pair.foreign) ||
	    !hce_homeless(h) || !pcb_any_keeps_addr(h, addr))
		return;
	new_generation(c, h);
}

/* Whether a connection of h has another pair than h's: the one it was born with. */
static bool pcb_any_keeps_other_pair(const struct hce *h)
{
	const struct pcb *p;

	DL_FOREACH(h->pcbs, p)
		if (!pcb_follows_pair(p) && !p->forbidden && !pcb_born_with(p, &h->pair))
			return true;
	return false;
}

void pair_migrate_all(struct core *c, struct hce *h)
{
	if (!pcb_any_keeps_other_pair(h))
		return;
	new_generation(c, h);
	pair_resume(c, h, false);
}

bool pcb_any_on_birth_pair(const struct hce *h)
{
	struct pcb *p;

	DL_FOREACH(h->pcbs, p)
		if (p->linger_until == USEC_NEVER && pcb_born_with(p, &h->pair))
			return true;
	return false;
}

bool pcb_any_moved(const struct hce *h)
{
	struct pcb *p;

	DL_FOREACH(h->pcbs, p)
		if (p->linger_until == USEC_NEVER && pcb_wire_pair(p, NULL, NULL))
			return true;
	return false;
}

void path_clear_failover(struct hce *h)
{
	h->path.failed_over = false;
}
