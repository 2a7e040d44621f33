/* SPDX-License-Identifier: BSD-2-Clause */
/* The Binding Update List: which of our addresses each peer has, and which it must have. */
#ifndef HMIP_BUL_H
#define HMIP_BUL_H

#include "core_data.h"

/* Returns h's item for our address addr, NULL if there is none. */
struct binding *bul_find(struct hce *h, const struct in6_addr *addr);

/* The only writer of a binding's state: reports a change, with the reason. */
void bul_set_state(struct core *c, const struct hce *h, struct binding *b,
		   enum binding_state state, const char *why);

/* Removes b from the list of h. */
void bul_remove(struct hce *h, struct binding *b);

/* Removes all items of h. */
void bul_free(struct hce *h);

/* Marks b, as it is now, to be announced to the peer and acknowledged. */
void bul_set_pending(struct binding *b);

/*
 * Marks addr to be announced to h's peer (B5) or withdrawn (B6). bu_flush() sends that. Nothing
 * changes if the peer was told of as many as it may have room for, and of no other this could take
 * the place.
 */
void bul_want(struct core *c, struct hce *h, const struct in6_addr *addr, bool wanted);

/*
 * Marks every usable local address of the entry's personality to be announced (B2, X9): of very
 * many as many as the peer may have room for, of each interface some.
 */
void bul_want_all(struct core *c, struct hce *h);

/* An address was lost: announces another, if there are more than the peer was told of. */
void bul_fill(struct core *c, struct hce *h);

/* The peer rejected what is pending: other addresses are announced before it next. */
void bul_rejected(struct hce *h);

/* Returns the lifetime in seconds that a BU for our address addr asks for (B12). */
uint32_t bul_lifetime(struct core *c, const struct in6_addr *addr, usec_t now);

/* The peer has, or may have, received b with a lifetime in seconds; 0 was a withdrawal. */
void bul_announced(struct binding *b, uint32_t lifetime, usec_t now);

/* Marks b as part of BU number seq to the peer of h. */
void bul_mark_sent(struct core *c, const struct hce *h, struct binding *b, uint16_t seq);

/*
 * Returns the item of an address other than src that the peer has as ours, for the Home Address
 * option (B7). NULL if there is none.
 */
const struct binding *bul_registered(struct hce *h, const struct in6_addr *src);

/* Returns whether h has pending items. */
bool bul_has_pending(const struct hce *h);

/* Makes every address pending: the peer requested it (B10), or must receive something from us. */
void bul_reannounce(struct hce *h);

/*
 * The peer has lost its state. Makes every address pending, with Homeless Support, and removes
 * what was to be withdrawn.
 */
void bul_invalidate(struct core *c, struct hce *h);

/*
 * The peer begins anew under another SA, without sequence numbers and addresses of before:
 * bul_invalidate(), and any sequence number of a Binding Update is accepted next.
 */
void bul_restart(struct core *c, struct hce *h);

#endif
