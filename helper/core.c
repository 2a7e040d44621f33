/* SPDX-License-Identifier: BSD-2-Clause */
/* The Homeless host as a whole: its events, its time, and the list of what is to be done. */
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
#include "connection.h"
#include "entry.h"
#include "foreign.h"
#include "host.h"
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
#include "udp_bound.h"
#include "udp_sender.h"

/* Within this time a second move of the peer's is taken for two sources used in turn. */
#define FOLLOW_INTERVAL		USEC_PER_SEC

const struct core_config core_config_default = {
	.default_lifetime = 600,
	.maximum_expired_lifetime = 1800,
	.binding_lifetime = 600,
	.path_timeout = 3,
	.max_entries = 4096,
	.max_addresses = 64,
	.max_per_prefix = 64,
	.plain_lifetime = 3600,
	.resolve = true,
};

struct core *core_new(const struct core_config *config, const uint8_t seed[static 32], uint32_t epoch)
{
	struct core *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->config = *config;
	c->seed.alg = AH_HMAC_SHA256_128;
	c->seed.len = 32;
	memcpy(c->seed.key, seed, 32);
	c->epoch = epoch;
	c->deadline = USEC_NEVER;
	aap_open(c);
	return c;
}

void core_free(struct core *c)
{
	struct hce *h, *next_h;
	struct peer *p, *next_p;
	struct local_addr *l, *next_l;
	struct pcb *b, *next_b;
	struct plain *q, *next_q;

	if (!c)
		return;
	HASH_ITER(hh, c->entries, h, next_h)
		hce_destroy(c, h, 0);
	sender_free_all(c);
	bound_free_all(c);
	HASH_CLEAR(hh_ports, c->ports);
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
	HASH_ITER(hh, c->plain, q, next_q) {
		HASH_DEL(c->plain, q);
		free(q);
	}
	aap_keypair_wipe(&c->share);
	OPENSSL_cleanse(c->seal, sizeof(c->seal));
	free(c->action);
	free(c);
}

const char *core_event_detail(struct core *c, const struct action *event)
{
	const struct hce *h = event->event.event == EVENT_RESOLVING ? core_entry(c, event->hce) : NULL;

	return h ? rendezvous_name(h) : event->event.detail;
}

/* Time */

void core_tick(struct core *c, usec_t now)
{
	struct hce *h, *next;
	struct foreign_addr *fa, *next_fa;

	if (now < c->deadline)
		return;
	/* Everything that still waits says so again. */
	c->deadline = USEC_NEVER;
	pcb_expire(c, now);
	peer_expire(c, now);
	plain_expire(c, now);
	local_expire(c, now);
	HASH_ITER(hh, c->entries, h, next) {
		if (!hce_expire(c, h, now))
			continue;
		DL_FOREACH(h->addrs, fa)
			reach_expire(c, fa, now);
		DL_FOREACH_SAFE(h->addrs, fa, next_fa)
			if (fa->contest)
				contest_expire(c, fa, now);	/* which may take fa off h */
		aap_expire(c, h, now);
		binding_sync(c, h, now);
		explore_expire(c, h, now);
		rendezvous_expire(c, h, now);
	}
}

void core_reconfigure(struct core *c, const struct core_config *config)
{
	c->config = *config;
}

void core_routes_changed(struct core *c, usec_t now)
{
	struct hce *h, *next;
	struct foreign_addr *fa;

	HASH_ITER(hh, c->entries, h, next) {
		/* What has only just left had its route, unless the kernel said otherwise. */
		if (h->rt.tries && h->rt.next > now && (h->rt.failed || now - h->rt.sent >= MIN_BINDACK_TIMEOUT))
			h->rt.next = now;
		binding_sync(c, h, now);
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
	explore_forget(h);
	pair_update(c, h, now);
	binding_sync(c, h, now);
}

void core_apart(struct core *c, uint32_t id, bool apart, usec_t now)
{
	struct hce *h = core_entry(c, id);

	if (!h || h->apart == apart)
		return;
	h->apart = apart;
	if (apart)
		return;
	pair_update(c, h, now);
	binding_sync(c, h, now);
}

void core_send_failed(struct core *c, const struct action *send, usec_t now)
{
	struct hce *h = core_entry(c, send->hce);

	/* It never left, so it shall not count against what may be sent when there is a way again. */
	if (h) {
		ratelimit_give_back(&h->rt.limit);
		h->rt.failed = true;
	}
	core_tell(c, EVENT_DROPPED, h, &send->send.src, &send->send.dst, 0, "could not be sent");
}

void core_prune(struct core *c, usec_t now)
{
	struct hce *h, *next;
	struct foreign_addr *fa;

	HASH_ITER(hh, c->entries, h, next) {
		bool active = false;

		DL_FOREACH(h->addrs, fa)
			active |= fa->state == ADDR_ACTIVE;
		if (!hce_wanted(h) && (h->initiated || !active))
			hce_destroy(c, h, now);
	}
}

/* What the datapath saw */

void core_heard(struct core *c, uint32_t id, const struct in6_addr *src, usec_t now)
{
	struct hce *h = core_entry(c, id);
	struct foreign_addr *fa = foreign_find(c, src);

	if (!h || !fa || fa->hce != h)
		return;
	fa->heard = h->heard = now;
	/* C6; and 2.1.4: an address kept as Deprecated that is still used is used again; a Homeless peer must prove it (X5) */
	if (fa->kind == LIFETIME_ACTIVITY && fa->state == ADDR_DEPRECATED && !hce_homeless(h))
		foreign_set_state(c, fa, ADDR_ACTIVE, now);
	if (fa->kind == LIFETIME_ACTIVITY)
		foreign_renew(c, fa, fa->kind, fa->lifetime, now);
	if (fa->state == ADDR_TENTATIVE)
		reach_hurry(c, fa, now);
	hce_answered(c, h, now);
}

void core_silent(struct core *c, uint32_t id, usec_t now)
{
	struct hce *h = core_entry(c, id);

	if (h)
		explore_silent(c, h, now);
}

void core_followed(struct core *c, uint32_t id, const struct in6_addr *src, uint32_t gen, usec_t now)
{
	struct hce *h = core_entry(c, id);
	const struct foreign_addr *fa = foreign_find(c, src);

	if (!h)
		return;
	core_heard(c, id, src, now);
	if ((int32_t)(gen - h->pair.gen) > 0)
		h->pair.gen = gen;
	if (fa && fa->hce == h && fa->state == ADDR_ACTIVE && !addr_equal(src, &h->pair.foreign)) {
		h->pair.foreign = *src;
		explore_follow(h);
		c->counter[COUNT_SWITCHED]++;
		core_tell(c, EVENT_SWITCHED, h, &h->pair.local, src, 0, "followed the peer");
		/* A peer that uses two sources in turn has not moved, and kicks would make both ends send more of that. */
		if (now >= usec_add(h->followed, FOLLOW_INTERVAL))
			core_act(c, ACTION_KICK, h);
		h->followed = now;
	}
	/* The pair may have changed here since the datapath followed: both must have the same. */
	core_act(c, ACTION_PAIR, h)->pair = h->pair;
}
