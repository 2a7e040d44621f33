/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel routes a moved connection needs (doc/ARCHITECTURE.md, "Why"), all tagged ROUTE_PROTO:
 *
 *   local L0 dev lo table local          while connections live that were born with a lost L0: what
 *                                        ingress rewrites to L0 is then delivered
 *   F0/128 from L0/128 via .. dev ..     while the route to F0 leads elsewhere than the route from
 *                                        L* to F* does: so device, MTU, neighbour and offloads are
 *                                        right
 *
 * The second kind is for one source only: others' packets to F0 keep their way, and so do our own
 * lookups for any other source. It is in the table where the kernel finds the route of the
 * connection's user and mark, so that policy rules keep their meaning, others' traffic keeps its
 * way, and a socket that has cached its route is made to look again. What also goes from L0 to F0
 * without being rewritten (an unregistered program's packets, while L0 is not lost) cannot be told
 * apart by a route and goes along. Where somebody has a host route to F0 ours is for any source:
 * Linux would hide theirs behind one for a source (seen on 6.18).
 *
 * route_sync_* keeps the set that is wanted and makes the kernel agree; route_* are lookups.
 */
#ifndef HMIP_ROUTE_SYNC_H
#define HMIP_ROUTE_SYNC_H

#include "core.h"
#include "fib.h"

struct route_sync;

/*
 * Opens the netlink socket and takes over the routes that an earlier helper left: they stay until
 * the first route_sync_update(), which keeps those that are wanted. Returns 0 or a negative errno.
 */
int route_sync_open(struct route_sync **ret);

/*
 * Reads anew whether policy rules look at users or marks. Call when rules changed. Returns 0 or a
 * negative errno.
 */
int route_sync_rules(struct route_sync *s);

/* Whether they do. */
bool route_sync_ruled(const struct route_sync *s);

/* What is unresolved on the interface is to be asked for anew, by the next packet (neigh.h). */
void route_sync_flush_neighbours(struct route_sync *s, unsigned ifindex);

/*
 * Leaves our routes in the kernel, for the next helper: route_sync_close() will not remove them.
 * NULL is fine.
 */
void route_sync_leave(struct route_sync *s);

/* Removes all our routes and frees. NULL is fine. */
void route_sync_close(struct route_sync *s);

/*
 * Computes from the core's entries, connections and local addresses which routes are wanted, and
 * adds and removes the difference. To be called when ACTION_PAIR*, LOCAL* or PCB* were carried out
 * and when routes changed. A route that is right already is not touched, so what the kernel learned
 * with it (path MTU) stays. Where there is no way from L* to F*, things are left as they are.
 * Returns 0, or the first negative errno (logged); what can be done is done.
 */
int route_sync_update(struct route_sync *s, struct core *c);

/*
 * The kernel's route from src (NULL: any) to dst; with an oif, out of that interface whatever other
 * metrics say: the one for that source if it leads there, else that for any. Returns 0 or a
 * negative errno: -ENETUNREACH and its kind if there is none or dst is this host.
 */
int route_get(struct route_sync *s, const struct in6_addr *dst, const struct in6_addr *src,
	      unsigned oif,
	      struct nexthop *ret);

/*
 * The source address the kernel would choose for packets of flow (NULL: of root, without a mark) to
 * dst today (RFC 6724, rules and route metrics). Returns 0, or a negative errno if there is none.
 */
int route_source(struct route_sync *s, const struct in6_addr *dst, const struct flow *flow,
		 struct in6_addr *ret);

#endif
