/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * By which way signalling gets from one of our addresses to one of a peer's: natively, or in UDP
 * (encap.h), which paths pass that drop AH or destination options.
 *
 * A new pair of addresses gets both at once, as nobody waits for a timeout then. When the same way
 * has brought two answers, it is used alone; if what it carries alone is answered, it is proven,
 * because the answer to what went both ways does not tell by which it arrived. Without an answer,
 * both ways are used again. Only requests are judged: what calls for an answer.
 */
#ifndef HMIP_VIA_H
#define HMIP_VIA_H

#include "core_data.h"

/* Returns the way of s, which is about to be sent to h's peer, and notes what s asks for. */
enum via via_choose(struct core *c, struct hce *h, const struct signal *s, usec_t now);

/* Returns the way of a message to nobody in particular: the one of the packet that it answers. */
enum via via_answer(const struct core *c);

/* s, which proved to be from h's peer, came by that way. */
void via_heard(struct core *c, struct hce *h, const struct signal *s, enum via way, usec_t now);

/*
 * Whether s, whose AH number was taken before, may be the other copy of a packet that h's peer has
 * sent both ways. h may be NULL.
 */
bool via_is_copy(struct hce *h, const struct signal *s, enum via way, usec_t now);

/*
 * Somebody says that a host answered Port Unreachable to quoted, a packet of ours in UDP. If that
 * is the Init of a run that goes on, whose nonce only the host and routers on the way can know, it
 * is sent no more UDP.
 */
void via_refused(struct core *c, const struct signal *quoted, usec_t now);

/*
 * Our address is lost: if it comes back, it may be elsewhere. h has no paths from there any more.
 */
void via_forget(struct hce *h, const struct in6_addr *local);

/* Keeps the way to h's peer open, if that is UDP and connections may need it. */
void via_expire(struct core *c, struct hce *h, usec_t now);

#endif
