/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An address of this host is about to be lost, and somebody says so ahead of time: "departing".
 *
 * It still works, so the move is make before break. Each entry goes to another source as soon as
 * its peer has proof of one, as if that was preferred. What then comes by the new pair has the peer
 * follow (C11). Only after that is the departing address withdrawn (B6): a withdrawal that is ahead
 * of the data tells the peer that all it has in flight is lost, and it would send that again.
 *
 * Connections that begin at the address later have it announced again: they move when it is lost.
 */
#ifndef HMIP_DEPARTURE_H
#define HMIP_DEPARTURE_H

#include "core_data.h"

/* Some addresses depart from now on: entries move. */
void departure_begin(struct core *c, usec_t now);

/* l departs no more: peers are told of it again. Does nothing if it did not. */
void departure_cancel(struct core *c, struct local_addr *l, usec_t now);

/*
 * Withdraws departing addresses that nothing of h needs any more, and that its peer has had the
 * time to leave; announces again those that something needs. Call before bu_flush().
 */
void departure_step(struct core *c, struct hce *h, usec_t now);

#endif
