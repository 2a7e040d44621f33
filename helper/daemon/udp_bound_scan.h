/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds UDP sockets that are bound to a lost address, for the core. */
#ifndef HMIP_UDP_BOUND_SCAN_H
#define HMIP_UDP_BOUND_SCAN_H

#include <netinet/in.h>

struct daemon;

/*
 * Lists unconnected UDP sockets, and reports those to the core that are bound to lost or, if it is
 * NULL, to any address that this host does not have. An error is logged.
 */
void udp_bound_scan(struct daemon *d, const struct in6_addr *lost);

#endif
