/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet that may be signalling: authenticated first, then given to whom it concerns. What is not
 * right changes nothing and is counted.
 */
#include "core.h"

#include <errno.h>

#include "aap_initiator.h"
#include "aap_responder.h"
#include "aap_try.h"
#include "action.h"
#include "addr.h"
#include "bu_recv.h"
#include "bu_send.h"
#include "budget.h"
#include "encap.h"
#include "entry.h"
#include "foreign.h"
#include "hold.h"
#include "leave.h"
#include "lifecycle.h"
#include "local.h"
#include "pair.h"
#include "peer.h"
#include "reach.h"
#include "reach_reply.h"
#include "via.h"

#define NEXT_HEADER		6	/* offset in the IPv6 header */
#define ICMP_OFFSET		40	/* behind an IPv6 header without extensions */
#define ICMP_QUOTE		48
#define ICMP_UNREACHABLE	1
#define ICMP_PARAMETER_PROBLEM	4

/* A packet as it came: the signalling, which may have been in UDP. */
struct arrival {
	const uint8_t *pkt;
	size_t len;
	enum via way;
	bool privileged;	/* its sender's kernel lets only the administrator send it */
};

static void drop(struct core *c, const struct hce *h, const struct signal *s, enum core_counter n,
		 const char *why)
{
	c->counter[n]++;
	event_emit(c, EVENT_DROPPED, h, s ? &s->dst : NULL, s ? &s->src : NULL, 0, why);
}

/* Takes the packet out of UDP. Returns 0 or, where that is no signalling, as encap_open() does. */
static int unwrap(const struct core *c, const uint8_t *pkt, size_t len, struct arrival *ret)
{
	uint32_t port = c->config.encapsulate_port;
	struct encap e;
	int r;

	*ret = (struct arrival){ pkt, len, VIA_NATIVE, true };
	if (len <= NEXT_HEADER || pkt[NEXT_HEADER] != IPPROTO_UDP)
		return 0;
	if (c->config.encapsulate == ENCAPSULATE_NEVER)
		return -ENOMSG;
	r = encap_open(pkt, len, &e);
	if (r == 0 && e.dport != port)
		return -ENOMSG;
	if (r == 0)
		*ret = (struct arrival){ e.inner, e.len, VIA_UDP,
					 e.sport == port && port < ENCAP_PRIVILEGED };
	return r;
}

/* Whether s withdraws an Active address of h. */
static bool withdraws(struct core *c, const struct hce *h, const struct signal *s)
{
	for (unsigned i = 0; i < s->n_bu; i++) {
		const struct binding_update *bu = &s->bu[i];

		if (bu->lifetime)
			continue;
		for (unsigned k = 0; k < bu->n_addr + bu->names_source; k++) {
			const struct foreign_addr *fa =
				foreign_find(c, k < bu->n_addr ? &bu->addr[k] : &s->src);

			if (fa && fa->hce == h && fa->state == ADDR_ACTIVE)
				return true;
		}
	}
	return false;
}

/* Whose SA p is: an earlier one has been replaced. */
static struct peer *holder(struct peer *p)
{
	return p->heir ? p->heir : p;
}

bool core_packet_withdraws(struct core *c, const uint8_t *pkt, size_t len)
{
	const struct hce *h;
	struct arrival a;
	struct signal s;
	struct peer *p;

	if (unwrap(c, pkt, len, &a) < 0 || signal_parse(a.pkt, a.len, &s) < 0 || !s.has_ah)
		return false;
	p = peer_by_spi(c, s.spi);
	h = p ? holder(p)->hce : NULL;
	return h && withdraws(c, h, &s) &&
	       (!h->seq_in_valid || (int16_t)(s.bu[0].seq - h->seq_in) > 0) &&
	       ah_replay_check(&p->sa.replay, s.ah_seq) &&
	       ah_verify(a.pkt, a.len, &p->sa.in.key) == 0;
}

bool core_packet_asks(struct core *c, const uint8_t *pkt, size_t len, usec_t now,
		      struct in6_addr *local, struct in6_addr *foreign)
{
	struct arrival a;
	struct signal s;

	if (core_is_leaving(c) || unwrap(c, pkt, len, &a) < 0 || !a.privileged ||
	    signal_parse(a.pkt, a.len, &s) < 0 || !aap_asks(c, &s, now))
		return false;
	*local = s.dst;
	*foreign = s.src;
	return true;
}

