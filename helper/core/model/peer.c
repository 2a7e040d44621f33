/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosts that share keys with this one, by configuration or by AAP. A configured peer outlives its
 * entry.
 */
#include "peer.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "entry.h"

#define RENEW_AGE	(24 * 3600 * USEC_PER_SEC)
#define BU_BLOCK	64	/* numbers that are reserved at once: far less than half of all */
#define GRACE_PERIOD	(30 * USEC_PER_SEC)	/* what was sent under the old keys may still
						 * arrive */

static void drop_addrs(struct core *c, struct peer *p)
{
	for (unsigned i = 0; i < p->n_addr; i++)
		HASH_DELETE(hh, c->peer_addrs, &p->addr[i]);
	free(p->addr);
	p->addr = NULL;
	p->n_addr = 0;
}

void peer_free(struct core *c, struct peer *p)
{
	HASH_DEL(c->peers, p);
	drop_addrs(c, p);
	timer_end(&c->peer_timers, &p->timer);
	sa_wipe(&p->sa);
	free(p->name);
	free(p);
}

struct peer *peer_by_name(struct core *c, const char *name)
{
	struct peer *p, *next;

	HASH_ITER(hh, c->peers, p, next)
		if (p->name && !strcmp(p->name, name))
			return p;
	return NULL;
}

struct peer *peer_by_addr(struct core *c, const struct in6_addr *addr)
{
	struct peer_addr *a;

	HASH_FIND(hh, c->peer_addrs, addr, sizeof(*addr), a);
	return a ? a->peer : NULL;
}

static bool is_another(const struct peer *p, const char *name)
{
	return p && (!p->name || strcmp(p->name, name));
}

bool peer_collides(struct core *c, const struct core_peer *p)
{
	for (unsigned i = 0; i < p->n_addr; i++)
		if (is_another(peer_by_addr(c, &p->addr[i]), p->name))
			return true;
	return is_another(peer_by_spi(c, p->in.spi), p->name);
}

