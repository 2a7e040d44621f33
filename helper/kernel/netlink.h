/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Netlink requests and their answers, over libmnl, for all that asks the kernel; and sockets that
 * receive its notifications.
 */
#ifndef HMIP_NETLINK_H
#define HMIP_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdint.h>

#define NETLINK_BUFFER	32768	/* octets of the longest datagram of a dump */

struct netlink;

/*
 * Called with each message of an answer. Return 0, or a negative errno: fn is not called again
 * then.
 */
typedef int netlink_fn(void *ctx, const struct nlmsghdr *nlh);

/* Opens a socket. bus: NETLINK_ROUTE, NETLINK_SOCK_DIAG, ... Returns 0 or a negative errno. */
int netlink_open(int bus, struct netlink **ret);

/* Closes the socket and frees. NULL is fine. */
void netlink_close(struct netlink *n);

/*
 * Sends nlh and waits for the whole answer; fn may be NULL. nlh needs NLM_F_REQUEST and one of
 * NLM_F_ACK and NLM_F_DUMP, unless the kernel answers the request with one message. Returns 0, the
 * negative errno of the kernel or of fn, or -EINTR if the tables changed during a dump: discard
 * what fn was called with then.
 */
int netlink_ask(struct netlink *n, struct nlmsghdr *nlh, netlink_fn *fn, void *ctx);

/*
 * netlink_ask() for a dump, repeated a few times while it returns -EINTR. again, unless NULL, is
 * called with ctx before each try, to discard the results of the one before. Returns as
 * netlink_ask().
 */
int netlink_dump(struct netlink *n, struct nlmsghdr *nlh, netlink_fn *fn, void (*again)(void *ctx),
		 void *ctx);

/* Overwrites what the last answer left in memory. */
void netlink_wipe(struct netlink *n);

/*
 * Opens a non-blocking socket that receives the n multicast groups, with a large buffer if
 * CAP_NET_ADMIN allows it. The caller closes it with mnl_socket_close(). Returns 0 or a negative
 * errno.
 */
int netlink_listen(int bus, const unsigned *group, unsigned n, struct mnl_socket **ret);

#endif
