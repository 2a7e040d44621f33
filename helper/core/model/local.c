/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses of this host: Local Host Cache Entries (C2, C3), a personality each. */
#include "local.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "entry.h"

#define BLIP		USEC_PER_SEC		/* a wireless link that sleeps, or roams */
#define BLIPS_SPAN	(60 * USEC_PER_SEC)	/* since the last one: they count together */
#define BLIPS_FREE	3

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

void local_publish(struct core *c, const struct local_addr *l)
{
	struct action *a = action_push(c, ACTION_LOCAL, NULL);

	a->local.addr = l->addr;
	a->local.ifindex = l->ifindex;
	a->local.usable = l->usable;
}

/* NULL: it was not this host's before. */
static const char *local_state_name(const struct local_addr *l)
{
	if (l->usable)
		return "usable";
	return l->remember_until ? "lost" : NULL;
}

void local_set_departing(struct core *c, struct local_addr *l, bool departing)
{
	c->n_departing += departing - l->departing;
	l->departing = departing;
}

void local_set_usable(struct core *c, struct local_addr *l, bool usable, const char *why,
		      usec_t now)
{
	const char *was = local_state_name(l);

	local_set_departing(c, l, false);
	l->usable = usable;
	l->since = now;
	if (!usable)
		l->remember_until = usec_add(now, c->config.maximum_expired_lifetime *
						  USEC_PER_SEC);
	local_publish(c, l);
	event_change(c, usable ? EVENT_LOCAL_UP : EVENT_LOCAL_LOST, NULL, &l->addr, NULL, was,
		     local_state_name(l), why);
}

struct local_addr *local_add(struct core *c, const struct in6_addr *addr, usec_t now)
{
	bool room = HASH_COUNT(c->locals) < CORE_LOCALS_MAX;
	struct local_addr *l = room ? calloc(1, sizeof(*l)) : NULL;

	if (!l) {
		c->counter[COUNT_NO_ROOM]++;
		return NULL;
	}
	l->addr = *addr;
	l->since = now;
	HASH_ADD(hh, c->locals, addr, sizeof(l->addr), l);
	return l;
}

void local_note_blip(struct core *c, struct local_addr *l, usec_t now)
{
	usec_t wait;

	if (now >= usec_add(l->since, BLIP))
		return;
	if (now >= usec_add(l->blip, BLIPS_SPAN))
		l->blips = 0;
	l->blip = now;
	if (++l->blips < BLIPS_FREE)
		return;
	wait = USEC_PER_SEC << (l->blips - BLIPS_FREE < 6 ? l->blips - BLIPS_FREE : 6);
	l->calm_at = usec_add(now, wait);
	host_arm(c, l->calm_at);
}

/* Whether l is a source that nobody chose, if there is another. */
static bool is_second_choice(const struct hce *h, const struct local_addr *l)
{
	return l->spare && !(h && addr_equal(&h->routed, &l->addr));
}

bool local_better(const struct hce *h, const struct in6_addr *dst, const struct local_addr *a,
		  const struct local_addr *b)
{
	bool routed_a = h && addr_equal(&h->routed, &a->addr),
	     routed_b = h && addr_equal(&h->routed, &b->addr);
	bool now_a = h && addr_equal(&h->pair.local, &a->addr),
	     now_b = h && addr_equal(&h->pair.local, &b->addr);
	unsigned prefix_a = addr_common_prefix(dst, &a->addr),
		 prefix_b = addr_common_prefix(dst, &b->addr);

	if (a->departing != b->departing)
		return b->departing;
	if (!a->calm_at != !b->calm_at)
		return !a->calm_at;
	if (a->preference != b->preference)
		return a->preference > b->preference;
	if (is_second_choice(h, a) != is_second_choice(h, b))
		return is_second_choice(h, b);
	if (routed_a != routed_b && !h->policy_routed)
		return routed_a;
	if (now_a != now_b)
		return now_a;
	if (routed_a != routed_b)
		return routed_a;
	if (prefix_a != prefix_b)
		return prefix_a > prefix_b;
	return a->since < b->since;
}

