/* SPDX-License-Identifier: BSD-2-Clause */
/* What a state refers to that is not in it. */
#ifndef HMIP_STATE_CONTEXT_H
#define HMIP_STATE_CONTEXT_H

#include "state_record.h"

/*
 * Identifies the boot and the network namespace, in which socket cookies are valid. Returns 0 or a
 * negative errno.
 */
int state_origin(char ret[static STATE_ORIGIN_MAX]);

/* Finds the personality of that name (NULL or "": the default one). Returns 0 or -ENOENT. */
int state_personality(const struct core *c, const char *name, unsigned *ret);

#endif
