/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sending Binding Updates (homelessv6 2.1.2, 2.2.1, 3.2; draft-13 10.8 to 10.12).
 *
 * The Binding Update List of each peer (bul.c) has the state of our addresses there. Items that
 * must be announced or withdrawn are pending. All pending items are sent together, and
 * retransmitted with growing sequence numbers until one of these packets is acknowledged. Items
 * that do not fit are deferred until then.
 */
#include "bu_send.h"

#include <string.h>
#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "array.h"
#include "bul.h"
#include "entry.h"
#include "local.h"
#include "pair.h"
#include "peer.h"
#include "peer_names.h"
#include "retry.h"
#include "send.h"
#include "status.h"

#define MAX_BINDACK_TIMEOUT	(256 * USEC_PER_SEC)
#define MIN_REFRESH	(5 * USEC_PER_SEC)
#define PENDING_MAX	12	/* addresses in a packet: they fit even without a common prefix */
#define AT_ONCE_LEAVES	2	/* of MAX_FAST_UPDATES tokens, for what happens next */
#define ANSWER_WINDOW	(5 * USEC_PER_SEC)	/* a Challenge that comes later is a probe */
#define REQUEST_AHEAD	(30 * USEC_PER_SEC)	/* a Binding Request precedes expiry by this */

/* BU number seq is the first that tells the peer of Homeless Support. */
static void bu_note_support(struct hce *h, uint16_t seq)
{
	h->support_sent = true;
	h->support_seq = seq;
}

static struct binding_update *bu_begin(struct core *c, struct hce *h, struct signal *s,
				       uint32_t lifetime)
{
	struct binding_update *bu = &s->bu[s->n_bu++];

	memset(bu, 0, sizeof(*bu));
	bu->flags = BU_ACK;
	bu->seq = peer_next_bu(c, h);
	bu->lifetime = lifetime;
	bu->homeless = !h->homeless_acked;	/* B4 */
	if (bu->homeless && !h->support_sent)
		bu_note_support(h, bu->seq);
	bu->has_unique_id = h->unique_id_pending;
	bu->unique_id = h->unique_id;
	h->unique_id_pending = false;
	return bu;
}

static void bu_name(struct binding_update *bu, const struct signal *s, const struct in6_addr *addr)
{
	if (addr_equal(addr, &s->src))
		bu->names_source = true;
	else if (bu->n_addr < BU_ADDRS_MAX)
		bu->addr[bu->n_addr++] = *addr;
}

/*
 * Returns whether pending b belongs into a BU of this lifetime or, with longer, into one of at most
 * its own. Lifetime 0 is the withdrawing BU.
 */
static bool bu_fits(struct core *c, const struct binding *b, uint32_t lifetime, bool longer,
		    usec_t now)
{
	uint32_t t;

	if (!b->pending || b->wanted != (lifetime > 0))
		return false;
	t = bul_lifetime(c, &b->addr, now);
	return !lifetime || t == lifetime || (longer && t > lifetime);
}

/*
 * Whether pending b is withdrawn by the packet s. None withdraws its own source, which is in use:
 * that would be a farewell (leave.h).
 */
static bool bu_withdraws(const struct binding *b, const struct signal *s)
{
	return b->pending && !b->wanted && !addr_equal(&b->addr, &s->src);
}

/* Adds a BU for as many addresses as there is room for. */
static void compose_one(struct core *c, struct hce *h, struct signal *s, uint32_t lifetime,
			bool longer, unsigned *room, usec_t now)
{
	struct binding_update *bu = bu_begin(c, h, s, lifetime);
	struct binding *b;

	DL_FOREACH(h->bindings, b) {
		if (!*room || !bu_fits(c, b, lifetime, longer, now) ||
		    (!lifetime && !bu_withdraws(b, s)))
			continue;
		bu_name(bu, s, &b->addr);
		bul_mark_sent(c, h, b, bu->seq);
		bul_announced(b, lifetime, now);
		--*room;
	}
}

/* Returns the shortest lifetime above floor of a pending announcement, 0 if there is none. */
static uint32_t next_lifetime(struct core *c, struct hce *h, uint32_t floor, usec_t now)
{
	struct binding *b;
	uint32_t best = 0;

	DL_FOREACH(h->bindings, b) {
		uint32_t t = bul_lifetime(c, &b->addr, now);

		if (b->pending && b->wanted && t > floor && (!best || t < best))
			best = t;
	}
	return best;
}

