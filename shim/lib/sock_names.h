/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The addresses of sockets as the program knows them, where the kernel has others. Rows are found
 * by the socket's cookie: so duplicates of a descriptor share a row, a descriptor that is used
 * again finds none, and close(2) needs no wrapper.
 *
 * A table of fixed size without locks (seqtable.h). When a set of rows is full, the oldest row
 * whose socket is closed is evicted, or else the oldest; the program then sees the kernel's address
 * of that socket. All functions are async-signal-safe.
 */
#ifndef HMIP_SOCK_NAMES_H
#define HMIP_SOCK_NAMES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum name_side {
	NAME_PEER,	/* getpeername(2) */
	NAME_OWN,	/* getsockname(2) */
};

/*
 * Whether the table has ever had a row and the client is not disabled; if not, there is nothing to
 * find.
 */
bool sock_names_any(void);

/*
 * Stores that the program knows that address of fd as known, and the kernel as now. Clobbers errno.
 */
void sock_names_set(int fd, enum name_side side, const struct in6_addr *known,
		    const struct in6_addr *now);

/*
 * Excludes this socket, and those it accepts, from hmip (hmip_prevent()). Returns false if there is
 * no room: such rows are not evicted while their sockets are open. Clobbers errno.
 */
bool sock_names_prevent(int fd);

/* Whether fd was excluded so. Keeps errno. */
bool sock_names_prevented(int fd);

/* Removes the address on that side: the program sees the kernel's from now on. Clobbers errno. */
void sock_names_drop(int fd, enum name_side side);

/*
 * Whether the program knows the kernel's address now by another one. If true, *ret is that.
 * Clobbers errno.
 */
bool sock_names_get(int fd, enum name_side side, const struct in6_addr *now, struct in6_addr *ret);

typedef int sock_names_fn(int fd, struct sockaddr *addr, socklen_t *len);

/*
 * getpeername(2) or getsockname(2) with the address that the program knows; kernel is libc's
 * function. The result is cut to
 * *len, and return value and errno are as that function's.
 */
int sock_names_report(sock_names_fn *kernel, enum name_side side, int fd, struct sockaddr *addr,
		      socklen_t *len);

#endif
