/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Homeless host as a pure function: events and the time go in, actions come out. No socket, clock, file or
 * global is touched, so unit tests, fuzzers and the simulation drive the very code the helper runs.
 *
 * Use: call an event function; then take actions with core_next_action() until it returns false and carry them
 * out in that order; then sleep until core_deadline() or the next event. core_tick() is the event "time passed".
 */
#ifndef HMIP_CORE_H
#define HMIP_CORE_H

#include "hostcache.h"
#include <stddef.h>

struct core;

#define CORE_PREFIXES_MAX	64
#define CORE_PERSONALITIES_MAX	16
#define CORE_PERSONALITY_NAME	16	/* octets, the last of which is 0 */

/* Whether AAP is run with hosts in a prefix; the longest that matches decides, and yes if none does. */
struct core_prefix {
	struct in6_addr addr;
	uint8_t len;		/* bits */
	bool probe;
};

/* C12 and the rest of the tunable values; durations in seconds. */
struct core_config {
	uint32_t default_lifetime;		/* DEFAULT-LIFETIME, 600 */
	uint32_t maximum_expired_lifetime;	/* MAXIMUM-EXPIRED-LIFETIME, 1800 */
	uint32_t binding_lifetime;		/* the longest lifetime asked for in BUs, 600 */
	uint32_t appendix_b;			/* 1: announce a new address by just using it (B11), 0 */
	uint32_t path_timeout;			/* how long to send and hear nothing before other pairs are tried, 3; 0: never */
	uint32_t max_entries;			/* F-HCEs, 4096 */
	uint32_t max_addresses;			/* per F-HCE, 64 */
	uint32_t max_per_prefix;		/* F-HCEs made by answering, whose peers share a /64, 64 */
	uint32_t plain_lifetime;		/* how long a host that did not answer AAP is left alone, 3600 */
	bool resolve;				/* names of peers that are not to be found are resolved again, true */
	unsigned n_probe;
	struct core_prefix probe[CORE_PREFIXES_MAX];
	unsigned n_personality;			/* besides the default one, whose number is 0; these begin with 1 (C2, X9) */
	char personality[CORE_PERSONALITIES_MAX][CORE_PERSONALITY_NAME];
};

extern const struct core_config core_config_default;

/* A peer with a configured, generic SA. */
struct core_peer {
	const char *name;			/* copied */
	unsigned n_addr;
	struct in6_addr addr[BU_ADDRS_MAX];	/* by which it is first known */
	struct sa_half in, out;
};

enum action_type {
	ACTION_SEND,		/* put a packet on the wire */
	ACTION_PAIR,		/* the datapath entry of an F-HCE: made or changed */
	ACTION_PAIR_GONE,
	ACTION_FOREIGN,		/* an address of a peer: made, or its state changed */
	ACTION_FOREIGN_GONE,
	ACTION_LOCAL,		/* an address of this host came into, or was lost from, the L-HCE */
	ACTION_LOCAL_GONE,	/* ... and has no connection any more */
	ACTION_PCB,		/* a connection belongs to an F-HCE from now on */
	ACTION_PCB_GONE,
	ACTION_BOUND,		/* what comes for this UDP port is for a socket bound to a lost address, from now on */
	ACTION_BOUND_GONE,
	ACTION_SPI,		/* AH with this SPI is ours from now on */
	ACTION_SPI_GONE,
	ACTION_KICK,		/* the connections of this F-HCE have a path again: make TCP retransmit */
	ACTION_UNREACHABLE,	/* no address of this F-HCE's peer may be used (S6): tell its connections */
	ACTION_RESOLVE,		/* the entry's peer is not to be found: its name is to be resolved, see core_resolved() */
	ACTION_PLAIN,		/* the hosts that are known not to take part are others now (core_plain()) */
	ACTION_EVENT,		/* something hmipctl monitor shows and the log notes */
};