void core_connected(struct core *c, const struct in6_addr *local, const struct in6_addr *foreign)
{
	c->connected = (struct connected){ .local = *local, .foreign = *foreign };
}

/* X1, R4. Returns who sent it, or NULL if nobody proved to. */
static struct peer *authenticate(struct core *c, const struct signal *s, const uint8_t *pkt,
				 size_t len, usec_t now)
{
	struct peer *p = peer_by_spi(c, s->spi);

	if (!p && s->has_aap)
		return aap_receive(c, s, pkt, len, now);
	if (!p || p->ended) {
		drop(c, NULL, s, COUNT_UNKNOWN_SPI, "unknown SPI");
		return NULL;
	}
	if (!ah_replay_check(&p->sa.replay, s->ah_seq)) {
		if (via_is_copy(holder(p)->hce, s, c->arrived, now)) {
			c->counter[COUNT_COPIES]++;
			return NULL;
		}
		drop(c, holder(p)->hce, s, COUNT_REPLAYED, "replayed AH sequence number");
		return NULL;
	}
	if (ah_verify(pkt, len, &p->sa.in.key) < 0) {
		drop(c, holder(p)->hce, s, COUNT_BAD_ICV, "wrong ICV");
		return NULL;
	}
	ah_replay_update(&p->sa.replay, s->ah_seq);
	action_push(c, ACTION_WINDOW, holder(p)->hce)->spi = s->spi;
	return holder(p);
}

/* Returns whether addr is another peer's, from which p must not send (X7). */
static bool owned_by_other(struct core *c, const struct peer *p, const struct in6_addr *addr)
{
	const struct foreign_addr *fa = foreign_find(c, addr);

	return fa && fa->hce != p->hce && fa->state != ADDR_DEPRECATED;
}

/*
 * Whether the packet adds its source to what its sender has: if that is another's, it is a claim to
 * be looked into (X6).
 */
static bool claims_source(const struct signal *s)
{
	for (unsigned i = 0; i < s->n_bu; i++)
		if (s->bu[i].names_source && s->bu[i].lifetime)
			return true;
	return false;
}

/*
 * Answers go to the source, so it must be somebody's, and not ours: nor one that only connections
 * of ours bear any more.
 */
static bool plausible(struct core *c, const struct signal *s)
{
	const struct in6_addr *addr[] = { &s->src, &s->home };

	for (unsigned i = 0; i <= s->has_home; i++) {
		const struct local_addr *l = local_find(c, addr[i]);

		if (!addr_usable(addr[i])) {
			drop(c, NULL, s, COUNT_REFUSED_ADDR,
			     "comes from an address that cannot be anybody's");
			return false;
		}
		if (l && (l->usable || (!i && l->n_pcb))) {
			drop(c, NULL, s, COUNT_WRONG_ENTRY, "comes from an address of this host");
			return false;
		}
	}
	return true;
}

static void receive_acks(struct core *c, struct peer *p, const struct signal *s, usec_t now)
{
	struct hce *h = p->hce;

	/* One under the keys that a run replaces was sent before its Confirm came. */
	if (h->peer == p)
		aap_confirmed(c, h, now);
	for (unsigned i = 0; i < s->n_ba; i++) {
		const struct binding_ack *ba = &s->ba[i];

		c->counter[COUNT_BA_HEARD]++;
		event_emit(c, EVENT_BA_HEARD, h, &s->dst, &s->src, ba->seq, NULL);
		bu_acked(c, h, ba, &s->dst, now);
		if (ba->has_challenge)
			reach_respond(c, h, &s->dst, &s->src, ba, now);
	}
}

/*
 * This host leaves: all that matters is that h's peer has noted it, or leaves as well. h may be
 * NULL.
 */
static void receive_last(struct core *c, struct hce *h, const struct signal *s, usec_t now)
{
	if (h && leave_is_farewell(s))
		bu_receive(c, h, s, now);
	for (unsigned i = 0; h && i < s->n_ba; i++) {
		c->counter[COUNT_BA_HEARD]++;
		event_emit(c, EVENT_BA_HEARD, h, &s->dst, &s->src, s->ba[i].seq, NULL);
		leave_acked(c, h, &s->ba[i]);
	}
}

