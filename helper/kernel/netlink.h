/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A netlink socket for questions and answers, over libmnl: what link, route and sockdiag ask the kernel in the same
 * way.
 */
#ifndef HMIP_NETLINK_H
#define HMIP_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdint.h>

#define NETLINK_BUFFER	32768	/* the kernel never makes a longer datagram for a dump */

struct netlink;

/* Called with each message of an answer. Returns 0, or a negative errno that ends the question. */
typedef int netlink_fn(void *ctx, const struct nlmsghdr *nlh);

/* bus: NETLINK_ROUTE and so on. Returns 0 or a negative errno. */
int netlink_open(int bus, struct netlink **ret);

/* NULL is fine. */
void netlink_close(struct netlink *n);

/*
 * Sends nlh, which needs NLM_F_REQUEST and one of NLM_F_ACK and NLM_F_DUMP (or a request the kernel answers with one
 * message), and waits for the answer; fn may be NULL. Returns 0, the negative errno the kernel or fn answered, or
 * -EINTR if a dump was overtaken by changes: what fn has seen then is to be thrown away.
 */
int netlink_ask(struct netlink *n, struct nlmsghdr *nlh, netlink_fn *fn, void *ctx);

/* netlink_ask() for a dump, some times over while it is overtaken; again is called with ctx before each. */
int netlink_dump(struct netlink *n, struct nlmsghdr *nlh, netlink_fn *fn, void (*again)(void *ctx), void *ctx);

/*
 * Opens a non-blocking socket that hears the multicast groups given (n of them), with a large buffer where that is
 * allowed. Returns 0 or a negative errno.
 */
int netlink_listen(int bus, const unsigned *group, unsigned n, struct mnl_socket **ret);

#endif
