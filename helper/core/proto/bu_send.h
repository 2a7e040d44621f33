/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending Binding Updates and Requests. */
#ifndef HMIP_BU_SEND_H
#define HMIP_BU_SEND_H

#include "core_data.h"

/*
 * Adds h's pending bindings to s, a packet that is sent to the peer anyway, within the rate limit.
 * Returns whether it did.
 */
bool bu_piggyback(struct core *c, struct hce *h, struct signal *s, usec_t now);

/* Sends h's pending bindings if that is due and there is a source address; arms the timer. */
void bu_flush(struct core *c, struct hce *h, usec_t now);

/* A path may have come up: lets bu_flush() retransmit at once, from the first try on. */
void bu_retry(struct hce *h, usec_t now);

/*
 * The kernel's routes changed: lets bu_flush() retransmit at once what failed for lack of one, or
 * was not answered.
 */
void bu_routes_changed(struct hce *h, usec_t now);

/*
 * Sends the pending bindings, or all if none is pending, to the addresses of the peer search
 * (peer_names_next_addr()).
 */
void bu_send_to_alternates(struct core *c, struct hce *h, usec_t now);

/*
 * Marks our address src as sent in BU number seq, which the AAP Response had; what else the peer
 * may learn waits for the next one.
 */
void bu_assume_sent(struct core *c, struct hce *h, const struct in6_addr *src, uint16_t seq,
		    usec_t now);

/*
 * Whether a BA with a Challenge, of number seq, answers our last announcements: they are being
 * proven. Else the peer probes a path.
 */
bool bu_is_answered_by(const struct hce *h, uint16_t seq, usec_t now);

/* A Binding Acknowledgement of h's peer came to our address to. */
void bu_acked(struct core *c, struct hce *h, const struct binding_ack *ba,
	      const struct in6_addr *to, usec_t now);

/*
 * A Binding Request came; id is its Unique Identifier, which the next BU returns (draft-13 5.5),
 * NULL if it had none.
 */
void bu_requested(struct core *c, struct hce *h, const uint16_t *id, usec_t now);

/* Sends a Binding Request if fa is in use and about to expire (B10); arms the timer for that. */
void bu_request(struct core *c, struct foreign_addr *fa, usec_t now);

#endif
