/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign Host Cache Entries: how they come (2.1.1), how their addresses live and expire (2.1.3, 2.1.4), how they go (2.1.5). */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "aap_initiator.h"
#include "aap_try.h"
#include "action.h"
#include "addr.h"
#include "bu_send.h"
#include "bul.h"
#include "connection.h"
#include "entry.h"
#include "foreign.h"
#include "host.h"
#include "lifecycle.h"
#include "local.h"
#include "packet.h"
#include "pair.h"
#include "pcb.h"
#include "peer.h"
#include "peer_names.h"
#include "udp_sender.h"

#define MAX_FAST_UPDATES	5
#define FAST_UPDATE_INTERVAL	USEC_PER_SEC		/* MAX_UPDATE_RATE */

/* A peer may announce other hosts' addresses: few Challenges are sent to unproven ones on its behalf. */
#define CHALLENGE_BURST		16
#define CHALLENGE_INTERVAL	(USEC_PER_SEC / 4)
#define GIVEN_UP_LINGER	(10 * USEC_PER_SEC)

static bool evictable(const struct hce *h)
{
	return !h->trusted && !h->n_pcb;
}

/* X8: when the cache is full, an untrusted entry chosen at random gives way. Returns whether there was one. */
static bool evict(struct core *c, usec_t now)
{
	struct hce *h, *next;
	uint8_t nonce[CHALLENGE_LEN];
	uint32_t n = 0, at;

	HASH_ITER(hh, c->entries, h, next)
		n += evictable(h);
	if (!n)
		return false;
	core_nonce(c, nonce);
	memcpy(&at, nonce, sizeof(at));
	at %= n;
	HASH_ITER(hh, c->entries, h, next) {
		if (!evictable(h) || at--)
			continue;
		c->counter[COUNT_EVICTED]++;
		hce_destroy(c, h, now);
		return true;
	}
	return false;
}

bool hce_room(struct core *c, const struct in6_addr *addr)
{
	struct foreign_addr *fa, *next;
	unsigned n = 0;

	HASH_ITER(hh, c->foreign, fa, next)
		n += !fa->hce->initiated && fa == fa->hce->addrs && addr_common_prefix(&fa->addr, addr) >= 64;
	if (n < c->config.max_per_prefix)
		return true;
	c->counter[COUNT_NO_ROOM]++;
	return false;
}

void hce_proved(struct core *c, struct hce *h, usec_t now)
{
	bool doubted = hce_doubted(h, now);
	struct foreign_addr *fa;

	h->proved = now;
	h->asked = h->revive_wait = 0;
	DL_FOREACH(h->addrs, fa)
		if (doubted && fa->state == ADDR_ACTIVE)
			pcb_bind_foreign(c, h, &fa->addr);
	if (!doubted && !h->wants_move)
		return;
	h->wants_move = false;
	pair_update(c, h, now);
}

void hce_answered(struct core *c, struct hce *h, usec_t now)
{
	if (!h->may_announce) {
		h->may_announce = true;
		binding_sync(c, h, now);
	}
	aap_start(c, h, now);
}

struct hce *hce_restore(struct core *c, struct peer *peer, uint32_t id, usec_t now)
{
	struct hce *h = NULL;

	if (HASH_COUNT(c->entries) < c->config.max_entries || evict(c, now))
		h = calloc(1, sizeof(*h));
	if (!h) {
		c->counter[COUNT_NO_ROOM]++;
		return NULL;
	}
	h->id = id;
	h->created = now;
	h->seq_out = peer ? peer->seq_out : c->epoch;
	h->rt.next = USEC_NEVER;
	h->rt.limit = ratelimit_make(MAX_FAST_UPDATES, FAST_UPDATE_INTERVAL, now);	/* B10 */
	h->ask_limit = ratelimit_make(CHALLENGE_BURST, CHALLENGE_INTERVAL, now);
	if (peer)
		hce_give(h, peer);
	HASH_ADD(hh, c->entries, id, sizeof(h->id), h);
	core_tell(c, EVENT_ENTRY_NEW, h, NULL, NULL, 0, h->name);
	return h;
}

struct hce *hce_create(struct core *c, struct peer *peer, const struct in6_addr *local, bool initiated, usec_t now)
{
	const struct local_addr *l = local_find(c, local);
	struct hce *h = hce_restore(c, peer, c->last_id + 1, now);