static void set_home(struct hce *h, struct signal *s)
{
	const struct binding *b = bul_find(h, &s->src);

	if (b && b->state >= BINDING_RESPONDED)
		return;
	/*
	 * Another host may have the registered address by now, and the peer drop the packet: vary.
	 */
	b = retry_late(h, h->rt.tries) ? NULL : bul_registered(h, &s->src);
	s->has_home = true;
	s->home = b ? b->addr : s->src;		/* B3: the Initial BU's is its source */
}

/* Records that BU number seq_out was the last of a packet with pending bindings. */
static void note_packet(struct hce *h)
{
	h->rt.packet[h->rt.n_packet++ % ARRAY_LEN(h->rt.packet)] = h->seq_out;
}

/* Pending bindings were sent: arms the retransmission timer. */
static void bu_arm(struct core *c, struct hce *h, usec_t now)
{
	if (!h->rt.tries) {
		h->rt.timeout = retry_timeout(h);
		h->rt.at_once = 1;
	} else if (retry_round(h, h->rt.tries)) {
		h->rt.timeout *= 2;
	}
	h->rt.tries++;
	if (h->rt.timeout > MAX_BINDACK_TIMEOUT)
		h->rt.timeout = MAX_BINDACK_TIMEOUT;
	/* draft-13 10.11 allows a slow rate without end; use it while there are connections. */
	if (hce_in_use(h) && h->rt.timeout > SLOW_UPDATE_INTERVAL)
		h->rt.timeout = SLOW_UPDATE_INTERVAL;
	note_packet(h);
	h->rt.sent = now;
	if (!h->unanswered_since)
		h->unanswered_since = now;
	h->rt.failed = false;
	h->rt.next = h->rt.tries > 1 && h->rt.timeout == MAX_BINDACK_TIMEOUT ? USEC_NEVER
									     : now + h->rt.timeout;
	if (peer_names_due(h))
		h->rt.next = now + retry_timeout(h);
	hce_arm(c, h, h->rt.next);
}

static bool bu_compose(struct core *c, struct hce *h, struct signal *s, usec_t now)
{
	bool initial = !bul_registered(h, &s->src), deletes = false;
	unsigned room = PENDING_MAX, last = initial ? 1 : SIGNAL_BU_MAX - 1;
	uint32_t lifetime = 0;
	struct binding *b;

	if (!h->may_announce || !bul_has_pending(h) || sa_used_up(h->sa))
		return false;
	if (!h->rt.tries)
		h->rt.first_seq = (uint16_t)(h->seq_out + 1);
	set_home(h, s);
	DL_FOREACH(h->bindings, b) {
		b->deferred = b->pending;
		deletes |= bu_withdraws(b, s);
	}
	/*
	 * A standard host reads one BU in a packet: an Initial BU has all, at the shortest
	 * lifetime.
	 */
	while (room && s->n_bu < last && (lifetime = next_lifetime(c, h, lifetime, now)))
		compose_one(c, h, s, lifetime, s->n_bu + 1 == last, &room, now);
	if (deletes && room)
		compose_one(c, h, s, 0, false, &room, now);
	/* The Acknowledgement of this packet does not cover what was deferred. */
	DL_FOREACH(h->bindings, b)
		b->sent &= !b->deferred;
	if (!s->n_bu)
		return false;

	bu_arm(c, h, now);
	return true;
}

/* A binding not refreshed within its lifetime has expired at the peer. */
static void bul_expire(struct core *c, struct hce *h, struct binding *b, usec_t now)
{
	if (now < b->expires)
		hce_arm(c, h, b->expires);
	else if (!b->wanted)
		bul_remove(h, b);
	else if (b->state > BINDING_SENT)
		bul_set_state(c, h, b, BINDING_SENT, "expired at the peer");
}

bool bu_piggyback(struct core *c, struct hce *h, struct signal *s, usec_t now)
{
	if (!h->may_announce || !bul_has_pending(h) || !ratelimit_take(&h->rt.limit, now) ||
	    !bu_compose(c, h, s, now))
		return false;
	h->rt.everywhere = false;	/* the peer is at s->dst */
	return true;
}

