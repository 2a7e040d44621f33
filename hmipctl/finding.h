/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hmipctl doctor finds: a JSON array of objects with check (a word), result ("ok", "advice",
 * "problem"), text (a sentence) and remedy (what to do, or null).
 */
#ifndef HMIP_FINDING_H
#define HMIP_FINDING_H

#include <jansson.h>
#include <stdio.h>

/* Appends a finding: all is well. The text is that of printf(3). */
void finding_ok(json_t *all, const char *check, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ... it works, but remedy (NULL: nothing) would make it better. */
void finding_advice(json_t *all, const char *check, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* ... it does not work, or not always; remedy mends it. */
void finding_problem(json_t *all, const char *check, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Prints all, a line each, with the remedies. */
void finding_print(FILE *out, json_t *all);

/* How many problems there are. */
unsigned finding_problems(json_t *all);

#endif
