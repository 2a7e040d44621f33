/* SPDX-License-Identifier: BSD-2-Clause */
/* Searching for a peer by its names. */
#ifndef HMIP_PEER_SEARCH_H
#define HMIP_PEER_SEARCH_H

#include "core_data.h"

#define SEARCH_TRIES		3			/* without an answer */

/* No address of h's peer answers: takes the next step of the search if that is due. */
void search_step(struct core *c, struct hce *h, usec_t now);

/* Returns whether pending bindings were sent to each address of the peer in vain, repeatedly. */
bool search_is_needed(const struct hce *h);

/* Runs the timer of h's search. */
void search_expire(struct core *c, struct hce *h, usec_t now);

#endif
