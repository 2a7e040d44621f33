/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections as the kernels see them, and whether what one end sends comes to the other end and
 * nowhere else.
 */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "addr.h"

#define PORT	80
#define SYNS	5
#define CONTESTED	(5 * USEC_PER_SEC)	/* so long two hosts may claim one address */
#define READ_EVERY	(2 * USEC_PER_MSEC)

enum step {
	STEP_OPEN,		/* conn is the host's number here */
	STEP_SYN,
	STEP_SHOW = STEP_SYN + SYNS,
	STEP_SEND,
	STEP_KICK,		/* TCP retransmits */
	STEP_CLOSE,
};

static struct host *host_of(struct sim *s, unsigned conn, unsigned end)
{
	return &s->host[s->conn[conn].end[end].host];
}

static void step_later(struct sim *s, usec_t wait, unsigned conn, unsigned end, enum step step)
{
	struct sim_event e = { .on = ON_SOCKET,
			       .socket = { .conn = conn, .end = end, .step = step } };

	sim_later(s, wait, &e);
}

void socket_begin(struct sim *s)
{
	for (unsigned i = 0; i < s->n_host; i++)
		for (unsigned k = 0; k < s->config.sockets; k++)
			step_later(s, rng_wait(&s->rng, 5 * USEC_PER_SEC), i, 0, STEP_OPEN);
}

static void sock_add(struct sim *s, unsigned conn, unsigned end, const struct flow *flow)
{
	struct conn_end *at = &s->conn[conn].end[end];
	struct sock *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	k->flow = at->flow = *flow;
	k->conn = conn;
	k->end = end;
	at->open = true;
	at->cookie = ++s->cookies;
	HASH_ADD(hh, host_of(s, conn, end)->socks, flow, sizeof(k->flow), k);
}

static void sock_remove(struct sim *s, unsigned conn, unsigned end)
{
	struct conn_end *at = &s->conn[conn].end[end];
	struct host *h = host_of(s, conn, end);
	struct sock *k;

	if (!at->open)
		return;
	at->open = false;
	s->conn[conn].live = false;
	HASH_FIND(hh, h->socks, &at->flow, sizeof(at->flow), k);
	HASH_DEL(h->socks, k);
	free(k);
	if (h->core) {
		core_pcb_close(h->core, at->cookie, s->now);
		node_settle(s, h);
	}
}

/* Shows an end to its helper. */
static void show(struct sim *s, unsigned conn, unsigned end)
{
	struct conn_end *at = &s->conn[conn].end[end];
	struct host *h = host_of(s, conn, end);
	struct pcb p = { .cookie = at->cookie, .local = at->flow.local, .foreign = at->flow.foreign,
			 .lport = at->flow.lport, .fport = at->flow.fport,
			 .proto = (uint8_t)at->flow.proto, .origin = end ? PCB_ACCEPT : PCB_CONNECT,
			 .established = end };
	struct plane_foreign *f;
	struct plane_pair *e;

	if (!at->open || !h->core)
		return;
	h->opening = &at->flow.foreign;
	int r = core_pcb_open(h->core, &p, s->now);

	at->shown = r == 0;
	s->conn[conn].refused |= r < 0;
	node_settle(s, h);
	h->opening = NULL;
	if (r == -EEXIST)
		sim_fail(s, h, "connection %u clashes with another", conn);
	HASH_FIND(hh, h->plane.foreign, &at->flow.foreign, sizeof(struct in6_addr), f);
	if (!f || end)
		return;
	HASH_FIND(hh, h->plane.pairs, &f->hce, sizeof(f->hce), e);
	if (e)
		e->notify = true;
}

