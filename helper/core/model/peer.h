/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts that share keys with this one. */
#ifndef HMIP_PEER_H
#define HMIP_PEER_H

#include "core_data.h"

struct peer;

/* A configured address of a peer. */
struct peer_addr {
	struct in6_addr addr;
	struct peer *peer;
	UT_hash_handle hh;		/* by addr, over all peers */
};

/*
 * A host that shares keys with this one. A configured peer outlives its entry, because its sequence
 * numbers must not be used twice (RFC 4302, 3.3.2).
 */
struct peer {
	char *name;			/* NULL: an anonymous one */
	unsigned n_addr;
	struct peer_addr *addr;		/* owned; as configured */
	struct sa sa;
	struct hce *hce;		/* NULL while there is no entry */
	struct peer *prev, *next;	/* of the entry: of keys */
	usec_t made;			/* anonymous: when its keys were made */
	usec_t renew_at;		/* anonymous: when they are to be replaced */
	bool used_up;			/* anonymous: so many packets had them that this was due */
	bool initiated;			/* anonymous: this host was the initiator */
	usec_t grace_until;		/* replaced by newer keys, removed then. 0: in use */
	struct timer timer;		/* armed if it is not */
	uint32_t alternate;		/* inbound SPI of keys of the same entry: the peer has
					 * those or these. 0: none */
	uint16_t seq_out;		/* last BU number: the next entry continues it */
	bool ended;			/* configured: its SAs are gone, and it has no others yet */
	struct peer *heir;		/* this is an earlier inbound SA of that peer, which has
					 * newer ones; NULL: it is a peer */
	UT_hash_handle hh;		/* by sa.in.spi */
};

/* Removes p and wipes its keys. */
void peer_free(struct core *c, struct peer *p);

/* Returns the configured peer of that name, NULL if there is none. */
struct peer *peer_by_name(struct core *c, const char *name);

/* Returns the peer that is configured with that address, NULL if none is. */
struct peer *peer_by_addr(struct core *c, const struct in6_addr *addr);

/* Returns whether another peer has p's inbound SPI or one of its addresses. */
bool peer_collides(struct core *c, const struct core_peer *p);

/* Makes these the addresses of p. Returns 0, or -ENOMEM: it has those that it had. */
int peer_set_addrs(struct core *c, struct peer *p, unsigned n, const struct in6_addr *addr);

/*
 * Notes how far the keys of p, a configured peer that is about to be removed, were used: if they
 * come back, no sequence number is taken or sent twice.
 */
void peer_note_used(struct core *c, const struct peer *p);

/*
 * Sets the keys. New keys start with fresh sequence numbers; old keys, and those that were noted,
 * go on with theirs.
 */
void peer_rekey(struct core *c, struct peer *p, const struct core_peer *from);

/* Returns the peer whose SA has this inbound SPI, NULL if there is none. */
struct peer *peer_by_spi(struct core *c, uint32_t spi);

/*
 * Gives p, a configured peer, newer SAs. What comes under its present inbound one is accepted until
 * peer_drop_earlier(). Returns 0, -EEXIST if another peer has that SPI, or -ENOMEM.
 */
int peer_renew(struct core *c, struct peer *p, const struct sa_half *in,
	       const struct sa_half *out);

/* Removes the earlier inbound SA of p with that SPI, 0: all. Returns whether there was one. */
bool peer_drop_earlier(struct core *c, const struct peer *p, uint32_t spi);

/* The SAs of p, a configured peer, are gone: its keys are wiped, peer_renew() brings others. */
void peer_end(struct core *c, struct peer *p);

/*
 * Makes an anonymous peer with the SAs that AAP made, for h if not NULL. Returns NULL if memory is
 * short or the SPI is in use.
 */
struct peer *peer_make_anonymous(struct core *c, struct hce *h, const struct sa_half *in,
				 const struct sa_half *out, usec_t now);

/* Removes anonymous peers that have no entry. */
void peer_prune(struct core *c);

/* Returns whether the SA of this SPI was removed recently: its Confirm must not be accepted. */
bool spi_revoked(const struct core *c, uint32_t spi, usec_t now);

/* Detaches h's peer; removes it, and those it replaced, if anonymous. */
void peer_detach(struct core *c, struct hce *h, usec_t now);

/* Removes peers whose grace period is over. */
void peer_expire(struct core *c, usec_t now);

/* Starts the grace period of old, in which packets under replaced keys are still accepted. */
void peer_retire(struct core *c, struct peer *old, usec_t now);

/*
 * The peer did not say that it has h's keys. Goes back to old, which they were to replace, and
 * keeps them as an alternate until then.
 */
void peer_return(struct core *c, struct hce *h, struct peer *old, usec_t until);

/* Sends to h's peer under the alternate of its keys from now on. Returns false if it has none. */
bool peer_swap(struct core *c, struct hce *h);

/*
 * A packet came under the keys p, which have an entry. If that has an alternate, p are the ones to
 * use, and the others retire.
 */
void peer_settle(struct core *c, struct peer *p, usec_t now);

/*
 * Takes the next BU sequence number to send to h, which has an SA. Numbers are reserved in blocks,
 * with ACTION_RESERVE.
 */
uint16_t peer_next_bu(struct core *c, struct hce *h);

/* Attaches peer, which no other entry may have, to h. */
void peer_attach(struct core *c, struct hce *h, struct peer *peer);

#endif
