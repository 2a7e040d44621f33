/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the map that programs read (hostmap.h) as the core's tables are: the addresses of Homeless
 * peers with today's pair, lost addresses of this host with what replaces them, and hosts that do
 * not support hmip.
 */
#ifndef HMIP_HOSTMAP_SYNC_H
#define HMIP_HOSTMAP_SYNC_H

struct daemon;

/* Writes all rows, if there is a map. */
void hostmap_sync(struct daemon *d);

#endif