/* An address the program may connect to: what its helper takes for the peer's, and is. */
static bool pick_foreign(struct sim *s, struct host *h, unsigned peer, struct in6_addr *ret)
{
	struct hce *e = node_entry(s, h, peer);
	unsigned from = s->config.strangers ? rng_below(&s->rng, s->config.slots) : 0;
	struct foreign_addr *fa;

	if (e) {
		DL_FOREACH(e->addrs, fa)
			if (fa->state == ADDR_ACTIVE && place_find(s, &fa->addr)->host == peer) {
				*ret = fa->addr;
				return true;
			}
		return false;
	}
	for (unsigned i = 0; i < s->config.slots; i++) {
		const struct slot *l = &s->host[peer].slot[(from + i) % s->config.slots];

		if (place_find(s, &l->home)->host == peer) {
			*ret = l->home;
			return true;
		}
	}
	return false;
}

static void open_one(struct sim *s, unsigned host)
{
	struct host *h = &s->host[host];
	struct flow f = { .lport = (uint16_t)h->lport, .fport = PORT,
			  .proto = rng_chance(&s->rng, 0.8) ? IPPROTO_TCP : IPPROTO_UDP };
	unsigned peer = host - host % s->config.group + rng_below(&s->rng, s->config.group);
	unsigned i = rng_below(&s->rng, s->config.slots);

	if (!h->core || !sim_related(s, host, peer) || !h->slot[i].up ||
	    !pick_foreign(s, h, peer, &f.foreign)) {
		step_later(s, USEC_PER_SEC, host, 0, STEP_OPEN);
		return;
	}
	f.local = h->slot[i].addr;
	h->lport = h->lport == UINT16_MAX ? 1024 : h->lport + 1;
	if (s->n_conn == s->room_conn) {
		s->room_conn = s->room_conn ? 2 * s->room_conn : 256;
		s->conn = realloc(s->conn, s->room_conn * sizeof(*s->conn));
		if (!s->conn)
			abort();
	}
	unsigned n = s->n_conn++;

	s->conn[n] = (struct conn){ .end = { { .host = host }, { .host = peer } }, .live = true,
				    .opened = s->now };
	sock_add(s, n, 0, &f);
	socket_send(s, n, 0);
	show(s, n, 0);
	step_later(s, USEC_PER_SEC, n, 0, STEP_SYN);
	/* as long as the longest outage, some of them */
	step_later(s,
		   rng_wait(&s->rng,
			    rng_chance(&s->rng, 0.2) ? 7200 * USEC_PER_SEC : 300 * USEC_PER_SEC),
		   n, rng_below(&s->rng, 2), STEP_CLOSE);
}

/* The other end hears of it, or not for long. */
static void close_one(struct sim *s, unsigned conn, unsigned end)
{
	usec_t wait = rng_wait(&s->rng,
			       rng_chance(&s->rng, 0.1) ? 3600 * USEC_PER_SEC : 2 * USEC_PER_SEC);
	bool live = s->conn[conn].live;

	/* in the calm the connections are to be looked at */
	if (s->calm) {
		step_later(s, 60 * USEC_PER_SEC, conn, end, STEP_CLOSE);
		return;
	}
	sock_remove(s, conn, end);
	s->conn[conn].live = false;
	if (live) {
		step_later(s, wait, conn, !end, STEP_CLOSE);
		step_later(s, rng_wait(&s->rng, 5 * USEC_PER_SEC), s->conn[conn].end[0].host, 0,
			   STEP_OPEN);
	}
}

static void send_often(struct sim *s, unsigned conn, unsigned end)
{
	if (!s->conn[conn].end[end].open)
		return;
	socket_send(s, conn, end);
	step_later(s, rng_wait(&s->rng, s->config.send), conn, end, STEP_SEND);
}

void socket_event(struct sim *s, const struct sim_event *e)
{
	unsigned conn = e->socket.conn, end = e->socket.end;

	if (e->socket.step == STEP_OPEN) {
		open_one(s, conn);
	} else if (e->socket.step == STEP_SHOW) {
		show(s, conn, end);
	} else if (e->socket.step == STEP_SEND) {
		send_often(s, conn, end);
	} else if (e->socket.step == STEP_KICK) {
		socket_send(s, conn, end);
	} else if (e->socket.step == STEP_CLOSE) {
		close_one(s, conn, end);
	} else if (s->conn[conn].live && !s->conn[conn].end[0].received) {
		socket_send(s, conn, 0);
		if (e->socket.step + 1 < STEP_SHOW)
			step_later(s, USEC_PER_SEC << (e->socket.step - STEP_SYN), conn, 0,
				   e->socket.step + 1);
		else
			step_later(s, USEC_PER_SEC, conn, 0, STEP_CLOSE);
	}
}

