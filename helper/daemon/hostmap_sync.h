/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the map that programs read (hostmap.h) as the core's tables are: the addresses of Homeless peers with today's pair,
 * lost addresses of this host with what replaces them, and hosts that do not support hmip.
 */
#ifndef HMIP_HOSTMAP_SYNC_H
#define HMIP_HOSTMAP_SYNC_H

struct core;
struct daemon;
struct in6_addr;
struct local_addr;

/* The address of that personality to use where none is prescribed: the most preferred usable one closest to like. */
const struct local_addr *hostmap_best_local(struct core *c, unsigned personality,
					    const struct in6_addr *like);

/* Writes all rows, if there is a map. */
void hostmap_sync(struct daemon *d);

#endif
