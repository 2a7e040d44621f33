/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names a program gave its sockets, or was given, where the kernel has others. Rows are found by the socket's cookie, so
 * duplicates of a descriptor share one, a descriptor used anew finds none, and nobody has to tell us of a close.
 *
 * A table of fixed size without locks: a row that a thread was writing when another forked is lost to the child, no
 * more. When a set of rows is full, the oldest whose socket is gone gives way, or else the oldest, and its program is
 * told the kernel's name. All functions are async-signal-safe.
 */
#ifndef HMIP_SOCK_NAMES_H
#define HMIP_SOCK_NAMES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum name_side {
	NAME_PEER,
	NAME_OWN,
};

/* Whether there was a name to keep, and may be asked for: if not, getpeername() and getsockname() have nothing to look for. */
bool sock_names_any(void);

/* The program called the address known, the kernel was told now. Clobbers errno. */
void sock_names_set(int fd, enum name_side side, const struct in6_addr *known, const struct in6_addr *now);

/*
 * The program wants this socket, and what it accepts, to be left alone. Returns false if there is no room: such rows do not
 * give way while their sockets live. Clobbers errno.
 */
bool sock_names_prevent(int fd);

/* Whether it does. Keeps errno. */
bool sock_names_prevented(int fd);

/* The program and the kernel agree about this socket from now on. Clobbers errno. */
void sock_names_drop(int fd, enum name_side side);

/* Whether the program knows what the kernel calls now by another name: *ret. Clobbers errno. */
bool sock_names_get(int fd, enum name_side side, const struct in6_addr *now, struct in6_addr *ret);

typedef int sock_names_fn(int fd, struct sockaddr *addr, socklen_t *len);

/*
 * getpeername() or getsockname() as the program is to see it; kernel is the real one. Cutting to the room
 * there is, results and errno are the real one's.
 */
int sock_names_report(sock_names_fn *kernel, enum name_side side, int fd, struct sockaddr *addr, socklen_t *len);

#endif
