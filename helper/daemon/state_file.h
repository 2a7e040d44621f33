/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core's memory across a restart: entries with their addresses, pairs and bindings, SA sequence
 * numbers and replay windows, and the connections, as one JSON document. Keys of configured SAs are
 * not in it: they come from the configuration again, those AAP made are. Times are written as
 * wall-clock seconds.
 *
 * A socket's cookie means something to one boot and one network namespace. For another, only the
 * numbers and windows of the configured SAs come back: they must not be used twice. So do they
 * alone for a peer to which no connection lives.
 */
#ifndef HMIP_STATE_FILE_H
#define HMIP_STATE_FILE_H

#include "core.h"

/*
 * Writes the state to path (0600, replaced atomically). wall is CLOCK_REALTIME at now. Returns 0 or
 * a negative errno.
 */
int state_file_save(struct core *c, const char *path, usec_t now, usec_t wall);

/*
 * Restores what path holds into a core whose peers are configured already: what belongs to no
 * configured peer, or has expired, is left out. The actions that rebuild the datapath come out as
 * usual. Returns 0, -ENOENT if there is no file, -EBADMSG if it cannot be understood (nothing is
 * restored then), or another negative errno.
 */
int state_file_load(struct core *c, const char *path, usec_t now, usec_t wall);

#endif
