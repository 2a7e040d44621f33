/* SPDX-License-Identifier: BSD-2-Clause */
/* Two hosts claim one address. */
#ifndef HMIP_ADDR_CONFLICT_H
#define HMIP_ADDR_CONFLICT_H

#include "core_data.h"

/*
 * claimant claims fa, which is in another entry; NULL is a host without an entry that completed AAP
 * from there. from is our address that received the claim. Sends Challenges to both, unless a
 * conflict about fa is open.
 */
void conflict_open(struct core *c, struct foreign_addr *fa, struct hce *claimant,
		   const struct in6_addr *from, usec_t now);

/* fa is another host's now, or this one's: removes it from its entry. why is static text. */
void conflict_remove_addr(struct core *c, struct foreign_addr *fa, const char *why, usec_t now);

/*
 * A Response about fa, which is in conflict, came from h. Returns false if both parties have
 * answered now: both entries are freed then.
 */
bool conflict_response(struct core *c, struct foreign_addr *fa, const struct hce *h,
		       const struct binding_update *bu, usec_t now);

/* Runs the timer of the conflict: sends Challenges again, or decides. fa may be freed. */
void conflict_expire(struct core *c, struct foreign_addr *fa, usec_t now);

#endif
