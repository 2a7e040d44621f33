/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Saves the core's tables across a restart, as one JSON document: entries with their addresses,
 * pairs and bindings, SA sequence numbers and replay windows, and connections. Keys that AAP made
 * are in the file; keys of configured SAs are not, because they are in the configuration. Times are
 * seconds of the core's clock (CLOCK_BOOTTIME), which nobody sets.
 *
 * A socket's cookie is valid for one boot and one network namespace. In another, only sequence
 * numbers and replay windows of configured SAs are restored, because numbers must not be used
 * twice; the same holds for a peer without an open connection.
 */
#ifndef HMIP_STATE_FILE_H
#define HMIP_STATE_FILE_H

#include "core.h"

/* Writes the state to path (0600, replaced atomically). Returns 0 or a negative errno. */
int state_file_save(struct core *c, const char *path);

/*
 * Restores the file path into a core whose configured peers have been added. State of peers that
 * are neither configured nor have keys in the file, and expired state, are skipped. The core's
 * actions rebuild the datapath. Returns 0, -ENOENT if there is no file, -EBADMSG if it is damaged
 * (nothing is restored then), or another negative errno.
 */
int state_file_load(struct core *c, const char *path, usec_t now);

#endif
