/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "addr.h"
#include "array.h"
#include "encap.h"

struct in6_addr world_addr(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static struct sa_half half(uint32_t spi, uint8_t fill)
{
	struct sa_half h = { .spi = spi, .key = { .alg = AH_HMAC_SHA256_128, .len = 32 } };

	memset(h.key.key, fill, h.key.len);
	return h;
}

void world_renew(struct world *w, unsigned host)
{
	struct core_config config = core_config_default;
	struct host *h = &w->host[host];
	uint8_t seed[32];

	core_free(h->core);
	memset(seed, (int)host + 1, sizeof(seed));
	config.encapsulate = w->encapsulate;
	h->core = core_new(&config, seed, 1000);
	ck_assert_ptr_nonnull(h->core);
	if (h->peer.name)
		ck_assert_int_eq(core_peer_add(h->core, &h->peer, w->now), 0);
}

void world_encapsulate(struct world *w, enum encapsulate encapsulate)
{
	struct core_config config = core_config_default;

	config.encapsulate = w->encapsulate = encapsulate;
	for (unsigned i = 0; i < w->n_host; i++)
		core_reconfigure(w->host[i].core, &config);
}

unsigned world_stranger(struct world *w, const char *name)
{
	ck_assert_uint_lt(w->n_host, WORLD_HOSTS);
	w->host[w->n_host].name = name;
	world_renew(w, w->n_host);
	return w->n_host++;
}

static void add_host(struct world *w, const char *name, const struct core_peer *peer)
{
	w->host[w->n_host].name = name;
	w->host[w->n_host].peer = *peer;
	world_renew(w, w->n_host++);
}

void world_init(struct world *w)
{
	struct core_peer server = { .name = "server", .n_addr = 1,
				    .addr = { world_addr("2001:db8:2::5") }, .in = half(0x1001, 1),
				    .out = half(0x1002, 2) };
	struct core_peer client = { .name = "client", .n_addr = 1,
				    .addr = { world_addr("2001:db8:1::c") }, .in = half(0x1002, 2),
				    .out = half(0x1001, 1) };

	memset(w, 0, sizeof(*w));
	w->now = 1000 * USEC_PER_SEC;
	w->delay = 10 * USEC_PER_MSEC;
	add_host(w, "client", &server);
	add_host(w, "server", &client);
	world_up(w, 0, "2001:db8:1::c");
	world_up(w, 1, "2001:db8:2::5");
}

void world_free(struct world *w)
{
	for (unsigned i = 0; i < w->n_host; i++)
		core_free(w->host[i].core);
}

/* One copy of a packet leaves. */
static void launch(struct world *w, const struct packet_in_flight *p)
{
	if (w->tap)
		w->tap(w, p);
	if (w->lose && w->lose(w, p)) {
		w->lost++;
		return;
	}
	ck_assert_uint_lt(w->n_flight, WORLD_FLIGHT);
	w->flight[w->n_flight++] = *p;
}

static void fly(struct world *w, unsigned from, const struct action *a)
{
	static const enum via way[] = { VIA_NATIVE, VIA_UDP };
	struct packet_in_flight p = { .send = *a, .from = from };

	ck_assert_int_ne(a->send.via, VIA_NONE);
	if (w->no_route && w->no_route(w, &p)) {
		core_send_failed(w->host[from].core, a, w->now);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(way); i++) {
		if (!(a->send.via & way[i]))
			continue;
		p.way = way[i];
		p.due = w->now + w->delay + w->late[way[i]];
		launch(w, &p);
	}
}

static void note(struct world *w, unsigned i, const struct action *a)
{
	struct host *h = &w->host[i];

	if (w->acted)
		w->acted(w, i, a);
	switch (a->type) {
	case ACTION_SEND:
		h->sends++;
		h->last_send = *a;
		fly(w, i, a);
		break;
	case ACTION_KEEPALIVE:
		h->keepalives++;
		break;
	case ACTION_PAIR:
		h->pair = a->pair;
		break;
	case ACTION_RETRANSMIT:
		h->kicks++;
		h->kicks_lost += a->retransmit.lost;
		break;
	case ACTION_UNREACHABLE:
		h->unreachable++;
		break;
	case ACTION_LEFT:
		h->lefts++;
		h->left = *a;
		break;
	case ACTION_RESOLVE:
		h->resolves++;
		strcpy(h->resolved, a->name);
		break;
	case ACTION_EVENT:
		h->events[a->event.event]++;
		if (a->event.event == EVENT_SWITCHED)
			h->last_switch = *a;
		if (getenv("WORLD_TRACE"))
			fprintf(stderr, "%8.3f %s %s %s > %s #%u %s%s %s\n",
				(double)(w->now % 1000000000) / 1e6, h->name,
				core_event_name(a->event.event), addr_text(&a->event.local).s,
				addr_text(&a->event.foreign).s, a->event.seq,
				a->event.detail ? a->event.detail : "",
				a->event.to ? a->event.to : "",
				a->event.reason ? a->event.reason : "");
		break;
	default:
		break;
	}
}

void world_collect(struct world *w)
{
	struct action a;

	for (unsigned i = 0; i < w->n_host; i++)
		while (core_next_action(w->host[i].core, &a))
			note(w, i, &a);
}

void world_up(struct world *w, unsigned host, const char *addr)
{
	struct in6_addr a = world_addr(addr);

	core_local_up(w->host[host].core, &a, 2, USEC_NEVER, w->now);
	world_collect(w);
}

void world_down(struct world *w, unsigned host, const char *addr)
{
	struct in6_addr a = world_addr(addr);

	core_local_down(w->host[host].core, &a, w->now);
	world_collect(w);
}

void world_routes(struct world *w, unsigned host)
{
	core_routes_changed(w->host[host].core, w->now);
	world_collect(w);
}

uint64_t world_connect(struct world *w, unsigned from, const char *src, unsigned to,
		       const char *dst, uint16_t port)
{
	static uint64_t cookie;
	struct pcb p = { .cookie = ++cookie, .local = world_addr(src), .foreign = world_addr(dst),
			 .lport = port, .fport = 80, .proto = IPPROTO_TCP, .origin = PCB_CONNECT,
			 .established = true };
	struct pcb q = { .cookie = cookie, .local = p.foreign, .foreign = p.local, .lport = 80,
			 .fport = port, .proto = IPPROTO_TCP, .origin = PCB_ACCEPT,
			 .established = true };

	ck_assert_int_eq(core_pcb_open(w->host[to].core, &q, w->now), 0);
	ck_assert_int_eq(core_pcb_open(w->host[from].core, &p, w->now), 0);
	world_collect(w);
	return cookie;
}

/* As the helper asks the kernel. */
static void tell_connected(struct world *w, struct core *c, const uint8_t *pkt, size_t len)
{
	struct in6_addr local, foreign;

	if (!core_packet_asks(c, pkt, len, w->now, &local, &foreign))
		return;
	for (const struct pcb *pcb = core_pcbs(c); pcb; pcb = pcb->hh.next)
		if (pcb->linger_until == USEC_NEVER && addr_equal(&pcb->local, &local) &&
		    addr_equal(&pcb->foreign, &foreign))
			core_connected(c, &local, &foreign);
}

static void deliver(struct world *w, const struct packet_in_flight *p)
{
	uint8_t datagram[SIGNAL_MTU];
	const uint8_t *pkt = p->send.send.packet;
	size_t len = p->send.send.len;

	if (p->way == VIA_UDP) {
		int n = encap_build(pkt, len, ENCAP_PORT, datagram, sizeof(datagram));

		ck_assert_int_gt(n, 0);
		pkt = datagram;
		len = (size_t)n;
	}
	for (unsigned i = 0; i < w->n_host; i++) {
		struct local_addr *l;

		HASH_FIND(hh, core_locals(w->host[i].core), &p->send.send.dst,
			  sizeof(struct in6_addr), l);
		if (!l || !l->usable)
			continue;
		tell_connected(w, w->host[i].core, pkt, len);
		core_packet(w->host[i].core, pkt, len, w->now);
	}
	world_collect(w);
}

bool world_data(struct world *w, unsigned from)
{
	const struct pair *pair = &w->host[from].pair;
	struct packet_in_flight p = { .from = from,
				      .send.send = { .src = pair->local, .dst = pair->foreign } };

	if (w->lose && w->lose(w, &p))
		return false;
	for (unsigned i = 0; i < w->n_host; i++) {
		struct core *c = w->host[i].core;
		struct hce *h = core_entries(c);
		struct local_addr *l;
		struct foreign_addr *fa;

		HASH_FIND(hh, core_locals(c), &pair->foreign, sizeof(struct in6_addr), l);
		if (i == from || !l || !l->usable || !h)
			continue;
		DL_FOREACH(h->addrs, fa)
			if (addr_equal(&fa->addr, &pair->local))
				break;
		if (!fa || fa->state == ADDR_TENTATIVE)
			return false;
		core_heard(c, h->id, &fa->addr, w->now);
		if (fa->state == ADDR_ACTIVE && !addr_equal(&fa->addr, &h->pair.foreign)) {
			w->host[i].pair.foreign = fa->addr;
			core_followed(c, h->id, &fa->addr, ++w->host[i].pair.gen, w->now);
		}
		world_collect(w);
		return true;
	}
	return false;
}

/* The earliest thing that will happen: a delivery, or a host's timer. */
static usec_t next_event(const struct world *w)
{
	usec_t t = USEC_NEVER;

	for (unsigned i = 0; i < w->n_flight; i++)
		if (w->flight[i].due < t)
			t = w->flight[i].due;
	for (unsigned i = 0; i < w->n_host; i++)
		if (core_deadline(w->host[i].core) < t)
			t = core_deadline(w->host[i].core);
	return t;
}

static void step(struct world *w)
{
	for (unsigned i = 0; i < w->n_flight; i++) {
		if (w->flight[i].due > w->now)
			continue;
		struct packet_in_flight p = w->flight[i];

		memmove(&w->flight[i], &w->flight[i + 1], (--w->n_flight - i) * sizeof(p));
		deliver(w, &p);
		return;
	}
	for (unsigned i = 0; i < w->n_host; i++)
		core_tick(w->host[i].core, w->now);
	world_collect(w);
}

void world_run(struct world *w, usec_t d)
{
	usec_t end = w->now + d, t;
	unsigned steps = 0;

	while ((t = next_event(w)) <= end) {
		ck_assert_msg(++steps < 1000000, "time does not pass");
		if (t > w->now)
			w->now = t;
		step(w);
	}
	w->now = end;
}

struct foreign_addr *world_foreign(struct world *w, unsigned host, const char *addr)
{
	struct in6_addr a = world_addr(addr);
	struct foreign_addr *fa;

	for (struct hce *h = core_entries(w->host[host].core); h; h = h->hh.next)
		DL_FOREACH(h->addrs, fa)
			if (addr_equal(&fa->addr, &a))
				return fa;
	return NULL;
}