/*
 * Whether both ends are in the hands of their helpers: from then on the connection survives moves.
 */
static void note_bound(struct sim *s, struct conn *c)
{
	const struct sa *sa[2] = { NULL, NULL };
	unsigned n = 0;

	for (unsigned i = 0; i < 2 && !c->bound; i++) {
		struct host *h = &s->host[c->end[i].host];
		struct pcb *pcbs = h->core ? core_pcbs(h->core) : NULL, *p = NULL;

		if (pcbs && c->end[i].open)
			HASH_FIND(hh, pcbs, &c->end[i].cookie, sizeof(uint64_t), p);
		if (p && p->hce && p->hce->status == PEER_HOMELESS &&
		    sim_peer(s, h, p->hce) == c->end[!i].host)
			sa[n++] = p->hce->sa;
	}
	/*
	 * One may have keys that the other does not have yet, or any more. Strangers that forgot
	 * are found again by and by: nothing is promised of how soon.
	 */
	if (s->config.strangers &&
	    (s->host[c->end[0].host].forgot || s->host[c->end[1].host].forgot))
		return;
	c->bound |= n == 2 && sa[0]->in.spi == sa[1]->out.spi && sa[0]->out.spi == sa[1]->in.spi;
}

static void told_later(struct sim *s, struct host *h, const struct plane_news *news,
		       const struct in6_addr *src)
{
	struct sim_event e = {
		.host = h->id,
		.told = { .addr = *src, .hce = news->hce, .gen = news->gen, .life = h->life }
	};
	/* the ring buffer keeps the order */
	usec_t wait = READ_EVERY - s->now % READ_EVERY;

	if (!h->core)
		return;
	if (news->heard) {
		e.on = ON_HEARD;
		sim_later(s, wait, &e);
	}
	if (news->silent) {
		e.on = ON_SILENT;
		sim_later(s, wait, &e);
	}
	if (news->followed) {
		e.on = ON_FOLLOWED;
		h->untold++;
		sim_later(s, wait, &e);
	}
}

static void note_moved(struct sim *s, struct host *h, const struct conn_end *at,
		       const struct in6_addr *src, const struct in6_addr *dst)
{
	struct plane_pcb *b;

	if (addr_equal(dst, &at->flow.foreign))
		return;
	HASH_FIND(hh_out, h->plane.out, &at->flow, sizeof(at->flow), b);
	if (b && node_slot(h, src))
		check_moved_data(s, h, b->ports.hce, dst);
}

void socket_send(struct sim *s, unsigned conn, unsigned end)
{
	struct conn_end *at = &s->conn[conn].end[end];
	struct host *h = host_of(s, conn, end);
	struct sim_event e = { .on = ON_DATA, .data = { .conn = conn, .end = end } };
	struct plane_news news = { 0 };
	usec_t due[SIMLINK_COPIES];

	if (!at->open)
		return;
	note_bound(s, &s->conn[conn]);
	if (!plane_egress(&h->plane, &at->flow, &e.data.src, &e.data.dst, s->now, &news))
		return;
	told_later(s, h, &news, &e.data.dst);
	note_moved(s, h, at, &e.data.src, &e.data.dst);

	struct slot *slot = node_slot(h, &e.data.src);

	if (!slot)
		return;		/* the kernel has no such source */
	for (unsigned n = simlink_send(&slot->link, &s->rng, s->now, due); n; n--)
		sim_later(s, due[n - 1] - s->now, &e);
}

