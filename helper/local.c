/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses of this host: Local Host Cache Entries (C2, C3), a personality each. */
#include "core.h"

#include <errno.h>
#include <stdlib.h>

#include "action.h"
#include "addr.h"
#include "addr_conflict.h"
#include "bu_send.h"
#include "bul.h"
#include "entry.h"
#include "foreign.h"
#include "local.h"
#include "pair.h"
#include "udp_bound.h"

struct local_addr *local_find(struct core *c, const struct in6_addr *addr)
{
	struct local_addr *l;

	HASH_FIND(hh, c->locals, addr, sizeof(*addr), l);
	return l;
}

struct local_addr *core_local(struct core *c, const struct in6_addr *addr)
{
	return local_find(c, addr);
}

void local_act(struct core *c, const struct local_addr *l)
{
	struct action *a = core_act(c, ACTION_LOCAL, NULL);

	a->local.addr = l->addr;
	a->local.ifindex = l->ifindex;
	a->local.usable = l->usable;
}

struct local_addr *local_add(struct core *c, const struct in6_addr *addr, usec_t now)
{
	struct local_addr *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->addr = *addr;
	l->since = now;
	HASH_ADD(hh, c->locals, addr, sizeof(l->addr), l);
	return l;
}

bool local_good_for(const struct local_addr *l, const struct hce *h)
{
	return l && l->usable && l->personality == h->personality;
}

void core_local_personality(struct core *c, const struct in6_addr *addr, unsigned personality, usec_t now)
{
	struct local_addr *l = local_find(c, addr);

	if (!addr_usable(addr) || (l && l->personality == personality))
		return;
	core_local_down(c, addr, now);
	l = local_find(c, addr);
	if (!l)
		l = local_add(c, addr, now);
	if (l)
		l->personality = personality;
}

const char *core_personality_name(const struct core *c, unsigned personality)
{
	return personality && personality <= c->config.n_personality ? c->config.personality[personality - 1] : NULL;
}

void core_local_up(struct core *c, const struct in6_addr *addr, unsigned ifindex, usec_t valid_until, usec_t now)
{
	struct foreign_addr *taken = foreign_find(c, addr);
	struct local_addr *l = local_find(c, addr);
	struct hce *h, *next;

	if (!addr_usable(addr))
		return;
	if (taken)
		contest_lose(c, taken, "it is this host's now", now);
	if (!l)
		l = local_add(c, addr, now);
	if (!l)
		return;
	l->valid_until = valid_until;
	if (l->usable && l->ifindex == ifindex)
		return;
	bound_return(c, addr);
	l = local_find(c, addr);
	if (!l)
		l = local_add(c, addr, now);	/* only they had kept it */
	if (!l)
		return;
	l->valid_until = valid_until;
	l->usable = true;
	l->ifindex = ifindex;
	l->since = now;
	local_act(c, l);
	core_tell(c, EVENT_LOCAL_UP, NULL, addr, NULL, 0, NULL);

	HASH_ITER(hh, c->entries, h, next) {
		if (!local_good_for(l, h))
			continue;
		if (addr_equal(&h->pair.local, addr))
			h->source_lost = 0;
		binding_want(c, h, addr, true, now);
		pair_update(c, h, now);
		/* Back where it was before anybody missed it: the peer must learn that it may go on. */
		if (hce_homeless(h) && addr_equal(&h->pair.local, addr)) {
			pair_doubt(c, h, false);
			binding_renew(c, h, now);
			core_act(c, ACTION_KICK, h);
		}
		binding_retry(h, now);
		binding_sync(c, h, now);
	}
}

static bool is_idle(const struct local_addr *l)
{
	return !l->usable && !l->n_pcb;
}

static void local_forget(struct core *c, struct local_addr *l)
{
	core_act(c, ACTION_LOCAL_GONE, NULL)->local.addr = l->addr;
	HASH_DEL(c->locals, l);
	free(l);
}

/* Of more than LOST_MAX lost addresses that nothing uses, the oldest is forgotten. */
static void local_make_room(struct core *c)
{
	struct local_addr *l, *next, *oldest = NULL;
	unsigned n = 0;

	HASH_ITER(hh, c->locals, l, next) {
		if (!is_idle(l))
			continue;
		n++;
		if (!oldest || l->forget < oldest->forget)
			oldest = l;
	}
	if (n > LOST_MAX)
		local_forget(c, oldest);
}

void core_local_down(struct core *c, const struct in6_addr *addr, usec_t now)
{
	struct local_addr *l = local_find(c, addr);
	struct hce *h, *next;

	if (!l || !l->usable)
		return;
	l->usable = false;
	l->since = now;
	local_act(c, l);
	core_tell(c, EVENT_LOCAL_LOST, NULL, addr, NULL, 0, NULL);

	HASH_ITER(hh, c->entries, h, next) {
		if (addr_equal(&h->pair.local, addr))
			h->source_lost = now;
		binding_want(c, h, addr, false, now);
		pair_unpin(c, h, addr);
		pair_update(c, h, now);
		if (addr_equal(&h->pair.local, addr))
			pair_doubt(c, h, true);
		binding_sync(c, h, now);
	}
	l->forget = usec_add(now, c->config.maximum_expired_lifetime * USEC_PER_SEC);
	core_wake(c, l->forget);
	local_make_room(c);
}

bool local_ours(struct core *c, const struct in6_addr *addr)
{
	const struct local_addr *l = local_find(c, addr);

	return l && (l->usable || l->n_pcb);
}

void local_release(struct core *c, struct local_addr *l)
{
	if (!l || --l->n_pcb || l->usable)
		return;
	local_act(c, l);	/* its route is not needed any more */
	core_wake(c, l->forget);
}

void local_yield(struct core *c, const struct in6_addr *addr)
{
	struct local_addr *l = local_find(c, addr);

	if (l && is_idle(l))
		local_forget(c, l);
}

int local_restore(struct core *c, const struct in6_addr *addr, unsigned personality, usec_t forget, usec_t now)
{
	struct local_addr *l = local_find(c, addr);

	if (l && l->usable)
		return 0;
	if (!l)
		l = local_add(c, addr, now);
	if (!l)
		return -ENOMEM;
	l->personality = personality;
	l->forget = forget;
	local_act(c, l);
	core_wake(c, forget);
	local_make_room(c);
	return 0;
}

void local_expire(struct core *c, usec_t now)
{
	struct local_addr *l, *next;

	HASH_ITER(hh, c->locals, l, next) {
		if (!is_idle(l))
			continue;
		if (now >= l->forget)
			local_forget(c, l);
		else
			core_wake(c, l->forget);
	}
}

int core_prefer(struct core *c, const struct in6_addr *addr, unsigned ifindex, usec_t now)
{
	struct local_addr *l, *next_l;
	struct hce *h, *next_h;
	bool found = false;

	c->preferences++;
	HASH_ITER(hh, c->locals, l, next_l) {
		if (!l->usable || (addr ? !addr_equal(&l->addr, addr) : l->ifindex != ifindex))
			continue;
		l->preference = c->preferences;
		found = true;
	}
	if (!found)
		return -EADDRNOTAVAIL;
	HASH_ITER(hh, c->entries, h, next_h) {
		explore_forget(h);
		pair_update(c, h, now);
		binding_sync(c, h, now);
	}
	return 0;
}
