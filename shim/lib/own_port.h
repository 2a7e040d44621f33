/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports of connections to peers that have moved, or are about to. The kernel keeps apart, by their addresses, connections
 * that have the same ports; a Homeless peer, to whom all addresses of this host are one, cannot (R3).
 */
#ifndef HMIP_OWN_PORT_H
#define HMIP_OWN_PORT_H

#include <netinet/in.h>

/*
 * Binds fd, which is to be connected to asked, to a port that no other socket of this network namespace has, if the host map says
 * that this matters (HOSTMAP_UNIQUE_PORT) and the program has not chosen a port. An address it has chosen stays, and so do
 * its options. If no such port is left connect(2) chooses one as ever. Async-signal-safe; keeps errno.
 */
void own_port_bind(int fd, const struct in6_addr *asked);

#endif
