/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets as sock_diag(7) lists them, and when they end (its destroy events), whichever process closed them and however.
 */
#ifndef HMIP_SOCK_MONITOR_H
#define HMIP_SOCK_MONITOR_H

#include "sock_info.h"

#include <stddef.h>

struct sock_monitor;

typedef void sock_monitor_gone_fn(void *ctx, uint64_t cookie);

/*
 * p as by sock_info_get(), with accepted and, if no process has it (yet), an
 * unknown uid. half: its handshake has come so far that the peer's answer is waited for, and no socket is made
 * of it yet.
 */
typedef void sock_monitor_found_fn(void *ctx, const struct sock_desc *p, bool half);

/* Subscribes to the ends of TCP and UDP sockets over IPv6. Needs CAP_NET_ADMIN. Returns 0 or a negative errno. */
int sock_monitor_open(sock_monitor_gone_fn *fn, void *ctx, struct sock_monitor **ret);

/* NULL is fine. */
void sock_monitor_close(struct sock_monitor *mon);

/* Readable when sockets ended: poll it, then call sock_monitor_read(). */
int sock_monitor_fd(const struct sock_monitor *mon);

/*
 * Reports the ends that were told, of sockets known to the caller or not. Returns their number; -ENOBUFS if some were
 * lost: call sock_monitor_sync(); or another negative errno.
 */
int sock_monitor_read(struct sock_monitor *mon);

/* Looks up the sockets with these n cookies, and reports those that do not exist. Returns 0 or a negative errno. */
int sock_monitor_sync(struct sock_monitor *mon, const uint64_t *cookie, size_t n);

/*
 * Calls fn for each UDP socket over IPv6 that is not connected, with its cookie, local address (unspecified if it is bound to
 * none) and port, until it returns a negative errno. Returns 0, that errno, or another.
 */
int sock_monitor_unconnected(struct sock_monitor *mon,
			     int (*fn)(void *ctx, const struct sock_desc *p), void *ctx);

/*
 * Calls fn for each connection over IPv6 of this network namespace that sock_info_get() would take,
 * and for the subflows of MPTCP, of whatever program, unless that wants it left alone. Which end
 * began a TCP connection is told by whether its port is listened at. Returns 0 or a negative errno;
 * fn may have been called then, and it may be called twice for one.
 */
int sock_monitor_list(struct sock_monitor *mon, sock_monitor_found_fn *fn, void *ctx);

#endif
