/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses of this host. */
#ifndef HMIP_LOCAL_H
#define HMIP_LOCAL_H

#include "core_data.h"

/* Returns the record of our address addr, usable or lost; NULL if there is none. */
struct local_addr *local_find(struct core *c, const struct in6_addr *addr);

/* Publishes l as it is. */
void local_publish(struct core *c, const struct local_addr *l);

/*
 * The only writer of an address's being usable: it does not depart any more. When it is lost,
 * peers remember it from now on.
 * Publishes and reports the change, with the reason.
 */
void local_set_usable(struct core *c, struct local_addr *l, bool usable, const char *why,
		      usec_t now);

/* The only writer of departing. l is usable if it departs. */
void local_set_departing(struct core *c, struct local_addr *l, bool departing);

/*
 * l was lost for a moment and is back: notes that. From the third time within a minute on, it is
 * used only if there is no other, for twice as long each time.
 */
void local_note_blip(struct core *c, struct local_addr *l, usec_t now);

/* Makes the record of an address that is not usable yet. Returns NULL if memory is short. */
struct local_addr *local_add(struct core *c, const struct in6_addr *addr, usec_t now);

/*
 * Whether a is preferred to b as a source for dst: because it does not depart, or does not come
 * and go, by an administrator, because it is not spare unless routing for h chooses it, by routing
 * for h, because h uses it now, by its prefix (RFC 6724, rule 8), or because it is older. h may be
 * NULL.
 */
bool local_better(const struct hce *h, const struct in6_addr *dst, const struct local_addr *a,
		  const struct local_addr *b);

/*
 * Returns the usable address of that personality that is best as a source for dst by
 * local_better(); NULL if there is none. h may be NULL.
 */
const struct local_addr *local_best(struct core *c, const struct hce *h, unsigned personality,
				    const struct in6_addr *dst);

/*
 * Whether our address is usable, and h's peer may learn of it (X9): of a spare one if it is of use
 * to that peer already. l may be NULL.
 */
bool local_good_for(const struct local_addr *l, const struct hce *h);

/* Removes the oldest lost address that nothing uses, if there are more than LOST_MAX. */
void local_make_room(struct core *c);

/* Returns whether addr is usable or in use by connections or sockets: it cannot be a peer's. */
bool local_ours(struct core *c, const struct in6_addr *addr);

/* One connection or socket fewer uses l. NULL is fine. */
void local_release(struct core *c, struct local_addr *l);

/* Removes addr, which is a peer's now, if it is lost and nothing uses it. */
void local_drop_if_idle(struct core *c, const struct in6_addr *addr);

/* Adds an address that was lost under an earlier helper. Returns 0 or -ENOMEM. */
int local_restore(struct core *c, const struct in6_addr *addr, unsigned personality,
		  usec_t remember_until, usec_t now);

/*
 * Removes expired lost addresses that nothing uses. Returns whether an address that came and went
 * is as good as others again.
 */
bool local_expire(struct core *c, usec_t now);

#endif
