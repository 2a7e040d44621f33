/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What connect(2) does besides connecting, for every call that connects.
 */
#ifndef HMIP_CONNECT_H
#define HMIP_CONNECT_H

#include <sys/socket.h>
#include <sys/types.h>

/*
 * The system call that connects fd to addr, with the caller's ctx. Returns -1 with errno set if it
 * fails.
 */
typedef ssize_t connect_call(int fd, const struct sockaddr *addr, socklen_t len, const void *ctx);

/*
 * Has call() connect fd to addr as the program knows it: from an address of the personality and a
 * port of its own, to the address that the peer has now. Registers the socket unless the helper
 * finds it by itself. Results and errno are those of call(), which is called once, or not at all if
 * the socket cannot be bound as the personality requires.
 */
ssize_t connect_to(int fd, const struct sockaddr *addr, socklen_t len, connect_call *call,
		   const void *ctx);

#endif
