/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Binding Updates, receiving (homelessv6 2.3.1, draft-13 8.2): all of a packet is checked, then all
 * of it is done, but for addresses that are another's.
 */
#include "bu_recv.h"

#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "addr_conflict.h"
#include "bu_send.h"
#include "bul.h"
#include "entry.h"
#include "foreign.h"
#include "leave.h"
#include "lifecycle.h"
#include "local.h"
#include "pair.h"
#include "path_probe.h"
#include "reach.h"
#include "retry.h"
#include "send.h"

/*
 * The longest lifetime that is granted, infinity included: whoever proved to be at an address is
 * asked again before it is over. Nobody is asked twice within PROOF_TO_RENEW.
 */
#define LIFETIME_MAX	3600	/* seconds */
#define PROOF_TO_RENEW	(120 * USEC_PER_SEC)

#define SUPPORT_REPEATS	(2 * USEC_PER_SEC)
/* A BU that comes so long after data from the same place was overtaken by it. */
#define OVERTAKEN	(100 * USEC_PER_MSEC)

/*
 * The addresses a BU is about: those it names, and the packet's source unless an Alternate CoA
 * stands for it.
 */
struct named {
	unsigned n;
	struct in6_addr addr[BU_ADDRS_MAX + 1];
};

static void name_addresses(const struct signal *s, const struct binding_update *bu,
			   struct named *ret)
{
	ret->n = 0;
	if (bu->names_source)
		ret->addr[ret->n++] = s->src;
	for (unsigned i = 0; i < bu->n_addr; i++)
		ret->addr[ret->n++] = bu->addr[i];
}

static bool bu_refuse(struct core *c, const struct hce *h, const struct signal *s,
		      enum core_counter n, uint16_t seq, const char *why)
{
	c->counter[n]++;
	event_emit(c, EVENT_DROPPED, h, &s->dst, &s->src, seq, why);
	return false;
}

/*
 * X7: only the entry of the SA that protects a BU may change. Whether it claims an address that is
 * somebody else's: that is left out, and the rest of the BU is done. Many hosts have the same
 * unique-local address as others, of a VPN or a bridge for containers, and cannot know that.
 */
static bool is_anothers_addr(struct core *c, const struct hce *h, const struct in6_addr *a)
{
	const struct local_addr *local = local_find(c, a);
	const struct foreign_addr *fa = foreign_find(c, a);

	return (local && local->usable) || (fa && fa->hce != h);
}

static bool check_addr(struct core *c, struct hce *h, const struct signal *s,
		       const struct in6_addr *a, bool adds, uint16_t seq, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, a);

	if (!addr_usable(a))
		return bu_refuse(c, h, s, COUNT_REFUSED_ADDR, seq,
				 "names an address that cannot be anybody's");
	/* A withdrawn address may be another peer's already; its entry is not changed. */
	if (!adds || !is_anothers_addr(c, h, a))
		return true;
	/* Who claims an address, must show more (X6). */
	if (fa && fa->hce != h)
		conflict_open(c, fa, h, &s->dst, now);
	bu_refuse(c, h, s, COUNT_WRONG_ENTRY, seq,
		  fa && fa->hce != h ? "names an address of another peer"
				     : "names an address of this host");
	/* The answer would go to whoever has it. */
	return !addr_equal(a, &s->src);
}

static bool check_response(struct core *c, struct hce *h, const struct signal *s,
			   const struct named *named)
{
	const struct binding_update *bu = &s->bu[0];
	const struct foreign_addr *fa;

	if (s->n_bu != 1 || named->n != 1 || !bu->lifetime)
		return bu_refuse(c, h, s, COUNT_BAD_RESPONSE, bu->seq,
				 "a Response must be alone");
	fa = foreign_find(c, &named->addr[0]);
	if (!fa || fa->hce != h || fa->state == ADDR_DEPRECATED ||
	    (fa->state == ADDR_TENTATIVE && !reach_verify(fa, bu)))
		return bu_refuse(c, h, s, COUNT_BAD_RESPONSE, bu->seq, "wrong Response");
	return true;
}

/*
 * Whether the packet is a Response that was asked for because of a conflict, and means nothing
 * beyond (X6).
 */
