/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "resume.h"
#include "addr.h"
#include "conf.h"
#include "core.h"
#include "daemon_private.h"
#include "datapath.h"
#include "fib.h"
#include "flight.h"
#include "icmp_inject.h"
#include "log.h"
#include "sock_events.h"
#include "tcp_flight.h"
#include "tcp_inject.h"
#include "unused.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define DOUBLINGS_MAX	16	/* Linux doubles its timeout 15 times at most */
#define TRACES_MAX	64	/* path MTUs to be looked for later */
#define TRACE_MS	200
/* Linux's net.ipv4.tcp_invalid_ratelimit, and room for its clock. */
#define ASK_AGAIN_MS	520

/* An entry whose connections are to resume. */
struct job {
	uint32_t hce;
	unsigned what;		/* RESUME_* */
	bool listed;
	uint64_t *cookie;	/* of its connections, once listed */
	size_t n, at;
	UT_hash_handle hh;	/* by hce; in the order in which they came */
};

/* An entry whose connections were asked for an acknowledgement less than ASK_AGAIN_MS ago. */
struct asked {
	struct daemon *d;
	uint32_t hce;
	bool again;		/* ... and again since: Linux may not have answered that */
	struct event *ev;	/* the end of that time; pending when all were asked */
	UT_hash_handle hh;	/* by hce */
};

/* A path MTU that is no property of the path. */
struct trace {
	struct in6_addr dst, src;
	struct flow flow;
	unsigned mtu;
};

struct resume {
	struct netlink *route, *diag;
	struct job *jobs;
	struct asked *asked;
	struct event *ev_turn, *ev_traces;
	struct trace trace[TRACES_MAX];
	unsigned n_trace;
};

/* ---- Packet Too Big, and what it leaves ---- */

static int forget(struct resume *r, const struct trace *t)
{
	int err = fib_forget_mtu(r->route, &t->dst, &t->src, &t->flow, t->mtu);

	if (err && err != -ESRCH)
		log_debug("cannot remove the path MTU %u to %s: %s", t->mtu, addr_text(&t->dst).s,
			  strerror(-err));
	return err;
}

static void traces_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *d = ptr;

	while (d->resume->n_trace)
		forget(d->resume, &d->resume->trace[--d->resume->n_trace]);
}

/*
 * The kernel puts off what it does about a socket that a program is using at the moment. Beyond
 * TRACES_MAX a path MTU that is an octet too small expires by itself, in ten minutes.
 */
static void forget_later(struct resume *r, const struct trace *t)
{
	static const struct timeval wait = { .tv_usec = TRACE_MS * 1000 };

	if (r->n_trace < TRACES_MAX)
		r->trace[r->n_trace++] = *t;
	event_add(r->ev_traces, &wait);
}

static void kick_full_segments(struct daemon *d, const struct sock_desc *s, uint32_t acked,
			       const struct in6_addr *via, const struct tcp_flight *flight)
{
	struct resume *r = d->resume;
	struct trace t = { .dst = s->foreign, .src = s->local,
			   .flow = { .uid = s->uid, .mark = s->mark, .proto = s->proto,
				     .lport = s->lport, .fport = s->fport },
			   .mtu = flight->mtu - 1 };
	bool learned = fib_learned_mtu(r->route, &t.dst, &t.src, &t.flow) != 0;

	if (icmp_inject_too_big(d->signal_io, s, acked, via, t.mtu))
		return;
	/* What the kernel had learned of the path is worth an octet: it stays. */
	if (!learned && forget(r, &t) == -ESRCH)
		forget_later(r, &t);
}

/* ---- connections ---- */

/* Whether p has the pair in use on the wire. */
static bool has_pair(const struct pcb *p)
{
	struct in6_addr l, f;

	pcb_wire_pair(p, &l, &f);
	return addr_equal(&l, &p->hce->pair.local) && addr_equal(&f, &p->hce->pair.foreign);
}

static bool may_resume(const struct pcb *p)
{
	return p->proto == IPPROTO_TCP && p->established && p->linger_until == USEC_NEVER &&
	       has_pair(p);
}

/* What the kernel has of a connection. */
struct view {
	struct sock_desc sock;
	bool has_seq;
	struct dp_seq seq;
	uint32_t una;		/* 0: not known */
	struct dp_flight small;	/* segments */
};

static void look(struct daemon *d, const struct pcb *p, struct view *ret)
{
	*ret = (struct view){ .sock = sock_from_pcb(p),
			      .seq = { .l = p->local, .f = p->foreign, .lport = htons(p->lport),
				       .fport = htons(p->fport) } };
	ret->has_seq = !datapath_seq(d->datapath, &ret->seq, &ret->small);
	if (ret->has_seq)
		ret->una = ret->seq.una;
	else if (datapath_acked(d->datapath, p->hce->id, p, &ret->una))
		ret->una = 0;
}

