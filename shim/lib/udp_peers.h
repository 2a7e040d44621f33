/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers that a program exchanges datagrams with on unconnected sockets, and the address (alias) by
 * which it knows each: the program sends to the alias, and sees it as the source, wherever the peer
 * moves (A1, C11). The alias is the address that the program first knew the peer by on that socket;
 * a socket that has none takes that of the program.
 *
 * A table of fixed size without locks (seqtable.h). Rows are found by descriptor; the socket itself
 * is checked, by a system call, only where alias and address differ. When a set of rows is full,
 * the oldest row is evicted, those of Homeless peers last. After eviction the program sees the
 * peer's current address, and the helper may be sent a registration again. All functions are
 * async-signal-safe and keep errno.
 */
#ifndef HMIP_UDP_PEERS_H
#define HMIP_UDP_PEERS_H

#include <netinet/in.h>
#include <stdbool.h>

#define UDP_PEERS_REFRESH	60	/* seconds until a destination is registered again */
#define UDP_PEERS_RATE		16	/* registrations per second and process */

/* Where to send a datagram. */
struct udp_peers_dest {
	bool moved;		/* send to the address to, not to the one asked for */
	bool must_register;	/* call udp_peers_register() after sending */
	struct in6_addr to;
};

/* Where to send from fd what the program sends to the address asked. */
struct udp_peers_dest udp_peers_dest(int fd, const struct in6_addr *asked);

/*
 * Registers with the helper that this program sends from fd to the address asked, and began to
 * (C4): the helper may make an entry. Does nothing if that is not possible at once, or happens more
 * often than UDP_PEERS_RATE.
 */
void udp_peers_register(int fd, const struct in6_addr *asked);

/* Call for each datagram that fd receives. Replaces its source *src by the alias of the peer. */
void udp_peers_received(int fd, struct in6_addr *src);

/* The same for an address in an error message: replaces it, but changes no row. */
void udp_peers_mentioned(int fd, struct in6_addr *addr);

#endif
