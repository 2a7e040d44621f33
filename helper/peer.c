/* SPDX-License-Identifier: BSD-2-Clause */
/* Who shares keys with us, by configuration or by AAP, and who is known to take no part. */
#include "core.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "aap_try.h"
#include "action.h"
#include "addr.h"
#include "bu_send.h"
#include "bul.h"
#include "entry.h"
#include "foreign.h"
#include "lifecycle.h"
#include "nonpeer.h"
#include "peer.h"

void peer_free(struct core *c, struct peer *p)
{
	HASH_DEL(c->peers, p);
	sa_wipe(&p->sa);
	free(p->name);
	free(p);
}

static struct peer *peer_by_name(struct core *c, const char *name)
{
	struct peer *p, *next;

	HASH_ITER(hh, c->peers, p, next)
		if (p->name && !strcmp(p->name, name))
			return p;
	return NULL;
}

static bool peer_collides(struct core *c, const struct core_peer *p)
{
	struct peer *o, *next;

	HASH_ITER(hh, c->peers, o, next) {
		if (o->name && !strcmp(o->name, p->name))
			continue;
		if (o->sa.in.spi == p->in.spi)
			return true;
		for (unsigned i = 0; i < o->n_addr; i++)
			for (unsigned k = 0; k < p->n_addr; k++)
				if (addr_equal(&o->addr[i], &p->addr[k]))
					return true;
	}
	return false;
}

static bool half_equal(const struct sa_half *a, const struct sa_half *b)
{
	return a->spi == b->spi && a->key.alg == b->key.alg && a->key.len == b->key.len &&
	       !memcmp(a->key.key, b->key.key, a->key.len);
}

/* New keys begin with fresh numbers; the same keys go on with the old ones. */
static void peer_rekey(struct core *c, struct peer *p, const struct core_peer *from)
{
	if (!half_equal(&p->sa.in, &from->in))
		memset(&p->sa.replay, 0, sizeof(p->sa.replay));
	if (!half_equal(&p->sa.out, &from->out))
		p->sa.out_seq = c->epoch;
	sa_wipe(&p->sa);
	p->sa.in = from->in;
	p->sa.out = from->out;
	p->n_addr = from->n_addr;
	memcpy(p->addr, from->addr, sizeof(p->addr));
}

int core_peer_add(struct core *c, const struct core_peer *from, usec_t now)
{
	if (peer_collides(c, from))
		return -EEXIST;

	struct peer *p = peer_by_name(c, from->name);

	if (p) {
		core_act(c, ACTION_SPI_GONE, NULL)->spi = p->sa.in.spi;
		HASH_DEL(c->peers, p);
	} else {
		p = calloc(1, sizeof(*p));
		if (!p || !(p->name = strdup(from->name))) {
			free(p);
			return -ENOMEM;
		}
		p->sa.class = SA_GENERIC;
		p->seq_out = c->epoch;
	}
	peer_rekey(c, p, from);
	HASH_ADD(hh, c->peers, sa.in.spi, sizeof(p->sa.in.spi), p);
	core_act(c, ACTION_SPI, NULL)->spi = p->sa.in.spi;

	/* An entry that was made before its keys were known gets them now. */
	for (unsigned i = 0; i < p->n_addr && !p->hce; i++) {
		struct foreign_addr *fa = foreign_find(c, &p->addr[i]);

		if (fa && fa->state == ADDR_ACTIVE && !fa->hce->sa) {
			aap_forget(fa->hce);
			hce_give(fa->hce, p);
			binding_want_all(c, p->hce, now);
			binding_sync(c, p->hce, now);
		}
	}
	return 0;
}

int core_peer_remove(struct core *c, const char *name, usec_t now)
{
	struct peer *p = peer_by_name(c, name);

	if (!p)
		return -ENOENT;
	core_act(c, ACTION_SPI_GONE, NULL)->spi = p->sa.in.spi;
	if (p->hce)
		hce_destroy(c, p->hce, now);
	peer_free(c, p);
	return 0;
}

struct peer *peer_by_spi(struct core *c, uint32_t spi)
{
	struct peer *p;

	HASH_FIND(hh, c->peers, &spi, sizeof(spi), p);
	return p;
}

struct peer *peer_make_anonymous(struct core *c, struct hce *h, const struct sa_half *in, const struct sa_half *out,
				 usec_t now)
{
	struct peer *p = peer_by_spi(c, in->spi) ? NULL : calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->sa.class = SA_ANONYMOUS;
	p->sa.in = *in;
	p->sa.out = *out;
	p->made = now;
	HASH_ADD(hh, c->peers, sa.in.spi, sizeof(p->sa.in.spi), p);
	core_act(c, ACTION_SPI, h)->spi = in->spi;
	if (h)
		hce_give(h, p);
	return p;
}

