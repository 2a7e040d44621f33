/* SPDX-License-Identifier: BSD-2-Clause */
/* How entries are made (2.1.1), evicted (X8) and removed (2.1.5). */
#include "lifecycle.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "aap_try.h"
#include "action.h"
#include "addr.h"
#include "bul.h"
#include "entry.h"
#include "foreign.h"
#include "local.h"
#include "pair.h"
#include "pcb.h"
#include "peer.h"
#include "peer_names.h"
#include "udp_sender.h"

#define MAX_FAST_UPDATES	5
#define FAST_UPDATE_INTERVAL	USEC_PER_SEC		/* MAX_UPDATE_RATE */

/* A peer may announce other hosts' addresses: limits the Challenges sent there on its behalf. */
#define CHALLENGE_BURST		16
#define CHALLENGE_INTERVAL	(USEC_PER_SEC / 4)

/* A /64, and the entries that count for it: those that were made for who came from there. */
struct prefix {
	uint64_t net;		/* the first 8 octets */
	unsigned n;
	struct hce *entries;	/* utlist DL */
	UT_hash_handle hh;	/* by net */
};

static struct prefix *prefix_find(struct core *c, const struct in6_addr *from)
{
	struct prefix *p;

	HASH_FIND(hh, c->prefixes, from, sizeof(p->net), p);
	return p;
}

bool hce_count_for(struct core *c, struct hce *h, const struct in6_addr *from)
{
	struct prefix *p = prefix_find(c, from);

	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return false;
		memcpy(&p->net, from, sizeof(p->net));
		HASH_ADD(hh, c->prefixes, net, sizeof(p->net), p);
	}
	p->n++;
	DL_APPEND2(p->entries, h, prefix_prev, prefix_next);
	h->prefix = p;
	return true;
}

static void prefix_leave(struct core *c, struct hce *h)
{
	struct prefix *p = h->prefix;

	if (!p)
		return;
	DL_DELETE2(p->entries, h, prefix_prev, prefix_next);
	h->prefix = NULL;
	if (--p->n)
		return;
	HASH_DEL(c->prefixes, p);
	free(p);
}

static unsigned draw(struct core *c, unsigned below)
{
	uint8_t nonce[CHALLENGE_LEN];
	uint32_t n;

	nonce_draw(c, nonce);
	memcpy(&n, nonce, sizeof(n));
	return n % below;
}

static void evict(struct core *c, struct hce *h, usec_t now)
{
	c->counter[COUNT_EVICTED]++;
	hce_destroy(c, h, now);
}

/* Evicts an untrusted entry, chosen at random (X8). Returns whether there was one. */
static bool evict_any(struct core *c, usec_t now)
{
	if (!c->n_evictable)
		return false;
	evict(c, c->evictable[draw(c, c->n_evictable)], now);
	return true;
}

/* ... of those that count for p, which may be NULL. */
static bool evict_of(struct core *c, const struct prefix *p, usec_t now)
{
	struct hce *h;
	unsigned n = 0, at;

	if (!p)
		return false;
	DL_FOREACH2(p->entries, h, prefix_next)
		n += h->evict_at != 0;
	if (!n)
		return false;
	at = draw(c, n);
	DL_FOREACH2(p->entries, h, prefix_next)
		if (h->evict_at && !at--)
			break;
	evict(c, h, now);
	return true;
}

static bool has_room(const struct core *c)
{
	unsigned n = HASH_COUNT(c->entries);

	return n < c->config.max_entries;
}

/*
 * Makes room for one that answers from: strangers of its /64 go first, so that no network takes
 * what others have. Returns false (counted) if all that its /64 may have is in use.
 */
static bool make_room(struct core *c, const struct in6_addr *from, usec_t now)
{
	const struct prefix *p = prefix_find(c, from);
	unsigned n = p ? p->n : 0;

	if (n < c->config.max_per_prefix && has_room(c))
		return true;
	if (evict_of(c, p, now) || n < c->config.max_per_prefix)
		return true;
	c->counter[COUNT_NO_ROOM]++;
	return false;
}

struct hce *hce_restore(struct core *c, struct peer *peer, uint32_t id, usec_t now)
{
	struct hce *h = NULL;

