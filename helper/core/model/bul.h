/* SPDX-License-Identifier: BSD-2-Clause */
/* The Binding Update List: what each peer holds of our addresses. */
#ifndef HMIP_BUL_H
#define HMIP_BUL_H

#include "core_data.h"

/* The item of h for our address addr; NULL if there is none. */
struct binding *bul_find(struct hce *h, const struct in6_addr *addr);

/* Removes b from the list of h. */
void bul_remove(struct hce *h, struct binding *b);

/* Removes all items of h. */
void bul_free(struct hce *h);

/* The peer must be sent b, as it is now. */
void bul_set_pending(struct binding *b);

/* h's peer shall hold addr (B5), or hold it no more (B6). Sends nothing: bu_flush() does. */
void bul_want(struct core *c, struct hce *h, const struct in6_addr *addr, bool wanted,
	      usec_t now);

/* Wants every usable local address of the entry's personality (B2, X9). */
void bul_want_all(struct core *c, struct hce *h, usec_t now);

/* What a BU for our address addr asks for, seconds (B12). */
uint32_t bul_lifetime(struct core *c, const struct in6_addr *addr, usec_t now);

/* The peer was, or may have been, told of b, for lifetime seconds; 0: that it is gone. */
void bul_announced(struct binding *b, uint32_t lifetime, usec_t now);

/* Puts b into the news that BU number seq carries. */
void bul_mark_sent(struct binding *b, uint16_t seq);

/* An address the peer knows as ours, other than src: what a Home Address option may name (B7). */
const struct binding *bul_registered(struct hce *h, const struct in6_addr *src);

/* Returns whether h has items that the peer has not acknowledged. */
bool bul_has_pending(const struct hce *h);

/*
 * Has everything announced again at once: the peer asked (B10), or it must hear that we are back.
 */
void bul_reannounce(struct core *c, struct hce *h, usec_t now);

/*
 * The peer holds nothing of ours any more: everything is news, and Homeless Support is to be told
 * again.
 */
void bul_invalidate(struct core *c, struct hce *h, usec_t now);

#endif
