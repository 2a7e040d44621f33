/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One host: what its kernel knows of addresses, its helper, and how the core's actions are carried
 * out.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "addr.h"
#include "state.h"

#define ROUNDS_MAX	16	/* of sendings that fail and make the core ask for
				 * more, as in the helper */

struct slot *node_slot(struct host *h, const struct in6_addr *addr)
{
	for (unsigned i = 0; i < SLOTS_MAX; i++)
		if (h->slot[i].up && addr_equal(&h->slot[i].addr, addr))
			return &h->slot[i];
	return NULL;
}

/* A host may have several of a stranger, for a while: then the one that is told the most. */
struct hce *node_entry(struct sim *s, struct host *h, unsigned peer)
{
	struct hce *found = NULL;

	if (!h->core)
		return NULL;
	for (struct hce *e = core_entries(h->core); e; e = e->hh.next)
		if (sim_peer(s, h, e) == peer && (!found || (!found->sa && e->sa)))
			found = e;
	return found;
}

static void key_of(const struct sa *sa, uint8_t ret[static 16])
{
	memcpy(ret, sa->out.key.key, 16);
}

struct kin *node_kin(const struct host *h, const struct sa *sa)
{
	uint8_t key[16];
	struct kin *k;

	key_of(sa, key);
	HASH_FIND(hh, h->kin, key, sizeof(key), k);
	return k;
}

/* from sent what made h's core agree on keys with it, if it did. */
static void note_kin(struct sim *s, struct host *h, unsigned from)
{
	if (!s->config.strangers || from == NOBODY)
		return;
	for (struct hce *e = core_entries(h->core); e; e = e->hh.next) {
		struct kin *k;

		if (!e->sa || node_kin(h, e->sa))
			continue;
		k = calloc(1, sizeof(*k));
		if (!k)
			abort();
		key_of(e->sa, k->key);
		k->peer = from;
		HASH_ADD(hh, h->kin, key, sizeof(k->key), k);
	}
}

static void note_known(struct host *h, unsigned from, const struct in6_addr *addr)
{
	struct known key = { .key = { .peer = from, .addr = *addr } }, *k;

	HASH_FIND(hh, h->known, &key.key, sizeof(key.key), k);
	if (k)
		return;
	k = calloc(1, sizeof(*k));
	if (!k)
		abort();
	k->key = key.key;
	HASH_ADD(hh, h->known, key, sizeof(k->key), k);
}

/* The kernel's routing: the first interface that has an address, for whatever destination. */
static void tell_routed(struct sim *s, struct host *h)
{
	unsigned i = 0;

	while (i < s->config.slots && !h->slot[i].up)
		i++;
	if (i == s->config.slots)
		return;
	for (struct hce *e = core_entries(h->core), *next; e; e = next) {
		next = e->hh.next;
		core_routed(h->core, e->id, &h->slot[i].addr, s->now);
	}
}

static void send_one(struct sim *s, struct host *h, const struct action *a)
{
	struct slot *slot = node_slot(h, &a->send.src);
	struct hce *e = core_entry(h->core, a->hce);

	if (!slot) {
		core_send_failed(h->core, a, s->now);
		return;
	}
	sim_transmit(s, &slot->link,
		     packet_new(a->send.packet, a->send.len, &a->send.dst, h->id,
				e && (e->sa || e->name) ? sim_peer(s, h, e) :
				place_find(s, &a->send.dst)->host));
}

static void trace_event(struct sim *s, const struct host *h, const struct action *a)
{
	if (s->config.trace)
		sim_trace(s, h, "[%u] %s %s > %s #%u %s%s %s", a->hce,
			  core_event_name(a->event.event),
			  addr_text(&a->event.local).s, addr_text(&a->event.foreign).s,
			  a->event.seq, a->event.detail ? a->event.detail : "",
			  a->event.to ? a->event.to : "",
			  a->event.reason ? a->event.reason : "");
}

/* With the helper, a kill may come before or after this; here it comes after. */
static void save(struct sim *s, struct host *h)
{
	if (state_write(h->state, h->core, s->now) < 0)
		sim_fail(s, h, "the state cannot be saved");
}

