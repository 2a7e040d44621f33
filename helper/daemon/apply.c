/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries out the core's actions. In each batch the datapath's maps are written first, then routes
 * and the host map, then the packets that need them are sent, and then TCP is made to retransmit: a
 * packet needs its route, and a retransmitted segment needs the new pair.
 *
 * But where an address of a peer becomes Active, TCP retransmits as soon as there are routes, and
 * only then the datapath takes what comes from there. An acknowledgement that TCP had before would
 * end the backing off that makes it retransmit, and, as it answers what was sent before an outage,
 * set its timer to seconds.
 */
#include "config.h"

#include "apply.h"
#include "addr.h"
#include "adopt.h"
#include "clock.h"
#include "core.h"
#include "daemon_private.h"
#include "datapath.h"
#include "delivered.h"
#include "dns.h"
#include "event_log.h"
#include "fib.h"
#include "hostmap_sync.h"
#include "icmp_inject.h"
#include "ifmon.h"
#include "log.h"
#include "resume.h"
#include "route_sync.h"
#include "saving.h"
#include "signal_io.h"
#include "signal_record.h"
#include "sock_events.h"
#include "sock_info.h"
#include "state.h"
#include "tcp_hold.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <utlist.h>

#define LOOPBACK	1	/* its index in every namespace */
#define ROUNDS_MAX	16	/* of actions causing actions, before other events */
#define LATER_MS	200	/* until apply_deferred() */
/* Before packets from an address younger than this, unresolved neighbour entries are flushed. */
#define FRESH_LINK	(3 * USEC_PER_SEC)
/* ... unless they were just now: a packet of ours waits there for the neighbour's answer. */
#define NEIGHBOUR_TIME	(40 * USEC_PER_MSEC)
/* Connections that resume before a peer's new address is heard; it waits about a millisecond. */
#define FIRST_MAX	16

/* Whether what looks them up is the same. */
static bool pcb_same_flow(struct daemon *d, const struct pcb *a, const struct pcb *b)
{
	const struct flow x = route_sync_flow(d->route_sync, a),
			  y = route_sync_flow(d->route_sync, b);

	return !memcmp(&x, &y, sizeof(x)) && addr_equal(&a->foreign, &b->foreign) &&
	       addr_equal(&a->local, &b->local);
}

/* Whether any open connection of hce is apart. Neighbours of one flow are looked up once. */
static bool entry_is_apart(struct daemon *d, const struct hce *hce)
{
	const struct pcb *p, *last = NULL;

	DL_FOREACH(hce->pcbs, p) {
		if (p->linger_until != USEC_NEVER || (last && pcb_same_flow(d, p, last)))
			continue;
		if (route_sync_apart(d->route_sync, p))
			return true;
		last = p;
	}
	return false;
}

/*
 * Whether a new connection has another pair on the wire than its birth pair, and needs routes at
 * once.
 */
static bool pcb_is_rewritten(struct daemon *d, const struct action *a)
{
	const struct pcb *p = core_pcb(d->core, a->pcb.cookie);

	return p && pcb_wire_pair(p, NULL, NULL);
}

/*
 * Whether a new connection may change the result of hostmap_ports_may_clash(): it is the entry's
 * first, or its birth pair is not that of the connection before it.
 */
static bool pcb_differs_from_last(struct daemon *d, const struct action *a)
{
	const struct pcb *p = core_pcb(d->core, a->pcb.cookie);
	const struct hce *hce = p ? p->hce : NULL;

	return hce && (p == hce->pcbs || !addr_equal(&p->local, &p->prev->local) ||
		       !addr_equal(&p->foreign, &p->prev->foreign));
}

/* Reports to the moved connections of an entry that its peer is unreachable (S6). */
static void apply_unreachable(struct daemon *d, uint32_t id)
{
	struct hce *hce = core_entry(d->core, id);
	const struct local_addr *via = hce ? core_local_for(d->core, hce->personality,
							    &hce->pair.foreign) : NULL;

	for (const struct pcb *p = via ? hce->pcbs : NULL; p; p = p->next) {
		uint32_t acked = 0;

		if (p->linger_until == USEC_NEVER && pcb_wire_pair(p, NULL, NULL) &&
		    datapath_acked(d->datapath, id, p, &acked) == 0) {
			struct sock_desc s = sock_from_pcb(p);

			icmp_inject_unreachable(d->signal_io, &s, acked, &via->addr);
		}
	}
}