/*
 * A Binding Request needs no AH (draft-13 5.3), so anybody can send one: its only effect is that
 * what the peer has acknowledged is announced again.
 */
static void receive_request(struct core *c, const struct signal *s, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &s->src);

	if (!fa || fa->state != ADDR_ACTIVE || !hce_homeless(fa->hce))
		return;
	if (!s->has_ah && !budget_take(c, BUDGET_REQUESTS, NULL, fa->hce, now))
		return;
	event_emit(c, EVENT_BR_HEARD, fa->hce, &s->dst, &s->src, 0, NULL);
	bu_requested(c, fa->hce, s->br.has_unique_id ? &s->br.unique_id : NULL, now);
}

/*
 * Port Unreachable that quotes a datagram of ours. Anybody can send one: it is counted, and means
 * more only if it quotes the nonce of an Init.
 */
static void receive_unreachable(struct core *c, const uint8_t *pkt, size_t len, usec_t now)
{
	struct signal quoted;
	struct arrival a;

	if (unwrap(c, pkt + ICMP_QUOTE, len - ICMP_QUOTE, &a) < 0 || a.way != VIA_UDP)
		return;
	c->counter[COUNT_UDP_REFUSED]++;
	if (signal_parse(a.pkt, a.len, &quoted) == 0)
		via_refused(c, &quoted, now);
}

/*
 * ICMPv6 errors. Parameter Problem is of interest only if it quotes an Init or a Challenge of ours,
 * whose nonce nobody could guess, or an Update under our keys.
 */
static void receive_problem(struct core *c, const uint8_t *pkt, size_t len, usec_t now)
{
	struct signal quoted;

	if (len > ICMP_QUOTE && pkt[ICMP_OFFSET] == ICMP_UNREACHABLE)
		receive_unreachable(c, pkt, len, now);
	if (len <= ICMP_QUOTE || pkt[ICMP_OFFSET] != ICMP_PARAMETER_PROBLEM ||
	    signal_parse(pkt + ICMP_QUOTE, len - ICMP_QUOTE, &quoted) < 0)
		return;
	if (quoted.n_ba)
		reach_problem(c, &quoted, now);
	else if (quoted.has_aap)
		aap_problem(c, &quoted, now);
	else if (quoted.n_bu && quoted.has_ah)
		aap_update_refused(c, &quoted, pkt + ICMP_QUOTE, len - ICMP_QUOTE, now);
}

/*
 * Whether it came to an address where its sender may come: not to one that he shall not learn to be
 * ours, too (X9).
 */
static bool welcome(struct core *c, const struct signal *s, const struct local_addr *to)
{
	const struct foreign_addr *fa = foreign_find(c, &s->src);

	if (!to || !to->usable) {
		drop(c, NULL, s, COUNT_NOT_LOCAL, "not sent to an address of this host");
		return false;
	}
	if (s->has_rh0) {
		drop(c, NULL, s, COUNT_NOT_LOCAL, "source-routed");
		return false;		/* Homeless hosts send no routing header (S1) */
	}
	if (fa && fa->state == ADDR_ACTIVE && fa->hce->personality != to->personality) {
		drop(c, NULL, s, COUNT_NOT_LOCAL, "sent to an address of another personality");
		return false;
	}
	return true;
}

/* A packet came under the SA of h's peer: ends doubts, and does what was deferred until then. */
static void hce_authenticated(struct core *c, struct hce *h, usec_t now)
{
	bool was_unresponsive = hce_unresponsive(h, now);

	h->authenticated = now;
	h->unanswered_since = h->recover_wait = h->refused = h->answered = 0;
	if (!was_unresponsive && !h->switch_deferred)
		return;
	h->switch_deferred = false;
	pair_update(c, h, now);
	if (h->left)
		host_arm(c, now);	/* they can be attached */
}

/* What s, of the entry id, says of addresses, and what follows from hearing it. */
static void receive_updates(struct core *c, uint32_t id, const struct signal *s, usec_t now)
{
	struct foreign_addr *from;
	struct hce *h = core_entry(c, id);

	if (h && (s->bare || s->n_bu) && budget_take(c, BUDGET_UPDATES, NULL, h, now)) {
		if (s->bare)
			bu_receive_bare(c, h, s, now);
		if (s->n_bu)
			bu_receive(c, h, s, now);
		h = core_entry(c, id);		/* a conflict may have ended it */
	}
	if (h)
		hold_signalled(c, h);
	from = foreign_find(c, &s->src);
	if (from && from->hce == h && foreign_confirm(c, from, now))
		reach_prove(c, from, now);
	if (h)
		hce_arm(c, h, now);	/* if nothing came of it, it goes */
}

