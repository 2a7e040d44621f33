/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts that share keys with this one. */
#ifndef HMIP_PEER_H
#define HMIP_PEER_H

#include "core_data.h"

/*
 * Who shares keys with us. A configured peer outlives its entry: sequence numbers must (RFC 4302,
 * 3.3.2).
 */
struct peer {
	char *name;			/* NULL: an anonymous one */
	unsigned n_addr;
	struct in6_addr addr[BU_ADDRS_MAX];
	struct sa sa;
	struct hce *hce;		/* NULL while there is no entry */
	usec_t made;			/* of an anonymous one: when its keys were */
	usec_t grace_until;		/* its entry has newer keys; ends then. 0: in use */
	uint16_t seq_out;		/* where the BU numbers of the next entry begin: the peer
					 * may have kept its own */
	UT_hash_handle hh;		/* by sa.in.spi */
};

/* Removes p and wipes its keys. */
void peer_free(struct core *c, struct peer *p);

/* The configured peer of that name; NULL if there is none. */
struct peer *peer_by_name(struct core *c, const char *name);

/* Returns whether another peer has p's inbound SPI or one of its addresses. */
bool peer_collides(struct core *c, const struct core_peer *p);

/* New keys begin with fresh numbers; the same keys go on with the old ones. */
void peer_rekey(struct core *c, struct peer *p, const struct core_peer *from);

/* The peer whose SA has this inbound SPI; NULL if there is none. */
struct peer *peer_by_spi(struct core *c, uint32_t spi);

/*
 * Makes a peer of an SA pair that AAP made, for h if not NULL. Returns NULL if memory is short or
 * the SPI is taken.
 */
struct peer *peer_make_anonymous(struct core *c, struct hce *h, const struct sa_half *in,
				 const struct sa_half *out, usec_t now);

/* Ends the anonymous SAs that no entry has. */
void peer_prune(struct core *c);

/*
 * Returns whether the anonymous SA of this SPI ended not long ago, so that its Confirm must not be
 * accepted again.
 */
bool spi_revoked(const struct core *c, uint32_t spi, usec_t now);

/* Takes the SA from h, and ends it if it is anonymous. */
void peer_detach(struct core *c, struct hce *h, usec_t now);

/* Ends what newer keys have replaced. */
void peer_expire(struct core *c, usec_t now);

/*
 * Lets old, whose entry has newer keys, end soon: what was sent under the old keys may still
 * arrive.
 */
void peer_retire(struct core *c, struct peer *old, usec_t now);

/* Lets peer, who may be no other entry's, be h's. */
void peer_attach(struct hce *h, struct peer *peer);

#endif