static bool entry_was_apart(struct daemon *d, uint32_t id)
{
	const struct hce *hce = core_entry(d->core, id);

	return hce && hce->policy_routed;
}

static bool is_homeless(struct daemon *d, uint32_t id)
{
	const struct hce *hce = core_entry(d->core, id);

	return hce && hce->status == PEER_HOMELESS;
}

/* Nothing needs the datapath any more, or no longer can be helped by it. */
static void apply_left(struct daemon *d, const struct action *a)
{
	if (a->left.back)
		log_info("%u connections are back on the addresses they began with", a->left.back);
	if (a->left.unanswered)
		log_warnx("%u connections are back on the addresses they began with, but their "
			  "peers did not acknowledge that: they end if the peers' data still goes "
			  "to other addresses",
			  a->left.unanswered);
	if (a->left.stranded)
		log_warnx("%u connections have moved and cannot go back: an address they began "
			  "with is lost, so they end when they carry data",
			  a->left.stranded);
	event_base_loopbreak(d->base);
}

/* Whether policy rules forbid an address of ours to any connection of hce that they confine. */
static bool entry_is_barred(struct daemon *d, const struct hce *hce, const struct in6_addr *local)
{
	const struct pcb *p, *last = NULL;

	DL_FOREACH(hce->pcbs, p) {
		if (!p->confined || p->linger_until != USEC_NEVER ||
		    (last && pcb_same_flow(d, p, last)))
			continue;
		if (route_sync_forbids(d->route_sync, d->core, p, local, &hce->pair.foreign))
			return true;
		last = p;
	}
	return false;
}

/* Whether policy rules confine a connection of hce, or did so when this was last asked. */
static bool any_is_confined(const struct hce *hce)
{
	const struct binding *b;
	const struct pcb *p;

	DL_FOREACH(hce->bindings, b)
		if (b->barred)
			return true;
	DL_FOREACH(hce->pcbs, p)
		if (p->confined)
			return true;
	return false;
}

/*
 * Reports to the core which connections of hce policy rules forbid its pair, of those that would
 * have it, and which addresses they bar to any. Neighbours of one flow are looked up once.
 */
static void check_policy(struct daemon *d, struct hce *hce)
{
	const struct pair pair = hce->pair;
	bool forbidden = false;
	const struct pcb *p, *last = NULL;
	usec_t now = clock_boottime();

	DL_FOREACH(hce->pcbs, p) {
		if (p->linger_until != USEC_NEVER ||
		    (!p->forbidden && !pcb_wire_pair(p, NULL, NULL)))
			continue;
		if (!last || !pcb_same_flow(d, p, last))
			forbidden = route_sync_forbids(d->route_sync, d->core, p, &pair.local,
						       &pair.foreign);
		core_policy_forbids(d->core, p->cookie, forbidden, now);
		last = p;
	}
	if (!any_is_confined(hce))
		return;
	for (const struct local_addr *la = core_locals(d->core); la; la = la->hh.next)
		if (la->usable && la->personality == hce->personality)
			core_policy_bars(d->core, hce->id, &la->addr,
					 entry_is_barred(d, hce, &la->addr), now);
}

static void write_maps(struct daemon *d, const struct action *a)
{
	if (datapath_action(d->datapath, a) < 0)
		core_failed(d->core, a, clock_boottime());
}

/* What became Active is so in the datapath from now on. */
static void apply_active(struct daemon *d)
{
	for (unsigned i = 0; i < d->n_active; i++)
		write_maps(d, &d->active[i]);
	d->n_active = 0;
}

/* Whether a, of a peer's address, waits for apply_active(). One address's keep their order. */
static bool waits(struct daemon *d, const struct action *a)
{
	bool full = d->n_active == ACTIVES_MAX;

	for (unsigned i = 0; i < d->n_active; i++)
		full |= addr_equal(&d->active[i].foreign.addr, &a->foreign.addr);
	if (full)
		apply_active(d);
	if (a->type != ACTION_FOREIGN || a->foreign.state != ADDR_ACTIVE)
		return false;
	d->active[d->n_active++] = *a;
	return true;
}