	if (h) {
		c->last_id = h->id;
		h->initiated = initiated;
		h->personality = l ? l->personality : 0;
		h->trusted |= initiated;
	}
	return h;
}

void hce_destroy(struct core *c, struct hce *h, usec_t now)
{
	struct foreign_addr *fa, *next;

	pcb_unbind_all(c, h);
	sender_leave_all(c, h);
	DL_FOREACH_SAFE(h->addrs, fa, next)
		foreign_remove(c, fa);
	binding_free_all(h);
	rendezvous_free(h);
	aap_forget(h);
	peer_detach(c, h, now);
	core_act(c, ACTION_PAIR_GONE, h);
	core_tell(c, EVENT_ENTRY_GONE, h, NULL, NULL, 0, h->name);
	HASH_DEL(c->entries, h);
	free(h);
}

void hce_set_status(struct core *c, struct hce *h, enum peer_status status)
{
	if (h->status == status)
		return;
	h->status = status;
	h->pair.homeless = status == PEER_HOMELESS;
	if (!IN6_IS_ADDR_UNSPECIFIED(&h->pair.local))
		core_act(c, ACTION_PAIR, h)->pair = h->pair;
	core_tell(c, EVENT_STATUS, h, NULL, NULL, 0, peer_status_name(status));
}

struct foreign_addr *foreign_find(struct core *c, const struct in6_addr *addr)
{
	struct foreign_addr *fa;

	HASH_FIND(hh, c->foreign, addr, sizeof(*addr), fa);
	return fa;
}

struct hce *core_entry_of(struct core *c, const struct in6_addr *foreign)
{
	const struct foreign_addr *fa = foreign_find(c, foreign);

	return fa ? fa->hce : NULL;
}

static void foreign_act(struct core *c, const struct foreign_addr *fa)
{
	struct action *a = core_act(c, ACTION_FOREIGN, fa->hce);

	a->foreign.addr = fa->addr;
	a->foreign.state = fa->state;
	core_tell(c, EVENT_FOREIGN_STATE, fa->hce, NULL, &fa->addr, 0, addr_state_name(fa->state));
}

/* An address that is not used for sending any more makes room for one that will be: the one that has been longest. */
static void make_room(struct core *c, struct hce *h)
{
	struct foreign_addr *fa, *oldest = NULL;
	unsigned n;

	DL_COUNT(h->addrs, fa, n);
	if (n < c->config.max_addresses)
		return;
	DL_FOREACH(h->addrs, fa)
		if (fa->state == ADDR_DEPRECATED && !addr_equal(&fa->addr, &h->pair.foreign) &&
		    (!oldest || fa->expires < oldest->expires))
			oldest = fa;
	if (oldest)
		foreign_remove(c, oldest);
}

struct foreign_addr *foreign_add(struct core *c, struct hce *h, const struct in6_addr *addr, enum addr_state state,
				 enum lifetime_kind kind, usec_t lifetime, usec_t now)
{
	struct foreign_addr *fa, *each;
	unsigned n;

	make_room(c, h);
	DL_COUNT(h->addrs, each, n);
	fa = n < c->config.max_addresses ? calloc(1, sizeof(*fa)) : NULL;
	if (!fa) {
		c->counter[COUNT_NO_ROOM]++;
		return NULL;
	}
	fa->addr = *addr;
	fa->hce = h;
	fa->state = state;
	fa->proven = state != ADDR_TENTATIVE;
	fa->reach.next = USEC_NEVER;
	HASH_ADD(hh, c->foreign, addr, sizeof(fa->addr), fa);
	local_yield(c, addr);
	DL_APPEND(h->addrs, fa);
	foreign_renew(c, fa, kind, lifetime, now);
	foreign_act(c, fa);
	if (state == ADDR_ACTIVE)
		pcb_bind_foreign(c, h, addr);
	return fa;
}

void foreign_remove(struct core *c, struct foreign_addr *fa)
{
	struct hce *h = fa->hce;

	core_act(c, ACTION_FOREIGN_GONE, h)->foreign.addr = fa->addr;
	HASH_DELETE(hh, c->foreign, fa);
	DL_DELETE(h->addrs, fa);
	contest_end(fa);
	free(fa);
}

