/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel routes that moved connections need (doc/ARCHITECTURE.md, "Why"), all tagged
 * ROUTE_PROTO:
 *
 *   local L0 dev lo table local        while there are connections whose birth address L0 is lost,
 *                                      or which send from another: packets that ingress rewrites
 *                                      to L0 are delivered
 *   F0/128 from L0/128 via .. dev ..   while the route to F0 has another next hop than the route
 *                                      from L* to F*: device, MTU, neighbour, offloads are right
 *
 * L0 and F0 are a birth pair, L* and F* the pair in use. The second kind is for one source only, so
 * that packets to F0 from other sources keep their route. It is in the table where the kernel finds
 * the route for the connection's packets, so that policy rules keep their effect; setting it
 * also makes a socket with a cached route look it up again. Packets from L0 to F0 that are not
 * rewritten (of a program that is not registered, while L0 is not lost) use the same route. If
 * there is a host route to F0 already, the route is for any source: Linux 6.18 would not find the
 * existing one behind a route for one source.
 *
 * route_sync_* maintains the set of routes; route_* are lookups.
 */
#ifndef HMIP_ROUTE_SYNC_H
#define HMIP_ROUTE_SYNC_H

#include "core.h"
#include "fib.h"

struct route_sync;

/*
 * Opens the netlink socket, reads the policy rules and takes over the routes that an earlier helper
 * left: they stay until the first route_sync_update(), which keeps those that are needed. Returns 0
 * or a negative errno.
 */
int route_sync_open(struct route_sync **ret);

/*
 * Reads again by what policy rules select. Call when rules changed. Returns 0 or a negative errno;
 * on an error the previous result stays.
 */
int route_sync_rules(struct route_sync *s);

/* Whether policy rules select by more than addresses and interfaces. */
bool route_sync_ruled(const struct route_sync *s);

/* What of p's packets policy rules select by, for look-ups; the rest is 0. */
struct flow route_sync_flow(const struct route_sync *s, const struct pcb *p);

/*
 * Whether policy rules choose another source for p's packets than for root's own; or may have done
 * so, if they select by what a look-up cannot tell and p was born with another.
 */
bool route_sync_apart(struct route_sync *s, const struct pcb *p);

/*
 * Whether policy rules forbid p's packets to leave from local to foreign: they let them leave by
 * another link only, and nowhere without it. A table that leads elsewhere but refuses nothing only
 * prefers its link. False for the birth pair.
 */
bool route_sync_forbids(struct route_sync *s, struct core *c, const struct pcb *p,
			const struct in6_addr *local, const struct in6_addr *foreign);

/* Calls neigh_flush_unresolved(); an error goes to the debug log. */
void route_sync_flush_neighbours(struct route_sync *s, unsigned ifindex);

/*
 * Makes route_sync_close() leave the routes in the kernel, for the next helper. NULL is fine.
 */
void route_sync_leave(struct route_sync *s);

/* Removes the routes from the kernel and frees. NULL is fine. */
void route_sync_close(struct route_sync *s);

/*
 * Computes the routes that the core's entries, connections and local addresses need, and adds and
 * removes the difference. Call after ACTION_PAIR*, LOCAL* or PCB* were carried out, and when routes
 * changed. A route that is right is not touched, so that what the kernel learned for it (path MTU)
 * stays. A connection without a route from L* to F* is skipped. Continues after an error. Returns
 * 0, or the first negative errno (logged).
 */
int route_sync_update(struct route_sync *s, struct core *c);

/*
 * The same for the connections of hce only, whose pair changed. Routes of connections that are not
 * there any more, and for what is sent to its birth addresses, stay until route_sync_sweep().
 */
int route_sync_entry(struct route_sync *s, struct core *c, const struct hce *hce);

/* Removes the routes that no connection needs any more; the others stay as they are. */
int route_sync_sweep(struct route_sync *s, struct core *c);

/*
 * Looks up the next hop from src (NULL: any) to dst. With oif (0: any) it is out of that interface,
 * whatever the metrics of others: by the route for src if that uses it, else by the route for any
 * source. Returns 0 or a negative errno; -ENETUNREACH and the like if there is no route, or dst is
 * this host.
 */
int route_get(struct route_sync *s, const struct in6_addr *dst, const struct in6_addr *src,
	      unsigned oif,
	      struct nexthop *ret);

/*
 * Looks up the source address that the kernel would choose now for packets of flow (NULL: of root,
 * without a mark) to dst, by RFC 6724, rules and route metrics. Returns 0 or a negative errno.
 */
int route_source(struct route_sync *s, const struct in6_addr *dst, const struct flow *flow,
		 struct in6_addr *ret);

#endif
