/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries out what the core asks for. Within one batch the datapath comes first, then the routes and the host map, then the
 * packets that need them, then the kicks: a packet that leaves must find its way, and TCP must find it when kicked.
 */
#include "config.h"

#include "apply.h"
#include "addr.h"
#include "adopt.h"
#include "clock.h"
#include "core.h"
#include "daemon_private.h"
#include "datapath.h"
#include "dns.h"
#include "event_log.h"
#include "fib.h"
#include "hostmap_sync.h"
#include "icmp_inject.h"
#include "log.h"
#include "route_sync.h"
#include "signal_io.h"
#include "sock_events.h"
#include "sock_info.h"
#include "state_file.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <utlist.h>

#define ROUNDS_MAX	16	/* of sendings that fail and make the core ask for more, before the loop gets its turn */
#define KICK_BURST	16	/* Linux doubles its timeout 15 times at most */
#define LATER_MS	200
#define FRESH_LINK	(3 * USEC_PER_SEC)	/* an address is new to its link for so long */

/* Whether policy rules send p's user, or its mark, from another address than root's packets. */
static bool pcb_is_apart(struct daemon *h, const struct pcb *p)
{
	const struct flow flow = { .uid = p->uid, .mark = p->mark };
	struct in6_addr own, root;

	return route_sync_ruled(h->route_sync) && p->forget == USEC_NEVER &&
	       route_source(h->route_sync, &p->foreign, &flow, &own) == 0 &&
	       route_source(h->route_sync, &p->foreign, NULL, &root) == 0 &&
		       !addr_equal(&own, &root);
}

/* The same for any connection of e. Those of one user and mark are looked up once where they follow each other. */
static bool entry_is_apart(struct daemon *h, const struct hce *e)
{
	const struct pcb *p, *last = NULL;

	DL_FOREACH(e->pcbs, p) {
		if (last && p->uid == last->uid && p->mark == last->mark && addr_equal(&p->foreign, &last->foreign))
			continue;
		if (pcb_is_apart(h, p))
			return true;
		last = p;
	}
	return false;
}

/* Whether a new connection bears other addresses on the wire than its own, so that it needs routes at once. */
static bool pcb_is_rewritten(struct daemon *h, const struct action *a)
{
	const struct hce *e = core_entry(h->core, a->hce);

	return e && (!addr_equal(&e->pair.local, &a->pcb.local) || !addr_equal(&e->pair.foreign, &a->pcb.foreign));
}

/*
 * Whether a new connection may change what hostmap_ports_may_clash() says: it is the first, or not
 * born as the one before it.
 */
static bool pcb_differs_from_last(struct daemon *h, const struct action *a)
{
	const struct pcb *p = core_pcb(h->core, a->pcb.cookie);
	const struct hce *e = p ? p->hce : NULL;

	return e && (p == e->pcbs || !addr_equal(&p->local, &p->prev->local) ||
		     !addr_equal(&p->foreign, &p->prev->foreign));
}

/* S6: nothing can be sent to this peer; those of its connections that were moved may know. */
static void apply_unreachable(struct daemon *h, uint32_t id)
{
	struct hce *e = core_entry(h->core, id);
	const struct local_addr *via = e ? hostmap_best_local(h->core, e->personality,
							      &e->pair.foreign) : NULL;

	for (const struct pcb *p = via ? core_pcbs(h->core) : NULL; p; p = p->hh.next) {
		uint32_t acked = 0;

		if (p->hce == e && p->forget == USEC_NEVER && pcb_moved(p) &&
		    datapath_acked(h->datapath, id, p, &acked) == 0) {
			struct sock_desc s = sock_from_pcb(p);

			icmp_inject_unreachable(h->signal_io, &s, acked, &via->addr);
		}
	}
}

static bool entry_was_apart(struct daemon *h, uint32_t id)
{
	const struct hce *e = core_entry(h->core, id);

	return e && e->apart;
}

static bool is_homeless(struct daemon *h, uint32_t id)
{
	const struct hce *e = core_entry(h->core, id);

	return e && e->status == PEER_HOMELESS;
}

/* One action: carried out, or put where apply_queued() finds it. */
static void apply_one(struct daemon *h, const struct action *a)
{
	switch (a->type) {
	case ACTION_SEND:
		h->send[h->n_send++] = *a;
		h->save_now = true;
		return;
	case ACTION_KICK:
		for (unsigned i = 0; i < h->n_kick; i++)
			if (h->kick[i] == a->hce)
				return;
		h->kick[h->n_kick++] = a->hce;
		return;
	case ACTION_UNREACHABLE:
		apply_unreachable(h, a->hce);
		return;
	case ACTION_RESOLVE:
		dns_ask(h->dns, a->hce, a->name);
		return;
	case ACTION_EVENT:
		event_log(h, a);
		h->route_now |= a->event.event == EVENT_ENTRY_NEW;
		if (a->event.event == EVENT_STATUS)
			adopt_status(h, a->hce);
		h->save_later = true;
		return;
	case ACTION_PLAIN:
		h->view_later = true;
		return;
	case ACTION_PAIR:
	case ACTION_PAIR_GONE:
		h->routes_now = h->view_now = h->save_now = true;
		break;
	case ACTION_LOCAL:
	case ACTION_LOCAL_GONE:
		h->routes_now = h->view_now = true;
		h->save_later = true;
		break;
	case ACTION_FOREIGN:
	case ACTION_FOREIGN_GONE:
		h->view_now = h->save_now = true;
		if (a->type == ACTION_FOREIGN && a->foreign.state == ADDR_ACTIVE && is_homeless(h, a->hce))
			adopt_schedule(h, true);
		break;
	case ACTION_PCB:
		h->routes_now |= pcb_is_rewritten(h, a);
		h->view_now |= pcb_differs_from_last(h, a);
		h->save_later = true;
		if (pcb_is_apart(h, &a->pcb))
			core_apart(h->core, a->hce, true, clock_boottime());
		break;
	case ACTION_PCB_GONE:
		h->routes_later = h->view_later = h->save_later = true;
		h->route_now |= entry_was_apart(h, a->hce);
		break;
	case ACTION_SPI:
	case ACTION_SPI_GONE:
		h->save_now = true;
		break;
	case ACTION_BOUND:
	case ACTION_BOUND_GONE:
		break;
	}
	datapath_action(h->datapath, a);
}

