/* SPDX-License-Identifier: BSD-2-Clause */
/* Verifying that a peer is reachable at an address. */
#ifndef HMIP_REACH_H
#define HMIP_REACH_H

#include "core_data.h"

/* Returns the lifetime in seconds of a BA with a Challenge for fa: never 0, which denies fa. */
uint32_t reach_lifetime(const struct foreign_addr *fa, usec_t now);

/* Puts the Challenge for fa into a BA that is sent to fa now; arms the timer. */
void reach_fill(struct core *c, struct foreign_addr *fa, struct binding_ack *ba, usec_t now);

/*
 * Starts the check of fa, or continues it with another source: Challenges are sent from our address
 * from in BAs of number seq. Returns false if the cryptographic library failed.
 */
bool reach_ask(struct core *c, struct foreign_addr *fa, const struct in6_addr *from, uint16_t seq);

/* Sends the Challenge to fa in a packet of its own, within the rate limit. */
void reach_send(struct core *c, struct foreign_addr *fa, usec_t now);

/*
 * A connection to the Active fa waits for a proof that its peer is there: sends a Challenge, unless
 * one is under way.
 */
void reach_prove(struct core *c, struct foreign_addr *fa, usec_t now);

/*
 * Returns whether an Update that names fa has a Challenge sent there: none was, or the check was
 * given up some time ago.
 */
bool reach_is_due(const struct foreign_addr *fa, usec_t now);

/* Runs the timer of the check: sends the next Challenge if it is due. */
void reach_expire(struct core *c, struct foreign_addr *fa, usec_t now);

/* Whether a Challenge was sent to fa so lately that its Response may be under way. */
bool reach_under_way(const struct foreign_addr *fa, usec_t now);

/* Data came from fa, or a route came up: sends the next Challenge of a running check at once. */
void reach_hurry(struct core *c, struct foreign_addr *fa, usec_t now);

/*
 * quoted comes back in a Parameter Problem: if that is the Challenge of a running check, what is at
 * the address has no part in this, or lost its keys. The entry of an anonymous peer loses it, with
 * the connections that are as they were born.
 */
void reach_problem(struct core *c, const struct signal *quoted, usec_t now);

/* Returns whether bu is the Response of h's peer to challenge, for its address addr. */
bool reach_is_response(const struct hce *h, const uint8_t challenge[static CHALLENGE_LEN],
		       const struct in6_addr *addr, const struct binding_update *bu);

/* Returns whether bu is the Response of the running check of fa. */
bool reach_verify(const struct foreign_addr *fa, const struct binding_update *bu);

#endif
