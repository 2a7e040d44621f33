/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports of connections to Homeless peers. The kernel allows two connections with the same ports if
 * their addresses differ; a Homeless peer cannot distinguish them, because it takes all addresses
 * of this host for one (R3).
 */
#ifndef HMIP_OWN_PORT_H
#define HMIP_OWN_PORT_H

#include <netinet/in.h>

/*
 * Call before fd is connected to asked. Binds fd to a port that no other socket of this network
 * namespace has, if the host map requires that (HOSTMAP_UNIQUE_PORT) and the program has not chosen
 * a port. Its address and socket options are kept. Does nothing if there is no such port:
 * connect(2) then chooses one as usual. Async-signal-safe; keeps errno.
 */
void own_port_bind(int fd, const struct in6_addr *asked);

#endif