/* The interface of an address of ours to send by; 0: it is on none, or on the loopback. */
static unsigned interface_of(struct daemon *d, const struct in6_addr *src)
{
	const struct local_addr *la = core_local(d->core, src);

	return la && la->ifindex != LOOPBACK ? la->ifindex : 0;
}

/*
 * Whether packets from src to dst may leave by another interface than that which has src: by *ret,
 * because the peer's packets to src come there; or by any (0), because the kernel chooses src for
 * what leaves there. Otherwise an address whose own link has no route is of no use.
 */
static bool other_way(struct daemon *d, const struct in6_addr *src, const struct in6_addr *dst,
		      unsigned *ret)
{
	struct in6_addr chosen;

	*ret = delivered_by(d, src);
	return *ret || (route_source(d->route_sync, dst, NULL, &chosen) == 0 &&
			addr_equal(&chosen, src));
}

/*
 * One that cannot be sent is not missed: the next one follows, or another path is in use by then.
 */
static void apply_keepalive(struct daemon *d, const struct action *a)
{
	int r = signal_io_keepalive(d->signal_io, &a->pair.local, &a->pair.foreign,
				    interface_of(d, &a->pair.local));

	if (r < 0)
		log_debug("cannot send a keep-alive from %s to %s: %s",
			  addr_text(&a->pair.local).s, addr_text(&a->pair.foreign).s,
			  strerror(-r));
}

/* Carries out one action, or queues it for apply_queued(). */
static void apply_one(struct daemon *d, const struct action *a)
{
	struct hce *hce;

	state_note(d->state, a);
	switch (a->type) {
	case ACTION_SEND:
		d->send[d->n_send++] = *a;
		return;
	case ACTION_KEEPALIVE:
		apply_keepalive(d, a);
		return;
	case ACTION_OPEN:
		resume_want(d, a->hce, RESUME_OPEN);
		entry_set_add(&d->established, a->hce);
		return;
	case ACTION_RETRANSMIT:
		resume_want(d, a->hce, a->retransmit.lost ? RESUME_KICK | RESUME_LOST :
			    RESUME_KICK);
		entry_set_add(&d->established, a->hce);
		return;
	case ACTION_HOLD:
		tcp_hold_changed(d);
		return;
	case ACTION_UNREACHABLE:
		apply_unreachable(d, a->hce);
		return;
	case ACTION_RESOLVE:
		dns_ask(d->dns, a->hce, a->name);
		return;
	case ACTION_EVENT:
		event_log(d, a);
		d->save_later |= a->event.event != EVENT_DROPPED;
		return;
	case ACTION_LEFT:
		apply_left(d, a);
		return;
	case ACTION_ENTRY:
		entry_set_add(&d->source_of, a->hce);
		return;
	case ACTION_STATUS:
		adopt_status(d, a->hce);
		return;
	case ACTION_WATCH:
		datapath_notify(d->datapath, a->hce);
		return;
	case ACTION_NONPEERS:
		d->view_later = true;
		return;
	case ACTION_RESERVE:
		d->save_now = true;
		return;
	case ACTION_PAIR:
		entry_set_add(&d->routes_of, a->hce);
		hce = core_entry(d->core, a->hce);
		if (hce && route_sync_ruled(d->route_sync))
			check_policy(d, hce);
		d->routes_later = true;		/* what an address that is used again needed */
		d->view_now = d->save_now = true;
		break;
	case ACTION_PAIR_GONE:
		d->routes_gone = d->view_now = d->save_now = true;
		break;
	case ACTION_LOCAL:
	case ACTION_LOCAL_GONE:
		d->routes_now = d->view_now = true;
		d->save_later = true;
		break;
	case ACTION_FOREIGN:
	case ACTION_FOREIGN_GONE:
		d->view_now = d->save_now = true;
		if (a->type == ACTION_FOREIGN && a->foreign.state == ADDR_ACTIVE &&
		    is_homeless(d, a->hce))
			adopt_schedule(d, true);
		if (waits(d, a))
			return;
		break;
	case ACTION_PCB:
		if (pcb_is_rewritten(d, a)) {
			entry_set_add(&d->routes_of, a->hce);
			/* The next helper must know it, or this host resets it. */
			d->save_now = true;
		}
		d->view_now |= pcb_differs_from_last(d, a);
		d->save_later = true;
		if (a->pcb.linger_until == USEC_NEVER && route_sync_apart(d->route_sync, &a->pcb))
			core_policy_routed(d->core, a->hce, true, clock_boottime());
		break;
	case ACTION_PCB_GONE:
		d->routes_later = d->view_later = d->save_later = true;
		if (entry_was_apart(d, a->hce))
			entry_set_add(&d->source_of, a->hce);
		break;
	case ACTION_SPI:
	case ACTION_SPI_GONE:
		d->save_now = true;
		break;
	case ACTION_SOCKET:
	case ACTION_WINDOW:
		d->save_later = true;
		return;
	case ACTION_BOUND:
	case ACTION_BOUND_GONE:
		break;
	}
	write_maps(d, a);
}