/* Makes bindings that are due for a refresh pending. Returns whether a pending one is unsent. */
static bool bul_refresh(struct core *c, struct hce *h, usec_t now)
{
	struct binding *b, *next;
	bool unsent = false;

	DL_FOREACH_SAFE(h->bindings, b, next) {
		if (b->wanted && !b->pending && now >= b->refresh)
			bul_set_pending(b);
		if (!b->pending)
			hce_arm(c, h, b->refresh);
		unsent |= b->pending && !b->sent && !b->deferred;
		if (b->state != BINDING_NONE)
			bul_expire(c, h, b, now);
	}
	return unsent;
}

/*
 * Returns the only pending address if that is new to the peer: a packet from it, without a BU,
 * announces it (B11). NULL if a BU is needed.
 */
static const struct local_addr *only_new_source(struct core *c, const struct hce *h)
{
	const struct binding *b, *only = NULL;
	const struct local_addr *l;

	if (!c->config.appendix_b || !h->homeless_acked || !hce_homeless(h))
		return NULL;
	DL_FOREACH(h->bindings, b) {
		if (!b->pending)
			continue;
		if (only || !b->wanted || b->state != BINDING_NONE)
			return NULL;
		only = b;
	}
	l = only ? local_find(c, &only->addr) : NULL;
	return local_good_for(l, h) ? l : NULL;
}

/* A packet without a BU was sent, so no sequence number. Its retransmission is a BU. */
static void note_bare(struct core *c, struct hce *h, usec_t now)
{
	struct binding *b;

	DL_FOREACH(h->bindings, b)
		if (b->pending) {
			bul_mark_sent(c, h, b, h->seq_out);
			bul_announced(b, c->config.default_lifetime, now);
		}
	h->rt.first_seq = h->seq_out;
	bu_arm(c, h, now);
}

/*
 * A packet of a first sending was queued, from src: sends the same to the peer's other Active
 * addresses if it may have lost the one in use as well. The numbers grow, so all that arrive are
 * accepted in the order they were sent, and an overtaken one changes nothing. Each is an Update
 * within the limit of MAX_FAST_UPDATES (B10).
 */
static void send_everywhere(struct core *c, struct hce *h, const struct in6_addr *src, usec_t now)
{
	unsigned n = retry_count_foreign(h, false);

	while (h->rt.everywhere && h->rt.at_once < n) {
		struct signal s = { .src = *src, .dst = retry_target(h, h->rt.at_once) };

		if (!ratelimit_take_leaving(&h->rt.limit, AT_ONCE_LEAVES, now) ||
		    !bu_compose(c, h, &s, now))
			break;
		core_send(c, h, &s, now);
		h->rt.at_once = h->rt.tries;
	}
	h->rt.everywhere = false;
}

void bu_flush(struct core *c, struct hce *h, usec_t now)
{
	const struct local_addr *src, *bare;

	if (!h->sa || !h->may_announce || !(status_may(h->status) & STATUS_MAY_UPDATE))
		return;
	if (bul_refresh(c, h, now)) {
		h->rt.tries = 0;
		if (h->rt.next > now)
			h->rt.next = now;
	}
	if (!bul_has_pending(h)) {
		h->rt.tries = h->rt.no_route = 0;
		h->rt.everywhere = false;
		h->rt.next = USEC_NEVER;
		peer_names_stop(h);
		return;
	}
	if (now < h->rt.next) {
		hce_arm(c, h, h->rt.next);
		return;
	}
	if (sa_used_up(h->sa))
		return;		/* what the peer holds of this host runs out there, and here */
	src = retry_update_source(c, h);
	if (!src)
		return;		/* B13: core_local_up() calls this again */
	if (!ratelimit_take(&h->rt.limit, now)) {
		h->rt.next = ratelimit_next(&h->rt.limit);
		hce_arm(c, h, h->rt.next);
		return;
	}

	struct signal s = { .src = src->addr, .dst = retry_target(h, h->rt.tries) };

	peer_names_next_addr(c, h, &s.dst);
	if (IN6_IS_ADDR_UNSPECIFIED(&s.dst))
		return;		/* a claimant in a conflict has no address yet */

	bare = only_new_source(c, h);
	if (bare) {
		s.src = bare->addr;
		core_send(c, h, &s, now);
		note_bare(c, h, now);
	} else if (bu_compose(c, h, &s, now)) {
		core_send(c, h, &s, now);
		if (h->rt.tries == 1)
			send_everywhere(c, h, &s.src, now);
	}
}