/*
 * Sends the small segments that are in flight again. Returns whether that was all that is in
 * flight.
 */
static bool send_again(struct daemon *d, const struct view *v, const struct tcp_flight *flight)
{
	const struct dp_flight *f = &v->small;
	const uint32_t head = sizeof(struct ip6_hdr) + sizeof(struct tcphdr) +
			      (f->stamped ? DP_TIMESTAMP : 0);
	uint8_t octets[DP_FLIGHT_OCTETS];
	struct tcp_segment s = { .ack = ntohl(f->ack), .window = ntohs(f->window),
				 .stamped = f->stamped, .data = octets,
				 .stamp = { ntohl(f->stamp[0]), ntohl(f->stamp[1]) } };
	uint32_t n = flight_unacked(f, v->seq.una, v->seq.nxt, &s.seq, octets);

	/* With TLS, a NIC may encrypt what the datapath saw. */
	if (!n || flight->layered || flight->mtu <= head)
		return false;
	s.len = n < flight->mtu - head ? n : flight->mtu - head;
	return !tcp_inject_again(d->signal_io, &v->sock, &s) && s.seq == v->seq.una &&
	       s.seq + s.len == v->seq.nxt;
}

/*
 * Whether the helper may send segments of the connection: with its socket they take the way of the
 * connection's only if no rule has another for its user or mark.
 */
static bool may_send(const struct pcb *p, const struct view *v)
{
	return v->has_seq && !p->mark && !p->hce->policy_routed;
}

/*
 * While its window is closed, as it is after a hold (tcp_hold.h), TCP gives its acknowledgements
 * the number of the first octet that is not acknowledged. If the peer has that octet, they are of
 * the past for it, and it takes nothing from them; if it is so at both ends, for ever. So the peer
 * is told once with the number that is due. With a window, TCP at a peer that is held as well would
 * give up at its next timer, if this acknowledges nothing new there. This end's true window comes
 * with what TCP sends next; a peer that has more to say before asks for it, as for any closed one.
 */
static void acknowledge(struct daemon *d, const struct view *v)
{
	const struct tcp_segment s = { .seq = v->seq.nxt, .ack = v->seq.rcv_nxt, .window = 0 };

	tcp_inject_again(d->signal_io, &v->sock, &s);
}

static void kick(struct daemon *d, const struct pcb *p, const struct view *v, bool lost)
{
	const struct pair *pair = &p->hce->pair;
	const struct local_addr *la = core_local(d->core, &pair->local);
	/* What holds if the kernel does not tell: the kick does no harm if nothing is in flight. */
	struct tcp_flight flight = { .unacked = 1, .backoff = DOUBLINGS_MAX };
	int r = tcp_flight_get(d->resume->diag, &v->sock, la ? la->ifindex : 0, &flight);

	if (r == -ENOENT || !flight.unacked)
		return;
	if (!r && !flight.window && may_send(p, v))
		acknowledge(d, v);
	if (flight.backoff)
		icmp_inject_retransmit(d->signal_io, &v->sock, v->una, &pair->local,
				       flight.backoff < DOUBLINGS_MAX ? flight.backoff :
				       DOUBLINGS_MAX);
	else if (lost && !(d->conf->resend && may_send(p, v) && send_again(d, v, &flight)))
		kick_full_segments(d, &v->sock, v->una, &pair->local, &flight);
}

static void resume_pcb(struct daemon *d, const struct pcb *p, unsigned what)
{
	const struct pair *pair = &p->hce->pair;
	struct view v;

	look(d, p, &v);
	if (what & RESUME_OPEN && v.has_seq)
		tcp_inject_ask_ack(d->signal_io, &v.sock, v.una, v.seq.rcv_nxt, &pair->local);
	if (what & RESUME_KICK && v.una)
		kick(d, p, &v, what & RESUME_LOST);
}

/* ---- entries asked twice within Linux's time ---- */

static void asked_free(struct resume *r, struct asked *a)
{
	HASH_DEL(r->asked, a);
	event_free(a->ev);
	free(a);
}

static struct asked *asked_find(const struct resume *r, uint32_t hce)
{
	struct asked *a;

	HASH_FIND(hh, r->asked, &hce, sizeof(hce), a);
	return a;
}

static void asked_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct asked *a = ptr;
	struct daemon *d = a->d;

	if (a->again)
		resume_want(d, a->hce, RESUME_OPEN);
	asked_free(d->resume, a);
	resume_run(d, RESUME_TURN);
}

