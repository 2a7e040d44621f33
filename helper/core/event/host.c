/* SPDX-License-Identifier: BSD-2-Clause */
/* The host as a whole: creation, configuration, timers, routes. */
#include "core.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "aap_initiator.h"
#include "aap_secrets.h"
#include "action.h"
#include "addr.h"
#include "addr_conflict.h"
#include "bu_send.h"
#include "bul.h"
#include "connection.h"
#include "departure.h"
#include "encap.h"
#include "entry.h"
#include "foreign.h"
#include "hold.h"
#include "leave.h"
#include "lifecycle.h"
#include "local.h"
#include "nonpeer.h"
#include "pair.h"
#include "path_probe.h"
#include "pcb.h"
#include "peer.h"
#include "peer_names.h"
#include "peer_search.h"
#include "reach.h"
#include "retry.h"
#include "unsent.h"
#include "udp_bound.h"
#include "udp_sender.h"
#include "via.h"

#define FULL_INTERVAL	(60 * USEC_PER_SEC)
#define QUESTIONS	20	/* a second, of core_packet_asks() */

const struct core_config core_config_default = {
	.default_lifetime = 600,
	.maximum_expired_lifetime = 1800,
	.binding_lifetime = 600,
	.path_timeout = 3,
	.hold = 86400,
	.max_entries = 4096,
	.max_addresses = 64,
	.max_per_prefix = 64,
	.max_connections = 65536,
	.max_foreign = 262144,
	.plain_lifetime = 3600,
	.resolve = true,
	.encapsulate = ENCAPSULATE_AUTO,
	.encapsulate_port = ENCAP_PORT,
};

struct core *core_new(const struct core_config *config, const uint8_t seed[static 32],
		      uint32_t epoch)
{
	struct core *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->config = *config;
	c->seed.alg = AH_HMAC_SHA256_128;
	c->seed.len = 32;
	memcpy(c->seed.key, seed, 32);
	c->epoch = epoch;
	c->host_deadline = USEC_NEVER;
	c->questions = ratelimit_make(QUESTIONS, USEC_PER_SEC / QUESTIONS, 0);
	aap_open(c);
	return c;
}

void core_free(struct core *c)
{
	struct hce *h, *next_h;
	struct peer *p, *next_p;
	struct local_addr *l, *next_l;
	struct pcb *b, *next_b;
	struct nonpeer *q, *next_q;

	if (!c)
		return;
	HASH_ITER(hh, c->entries, h, next_h)
		hce_destroy(c, h, 0);
	sender_free_all(c);
	bound_free_all(c);
	HASH_CLEAR(hh_ports, c->ports);
	HASH_CLEAR(hh_foreign, c->unattached);
	HASH_ITER(hh, c->pcbs, b, next_b) {
		HASH_DEL(c->pcbs, b);
		free(b);
	}
	HASH_ITER(hh, c->peers, p, next_p)
		peer_free(c, p);
	HASH_ITER(hh, c->locals, l, next_l) {
		HASH_DEL(c->locals, l);
		free(l);
	}
	HASH_ITER(hh, c->nonpeers, q, next_q) {
		HASH_DEL(c->nonpeers, q);
		free(q);
	}
	OPENSSL_cleanse(c->share, sizeof(c->share));
	OPENSSL_cleanse(c->seal, sizeof(c->seal));
	timer_free_all(&c->entry_timers);
	timer_free_all(&c->pcb_timers);
	timer_free_all(&c->peer_timers);
	timer_free_all(&c->nonpeer_timers);
	free(c->evictable);
	free(c->due);
	free(c->action);
	free(c);
}

const char *core_event_detail(struct core *c, const struct action *event)
{
	const struct hce *h = event->event.event == EVENT_RESOLVING ?
			      core_entry(c, event->hce) : NULL;

	return h ? peer_names_current(h) : event->event.detail;
}

/*
 * An address that connections are heard from stays, to be matched (C9), though signalling is
 * silent. Returns whether fa stays.
 */
static bool foreign_lingers(struct core *c, struct foreign_addr *fa, usec_t now)
{
	usec_t until = usec_add(fa->heard, c->config.maximum_expired_lifetime * USEC_PER_SEC);

	if (fa->state != ADDR_DEPRECATED || fa->withdrawn || !fa->heard || now >= until)
		return false;
	fa->expires = until;
	hce_arm(c, fa->hce, until);
	return true;
}

/*
 * Notes whether h's peer is a passing stranger, and tells one that is not any more what it may know
 * from now on. Returns whether its time is over, whatever it announces (X8).
 */
static bool has_passed(struct core *c, struct hce *h, usec_t now)
{
	usec_t span = c->config.default_lifetime * USEC_PER_SEC, until;

	if (h->conversed && now >= usec_add(h->conversed, span))
		h->conversed = 0;
	if (h->conversed)	/* by the middle of it the datapath is asked anew */
		hce_arm(c, h, usec_add(h->conversed,
				       now - h->conversed < span / 2 ? span / 2 : span));
	if (!h->sa || !hce_is_passing(h)) {
		if (h->passing_since)
			bul_want_all(c, h);
		h->passing_since = 0;
		return false;
	}
	if (!h->passing_since)
		h->passing_since = now;
	until = usec_add(h->passing_since, span);
	hce_arm(c, h, until);
	return now >= until;
}

