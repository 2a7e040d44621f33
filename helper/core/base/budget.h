/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Budgets: how often others may have this host do something. Each sender has a token bucket of its
 * own, so that none uses up what others have: a peer, or the /64 that an address is in. Buckets are
 * found by a keyed hash; two senders may share one, and cannot know that.
 */
#ifndef HMIP_BUDGET_H
#define HMIP_BUDGET_H

#include "core_data.h"

/*
 * Takes a token for the address addr, of which the /64 counts, or with addr NULL for entry h.
 * Returns false if there is none: that is counted, and reported at times.
 */
bool budget_take(struct core *c, enum budget what, const struct in6_addr *addr,
		 const struct hce *h, usec_t now);

/* Counts and, at most once in ten seconds, reports that work of that kind was not done. */
void budget_exceeded(struct core *c, enum budget what, const struct in6_addr *addr,
		     const struct hce *h, usec_t now);

#endif
