/* SPDX-License-Identifier: BSD-2-Clause */
/* hmipctl metrics: figures for a monitoring system, as Prometheus has them. */
#ifndef HMIP_METRICS_H
#define HMIP_METRICS_H

#include <jansson.h>
#include <stdio.h>

/*
 * Writes the figures that the helper's answers to "status", "cache" and "sockets" have (hmipctl(8),
 * JSON OUTPUT) to out. No name or address of a peer is among them. Members that
 * are missing count as 0. Write errors are left to the caller, who finds them with ferror().
 */
void metrics_print(FILE *out, json_t *status, json_t *cache, json_t *sockets);

#endif
