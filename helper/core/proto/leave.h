/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host leaves: its helper is about to stop, and its datapath goes with it.
 *
 * Its moved connections, and the peer's ends of them, take their birth pair again, which needs no
 * datapath. To tell the peer, the host sends a farewell: a Binding Update with lifetime 0 that
 * names the packet's own source and nothing else, and has no Home Address option. Other Binding
 * Updates never withdraw their own source: it is in use. (So does a mobile node that returns home
 * in draft-13, 9.4: its plain address is right again.)
 *
 * The farewell goes by the pair in use, behind the last data that left by it, and so does the
 * Acknowledgement. When that arrives, nothing that needs the datapath is on the way any more.
 */
#ifndef HMIP_LEAVE_H
#define HMIP_LEAVE_H

#include "core_data.h"
#include "status.h"

/* This host leaves: see core_leave(). */
void leave_begin(struct core *c, usec_t now);

/* This host waits no longer: gives ACTION_LEFT, once. */
void leave_end(struct core *c);

/* Runs the timers of leave_begin(), which was called. */
void leave_expire(struct core *c, usec_t now);

/* h's peer acknowledged a Binding Update while this host leaves. */
void leave_acked(struct core *c, struct hce *h, const struct binding_ack *ba);

/* Whether s is a farewell. */
bool leave_is_farewell(const struct signal *s);

/*
 * h's peer or this host leaves, as why says: its connections stay on their birth pair or go back
 * there, and do not move any more. A new connection asks whether the peer is back.
 */
void leave_follow(struct core *c, struct hce *h, enum status_event why, usec_t now);

/* Returns whether this host leaves. */
bool leave_is_begun(const struct core *c);

#endif