/* Lets addresses, and at last the entry, expire. Returns false if h is gone. */
static bool hce_expire(struct core *c, struct hce *h, usec_t now)
{
	struct foreign_addr *fa, *next;
	bool changed = false;

	DL_FOREACH_SAFE(h->addrs, fa, next) {
		foreign_end_redirect(c, fa, now);
		if (now < fa->expires) {
			hce_arm(c, h, fa->expires);
			bu_request(c, fa, now);
			continue;
		}
		if (foreign_lingers(c, fa, now))
			continue;
		changed = true;
		foreign_deprecate(c, fa, "expired", now);
	}
	if ((!h->addrs && !hce_in_use(h) && !h->n_claim) ||	/* C10 */
	    has_passed(c, h, now)) {
		hce_destroy(c, h, now);
		return false;
	}
	if (changed) {
		pair_update(c, h, now);
		pair_report_unreachable(c, h, now);
	}
	/* C10 keeps h for its connections, but another host may have its last address now. */
	if (!h->addrs && hce_homeless(h))
		pair_block(c, h, BLOCK_REWRITTEN);
	return true;
}

/* Whether p could be attached if there was room: both its addresses are in use. */
static bool can_attach(struct core *c, const struct pcb *p, const struct hce *h, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &p->foreign);
	const struct local_addr *l = local_find(c, &p->local);

	return h && fa && fa->hce == h && fa->state == ADDR_ACTIVE && l && l->usable &&
	       pcb_same_personality(c, p, h) && !hce_unresponsive(h, now);
}

/* Attaches connections that wait for room, as far as there is any. */
static void attach_waiting(struct core *c, usec_t now)
{
	struct pcb *p, *next;

	DL_FOREACH_SAFE2(c->left, p, next, left_next) {
		struct hce *h = p->waits == PCB_WAITS_ROOM ? core_entry(c, p->waits_for) : NULL;

		if (!pcb_has_room(c))
			return;
		if (can_attach(c, p, h, now))
			pcb_attach(c, p, h, h->pair.gen);
	}
}

/* Publishes again what the datapath did not take. */
static void repeat_stale(struct core *c, usec_t now)
{
	struct hce *h, *next;

	if (!c->stale_next)
		return;
	if (now < c->stale_next) {
		host_arm(c, c->stale_next);
		return;
	}
	c->stale_next = 0;
	HASH_ITER(hh, c->entries, h, next) {
		if (h->pair_stale)
			pair_repeat(c, h);
		pcb_repeat(c, h);
	}
}

/* Connections were not attached: reported at most once a minute. */
static void tell_full(struct core *c, usec_t now)
{
	if (!c->left)
		c->full_news = false;
	if (!c->full_news)
		return;
	if (now < c->full_next) {
		host_arm(c, c->full_next);
		return;
	}
	c->full_news = false;
	c->full_next = usec_add(now, FULL_INTERVAL);
	event_emit(c, EVENT_TABLE_FULL, NULL, NULL, NULL, 0,
		   "connections are left alone: raise max_connections, and restart");
}

void core_hostmap_cut(struct core *c, unsigned rows, usec_t now)
{
	c->counter[COUNT_HOSTMAP_CUT] += rows > c->hostmap_cut ? rows - c->hostmap_cut : 0;
	c->hostmap_cut = rows;
	if (!rows || now < c->cut_next)
		return;
	c->cut_next = usec_add(now, FULL_INTERVAL);
	event_emit(c, EVENT_TABLE_FULL, NULL, NULL, NULL, 0,
		   "programs do not know of all peers: lower max_entries or max_addresses");
}

void core_leave(struct core *c, usec_t now)
{
	if (core_is_leaving(c))
		leave_end(c);
	else
		leave_begin(c, now);
}

bool core_is_leaving(const struct core *c)
{
	return leave_is_begun(c);
}

/* h's timer has expired. Whatever of h has not is armed again. */
static void hce_look_after(struct core *c, struct hce *h, usec_t now)
{
	struct foreign_addr *fa, *next;

	if (!hce_expire(c, h, now))
		return;
	DL_FOREACH(h->addrs, fa)
		reach_expire(c, fa, now);
	DL_FOREACH_SAFE(h->addrs, fa, next)
		if (fa->conflict)
			conflict_expire(c, fa, now);	/* which may take fa off h */
	aap_expire(c, h, now);
	pair_release(c, h, now);
	departure_step(c, h, now);
	bu_flush(c, h, now);
	path_expire(c, h, now);
	hold_expire(c, h, now);
	via_expire(c, h, now);
	search_expire(c, h, now);
}

/* An address that came and went is calm: it may be better than that in use. */
static void update_pairs(struct core *c, usec_t now)
{
	struct hce *h, *next;

	HASH_ITER(hh, c->entries, h, next) {
		pair_update(c, h, now);
		bu_flush(c, h, now);
		hce_arm(c, h, now);
	}
}

