/* SPDX-License-Identifier: BSD-2-Clause */
/* Searching for a peer by its names. */
#ifndef HMIP_PEER_SEARCH_H
#define HMIP_PEER_SEARCH_H

#include "core_data.h"

#define SEARCH_TRIES		3			/* without an answer */

/* Nothing that is known of h's peer answers: goes one step further, if it is time. */
void search_step(struct core *c, struct hce *h, usec_t now);

/* Whether what the peer is to be told went to each of its addresses in vain, more than once. */
bool search_is_needed(const struct hce *h);

/* Takes the next step of the search if it is due. */
void search_expire(struct core *c, struct hce *h, usec_t now);

#endif