static bool carry(struct sim *s, struct host *h)
{
	bool any = false, route = false;
	struct action a;

	while (core_next_action(h->core, &a)) {
		any = true;
		h->actions++;
		h->sends += a.type == ACTION_SEND;
		check_action(s, h, &a);
		state_note(h->state, &a);
		if (a.type == ACTION_RESERVE)
			save(s, h);
		plane_action(&h->plane, &a, s->now);
		if (a.type == ACTION_SEND)
			send_one(s, h, &a);
		else if (a.type == ACTION_RETRANSMIT)
			socket_kicked(s, h, a.hce);
		else if (a.type == ACTION_EVENT)
			trace_event(s, h, &a);
		route |= a.type == ACTION_EVENT && a.event.event == EVENT_ENTRY_NEW;
	}
	if (route)
		tell_routed(s, h);
	return any;
}

void node_settle(struct sim *s, struct host *h)
{
	unsigned round = 0;

	while (carry(s, h))
		if (++round == ROUNDS_MAX) {
			sim_fail(s, h, "actions bring about actions without end");
			return;
		}
	save(s, h);
	if (core_deadline(h->core) < h->tick_at) {
		struct sim_event e = { .on = ON_TICK, .host = h->id };

		h->tick_at = core_deadline(h->core) < s->now ? s->now : core_deadline(h->core);
		sim_later(s, h->tick_at - s->now, &e);
	}
	check_host(s, h);
}

/* Called before a packet is judged by what it changed: is it genuine, and no replay? */
static unsigned may_change(const struct host *h, const struct packet *p)
{
	if (p->to != h->id || p->from == NOBODY || (p->taken && !h->forgot))
		return NOBODY;
	return p->from;
}

/* Whoever says to be p's sender knows that h has the destination. */
static void note_asked(struct sim *s, struct host *h, const struct packet *p)
{
	struct in6_addr src;

	if (!s->config.strangers)
		return;
	memcpy(&src, &p->octets[8], sizeof(src));
	note_known(h, place_find(s, &src)->host, &p->dst);
	if (p->from != NOBODY)
		note_known(h, p->from, &p->dst);
}

/* Packets that its core did not authenticate: it has not had them. */
static uint64_t count_refused(const struct host *h)
{
	return core_counter(h->core, COUNT_UNKNOWN_SPI) + core_counter(h->core, COUNT_NOT_LOCAL);
}

void node_deliver(struct sim *s, struct host *h, struct packet *p)
{
	uint64_t actions = h->actions, sends = h->sends, refused;
	struct picture before;

	if (!h->core)
		return;
	check_picture(s, h, &before);
	if (p->to == h->id)
		check_heard(s, h, p->from, p);
	note_asked(s, h, p);
	refused = count_refused(h);
	core_packet(h->core, p->octets, p->len, s->now);
	note_kin(s, h, p->from);
	check_unchanged(s, h, &before, may_change(h, p),
			p->from == NOBODY ? "a forgery" :
			p->taken ? "a replay" : "another's packet");
	if (p->to == h->id && count_refused(h) == refused)
		p->taken = true;
	node_settle(s, h);
	check_work(s, h, h->actions - actions, h->sends - sends);
}

/* The personality of an address is the configuration's, and stays. */
static void tell_up(struct sim *s, struct host *h, unsigned slot)
{
	const struct in6_addr *addr = &h->slot[slot].addr;

	if (s->config.personalities)
		core_local_personality(h->core, addr, place_find(s, addr)->personality - 1, s->now);
	core_local_up(h->core, addr, slot + 1, USEC_NEVER, s->now);
}

bool node_up(struct sim *s, struct host *h, unsigned slot, const struct in6_addr *addr)
{
	struct place *at = place_find(s, addr);
	struct slot *l = &h->slot[slot];

	if (l->up || at->host != NOBODY)
		return false;
	at->host = h->id;
	at->since = s->now;
	if (s->config.personalities && !at->personality)
		at->personality = 1 + slot % 2;
	l->addr = *addr;
	l->up = true;
	if (s->config.trace)
		sim_trace(s, h, "has %s on %u", addr_text(addr).s, slot);
	if (!h->core)
		return true;
	tell_up(s, h, slot);
	core_routes_changed(h->core, s->now);
	tell_routed(s, h);
	node_settle(s, h);
	return true;
}

