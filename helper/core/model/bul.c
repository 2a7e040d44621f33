/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Binding Update List (draft-13 4.6), an item per local address: what the peer has of it, and
 * what must be announced or withdrawn.
 */
#include "bul.h"

#include <stdlib.h>
#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "local.h"

#define BINDINGS_MAX	(2 * BU_ADDRS_MAX)

struct binding *bul_find(struct hce *h, const struct in6_addr *addr)
{
	struct binding *b;

	DL_FOREACH(h->bindings, b)
		if (addr_equal(&b->addr, addr))
			return b;
	return NULL;
}

void bul_set_state(struct core *c, const struct hce *h, struct binding *b,
		   enum binding_state state, const char *why)
{
	const char *was = binding_state_name(b->state);

	if (b->state == state)
		return;
	b->state = state;
	event_change(c, EVENT_BINDING_STATE, h, &b->addr, NULL, was, binding_state_name(state),
		     why);
}

void bul_remove(struct hce *h, struct binding *b)
{
	DL_DELETE(h->bindings, b);
	free(b);
}

void bul_free(struct hce *h)
{
	struct binding *b, *next;

	DL_FOREACH_SAFE(h->bindings, b, next)
		bul_remove(h, b);
}

void bul_set_pending(struct binding *b)
{
	b->pending = true;
	b->sent = b->announced = b->deferred = false;
}

/* Bounds the withdrawals that an unreachable peer has not acknowledged: they expire there. */
static void bul_limit(struct hce *h)
{
	struct binding *b, *oldest = NULL;
	unsigned n = 0;

	DL_FOREACH(h->bindings, b) {
		n++;
		if (!b->wanted && !oldest)
			oldest = b;
	}
	if (n >= BINDINGS_MAX && oldest)
		bul_remove(h, oldest);
}

void bul_want(struct core *c, struct hce *h, const struct in6_addr *addr, bool wanted)
{
	struct binding *b = bul_find(h, addr);

	if (!b && wanted) {
		bul_limit(h);
		b = calloc(1, sizeof(*b));
		if (!b) {
			c->counter[COUNT_NO_ROOM]++;
			return;
		}
		b->addr = *addr;
		b->wanted = true;
		b->refresh = USEC_NEVER;
		DL_APPEND(h->bindings, b);
		bul_set_pending(b);
		return;
	}
	if (!b || b->wanted == wanted)
		return;
	b->wanted = wanted;
	if (!wanted && b->state == BINDING_NONE) {
		bul_remove(h, b);
	} else if (!wanted) {
		bul_set_pending(b);
	} else if (!b->announced && b->state >= BINDING_KNOWN) {
		b->pending = false;	/* lost and back before a withdrawal was sent */
	} else {
		if (b->state > BINDING_SENT)	/* it will be Tentative there */
			bul_set_state(c, h, b, BINDING_SENT, "was withdrawn");
		bul_set_pending(b);
	}
}

void bul_want_all(struct core *c, struct hce *h)
{
	struct local_addr *l, *next;

	HASH_ITER(hh, c->locals, l, next)
		if (local_good_for(l, h))
			bul_want(c, h, &l->addr, true);
}

/* The remaining valid lifetime, or the configured one if that is shorter. */
uint32_t bul_lifetime(struct core *c, const struct in6_addr *addr, usec_t now)
{
	const struct local_addr *l = local_find(c, addr);
	usec_t left = l ? usec_until(l->valid_until, now) / USEC_PER_SEC : 0;

	return left < c->config.binding_lifetime ? left : c->config.binding_lifetime;
}

void bul_announced(struct binding *b, uint32_t lifetime, usec_t now)
{
	if (lifetime)
		b->expires = usec_add(now, lifetime * USEC_PER_SEC);
}

void bul_mark_sent(struct core *c, const struct hce *h, struct binding *b, uint16_t seq)
{
	if (b->state == BINDING_NONE)
		bul_set_state(c, h, b, BINDING_SENT, "announced");
	if (!b->sent)
		b->seq = seq;
	b->sent = b->announced = true;
	b->deferred = false;
}

const struct binding *bul_registered(struct hce *h, const struct in6_addr *src)
{
	const struct binding *b, *best = NULL;

	DL_FOREACH(h->bindings, b)
		if (!addr_equal(&b->addr, src) && b->state >= BINDING_KNOWN &&
		    (!best || b->state > best->state))
			best = b;
	return best;
}

bool bul_has_pending(const struct hce *h)
{
	const struct binding *b;

	DL_FOREACH(h->bindings, b)
		if (b->pending)
			return true;
	return false;
}

void bul_reannounce(struct hce *h)
{
	struct binding *b;

	DL_FOREACH(h->bindings, b)
		if (b->wanted)
			bul_set_pending(b);
}

void bul_invalidate(struct core *c, struct hce *h)
{
	struct binding *b, *next;

	h->homeless_acked = h->support_sent = false;
	DL_FOREACH_SAFE(h->bindings, b, next) {
		if (!b->wanted) {
			bul_remove(h, b);
			continue;
		}
		bul_set_state(c, h, b, BINDING_NONE, "the peer lost its state");
		bul_set_pending(b);
	}
}

void bul_restart(struct core *c, struct hce *h)
{
	h->seq_in_valid = false;
	h->has_our_ba = false;
	bul_invalidate(c, h);
}
