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
/* Addresses that a peer is told of: it may have room for no more than 64, lost ones included. */
#define WANTED_MAX	32

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

static unsigned count_wanted(const struct hce *h)
{
	const struct binding *b;
	unsigned n = 0;

	DL_FOREACH(h->bindings, b)
		n += b->wanted;
	return n;
}

/* How many of the addresses that h's peer is told of are on that interface. */
static unsigned count_on(struct core *c, const struct hce *h, unsigned ifindex)
{
	const struct local_addr *l;
	const struct binding *b;
	unsigned n = 0;

	DL_FOREACH(h->bindings, b) {
		l = b->wanted ? local_find(c, &b->addr) : NULL;
		n += l && l->ifindex == ifindex;
	}
	return n;
}

/* Whether an address is more to h's peer than one of many. */
static bool is_needed(const struct hce *h, const struct local_addr *l)
{
	return l && (l->n_pcb || l->preference || addr_equal(&l->addr, &h->routed) ||
		     addr_equal(&l->addr, &h->pair.local));
}

/*
 * The newest address on the interface that has most, more than least: the peer can do best without
 * that. NULL if there is none.
 */
static struct binding *least_useful(struct core *c, struct hce *h, unsigned least)
{
	struct binding *b, *worst = NULL;

	DL_FOREACH(h->bindings, b) {
		const struct local_addr *l = b->wanted ? local_find(c, &b->addr) : NULL;
		unsigned n = l && !is_needed(h, l) ? count_on(c, h, l->ifindex) : 0;

		if (n > least || (worst && n == least)) {
			worst = b;
			least = n;
		}
	}
	return worst;
}

/*
 * Whether h's peer is to be told of addr, too. If it is told of as many as it may be, the address
 * takes the place of another, on an interface that has more.
 */
static bool has_place(struct core *c, struct hce *h, const struct in6_addr *addr)
{
	const struct local_addr *l = local_find(c, addr);
	struct binding *worst;
	unsigned n;

	if (count_wanted(h) < WANTED_MAX)
		return true;
	n = l && !is_needed(h, l) ? count_on(c, h, l->ifindex) + 1 : 0;
	worst = 2 * n <= WANTED_MAX ? least_useful(c, h, n) : NULL;
	if (worst)
		bul_want(c, h, &worst->addr, false);
	return worst != NULL;
}

void bul_want(struct core *c, struct hce *h, const struct in6_addr *addr, bool wanted)
{
	struct binding *b = bul_find(h, addr);

	if (wanted && !(b && b->wanted) && !has_place(c, h, addr))
		return;
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

	for (int needed = 1; needed >= 0; needed--)
		HASH_ITER(hh, c->locals, l, next)
			if (is_needed(h, l) == needed && local_good_for(l, h))
				bul_want(c, h, &l->addr, true);
}

void bul_fill(struct core *c, struct hce *h)
{
	if (h->may_announce && HASH_COUNT(c->locals) > WANTED_MAX && count_wanted(h) < WANTED_MAX)
		bul_want_all(c, h);
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

void bul_rejected(struct hce *h)
{
	struct binding *b, *next, *last = h->bindings ? h->bindings->prev : NULL;

	DL_FOREACH_SAFE(h->bindings, b, next) {
		if (b->pending && b->sent && !b->deferred) {
			DL_DELETE(h->bindings, b);
			DL_APPEND(h->bindings, b);
		}
		if (b == last)
			break;
	}
}