/* Looks after connections to addresses that entries have lost since the last time. */
static void attach_anew(struct core *c, usec_t now)
{
	unsigned n = c->n_given_back, from = n < GIVEN_BACK_MAX ? 0 : n - GIVEN_BACK_MAX;
	struct in6_addr addr[GIVEN_BACK_MAX];

	memcpy(addr, c->given_back, sizeof(addr));
	c->n_given_back = 0;
	for (unsigned i = from; i < n; i++)
		connection_address_given_back(c, &addr[i % GIVEN_BACK_MAX], now);
}

/* The timer of what is of no entry may have expired. */
static void host_look_after(struct core *c, usec_t now)
{
	if (now < c->host_deadline)
		return;
	c->host_deadline = USEC_NEVER;
	attach_anew(c, now);
	attach_waiting(c, now);
	tell_full(c, now);
	repeat_stale(c, now);
	if (local_expire(c, now))
		update_pairs(c, now);
}

static void note_due(void *ctx, const struct timer *t)
{
	struct core *c = ctx;

	c->due[c->n_due++] = TIMER_OF(t, struct hce, timer)->id;
}

unsigned core_due(struct core *c, usec_t now, const uint32_t **ret)
{
	c->n_due = 0;
	timer_each_expired(&c->entry_timers, now, note_due, c);
	*ret = c->due;
	return c->n_due;
}

void core_tick(struct core *c, usec_t now)
{
	struct timer *t;

	if (now < core_deadline(c))
		return;
	if (core_is_leaving(c)) {
		c->host_deadline = USEC_NEVER;
		leave_expire(c, now);
		return;
	}
	pcb_expire(c, now);
	host_look_after(c, now);
	peer_expire(c, now);
	nonpeer_expire(c, now);
	/* What an entry's turn makes due at once has its own in the next call. */
	for (size_t n = c->entry_timers.n; n && (t = timer_take(&c->entry_timers, now)); n--)
		hce_look_after(c, TIMER_OF(t, struct hce, timer), now);
}

void core_reconfigure(struct core *c, const struct core_config *config)
{
	struct hce *h, *next;

	c->config = *config;
	host_arm(c, 0);
	HASH_ITER(hh, c->entries, h, next)
		hce_arm(c, h, 0);
}

void core_routes_changed(struct core *c, usec_t now)
{
	struct hce *h, *next;
	struct foreign_addr *fa;

	unsent_retry(c, now);
	HASH_ITER(hh, c->entries, h, next) {
		bu_routes_changed(h, now);
		bu_flush(c, h, now);
		hce_arm(c, h, now);
		DL_FOREACH(h->addrs, fa)
			reach_hurry(c, fa, now);
	}
}

void core_routed(struct core *c, uint32_t id, const struct in6_addr *src, usec_t now)
{
	struct hce *h = core_entry(c, id);

	if (!h || addr_equal(&h->routed, src))
		return;
	h->routed = *src;
	path_clear_failover(h);
	pair_update(c, h, now);
	bu_flush(c, h, now);
}

void core_policy_routed(struct core *c, uint32_t id, bool policy_routed, usec_t now)
{
	struct hce *h = core_entry(c, id);

	if (!h || h->policy_routed == policy_routed)
		return;
	h->policy_routed = policy_routed;
	if (policy_routed)
		return;
	pair_update(c, h, now);
	bu_flush(c, h, now);
}

void core_policy_forbids(struct core *c, uint64_t cookie, bool forbidden, usec_t now)
{
	struct pcb *p = core_pcb(c, cookie);

	if (!p || !p->hce || (!forbidden && !p->forbidden))
		return;
	pcb_set_forbidden(c, p, forbidden);
	if (!forbidden)
		pair_resume(c, p->hce, true);
	hce_arm(c, p->hce, now);
}

void core_policy_bars(struct core *c, uint32_t id, const struct in6_addr *local, bool barred,
		      usec_t now)
{
	struct hce *h = core_entry(c, id);
	struct binding *b = h ? bul_find(h, local) : NULL;

	if (!b || b->barred == barred)
		return;
	b->barred = barred;
	pair_update(c, h, now);
	bu_flush(c, h, now);
}

void core_send_failed(struct core *c, const struct action *send, usec_t now)
{
	const struct hce *h = core_entry(c, send->hce);

	unsent_note(c, send, now);
	event_emit(c, EVENT_DROPPED, h, &send->send.src, &send->send.dst, 0, "could not be sent");
}

void core_prune(struct core *c, usec_t now)
{
	struct hce *h, *next;
	struct foreign_addr *fa;

	HASH_ITER(hh, c->entries, h, next) {
		bool active = false;

		DL_FOREACH(h->addrs, fa)
			active |= fa->state == ADDR_ACTIVE;
		if (!hce_in_use(h) && (h->initiated || !active))
			hce_destroy(c, h, now);
		else
			hold_restored(c, h, now);
	}
}