/* The entry's connections are about to be asked. */
static void asked_begin(struct daemon *d, uint32_t hce)
{
	struct asked *a = asked_find(d->resume, hce);

	if (a) {
		a->again = true;
		return;
	}
	a = calloc(1, sizeof(*a));
	if (a)
		a->ev = evtimer_new(d->base, asked_event, a);
	if (!a || !a->ev) {
		free(a);
		log_warnx("out of memory: if the pair changes soon, its connections are not heard");
		return;
	}
	a->d = d;
	a->hce = hce;
	HASH_ADD(hh, d->resume->asked, hce, sizeof(a->hce), a);
}

/* They were asked. What Linux answered last is old enough when the event comes. */
static void asked_end(struct resume *r, uint32_t hce)
{
	static const struct timeval wait = { .tv_usec = ASK_AGAIN_MS * 1000 };
	struct asked *a = asked_find(r, hce);

	if (a && !evtimer_pending(a->ev, NULL))
		event_add(a->ev, &wait);
}

/* ---- entries ---- */

static void job_free(struct resume *r, struct job *j)
{
	asked_end(r, j->hce);
	HASH_DEL(r->jobs, j);
	free(j->cookie);
	free(j);
}

void resume_want(struct daemon *d, uint32_t id, unsigned what)
{
	struct resume *r = d->resume;
	struct job *j;

	HASH_FIND(hh, r->jobs, &id, sizeof(id), j);
	if (j) {
		what |= j->what;
		job_free(r, j);
	}
	j = calloc(1, sizeof(*j));
	if (!j) {
		log_warnx("out of memory: connections resume when TCP's timers expire");
		return;
	}
	j->hce = id;
	j->what = what;
	HASH_ADD(hh, r->jobs, hce, sizeof(j->hce), j);
}

/*
 * Notes the entry's connections, by their cookies: they may end before their turn. Returns whether
 * there are any.
 */
static bool list(struct daemon *d, struct job *j)
{
	const struct hce *hce = core_entry(d->core, j->hce);

	j->listed = true;
	if (!hce || IN6_IS_ADDR_UNSPECIFIED(&hce->pair.local) || !hce->n_pcb)
		return false;
	j->cookie = calloc(hce->n_pcb, sizeof(*j->cookie));
	for (const struct pcb *p = j->cookie ? hce->pcbs : NULL; p; p = p->next)
		if (may_resume(p))
			j->cookie[j->n++] = p->cookie;
	if (j->n && j->what & RESUME_OPEN)
		asked_begin(d, j->hce);
	return j->n;
}

/* Goes on with one entry for budget connections at most. Returns what is left of budget. */
static unsigned job_run(struct daemon *d, struct job *j, unsigned budget)
{
	while (j->at < j->n && budget) {
		const struct pcb *p = core_pcb(d->core, j->cookie[j->at++]);

		if (!p || !p->hce || p->hce->id != j->hce || !may_resume(p))
			continue;
		resume_pcb(d, p, j->what);
		budget--;
	}
	return budget;
}

void resume_run(struct daemon *d, unsigned max)
{
	static const struct timeval at_once = { 0 };
	struct resume *r = d->resume;
	unsigned budget = max;
	struct job *j, *next;

	HASH_ITER(hh, r->jobs, j, next) {
		if (!j->listed && !list(d, j)) {
			job_free(r, j);
			continue;
		}
		budget = job_run(d, j, budget);
		if (j->at < j->n)
			break;
		job_free(r, j);
	}
	if (r->jobs)
		event_add(r->ev_turn, &at_once);
}

static void turn_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	resume_run(ptr, RESUME_TURN);
}

int resume_open(struct daemon *d)
{
	struct resume *r = calloc(1, sizeof(*r));
	int err;

	d->resume = r;
	if (!r)
		return -ENOMEM;
	r->ev_turn = evtimer_new(d->base, turn_event, d);
	r->ev_traces = evtimer_new(d->base, traces_event, d);
	if (!r->ev_turn || !r->ev_traces)
		return -ENOMEM;
	err = netlink_open(NETLINK_ROUTE, &r->route);
	return err ? err : netlink_open(NETLINK_SOCK_DIAG, &r->diag);
}

void resume_close(struct daemon *d)
{
	struct resume *r = d->resume;
	struct asked *a, *next_asked;
	struct job *j, *next;

	if (!r)
		return;
	HASH_ITER(hh, r->jobs, j, next)
		job_free(r, j);
	HASH_ITER(hh, r->asked, a, next_asked)
		asked_free(r, a);
	if (r->ev_turn)
		event_free(r->ev_turn);
	if (r->ev_traces)
		event_free(r->ev_traces);
	netlink_close(r->route);
	netlink_close(r->diag);
	free(r);
	d->resume = NULL;
}
