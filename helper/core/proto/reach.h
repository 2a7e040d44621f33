/* SPDX-License-Identifier: BSD-2-Clause */
/* Verifying that a peer is reachable at an address. */
#ifndef HMIP_REACH_H
#define HMIP_REACH_H

#include "core_data.h"

/*
 * What a BA with a Challenge for fa grants: seconds, never 0, which would say that the peer does
 * not have fa.
 */
uint32_t reach_lifetime(const struct foreign_addr *fa, usec_t now);

/* Puts the Challenge for fa into a BA that leaves for fa now. */
void reach_fill(struct core *c, struct foreign_addr *fa, struct binding_ack *ba, usec_t now);

/*
 * Makes fa ready to be checked, or checked on: Challenges leave from the address from and ride on
 * BAs of that number, for as long as it takes. Returns false if the cryptographic library failed.
 */
bool reach_ask(struct core *c, struct foreign_addr *fa, const struct in6_addr *from, uint16_t seq);

/* Sends the Challenge to fa, in a packet of its own. */
void reach_send(struct core *c, struct foreign_addr *fa, usec_t now);

/* Sends the next Challenge to fa if it is due. */
void reach_expire(struct core *c, struct foreign_addr *fa, usec_t now);

/* Something came from fa, or a route came up: if a check waits, it need not wait longer. */
void reach_hurry(struct core *c, struct foreign_addr *fa, usec_t now);

/* Whether bu is the Response to challenge from h's address addr. */
bool reach_is_response(const struct hce *h, const uint8_t challenge[static CHALLENGE_LEN],
		       const struct in6_addr *addr, const struct binding_update *bu);

/* Whether bu is the right Response for fa. */
bool reach_verify(struct core *c, const struct foreign_addr *fa, const struct binding_update *bu);

#endif
