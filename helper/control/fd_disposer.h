/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Closes descriptors that others sent, without ever blocking the caller. Who sends a descriptor
 * decides what close() does with it: a socket with SO_LINGER or a file on a FUSE mount can block
 * whoever drops the last reference. So what could block is closed by a thread of its own, of which
 * there are few: while all are busy, nothing more may be received.
 */
#ifndef HMIP_FD_DISPOSER_H
#define HMIP_FD_DISPOSER_H

#include <stdbool.h>

#define FDS_MAX	253	/* of one message: the kernel's SCM_MAX_FD */

/* Whether receiving must wait: too many descriptors are being closed already. */
bool fd_disposer_busy(void);

/* Closes a descriptor that somebody sent, without ever waiting. -1 is fine. */
void fd_dispose(int fd);

/* Closes n of them, FDS_MAX at most. */
void fd_dispose_all(const int *fd, int n);

#endif
