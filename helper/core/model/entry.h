/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries: look-up, and predicates of their fields. */
#ifndef HMIP_ENTRY_H
#define HMIP_ENTRY_H

#include "core_data.h"

#define SLOW_UPDATE_INTERVAL	(10 * USEC_PER_SEC)	/* SLOW_UPDATE_RATE */

/*
 * Returns whether h's peer has not answered Updates for some time: its helper may have ended, or
 * lost its state. New connections are not attached until it answers.
 */
bool hce_unresponsive(const struct hce *h, usec_t now);

/* Returns whether a packet under the SA of h's peer was received within a minute. */
bool hce_authenticated_lately(const struct hce *h, usec_t now);

/* Returns whether data was received from fa within DEFAULT-LIFETIME, whatever signalling does. */
bool foreign_heard_lately(const struct core *c, const struct foreign_addr *fa, usec_t now);

/* How old the last proof of an Active address may be for a connection that this host begins. */
#define PROOF_TO_BEGIN	(60 * USEC_PER_SEC)

/* Returns whether fa's peer has proved within the last age that it is there (X5). */
bool foreign_proven_since(const struct foreign_addr *fa, usec_t age, usec_t now);

/* Returns whether connections of h can move: it has an SA, and its peer is a Homeless Host. */
bool hce_homeless(const struct hce *h);

/*
 * The only writer of h->trusted: h has so many more connections that make it trusted (X8), or less;
 * vouch: it is trusted from now on, whatever these do.
 */
void hce_trust(struct core *c, struct hce *h, int proofs, bool vouch);

/* h has so many more connections, or less. */
void hce_count_pcb(struct core *c, struct hce *h, int more);

/* Before an entry is made: makes room for it in the lists that may have all. 0 or -ENOMEM. */
int hce_reserve(struct core *c);

/* h is about to be freed: it cannot be evicted any more. */
void hce_forget(struct core *c, struct hce *h);

/*
 * Returns whether h is a stranger's who has nothing to do with this host at present: it is
 * untrusted and has neither connections nor datagrams. Such a peer learns no more of this host's
 * addresses, and its entry ends soon (X8).
 */
bool hce_is_passing(const struct hce *h);

/* Returns whether h has connections or UDP senders, which keep it (C10). */
bool hce_in_use(const struct hce *h);

#endif