void foreign_renew(struct core *c, struct foreign_addr *fa, enum lifetime_kind kind, usec_t lifetime, usec_t now)
{
	fa->kind = kind;
	fa->lifetime = lifetime;
	fa->expires = usec_add(now, lifetime);
	core_wake(c, fa->expires);
}

void foreign_set_state(struct core *c, struct foreign_addr *fa, enum addr_state state, usec_t now)
{
	if (fa->state == state)
		return;
	fa->state = state;
	fa->reach.running = false;
	fa->reach.next = USEC_NEVER;
	if (state == ADDR_DEPRECATED) {
		fa->expires = usec_add(now, c->config.maximum_expired_lifetime * USEC_PER_SEC);	/* C9 */
		core_wake(c, fa->expires);
	} else {
		fa->withdrawn = false;
	}
	fa->proven |= state == ADDR_ACTIVE;
	foreign_act(c, fa);
	if (state == ADDR_ACTIVE)
		pcb_bind_foreign(c, fa->hce, &fa->addr);
}

/*
 * S6: with nothing but Deprecated addresses left there is nowhere to send. That matters to
 * connections that were moved, and only if nothing comes back to them: those on their birth pair
 * need no address of the entry.
 */
static void tell_unreachable(struct core *c, const struct hce *h, usec_t now)
{
	const struct foreign_addr *fa;

	DL_FOREACH(h->addrs, fa)
		if (fa->state != ADDR_DEPRECATED ||
		    (addr_equal(&fa->addr, &h->pair.foreign) && foreign_answers(c, fa, now)))
			return;
	if (h->addrs && pcb_any_moved(h))
		core_act(c, ACTION_UNREACHABLE, h);
}

/*
 * fa's time is over, or the peer gave it up: what was Active is Deprecated from now on, for late packets and for programs
 * that hold on to it; all else goes. A peer that never was at an address has no say in what is sent there.
 */
static void foreign_lose(struct core *c, struct foreign_addr *fa, usec_t now)
{
	if (fa->state == ADDR_DEPRECATED || !fa->proven)
		foreign_remove(c, fa);
	else
		foreign_set_state(c, fa, ADDR_DEPRECATED, now);
}

void foreign_give_up(struct core *c, struct foreign_addr *fa, usec_t now)
{
	struct in6_addr addr = fa->addr;
	struct hce *h = fa->hce;

	if (fa->state != ADDR_TENTATIVE || fa->proven || !fa->reach.sent) {
		fa->withdrawn = true;
		foreign_lose(c, fa, now);
		pair_unpin(c, h, &addr);
	} else if (!fa->given_up) {
		fa->given_up = true;
		fa->reach.running = false;
		foreign_renew(c, fa, LIFETIME_ABSOLUTE, GIVEN_UP_LINGER, now);
	}
}

/*
 * An address that connections are heard from stays, to be matched (C9), though signalling is silent.
 * Returns whether fa stays.
 */
static bool foreign_lingers(struct core *c, struct foreign_addr *fa, usec_t now)
{
	usec_t until = usec_add(fa->heard, c->config.maximum_expired_lifetime * USEC_PER_SEC);

	if (fa->state != ADDR_DEPRECATED || fa->withdrawn || !fa->heard || now >= until)
		return false;
	fa->expires = until;
	core_wake(c, until);
	return true;
}

bool hce_expire(struct core *c, struct hce *h, usec_t now)
{
	struct foreign_addr *fa, *next;
	bool changed = false;

	DL_FOREACH_SAFE(h->addrs, fa, next) {
		if (now < fa->expires) {
			core_wake(c, fa->expires);
			binding_request(c, fa, now);
			continue;
		}
		if (foreign_lingers(c, fa, now))
			continue;
		changed = true;
		foreign_lose(c, fa, now);
	}
	if (!h->addrs && !hce_wanted(h) && !contest_claimed_by(c, h)) {		/* C10 */
		hce_destroy(c, h, now);
		return false;
	}
	if (changed) {
		pair_update(c, h, now);
		tell_unreachable(c, h, now);
	}
	/* C10 keeps it for its connections, but the last address could be anybody's now. */
	if (!h->addrs && hce_homeless(h))
		pair_hold(c, h, HOLD_MOVED);
	return true;
}