const struct local_addr *local_best(struct core *c, const struct hce *h, unsigned personality,
				    const struct in6_addr *dst)
{
	const struct local_addr *best = NULL;
	struct local_addr *l, *next;

	HASH_ITER(hh, c->locals, l, next)
		if (l->usable && l->personality == personality &&
		    (!h || local_good_for(l, h)) && (!best || local_better(h, dst, l, best)))
			best = l;
	return best;
}

const struct local_addr *core_local_for(struct core *c, unsigned personality,
					const struct in6_addr *dst)
{
	return local_best(c, NULL, personality, dst);
}

/* Whether h's peer has been told of l, or is to be. */
static bool is_announced(const struct local_addr *l, const struct hce *h)
{
	const struct binding *b;

	DL_FOREACH(h->bindings, b)
		if (addr_equal(&b->addr, &l->addr))
			return b->wanted;
	return false;
}

static bool has_connection(const struct hce *h, const struct local_addr *l)
{
	const struct pcb *p;

	DL_FOREACH(h->pcbs, p)
		if (addr_equal(&p->local, &l->addr))
			return true;
	return false;
}

bool local_good_for(const struct local_addr *l, const struct hce *h)
{
	if (!l || !l->usable || l->personality != h->personality)
		return false;
	if (hce_is_passing(h))
		return is_announced(l, h);
	return !l->spare || l->preference || addr_equal(&h->routed, &l->addr) ||
	       addr_equal(&h->pair.local, &l->addr) || is_announced(l, h) ||
	       (l->n_pcb && has_connection(h, l));
}

const char *core_personality_name(const struct core *c, unsigned personality)
{
	return personality && personality <= c->config.n_personality ?
	       c->config.personality[personality - 1] : NULL;
}

static bool is_idle(const struct local_addr *l)
{
	return !l->usable && !l->n_pcb;
}

static void local_forget(struct core *c, struct local_addr *l)
{
	action_push(c, ACTION_LOCAL_GONE, NULL)->local.addr = l->addr;
	HASH_DEL(c->locals, l);
	free(l);
}

void local_make_room(struct core *c)
{
	struct local_addr *l, *next, *oldest = NULL;
	unsigned n = 0;

	HASH_ITER(hh, c->locals, l, next) {
		if (!is_idle(l))
			continue;
		n++;
		if (!oldest || l->remember_until < oldest->remember_until)
			oldest = l;
	}
	if (n > LOST_MAX)
		local_forget(c, oldest);
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
	local_publish(c, l);	/* its route is not needed any more */
	host_arm(c, l->remember_until);
}

void local_drop_if_idle(struct core *c, const struct in6_addr *addr)
{
	struct local_addr *l = local_find(c, addr);

	if (l && is_idle(l))
		local_forget(c, l);
}

int local_restore(struct core *c, const struct in6_addr *addr, unsigned personality,
		  usec_t remember_until, usec_t now)
{
	struct local_addr *l = local_find(c, addr);

	if (l && l->usable)
		return 0;
	if (!l)
		l = local_add(c, addr, now);
	if (!l)
		return -ENOMEM;
	l->personality = personality;
	l->remember_until = remember_until;
	local_publish(c, l);
	host_arm(c, remember_until);
	local_make_room(c);
	return 0;
}

bool local_expire(struct core *c, usec_t now)
{
	struct local_addr *l, *next;
	bool calm = false;

	HASH_ITER(hh, c->locals, l, next) {
		if (l->calm_at && now >= l->calm_at) {
			l->calm_at = 0;
			calm = true;
		} else if (l->calm_at) {
			host_arm(c, l->calm_at);
		}
		if (!is_idle(l))
			continue;
		if (now >= l->remember_until)
			local_forget(c, l);
		else
			host_arm(c, l->remember_until);
	}
	return calm;
}

struct local_addr *core_locals(struct core *c)
{
	return c->locals;
}
