/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes in the kernel's tables (libmnl): look one up, set one, remove one. route_sync.h describes
 * which routes hmip sets.
 */
#ifndef HMIP_FIB_H
#define HMIP_FIB_H

#include "netlink.h"
#include "sock_info.h"

#include <netinet/in.h>
#include <stdbool.h>

#define ROUTE_PROTO	109	/* rtm_protocol of hmip's routes; unused in iproute2's rt_protos */

struct nexthop {
	unsigned ifindex;
	bool has_gateway;
	struct in6_addr gateway;
	unsigned mtu;		/* of the route; 0: the device's */
};

/*
 * What policy rules may select a routing table by, besides the addresses. No padding: it is part of
 * a hash key.
 */
struct flow {
	uint32_t uid;		/* user id; SOCK_UID_UNKNOWN: look up as for root */
	uint32_t mark;		/* SO_MARK; 0: none */
	uint16_t lport, fport;	/* host order; 0: none */
	uint32_t proto;		/* IPPROTO_TCP, IPPROTO_UDP; 0: none */
};

/* By what the policy rules of this host select. */
struct fib_rules {
	bool uid, mark, proto, lport, fport;
	bool other;		/* by what a look-up cannot tell, such as the traffic class */
	bool refuse;		/* one of them refuses what it selects, instead of a table */
};

/* A route that hmip sets: to one address, from one source or from any. */
struct fib_route {
	uint32_t table;
	uint8_t type;			/* RTN_UNICAST, RTN_LOCAL */
	struct in6_addr dst, src;	/* src unspecified: from any */
	uint32_t metric;
	struct nexthop nh;
};

/* The answer to a lookup. */
struct fib_match {
	uint32_t table;
	uint8_t type, dst_len;
	struct nexthop nh;
	bool multipath;		/* nh is one of several: the kernel chooses by flow */
};

/*
 * Looks up the route from src (NULL: any) to dst for packets of flow (NULL: of root, without a
 * mark or protocol). oif (0: any) is a requirement without src; with src, the kernel only prefers
 * it. Returns 0 or a negative errno; -ENETUNREACH, -EHOSTUNREACH and the like if there is no route.
 */
int fib_get(struct netlink *n, const struct in6_addr *dst, const struct in6_addr *src, unsigned oif,
	    const struct flow *flow, struct fib_match *ret);

/*
 * Looks up the source address that the kernel would choose for packets of flow to dst. Returns 0,
 * -EADDRNOTAVAIL if the answer has none, or as fib_get().
 */
int fib_source(struct netlink *n, const struct in6_addr *dst, const struct flow *flow,
	       struct in6_addr *ret);

/*
 * The path MTU that the kernel has learned for packets of flow from src to dst, an exception to
 * their route; 0: none.
 */
unsigned fib_learned_mtu(struct netlink *n, const struct in6_addr *dst, const struct in6_addr *src,
			 const struct flow *flow);

/*
 * Removes that exception, if its MTU is mtu: sockets take the route's again. Returns 0, -ESRCH if
 * there is none, or another negative errno.
 */
int fib_forget_mtu(struct netlink *n, const struct in6_addr *dst, const struct in6_addr *src,
		   const struct flow *flow, unsigned mtu);

/* Reads by what policy rules select. Returns 0, or a negative errno with *ret unchanged. */
int fib_rules(struct netlink *n, struct fib_rules *ret);

/*
 * Whether table has a route that refuses packets to dst (blackhole, unreachable, prohibit), used or
 * behind others. Returns 1, 0 or a negative errno.
 */
int fib_refuses(struct netlink *n, uint32_t table, const struct in6_addr *dst);

/*
 * Sets r, tagged ROUTE_PROTO. With replace, r replaces a route of the same table, destination,
 * source and metric; without, such a route stays, with what the kernel learned for it (path MTU).
 * Returns 0, -EEXIST if there is one, or another negative errno.
 */
int fib_set(struct netlink *n, const struct fib_route *r, bool replace);

/*
 * Removes the route tagged ROUTE_PROTO with r's table, destination, source and metric. Returns 0,
 * also if there is none, or a negative errno.
 */
int fib_remove(struct netlink *n, const struct fib_route *r);

/*
 * Calls fn for each route tagged ROUTE_PROTO, of any table. Returns 0, or the first negative errno,
 * fn's included.
 */
int fib_each(struct netlink *n, int (*fn)(void *ctx, const struct fib_route *r), void *ctx);

#endif
