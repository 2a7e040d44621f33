/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether connections are covered, where they are, and where they could be, by facts:
 *
 *	connections: those in question, objects with proto, local and foreign, as hmipctl sockets
 *	prints them
 *	helper: { status, cache, sockets }; uncovered: as hmipctl uncovered
 */
#ifndef HMIP_CONNECTION_CHECKS_H
#define HMIP_CONNECTION_CHECKS_H

#include <jansson.h>

/* Appends the findings (finding.h) to all. */
void connection_check(json_t *facts, json_t *all);

#endif
