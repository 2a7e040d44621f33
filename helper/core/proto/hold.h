/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Outages. While nothing can be sent to a peer, its TCP connections are held: the shell keeps the
 * kernel from giving them up (ACTION_HOLD), until something is received from the peer again, or
 * for config.hold at most.
 */
#ifndef HMIP_HOLD_H
#define HMIP_HOLD_H

#include "core_data.h"

/*
 * The source of h's pair may be lost, and no other may be used: if that is still so in a second,
 * h's connections are held.
 */
void hold_soon(struct core *c, struct hce *h, usec_t now);

/*
 * Nothing that is sent to h's peer is answered: its connections are held from now on. why is static
 * text. Does nothing if they are already, h has none, or they were for config.hold in this outage.
 */
void hold_begin(struct core *c, struct hce *h, const char *why, usec_t now);

/*
 * h is of an earlier helper, which may have held its connections: so does this one at once if it
 * has no source, else if its peer is not heard in three seconds.
 */
void hold_restored(struct core *c, struct hce *h, usec_t now);

/*
 * Data was received from h's peer: its connections are not held any more, and resume. Does nothing
 * while h has no source to answer from.
 */
void hold_end(struct core *c, struct hce *h);

/*
 * The same for signalling, after it was processed. If the peer gave up the foreign address of h's
 * pair, or does not know the local one yet, the hold goes on until there is a pair that both know:
 * what TCP sends before is lost.
 */
void hold_signalled(struct core *c, struct hce *h);

/* Runs the timers of h. */
void hold_expire(struct core *c, struct hce *h, usec_t now);

#endif
