/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes in the kernel's tables (libmnl): look one up, set one, remove one. route_sync.h
 * says what they are for.
 */
#ifndef HMIP_FIB_H
#define HMIP_FIB_H

#include "netlink.h"
#include "sock_info.h"

#include <netinet/in.h>
#include <stdbool.h>

#define ROUTE_PROTO	109	/* rtm_protocol: nobody's in iproute2's rt_protos */

struct nexthop {
	unsigned ifindex;
	bool has_gateway;
	struct in6_addr gateway;
	unsigned mtu;		/* of the route, 0: the device's */
};

/* Whose packets a lookup is for: policy rules send users and marks their own ways. */
struct flow {
	uint32_t uid;		/* SOCK_UID_UNKNOWN: as root's */
	uint32_t mark;		/* SO_MARK, 0: none */
};

/* A route of ours: to one address, for one source or any. */
struct fib_route {
	uint32_t table;
	uint8_t type;			/* RTN_UNICAST, RTN_LOCAL */
	struct in6_addr dst, src;	/* src unspecified: for any */
	uint32_t metric;
	struct nexthop nh;
};

/* The answer to a lookup. */
struct fib_match {
	uint32_t table;
	uint8_t type, dst_len;
	struct nexthop nh;
	bool multipath;		/* one of several next hops, and the kernel chooses by flow */
};

/*
 * Looks up the route from src (NULL: any) to dst for packets of flow (NULL: of root, without a mark). oif, if not 0, is a wish with a source and strict without one: that
 * is how the kernel has it. Returns 0, or a negative errno: -ENETUNREACH, -EHOSTUNREACH and others of a kind if there
 * is none.
 */
int fib_get(struct netlink *n, const struct in6_addr *dst, const struct in6_addr *src, unsigned oif,
	    const struct flow *flow, struct fib_match *ret);

/* The source address the kernel would choose towards dst. Returns 0, -EADDRNOTAVAIL, or as fib_get(). */
int fib_source(struct netlink *n, const struct in6_addr *dst, const struct flow *flow, struct in6_addr *ret);

/* Whether there are policy rules that look at users or marks: *ret. Returns 0 or a negative errno. */
int fib_ruled(struct netlink *n, bool *ret);

/*
 * Sets r, tagged ROUTE_PROTO. With replace in the place of what has its table, destination, source and metric;
 * without, what is there stays, with all the kernel has learned for it. Returns 0 or a negative errno (-EEXIST: it
 * was there).
 */
int fib_set(struct netlink *n, const struct fib_route *r, bool replace);

/*
 * Removes our route of that table, destination, source and metric. Returns 0, also if there is none, or a negative
 * errno.
 */
int fib_remove(struct netlink *n, const struct fib_route *r);

/* Calls fn for each route tagged ROUTE_PROTO, of any table. Returns 0, or the first negative errno, fn's included. */
int fib_each(struct netlink *n, int (*fn)(void *ctx, const struct fib_route *r), void *ctx);

#endif
