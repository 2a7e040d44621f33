/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock, storm and calm, and to whom each event goes. */
#include "sim.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "state.h"

#define SOON	(300 * USEC_PER_SEC)	/* in a calm: time to try a dozen addresses twice each */
#define STAGES	8
#define LATE	(1000 * USEC_PER_SEC)	/* ... when every lifetime has run out */

const struct sim_config sim_config_default = {
	.seed = 1,
	.hosts = 2,
	.group = 2,
	.slots = 3,
	.sockets = 2,
	.rounds = 4,
	.storm = 600 * USEC_PER_SEC,
	.move = 30 * USEC_PER_SEC,
	.send = 5 * USEC_PER_SEC,
	.loss = 1,
};

void sim_trace(struct sim *s, const struct host *h, const char *fmt, ...)
{
	va_list ap;

	if (!s->config.trace)
		return;
	fprintf(stderr, "%12.6f ", (double)(s->now - s->began) / 1e6);
	if (h)
		fprintf(stderr, "h%u ", h->id);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void sim_fail(struct sim *s, const struct host *h, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (s->failure[0])
		return;
	n = snprintf(s->failure, sizeof(s->failure), "at %.6f s%s",
		     (double)(s->now - s->began) / 1e6, h ? " " : ": ");
	if (h)
		n += snprintf(s->failure + n, sizeof(s->failure) - n, "h%u: ", h->id);
	va_start(ap, fmt);
	vsnprintf(s->failure + n, sizeof(s->failure) - n, fmt, ap);
	va_end(ap);
	sim_trace(s, NULL, "FAILED: %s", s->failure);
}

void sim_later(struct sim *s, usec_t wait, const struct sim_event *e)
{
	struct sim_event at = *e;

	at.at = usec_add(s->now, wait);
	if (at.at != USEC_NEVER)
		heap_add(&s->heap, &at);
}

void sim_name(unsigned n, char ret[static 16])
{
	snprintf(ret, 16, "h%u", n);
}

unsigned sim_peer(struct sim *s, const struct host *h, const struct hce *e)
{
	const struct kin *k;

	if (e->name)
		return (unsigned)atoi(e->name + 1);
	k = e->sa ? node_kin(h, e->sa) : NULL;
	if (k)
		return k->peer;
	return e->addrs ? place_find(s, &e->addrs->addr)->host : NOBODY;
}

bool sim_is_mallory(const struct sim *s, unsigned host)
{
	return s->config.mallory && host < s->n_host &&
	       host % s->config.group == s->config.group - 1;
}

bool sim_is_plain(const struct sim *s, unsigned host)
{
	return s->config.mallory && host < s->n_host &&
	       host % s->config.group == s->config.group - 2;
}

bool sim_related(const struct sim *s, unsigned a, unsigned b)
{
	if (a == b || sim_is_plain(s, a) || sim_is_mallory(s, a) || sim_is_mallory(s, b))
		return false;
	/* an attacker is everybody's peer, in the group it preys upon */
	if (a >= s->n_host || b >= s->n_host) {
		unsigned who = a >= s->n_host ? a : b, prey = a >= s->n_host ? b : a;

		return prey < s->n_host &&
		       prey / s->config.group == (who - s->n_host) % (s->n_host / s->config.group);
	}
	return a / s->config.group == b / s->config.group &&
		(!s->config.star || a % s->config.group == 0 || b % s->config.group == 0);
}

struct sa_half sim_sa(const struct sim *s, unsigned from, unsigned to)
{
	static const struct {
		enum ah_alg alg;
		uint8_t len;
	} kind[] = { { AH_HMAC_SHA256_128, 32 }, { AH_HMAC_SHA1_96, 20 }, { AH_HMAC_MD5_96, 16 } };
	struct rng r = { s->config.seed ^
			 ((uint64_t)from << 32 | to) * UINT64_C(0x2545f4914f6cdd1d) };
	struct sa_half h = { .spi = 0x10000 + from };

	h.key.alg = kind[(from + to) % 3].alg;
	h.key.len = kind[(from + to) % 3].len;
	for (unsigned i = 0; i < h.key.len; i++)
		h.key.key[i] = (uint8_t)rng_next(&r);
	return h;
}

/* Addresses */

struct place *place_find(struct sim *s, const struct in6_addr *addr)
{
	struct place *p;

	HASH_FIND(hh, s->places, addr, sizeof(*addr), p);
	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	p->addr = *addr;
	p->host = NOBODY;
	HASH_ADD(hh, s->places, addr, sizeof(p->addr), p);
	return p;
}

/* A prefix of its own for each; the interface identifier the host's own, or made up for privacy. */
struct in6_addr place_fresh(struct sim *s, unsigned host)
{
	unsigned n = ++s->fresh;
	struct in6_addr a = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, n >> 24, n >> 16, n >> 8, n } };
	uint32_t iid = rng_chance(&s->rng, 0.5) ? host + 1 : (uint32_t)rng_next(&s->rng);

	memcpy(&a.s6_addr[12], &iid, sizeof(iid));
	return a;
}