/* s came under the SA of p, to our address to. */
static void receive_authentic(struct core *c, struct peer *p, const struct local_addr *to,
			      const struct signal *s, size_t len, usec_t now)
{
	uint32_t id;
	bool claimed;

	if (p->hce && p->hce->personality != to->personality) {
		drop(c, NULL, s, COUNT_NOT_LOCAL, "sent to an address of another personality");
		return;
	}
	if (core_is_leaving(c)) {
		receive_last(c, p->hce, s, now);
		return;
	}
	claimed = owned_by_other(c, p, &s->src);
	if ((claimed && !claims_source(s)) ||
	    (s->has_home && !addr_equal(&s->home, &s->src) && owned_by_other(c, p, &s->home))) {
		drop(c, p->hce, s, COUNT_WRONG_ENTRY, "comes from another peer's address");
		return;
	}
	/* C4, 5.2: the first authentic Binding Update of a peer makes its entry. */
	if (!p->hce && s->n_bu && !hce_create(c, p, &s->dst, false, now))
		return;
	if (!p->hce) {
		drop(c, NULL, s, COUNT_UNEXPECTED_BA, "no entry for this Binding Acknowledgement");
		return;
	}
	id = p->hce->id;
	peer_settle(c, p, now);
	hce_authenticated(c, p->hce, now);
	via_heard(c, p->hce, s, c->arrived, now);
	if (s->has_aap && s->aap.kind == AAP_INIT)
		aap_renewal(c, p, s, len, now);
	if (s->n_ba && !claimed)
		receive_acks(c, p, s, now);
	if (s->has_br)
		receive_request(c, s, now);
	receive_updates(c, id, s, now);
}

static void receive(struct core *c, const struct signal *s, const uint8_t *pkt, size_t len,
		    usec_t now)
{
	const struct local_addr *to = local_find(c, &s->dst);
	struct peer *p;

	if (!welcome(c, s, to) || !plausible(c, s))
		return;
	if (s->unprotected)
		drop(c, NULL, s, COUNT_NO_AH, "Binding Update or Acknowledgement without AH");
	if (s->has_br && !s->has_ah && !core_is_leaving(c))
		receive_request(c, s, now);
	if (s->has_aap && !s->has_ah && !core_is_leaving(c))
		aap_receive(c, s, pkt, len, now);
	p = s->has_ah ? authenticate(c, s, pkt, len, now) : NULL;
	if (p)
		receive_authentic(c, p, to, s, len, now);
}

/*
 * Whether AAP in s may be listened to: who sends it speaks for its source, so a user without
 * privileges there must not be able to (hmip-aap(7)). What comes under an SA is its peer's.
 */
static bool may_run_aap(struct core *c, const struct arrival *a, const struct signal *s)
{
	return a->privileged || !s->has_aap || (s->has_ah && peer_by_spi(c, s->spi));
}

void core_packet(struct core *c, const uint8_t *pkt, size_t len, usec_t now)
{
	struct arrival a;
	struct signal s;
	int r;

	if (len > ICMP_OFFSET && pkt[NEXT_HEADER] == IPPROTO_ICMPV6) {
		receive_problem(c, pkt, len, now);
		return;
	}
	r = unwrap(c, pkt, len, &a);
	c->counter[COUNT_TRANSLATED] += r == -EXDEV;
	if (r == 0)
		r = signal_parse(a.pkt, a.len, &s);
	if (r == -ENOMSG || r == -EXDEV)
		return;
	c->counter[COUNT_PACKETS]++;
	c->counter[COUNT_UDP_HEARD] += a.way == VIA_UDP;
	c->arrived = a.way;
	if (r < 0)
		drop(c, NULL, NULL, COUNT_MALFORMED, "malformed");
	else if (!may_run_aap(c, &a, &s))
		drop(c, NULL, &s, COUNT_UNPRIVILEGED, "AAP from a port that any user may have");
	else
		receive(c, &s, a.pkt, a.len, now);
	c->arrived = VIA_NONE;
	c->connected = (struct connected){ 0 };
}