/* A packet no socket is there for: the kernel would answer with a reset. */
static void unknown(struct sim *s, struct host *h, unsigned conn, unsigned end,
		    const struct flow *f)
{
	struct conn *c = &s->conn[conn];
	struct conn_end *to = &c->end[!end];

	if (h->id != to->host || sim_is_mallory(s, h->id)) {
		/* The address has changed hands, and the sender cannot know it yet. */
		s->stale++;
		return;
	}
	if (end == 0 && !to->cookie && c->live) {
		sock_add(s, conn, 1, f);
		step_later(s, rng_span(&s->rng, 0, 20 * USEC_PER_MSEC), conn, 1, STEP_SHOW);
		step_later(s, 0, conn, 1, STEP_SEND);
		step_later(s, rng_wait(&s->rng, USEC_PER_SEC), conn, 0, STEP_SEND);
		return;
	}
	if (!c->live || plane_keeps_reset(&h->plane, f))
		return;
	if (c->bound && !c->doomed)
		sim_fail(s, h, "resets connection %u: data came from %s to %s", conn,
			 addr_text(&f->foreign).s, addr_text(&f->local).s);
	c->doomed = true;
	step_later(s, 0, conn, !end, STEP_CLOSE);
}

static void arrived(struct sim *s, unsigned conn, unsigned end)
{
	struct conn_end *at = &s->conn[conn].end[end];
	struct host *h = host_of(s, conn, end);

	struct pcb *pcbs = h->core ? core_pcbs(h->core) : NULL, *p = NULL;

	s->delivered++;
	at->received++;
	if (pcbs)
		HASH_FIND(hh, pcbs, &at->cookie, sizeof(at->cookie), p);
	if (p && !p->established) {
		core_pcb_established(h->core, at->cookie, s->now);
		node_settle(s, h);
	}
	if (rng_chance(&s->rng, 0.5))
		socket_send(s, conn, end);
}

/*
 * Another host had this address, as the receiver's helper knows, and that cannot be helped
 * (hmip-helper(8)): the connection never moved, and its host was not heard of there, so it is as it
 * would be without a helper; or its host had the address before, lost it without being able to say
 * so, and has only just got it back.
 */
static bool unheard(struct sim *s, struct host *h, const struct flow *from,
		    const struct sim_event *e)
{
	unsigned sender = s->conn[e->data.conn].end[e->data.end].host;
	const struct proof *p = proof_find(s, sender, h->id, &e->data.src);
	const struct place *at = place_find(s, &e->data.src);
	struct hce *entry = node_entry(s, h, sender);
	const struct foreign_addr *fa;

	if (p && p->first < at->since && s->now < at->since + CONTESTED)
		return true;
	if (!addr_equal(&from->local, &e->data.src) || !addr_equal(&from->foreign, &e->data.dst))
		return false;
	if (entry)
		DL_FOREACH(entry->addrs, fa)
			if (addr_equal(&fa->addr, &e->data.src))
				return false;
	return true;
}

void socket_data(struct sim *s, const struct sim_event *e)
{
	unsigned conn = e->data.conn, end = e->data.end;
	const struct flow *from = &s->conn[conn].end[end].flow;
	struct flow f = { .local = e->data.dst, .foreign = e->data.src, .lport = from->fport,
			  .fport = from->lport, .proto = from->proto };
	struct place *at = place_find(s, &e->data.dst);
	struct plane_news news = { 0 };
	struct host *h;
	struct sock *k;

	s->datas++;
	if (at->host >= s->n_host)
		return;
	h = &s->host[at->host];
	if (sim_is_mallory(s, at->host))
		mallory_gets(s, h, &e->data.dst, conn);
	if (s->now < node_slot(h, &at->addr)->link.dead_until)
		return;
	enum verdict v = plane_ingress(&h->plane, &f, s->now, &news);

	told_later(s, h, &news, &e->data.src);
	if (v == PLANE_DROP)
		return;
	HASH_FIND(hh, h->socks, &f, sizeof(f), k);
	if (!k)
		unknown(s, h, conn, end, &f);
	else if (k->conn == conn && k->end == !end)
		arrived(s, conn, !end);
	else if (h->id == s->conn[conn].end[!end].host && !unheard(s, h, from, e))
		sim_fail(s, h, "connection %u gets the data of connection %u", k->conn, conn);
	else
		s->stale++;
}

