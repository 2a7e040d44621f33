/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Binding Update List (draft-13 4.6), an item per local address: what the peer holds, and what
 * it shall hold.
 */
#include "bul.h"

#include <stdlib.h>
#include <utlist.h>

#include "addr.h"
#include "local.h"

#define BINDINGS_MAX	(2 * BU_ADDRS_MAX)

struct binding *binding_find(struct hce *h, const struct in6_addr *addr)
{
	struct binding *b;

	DL_FOREACH(h->bindings, b)
		if (addr_equal(&b->addr, addr))
			return b;
	return NULL;
}

void binding_remove(struct hce *h, struct binding *b)
{
	DL_DELETE(h->bindings, b);
	free(b);
}

void binding_free_all(struct hce *h)
{
	struct binding *b, *next;

	DL_FOREACH_SAFE(h->bindings, b, next)
		binding_remove(h, b);
}

void binding_set_news(struct binding *b)
{
	b->news = true;
	b->sent = b->told = b->waiting = false;
}

/*
 * A peer that cannot be reached shall not make the list of what it is to delete grow for ever: it
 * forgets by itself.
 */
static void binding_limit(struct hce *h)
{
	struct binding *b, *oldest = NULL;
	unsigned n = 0;

	DL_FOREACH(h->bindings, b) {
		n++;
		if (!b->wanted && !oldest)
			oldest = b;
	}
	if (n >= BINDINGS_MAX && oldest)
		binding_remove(h, oldest);
}

void binding_want(struct core *c, struct hce *h, const struct in6_addr *addr, bool wanted,
		  usec_t now)
{
	struct binding *b = binding_find(h, addr);

	if (!b && wanted) {
		binding_limit(h);
		b = calloc(1, sizeof(*b));
		if (!b) {
			c->counter[COUNT_NO_ROOM]++;
			return;
		}
		b->addr = *addr;
		b->wanted = true;
		b->refresh = USEC_NEVER;
		DL_APPEND(h->bindings, b);
		binding_set_news(b);
		return;
	}
	if (!b || b->wanted == wanted)
		return;
	b->wanted = wanted;
	if (!wanted && b->state == BINDING_NONE) {
		binding_remove(h, b);
	} else if (!wanted) {
		binding_set_news(b);
	} else if (!b->told && b->state >= BINDING_KNOWN) {
		/* gone and back before it could be told: the peer holds it still */
		b->news = false;
	} else {
		if (b->state > BINDING_SENT)
			/* deleted, or about to be: it will be Tentative there */
			b->state = BINDING_SENT;
		binding_set_news(b);
	}
}

void binding_want_all(struct core *c, struct hce *h, usec_t now)
{
	struct local_addr *l, *next;

	HASH_ITER(hh, c->locals, l, next)
		if (local_good_for(l, h))
			binding_want(c, h, &l->addr, true, now);
}

/* At most what is configured. */
uint32_t binding_lifetime(struct core *c, const struct in6_addr *addr, usec_t now)
{
	const struct local_addr *l = local_find(c, addr);
	usec_t left = l ? usec_until(l->valid_until, now) / USEC_PER_SEC : 0;

	return left < c->config.binding_lifetime ? left : c->config.binding_lifetime;
}

void binding_told(struct binding *b, uint32_t lifetime, usec_t now)
{
	if (lifetime)
		b->expires = usec_add(now, lifetime * USEC_PER_SEC);
}

void binding_sent(struct binding *b, uint16_t seq)
{
	if (b->state == BINDING_NONE)
		b->state = BINDING_SENT;
	if (!b->sent)
		b->seq = seq;
	b->sent = b->told = true;
	b->waiting = false;
}

const struct binding *binding_registered(struct hce *h, const struct in6_addr *src)
{
	const struct binding *b, *best = NULL;

	DL_FOREACH(h->bindings, b)
		if (!addr_equal(&b->addr, src) && b->state >= BINDING_KNOWN &&
		    (!best || b->state > best->state))
			best = b;
	return best;
}

bool binding_has_news(const struct hce *h)
{
	const struct binding *b;

	DL_FOREACH(h->bindings, b)
		if (b->news)
			return true;
	return false;
}

void binding_renew(struct core *c, struct hce *h, usec_t now)
{
	struct binding *b;

	DL_FOREACH(h->bindings, b)
		if (b->wanted)
			binding_set_news(b);
}

void binding_forget(struct core *c, struct hce *h, usec_t now)
{
	struct binding *b, *next;

	h->homeless_acked = false;
	DL_FOREACH_SAFE(h->bindings, b, next) {
		if (!b->wanted) {
			binding_remove(h, b);
			continue;
		}
		b->state = BINDING_NONE;
		binding_set_news(b);
	}
}
