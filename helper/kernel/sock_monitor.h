/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists sockets by sock_diag(7), and reports when they are closed, by its destroy events: these
 * come for sockets of every process, however they were closed.
 */
#ifndef HMIP_SOCK_MONITOR_H
#define HMIP_SOCK_MONITOR_H

#include "sock_info.h"

#include <stddef.h>

struct sock_monitor;

/* The socket with that cookie was closed. */
typedef void sock_monitor_gone_fn(void *ctx, uint64_t cookie);

/*
 * A connection was found. p is as from sock_info_get(), with accepted; its uid is SOCK_UID_UNKNOWN
 * if no process has the socket (yet). half: it is in SYN-RECEIVED, and has no socket yet.
 */
typedef void sock_monitor_found_fn(void *ctx, const struct sock_desc *p, bool half);

/*
 * Subscribes to the destroy events of TCP and UDP sockets over IPv6, for which fn will be called.
 * Needs CAP_NET_ADMIN. Returns 0 or a negative errno.
 */
int sock_monitor_open(sock_monitor_gone_fn *fn, void *ctx, struct sock_monitor **ret);

/* Closes the sockets and frees. NULL is fine. */
void sock_monitor_close(struct sock_monitor *mon);

/* A descriptor to poll: it is readable when sockets were closed. Then call sock_monitor_read(). */
int sock_monitor_fd(const struct sock_monitor *mon);

/*
 * Calls sock_monitor_gone_fn for each closed socket, known to the caller or not. Returns their
 * number, -ENOBUFS if events were lost (call sock_monitor_sync() then), or another negative errno.
 */
int sock_monitor_read(struct sock_monitor *mon);

/*
 * Calls sock_monitor_gone_fn for those of the n cookies that no socket has. Returns 0 or a negative
 * errno.
 */
int sock_monitor_sync(struct sock_monitor *mon, const uint64_t *cookie, size_t n);

/*
 * Calls fn for each unconnected UDP socket over IPv6, with its cookie, local address (unspecified
 * if it is not bound to one) and port, until fn returns a negative errno. Returns 0, that errno, or
 * another. A dump that is repeated calls fn twice for one socket.
 */
int sock_monitor_unconnected(struct sock_monitor *mon,
			     int (*fn)(void *ctx, const struct sock_desc *p), void *ctx);

/*
 * Calls fn for each connection over IPv6 of this network namespace that sock_info_get() accepts,
 * and for subflows of MPTCP, of every process, except those with CONTROL_PREVENTED. A TCP
 * connection counts as accepted if a socket listens at its port. fn may be called twice for one
 * connection, and before an error. Returns 0 or a negative errno.
 */
int sock_monitor_list(struct sock_monitor *mon, sock_monitor_found_fn *fn, void *ctx);

/*
 * Returns whether there is a connection between these addresses that sock_monitor_list() would
 * report. false also if the kernel cannot be asked.
 */
bool sock_monitor_connected(struct sock_monitor *mon, const struct in6_addr *local,
			    const struct in6_addr *foreign);

#endif