void bu_retry(struct hce *h, usec_t now)
{
	peer_names_hurry(h, now);
	if (h->rt.tries <= 1 || h->rt.tries == h->rt.at_once)
		return;
	h->rt.tries = 0;
	h->rt.next = now;
}

void bu_routes_changed(struct hce *h, usec_t now)
{
	h->rt.no_route = 0;
	if (!h->rt.tries)
		return;
	/* What has only just left had its route, unless the kernel said otherwise. */
	if (h->rt.next > now && (h->rt.failed || now - h->rt.sent >= MIN_BINDACK_TIMEOUT))
		h->rt.next = now;
	if (h->rt.failed)
		h->rt.tries = 0;	/* it has not been sent yet */
	h->rt.failed = false;
}

void bu_send_to_alternates(struct core *c, struct hce *h, usec_t now)
{
	if (!bul_has_pending(h))
		bul_reannounce(h);
	h->rt.next = now;
	bu_flush(c, h, now);
}

void bu_assume_sent(struct core *c, struct hce *h, const struct in6_addr *src, uint16_t seq,
		    usec_t now)
{
	struct binding *b;

	h->may_announce = true;
	h->seq_out = h->seq_limit = seq;
	bu_note_support(h, seq);
	bul_want(c, h, src, true);
	b = bul_find(h, src);
	if (!b)
		return;
	bul_mark_sent(c, h, b, seq);
	bul_announced(b, bul_lifetime(c, src, now), now);
	bul_want_all(c, h);
	note_packet(h);
	h->rt.tries = 1;
	h->rt.at_once = 0;
	h->rt.timeout = INITIAL_BINDACK_TIMEOUT;
	h->rt.next = usec_add(now, h->rt.timeout);
	hce_arm(c, h, h->rt.next);
}

/* news: BU number seq was the last of a packet with pending bindings. */
static void measure(struct hce *h, uint16_t seq, bool news, usec_t now)
{
	usec_t rtt = usec_until(now, h->rt.sent);

	/* Karn's algorithm: a retransmitted packet gives no measurement. */
	if (h->rt.tries != h->rt.at_once || !news || (int16_t)(seq - h->rt.first_seq) < 0 || !rtt)
		return;
	h->srtt = h->srtt ? (7 * h->srtt + rtt) / 8 : rtt;
}

/*
 * Returns whether BU number seq was the last of a packet with pending bindings. A Response has a
 * number as well, but its Acknowledgement does not cover the others.
 */
static bool carried_pending(const struct hce *h, uint16_t seq)
{
	for (unsigned i = 0; i < h->rt.n_packet && i < ARRAY_LEN(h->rt.packet); i++)
		if (h->rt.packet[i] == seq)
			return true;
	return false;
}

bool bu_is_answered_by(const struct hce *h, uint16_t seq, usec_t now)
{
	return now < usec_add(h->rt.sent, ANSWER_WINDOW) && carried_pending(h, seq);
}

/* The peer acknowledged pending b. */
static void settle(struct core *c, struct hce *h, struct binding *b, const struct binding_ack *ba,
		   usec_t now)
{
	usec_t half = (ba->refresh < ba->lifetime ? ba->refresh : ba->lifetime / 2) * USEC_PER_SEC;
	usec_t told = usec_until(b->expires, now) / 2;

	/* One BA acknowledges several BUs (B8), perhaps with the longest of their lifetimes. */
	if (told < half)
		half = told;
	if (!b->wanted) {
		bul_remove(h, b);
		return;
	}
	b->pending = false;
	if (b->acked && now >= b->acked && b->state > BINDING_KNOWN)
		bul_set_state(c, h, b, BINDING_KNOWN, "had expired at the peer");
	b->acked = usec_add(now, ba->lifetime * USEC_PER_SEC);
	if (b->state < BINDING_KNOWN)
		bul_set_state(c, h, b, BINDING_KNOWN, "acknowledged");
	b->refresh = usec_add(now, half < MIN_REFRESH ? MIN_REFRESH : half);
	hce_arm(c, h, b->refresh);
}