static bool settles_conflict(struct core *c, struct hce *h, const struct signal *s, usec_t now)
{
	const struct binding_update *bu = &s->bu[0];
	struct foreign_addr *fa;
	struct named named;
	bool owner;

	if (s->n_bu != 1 || !bu->has_challenge)
		return false;
	name_addresses(s, bu, &named);
	fa = named.n == 1 ? foreign_find(c, &named.addr[0]) : NULL;
	if (!fa || !fa->conflict)
		return false;
	owner = fa->hce == h;
	return !conflict_response(c, fa, h, bu, now) || !owner;
}

static bool check(struct core *c, struct hce *h, const struct signal *s, usec_t now)
{
	uint16_t last = h->seq_in;
	bool any = h->seq_in_valid;
	struct named named;

	for (unsigned i = 0; i < s->n_bu; i++) {
		const struct binding_update *bu = &s->bu[i];

		if (any && (int16_t)(bu->seq - last) <= 0)
			return bu_refuse(c, h, s, COUNT_OLD_SEQ, bu->seq,
					 "old sequence number");
		last = bu->seq;
		any = true;
		name_addresses(s, bu, &named);
		for (unsigned k = 0; k < named.n; k++)
			if (!check_addr(c, h, s, &named.addr[k], bu->lifetime, bu->seq, now))
				return false;
		if (bu->has_challenge && !check_response(c, h, s, &named))
			return false;
	}
	return true;
}

/*
 * The seconds to grant: LIFETIME_MAX at most, and to an untrusted entry DEFAULT-LIFETIME (X8, 5.2).
 */
static uint32_t granted(const struct core *c, const struct hce *h, uint32_t seconds)
{
	uint32_t most = h->trusted || c->config.default_lifetime > LIFETIME_MAX
				? LIFETIME_MAX : c->config.default_lifetime;

	return seconds < most ? seconds : most;
}

static void delete_addr(struct core *c, struct hce *h, const struct in6_addr *a, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, a);

	if (fa && fa->hce == h && fa->state != ADDR_DEPRECATED)
		foreign_withdraw(c, fa, now);
}

/*
 * Renews fa, which is not Deprecated, unless it is Active and its last proof is old: then it is
 * asked first, by answer(). Else who was there once would have it for as long as it likes.
 */
static void renew(struct core *c, struct foreign_addr *fa, bool proves, usec_t lifetime, usec_t now)
{
	fa->given_up = false;
	if (fa->state == ADDR_ACTIVE && !proves && !foreign_proven_since(fa, PROOF_TO_RENEW, now))
		fa->reach.grants = lifetime;
	else
		foreign_renew(c, fa, LIFETIME_ABSOLUTE, lifetime, now);
}

/*
 * R5: what is new becomes Tentative; what is Active is renewed (C7), if need be with the Response
 * to a Challenge. Leaves out what is another's. Returns false if there is no room.
 */
static bool add_addr(struct core *c, struct hce *h, const struct in6_addr *a,
		     const struct binding_update *bu, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, a);
	usec_t lifetime = granted(c, h, bu->lifetime) * USEC_PER_SEC;
	bool proves;

	/*
	 * We lost it, and connections of ours still bear it: the kernel would keep to itself what
	 * is sent there.
	 */
	if (local_ours(c, a) || is_anothers_addr(c, h, a))
		return true;
	if (!fa)
		return foreign_add(c, h, a, ADDR_TENTATIVE, LIFETIME_ABSOLUTE, lifetime,
				   "announced", now);
	if (fa->state == ADDR_DEPRECATED)
		foreign_set_state(c, fa, ADDR_TENTATIVE, "announced again", now);
	/* What answers another Challenge, of a path, is no proof of this very address. */
	proves = bu->has_challenge && reach_verify(fa, bu);
	if (bu->has_challenge && !proves)
		return true;
	renew(c, fa, proves, lifetime, now);
	if (proves) {
		c->counter[COUNT_VERIFIED] += fa->state != ADDR_ACTIVE;
		foreign_prove(c, fa, "the Challenge was answered", now);
	}
	return true;
}

/*
 * A peer that has had a BA of ours sends Homeless Support again: it lost its state, and everything
 * must be announced again. Before its first BA a peer repeats it, too, at first every second.
 */
static void note_support(struct core *c, struct hce *h, const struct binding_update *bu, usec_t now)
{
	if (!bu->homeless) {
		h->has_our_ba = true;
		return;
	}
	hce_status_event(c, h, STATUS_SUPPORTS);
	if (h->has_our_ba || (h->supported && now >= usec_add(h->supported, SUPPORT_REPEATS)))
		bul_invalidate(c, h);
	h->has_our_ba = false;
	h->supported = now;
}