void node_down(struct sim *s, struct host *h, unsigned slot)
{
	struct slot *l = &h->slot[slot];
	struct in6_addr addr = l->addr;

	if (!l->up)
		return;
	l->up = false;
	place_find(s, &addr)->host = NOBODY;
	h->history[rng_below(&s->rng, HISTORY)] = addr;
	if (s->config.trace)
		sim_trace(s, h, "loses %s on %u", addr_text(&addr).s, slot);
	if (!h->core)
		return;
	core_local_down(h->core, &addr, s->now);
	tell_routed(s, h);
	node_settle(s, h);
}

static struct core_peer peer_of(struct sim *s, unsigned me, unsigned peer, char *name)
{
	struct core_peer p = { .name = name, .in = sim_sa(s, peer, me),
			       .out = sim_sa(s, me, peer) };

	sim_name(peer, name);
	if (peer < s->n_host)
		for (unsigned i = 0; i < s->config.slots; i++)
			p.addr[p.n_addr++] = s->host[peer].slot[i].home;
	return p;
}

static void configure(struct sim *s, struct host *h)
{
	uint8_t seed[32] = { 0 };
	uint64_t own = s->config.seed ^ (uint64_t)h->id << 32 ^ h->life;
	char name[16];

	memcpy(seed, &own, sizeof(own));
	struct core_config config = core_config_default;

	config.encapsulate = ENCAPSULATE_NEVER;	/* these links carry no UDP of the helpers */
	config.n_personality = s->config.personalities;
	strcpy(config.personality[0], "other");
	config.max_entries = s->config.star ? core_config_default.max_entries : 16;
	h->core = core_new(&config, seed,
			   (uint32_t)((SIM_WALL + s->now - s->began) / USEC_PER_SEC));
	if (!h->core)
		abort();
	for (unsigned i = 0; !s->config.strangers && i < s->n_host + s->n_attacker; i++) {
		if (!sim_related(s, h->id, i))
			continue;
		struct core_peer p = peer_of(s, h->id, i, name);

		if (core_peer_add(h->core, &p, s->now) < 0)
			abort();
	}
}

void node_start(struct sim *s, struct host *h, bool with_state)
{
	char path[sizeof(s->state) + 16];
	struct relation *r, *next;
	struct passing *p, *next_p;
	int numbers;

	if (h->core || sim_is_plain(s, h->id))
		return;
	configure(s, h);
	plane_clear(&h->plane);
	memset(h->counter, 0, sizeof(h->counter));
	h->tick_at = USEC_NEVER;
	h->untold = 0;
	HASH_ITER(hh, h->relations, r, next) {
		r->id = r->window = 0;	/* its credit begins anew, too */
		/*
		 * A host that sent more than one a second and lost its state begins too low: the
		 * peer drops these until the clock has caught up.
		 */
		if (!with_state)
			r->ah_seq = r->bu_valid = 0;
	}
	HASH_ITER(hh, h->passing, p, next_p) {
		HASH_DEL(h->passing, p);
		free(p);
	}
	for (unsigned i = 0; i < s->config.slots; i++)
		if (h->slot[i].up)
			tell_up(s, h, i);
	h->loading = true;
	snprintf(path, sizeof(path), "%s.%u", s->state, h->id);
	if (with_state) {
		if (state_load(h->core, path, s->now, &numbers) < 0 || numbers < 0)
			sim_fail(s, h, "the state cannot be loaded");
		socket_sync(s, h);
	}
	if (state_open(h->core, path, s->now, &h->state) < 0)
		sim_fail(s, h, "the state cannot be saved");
	tell_routed(s, h);
	node_settle(s, h);
	h->loading = false;
	sim_trace(s, h, "helper %u starts%s", h->life, with_state ? "" : " without state");
}

void node_stop(struct sim *s, struct host *h)
{
	if (!h->core)
		return;
	state_close(h->state, NULL, s->now);	/* killed: nothing more is written */
	h->state = NULL;
	sim_trace(s, h, "helper %u ends", h->life);
	core_free(h->core);
	h->core = NULL;
	h->life++;
	h->tick_at = USEC_NEVER;
}
