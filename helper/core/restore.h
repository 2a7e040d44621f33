/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Saving and restoring the tables of the core across a restart.
 *
 * Call the core_restore_*() functions after core_peer_add() and core_local_up(), before any other
 * event, in the order below, and core_restore_done() last. They queue the actions that rebuild the
 * datapath.
 */
#ifndef HMIP_RESTORE_H
#define HMIP_RESTORE_H

#include "core.h"

/* A peer's SA: sequence numbers, which must not be used twice, and anonymous keys. */
struct core_saved_peer {
	uint32_t spi_in, spi_out;
	uint32_t out_seq;		/* the last one reserved */
	uint32_t replay_top;
	uint64_t replay_seen;
	int bu_seq;			/* last BU number reserved, -1: not saved */
	bool anonymous;			/* made by AAP: the keys are nowhere else */
	struct ah_key key_in, key_out;	/* if anonymous */
};

struct core_saved_entry {
	uint32_t id, spi;		/* inbound SPI of its peer, 0: its keys are gone, and what
					 * was moved is held */
	unsigned personality;
	enum peer_status status;
	bool trusted;			/* for ever, whatever connections it has */
	bool initiated, may_announce, homeless_acked, has_our_ba, seq_in_valid;
	uint16_t seq_in;
	usec_t srtt;
	struct pair pair;
};

/* Calls fn for each peer; p is valid during the call. It holds keys. */
void core_save_peers(struct core *c, void (*fn)(void *ctx, const struct core_saved_peer *p),
		     void *ctx);

/* The same for the peer with this inbound SPI. Returns 0 or -ENOENT. */
int core_save_peer(struct core *c, uint32_t spi, struct core_saved_peer *ret);

/* Save and restore the highest id of an entry so far: ids are never reused. */
uint32_t core_last_id(const struct core *c);
void core_restore_last_id(struct core *c, uint32_t id);

/*
 * Makes an anonymous peer, or restores the numbers of a configured one; called again for one, the
 * higher numbers count, and the last bu_seq. Skips one that is not configured any more. Returns 0
 * or -ENOMEM.
 */
int core_restore_peer(struct core *c, const struct core_saved_peer *p, usec_t now);

/* Makes the entry. Returns 0, -ENOENT if it has no peer, or its id or peer is taken, or -ENOMEM. */
int core_restore_entry(struct core *c, const struct core_saved_entry *e, usec_t now);

/*
 * Adds an address of the peer to h, with withdrawn as in struct foreign_addr. Skips one that an
 * entry has. Returns 0 or -ENOMEM.
 */
int core_restore_address(struct core *c, struct hce *h, const struct in6_addr *addr,
			 enum addr_state state, bool withdrawn, enum lifetime_kind kind,
			 usec_t lifetime, usec_t expires, usec_t now);

/* Adds the state of our address addr at the peer of h. Returns 0 or -ENOMEM. */
int core_restore_binding(struct core *c, struct hce *h, const struct in6_addr *addr,
			 enum binding_state state, usec_t now);

/* Adds a connection, attached to the entry of that id if there is one. Returns 0 or -ENOMEM. */
int core_restore_connection(struct core *c, const struct pcb *p, uint32_t entry, uint32_t gen,
			    usec_t now);

/* Adds a UDP sender to the peer of that entry; skips it if there is none. Returns 0 or -ENOMEM. */
int core_restore_sender(struct core *c, uint64_t cookie, uint32_t uid, uint32_t entry);

/*
 * Adds a lost address of this host, to be removed at remember_until. Skips it if it is usable
 * again, or a peer's. Returns 0 or -ENOMEM.
 */
int core_restore_lost(struct core *c, const struct in6_addr *addr, unsigned personality,
		      usec_t remember_until, usec_t now);

/*
 * Removes anonymous SAs without an entry, announces our addresses again, and sends the Challenges
 * again that were not answered.
 */
void core_restore_done(struct core *c, usec_t now);

#endif