static void rejected(struct core *c, struct hce *h, usec_t now)
{
	usec_t wait = SLOW_UPDATE_INTERVAL << h->rt.refused;

	event_emit(c, EVENT_DROPPED, h, NULL, NULL, 0, "the peer rejected a Binding Update");
	if (wait < MAX_BINDACK_TIMEOUT)
		h->rt.refused++;
	bul_rejected(h);
	/* It may have applied a part, which must be renewed. */
	h->rt.next = usec_add(now, wait < MAX_BINDACK_TIMEOUT ? wait : MAX_BINDACK_TIMEOUT);
	hce_arm(c, h, h->rt.next);
}

/* A BA without a Challenge is sent only to Active addresses: to is verified at the peer. */
static bool note_verified(struct core *c, struct hce *h, const struct binding_ack *ba,
			  const struct in6_addr *to)
{
	struct binding *b = bul_find(h, to);

	if (!b || !b->wanted || ba->has_challenge || (int16_t)(ba->seq - b->seq) < 0 ||
	    b->state < BINDING_KNOWN)
		return false;
	bul_set_state(c, h, b, BINDING_VERIFIED, "acknowledged without a Challenge");
	return true;
}

void bu_acked(struct core *c, struct hce *h, const struct binding_ack *ba,
	      const struct in6_addr *to, usec_t now)
{
	struct binding *b, *next;
	bool matched = ba->has_challenge, news = carried_pending(h, ba->seq);

	if ((int16_t)(h->seq_out - ba->seq) < 0) {
		c->counter[COUNT_UNEXPECTED_BA]++;
		return;
	}
	/* Lifetime 0 with a Challenge means an address conflict (X6): the Update was refused. */
	if (h->support_sent && (int16_t)(ba->seq - h->support_seq) >= 0)
		h->homeless_acked |= ba->lifetime || !ba->has_challenge;
	if (ba->status >= BA_REJECTED) {
		rejected(c, h, now);
		return;
	}
	h->rt.refused = 0;
	measure(h, ba->seq, news, now);
	DL_FOREACH_SAFE(h->bindings, b, next) {
		if (!news || !b->pending || !b->sent || (int16_t)(ba->seq - b->seq) < 0)
			continue;
		matched = true;
		settle(c, h, b, ba, now);
	}
	if (matched)
		DL_FOREACH(h->bindings, b)
			b->deferred = false;
	if (note_verified(c, h, ba, to)) {
		matched = true;
		pair_update(c, h, now);
		if (h->retransmit_on_ack && addr_equal(&h->pair.local, to)) {
			h->retransmit_on_ack = false;
			pair_set_unconfirmed(c, h, false);
			pair_resume(c, h, false);
		}
	}
	if (!matched)
		c->counter[COUNT_UNEXPECTED_BA]++;
	bu_flush(c, h, now);
}

void bu_requested(struct core *c, struct hce *h, const uint16_t *id, usec_t now)
{
	if (id) {
		h->unique_id_pending = true;
		h->unique_id = *id;
	}
	/* What is under way, or waits, goes on as it does: who asks may be anybody. */
	if (bul_has_pending(h))
		return;
	bul_reannounce(h);
	bu_flush(c, h, now);
}

void bu_request(struct core *c, struct foreign_addr *fa, usec_t now)
{
	struct hce *h = fa->hce;
	const struct local_addr *l;
	usec_t from;

	if (fa->state != ADDR_ACTIVE || fa->kind != LIFETIME_ABSOLUTE || !hce_homeless(h) ||
	    !hce_in_use(h) || fa->expires == USEC_NEVER)
		return;
	from = fa->expires - (fa->lifetime < REQUEST_AHEAD * 4 ? fa->lifetime / 4 : REQUEST_AHEAD);
	if (h->requested && usec_add(h->requested, SLOW_UPDATE_INTERVAL) > from)
		from = usec_add(h->requested, SLOW_UPDATE_INTERVAL);
	if (now < from) {
		hce_arm(c, h, from);
		return;
	}
	h->requested = now;
	hce_arm(c, h, usec_add(now, SLOW_UPDATE_INTERVAL));
	l = retry_source(c, h);
	if (!l)
		return;

	struct signal s = { .src = l->addr, .dst = fa->addr, .has_br = true };

	core_send(c, h, &s, now);
}