struct proof *proof_find(struct sim *s, unsigned prover, unsigned verifier,
			 const struct in6_addr *addr)
{
	struct proof key, *p;

	memset(&key, 0, sizeof(key));
	key.key.prover = prover;
	key.key.verifier = verifier;
	key.key.addr = *addr;
	HASH_FIND(hh, s->proofs, &key.key, sizeof(key.key), p);
	return p;
}

void proof_note(struct sim *s, unsigned prover, unsigned verifier, const struct in6_addr *addr)
{
	struct proof *p = proof_find(s, prover, verifier, addr);

	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			abort();
		p->key.prover = prover;
		p->key.verifier = verifier;
		p->key.addr = *addr;
		p->first = s->now;
		HASH_ADD(hh, s->proofs, key, sizeof(p->key), p);
	}
	p->sent = s->now;
}

/* Packets */

struct packet *packet_new(const uint8_t *octets, size_t len, const struct in6_addr *dst,
			  unsigned from, unsigned to)
{
	struct packet *p = calloc(1, sizeof(*p) + len);

	if (!p)
		abort();
	p->refs = 1;
	p->from = from;
	p->to = to;
	p->dst = *dst;
	p->len = (uint16_t)len;
	memcpy(p->octets, octets, len);
	return p;
}

void packet_put(struct packet *p)
{
	if (p && !--p->refs)
		free(p);
}

void sim_transmit(struct sim *s, const struct simlink *via, struct packet *p)
{
	static const struct simlink short_cut = { .delay = USEC_PER_MSEC };
	struct sim_event e = { .on = ON_SIGNAL, .packet = p };
	usec_t due[SIMLINK_COPIES];
	unsigned n = simlink_send(via ? via : &short_cut, &s->rng, s->now, due);

	if (via)
		attack_capture(s, p);
	for (unsigned i = 0; i < n; i++) {
		p->refs++;
		sim_later(s, due[i] - s->now, &e);
	}
	packet_put(p);
}

/*
 * It came through the sender's link; whoever has the destination has a link, too, and its delay is
 * in the sender's.
 */
static void on_signal(struct sim *s, const struct sim_event *e)
{
	struct place *at = place_find(s, &e->packet->dst);
	struct slot *slot = at->host < s->n_host ? node_slot(&s->host[at->host], &at->addr) : NULL;

	s->signals++;
	if (at->host != NOBODY && at->host >= s->n_host)
		attack_heard(s, at->host, e->packet);
	else if (slot && s->now >= slot->link.dead_until)
		node_deliver(s, &s->host[at->host], e->packet);
	packet_put(e->packet);
}