	if ((has_room(c) || evict_any(c, now)) && hce_reserve(c) == 0)
		h = calloc(1, sizeof(*h));
	if (!h) {
		c->counter[COUNT_NO_ROOM]++;
		return NULL;
	}
	h->id = id;
	h->created = now;
	h->seq_out = h->seq_limit = peer ? peer->seq_out : c->epoch;
	h->rt.next = USEC_NEVER;
	h->rt.limit = ratelimit_make(MAX_FAST_UPDATES, FAST_UPDATE_INTERVAL, now);	/* B10 */
	h->ask_limit = ratelimit_make(CHALLENGE_BURST, CHALLENGE_INTERVAL, now);
	hce_trust(c, h, 0, false);
	if (peer)
		peer_attach(c, h, peer);
	HASH_ADD(hh, c->entries, id, sizeof(h->id), h);
	hce_arm(c, h, now);	/* if nothing comes of it, it goes */
	action_push(c, ACTION_ENTRY, h);
	event_emit(c, EVENT_ENTRY_NEW, h, NULL, NULL, 0, h->name);
	return h;
}

struct hce *hce_create(struct core *c, struct peer *peer, const struct in6_addr *local,
		       bool initiated, usec_t now)
{
	const struct local_addr *l = local_find(c, local);
	struct hce *h = hce_restore(c, peer, c->last_id + 1, now);

	if (h) {
		c->last_id = h->id;
		h->initiated = initiated;
		h->personality = l ? l->personality : 0;
	}
	return h;
}

struct hce *hce_answer(struct core *c, const struct in6_addr *local, const struct in6_addr *from,
		       usec_t now)
{
	struct hce *h = make_room(c, from, now) ? hce_create(c, NULL, local, false, now) : NULL;

	if (!h)
		return NULL;
	if (!hce_count_for(c, h, from)) {
		hce_destroy(c, h, now);
		return NULL;
	}
	h->passing_since = now;
	hce_arm(c, h, now);
	return h;
}

void hce_converse(struct core *c, struct hce *h, usec_t now)
{
	h->conversed = now;
	if (h->passing_since)
		hce_arm(c, h, 0);
}

/* Forgets all that h has of its peer, but for the connections and the pair. */
static void forget_peer(struct core *c, struct hce *h, usec_t now)
{
	struct foreign_addr *fa, *next;

	sender_leave_all(c, h);
	DL_FOREACH_SAFE(h->addrs, fa, next)
		foreign_remove(c, fa);
	bul_free(h);
	peer_names_free(h);
	aap_abort(h);
	peer_detach(c, h, now);
}

void hce_destroy(struct core *c, struct hce *h, usec_t now)
{
	pcb_detach_all(c, h);
	forget_peer(c, h, now);
	action_push(c, ACTION_PAIR_GONE, h);
	event_emit(c, EVENT_ENTRY_GONE, h, NULL, NULL, 0, h->name);
	timer_end(&c->entry_timers, &h->timer);
	prefix_leave(c, h);
	hce_forget(c, h);
	HASH_DEL(c->entries, h);
	free(h);
}

void hce_retire(struct core *c, struct hce *h, usec_t now)
{
	if (!pcb_any_moved(h)) {
		hce_destroy(c, h, now);
		return;
	}
	pcb_detach_unmoved(c, h, NULL);
	forget_peer(c, h, now);
	h->name = NULL;		/* the peer's, which may go */
	h->initiated = false;
	pair_block(c, h, BLOCK_REWRITTEN);
	hce_status_event(c, h, STATUS_KEYS_GONE);
	action_push(c, ACTION_UNREACHABLE, h);
	hce_arm(c, h, now);
}

/* The only writer of the peer's status: publishes a change, and reports it with the reason. */
static void set_status(struct core *c, struct hce *h, enum peer_status status, const char *why)
{
	const char *was = peer_status_name(h->status);
	struct pair to = h->pair;

	if (h->status == status)
		return;
	h->status = status;
	to.homeless = status == PEER_HOMELESS;
	pair_set(c, h, &to, NULL);
	action_push(c, ACTION_STATUS, h);
	event_change(c, EVENT_STATUS, h, NULL, NULL, was, peer_status_name(status), why);
}

void hce_status_event(struct core *c, struct hce *h, enum status_event e)
{
	set_status(c, h, status_after(h->status, e), status_event_text(e));
}

void hce_restore_status(struct core *c, struct hce *h, enum peer_status saved, const char *why)
{
	set_status(c, h, status_restored(saved), why);
}
