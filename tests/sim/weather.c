/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What befalls hosts: moves announced and fresh, flaps, outages, both ends at once, helpers that
 * end and begin.
 */
#include "sim.h"

#include "addr.h"
#include "array.h"

static void later_up(struct sim *s, struct host *h, usec_t wait, unsigned slot,
		     const struct in6_addr *addr)
{
	struct sim_event e = { .on = ON_ADDRESS, .host = h->id,
			       .address = { .addr = *addr, .slot = slot, .up = true } };

	sim_later(s, wait, &e);
}

static void later_down(struct sim *s, struct host *h, usec_t wait, unsigned slot)
{
	struct sim_event e = { .on = ON_ADDRESS, .host = h->id, .address = { .slot = slot } };

	sim_later(s, wait, &e);
}

/*
 * Whether connections of another host of the group bear it: its kernel keeps all that is sent there
 * to itself, so these two would not hear each other (hmip(7) tells).
 */
static bool borne(struct sim *s, const struct host *h, const struct in6_addr *addr)
{
	unsigned group = h->id - h->id % s->config.group;

	for (unsigned i = group; i < group + s->config.group; i++)
		for (const struct sock *k = s->host[i].socks; k; k = k->hh.next)
			if (i != h->id && addr_equal(&k->flow.local, addr))
				return true;
	return false;
}

/* What a slot gets next: a fresh address mostly, or one it had, or one another host gave back. */
static struct in6_addr choose_addr(struct sim *s, struct host *h)
{
	double d = rng_unit(&s->rng);

	if (d < 0.3)
		return h->history[rng_below(&s->rng, HISTORY)];
	if (d < 0.5)
		return h->slot[rng_below(&s->rng, s->config.slots)].home;
	if (d < 0.6 && s->config.reuse) {
		struct host *other = &s->host[rng_below(&s->rng, s->n_host)];
		struct in6_addr a = other->history[rng_below(&s->rng, HISTORY)];

		for (unsigned i = 0; i < s->config.slots; i++)
			if (addr_equal(&a, &other->slot[i].home))
				/* Configurations name these, so they stay. */
				return place_fresh(s, h->id);
		return a;
	}
	return place_fresh(s, h->id);
}

static struct in6_addr next_addr(struct sim *s, struct host *h)
{
	struct in6_addr a = choose_addr(s, h);

	return s->config.reuse && borne(s, h, &a) ? place_fresh(s, h->id) : a;
}

static unsigned pick_slot(struct sim *s, struct host *h, bool up)
{
	unsigned from = rng_below(&s->rng, s->config.slots);

	for (unsigned i = 0; i < s->config.slots; i++)
		if (h->slot[(from + i) % s->config.slots].up == up)
			return (from + i) % s->config.slots;
	return s->config.slots;
}

static void gain(struct sim *s, struct host *h)
{
	unsigned i = pick_slot(s, h, false);
	struct in6_addr a = next_addr(s, h);

	if (i == s->config.slots)
		return;
	if (!h->slot[i].up)
		simlink_choose(&h->slot[i].link, &s->rng, s->config.loss);
	node_up(s, h, i, &a);
}

static void lose(struct sim *s, struct host *h)
{
	unsigned i = pick_slot(s, h, true);

	if (i < s->config.slots)
		node_down(s, h, i);
}

/* Break before make, on one interface. */
static void hand_over(struct sim *s, struct host *h)
{
	unsigned i = pick_slot(s, h, true);
	struct in6_addr a = next_addr(s, h);

	if (i == s->config.slots)
		return;
	node_down(s, h, i);
	simlink_choose(&h->slot[i].link, &s->rng, s->config.loss);
	later_up(s, h, rng_wait(&s->rng, USEC_PER_SEC), i, &a);
}

static void flap(struct sim *s, struct host *h)
{
	unsigned i = pick_slot(s, h, true), n = 1 + rng_below(&s->rng, 10);
	usec_t t = 0;

	for (; i < s->config.slots && n; n--) {
		later_down(s, h, t += rng_wait(&s->rng, 300 * USEC_PER_MSEC), i);
		later_up(s, h, t += rng_wait(&s->rng, 300 * USEC_PER_MSEC), i, &h->slot[i].addr);
	}
}

static void outage(struct sim *s, struct host *h)
{
	usec_t d = rng_wait(&s->rng, s->config.outages && rng_chance(&s->rng, 0.2) ?
				     3600 * USEC_PER_SEC : 20 * USEC_PER_SEC);
	struct in6_addr a;

	for (unsigned i = 0; i < s->config.slots; i++) {
		if (!h->slot[i].up)
			continue;
		a = rng_chance(&s->rng, 0.5) ? h->slot[i].addr : next_addr(s, h);
		node_down(s, h, i);
		later_up(s, h, d, i, &a);
	}
}

/* Nobody is told of this one. */
static void silence(struct sim *s, struct host *h)
{
	usec_t until = s->now + rng_wait(&s->rng, 10 * USEC_PER_SEC);

	for (unsigned i = 0; i < s->config.slots; i++)
		if (rng_chance(&s->rng, 0.7))
			h->slot[i].link.dead_until = until;
}