static void on_tick(struct sim *s, struct host *h)
{
	if (!h->core || s->now < h->tick_at)
		return;
	h->tick_at = USEC_NEVER;
	h->ticks = h->ticked == s->now ? h->ticks + 1 : 0;
	h->ticked = s->now;
	if (h->ticks > 8)
		sim_fail(s, h, "time does not pass: the deadline stays");
	core_tick(h->core, s->now);
	node_settle(s, h);
}

/* What the ring buffer tells a helper that ended meanwhile, nobody hears. */
static void on_told(struct sim *s, struct host *h, const struct sim_event *e)
{
	if (!h->core || e->told.life != h->life)
		return;
	if (e->on == ON_FOLLOWED) {
		h->untold--;
		core_followed(h->core, e->told.hce, &e->told.addr, e->told.gen, s->now);
	} else if (e->on == ON_SILENT) {
		core_silent(h->core, e->told.hce, s->now);
	} else {
		core_heard(h->core, e->told.hce, &e->told.addr, s->now);
		state_note_entry(h->state, e->told.hce);
	}
	node_settle(s, h);
}

static unsigned count_stalled(struct sim *s, unsigned expect)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n_conn; i++) {
		const struct conn *c = &s->conn[i];

		if (!c->live || !c->bound || c->doomed || c->expect < expect ||
		    !socket_has_source(s, c, 0) || !socket_has_source(s, c, 1) ||
		    socket_flows(s, c))
			continue;
		if (!n++)
			sim_trace(s, NULL, "connection %u of h%u and h%u stalls, expected %u", i,
				  c->end[0].host, c->end[1].host, c->expect);
	}
	return n;
}

static void begin_storm(struct sim *s)
{
	struct sim_event e = { .on = ON_PHASE };

	s->calm = false;
	sim_trace(s, NULL, "storm %u", s->round);
	weather_begin(s);
	sim_later(s, s->config.storm, &e);
}

static void restore_all(struct sim *s)
{
	for (unsigned i = 0; i < s->n_conn; i++) {
		struct conn *c = &s->conn[i];

		if (c->live && c->bound && !c->doomed && !c->expect && !socket_flows(s, c))
			weather_restore(s, c);
	}
}

/*
 * The calm goes in stages: what could be reached at the beginning of each must be at its end; to
 * what lost touch an address is given back, which may cost others theirs.
 */
static void on_phase(struct sim *s)
{
	struct sim_event e = { .on = ON_PHASE };
	unsigned stalled;

	if (!s->calm) {
		s->calm = true;
		s->stage = 0;
		sim_trace(s, NULL, "calm %u", s->round);
		weather_calm(s);
		socket_expect(s);
		sim_later(s, SOON, &e);
		return;
	}
	stalled = count_stalled(s, s->stage ? 1 : 2);
	if (stalled)
		sim_fail(s, NULL, "%u connections do not flow %s after the storm", stalled,
			 s->stage ? "long" : "soon");
	if (count_stalled(s, 0) && s->stage++ < STAGES) {
		socket_expect(s);
		restore_all(s);
		socket_expect(s);
		sim_later(s, LATE, &e);
		return;
	}
	if (s->stage > STAGES)
		sim_fail(s, NULL, "some hosts do not find each other");
	if (++s->round == s->config.rounds)
		s->over = true;
	else
		begin_storm(s);
}

static void on_event(struct sim *s, const struct sim_event *e)
{
	struct host *h = &s->host[e->host];

	switch (e->on) {
	case ON_TICK:
		on_tick(s, h);
		break;
	case ON_SIGNAL:
		on_signal(s, e);
		break;
	case ON_DATA:
		socket_data(s, e);
		break;
	case ON_HEARD:
	case ON_FOLLOWED:
	case ON_SILENT:
		on_told(s, h, e);
		break;
	case ON_WEATHER:
		weather_strike(s, h);
		break;
	case ON_ADDRESS:
		if (!s->calm && e->address.up)
			node_up(s, h, e->address.slot, &e->address.addr);
		else if (!s->calm)
			node_down(s, h, e->address.slot);
		break;
	case ON_START:
		node_start(s, h, true);
		break;
	case ON_SOCKET:
		socket_event(s, e);
		break;
	case ON_ATTACK:
		attack_strike(s, e->host);
		break;
	case ON_PHASE:
		on_phase(s);
		break;
	}
}

