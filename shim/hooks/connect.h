/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What connect(2) does besides connecting, for what connects by another call.
 */
#ifndef HMIP_CONNECT_H
#define HMIP_CONNECT_H

#include <netinet/in.h>

/*
 * Has a socket that the program has not bound connect from an address of our personality, if we have one: it must not
 * connect from another. Returns 0, or -1 with errno set. Clobbers errno.
 */
int connect_from(int fd);

/*
 * The kernel has taken the call: to the address asked for, or to now if that is not NULL. Shows the socket to the helper, if that
 * does not find it by itself. Clobbers errno.
 */
void connect_done(int fd, const struct in6_addr *asked, const struct in6_addr *now);

#endif
