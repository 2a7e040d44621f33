/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries: finding them, and what follows from their fields. */
#ifndef HMIP_ENTRY_H
#define HMIP_ENTRY_H

#include "core_data.h"

#define SLOW_UPDATE_INTERVAL	(10 * USEC_PER_SEC)	/* SLOW_UPDATE_RATE */

/*
 * Whether h's peer leaves Updates unanswered: its helper may be gone, or may have lost its state.
 * Connections that begin are left on their own pair until it answers.
 */
bool hce_unresponsive(const struct hce *h, usec_t now);

/* Whether h's peer was heard under its SA lately. */
bool hce_authenticated_lately(const struct hce *h, usec_t now);

/* Whether connections heard something from fa within DEFAULT-LIFETIME, whatever signalling does. */
bool foreign_heard_lately(const struct core *c, const struct foreign_addr *fa, usec_t now);

/*
 * Whether h's peer takes part: it has an SA and said that it is Homeless. Only its connections can
 * move.
 */
bool hce_homeless(const struct hce *h);

/* Whether connections or senders need h (C10). */
bool hce_in_use(const struct hce *h);

#endif
