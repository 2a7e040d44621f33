/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries out the core's actions (struct action). Only callbacks of the loop call this (daemon.c).
 */
#ifndef HMIP_APPLY_H
#define HMIP_APPLY_H

#include <stddef.h>
#include <stdint.h>

struct daemon;

/* Carries out all actions of the core, saves the state if it changed, and sets the core's timer. */
void apply_actions(struct daemon *d);

/* Carries out what was deferred: removes unused routes, writes the host map, saves the state. */
void apply_deferred(struct daemon *d);

/* Appends a packet that was sent or received to the record of signalling, if there is one. */
void apply_record(struct daemon *d, const uint8_t *pkt, size_t len);

#endif
