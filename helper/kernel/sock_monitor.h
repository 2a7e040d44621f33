/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets as sock_diag(7) lists them, and when they end (its destroy events), whichever process closed them and however.
 */
#ifndef HMIP_SOCK_MONITOR_H
#define HMIP_SOCK_MONITOR_H

#include "sock_info.h"

#include <stddef.h>

struct sockdiag;

typedef void sockdiag_gone_fn(void *ctx, uint64_t cookie);

/*
 * p as by sockdiag_describe(), with accepted and, if no process has it (yet), an
 * unknown uid. half: its handshake has come so far that the peer's answer is waited for, and no socket is made
 * of it yet.
 */
typedef void sockdiag_found_fn(void *ctx, const struct sock_desc *p, bool half);

/* Subscribes to the ends of TCP and UDP sockets over IPv6. Needs CAP_NET_ADMIN. Returns 0 or a negative errno. */
int sockdiag_open(sockdiag_gone_fn *fn, void *ctx, struct sockdiag **ret);

/* NULL is fine. */
void sockdiag_close(struct sockdiag *d);

/* Readable when sockets ended: poll it, then call sockdiag_read(). */
int sockdiag_fd(const struct sockdiag *d);

/*
 * Reports the ends that were told, of sockets known to the caller or not. Returns their number; -ENOBUFS if some were
 * lost: call sockdiag_sync(); or another negative errno.
 */
int sockdiag_read(struct sockdiag *d);

/* Looks up the sockets with these n cookies, and reports those that do not exist. Returns 0 or a negative errno. */
int sockdiag_sync(struct sockdiag *d, const uint64_t *cookie, size_t n);

/*
 * Calls fn for each UDP socket over IPv6 that is not connected, with its cookie, local address (unspecified if it is bound to
 * none) and port, until it returns a negative errno. Returns 0, that errno, or another.
 */
int sockdiag_unconnected(struct sockdiag *d, int (*fn)(void *ctx, const struct sock_desc *p), void *ctx);

/*
 * Calls fn for each connection over IPv6 of this network namespace that sockdiag_describe() would take, and for the subflows
 * of MPTCP, of whatever program, unless that wants it left alone. Which end began a TCP connection is told by whether its
 * port is listened at. Returns 0 or a negative errno; fn may have been called then, and it may be called twice for one.
 */
int sockdiag_list(struct sockdiag *d, sockdiag_found_fn *fn, void *ctx);

#endif
