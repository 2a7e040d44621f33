/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions behind our wrappers: the next library's, which is libc's unless there is another preload.
 */
#ifndef HMIP_LIBC_H
#define HMIP_LIBC_H

#include <sys/socket.h>

struct libc {
	int (*connect)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*accept)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*accept4)(int fd, struct sockaddr *addr, socklen_t *len, int flags);
	int (*bind)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*getpeername)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*getsockname)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*prctl)(int option, ...);
};

/* The table, complete: resolved by our constructor, or by the first call if that comes earlier. Keeps errno. */
const struct libc *libc(void);

#endif
