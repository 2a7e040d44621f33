/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tcp_hold.h"
#include "core.h"
#include "daemon_private.h"
#include "datapath.h"
#include "fib.h"
#include "sock_events.h"
#include "tcp_flight.h"
#include "tcp_inject.h"
#include "unused.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <time.h>
#include <uthash.h>
#include <utlist.h>

#define TURN_MAX	128	/* connections in one turn of the event loop */
#define LOOK_MS		10000	/* a connection is looked at each time after so long, or earlier */
#define BEHIND_MS	50	/* ... so long behind a timer of its */
#define REST_MS		20	/* between turns, at least */

/* A held connection. */
struct held {
	uint64_t cookie;
	uint64_t due;		/* when it is to be looked at; ms of now_ms() */
	unsigned turn;		/* in which it was seen last */
	UT_hash_handle hh;	/* by cookie */
};

struct tcp_hold {
	struct netlink *diag, *route;
	struct event *ev;
	struct held *conns;
	unsigned turn;
};

/* TCP's timers stand still while the machine sleeps, as this clock does. */
static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- one connection ---- */

static bool look(struct tcp_hold *h, const struct sock_desc *s, struct tcp_flight *ret)
{
	*ret = (struct tcp_flight){ 0 };
	return tcp_flight_get(h->diag, s, 0, ret) == 0;
}

/* What is for another host must not be sent: whether the address is local for the kernel now. */
static bool is_local(struct tcp_hold *h, const struct in6_addr *addr)
{
	struct fib_match m;

	return fib_get(h->route, addr, NULL, 0, NULL, &m) == 0 && m.type == RTN_LOCAL;
}

/* Linux before 6.6 takes window 0 over from a larger number only. */
static void close_window(struct daemon *d, const struct sock_desc *s, const struct dp_seq *seq)
{
	struct tcp_flight now;

	tcp_inject_alive(d->signal_io, s, seq->una, seq->rcv_nxt, 0);
	if (look(d->tcp_hold, s, &now) && now.unacked && now.window)
		tcp_inject_alive(d->signal_io, s, seq->una, seq->rcv_nxt + 1, 0);
}

static void keep(struct daemon *d, const struct sock_desc *s, const struct tcp_flight *flight)
{
	struct dp_seq seq = { .l = s->local, .f = s->foreign, .lport = htons(s->lport),
			      .fport = htons(s->fport) };
	/* Without a doubling of the timeout the kick cannot make TCP go on at once (resume.c). */
	bool repeats = flight->unacked && flight->backoff;
	bool probes = !flight->unacked && flight->expires_ms < 2 * LOOK_MS &&
		      (flight->timer == TIMER_KEEPALIVE || flight->timer == TIMER_PROBE);

	if ((!repeats && !probes) || datapath_seq(d->datapath, &seq, NULL) ||
	    !is_local(d->tcp_hold, &s->local))
		return;
	if (repeats)
		close_window(d, s, &seq);
	else
		tcp_inject_alive(d->signal_io, s, seq.una, seq.rcv_nxt, (uint16_t)flight->window);
}

/* Returns after how many ms the connection is to be looked at again. */
static unsigned attend(struct daemon *d, const struct pcb *p)
{
	struct sock_desc s = sock_from_pcb(p);
	struct tcp_flight flight;
	unsigned wait = LOOK_MS;

	if (!look(d->tcp_hold, &s, &flight))
		return wait;	/* it has ended, which sock_events.c will hear, or is bound */
	keep(d, &s, &flight);
	/* Behind the timer, to see what it did: count a probe, or repeat a segment at last. */
	if ((flight.timer == TIMER_KEEPALIVE || !flight.backoff) && flight.timer != TIMER_NONE &&
	    flight.expires_ms < wait)
		wait = flight.expires_ms + BEHIND_MS;
	return wait;
}

/* ---- all of them ---- */

/* The row of p, new ones being due at once. NULL if memory is short. */
static struct held *row(struct tcp_hold *h, const struct pcb *p)
{
	struct held *c;

	HASH_FIND(hh, h->conns, &p->cookie, sizeof(p->cookie), c);
	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return NULL;
		c->cookie = p->cookie;
		HASH_ADD(hh, h->conns, cookie, sizeof(c->cookie), c);
	}
	c->turn = h->turn;
	return c;
}

static void drop_others(struct tcp_hold *h)
{
	struct held *c, *next;

	HASH_ITER(hh, h->conns, c, next)
		if (c->turn != h->turn) {
			HASH_DEL(h->conns, c);
			free(c);
		}
}

static bool may_hold(const struct pcb *p)
{
	return p->proto == IPPROTO_TCP && p->established && p->linger_until == USEC_NEVER;
}

/*
 * Looks at the connections of a held entry that are due, *budget of them at most. Returns when the
 * next one is due.
 */
static uint64_t attend_entry(struct daemon *d, const struct hce *hce, uint64_t now,
			     unsigned *budget)
{
	uint64_t next = UINT64_MAX;
	const struct pcb *p;

	DL_FOREACH(hce->pcbs, p) {
		struct held *c = may_hold(p) ? row(d->tcp_hold, p) : NULL;

		if (!c)
			continue;
		if (c->due <= now && *budget) {
			c->due = now + attend(d, p);
			--*budget;
		}
		if (c->due < next)
			next = c->due;
	}
	return next;
}

static void come_back(struct tcp_hold *h, uint64_t ms)
{
	struct timeval wait = { .tv_sec = (time_t)(ms / 1000),
				.tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	event_add(h->ev, &wait);
}

/* Looks at the held connections that are due, and comes back while there are any held. */
static void run(struct daemon *d)
{
	struct tcp_hold *h = d->tcp_hold;
	uint64_t now = now_ms(), next = now + LOOK_MS;
	unsigned budget = TURN_MAX;

	h->turn++;
	for (const struct hce *hce = core_entries(d->core); hce; hce = hce->hh.next) {
		uint64_t due = hce->held_since ? attend_entry(d, hce, now, &budget) : next;

		if (due < next)
			next = due;
	}
	drop_others(h);
	if (h->conns)
		come_back(h, next > now + REST_MS ? next - now : REST_MS);
}

static void turn_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	run(ptr);
}

void tcp_hold_changed(struct daemon *d)
{
	static const struct timeval at_once = { 0 };

	event_add(d->tcp_hold->ev, &at_once);
}

int tcp_hold_open(struct daemon *d)
{
	struct tcp_hold *h = calloc(1, sizeof(*h));
	int r;

	d->tcp_hold = h;
	if (!h)
		return -ENOMEM;
	h->ev = evtimer_new(d->base, turn_event, d);
	if (!h->ev)
		return -ENOMEM;
	r = netlink_open(NETLINK_ROUTE, &h->route);
	return r ? r : netlink_open(NETLINK_SOCK_DIAG, &h->diag);
}

void tcp_hold_close(struct daemon *d)
{
	struct tcp_hold *h = d->tcp_hold;

	if (!h)
		return;
	h->turn++;
	drop_others(h);
	if (h->ev)
		event_free(h->ev);
	netlink_close(h->route);
	netlink_close(h->diag);
	free(h);
	d->tcp_hold = NULL;
}