/*
 * On a fresh link our packet must cause the solicitation, not a segment before it (neigh.h), and
 * each retransmission another one: the neighbour may not have been ready. What waits for an answer
 * goes with its entry, so packets to several addresses must not flush each other's.
 */
static void flush_fresh_link(struct daemon *d, const struct local_addr *la)
{
	usec_t now = clock_boottime();
	struct interface *i;

	if (now >= usec_add(la->since, FRESH_LINK))
		return;
	LL_FOREACH(d->interfaces, i)
		if (i->ifindex == la->ifindex && now >= i->flush_next) {
			i->flush_next = usec_add(now, NEIGHBOUR_TIME);
			route_sync_flush_neighbours(d->route_sync, la->ifindex);
		}
}

/*
 * On a link that lost its carrier a segment waits three seconds for its neighbour, and TCP repeats
 * none that still waits in this host.
 */
static void flush_dead_links(struct daemon *d)
{
	struct interface *i;

	if (!d->links_lost)
		return;
	d->links_lost = false;
	LL_FOREACH(d->interfaces, i) {
		if (i->lost && !ifmon_works(d->ifmon, i->ifindex))
			route_sync_flush_neighbours(d->route_sync, i->ifindex);
		i->lost = false;
	}
}

/*
 * Sends it by all its ways, out of interface ifindex (0: any). Returns 0 if it left by one of them,
 * or a negative errno.
 */
static int send_by_ways(struct daemon *d, const struct action *a, unsigned ifindex)
{
	int native = -ENETUNREACH, udp = -ENETUNREACH;

	if (a->send.via & VIA_NATIVE)
		native = signal_io_send(d->signal_io, a->send.packet, a->send.len, ifindex);
	if (a->send.via & VIA_UDP)
		udp = signal_io_send_udp(d->signal_io, a->send.packet, a->send.len, ifindex);
	if (!native || !udp)
		return 0;
	return a->send.via & VIA_NATIVE ? native : udp;
}

void apply_record(struct daemon *d, const uint8_t *pkt, size_t len)
{
	int r = signal_record_packet(d->record, pkt, len);

	if (r < 0)
		log_warnx("cannot record signalling: %s, recording no more", strerror(-r));
}

static void apply_send(struct daemon *d, const struct action *a)
{
	const struct in6_addr *src = &a->send.src;
	const struct local_addr *la = core_local(d->core, src);
	unsigned own = interface_of(d, src), other;
	int r;

	if (la)
		flush_fresh_link(d, la);
	r = send_by_ways(d, a, own);
	if (r < 0 && own && other_way(d, src, &a->send.dst, &other) && other != own)
		r = send_by_ways(d, a, other);
	if (r == 0) {
		apply_record(d, a->send.packet, a->send.len);
		return;
	}
	log_debug("cannot send signalling from %s to %s: %s", addr_text(src).s,
		  addr_text(&a->send.dst).s, strerror(-r));
	core_send_failed(d->core, a, clock_boottime());
}

static void sync_entry(void *ctx, struct hce *hce)
{
	sock_events_sync_entry(ctx, hce);
}

