/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of the datagram calls stand on. The peer is entry 1; which addresses it has the
 * test says. It speaks from loopback's addresses by sockets whose calls are made by number.
 */
#ifndef HMIP_TEST_DATAGRAMS_H
#define HMIP_TEST_DATAGRAMS_H

#include "rig.h"

#define ALL	"::"
#define SA(a)	((struct sockaddr *)(a))

/* An address of a peer. */
struct peer_addr {
	const char *text;
	uint32_t hce;
	bool left;		/* it is not there any more */
};

/*
 * Writes the host map anew: these addresses, and where their peers are now (by entry; NULL: that
 * entry is not there).
 */
void map_peers(const struct peer_addr *a, unsigned n, const char *const now[static 3]);

/* The entry 1 as it mostly is: it was at ONCE, and is at THERE. */
void map_moved(void);

/* A UDP socket bound to text, of any port; *port is told. */
int udp(const char *text, unsigned *port);

/* Sends by number, from a socket bound to an address of its own. */
void say(int fd, const char *to, unsigned port, const char *words);

/*
 * The next datagram at fd, received by number: whether it is words, and comes from the address text
 * and port (0: any).
 */
bool hears(int fd, const char *words, const char *text, unsigned port);

/* Whether a name is that address and port. */
bool names(const struct sockaddr_storage *a, const char *text, unsigned port);

#endif
