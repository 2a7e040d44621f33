/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel routes a moved connection needs (DESIGN, datapath 9), all tagged ROUTE_PROTO:
 *
 *   local L0 dev lo table local          while connections live that were born with a lost L0: what ingress rewrites
 *                                        to L0 is then delivered
 *   F0/128 via .. dev ..                 while the route to F0 leads elsewhere than the route from L* to F* does: so
 *                                        device, MTU, neighbour and offloads are right
 *
 * steer_* keeps the set that is wanted and makes the kernel agree; route_* are the netlink calls.
 */
#ifndef HMIP_ROUTE_H
#define HMIP_ROUTE_H

#include "core.h"

#define ROUTE_PROTO	109	/* rtm_protocol: nobody's in iproute2's rt_protos */

struct nexthop {
	unsigned ifindex;
	bool has_gateway;
	struct in6_addr gateway;
	unsigned mtu;		/* of the route, 0: the device's */
};

struct steer;

/* Opens the netlink socket and removes routes a dead helper left. Returns 0 or a negative errno. */
int steer_open(struct steer **ret);

/* Removes all our routes and frees. NULL is fine. */
void steer_close(struct steer *s);

/*
 * Computes from the core's entries, connections and local addresses which routes are wanted, and adds and removes the
 * difference. To be called when ACTION_PAIR*, LOCAL* or PCB* were carried out and when routes changed. Returns 0, or the first
 * negative errno (logged); what can be done is done.
 */
int steer_update(struct steer *s, struct core *c);

/* The kernel's route from src to dst, out of interface oif if not 0. Our own /128 routes are looked through. Returns 0 or a negative errno. */
int route_get(struct steer *s, const struct in6_addr *dst, const struct in6_addr *src, unsigned oif, struct nexthop *ret);

#endif
