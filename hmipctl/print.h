/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The answers of hmipctl as text: aligned columns, durations as "1m 12s".
 */
#ifndef HMIP_PRINT_H
#define HMIP_PRINT_H

#include <jansson.h>
#include <stdio.h>

/*
 * Each writes one command's answer to out: the helper's JSON (hmipctl(8)), or that of coverage.h
 * for print_uncovered(). Members that are missing or of another type are printed as "-", 0 or
 * "never". Write errors are left to the caller, who finds them with ferror().
 */
void print_status(FILE *out, json_t *answer);
void print_cache(FILE *out, json_t *answer);
void print_sockets(FILE *out, json_t *answer);
void print_uncovered(FILE *out, json_t *answer);
void print_sa(FILE *out, json_t *answer);
void print_event(FILE *out, json_t *event);	/* one line */

/* Prints any answer to standard output as JSON, over several lines. */
void print_json(json_t *answer);

#endif
