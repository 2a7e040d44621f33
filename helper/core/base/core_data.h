/* SPDX-License-Identifier: BSD-2-Clause */
/* struct core. The rows of its tables are in core_types.h, peer.h and nonpeer.h. */
#ifndef HMIP_CORE_DATA_H
#define HMIP_CORE_DATA_H

#include "core_action.h"

struct peer;
struct peer_addr;
struct prefix;
struct nonpeer;

/*
 * The SPI of an anonymous SA that was removed: a replayed Confirm must not restore it
 * (hmip-aap(7)). If the ring overflows, the sealing keys are wiped, so that no earlier state is
 * accepted.
 */
#define REVOKED_MAX	1024

struct revoked_spi {
	uint32_t spi;
	usec_t until;
};

#define GIVEN_BACK_MAX	64

#define UNSENT_MAX	16	/* packets that are kept until there is a route */

/* A key that seals the responder's states, and until when it seals new ones. */
struct seal_key {
	uint8_t key[AAP_SECRET_LEN];
	usec_t until;
};

/*
 * The responder's key pair, and until when it is used. What personalities have in common would show
 * that they are of one host (X9).
 */
struct responder_share {
	struct aap_keypair pair;
	usec_t until;
};

/* This host leaves (leave.c). */
struct leave {
	usec_t until;			/* when it does not wait any longer; 0: it stays */
	bool done;			/* ACTION_LEFT was given */
	unsigned n_waits;		/* entries whose parting waits */
	unsigned stranded;		/* moved connections whose birth pair cannot be used */
};

/*
 * Two addresses between which the kernel has a connection (core_connected()). Only the Init of AAP
 * that comes next is answered with regard to it.
 */
struct connected {
	struct in6_addr local, foreign;
};

/* What budgets limit (budget.h). */
enum budget {
	BUDGET_INITS,			/* with a good cookie, per /64 */
	BUDGET_ALL_INITS,		/* ... of all */
	BUDGET_RETRIES,			/* of all */
	BUDGET_RENEWALS,		/* per entry */
	BUDGET_UPDATES,			/* authentic ones, per entry */
	BUDGET_REQUESTS,		/* without AH, per entry */
	BUDGET_CHALLENGES,		/* in packets of their own, per /64 they go to */
	BUDGET_ALL_CHALLENGES,		/* ... of all */
	BUDGET_CLAIMS,			/* conflicts opened: per entry, or per /64 without one */
	BUDGETS
};

#define BUDGET_SLOTS	256
#define COOKIES_MAX	256		/* that were answered lately */

/*
 * How far one direction of a configured SA was used that is not in use any more. If it comes back,
 * no number is taken or sent twice. The key is known by a digest.
 */
#define USED_HALVES	512

struct used_half {
	uint8_t key[16];		/* all zeros: none */
	struct ah_replay replay;	/* of an inbound one */
	uint32_t out_seq;		/* of an outbound one: last AH number sent */
	uint16_t bu_seq;		/* ... and last BU number */
};

struct core {
	struct core_config config;
	struct ah_key seed;
	uint64_t nonces;		/* drawn so far */
	uint32_t epoch;
	uint32_t last_id;
	unsigned preferences;		/* given out so far by core_prefer() */

	struct peer *peers;
	struct peer_addr *peer_addrs;	/* by address */
	struct hce *entries;
	struct hce **evictable;		/* in any order; room for all entries */
	uint32_t *due;			/* by core_due(); room for all entries */
	unsigned n_evictable, n_due, entry_room;
	struct prefix *prefixes;	/* from which entries were made */
	struct foreign_addr *foreign;	/* by address */
	struct local_addr *locals;
	unsigned n_departing;		/* of these */
	struct pcb *pcbs;		/* by cookie */
	struct pcb *ports;		/* by struct pcb_ports */
	struct in6_addr given_back[GIVEN_BACK_MAX];	/* that peers named and never proved, and
							 * connections wait at; a ring */
	unsigned n_given_back;		/* how many were not looked at; more than there is room for:
					 * the oldest are not */
	struct pcb *unattached;		/* by foreign: of those without an entry to one
					 * address the oldest */
	struct pcb *left;		/* those in the lists left of all entries; utlist DL */
	bool full_news;			/* there are more left, and EVENT_TABLE_FULL is due */
	unsigned hostmap_cut;		/* rows that did not fit into the host map the last time */
	usec_t cut_next;		/* when that may be reported again */
	usec_t stale_next;		/* when what the datapath did not take is repeated; 0:
					 * nothing is */
	usec_t full_next;		/* when it may be again */
	struct sender *senders;		/* by cookie */
	struct bound *bound;		/* by cookie */
	struct nonpeer *nonpeers;	/* by address, oldest first */
	uint64_t nonpeers_action;	/* number of the last ACTION_NONPEERS */

	uint32_t spi_range[CORE_PERSONALITIES_MAX + 1];	/* upper half of a personality's anonymous
							 * SPIs of ours */
	uint8_t retry_secret[AAP_SECRET_LEN];
	struct seal_key seal[2];	/* the current one and its predecessor */
	struct responder_share share[CORE_PERSONALITIES_MAX + 1];	/* of each personality */
	struct used_half used[USED_HALVES];	/* a ring */
	unsigned n_used;
	struct revoked_spi revoked[REVOKED_MAX];
	unsigned n_revoked;
	struct ratelimit budget[BUDGETS][BUDGET_SLOTS];	/* interval 0: not used yet */
	usec_t budget_told[BUDGETS];	/* when it may be reported again */
	struct answered {
		uint8_t cookie[AAP_COOKIE_LEN];
		usec_t until;
	} answered[COOKIES_MAX];	/* a table of hashes, where the last one stays */
	struct connected connected;
	enum via arrived;		/* how the packet came that is being handled, else none */
	struct ratelimit questions;	/* of core_packet_asks() */
	usec_t inits_since;		/* start of the second in which inits are counted */
	unsigned inits;

	struct leave leave;
	struct timers entry_timers;	/* of each struct hce */
	struct timers pcb_timers;	/* of those that linger */
	struct timers peer_timers;	/* of those in their grace period */
	struct timers nonpeer_timers;	/* of all */
	usec_t host_deadline;		/* all else is looked after then, at once */
	uint64_t counter[COUNT_MAX];

	struct action unsent[UNSENT_MAX];	/* ACTION_SEND, oldest first (unsent.h) */
	unsigned n_unsent;

	struct action *action;		/* ring of n_action, from first */
	size_t first, n_action, room;
	uint64_t taken;			/* actions that the shell has taken so far */
};

#endif
