/* SPDX-License-Identifier: BSD-2-Clause */
/* The pair of addresses that an entry's packets have. */
#ifndef HMIP_PAIR_H
#define HMIP_PAIR_H

#include "core_data.h"

/* The only writer of h->pair. Of one event comes one ACTION_PAIR at most, with the last value. */
void pair_set(struct core *c, struct hce *h, const struct pair *to);

/* h has no pair yet: this is one that packets bear. */
void pair_init(struct core *c, struct hce *h, const struct in6_addr *local,
	       const struct in6_addr *foreign);

/* Whether h's peer may take for a stranger's what comes from us, as things are now. */
void pair_set_unconfirmed(struct core *c, struct hce *h, bool unconfirmed);

/*
 * There is nowhere h's packets may go: they are dropped until an address of its peer's may be used.
 */
void pair_block(struct core *c, struct hce *h, enum block how);

/*
 * Whether packets of h may leave from l: the peer must have proof that l is ours, or the
 * connections were born there.
 */
bool pair_may_send_from(struct hce *h, const struct local_addr *l);

/*
 * Chooses the pair anew from what is usable, verified and preferred, and switches to it if it is
 * another.
 */
void pair_update(struct core *c, struct hce *h, usec_t now);

/* A move that was put off until all connections of h's peer are attached is made, if they are. */
void pair_release(struct core *c, struct hce *h, usec_t now);

/* Switches to a pair that was found to work. */
void pair_use(struct core *c, struct hce *h, const struct in6_addr *local,
	      const struct in6_addr *foreign);

/* The peer is to be heard at fa from now on, if that is possible (C11). */
void pair_follow(struct core *c, struct hce *h, const struct foreign_addr *fa, usec_t now);

/* addr cannot be used any more: connections still pinned to it must take the pair. */
void pair_migrate_from(struct core *c, struct hce *h, const struct in6_addr *addr);

/*
 * The pair is known to work: connections that were born with another one, which they still have,
 * take it.
 */
void pair_migrate_all(struct core *c, struct hce *h);

/* Whether an open connection of h was born with h's pair; or leaves with another than its own. */
bool pcb_any_on_birth_pair(const struct hce *h);

/* Whether an open connection of h leaves with another pair than its own. */
bool pcb_any_moved(const struct hce *h);

/* The pair changed for other reasons: it is to be probed first. */
void path_restart(struct hce *h);

/* What is preferred has changed: it is tried. */
void path_clear_failover(struct hce *h);

#endif