/* What is told to people. The names (core_event_name) are part of hmipctl's interface. */
enum core_event {
	EVENT_ENTRY_NEW,	/* "entry-new" */
	EVENT_ENTRY_GONE,	/* "entry-gone" */
	EVENT_STATUS,		/* "status": peer status changed */
	EVENT_LOCAL_UP,		/* "address-up" */
	EVENT_LOCAL_LOST,	/* "address-lost" */
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
	EVENT_PATH,		/* "path": the pair in use, or one that was probed; detail says how it fares */
	EVENT_CONFLICT,		/* "conflict": two hosts claim an address (X6) */
	EVENT_KEYS,		/* "keys": an SA cannot be used any more; detail says why */
	EVENT_RESOLVING,	/* "resolving": a name of the peer; core_event_detail() says which */
	EVENT_DROPPED,		/* "dropped": signalling was refused; detail says why */
};

const char *core_event_name(enum core_event e);

struct action {
	enum action_type type;
	uint32_t hce;				/* id of the F-HCE concerned, 0 if none */
	union {
		struct {
			struct in6_addr src, dst;
			uint16_t len;
			uint8_t packet[SIGNAL_MTU];	/* the whole IPv6 packet */
		} send;
		struct pair pair;
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
		struct pcb pcb;			/* pcb.hce is not to be followed; hce above names it */
		uint32_t spi;
		char name[RENDEZVOUS_NAME_MAX];
		struct {
			enum core_event event;
			struct in6_addr local, foreign;	/* unspecified where they mean nothing */
			const char *detail;	/* static text, NULL if none: a state's name, a reason */
			uint32_t seq;		/* BU or BA sequence number, where it has one */
			usec_t lost;		/* EVENT_SWITCHED: when the source before was lost, 0: it was not */
		} event;
	};
};

/* Why signalling was refused or what else happened, counted. Names by core_counter_name(), as hmipctl status prints them. */
enum core_counter {
	COUNT_PACKETS,			/* signalling packets received */
	COUNT_MALFORMED,
	COUNT_NO_AH,			/* BU or BA that no AH protects (R4) */
	COUNT_UNKNOWN_SPI,
	COUNT_BAD_ICV,
	COUNT_REPLAYED,
	COUNT_NOT_LOCAL,		/* sent to an address that is in no L-HCE (R1) */
	COUNT_WRONG_ENTRY,		/* names what belongs to another entry (X7) */
	COUNT_OLD_SEQ,			/* BU sequence number not greater (R5) */
	COUNT_BAD_RESPONSE,
	COUNT_UNEXPECTED_BA,
	COUNT_REFUSED_ADDR,		/* an address no BU may name: multicast, loopback, ... */
	COUNT_NO_ROOM,			/* entries, or addresses of one */
	COUNT_PCB_CLASH,		/* same ports, two addresses of one entry */
	COUNT_ADOPTED,			/* connections taken that no program showed */
	COUNT_AAP_INITS,		/* heard */
	COUNT_AAP_RETRIES,		/* sent: too many Inits a second */
	COUNT_AAP_CONFIRMED,		/* SAs made by answering AAP */
	COUNT_AAP_REFUSED,
	COUNT_CONFLICTS,
	COUNT_EVICTED,			/* untrusted entries that gave way */
	COUNT_BU_SENT,
	COUNT_BU_HEARD,
	COUNT_BA_SENT,
	COUNT_BA_HEARD,
	COUNT_CHALLENGES,
	COUNT_VERIFIED,			/* addresses that became Active by a Response */
	COUNT_SWITCHED,
	COUNT_SILENCES,			/* sent, and heard nothing */
	COUNT_PROBES,			/* Challenges to see whether a pair works */
	COUNT_DETOURS,			/* switched away from a pair that did not */
	COUNT_RESOLVED,			/* names asked for */
	COUNT_MAX,
};

const char *core_counter_name(enum core_counter c);

/*
 * Makes a host without addresses, peers or connections. seed feeds the generator of nonces; it must be unpredictable to
 * others. epoch is where the sequence numbers of AH and of BUs begin for who has no saved state: wall-clock seconds, so
 * that a host that lost its state is not taken for a replay. config is copied. Returns NULL if memory is short.
 */
struct core *core_new(const struct core_config *config, const uint8_t seed[static 32], uint32_t epoch);
void core_free(struct core *c);

