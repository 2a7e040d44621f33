/* SPDX-License-Identifier: BSD-2-Clause */
#include "crowd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START	(1000 * USEC_PER_SEC)
#define PORT	80

/* The third group of an address says what it is of; the fourth and fifth number it. */
enum { OF_SERVER = 1, OF_PEER, OF_MOVED_PEER, OF_NOBODY };

const struct in6_addr crowd_server_addr = {
	.s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0, OF_SERVER, [15] = 1 }
};

static struct in6_addr numbered(uint8_t of, unsigned i)
{
	struct in6_addr a = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, (uint8_t)(i >> 16), of,
					   (uint8_t)(i >> 8), (uint8_t)i, [15] = 2 } };

	return a;
}

static unsigned number_of(const struct in6_addr *a)
{
	return (unsigned)a->s6_addr[4] << 16 | (unsigned)a->s6_addr[6] << 8 | a->s6_addr[7];
}

static void must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "cannot %s: %s\n", what, strerror(-r));
	abort();
}

static void *need(void *p)
{
	must(p ? 0 : -ENOMEM, "go on");
	return p;
}

static void keep(struct crowd *w, const struct action *a)
{
	if (w->n_sent == w->room) {
		w->room = w->room ? 2 * w->room : 64;
		w->sent = need(reallocarray(w->sent, w->room, sizeof(*w->sent)));
	}
	w->sent[w->n_sent++] = *a;
}

static void take_actions(struct crowd *w)
{
	struct action a;

	while (core_next_action(w->server, &a)) {
		if (w->acted)
			w->acted(w, &a);
		if (a.type == ACTION_SEND)
			keep(w, &a);
	}
}

/* An event of the server begins. */
static void begin(struct crowd *w)
{
	if (w->before)
		w->before(w);
}

/* It ends when what it caused at once is done, as in the helper. */
static void end(struct crowd *w, enum crowd_event what)
{
	take_actions(w);
	while (core_deadline(w->server) <= w->now) {
		core_tick(w->server, w->now);
		take_actions(w);
	}
	if (w->after)
		w->after(w, what);
}

/* The server gets what peer i has to say. */
static void hear(struct crowd *w, unsigned i)
{
	struct crowd_peer *p = &w->peer[i];
	struct action a;

	while (core_next_action(p->core, &a)) {
		if (a.type != ACTION_SEND)
			continue;
		begin(w);
		core_packet(w->server, a.send.packet, a.send.len, w->now);
		end(w, CROWD_PACKET);
	}
	timer_end(&w->timers, &p->timer);
	timer_arm(&w->timers, &p->timer, core_deadline(p->core));
}

/* Delivers to and fro until nobody has anything to say. */
static void settle(struct crowd *w)
{
	while (w->first < w->n_sent) {
		struct action a = w->sent[w->first++];
		unsigned i = number_of(&a.send.dst);

		if (i >= w->n || a.send.dst.s6_addr[5] == OF_NOBODY)
			continue;
		core_packet(w->peer[i].core, a.send.packet, a.send.len, w->now);
		hear(w, i);
	}
	w->first = w->n_sent = 0;
}

static struct sa_half half(unsigned i, unsigned way)
{
	struct sa_half h = { .spi = 0x10000 + 2 * i + way,
			     .key = { .alg = AH_HMAC_SHA256_128, .len = 32 } };

	memcpy(h.key.key, &h.spi, sizeof(h.spi));
	return h;
}

static void share_keys(struct crowd *w, unsigned i)
{
	char name[16];
	struct core_peer server = { .name = "server", .n_addr = 1, .addr = { crowd_server_addr },
				    .in = half(i, 0), .out = half(i, 1) },
			 client = { .name = name, .n_addr = 1, .addr = { w->peer[i].addr },
				    .in = half(i, 1), .out = half(i, 0) };

	snprintf(name, sizeof(name), "c%u", i);
	must(core_peer_add(w->peer[i].core, &server, w->now), "add the server");
	must(core_peer_add(w->server, &client, w->now), "add a peer");
}

/* A connection of peer i, as its own end has it; the cookie is new. */
static struct pcb connection(struct crowd *w, unsigned i)
{
	return (struct pcb){ .cookie = ++w->cookies, .local = w->peer[i].addr,
			     .foreign = crowd_server_addr,
			     .lport = (uint16_t)(1024 + w->cookies % 60000), .fport = PORT,
			     .proto = IPPROTO_TCP, .established = true };
}

