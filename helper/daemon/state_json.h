/* SPDX-License-Identifier: BSD-2-Clause */
/* The state that version 1 wrote, one JSON document: read once, by the first helper after it. */
#ifndef HMIP_STATE_JSON_H
#define HMIP_STATE_JSON_H

#include "core.h"

/*
 * Restores the file path, as state_load() (state.h) does. Returns 0, -ENOENT if there is no file,
 * -EBADMSG if it is damaged (nothing is restored then), or another negative errno.
 */
int state_json_load(struct core *c, const char *path, usec_t now);

#endif
