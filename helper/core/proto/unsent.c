/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An address is often there before the route from it: what is sent in between fails at once. An
 * Update is pending until it is acknowledged, and a Challenge until it is answered. A Response, an
 * Acknowledgement, a Request or a message of AAP is sent once, and whoever waits for it repeats its
 * question after a second or more. So these are kept.
 */
#include "unsent.h"

#include <string.h>
#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "bul.h"
#include "entry.h"
#include "foreign.h"
#include "local.h"
#include "peer.h"
#include "retry.h"
#include "send.h"

static bool is_response(const struct signal *s)
{
	return s->n_bu == 1 && s->bu[0].has_challenge;
}

/* Whether s announces or withdraws addresses (or just uses one, B11). */
static bool is_update(const struct signal *s)
{
	return s->bare || (s->n_bu && !is_response(s));
}

/*
 * The packet never left, so it does not count against what may be sent when there is a way, and the
 * next first sending is the first. If its source is the one whose turn it is, the next one tries at
 * once: a source without a route is none.
 */
static void update_failed(struct core *c, struct hce *h, const struct in6_addr *src, usec_t now)
{
	const struct local_addr *l = retry_update_source(c, h);

	ratelimit_give_back(&h->rt.limit);
	h->rt.failed = h->rt.everywhere = true;
	if (!bul_has_pending(h) || !l || !addr_equal(&l->addr, src) ||
	    h->rt.no_route >= retry_count_other_sources(c, h))
		return;
	h->rt.no_route++;
	h->rt.next = now;
	hce_arm(c, h, now);
}

/* A check of send's destination is running: its next Challenge is due as soon as routes change. */
static bool challenge_failed(struct core *c, struct hce *h, const struct in6_addr *dst)
{
	struct foreign_addr *fa = foreign_find(c, dst);

	if (!fa || fa->hce != h || !fa->reach.running)
		return false;
	ratelimit_give_back(&h->ask_limit);
	fa->reach.last = 0;
	return true;
}

static bool same_ends(const struct action *a, const struct action *b)
{
	return a->hce == b->hce && addr_equal(&a->send.src, &b->send.src) &&
	       addr_equal(&a->send.dst, &b->send.dst);
}

static void drop_at(struct core *c, unsigned i)
{
	memmove(&c->unsent[i], &c->unsent[i + 1], (--c->n_unsent - i) * sizeof(c->unsent[0]));
}

/* Only the latest packet between two addresses is of use: it answers the latest question. */
static void keep(struct core *c, const struct action *send)
{
	for (unsigned i = 0; i < c->n_unsent; i++)
		if (same_ends(&c->unsent[i], send)) {
			drop_at(c, i);
			break;
		}
	if (c->n_unsent == UNSENT_MAX)
		drop_at(c, 0);
	c->unsent[c->n_unsent++] = *send;
}

void unsent_note(struct core *c, const struct action *send, usec_t now)
{
	struct hce *h = core_entry(c, send->hce);
	struct signal s;

	if (signal_parse(send->send.packet, send->send.len, &s) < 0)
		return;
	if (h && is_update(&s))
		update_failed(c, h, &s.src, now);
	if (h && s.n_ba && s.ba[0].has_challenge && challenge_failed(c, h, &s.dst))
		return;
	if (s.n_ba || s.has_br || s.has_aap || is_response(&s))
		keep(c, send);
}

/*
 * A Response has a number, and the peer may have accepted greater ones since: it is made anew.
 * Other packets are sent as they are; an AH number of a few packets ago is within the peer's
 * window.
 */
static void send_again(struct core *c, const struct action *send, usec_t now)
{
	struct hce *h = core_entry(c, send->hce);
	const struct local_addr *l = local_find(c, &send->send.src);
	const struct binding *b = h ? bul_find(h, &send->send.src) : NULL;
	struct signal s;

	if ((send->hce && !h) || !l || !l->usable)
		return;
	if (!h || signal_parse(send->send.packet, send->send.len, &s) < 0 || !is_response(&s)) {
		action_push(c, ACTION_SEND, h)->send = send->send;
		return;
	}
	if (!b || !b->wanted)
		return;
	s.bu[0].seq = peer_next_bu(c, h);
	core_send(c, h, &s, now);
}

void unsent_retry(struct core *c, usec_t now)
{
	struct action kept[UNSENT_MAX];
	unsigned n = c->n_unsent;

	memcpy(kept, c->unsent, n * sizeof(kept[0]));
	c->n_unsent = 0;
	for (unsigned i = 0; i < n; i++)
		send_again(c, &kept[i], now);
}
