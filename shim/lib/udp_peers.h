/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom a program exchanges datagrams with, and by which names: the address that it first knew a peer by on a socket is the one it
 * sees there, and sends to, wherever that peer moves (A1, C11). A socket that has no name for a peer yet takes the one that the
 * program has.
 *
 * A table of fixed size without locks, as that of sock_names.h. Sockets are found by descriptor, and looked at only where the name is
 * another than the address: that takes a system call. When a set of rows is full, what does not concern a Homeless peer gives dest
 * before the rest does, and the oldest first. What is lost with a row is that the program is told of the peer's address of today, and
 * that the helper may be told once more whom it sends to. All functions are async-signal-safe and keep errno.
 */
#ifndef HMIP_UDP_PEERS_H
#define HMIP_UDP_PEERS_H

#include <netinet/in.h>
#include <stdbool.h>

#define UDP_PEERS_REFRESH	60	/* seconds until the helper is told once more of one that is sent to */
#define UDP_PEERS_RATE		16	/* times it is told in a second */

/* The dest a datagram takes. */
struct udp_peers_dest {
	bool moved;		/* to is to be used instead of the address asked for */
	bool must_register;		/* call udp_peers_register() once it has been sent */
	struct in6_addr to;
};

/* How to send from fd to the address asked. */
struct udp_peers_dest udp_peers_dest(int fd, const struct in6_addr *asked);

/*
 * Tells the helper that this program sends to the address asked from fd, on its own account: it may make an entry (C4). Does
 * nothing if that cannot be done at once.
 */
void udp_peers_register(int fd, const struct in6_addr *asked);

/* A datagram that fd received came from *src, which is replaced by the name that the program knows its sender by. */
void udp_peers_received(int fd, struct in6_addr *src);

/* The same for an address that is only mentioned: nothing is remembered. */
void udp_peers_mentioned(int fd, struct in6_addr *addr);

#endif
