/* SPDX-License-Identifier: BSD-2-Clause */
/* What the core wants done (actions), tells people (events) and counts. */
#ifndef HMIP_CORE_ACTION_H
#define HMIP_CORE_ACTION_H

#include "core_types.h"

enum action_type {
	ACTION_SEND,		/* put a packet on the wire, by the ways in send.via */
	ACTION_KEEPALIVE,	/* send one in UDP (encap.h) between the addresses of pair */
	ACTION_PAIR,		/* set the pair of an F-HCE */
	ACTION_PAIR_GONE,
	ACTION_FOREIGN,		/* set the state of a peer's address */
	ACTION_FOREIGN_GONE,
	ACTION_LOCAL,		/* set an address of this host: usable, or lost */
	ACTION_LOCAL_GONE,	/* nothing uses the lost address any more */
	ACTION_PCB,		/* set a connection of an F-HCE */
	ACTION_PCB_GONE,
	ACTION_SOCKET,		/* something to be saved of the connection or UDP sender with this
				 * cookie changed, or it is gone */
	ACTION_BOUND,		/* what comes for this UDP port is for a socket bound to a
				 * lost address, from now on */
	ACTION_BOUND_GONE,
	ACTION_SPI,		/* AH with this SPI is ours */
	ACTION_SPI_GONE,
	ACTION_RESERVE,		/* numbers were reserved for the SA with this SPI: what is saved
				 * must have them (core_save_peers()) before the packets of later
				 * actions are sent */
	ACTION_WINDOW,		/* a packet came under the SA with this SPI: what is saved shall
				 * have its number soon, or it can be replayed to the next helper */
	ACTION_OPEN,		/* the pair of this F-HCE changed: make the kernel send something
				 * for each connection by it */
	ACTION_RETRANSMIT,	/* the connections of this F-HCE have a path again: make TCP
				 * retransmit; what it waits for to be acknowledged may be
				 * known to be lost */
	ACTION_HOLD,		/* the connections of this F-HCE are to be kept from timing out
				 * from now on, or not any more (hce->held_since) */
	ACTION_UNREACHABLE,	/* no address of this F-HCE's peer may be used
				 * (S6): tell its connections */
	ACTION_RESOLVE,		/* the entry's peer is not to be found: its name is to be
				 * resolved, see core_resolved() */
	ACTION_NONPEERS,	/* the hosts that are known not to take part are
				 * others now (core_nonpeers()) */
	ACTION_ENTRY,		/* an F-HCE was made: which source would the kernel
				 * choose for its peer? (core_routed()) */
	ACTION_STATUS,		/* what is known of the peer of this F-HCE changed (hce->status) */
	ACTION_WATCH,		/* report the next packet of this F-HCE's peer
				 * (core_heard()), however soon it comes */
	ACTION_LEFT,		/* core_leave() is done: the datapath may go */
	ACTION_EVENT,		/* for people only: hmipctl monitor shows it, the log notes it */
};

/* What is reported to people. The names (core_event_name) are part of hmipctl's interface. */
enum core_event {
	EVENT_ENTRY_NEW,	/* "entry-new" */
	EVENT_ENTRY_GONE,	/* "entry-gone" */
	EVENT_STATUS,		/* "status": peer status changed */
	EVENT_LOCAL_UP,		/* "address-up" */
	EVENT_LOCAL_LOST,	/* "address-lost" */
	EVENT_BINDING_STATE,	/* "binding-state": what the peer holds of local changed */
	EVENT_BU_SENT,		/* "bu-sent" */
	EVENT_BU_HEARD,		/* "bu-heard" */
	EVENT_BA_SENT,		/* "ba-sent" */
	EVENT_BA_HEARD,		/* "ba-heard" */
	EVENT_CHALLENGE_SENT,	/* "challenge-sent": foreign is the address being checked */
	EVENT_CHALLENGE_HEARD,	/* "challenge-heard": local is the address being checked */
	EVENT_RESPONSE_SENT,	/* "response-sent" */
	EVENT_RESPONSE_HEARD,	/* "response-heard" */
	EVENT_FOREIGN_STATE,	/* "address-state": a peer's address changed state */
	EVENT_BR_SENT,		/* "br-sent": a Binding Request */
	EVENT_BR_HEARD,		/* "br-heard" */
	EVENT_SWITCHED,		/* "switched": the entry's pair changed */
	EVENT_PCB_NEW,		/* "connection-new" */
	EVENT_PCB_GONE,		/* "connection-gone" */
	EVENT_AAP,		/* "aap": a message of AAP; detail says which */
	EVENT_PATH,		/* "path": the pair in use, or one that was probed;
				 * detail says how it fares */
	EVENT_PING,		/* "ping": the peer answered core_ping() by this pair */
	EVENT_VIA,		/* "via": the way of signalling that works between two
				 * addresses changed: from, to */
	EVENT_HOLD,		/* "hold": connections are held in an outage, or not any more */
	EVENT_CONFLICT,		/* "conflict": two hosts claim an address (X6) */
	EVENT_KEYS,		/* "keys": an SA cannot be used any more; detail says why */
	EVENT_RESOLVING,	/* "resolving": a name of the peer; core_event_detail() says
				 * which */
	EVENT_TABLE_FULL,	/* "table-full": a connection was not attached; detail
				 * says what follows */
	EVENT_LIMITED,		/* "limited": a sender asks for more work than it is given;
				 * detail says which */
	EVENT_DROPPED,		/* "dropped": signalling was refused; detail says why */
};