/* How many announced addresses of a packet there was room for, and for how many there was none. */
struct applied {
	unsigned added, left_out;
};

/* What a packet withdraws makes room for what it announces. */
static void withdraw_first(struct core *c, struct hce *h, const struct signal *s, usec_t now)
{
	struct named named;

	for (unsigned i = 0; i < s->n_bu; i++) {
		if (s->bu[i].lifetime)
			continue;
		name_addresses(s, &s->bu[i], &named);
		for (unsigned k = 0; k < named.n; k++)
			delete_addr(c, h, &named.addr[k], now);
	}
}

static struct applied apply(struct core *c, struct hce *h, const struct signal *s, usec_t now)
{
	struct applied r = { 0 };
	struct named named;

	for (unsigned i = 0; i < s->n_bu; i++) {
		const struct binding_update *bu = &s->bu[i];

		c->counter[COUNT_BU_HEARD]++;
		event_emit(c, bu->has_challenge ? EVENT_RESPONSE_HEARD : EVENT_BU_HEARD, h, &s->dst,
			   &s->src, bu->seq, bu->lifetime ? "add" : "delete");
		if (!i)
			withdraw_first(c, h, s, now);
		name_addresses(s, bu, &named);
		for (unsigned k = 0; k < named.n; k++) {
			if (!bu->lifetime)
				delete_addr(c, h, &named.addr[k], now);
			else if (add_addr(c, h, &named.addr[k], bu, now))
				r.added++;
			else
				r.left_out++;
		}
		h->seq_in = bu->seq;
		h->seq_in_valid = true;
		note_support(c, h, bu, now);
	}
	return r;
}

/* What fits is taken: who has many addresses does not repeat all of them for the last one. */
static uint8_t status_of(const struct applied *a)
{
	return a->added || !a->left_out ? BA_ACCEPTED : BA_NO_RESOURCES;
}

/* Whether the Update that is answered has the peer asked whether it is at fa. */
static bool is_to_be_asked(const struct foreign_addr *fa, usec_t now)
{
	if (fa->state == ADDR_TENTATIVE)
		return !fa->given_up;
	return fa->state == ADDR_ACTIVE && fa->reach.grants && !reach_under_way(fa, now);
}

/*
 * B8: one BA, of the highest number, for all. Rides with the Challenge for the source, and our own
 * Initial BU (B1).
 */
static void answer(struct core *c, struct hce *h, const struct signal *s, uint8_t status,
		   usec_t now)
{
	struct foreign_addr *fa, *src = foreign_find(c, &s->src);
	struct binding_ack ba = { .status = status };
	struct signal r = { .src = s->dst, .dst = s->src };
	bool wanted = status >= BA_REJECTED, ask_src;

	for (unsigned i = 0; i < s->n_bu; i++) {
		wanted |= s->bu[i].flags & BU_ACK;
		ba.seq = s->bu[i].seq;
		if (s->bu[i].lifetime)
			ba.lifetime = ba.refresh = granted(c, h, s->bu[i].lifetime);
	}
	ask_src = src && src->hce == h && is_to_be_asked(src, now);
	DL_FOREACH(h->addrs, fa) {
		if (!is_to_be_asked(fa, now) || !reach_ask(c, fa, &s->dst, ba.seq))
			continue;
		if (fa != src && reach_is_due(fa, now))
			reach_send(c, fa, now);
	}
	if (ask_src && src->reach.running) {
		reach_fill(c, src, &ba, now);
		wanted = true;
	}
	if (wanted)
		r.ba[r.n_ba++] = ba;
	bu_piggyback(c, h, &r, now);
	if (r.n_ba || r.n_bu)
		core_send(c, h, &r, now);
}

void bu_receive_bare(struct core *c, struct hce *h, const struct signal *s, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &s->src);
	/*
	 * B11: as if a BU had named the source. Its number is the last one heard: that is what the
	 * BA will bear.
	 */
	struct signal as_bu = { .src = s->src, .dst = s->dst, .n_bu = 1 };
	struct applied applied;

	if (fa && fa->state == ADDR_ACTIVE)
		return;
	as_bu.bu[0] = (struct binding_update){ .flags = BU_ACK, .seq = h->seq_in,
					       .names_source = true,
					       .lifetime = c->config.default_lifetime };
	if (!h->seq_in_valid || !check_addr(c, h, s, &s->src, true, h->seq_in, now))
		return;
	applied = apply(c, h, &as_bu, now);
	answer(c, h, &as_bu, status_of(&applied), now);
}

