/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How hmipctl shows an answer to people: aligned columns, durations as "1m 12s".
 */
#ifndef HMIP_PRINT_H
#define HMIP_PRINT_H

#include <jansson.h>
#include <stdio.h>

/* Each writes the helper's answer (report.h; coverage.h) to out. Missing members are shown as "-". */
void print_status(FILE *out, json_t *answer);
void print_cache(FILE *out, json_t *answer);
void print_sockets(FILE *out, json_t *answer);
void print_uncovered(FILE *out, json_t *answer);
void print_sa(FILE *out, json_t *answer);
void print_event(FILE *out, json_t *event);	/* one line */

#endif
