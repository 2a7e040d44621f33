/* SPDX-License-Identifier: BSD-2-Clause */
/* A file of the state, for people to read. */
#ifndef HMIP_STATE_DUMP_H
#define HMIP_STATE_DUMP_H

#include <stdio.h>

/*
 * Prints the records of the file at path as JSON, an array with a line for each, without keys. A
 * helper may be writing to the file. Returns 0 or a negative errno, as state_load() does: then
 * nothing, or not all, was printed.
 */
int state_dump(const char *path, FILE *out);

#endif
