/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP Fast Open (tcp(7)): sending with MSG_FASTOPEN connects, too.
 */
#ifndef HMIP_FASTOPEN_H
#define HMIP_FASTOPEN_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Whether a call on fd with these flags and a name would connect. Keeps errno. */
bool fastopen_connects(int fd, int flags);

/* sendmsg(2) that does: connect_to() with it. */
ssize_t fastopen(int fd, const struct msghdr *msg, int flags);

#endif