void peer_prune(struct core *c)
{
	struct peer *p, *next;

	HASH_ITER(hh, c->peers, p, next) {
		if (p->sa.class != SA_ANONYMOUS || p->hce)
			continue;
		core_act(c, ACTION_SPI_GONE, NULL)->spi = p->sa.in.spi;
		peer_free(c, p);
	}
}

static void peer_end(struct core *c, struct peer *p, usec_t now)
{
	struct ended *e = &c->ended[c->n_ended % ENDED_MAX];

	/* The state its Confirm bore has run out since. */
	if (now < usec_add(p->made, AAP_STATE_LIFETIME * USEC_PER_SEC)) {
		if (now < e->until)
			OPENSSL_cleanse(c->seal, sizeof(c->seal));
		*e = (struct ended){ p->sa.in.spi, usec_add(now, AAP_STATE_LIFETIME * USEC_PER_SEC) };
		c->n_ended++;
	}
	core_act(c, ACTION_SPI_GONE, p->hce)->spi = p->sa.in.spi;
	peer_free(c, p);
}

bool peer_ended(const struct core *c, uint32_t spi, usec_t now)
{
	for (unsigned i = 0; i < ENDED_MAX; i++)
		if (c->ended[i].spi == spi && now < c->ended[i].until)
			return true;
	return false;
}

void peer_detach(struct core *c, struct hce *h, usec_t now)
{
	struct peer *p, *next;

	if (!h->peer)
		return;
	if (h->peer->sa.class == SA_GENERIC) {
		h->peer->hce = NULL;
		h->peer->seq_out = h->seq_out;
	}
	HASH_ITER(hh, c->peers, p, next)	/* the one it replaced, too */
		if (p->hce == h && p->sa.class == SA_ANONYMOUS)
			peer_end(c, p, now);
	h->peer = NULL;
	h->sa = NULL;
}

void peer_expire(struct core *c, usec_t now)
{
	struct peer *p, *next;

	HASH_ITER(hh, c->peers, p, next) {
		if (!p->retire)
			continue;
		if (now >= p->retire)
			peer_end(c, p, now);
		else
			core_wake(c, p->retire);
	}
}

/* Hosts that do not take part */

bool core_probes(const struct core *c, const struct in6_addr *addr)
{
	const struct core_prefix *best = NULL;

	for (unsigned i = 0; i < c->config.n_probe; i++) {
		const struct core_prefix *p = &c->config.probe[i];

		if (addr_common_prefix(&p->addr, addr) >= p->len && (!best || p->len > best->len))
			best = p;
	}
	return !best || best->probe;
}

static void plain_remove(struct core *c, struct plain *q)
{
	core_act(c, ACTION_PLAIN, NULL);
	HASH_DEL(c->plain, q);
	free(q);
}

void plain_note(struct core *c, const struct in6_addr *addr, usec_t now)
{
	struct plain *q;

	HASH_FIND(hh, c->plain, addr, sizeof(*addr), q);
	if (q)
		plain_remove(c, q);
	if (HASH_COUNT(c->plain) >= c->config.max_entries)
		plain_remove(c, c->plain);	/* the oldest */
	q = calloc(1, sizeof(*q));
	if (!q)
		return;
	q->addr = *addr;
	q->until = usec_add(now, c->config.plain_lifetime * USEC_PER_SEC);
	HASH_ADD(hh, c->plain, addr, sizeof(q->addr), q);
	core_act(c, ACTION_PLAIN, NULL);
	core_wake(c, q->until);
}

void plain_expire(struct core *c, usec_t now)
{
	struct plain *q, *next;

	HASH_ITER(hh, c->plain, q, next) {
		if (now >= q->until)
			plain_remove(c, q);
		else
			core_wake(c, q->until);
	}
}

unsigned core_plain(struct core *c, struct in6_addr *ret, unsigned max)
{
	const struct foreign_addr *fa;
	struct plain *q, *next;
	unsigned n = 0;

	HASH_ITER(hh, c->plain, q, next) {
		fa = foreign_find(c, &q->addr);
		if (n < max && !(fa && hce_homeless(fa->hce)))	/* it may have changed its mind */
			ret[n++] = q->addr;
	}
	return n;
}

bool plain_find(struct core *c, const struct in6_addr *addr, usec_t now)
{
	struct plain *q;

	HASH_FIND(hh, c->plain, addr, sizeof(*addr), q);
	if (q && now >= q->until) {
		plain_remove(c, q);
		q = NULL;
	}
	return q != NULL;
}