/* The core keeps no pointer to its caller; these are how a shell and its tests look in. Valid until the next event. */
struct hce *core_entries(struct core *c);		/* uthash list: iterate with ->hh.next */
struct hce *core_entry(struct core *c, uint32_t id);	/* NULL if there is none */
struct hce *core_entry_of(struct core *c, const struct in6_addr *foreign);	/* whose peer has that address, NULL */
struct local_addr *core_local(struct core *c, const struct in6_addr *addr);	/* usable or lost; NULL if it is not ours */
struct pcb *core_pcb(struct core *c, uint64_t cookie);	/* NULL if there is none */
struct local_addr *core_locals(struct core *c);
struct pcb *core_pcbs(struct core *c);
struct sender *core_senders(struct core *c);
uint64_t core_counter(const struct core *c, enum core_counter n);

/* The detail of an ACTION_EVENT for people, NULL if it has none. Valid until the next event. */
const char *core_event_detail(struct core *c, const struct action *event);

/* Addresses of hosts that are known not to take part (S7): writes max at most to ret, and returns how many. */
unsigned core_plain(struct core *c, struct in6_addr *ret, unsigned max);

/*
 * Declares a peer with configured keys, or replaces one of that name. Keys take effect for entries made from now on and
 * for the entry the peer has. Returns 0, -EEXIST if another peer has the SPI or an address, -ENOMEM.
 */
int core_peer_add(struct core *c, const struct core_peer *p, usec_t now);

/* Forgets the peer of that name and its entry. Returns 0 or -ENOENT. */
int core_peer_remove(struct core *c, const char *name, usec_t now);

/* Changes the tunable values; what was granted under the old ones stays. */
void core_reconfigure(struct core *c, const struct core_config *config);

/* The kernel says addr is usable on ifindex until valid_until (DAD done or optimistic, interface up, carrier there). Repeating it with another lifetime updates it. */
void core_local_up(struct core *c, const struct in6_addr *addr, unsigned ifindex, usec_t valid_until, usec_t now);

/*
 * addr belongs to that personality, not to the default one; to be told before core_local_up(). The addresses of one
 * personality are an L-HCE of their own: a peer learns of no others than those of the one its entry began with.
 */
void core_local_personality(struct core *c, const struct in6_addr *addr, unsigned personality, usec_t now);

/* Its name, NULL for the default one. */
const char *core_personality_name(const struct core *c, unsigned personality);

/* addr is not usable any more, for whatever reason (B6). */
void core_local_down(struct core *c, const struct in6_addr *addr, usec_t now);

/* Routes changed: what could not be sent may be sendable now. */
void core_routes_changed(struct core *c, usec_t now);

/*
 * The kernel's routing would today send from src to the peer of this entry (RFC 6724 and route metrics). Unless an
 * administrator's preference says otherwise the entry moves there once the peer can be reached from it.
 */
void core_routed(struct core *c, uint32_t hce, const struct in6_addr *src, usec_t now);

/*
 * Policy rules send, or do not send any more, a connection of this entry by another link than root's packets. While they do,
 * what core_routed() says moves nothing: each connection stays on the pair that its own route chose, until that is lost.
 */
void core_apart(struct core *c, uint32_t hce, bool apart, usec_t now);

/* A SEND failed in the kernel (no route, no buffer): the packet never left. */
void core_send_failed(struct core *c, const struct action *send, usec_t now);

/*
 * A connection was shown to us, or found (p->care). What p says of entry, gen, ports and forget is ignored. A connection
 * that is shown, and was initiated here to a peer with no entry, makes one (C4). One that was only found makes nothing: it
 * is taken if it is between a usable address of ours and an Active one of a Homeless peer, and otherwise not even noted. One
 * known already may have become established, or be shown now. Returns 0, -EEXIST if it clashes with another connection's
 * ports (it is then left alone), -ENOENT if it was found and not taken, -ENOMEM, -EINVAL if its addresses may not be in the
 * Host Cache.
 */
int core_pcb_open(struct core *c, const struct pcb *p, usec_t now);

/* Whether core_pcb_open() would take this connection, or has, if it was found and not shown. */
bool core_adopts(struct core *c, const struct pcb *p);

