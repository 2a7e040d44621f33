/* SPDX-License-Identifier: BSD-2-Clause */
/* Signalling that the kernel had no route for, and that nothing else sends again. */
#ifndef HMIP_UNSENT_H
#define HMIP_UNSENT_H

#include "core_data.h"

/*
 * send was refused: keeps it, or makes what sends it anyway do so as soon as there is a way: a
 * pending binding from another source (B10), a Challenge in its next turn (X5).
 */
void unsent_note(struct core *c, const struct action *send, usec_t now);

/* There may be routes now: sends what is kept, oldest first. */
void unsent_retry(struct core *c, usec_t now);

#endif