struct action {
	enum action_type type;
	uint32_t hce;				/* id of the F-HCE concerned, 0 if none */
	union {
		struct {
			struct in6_addr src, dst;
			enum via via;
			uint16_t len;
			uint8_t packet[SIGNAL_MTU];	/* the whole IPv6 packet */
		} send;
		struct pair pair;
		struct {
			bool lost;		/* what is in flight is lost */
		} retransmit;
		struct {
			struct in6_addr addr;
			enum addr_state state;
		} foreign;
		struct {
			struct in6_addr addr;
			unsigned ifindex;
			bool usable;
		} local;
		struct {
			struct in6_addr addr;
			uint16_t port;		/* host order */
		} bound;
		struct pcb pcb;			/* do not follow pcb.hce; hce above names it */
		uint64_t cookie;
		uint32_t spi;
		char name[PEER_NAME_SIZE];
		struct {			/* moved connections, none of which lingers: */
			unsigned back;		/* on their birth pair at both ends */
			unsigned unanswered;	/* ... at this end, and the peer did not say */
			unsigned stranded;	/* whose birth pair cannot be used */
		} left;
		struct {
			enum core_event event;
			struct in6_addr local, foreign;	/* unspecified where they mean nothing */
			const char *detail;	/* static text, NULL if none */
			const char *from, *to;	/* names of states, where one changed; from is
						 * NULL if it is the first */
			const char *reason;	/* why it changed: static text, or NULL */
			struct in6_addr from_local, from_foreign;	/* EVENT_SWITCHED: the
									 * pair before */
			uint32_t seq;		/* BU or BA sequence number, where it has one */
			usec_t lost;		/* EVENT_SWITCHED: when the source before was
						 * lost, 0: it was not */
		} event;
	};
};

/*
 * Why signalling was refused or what else happened, counted. Names by core_counter_name(), as
 * hmipctl status prints them.
 */
enum core_counter {
	COUNT_PACKETS,			/* signalling packets received */
	COUNT_MALFORMED,
	COUNT_NO_AH,			/* BU or BA without AH (R4) */
	COUNT_UNKNOWN_SPI,
	COUNT_BAD_ICV,
	COUNT_REPLAYED,
	COUNT_NOT_LOCAL,		/* sent to an address that is in no L-HCE (R1) */
	COUNT_WRONG_ENTRY,		/* address of another entry, or of this host (X7) */
	COUNT_OLD_SEQ,			/* BU sequence number not greater (R5) */
	COUNT_BAD_RESPONSE,
	COUNT_UNEXPECTED_BA,
	COUNT_REFUSED_ADDR,		/* an address no BU may name: multicast, loopback, ... */
	COUNT_NO_ROOM,			/* entries, or addresses of one */
	COUNT_PCB_CLASH,		/* same ports, two addresses of one entry */
	COUNT_TABLE_FULL,		/* connections not attached, as max_connections are */
	COUNT_HOSTMAP_CUT,		/* rows of peers that did not fit into the host map */
	COUNT_ADOPTED,			/* connections taken that no program showed */
	COUNT_AAP_INITS,		/* heard */
	COUNT_AAP_RETRIES,		/* sent: too many Inits a second */
	COUNT_AAP_CONFIRMED,		/* SAs made by answering AAP */
	COUNT_AAP_REFUSED,
	COUNT_CONFLICTS,
	COUNT_EVICTED,			/* untrusted entries */
	COUNT_LIMITED,			/* work that was asked for and not done (budget.h) */
	COUNT_BU_SENT,
	COUNT_BU_HEARD,
	COUNT_BA_SENT,
	COUNT_BA_HEARD,
	COUNT_CHALLENGES,
	COUNT_VERIFIED,			/* addresses that became Active by a Response */
	COUNT_SWITCHED,
	COUNT_SILENCES,			/* runs of probes because nothing was received */
	COUNT_PROBES,			/* path probes sent */
	COUNT_DETOURS,			/* failovers to another source */
	COUNT_RESOLVED,			/* DNS look-ups for unreachable peers */
	COUNT_UDP_SENT,			/* packets sent in UDP, alone or besides natively */
	COUNT_UDP_HEARD,		/* datagrams with signalling */
	COUNT_COPIES,			/* of a packet that came the other way before */
	COUNT_KEEPALIVES,		/* sent in UDP */
	COUNT_TRANSLATED,		/* datagrams from another address than is inside */
	COUNT_UNPRIVILEGED,		/* AAP from another port than it must come from */
	COUNT_UDP_REFUSED,		/* Port Unreachable came back */
	COUNT_MAX,
};

/* The name of an event or a counter, static text. */
const char *core_event_name(enum core_event e);
const char *core_counter_name(enum core_counter c);

uint64_t core_counter(const struct core *c, enum core_counter n);

/* Moves the oldest action into *ret. Returns false when there are none left. */
bool core_next_action(struct core *c, struct action *ret);

#endif