int peer_set_addrs(struct core *c, struct peer *p, unsigned n, const struct in6_addr *addr)
{
	struct peer_addr *a = calloc(n ? n : 1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	drop_addrs(c, p);
	p->addr = a;
	for (unsigned i = 0; i < n; i++) {
		if (peer_by_addr(c, &addr[i]))
			continue;	/* it is written there twice */
		a = &p->addr[p->n_addr++];
		a->addr = addr[i];
		a->peer = p;
		HASH_ADD(hh, c->peer_addrs, addr, sizeof(a->addr), a);
	}
	return 0;
}

static bool half_equal(const struct sa_half *a, const struct sa_half *b)
{
	return a->spi == b->spi && a->key.alg == b->key.alg && a->key.len == b->key.len &&
	       !memcmp(a->key.key, b->key.key, a->key.len);
}

static void half_digest(struct core *c, const struct sa_half *half, bool in,
			uint8_t ret[static 16])
{
	uint8_t what[5] = { in };

	memcpy(what + 1, &half->spi, sizeof(half->spi));
	if (ah_hmac128(&c->seed, half->key.key, half->key.len, what, sizeof(what), ret) < 0)
		abort();	/* numbers would be used twice */
}

/* Returns how far the half was used, as if for the first time if that is not known. */
static struct used_half half_recall(struct core *c, const struct sa_half *half, bool in)
{
	struct used_half u = { .out_seq = c->epoch, .bu_seq = (uint16_t)c->epoch };
	uint8_t key[16];

	half_digest(c, half, in, key);
	for (unsigned i = 0; i < USED_HALVES; i++)	/* of several, the last one written */
		if (!memcmp(c->used[(c->n_used + i) % USED_HALVES].key, key, sizeof(key)))
			u = c->used[(c->n_used + i) % USED_HALVES];
	return u;
}

static void half_note(struct core *c, const struct peer *p, bool in)
{
	struct used_half *u;

	if (!p->sa.in.spi || p->ended)
		return;		/* it is new, or was noted when it ended */
	u = &c->used[c->n_used++ % USED_HALVES];
	half_digest(c, in ? &p->sa.in : &p->sa.out, in, u->key);
	u->replay = p->sa.replay;
	u->out_seq = p->sa.out_limit;
	u->bu_seq = p->hce ? p->hce->seq_limit : p->seq_out;
}

void peer_note_used(struct core *c, const struct peer *p)
{
	half_note(c, p, true);
	half_note(c, p, false);
}

void peer_rekey(struct core *c, struct peer *p, const struct core_peer *from)
{
	struct used_half u;

	if (!half_equal(&p->sa.in, &from->in)) {
		half_note(c, p, true);
		p->sa.replay = half_recall(c, &from->in, true).replay;
	}
	if (!half_equal(&p->sa.out, &from->out)) {
		half_note(c, p, false);
		u = half_recall(c, &from->out, false);
		p->sa.out_seq = p->sa.out_limit = u.out_seq;
		if (!p->hce)
			p->seq_out = u.bu_seq;
	}
	sa_wipe(&p->sa);
	p->sa.in = from->in;
	p->sa.out = from->out;
}

struct peer *peer_by_spi(struct core *c, uint32_t spi)
{
	struct peer *p;

	HASH_FIND(hh, c->peers, &spi, sizeof(spi), p);
	return p;
}

/* Keeps the present inbound SA of p, which is in the table no more, as an earlier one. */
static int keep_earlier(struct core *c, struct peer *p)
{
	struct peer *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->sa.class = SA_GENERIC;
	e->sa.in = p->sa.in;
	e->sa.replay = p->sa.replay;
	e->sa.out_seq = e->sa.out_limit = UINT32_MAX;	/* nothing is sent under it */
	e->heir = p;
	HASH_ADD(hh, c->peers, sa.in.spi, sizeof(e->sa.in.spi), e);
	return 0;
}

int peer_renew(struct core *c, struct peer *p, const struct sa_half *in,
	       const struct sa_half *out)
{
	const struct core_peer next = { .in = *in, .out = *out };
	struct peer *same = peer_by_spi(c, in->spi);
	struct ah_replay replay = { 0 };
	bool newer = same != p || p->ended;
	uint16_t bu_seq = p->seq_out;

	if (same && same != p && same->heir != p)
		return -EEXIST;
	if (newer) {
		HASH_DEL(c->peers, p);
		if (!p->ended && keep_earlier(c, p) < 0) {
			HASH_ADD(hh, c->peers, sa.in.spi, sizeof(p->sa.in.spi), p);
			return -ENOMEM;
		}
	}
	if (same && same != p) {	/* an earlier one is the newest again */
		replay = same->sa.replay;
		peer_free(c, same);
	}
	peer_rekey(c, p, &next);
	if (same && same != p)
		p->sa.replay = replay;
	p->seq_out = bu_seq;	/* the peer's entry may outlive an SA, and so do BU numbers */
	p->ended = false;
	if (newer)
		HASH_ADD(hh, c->peers, sa.in.spi, sizeof(p->sa.in.spi), p);
	action_push(c, ACTION_SPI, p->hce)->spi = in->spi;
	return 0;
}

bool peer_drop_earlier(struct core *c, const struct peer *p, uint32_t spi)
{
	struct peer *e, *next;
	bool any = false;

	HASH_ITER(hh, c->peers, e, next) {
		if (e->heir != p || (spi && e->sa.in.spi != spi))
			continue;
		action_push(c, ACTION_SPI_GONE, NULL)->spi = e->sa.in.spi;
		peer_free(c, e);
		any = true;
	}
	return any;
}

void peer_end(struct core *c, struct peer *p)
{
	peer_drop_earlier(c, p, 0);
	if (p->ended)
		return;
	peer_note_used(c, p);
	action_push(c, ACTION_SPI_GONE, p->hce)->spi = p->sa.in.spi;
	sa_wipe(&p->sa);
	p->sa.out_seq = p->sa.out_limit = UINT32_MAX;
	p->ended = true;
}

struct peer *peer_make_anonymous(struct core *c, struct hce *h, const struct sa_half *in,
				 const struct sa_half *out, usec_t now)
{
	struct peer *p = peer_by_spi(c, in->spi) ? NULL : calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->sa.class = SA_ANONYMOUS;
	p->sa.in = *in;
	p->sa.out = *out;
	p->made = now;
	p->renew_at = usec_add(now, RENEW_AGE);
	HASH_ADD(hh, c->peers, sa.in.spi, sizeof(p->sa.in.spi), p);
	action_push(c, ACTION_SPI, h)->spi = in->spi;
	if (h)
		peer_attach(c, h, p);
	return p;
}

void peer_prune(struct core *c)
{
	struct peer *p, *next;

	HASH_ITER(hh, c->peers, p, next) {
		if (p->sa.class != SA_ANONYMOUS || p->hce)
			continue;
		action_push(c, ACTION_SPI_GONE, NULL)->spi = p->sa.in.spi;
		peer_free(c, p);
	}
}

/* p has no entry any more. */
static void leave_entry(struct peer *p)
{
	struct hce *h = p->hce;

	p->hce = NULL;
	if (!h)
		return;
	DL_DELETE(h->keys, p);
	if (h->peer != p)
		return;
	h->peer = NULL;
	h->sa = NULL;
}

static void peer_revoke(struct core *c, struct peer *p, usec_t now)
{
	struct revoked_spi *e = &c->revoked[c->n_revoked % REVOKED_MAX];

	/* An older Confirm cannot be replayed: its sealed state has expired. */
	if (now < usec_add(p->made, AAP_STATE_LIFETIME * USEC_PER_SEC)) {
		if (now < e->until)
			OPENSSL_cleanse(c->seal, sizeof(c->seal));
		*e = (struct revoked_spi){ p->sa.in.spi,
				     usec_add(now, AAP_STATE_LIFETIME * USEC_PER_SEC) };
		c->n_revoked++;
	}
	action_push(c, ACTION_SPI_GONE, p->hce)->spi = p->sa.in.spi;
	leave_entry(p);
	peer_free(c, p);
}

bool spi_revoked(const struct core *c, uint32_t spi, usec_t now)
{
	for (unsigned i = 0; i < REVOKED_MAX; i++)
		if (c->revoked[i].spi == spi && now < c->revoked[i].until)
			return true;
	return false;
}

void peer_detach(struct core *c, struct hce *h, usec_t now)
{
	struct peer *p, *next;

	DL_FOREACH_SAFE(h->keys, p, next) {	/* the one it replaced, too */
		if (p->sa.class == SA_ANONYMOUS) {
			peer_revoke(c, p, now);
			continue;
		}
		leave_entry(p);
		p->seq_out = h->seq_out;
	}
}

void peer_expire(struct core *c, usec_t now)
{
	struct timer *t;

	while ((t = timer_take(&c->peer_timers, now)))
		peer_revoke(c, TIMER_OF(t, struct peer, timer), now);
}

/* p goes then; 0: it stays. */
static void set_grace(struct core *c, struct peer *p, usec_t until)
{
	p->grace_until = until;
	timer_end(&c->peer_timers, &p->timer);
	if (until)
		timer_arm(&c->peer_timers, &p->timer, until);
}

void peer_retire(struct core *c, struct peer *old, usec_t now)
{
	set_grace(c, old, usec_add(now, GRACE_PERIOD));
}

static struct peer *alternate(struct core *c, const struct hce *h)
{
	struct peer *p = h->peer && h->peer->alternate ? peer_by_spi(c, h->peer->alternate) : NULL;

	return p && p->hce == h ? p : NULL;
}

/* h uses the keys p, and not those it has, from now on. */
static void use(struct core *c, struct hce *h, struct peer *p, usec_t until)
{
	set_grace(c, h->peer, until);
	set_grace(c, p, 0);
	peer_attach(c, h, p);
}

void peer_return(struct core *c, struct hce *h, struct peer *old, usec_t until)
{
	h->peer->alternate = old->sa.in.spi;
	old->alternate = h->peer->sa.in.spi;
	use(c, h, old, until);
}

bool peer_swap(struct core *c, struct hce *h)
{
	struct peer *other = alternate(c, h);

	if (other)
		use(c, h, other, other->grace_until);
	return other;
}

void peer_settle(struct core *c, struct peer *p, usec_t now)
{
	struct peer *other = alternate(c, p->hce);

	if (!other)
		return;
	if (p == other)
		peer_swap(c, p->hce);
	else if (p != p->hce->peer)
		return;
	other = alternate(c, p->hce);
	p->alternate = other->alternate = 0;
	peer_retire(c, other, now);
}

uint16_t peer_next_bu(struct core *c, struct hce *h)
{
	if ((int16_t)(++h->seq_out - h->seq_limit) > 0) {
		h->seq_limit = h->seq_out + BU_BLOCK;
		action_push(c, ACTION_RESERVE, h)->spi = h->sa->in.spi;
	}
	return h->seq_out;
}

void peer_attach(struct core *c, struct hce *h, struct peer *peer)
{
	if (peer->hce != h)
		DL_APPEND(h->keys, peer);
	h->peer = peer;
	h->sa = &peer->sa;
	h->name = peer->name;
	hce_trust(c, h, 0, peer->sa.class == SA_GENERIC);
	peer->hce = h;
}
