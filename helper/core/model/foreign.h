/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses of peers. */
#ifndef HMIP_FOREIGN_H
#define HMIP_FOREIGN_H

#include "core_data.h"

/* Returns the record of a peer's address addr, in whichever entry; NULL if there is none. */
struct foreign_addr *foreign_find(struct core *c, const struct in6_addr *addr);

/* Adds addr, which no entry may have, to h. Returns NULL (counted) if there is no room. */
struct foreign_addr *foreign_add(struct core *c, struct hce *h, const struct in6_addr *addr,
				 enum addr_state state, enum lifetime_kind kind, usec_t lifetime,
				 const char *why, usec_t now);

/* Removes fa from its entry. */
void foreign_remove(struct core *c, struct foreign_addr *fa);

/* Grants lifetime seconds from now on (C7 converts an activity-related one). */
void foreign_renew(struct core *c, struct foreign_addr *fa, enum lifetime_kind kind,
		   usec_t lifetime, usec_t now);

/*
 * Publishes that fa does not redirect new connections any more, when its time is over; until then,
 * arms the timer.
 */
void foreign_end_redirect(struct core *c, struct foreign_addr *fa, usec_t now);

/*
 * Changes an address's state: sets the timers that go with it, binds connections, publishes and
 * reports it with the reason.
 */
void foreign_set_state(struct core *c, struct foreign_addr *fa, enum addr_state state,
		       const char *why, usec_t now);

/*
 * The peer has just signalled that it has fa: connections that began there while it was silent are
 * attached, if fa is Active. Returns whether others wait for more, a proof.
 */
bool foreign_confirm(struct core *c, struct foreign_addr *fa, usec_t now);

/*
 * The peer has just proved that it is at fa (X5), which is Active from now on, for the reason why.
 * Connections of this host that waited for that are attached.
 */
void foreign_prove(struct core *c, struct foreign_addr *fa, const char *why, usec_t now);

/* No Challenge is sent to fa any more, nor a Response taken. */
void foreign_end_check(struct foreign_addr *fa);

/*
 * fa's time is over, or the peer gave it up, as why says: what was Active is Deprecated from now
 * on, for late packets and for programs that hold on to it; all else goes. A peer that never was at
 * an address has no say in what is sent there.
 */
void foreign_deprecate(struct core *c, struct foreign_addr *fa, const char *why, usec_t now);

/*
 * The peer says that it is not at fa any more. If it was asked there it may have answered and sent
 * data after that, which the network may have put in another order: for a while that is dropped, as
 * it would have been before, not reset.
 */
void foreign_withdraw(struct core *c, struct foreign_addr *fa, usec_t now);

/* Ends the conflict about fa, if there is one. */
void conflict_end(struct core *c, struct foreign_addr *fa);

#endif