/*
 * Whether what was sent to the address before the peer was last followed may be on its way there:
 * this BU was overtaken by data, and the address is Active.
 */
static bool left_is_used(struct core *c, const struct hce *h, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &h->followed_from);

	return fa && fa->hce == h && fa->state == ADDR_ACTIVE &&
	       now < usec_add(h->followed, OVERTAKEN);
}

/* h's peer leaves: nothing of ours goes with the Acknowledgement. */
static void receive_farewell(struct core *c, struct hce *h, const struct signal *s, usec_t now)
{
	const struct binding_update *bu = &s->bu[0];
	struct signal r = { .src = s->dst, .dst = s->src, .n_ba = 1 };

	c->counter[COUNT_BU_HEARD]++;
	event_emit(c, EVENT_BU_HEARD, h, &s->dst, &s->src, bu->seq, "leaves");
	h->seq_in = bu->seq;
	h->seq_in_valid = true;
	leave_follow(c, h, STATUS_LEAVES, now);
	r.ba[0] = (struct binding_ack){ .status = BA_ACCEPTED, .seq = bu->seq };
	core_send(c, h, &r, now);
}

/*
 * This host is nobody's home agent: a BU with the H bit is answered as draft-13 8.2 and 8.4 say.
 * Returns whether s has one.
 */
static bool refuses_home(struct core *c, struct hce *h, const struct signal *s, usec_t now)
{
	struct signal r = { .src = s->dst, .dst = s->src, .n_ba = 1 };

	for (unsigned i = 0; i < s->n_bu; i++) {
		if (!(s->bu[i].flags & BU_HOME))
			continue;
		h->seq_in = s->bu[s->n_bu - 1].seq;
		h->seq_in_valid = true;
		r.ba[0] = (struct binding_ack){
			.status = s->bu[i].lifetime ? BA_NO_HOME_REG : BA_NOT_HOME_AGENT,
			.seq = h->seq_in,
		};
		event_emit(c, EVENT_DROPPED, h, &s->dst, &s->src, s->bu[i].seq,
			   "asks this host to be its home agent");
		core_send(c, h, &r, now);
		return true;
	}
	return false;
}

/* The peer uses our address addr, although others are better sources. */
static void announce_met(struct core *c, struct hce *h, const struct in6_addr *addr)
{
	const struct local_addr *l = local_find(c, addr);

	if (l && l->usable && l->spare)
		bul_want(c, h, addr, true);
}

void bu_receive(struct core *c, struct hce *h, const struct signal *s, usec_t now)
{
	struct foreign_addr *src;
	uint32_t gen = h->pair.gen;
	bool left_used = left_is_used(c, h, now), was_away, left;
	struct applied applied;

	if (settles_conflict(c, h, s, now) || !check(c, h, s, now))
		return;
	if (leave_is_farewell(s)) {
		receive_farewell(c, h, s, now);
		return;
	}
	if (refuses_home(c, h, s, now))
		return;
	applied = apply(c, h, s, now);
	if (applied.left_out)
		event_emit(c, EVENT_DROPPED, h, &s->dst, &s->src, s->bu[s->n_bu - 1].seq,
			   "names more addresses than there is room for");
	if (!h->may_announce || !h->bindings) {
		h->may_announce = true;		/* B1: the peer's Initial BU triggers ours */
		announce_met(c, h, &s->dst);
		bul_want_all(c, h);
	}
	answer(c, h, s, status_of(&applied), now);

	pair_update(c, h, now);
	pair_report_unreachable(c, h, now);
	src = foreign_find(c, &s->src);
	if (!src || src->hce != h || src->state != ADDR_ACTIVE)
		return;
	if (s->bu[0].has_challenge)
		path_answered(c, h, &s->dst, src, &s->bu[0], now);
	/* It is not if this Update is one of several that were sent at once. */
	was_away = usec_until(now, src->heard) >= MIN_BINDACK_TIMEOUT;
	src->heard = h->heard = now;
	if (!s->bu[0].has_challenge)
		pair_follow(c, h, src, now);
	/* The peer may have been away and is back at the same address. */
	left = left_used && !left_is_used(c, h, now);
	if ((was_away || left) && gen == h->pair.gen && addr_equal(&h->pair.foreign, &src->addr))
		pair_resume(c, h, left);
}
