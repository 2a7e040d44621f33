/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries out what the core asks for (struct action). Called by the callbacks of the loop only
 * (daemon.c).
 */
#ifndef HMIP_APPLY_H
#define HMIP_APPLY_H

struct daemon;

/* Carries out all that the core asks for, saves what must survive, and sets the timer. */
void apply_actions(struct daemon *d);

/* What can wait a moment: routes that nothing needs any more, connections that came and went. */
void apply_deferred(struct daemon *d);

#endif
