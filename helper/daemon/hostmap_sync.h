/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the core's tables to the map that programs read (hostmap.h): addresses of Homeless peers
 * with the address in use, lost addresses of this host with their replacements, and hosts that do
 * not support hmip.
 */
#ifndef HMIP_HOSTMAP_SYNC_H
#define HMIP_HOSTMAP_SYNC_H

#include <stdbool.h>

struct daemon;

/*
 * Whether enough time has passed since the last update. One goes through all entries: if there are
 * many, updates take a tenth of the time at most, and programs find what changed a little later.
 */
bool hostmap_may_sync(const struct daemon *d);

/* Writes all rows to d's map, if it is open. */
void hostmap_sync(struct daemon *d);

#endif