static void sync_established(struct daemon *d)
{
	entry_set_take(&d->established, d->core, sync_entry, d);
}

static void update_routes_of(void *ctx, struct hce *hce)
{
	struct daemon *d = ctx;

	route_sync_entry(d->route_sync, d->core, hce);
}

/* Of entries that are gone, of those whose pair changed, or all. */
static void update_routes(struct daemon *d)
{
	if (d->routes_gone)
		route_sync_sweep(d->route_sync, d->core);
	d->routes_gone = false;
	if (!d->routes_now && !d->routes_of.all) {
		entry_set_take(&d->routes_of, d->core, update_routes_of, d);
		return;
	}
	d->routes_of = (struct entry_set){ 0 };
	d->routes_now = false;
	route_sync_update(d->route_sync, d->core);
}

/*
 * Carries out what waited for the datapath's maps: routes, host map, state, packets. What a
 * packet tells the peer is saved before it leaves.
 */
static void apply_queued(struct daemon *d)
{
	unsigned n_send = d->n_send;

	update_routes(d);
	flush_dead_links(d);
	if (d->n_active) {
		sync_established(d);
		resume_run(d, FIRST_MAX);
		apply_active(d);
	}
	if (d->view_now && hostmap_may_sync(d))
		hostmap_sync(d);
	if (d->save_now)
		saving_write(d);
	d->n_send = 0;
	for (unsigned i = 0; i < n_send; i++)
		apply_send(d, &d->send[i]);
	sync_established(d);
}

/* Reports to the core which source the kernel would choose for an entry. */
static void apply_route_source(void *ctx, struct hce *hce)
{
	const struct in6_addr *dst = &hce->pair.foreign;
	struct daemon *d = ctx;
	struct in6_addr src;

	core_policy_routed(d->core, hce->id, entry_is_apart(d, hce), clock_boottime());
	check_policy(d, hce);
	if (IN6_IS_ADDR_UNSPECIFIED(dst) && hce->addrs)
		dst = &hce->addrs->addr;
	if (!IN6_IS_ADDR_UNSPECIFIED(dst) && route_source(d->route_sync, dst, NULL, &src) == 0)
		core_routed(d->core, hce->id, &src, clock_boottime());
}

static void apply_timer(struct daemon *d, bool more)
{
	usec_t t = more ? 1 : core_deadline(d->core);
	struct itimerspec spec = { 0 };

	/* A time of 0 would disarm the timer. */
	if (t != USEC_NEVER)
		spec.it_value = (struct timespec){ .tv_sec = t / USEC_PER_SEC,
						   .tv_nsec = t ? t % USEC_PER_SEC * 1000 : 1 };
	timerfd_settime(d->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

void apply_actions(struct daemon *d)
{
	struct timeval later = { .tv_usec = LATER_MS * 1000 };
	bool more = true;

	for (unsigned round = 0; more && round < ROUNDS_MAX; round++) {
		struct action a;

		more = false;
		while (core_next_action(d->core, &a)) {
			more = true;
			apply_one(d, &a);
			if (d->n_send == SENDS_MAX)
				apply_queued(d);
		}
		apply_queued(d);
		if (!entry_set_empty(&d->source_of)) {
			d->view_now = true;	/* hostmap_ports_may_clash() */
			entry_set_take(&d->source_of, d->core, apply_route_source, d);
			more = true;
		}
	}
	resume_run(d, RESUME_TURN);
	if (!more)
		adopt_carried(d);
	if (d->view_now)
		later.tv_usec = (suseconds_t)usec_until(d->view_next, clock_boottime());
	if (d->view_now || ((d->save_later || d->routes_later || d->view_later) &&
			    !event_pending(d->ev_later, EV_TIMEOUT, NULL)))
		event_add(d->ev_later, &later);
	apply_timer(d, more);
}

void apply_deferred(struct daemon *d)
{
	if (d->routes_lost)
		route_sync_update(d->route_sync, d->core);
	else if (d->routes_later)
		route_sync_sweep(d->route_sync, d->core);
	d->routes_lost = d->routes_later = false;
	if (d->view_later || d->view_now)
		hostmap_sync(d);
	if (d->save_later)
		saving_write(d);
}