static void apply_send(struct daemon *h, const struct action *a)
{
	const struct in6_addr *src = &a->send.src;
	const struct local_addr *l = core_local(h->core, src);
	int r;

	/* On a link that is just up this packet shall be the one that asks for the router, not a segment ahead of it. */
	if (l && clock_boottime() < usec_add(l->since, FRESH_LINK))
		route_sync_flush_neighbours(h->route_sync, l->ifindex);
	r = signal_io_send(h->signal_io, a->send.packet, a->send.len, l ? l->ifindex : 0);
	if (r == 0)
		return;
	log_debug("cannot send from %s to %s: %s", addr_text(src).s, addr_text(&a->send.dst).s, strerror(-r));
	core_send_failed(h->core, a, clock_boottime());
}

/* Makes TCP retransmit on every connection of an entry. */
static void apply_retransmit(struct daemon *h, uint32_t id)
{
	struct hce *e = core_entry(h->core, id);

	if (!e || IN6_IS_ADDR_UNSPECIFIED(&e->pair.local))
		return;
	for (const struct pcb *p = core_pcbs(h->core); p; p = p->hh.next) {
		uint32_t acked;

		if (p->hce != e || p->proto != IPPROTO_TCP || !p->established || p->forget != USEC_NEVER)
			continue;
		/* 0: nothing heard yet */
		if (datapath_acked(h->datapath, id, p, &acked) == 0 && acked) {
			struct sock_desc s = sock_from_pcb(p);

			icmp_inject_retransmit(h->signal_io, &s, acked, &e->pair.local, KICK_BURST);
		}
	}
}

/* What waited for the datapath to be right. */
static void apply_queued(struct daemon *h)
{
	unsigned n_send = h->n_send, n_kick = h->n_kick;

	if (h->routes_now)
		route_sync_update(h->route_sync, h->core);
	if (h->view_now)
		hostmap_sync(h);
	h->routes_now = false;
	h->n_send = h->n_kick = 0;
	for (unsigned i = 0; i < n_send; i++)
		apply_send(h, &h->send[i]);
	if (n_kick)
		sock_events_sync_established(h);
	for (unsigned i = 0; i < n_kick; i++)
		apply_retransmit(h, h->kick[i]);
}

/* Tells the core which sources the kernel would choose. */
static void apply_route_sources(struct daemon *h)
{
	h->route_now = false;
	h->view_now = true;	/* hostmap_ports_may_clash() */
	for (struct hce *e = core_entries(h->core), *next; e; e = next) {
		const struct in6_addr *dst = &e->pair.foreign;
		struct in6_addr src;

		next = e->hh.next;
		core_apart(h->core, e->id, entry_is_apart(h, e), clock_boottime());
		if (IN6_IS_ADDR_UNSPECIFIED(dst) && e->addrs)
			dst = &e->addrs->addr;
		if (!IN6_IS_ADDR_UNSPECIFIED(dst) && route_source(h->route_sync, dst, NULL,
								  &src) == 0)
			core_routed(h->core, e->id, &src, clock_boottime());
	}
}

static void apply_save(struct daemon *h)
{
	int r = state_file_save(h->core, h->state, clock_boottime(), clock_wall());

	if (r < 0)
		log_warnx("cannot save the state to %s: %s, ignoring", h->state, strerror(-r));
	h->save_now = h->save_later = false;
}

static void apply_timer(struct daemon *h, bool more)
{
	usec_t t = more ? 1 : core_deadline(h->core);
	struct itimerspec spec = { 0 };

	/* 0 would disarm it. */
	if (t != USEC_NEVER)
		spec.it_value = (struct timespec){ .tv_sec = t / USEC_PER_SEC, .tv_nsec = t ? t % USEC_PER_SEC * 1000 : 1 };
	timerfd_settime(h->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

void apply_actions(struct daemon *h)
{
	struct timeval later = { .tv_usec = LATER_MS * 1000 };
	bool more = true;

	for (unsigned round = 0; more && round < ROUNDS_MAX; round++) {
		struct action a;

		more = false;
		while (core_next_action(h->core, &a)) {
			more = true;
			apply_one(h, &a);
			if (h->n_send == SENDS_MAX || h->n_kick == KICKS_MAX)
				apply_queued(h);
		}
		apply_queued(h);
		if (h->route_now) {
			apply_route_sources(h);
			more = true;
		}
	}
	if (!more)
		adopt_carried(h);
	if (h->save_now)
		apply_save(h);
	if ((h->save_later || h->routes_later || h->view_later) &&
	    !event_pending(h->ev_later, EV_TIMEOUT, NULL))
		event_add(h->ev_later, &later);
	apply_timer(h, more);
}

void apply_deferred(struct daemon *h)
{
	if (h->routes_later)
		route_sync_update(h->route_sync, h->core);
	h->routes_later = false;
	if (h->view_later)
		hostmap_sync(h);
	if (h->save_later)
		apply_save(h);
}