bool sim_run(struct sim *s)
{
	struct sim_event e;

	begin_storm(s);
	while (!s->over && !s->failure[0] && heap_take(&s->heap, &e)) {
		s->now = e.at;
		s->events++;
		on_event(s, &e);
	}
	return !s->failure[0];
}

struct sim *sim_new(const struct sim_config *config)
{
	struct sim *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->config = *config;
	s->rng.state = config->seed;
	s->now = s->began = 1000 * USEC_PER_SEC;
	s->n_host = config->hosts - config->hosts % config->group;
	s->host = calloc(s->n_host, sizeof(*s->host));
	if (!s->host)
		abort();
	snprintf(s->state, sizeof(s->state), "/dev/shm/hmip-sim-%d-%llu", (int)getpid(),
		 (unsigned long long)config->seed);
	attack_begin(s);
	mallory_begin(s);
	for (unsigned i = 0; i < s->n_host; i++) {
		struct host *h = &s->host[i];

		h->id = i;
		h->lport = 1024;
		h->tick_at = USEC_NEVER;
		for (unsigned k = 0; k < config->slots; k++)
			h->slot[k].home = place_fresh(s, i);
		for (unsigned k = 0; k < HISTORY; k++)
			h->history[k] = h->slot[k % config->slots].home;
	}
	for (unsigned i = 0; i < s->n_host; i++) {
		node_start(s, &s->host[i], false);
		node_up(s, &s->host[i], 0, &s->host[i].slot[0].home);
	}
	socket_begin(s);
	return s;
}

static void host_free(struct host *h)
{
	struct sock *k, *next_k;
	struct relation *r, *next_r;
	struct kin *kin, *next_kin;
	struct known *known, *next_known;
	struct passing *passing, *next_passing;

	core_free(h->core);
	plane_clear(&h->plane);
	HASH_ITER(hh, h->socks, k, next_k) {
		HASH_DEL(h->socks, k);
		free(k);
	}
	HASH_ITER(hh, h->relations, r, next_r) {
		HASH_DEL(h->relations, r);
		free(r);
	}
	HASH_ITER(hh, h->kin, kin, next_kin) {
		HASH_DEL(h->kin, kin);
		free(kin);
	}
	HASH_ITER(hh, h->known, known, next_known) {
		HASH_DEL(h->known, known);
		free(known);
	}
	HASH_ITER(hh, h->passing, passing, next_passing) {
		HASH_DEL(h->passing, passing);
		free(passing);
	}
}

void sim_free(struct sim *s)
{
	struct place *p, *next_p;
	struct proof *f, *next_f;
	struct sim_event e;

	while (heap_take(&s->heap, &e))
		if (e.on == ON_SIGNAL)
			packet_put(e.packet);
	free(s->heap.event);
	attack_end(s);
	mallory_end(s);
	for (unsigned i = 0; i < s->n_host; i++) {
		char path[sizeof(s->state) + 32];

		state_close(s->host[i].state, NULL, 0);
		host_free(&s->host[i]);
		snprintf(path, sizeof(path), "%s.%u", s->state, i);
		remove(path);
		strcat(path, STATE_NUMBERS);
		remove(path);
	}
	HASH_ITER(hh, s->places, p, next_p) {
		HASH_DEL(s->places, p);
		free(p);
	}
	HASH_ITER(hh, s->proofs, f, next_f) {
		HASH_DEL(s->proofs, f);
		free(f);
	}
	free(s->conn);
	free(s->host);
	free(s);
}
