/* SPDX-License-Identifier: BSD-2-Clause */
/* Binding Updates and Requests, sending. */
#ifndef HMIP_BU_SEND_H
#define HMIP_BU_SEND_H

#include "core_data.h"

/*
 * Adds h's waiting news to a packet that goes to the peer anyway, if it is time. Returns whether
 * there was any.
 */
bool bu_piggyback(struct core *c, struct hce *h, struct signal *s, usec_t now);

/* Sends what is news, if it is time and there is an address to send from; sets the timer. */
void bu_flush(struct core *c, struct hce *h, usec_t now);

/*
 * A way may have opened: what was sent more than once in vain is sent again, without waiting.
 * bu_flush() does it.
 */
void bu_retry(struct hce *h, usec_t now);

/*
 * There are addresses to be tried (peer_names_next_addr()): what waits is sent there at once, or
 * everything if nothing waits.
 */
void bu_send_to_alternates(struct core *c, struct hce *h, usec_t now);

/* All our addresses went out in BU number seq already, in AAP's Response. */
void bu_assume_sent(struct core *c, struct hce *h, uint16_t seq, usec_t now);

/* A Binding Acknowledgement came to the local address to. */
void bu_acked(struct core *c, struct hce *h, const struct binding_ack *ba,
	      const struct in6_addr *to, usec_t now);

/*
 * A Binding Request came; id is its Unique Identifier, NULL if it had none, to be sent back
 * (draft-13 5.5).
 */
void bu_requested(struct core *c, struct hce *h, const uint16_t *id, usec_t now);

/*
 * An address of h's peer that is in use will run out soon: asks for it to be announced anew (B10).
 */
void bu_request(struct core *c, struct foreign_addr *fa, usec_t now);

#endif
