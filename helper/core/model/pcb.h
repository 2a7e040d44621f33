/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections. */
#ifndef HMIP_PCB_H
#define HMIP_PCB_H

#include "core_data.h"

/* Says that what is saved of p is to be saved anew. */
void pcb_changed(struct core *c, const struct pcb *p);

/* Returns the connection of that cookie, NULL if there is none. */
struct pcb *pcb_by_cookie(struct core *c, uint64_t cookie);

/* Detaches p, removes it from all tables and frees it. */
void pcb_drop(struct core *c, struct pcb *p);

/*
 * Attaches p to h, as born under gen. Returns 0, -EEXIST if another connection of h has the ports,
 * or -ENOSPC if max_connections are attached: then p waits for room.
 */
int pcb_attach(struct core *c, struct pcb *p, struct hce *h, uint32_t gen);

/* Adds a copy of from, whose local address is l. Returns NULL if memory is short. */
struct pcb *pcb_add(struct core *c, const struct pcb *from, struct local_addr *l, usec_t now);

/*
 * Puts back a connection of an earlier helper; h is its entry, NULL if it had none. Returns 0 or
 * -ENOMEM.
 */
int pcb_restore(struct core *c, const struct pcb *from, struct hce *h, uint32_t gen, usec_t now);

/*
 * Whether p's local address is of h's personality: else the peer must not learn that both are one
 * host's (X9).
 */
bool pcb_same_personality(struct core *c, const struct pcb *p, const struct hce *h);

/* p's socket is gone: p is kept until then, with its ports. */
void pcb_linger(struct core *c, struct pcb *p, usec_t until);

/* Drops lingering connections that have expired. */
void pcb_expire(struct core *c, usec_t now);

/* The first of the connections to foreign that have no entry (same_next); NULL: there is none. */
struct pcb *pcb_unattached(struct core *c, const struct in6_addr *foreign);

/*
 * Whether a connection that this host begins to the Active fa may be attached: its peer, whose
 * connections it may move, has just proved that fa is its own (X5). Or others of this host to fa
 * leave as they were born and are answered.
 */
bool pcb_may_begin(const struct foreign_addr *fa, usec_t now);

/*
 * fa is Active, or is proven anew: attaches the connections to it that have no entry. Those that
 * this host began wait on if fa's proof is too old; fa->left_alone says whether any does.
 */
void pcb_attach_foreign(struct core *c, struct foreign_addr *fa, usec_t now);

/* addr is another host's now: detaches h's connections to it that were opened since then. */
void pcb_detach_foreign(struct core *c, struct hce *h, const struct in6_addr *addr, usec_t since);

/* p is not attached, as h's peer is silent. It is attached to no other entry, ever. */
void pcb_wait_for_peer(struct core *c, struct pcb *p, const struct hce *h);

/*
 * Notes whether p makes its entry trusted (X8): it is open, and this host began it, or TCP's third
 * ACK proves that the peer receives where it says. Call when any of that changes.
 */
void pcb_note_trust(struct core *c, struct pcb *p);

/* p keeps its birth pair from now on, until its entry's pair changes. It has an entry. */
void pcb_keep_birth_pair(struct core *c, struct pcb *p);

/*
 * Whether policy rules forbid p, which has an entry, the entry's pair: it keeps its birth pair
 * while they do, and has the entry's when they no longer do.
 */
void pcb_set_forbidden(struct core *c, struct pcb *p, bool forbidden);

/* h has no part in addr any more, NULL: in any: connections born there that never moved go. */
void pcb_detach_unmoved(struct core *c, struct hce *h, const struct in6_addr *addr);

/* p, which this host began, is not attached before the peer has proved anew to be there. */
void pcb_wait_for_proof(struct core *c, struct pcb *p);

/* Publishes those of h's connections again of which the datapath did not take the last change. */
void pcb_repeat(struct core *c, struct hce *h);

/* Detaches p, which the datapath did not take. */
void pcb_refuse(struct core *c, struct pcb *p);

/* Whether the datapath's tables hold one connection more. */
bool pcb_has_room(const struct core *c);

/* Takes all connections off h, which is about to go. */
void pcb_detach_all(struct core *c, struct hce *h);

#endif
