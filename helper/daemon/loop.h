/* SPDX-License-Identifier: BSD-2-Clause */
/* The event loop of the helper: what can be read is read, and what follows is carried out. */
#ifndef HMIP_LOOP_H
#define HMIP_LOOP_H

struct daemon;

/* Makes the loop, its timer and what waits in it for a time. Returns 0 or a negative errno. */
int loop_open(struct daemon *d);

/* Watches the descriptors of all parts, which are open, and signals. Returns 0 or -ENOMEM. */
int loop_watch(struct daemon *d);

/* Undoes loop_watch(), and what of loop_open() waits. Call before the parts are closed. */
void loop_unwatch(struct daemon *d);

/* Undoes the rest of loop_open(), when nothing uses the loop. */
void loop_close(struct daemon *d);

#endif