/*
 * The program sends datagrams from a socket that is not connected, on its own account and not to answer: the kernel would have them
 * leave from p->local to p->foreign; p->cookie and p->uid say whose it is, the rest is ignored. As if it had connected (C4), but that
 * the entry is not trusted for that; it stays while the socket lives (C10). Returns 0, -ENOMEM, or -EINVAL as above.
 */
int core_datagram_sent(struct core *c, const struct pcb *p, usec_t now);

/* A datagram of an entry that has no pair yet came from src to the address dst of ours, for no connection: told by the datapath. */
void core_datagram_heard(struct core *c, uint32_t hce, const struct in6_addr *src, const struct in6_addr *dst, usec_t now);

/*
 * A UDP socket that is not connected is bound to p->local and p->lport, and that address is lost, or about to be: to be told before
 * core_local_down(). Returns 0, -EEXIST if one with another address has the port, -ENOSPC, -ENOMEM or -EINVAL.
 */
int core_bound_open(struct core *c, const struct pcb *p, usec_t now);

/* The program says that who is at the other end is honest: the entry stays when others must make room (X8). Returns 0, or
 * -ENOENT if the connection has no entry. */
int core_trust(struct core *c, uint64_t cookie);

/*
 * The program of user uid says that the entry of this connection is to go: its connections are left alone from then on, and
 * the next one begins anew. Returns 0, -ENOENT as above, or -EPERM if open connections of others refer to it; root may.
 */
int core_forget(struct core *c, uint64_t cookie, uint32_t uid, usec_t now);

/*
 * A program found this entry's peer by name, which has n more addresses (C5). They are not used: when nothing that the peer
 * announced answers, signalling goes there. name has at most RENDEZVOUS_NAME_MAX - 1 octets; of n that many are taken as there
 * is room for.
 */
void core_alternatives(struct core *c, uint32_t hce, const char *name, const struct in6_addr *addr, unsigned n);

/* What ACTION_RESOLVE for this entry brought: n addresses. Untrusted. No answer needs not be told. */
void core_resolved(struct core *c, uint32_t hce, const struct in6_addr *addr, unsigned n, usec_t now);

/* Its handshake is over: what core_pcb_open() reported as not established is now. */
void core_pcb_established(struct core *c, uint64_t cookie, usec_t now);

/* The kernel destroyed the socket. Unknown cookies are ignored. */
void core_pcb_close(struct core *c, uint64_t cookie, usec_t now);

/*
 * Ends the entries that no connection refers to: after a restart there is no telling what has become of those peers. But where this
 * host only answered, programs may go on answering datagrams, and nothing says so: such entries stay until their addresses expire.
 */
void core_prune(struct core *c, usec_t now);

/* Data came in from a peer's address: told by the datapath at the first packet after a change or a silence (C6, C11). */
void core_heard(struct core *c, uint32_t hce, const struct in6_addr *src, usec_t now);

/* Connections of this entry have sent for path_timeout, on its pair, and heard nothing: told by the datapath, repeatedly. */
void core_silent(struct core *c, uint32_t hce, usec_t now);

/* The datapath itself followed the peer to src: the entry's pair is now (local as before, src), its gen is gen (C11). */
void core_followed(struct core *c, uint32_t hce, const struct in6_addr *src, uint32_t gen, usec_t now);

/* A packet of len octets, from the IPv6 header on, was captured. Untrusted. */
void core_packet(struct core *c, const uint8_t *pkt, size_t len, usec_t now);

/* Makes addr (or all addresses on ifindex, if addr is NULL) the preferred source for all peers, and moves there. Returns
 * 0, -EADDRNOTAVAIL if there is no such usable address. */
int core_prefer(struct core *c, const struct in6_addr *addr, unsigned ifindex, usec_t now);

/* Time passed. */
void core_tick(struct core *c, usec_t now);

/* When core_tick() must be called next; USEC_NEVER if nothing waits. */
usec_t core_deadline(const struct core *c);

/* Moves the oldest action into *ret. Returns false when there are none left. */
bool core_next_action(struct core *c, struct action *ret);

#endif
