/* SPDX-License-Identifier: BSD-2-Clause */
/* The state (state.h) is restored at start and saved from then on; what goes wrong is told. */
#ifndef HMIP_SAVING_H
#define HMIP_SAVING_H

struct daemon;

/*
 * Restores what an earlier helper saved. A file that cannot be used is told, and kept under another
 * name.
 */
void saving_restore(struct daemon *d);

/* From here on what changes is saved. Returns 0 or -ENOMEM. */
int saving_begin(struct daemon *d);

/* Saves what has changed. A fault that lasts is told once. */
void saving_write(struct daemon *d);

#endif
