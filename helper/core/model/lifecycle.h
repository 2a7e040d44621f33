/* SPDX-License-Identifier: BSD-2-Clause */
/* How entries are made and removed. */
#ifndef HMIP_LIFECYCLE_H
#define HMIP_LIFECYCLE_H

#include "core_data.h"

/* Whether who comes from addr may have one more entry, as far as its neighbours leave room (X8). */
bool hce_room(struct core *c, const struct in6_addr *addr);

/* Makes the entry of that id, which none may have. */
struct hce *hce_restore(struct core *c, struct peer *peer, uint32_t id, usec_t now);

/*
 * Makes an entry, for peer if not NULL, of the personality that our address local has. Returns NULL
 * (counted) if there is no room.
 */
struct hce *hce_create(struct core *c, struct peer *peer, const struct in6_addr *local,
		       bool initiated, usec_t now);

/* Removes h with all that belongs to it. */
void hce_destroy(struct core *c, struct hce *h, usec_t now);

/* Sets what is known of the peer's abilities, and publishes it. */
void hce_set_status(struct core *c, struct hce *h, enum peer_status status);

#endif
