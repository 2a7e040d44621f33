/* SPDX-License-Identifier: BSD-2-Clause */
/* Two hosts claim one address. */
#ifndef HMIP_ADDR_CONFLICT_H
#define HMIP_ADDR_CONFLICT_H

#include "core_data.h"

/*
 * claimant (NULL: who has completed AAP from there) claims fa, which is in another entry. Both are
 * asked; unless they are already.
 */
void conflict_open(struct core *c, struct foreign_addr *fa, const struct hce *claimant,
		   const struct in6_addr *from, usec_t now);

/* fa is another host's now, or this one's: takes it from its entry. why is static text. */
void conflict_remove_addr(struct core *c, struct foreign_addr *fa, const char *why, usec_t now);

/*
 * A Response for contested fa came from h. Returns false if both parties have answered now, which
 * ended their entries.
 */
bool conflict_response(struct core *c, struct foreign_addr *fa, const struct hce *h,
		       const struct binding_update *bu, usec_t now);

/* Asks again, or decides, if it is due. fa may be gone afterwards. */
void conflict_expire(struct core *c, struct foreign_addr *fa, usec_t now);

#endif