static uint64_t accept_from(struct crowd *w, const struct pcb *of)
{
	struct pcb p = *of;

	p.local = of->foreign;
	p.foreign = of->local;
	p.lport = of->fport;
	p.fport = of->lport;
	p.origin = PCB_ACCEPT;
	begin(w);
	must(core_pcb_open(w->server, &p, w->now), "accept a connection");
	end(w, CROWD_OPEN);
	return p.cookie;
}

static void close_one(struct crowd *w, uint64_t cookie)
{
	begin(w);
	core_pcb_close(w->server, cookie, w->now);
	end(w, CROWD_CLOSE);
	settle(w);
}

void crowd_open(struct crowd *w, unsigned n)
{
	static const uint8_t seed[32] = "of the server";
	struct core_config config = core_config_default;

	config.max_entries = config.max_per_prefix = n + 64;
	w->peer = need(calloc(n, sizeof(*w->peer)));
	w->now = START;
	w->server = need(core_new(&config, seed, 1000));
	core_local_up(w->server, &crowd_server_addr, 2, USEC_NEVER, w->now);
	take_actions(w);
}

void crowd_close(struct crowd *w)
{
	for (unsigned i = 0; i < w->n; i++)
		core_free(w->peer[i].core);
	core_free(w->server);
	timer_free_all(&w->timers);
	free(w->peer);
	free(w->sent);
}

void crowd_meet(struct crowd *w, bool keys)
{
	unsigned i = w->n++;
	uint8_t seed[32] = { (uint8_t)i, (uint8_t)(i >> 8), (uint8_t)(i >> 16), 1 };
	struct crowd_peer *p = &w->peer[i];
	struct pcb own;

	p->addr = numbered(OF_PEER, i);
	p->core = need(core_new(&core_config_default, seed, 1000));
	if (keys)
		share_keys(w, i);
	core_local_up(p->core, &p->addr, 2, USEC_NEVER, w->now);
	own = connection(w, i);
	accept_from(w, &own);
	must(core_pcb_open(p->core, &own, w->now), "open a connection");
	hear(w, i);
	settle(w);
}

void crowd_move(struct crowd *w, unsigned i)
{
	struct in6_addr to = numbered(OF_MOVED_PEER, i);

	core_local_up(w->peer[i].core, &to, 3, USEC_NEVER, w->now);
	hear(w, i);
	settle(w);
	crowd_pass(w, USEC_PER_SEC);
	core_local_down(w->peer[i].core, &w->peer[i].addr, w->now);
	hear(w, i);
	settle(w);
	w->peer[i].addr = to;
}

void crowd_reconnect(struct crowd *w, unsigned i)
{
	struct pcb p = connection(w, i);

	close_one(w, accept_from(w, &p));
}

void crowd_connect_out(struct crowd *w, unsigned n)
{
	struct pcb p = { .cookie = ++w->cookies, .local = crowd_server_addr,
			 .foreign = numbered(OF_NOBODY, n), .lport = 1000, .fport = PORT,
			 .proto = IPPROTO_TCP, .established = true };

	begin(w);
	must(core_pcb_open(w->server, &p, w->now), "connect");
	end(w, CROWD_CONNECT);
	close_one(w, p.cookie);
}

void crowd_heard(struct crowd *w, unsigned i)
{
	const struct hce *h = core_entry_of(w->server, &w->peer[i].addr);

	if (!h)
		return;
	begin(w);
	core_heard(w->server, h->id, &w->peer[i].addr, w->now);
	end(w, CROWD_HEARD);
	settle(w);
}

static void tick(struct crowd *w)
{
	struct timer *t;

	if (core_deadline(w->server) <= w->now) {
		begin(w);
		end(w, CROWD_TICK);
		settle(w);
	}
	while ((t = timer_take(&w->timers, w->now))) {
		struct crowd_peer *p = TIMER_OF(t, struct crowd_peer, timer);

		core_tick(p->core, w->now);
		hear(w, (unsigned)(p - w->peer));
		settle(w);
	}
}

void crowd_pass(struct crowd *w, usec_t d)
{
	usec_t until = w->now + d;

	for (;;) {
		usec_t next = timer_next(&w->timers);

		if (core_deadline(w->server) < next)
			next = core_deadline(w->server);
		if (next > until)
			break;
		if (next > w->now)
			w->now = next;
		tick(w);
	}
	w->now = until;
}
