/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Closes descriptors received from other processes without blocking the caller. The sender of a
 * descriptor decides what close() does with it: a socket with SO_LINGER or a file on a FUSE mount
 * can block the process that drops the last reference. Descriptors that could block are closed by a
 * thread of their own. The number of threads is bounded; while all are busy, receive no more
 * descriptors.
 */
#ifndef HMIP_FD_DISPOSER_H
#define HMIP_FD_DISPOSER_H

#include <stdbool.h>

#define FDS_MAX	253	/* descriptors in one message: the kernel's SCM_MAX_FD */

/* Whether to stop receiving because too many descriptors are being closed. */
bool fd_disposer_busy(void);

/* Closes a received descriptor without blocking. -1 is fine. */
void fd_dispose(int fd);

/* Closes n received descriptors (at most FDS_MAX) without blocking. */
void fd_dispose_all(const int *fd, int n);

#endif