void socket_kicked(struct sim *s, struct host *h, uint32_t hce)
{
	struct sock *k, *next;
	struct plane_pcb *b;

	HASH_ITER(hh, h->socks, k, next) {
		HASH_FIND(hh_out, h->plane.out, &k->flow, sizeof(k->flow), b);
		if (b && b->ports.hce == hce && s->conn[k->conn].end[k->end].received)
			step_later(s, 0, k->conn, k->end, STEP_KICK);
	}
}

void socket_doom(struct sim *s, struct host *h)
{
	struct sock *k, *next;

	HASH_ITER(hh, h->socks, k, next) {
		s->conn[k->conn].doomed = true;
		step_later(s, rng_wait(&s->rng, 60 * USEC_PER_SEC), k->conn, k->end, STEP_CLOSE);
	}
}

void socket_sync(struct sim *s, struct host *h)
{
	for (struct pcb *p = core_pcbs(h->core), *next; p; p = next) {
		struct flow f = { .local = p->local, .foreign = p->foreign, .lport = p->lport,
				  .fport = p->fport, .proto = p->proto };
		struct sock *k;

		next = p->hh.next;
		HASH_FIND(hh, h->socks, &f, sizeof(f), k);
		if (!k)
			core_pcb_close(h->core, p->cookie, s->now);
	}
}

struct hce *socket_entry(struct sim *s, const struct conn *c, unsigned end)
{
	struct host *h = &s->host[c->end[end].host];
	struct pcb *pcbs = h->core ? core_pcbs(h->core) : NULL, *p = NULL;

	if (pcbs)
		HASH_FIND(hh, pcbs, &c->end[end].cookie, sizeof(uint64_t), p);
	return p && p->hce ? p->hce : node_entry(s, h, c->end[!end].host);
}

static unsigned reach(struct sim *s, const struct conn *c, unsigned end)
{
	struct hce *e = socket_entry(s, c, end);
	const struct foreign_addr *fa;

	if (!e)
		return 0;
	if (place_find(s, &e->pair.foreign)->host == c->end[!end].host)
		return 2;
	DL_FOREACH(e->addrs, fa)
		if (fa->state == ADDR_ACTIVE && place_find(s, &fa->addr)->host == c->end[!end].host)
			return 1;
	return 0;
}

bool socket_has_source(struct sim *s, const struct conn *c, unsigned end)
{
	const struct host *h = &s->host[c->end[end].host];
	unsigned of = place_find(s, &c->end[end].flow.local)->personality;

	for (unsigned i = 0; i < s->config.slots; i++)
		if (h->slot[i].up && place_find(s, &h->slot[i].addr)->personality == of)
			return true;
	return false;
}

void socket_expect(struct sim *s)
{
	for (unsigned i = 0; i < s->n_conn; i++) {
		struct conn *c = &s->conn[i];
		bool live = c->live && socket_has_source(s, c, 0) &&
			    socket_has_source(s, c, 1);
		unsigned a = live ? reach(s, c, 0) : 0, b = live ? reach(s, c, 1) : 0;

		c->expect = a > b ? a : b;
	}
}

static bool flows(struct sim *s, const struct conn *c, unsigned end)
{
	const struct conn_end *from = &c->end[end], *to = &c->end[!end];
	struct flow f = { .lport = from->flow.fport, .fport = from->flow.lport,
			  .proto = from->flow.proto };
	struct host *h = &s->host[from->host];

	if (!plane_egress(&h->plane, &from->flow, &f.foreign, &f.local, s->now, NULL) ||
	    !node_slot(h, &f.foreign) || place_find(s, &f.local)->host != to->host)
		return false;
	return plane_ingress(&s->host[to->host].plane, &f, s->now, NULL) == PLANE_PASS &&
		memcmp(&f, &to->flow, sizeof(f)) == 0;
}

bool socket_flows(struct sim *s, const struct conn *c)
{
	return flows(s, c, 0) && flows(s, c, 1);
}
