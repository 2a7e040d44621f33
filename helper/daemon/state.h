/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a helper must know after a restart, in files that change with what it knows, a record for
 * each fact (state_record.h, state_store.h):
 *
 *	PATH		all of it. Written by each transaction, synced by none: nothing is lost
 *			when the helper is killed. A power cut ends the boot, and with it the
 *			sockets and anonymous SAs that this is of.
 *	PATH.numbers	of configured SAs, whose keys outlive the boot: the sequence numbers that
 *			are reserved. Synced to the disk before one of them is used.
 *
 * Keys that AAP made are in PATH; configured ones are not, because they are in the configuration.
 * Times are those of the core's clock (CLOCK_BOOTTIME), which nobody sets.
 *
 * A socket's cookie is valid for one boot and one network namespace. In another, only sequence
 * numbers and replay windows of configured SAs are restored, because numbers must not be used
 * twice; the same holds for a peer without an open connection.
 *
 * state_note() marks what an action of the core has changed, and state_write() writes what is
 * marked: the cost depends on that, not on how much is known.
 */
#ifndef HMIP_STATE_H
#define HMIP_STATE_H

#include "core.h"

#define STATE_NUMBERS	".numbers"	/* the end of the second file's name */

struct state;

/*
 * Restores what is at path into a core whose configured peers have been added, which may be the
 * JSON of version 1. State of peers that are neither configured nor have keys in the file, and
 * expired state, are skipped. The core's actions rebuild the datapath. Call before state_open().
 *
 * Returns 0, -ENOENT if there is no file, -EBADMSG if it is damaged, -EPROTONOSUPPORT if another
 * version of hmip wrote it, or another negative errno; with one of these nothing of it is restored.
 * *numbers is the same for PATH.numbers.
 */
int state_load(struct core *c, const char *path, usec_t now, int *numbers);

/*
 * Writes all that c knows to new files that replace those at path. *ret is NULL if memory is
 * short, and needs state_close() otherwise. Returns 0 or a negative errno: then state_write() will
 * try again.
 */
int state_open(struct core *c, const char *path, usec_t now, struct state **ret);

/* Marks what action a says has changed. As below, s may be NULL: nothing is kept. */
void state_note(struct state *s, const struct action *a);

/* Marks entry id with all that belongs to it, whatever has changed of it. */
void state_note_entry(struct state *s, uint32_t id);

/*
 * Writes what is marked. Returns 0 or a negative errno: then all is written anew by the first call
 * after ten seconds, and calls before that return the same.
 */
int state_write(struct state *s, struct core *c, usec_t now);

/* Writes what is marked, and all numbers, unless c is NULL; frees s. NULL is fine. */
void state_close(struct state *s, struct core *c, usec_t now);

#endif