static void prefer(struct sim *s, struct host *h)
{
	unsigned i = pick_slot(s, h, true);

	if (i == s->config.slots || !h->core)
		return;
	core_prefer(h->core, &h->slot[i].addr, 0, s->now);
	node_settle(s, h);
}

/* Somebody says that an address will be lost; mostly that is so. */
static void depart(struct sim *s, struct host *h)
{
	unsigned i = pick_slot(s, h, true);

	if (i == s->config.slots || !h->core)
		return;
	core_depart(h->core, &h->slot[i].addr, 0, rng_chance(&s->rng, 0.8), s->now);
	node_settle(s, h);
	if (rng_chance(&s->rng, 0.7))
		later_down(s, h, rng_wait(&s->rng, USEC_PER_SEC), i);
}

static void restart(struct sim *s, struct host *h)
{
	struct sim_event e = { .on = ON_START, .host = h->id };

	if (!s->config.restarts || !h->core)
		return;
	node_stop(s, h);
	if (s->config.amnesia && rng_chance(&s->rng, 0.2)) {
		h->forgot = true;
		socket_doom(s, h);
		node_start(s, h, false);
		return;
	}
	sim_later(s, rng_wait(&s->rng, rng_chance(&s->rng, 0.1) ? 900 * USEC_PER_SEC :
							      2 * USEC_PER_SEC), &e);
}

static void befall(struct sim *s, struct host *h)
{
	static void (*const what[])(struct sim *s, struct host *h) = {
		gain, gain, gain, lose, lose, hand_over, hand_over, hand_over, flap, outage,
		silence, prefer, restart, depart,
	};

	s->moves++;
	what[rng_below(&s->rng, ARRAY_LEN(what))](s, h);
}

void weather_strike(struct sim *s, struct host *h)
{
	struct sim_event e = { .on = ON_WEATHER, .host = h->id };

	if (s->calm || sim_is_plain(s, h->id))
		return;
	if (sim_is_mallory(s, h->id)) {
		mallory_strike(s, h);
		sim_later(s, rng_wait(&s->rng, s->config.move), &e);
		return;
	}
	befall(s, h);
	if (rng_chance(&s->rng, 0.2)) {
		unsigned other = h->id - h->id % s->config.group +
				 rng_below(&s->rng, s->config.group);

		if (sim_related(s, h->id, other) && !sim_is_plain(s, other))
			befall(s, &s->host[other]);
	}
	sim_later(s, rng_wait(&s->rng, s->config.move), &e);
}

void weather_begin(struct sim *s)
{
	for (unsigned i = 0; i < s->n_host; i++) {
		struct sim_event e = { .on = ON_WEATHER, .host = i };

		for (unsigned k = 0; k < s->config.slots; k++)
			simlink_choose(&s->host[i].slot[k].link, &s->rng, s->config.loss);
		sim_later(s, rng_wait(&s->rng, s->config.move), &e);
	}
	for (unsigned i = 0; i < s->n_attacker; i++) {
		struct sim_event e = { .on = ON_ATTACK, .host = i };

		sim_later(s, rng_wait(&s->rng, USEC_PER_SEC), &e);
	}
}

void weather_calm(struct sim *s)
{
	for (unsigned i = 0; i < s->n_host; i++) {
		struct host *h = &s->host[i];

		for (unsigned k = 0; k < s->config.slots; k++)
			simlink_choose(&h->slot[k].link, &s->rng, s->config.loss / 10);
		if (sim_is_plain(s, i) || sim_is_mallory(s, i))
			continue;
		node_start(s, h, true);
		for (unsigned n = 1 + rng_below(&s->rng, 2); n; n--)
			if (pick_slot(s, h, true) == s->config.slots || rng_chance(&s->rng, 0.3))
				gain(s, h);
		while (pick_slot(s, h, true) == s->config.slots)
			gain(s, h);
	}
}

/* Who took the address over meanwhile gets another one. */
static void give_back(struct sim *s, const struct in6_addr *a, unsigned to)
{
	unsigned has = place_find(s, a)->host;

	for (unsigned i = 0; has < s->n_host && has != to && i < s->config.slots; i++) {
		struct slot *l = &s->host[has].slot[i];

		if (!l->up || !addr_equal(&l->addr, a))
			continue;
		struct in6_addr other = place_fresh(s, has);

		node_down(s, &s->host[has], i);
		node_up(s, &s->host[has], i, &other);
	}
}

void weather_restore(struct sim *s, struct conn *c)
{
	for (unsigned i = 0; i < 2; i++) {
		struct host *h = &s->host[c->end[i].host];
		struct hce *e = socket_entry(s, c, !i);
		unsigned slot = pick_slot(s, h, false);

		if (!e || IN6_IS_ADDR_UNSPECIFIED(&e->pair.foreign))
			continue;
		if (slot == s->config.slots)
			node_down(s, h, slot = rng_below(&s->rng, s->config.slots));
		struct in6_addr a = e->pair.foreign;

		if (s->config.reuse && borne(s, h, &a))
			continue;
		give_back(s, &a, h->id);
		if (node_up(s, h, slot, &a) || place_find(s, &a)->host == h->id)
			return;
	}
}
