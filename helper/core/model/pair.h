/* SPDX-License-Identifier: BSD-2-Clause */
/* The pair of addresses that an entry's packets have on the wire. */
#ifndef HMIP_PAIR_H
#define HMIP_PAIR_H

#include "core_data.h"

/*
 * The only writer of h->pair. If its addresses change, or packets leave again, gives it a new
 * generation, unless to has one, counts and reports that, with the reason why (else NULL). Of one
 * event come one generation, one ACTION_PAIR and one EVENT_SWITCHED at most, with the last value.
 */
void pair_set(struct core *c, struct hce *h, const struct pair *to, const char *why);

/* The datapath did not take h's pair: publishes it again. */
void pair_repeat(struct core *c, struct hce *h);

/* h has no pair yet: this is one that packets bear. */
void pair_init(struct core *c, struct hce *h, const struct in6_addr *local,
	       const struct in6_addr *foreign);

/*
 * Marks whether the peer may still reject our current source address. While set, the datapath
 * drops unconnected datagrams to it.
 */
void pair_set_unconfirmed(struct core *c, struct hce *h, bool unconfirmed);

/*
 * Marks whether h's local address is not this host's any more. While set, the datapath swallows
 * what would leave from it: no answer can come, and the acknowledgement in a TCP segment would
 * reset the timer of the peer's TCP, which ACTION_RETRANSMIT there depends on.
 */
void pair_set_no_source(struct core *c, struct hce *h, bool no_source);

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
 * Returns the best of the addresses that packets of h may leave from, by what policy rules bar and
 * local_better(); NULL if there is none.
 */
const struct local_addr *pair_best_local(struct core *c, struct hce *h);

/*
 * Chooses the pair anew from what is usable, verified and preferred, and switches to it if it is
 * another.
 */
void pair_update(struct core *c, struct hce *h, usec_t now);

/* A move that was put off until all connections of h's peer are attached is made, if they are. */
void pair_release(struct core *c, struct hce *h, usec_t now);

/*
 * Switches to a pair that is known to work, makes each connection be heard by it, and TCP
 * retransmit as soon as that is of use.
 */
void pair_use(struct core *c, struct hce *h, const struct in6_addr *local,
	      const struct in6_addr *foreign, const char *why);

/* The peer was heard from fa: switches there if fa is Active (C11). */
void pair_follow(struct core *c, struct hce *h, const struct foreign_addr *fa, usec_t now);

/* addr cannot be used any more: connections whose birth pair has it switch to h's pair. */
void pair_migrate_from(struct core *c, struct hce *h, const struct in6_addr *addr);

/*
 * The pair is known to work: connections that were born with another one, which they still have,
 * take it.
 */
void pair_migrate_all(struct core *c, struct hce *h);

/*
 * The connections of h have a path again: ACTION_RETRANSMIT, one for each event. What is in flight
 * is lost if lost says so, or if it was sent by a pair whose local address is lost, or whose
 * foreign address the peer gave up.
 */
void pair_resume(struct core *c, struct hce *h, bool lost);

/*
 * S6: with nothing but Deprecated addresses left there is nowhere to send: ACTION_UNREACHABLE. That
 * matters to connections that were moved, and only if nothing comes back to them: those on their
 * birth pair need no address of the entry.
 */
void pair_report_unreachable(struct core *c, const struct hce *h, usec_t now);

/* Returns whether the birth pair of an open connection of h is h's pair. */
bool pcb_any_on_birth_pair(const struct hce *h);

/*
 * Returns whether a connection of h was born with addr (as local or foreign) and keeps its birth
 * pair to this day.
 */
bool pcb_any_keeps_addr(const struct hce *h, const struct in6_addr *addr);

/* Returns whether an open connection of h has been moved off its birth pair. */
bool pcb_any_moved(const struct hce *h);

/* The preferred source has changed: it may be used again although it failed before. */
void path_clear_failover(struct hce *h);

#endif
