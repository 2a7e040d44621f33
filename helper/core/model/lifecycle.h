/* SPDX-License-Identifier: BSD-2-Clause */
/* How entries are made and removed. */
#ifndef HMIP_LIFECYCLE_H
#define HMIP_LIFECYCLE_H

#include "core_data.h"
#include "status.h"

/*
 * Makes the entry of that id, which none may have, for peer if not NULL. Returns NULL (counted) if
 * there is no room.
 */
struct hce *hce_restore(struct core *c, struct peer *peer, uint32_t id, usec_t now);

/*
 * Makes an entry, for peer if not NULL, with the personality of our address local. Evicts another
 * if the Host Cache is full (X8). Returns NULL (counted) if there is no room.
 */
struct hce *hce_create(struct core *c, struct peer *peer, const struct in6_addr *local,
		       bool initiated, usec_t now);

/*
 * Makes an entry for a host that initiated from there, to our address local. It counts for the /64
 * of from, which may have max_per_prefix, and of which an idle one gives way first (X8). Returns
 * NULL (counted) if there is no room.
 */
struct hce *hce_answer(struct core *c, const struct in6_addr *local, const struct in6_addr *from,
		       usec_t now);

/*
 * h, which counts for no /64 yet, does for that of from. Returns false if memory is short: it does
 * not.
 */
bool hce_count_for(struct core *c, struct hce *h, const struct in6_addr *from);

/*
 * This host has to do with h's peer, though not by a connection that is attached: it is no passing
 * stranger for DEFAULT-LIFETIME, and may learn more from now on.
 */
void hce_converse(struct core *c, struct hce *h, usec_t now);

/* Frees h with its addresses, bindings, names, AAP run and anonymous SA; detaches connections. */
void hce_destroy(struct core *c, struct hce *h, usec_t now);

/*
 * Removes h but for its moved connections. Their packets would leave with addresses that may be
 * others' by now (A3): they are held, their programs are told, and h goes with the last of them.
 */
void hce_retire(struct core *c, struct hce *h, usec_t now);

/* e happened to h's peer, whose status may change by it (status.h): that is published, reported. */
void hce_status_event(struct core *c, struct hce *h, enum status_event e);

/* h's peer had that status when an earlier helper ended. */
void hce_restore_status(struct core *c, struct hce *h, enum peer_status saved, const char *why);

#endif
