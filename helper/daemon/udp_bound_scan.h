/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds UDP sockets that are bound to a lost address, for the core (udp_bound.c has them). */
#ifndef HMIP_UDP_BOUND_SCAN_H
#define HMIP_UDP_BOUND_SCAN_H

#include <netinet/in.h>

struct daemon;

/*
 * Tells the core of UDP sockets that are bound to the address lost, or to any that is not this
 * host's if that is NULL.
 */
void udp_bound_scan(struct daemon *d, const struct in6_addr *lost);

#endif
