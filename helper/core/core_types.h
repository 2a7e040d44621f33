/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Host Cache (homelessv6 2.1): the addresses of this host, and of each peer, with the states
 * and lifetimes the draft gives them, and the connections that belong to them. Pure: time is an
 * argument, nothing is read or sent.
 *
 *   pcb ---> hce (F-HCE) ---> foreign_addr, foreign_addr, ...
 *              |  '---> sa
 *              '---> pair: (local_addr of the L-HCE, foreign_addr) its packets have today
 */
#ifndef HMIP_CORE_TYPES_H
#define HMIP_CORE_TYPES_H

#include "base/sa.h"
#include "mip6.h"
#include "ratelimit.h"
#include "timer.h"
#include "usec.h"
#include <netinet/in.h>
#include <stddef.h>
#include <uthash.h>

enum addr_state {
	ADDR_TENTATIVE,		/* named by a BU, its reachability not proven: carries no data
				 * (R5) */
	ADDR_ACTIVE,
	ADDR_DEPRECATED,	/* was Active, expired or was deleted: still matched on
				 * receive, not sent to (C9) */
};

enum lifetime_kind {
	LIFETIME_ACTIVITY,	/* counts from the last packet received (C6) */
	LIFETIME_ABSOLUTE,	/* counts from the Binding Update (C7) */
};

/* What is known of a peer's abilities (S7). */
enum peer_status {
	PEER_UNKNOWN,
	PEER_HOMELESS,
	PEER_MOBILE_HOME,	/* Standard Mobile Host at home */
	PEER_MOBILE_AWAY,
	PEER_STANDARD,
	PEER_PLAIN,		/* no Mobile IPv6 at all */
};

/* The names that hmipctl and the log use: "tentative", "activity", "homeless", ... Static text. */
const char *addr_state_name(enum addr_state s);
const char *lifetime_kind_name(enum lifetime_kind k);
const char *peer_status_name(enum peer_status s);

struct hce;
struct prefix;

/*
 * One run of the reachability check of one address (X5, homelessv6 3.4.2): of a Tentative one, or
 * of an Active one whose last proof is old.
 */
struct reach {
	bool running;
	uint8_t challenge[CHALLENGE_LEN];	/* the same for all sendings of a run, so that a
						 * late Response counts */
	unsigned sent;
	usec_t last, next;			/* next is USEC_NEVER when given up */
	struct in6_addr from;			/* the local address the BU came to;
						 * Challenges come from it */
	uint16_t seq;				/* of the BU the Challenge's BA answers */
	usec_t grants;				/* Active: what the Response will have renewed, 0:
						 * nothing was asked for */
};

/* An address of a peer. */
struct foreign_addr {
	struct in6_addr addr;
	enum addr_state state;
	bool was_active;	/* was Active once: only then it is kept as Deprecated */
	bool given_up;		/* Tentative, and the peer says that it is not
				 * there any more: not asked */
	bool withdrawn;		/* Deprecated as the peer said so; false: as it said nothing */
	usec_t withdrawn_at;	/* ... when it did; 0: to an earlier helper */
	usec_t redirects_until;	/* Deprecated: new connections to it are made to the
				 * pair's address until then; 0: not */
	bool left_alone;	/* connections that began there while the peer was silent are
				 * not attached */
	enum lifetime_kind kind;
	usec_t lifetime;	/* as granted */
	usec_t expires;		/* Active, Tentative: becomes Deprecated; Deprecated: goes.
				 * USEC_NEVER for an infinite one */
	usec_t heard;		/* last packet from it, 0: none yet */
	usec_t proven;		/* when the peer last proved to be there, 0: not to this helper */
	struct reach reach;
	struct conflict *conflict;		/* owned; NULL: no other host claims it */
	struct hce *hce;
	struct foreign_addr *prev, *next;	/* of the entry, oldest first */
	UT_hash_handle hh;			/* by addr, over all entries: one owner per
						 * address */
};

/*
 * Two hosts claim an address (X6): its entry, and another or, with claimant 0, one that has none
 * yet but completed AAP.
 */
struct conflict {
	uint32_t claimant;			/* id of its entry; 0: AAP only, no entry yet */
	bool answered[2];			/* a Response came: from the peer, the claimant */
	uint8_t challenge[2][CHALLENGE_LEN];
	struct in6_addr from;			/* the local address that received the claim */
	usec_t since;				/* when it did */
	unsigned sent;				/* rounds of Challenges */
	usec_t next;				/* the next round, or the decision */
};

/* A run of AAP in the role of the initiator. */
struct aap_try {
	struct aap_keypair own;
	struct aap_init init;
	struct in6_addr src, dst;
	unsigned sent;
	unsigned bad;				/* Responses that failed */
	usec_t next;
	bool renewing;				/* the entry has an SA, which this run is to
						 * replace */
	bool recovering;			/* ... as the peer may have lost it */
	bool confirming;			/* the SA is made; sealed goes with every
						 * packet until a BA comes */
	struct aap_sealed sealed;
	uint32_t old_spi;			/* inbound SPI of the SA that is kept until then;
						 * 0: none */
};

/*
 * What a peer holds, or is to hold, of one local address (the Binding Update List of MIPv6, per
 * address).
 */
enum binding_state {
	BINDING_NONE,		/* never announced */
	BINDING_SENT,		/* announced, not acknowledged */
	BINDING_KNOWN,		/* acknowledged; Tentative at the peer, as far as is known */
	BINDING_RESPONDED,	/* a Response was sent from it: it may be used as a source */
	BINDING_VERIFIED,	/* Active at the peer: a BA without a Challenge came to it */
};

/* "none", "sent", "known", "responded", "verified": as hmipctl prints them. Static text. */
const char *binding_state_name(enum binding_state s);

struct binding {
	struct in6_addr addr;
	enum binding_state state;
	bool wanted;		/* false: to be deleted at the peer, then forgotten */
	bool pending;		/* the peer is to be told, or has not acknowledged, what stands
				 * here */
	bool sent;		/* news went out in BU number seq, and in all later ones */
	bool announced;		/* news went out at all, so the peer may know of it */
	bool deferred;		/* there was no room for it in the last packet with news: its
				 * turn comes with the BA */
	bool barred;		/* policy rules forbid it to a connection of the entry */
	uint16_t seq;
	usec_t withdraw_at;	/* it departs, and h has left it: when to tell the peer; 0: not */
	usec_t refresh;		/* when it must be announced anew */
	usec_t expires;		/* by then the peer uses it no more, unless it is told */
	usec_t acked;		/* until when the peer holds it by its last Acknowledgement, 0:
				 * none */
	struct binding *prev, *next;
};

/* Retransmission of Binding Updates to one peer (draft-13, 10.8 and 10.11). */
struct retransmit {
	unsigned tries;		/* packets sent with the news that waits for its
				 * Acknowledgement; 0: none */
	unsigned at_once;	/* of these, those of the first sending */
	uint16_t first_seq;	/* lowest sequence number of the first sending */
	bool everywhere;	/* the next first sending goes to all Active addresses: the peer may
				 * have lost the one in use at the same time */
	uint16_t packet[8];	/* the same of the packets before it, still to be acked; a ring */
	unsigned n_packet;
	usec_t sent, timeout;	/* of the last packet */
	bool failed;		/* the kernel refused the last packet */
	unsigned refused;	/* how often the wait after a rejection was doubled */
	unsigned no_route;	/* sources that it had no route for, since routes last changed */
	usec_t next;		/* the next (re)transmission; USEC_NEVER if nothing is pending */
	struct ratelimit limit;	/* of packets with Binding Updates */
};

/* Probing of pairs, failover and failback (path_probe.c). */
struct path_probe {
	bool running;
	unsigned at;			/* pairs probed in this round */
	bool repeat;			/* the pair in use is probed once more before others */
	usec_t wait, next, until;	/* between probes; the next probe; the end of the run */
	uint8_t challenge[CHALLENGE_LEN];
	usec_t answered, backoff, backoff_until;	/* the pair in use answered; silence means
						 * nothing until then */
	bool silent;			/* connections of ours heard nothing, not only the peer's */
	usec_t peer_probe_holdoff;	/* the peer's probes start no search until then */
	bool failed_over;		/* the preferred local address, home, did not work */
	struct in6_addr preferred;
	usec_t failback_wait, failback_next, failed_back;
	uint8_t ping[CHALLENGE_LEN];	/* the same of core_ping() */
	usec_t pinged;			/* when it was sent last, 0: never */
};

/* A local address, and one of a peer, between which signalling is tried. */
struct path_pair {
	struct in6_addr local, foreign;
};

#define PATH_PAIRS_MAX	16	/* of a peer that are tried at once */

/* Which outgoing packets of an entry are dropped because another host may receive them (A3). */
enum block {
	BLOCK_NONE,
	BLOCK_REWRITTEN,	/* what would leave with other addresses than its own: no
				 * address of the peer is left */
	BLOCK_ALL,		/* another host has pair.foreign now */
};

#define PEER_NAMES_MAX		4
#define PEER_NAME_SIZE		256	/* bytes, with the 0 at the end */
#define PEER_NAME_ADDRS		8

/*
 * Where else the peer may be (C5): names by which programs found it, the last one first, and
 * addresses these resolved to. What has such an address need not be the peer: all that goes there
 * is signalling under its SA, for it alone to answer.
 */
struct peer_names {
	unsigned n_name, n_addr;
	char name[PEER_NAMES_MAX][PEER_NAME_SIZE];
	struct in6_addr addr[PEER_NAME_ADDRS];
	unsigned n_resolved;		/* how many names were resolved so far: they take turns */
	unsigned due;			/* so many are to be tried next: the last of addr, if it is
					 * more all of them before */
	usec_t wait, next;		/* between steps of the search, 0: none was made;
					 * when the next may be */
};

/*
 * An address pair and when it was chosen. gen grows by one with every change: connections born
 * under the current gen keep their birth pair, older ones follow the pair.
 */
struct pair {
	struct in6_addr local, foreign;	/* unspecified while there is none */
	uint32_t gen;
	enum block block;
	bool unconfirmed;		/* local is lost, or the peer has not said yet that
					 * it knows it to be ours */
	bool homeless;			/* the peer's connections can move, so it may be heard
					 * from addresses not known */
	bool no_source;			/* local is not this host's any more: what leaves from it
					 * is not answered */
};

/* By which ways signalling goes, or came: bits. */
enum via {
	VIA_NONE,
	VIA_NATIVE,		/* as it is */
	VIA_UDP,		/* as the payload of UDP (encap.h) */
	VIA_BOTH,
};

#define VIA_PATHS_MAX	8	/* pairs of an entry whose ways are known: the latest,
				 * and the one in use */

/*
 * What is known of the way from one of our addresses to one of the peer's (via.c). It is asked for
 * answers, and what brings them is used.
 */
struct via_path {
	struct in6_addr local, foreign;
	usec_t used;			/* last, 0: none is here */
	enum via out;			/* what is sent goes this way */
	bool proven;			/* out is one way, and was answered */
	enum via reported;		/* the last that was proven, as reported */
	enum via failed;		/* ways that were not answered when used alone ... */
	usec_t again;			/* ... which is forgotten then, as is that only UDP works */
	bool refused;			/* the peer has no helper that reads UDP */
	enum via answered_by;		/* the last answer, of so many in a row by this way */
	unsigned answers;
	bool asking;			/* something waits for an answer since then: */
	usec_t asked;
	bool asked_bu, asked_challenge, asked_init;
	uint16_t seq;			/* of the first BU that does */
	usec_t heard[2];		/* when signalling last came natively, and in UDP */
	usec_t sent_udp;		/* last datagram */
};

/*
 * The way that signalling goes by p: VIA_BOTH until it is known which one works, VIA_NONE when
 * there was no answer for five seconds.
 */
enum via via_path_now(const struct via_path *p, usec_t now);

/* "native", "udp", "both", "none". Static text. */
const char *via_name(enum via way);

/* What this host's leaving means to a peer (leave.c). */
struct parting {
	bool told;		/* the peer was sent a farewell */
	bool waits;		/* ... which it has to acknowledge before this host leaves */
	struct pair from;	/* the pair at that time */
	uint16_t seq;		/* of the first one */
	unsigned sent;
	usec_t next;		/* the next one, if it waits */
	unsigned n_back;	/* moved connections that took their birth pair again */
};

/* A Foreign Host Cache Entry. */
struct hce {
	uint32_t id;			/* from 1, never reused while the helper runs */
	const char *name;		/* of the configured peer, NULL: it is not configured */
	enum peer_status status;
	bool trusted;			/* not evicted (X8): one of the next two; by hce_trust() */
	unsigned evict_at;		/* place among those that can be evicted, from 1; 0: none */
	bool vouched;			/* it has configured keys, or a program said so */
	unsigned n_proof;		/* open connections that this host began, or whose
					 * handshake proves that the peer is where it says */
	usec_t conversed;		/* when a datagram of no registered connection was last
					 * heard, or one began that waits to be attached; 0: not
					 * within DEFAULT-LIFETIME */
	usec_t passing_since;		/* since when hce_is_passing(), as far as was noted; 0:
					 * it is not */
	struct prefix *prefix;		/* made by answering: the /64 of who came, which has so many
					 * at most; NULL: it is not counted */
	struct hce *prefix_prev, *prefix_next;	/* of that /64 */
	bool initiated;			/* made because this host initiated (C4) */
	unsigned personality;		/* the only one whose addresses the peer may learn (X9) */
	usec_t created, heard;
	usec_t authenticated;		/* last packet under its SA: then, it was who it is */
	bool switch_deferred;		/* the pair is to be chosen anew when the peer answers */
	bool kept;			/* ... and when each of its connections is attached */
	usec_t unanswered_since;	/* Updates are unanswered since then; 0:
					 * the peer owes nothing */
	usec_t refused;			/* when a Parameter Problem quoted a Challenge to the
					 * pair's address, 0: never, or keys were used since */
	usec_t answered;		/* when a handshake was answered where Challenges or
					 * Updates are not, 0: not since keys were used */
	struct in6_addr answered_at;	/* ... and where */
	usec_t recover_at, recover_wait;	/* when keys may be asked for because of
					 * that; between two times */
	struct foreign_addr *addrs;	/* utlist DL */
	struct pair pair;		/* written by pair_set() alone */
	uint64_t pair_action, switch_event;	/* numbers of the ACTION_PAIR that published it and
						 * of the last EVENT_SWITCHED */
	uint64_t resume_action;			/* of the last ACTION_RETRANSMIT */
	uint32_t published_gen;		/* pair.gen before that ACTION_PAIR */
	bool pair_stale;		/* the datapath did not take it: it is repeated */
	usec_t source_lost;		/* when pair.local was lost, 0: it is usable */
	usec_t followed;		/* when the datapath last followed the
					 * peer to another address */
	struct in6_addr followed_from;	/* the peer's address until then */
	bool policy_routed;		/* policy rules send one of its connections by another
					 * link than root's packets */
	struct in6_addr routed;		/* the source the kernel's routing would choose for this
					 * peer; unspecified: not told */
	struct peer *peer;		/* who holds the SA; NULL: none */
	struct sa *sa;			/* peer's; NULL: none */
	struct peer *keys;		/* all that have this entry: peer, and those that it
					 * replaced or that are its alternate; utlist DL */
	struct aap_try *aap;		/* owned; NULL: none is running */
	unsigned n_claim;		/* addresses of other entries that it claims (X6) */
	unsigned n_pcb;			/* connections, with those that linger */
	struct pcb *pcbs;		/* these, oldest first; utlist DL */
	struct pcb *left;		/* those that are not attached (PCB_WAITS_ROOM or
					 * PCB_REFUSED); utlist DL */
	unsigned n_sender;		/* unconnected UDP sockets that send to it */

	struct binding *bindings;	/* utlist DL */
	bool may_announce;		/* B1: a reply, or the peer's own Initial BU, has come */
	bool homeless_acked;		/* B4: a BA has come, of BU number support_seq or later */
	bool support_sent;		/* that was sent, the first with Homeless Support */
	uint16_t support_seq;
	bool has_our_ba;		/* it left Homeless Support out, so a BA
					 * of ours has come to it */
	usec_t supported;		/* when it last sent Homeless Support, 0: never */
	struct path_probe path;
	struct via_path via[VIA_PATHS_MAX];
	usec_t held_since;		/* its connections are held since then, 0: they are not;
					 * these four are hold.c's */
	usec_t hold_at;			/* they are to be then, 0: never */
	bool hold_unheard;		/* ... as an earlier helper may have held them */
	bool hold_over;			/* they were for as long as they may in this outage */
	struct peer_names *names;	/* owned; NULL: no name is known */
	bool flight_lost;		/* what was sent by the pair before is lost, which the
					 * next ACTION_RETRANSMIT says; written by pair.c */
	bool retransmit_on_ack;		/* moved to an address whose Response is
					 * not acknowledged yet */
	uint16_t seq_out;		/* last BU sequence number sent */
	uint16_t seq_limit;		/* numbers up to this one are reserved, as in struct sa */
	bool seq_in_valid;
	uint16_t seq_in;		/* last accepted from the peer */
	bool unique_id_pending;		/* return unique_id in the next BU */
	uint16_t unique_id;
	usec_t requested;		/* when a Binding Request was last sent */
	struct ratelimit ask_limit;	/* of Challenges to unproven addresses */
	struct retransmit rt;
	struct parting parting;
	usec_t srtt;			/* smoothed BU-to-BA round trip, 0: not measured */

	struct timer timer;		/* by hce_arm() */
	UT_hash_handle hh;		/* by id */
};

#define LOST_MAX	256	/* lost addresses that nothing uses, at most */

/* An address of this host: a member of the L-HCE of its personality (C2, C3). */
struct local_addr {
	struct in6_addr addr;
	unsigned personality;		/* 0: the default one */
	unsigned ifindex;
	bool usable;			/* false: lost; kept until forget, and while
					 * connections or sockets use it */
	bool spare;			/* packets are taken there, but others are better sources:
					 * announced and used only where it is needed already */
	bool unassigned;		/* lost, and no interface has it: it is not only
					 * without a carrier */
	bool departing;			/* usable, but about to be lost, as somebody said: the last
					 * choice; by local_set_departing() */
	usec_t valid_until;		/* the kernel's valid lifetime; USEC_NEVER */
	unsigned preference;		/* by core_prefer(): the highest wins; 0 by default */
	usec_t since;			/* became usable, or was lost */
	unsigned blips;			/* how often it was lost for a moment, lately */
	usec_t blip;			/* when it came back from the last one */
	usec_t calm_at;			/* it came back from one, and is the last choice until then;
					 * 0: it is not */
	usec_t remember_until;		/* peers remember it as deprecated until
					 * then, once it is lost */
	unsigned n_pcb;			/* connections born with it, and sockets bound to
					 * it since it was lost */
	UT_hash_handle hh;		/* by addr */
};

/* A UDP socket that sends to peers without being connected to any. */
#define SENDER_PEERS_MAX	64	/* of one socket: the latest */

struct sender {
	uint64_t cookie;
	uint32_t uid;
	unsigned n;
	uint32_t peer[SENDER_PEERS_MAX];	/* ids of entries, the one last sent to for the
						 * first time at the end */
	UT_hash_handle hh;		/* by cookie */
};

/* An unconnected UDP socket that is bound to a lost address of this host. */
#define BOUND_MAX	1024

struct bound {
	uint64_t cookie;
	struct in6_addr local;
	uint16_t port;			/* host order */
	UT_hash_handle hh;		/* by cookie */
};

#define PCB_UID_UNKNOWN	UINT32_MAX

enum pcb_origin {
	PCB_CONNECT,			/* this host initiated */
	PCB_ACCEPT,
};

/*
 * How a connection came under our care. The words for it that hmipctl uses: "preload", "adopted".
 */
enum pcb_source {
	PCB_REGISTERED,			/* the program's library registered it */
	PCB_ADOPTED,			/* a scan of the kernel's sockets found it */
};

/* "preload" or "adopted", as hmipctl prints it. Static text. */
const char *pcb_source_name(enum pcb_source c);

/* Why a connection that could be attached to an entry is not. */
enum pcb_wait {
	PCB_WAITS_NOT,
	PCB_WAITS_PEER,			/* the peer was silent when it began */
	PCB_WAITS_ROOM,			/* max_connections others are attached */
	PCB_REFUSED,			/* the datapath did not take it */
	PCB_WAITS_PROOF,		/* the peer's last proof of this address was too old */
};

/*
 * What tells the connections of one entry apart, whatever addresses they bear (R3). No padding: it
 * is a hash key.
 */
struct pcb_ports {
	uint32_t hce;
	uint16_t lport, fport;
	uint32_t proto;
};

/* A connection: the kernel's protocol control block as far as it concerns the Host Cache. */
struct pcb {
	uint64_t cookie;		/* the kernel's socket cookie: names it for life */
	struct in6_addr local, foreign;	/* the birth pair */
	uint16_t lport, fport;		/* host order */
	uint8_t proto;			/* IPPROTO_TCP, IPPROTO_UDP */
	enum pcb_origin origin;
	enum pcb_source source;
	uint32_t uid;			/* the socket's user, or PCB_UID_UNKNOWN */
	uint32_t mark;			/* of its packets (SO_MARK), for policy rules; 0: none */
	bool established;
	uint32_t gen;			/* of the entry's pair at birth */
	struct hce *hce;		/* NULL: its peer has no entry (yet) */
	uint32_t waits_for;		/* the only entry that it may be attached to, 0: any */
	enum pcb_wait waits;
	struct hce *left_of;		/* in whose list left it is, NULL: in none */
	struct pcb *prev, *next;	/* of the entry: of pcbs or of left */
	struct pcb *left_prev, *left_next;	/* of the lists left of all entries */
	struct pcb *same_prev, *same_next;	/* without an entry, to the same address */
	bool ports_clash;		/* another connection, which is left alone, has its ports */
	bool proves;			/* it is one of its entry's n_proof */
	bool forbidden;			/* policy rules forbid it the pair: it keeps its own */
	bool confined;			/* ... or did so once */
	bool published;			/* the datapath had it before this action */
	bool stale;			/* what the datapath has of it is older: it did not take
					 * the last change, which is repeated */
	usec_t opened;			/* when it was shown to us; 0: to an earlier helper */
	usec_t linger_until;		/* the socket is gone; kept until then for
					 * TIME-WAIT. USEC_NEVER: open */
	struct timer timer;		/* armed if it lingers */
	struct pcb_ports ports;		/* key of hh_ports, which holds those
					 * that have an entry (R3) */
	UT_hash_handle hh, hh_ports;	/* hh: by cookie */
	UT_hash_handle hh_foreign;	/* by foreign: without an entry, the first of same */
};

/*
 * The addresses that p's packets have on the wire: its own, or its entry's pair. Returns whether
 * they differ from its own. local and foreign may be NULL.
 */
bool pcb_wire_pair(const struct pcb *p, struct in6_addr *local, struct in6_addr *foreign);

/*
 * Why p does not move, or only when its address is lost, as a word of hmipctl's interface; NULL if
 * it does. Static text.
 */
const char *pcb_reason(const struct pcb *p);

struct core;

#define CORE_PREFIXES_MAX	64
#define CORE_LOCALS_MAX		4096	/* addresses of this host, lost ones included */
#define CORE_PERSONALITIES_MAX	16
#define CORE_PERSONALITY_NAME	16	/* bytes, with the 0 at the end */

/*
 * Whether AAP is run with hosts in a prefix; the longest that matches decides, and yes if none
 * does.
 */
struct core_prefix {
	struct in6_addr addr;
	uint8_t len;		/* bits */
	bool allowed;
};

/* Whether signalling goes in UDP. */
enum encapsulate {
	ENCAPSULATE_NEVER,	/* nor is it taken so */
	ENCAPSULATE_AUTO,	/* where nothing else gets through */
	ENCAPSULATE_ALWAYS,	/* nothing is sent natively */
};

/* C12 and the rest of the tunable values; durations in seconds. */
struct core_config {
	uint32_t default_lifetime;		/* DEFAULT-LIFETIME, 600 */
	uint32_t maximum_expired_lifetime;	/* MAXIMUM-EXPIRED-LIFETIME, 1800 */
	uint32_t binding_lifetime;		/* the longest lifetime asked for in BUs, 600 */
	uint32_t appendix_b;			/* 1: announce a new address by just
						 * using it (B11), 0 */
	uint32_t path_timeout;			/* how long to send and hear nothing before other
						 * pairs are tried, 3; 0: never */
	uint32_t hold;				/* how long TCP connections are kept alive while
						 * nothing can be sent to their peer, 86400;
						 * 0: not at all */
	uint32_t max_entries;			/* F-HCEs, 4096 */
	uint32_t max_addresses;			/* per F-HCE, 64 */
	uint32_t max_per_prefix;		/* F-HCEs made by answering, whose
						 * peers share a /64, 64 */
	uint32_t max_connections;		/* attached ones; what the datapath's
						 * tables hold, 65536 */
	uint32_t max_foreign;			/* addresses of all peers; the same; max_entries *
						 * max_addresses */
	uint32_t plain_lifetime;		/* how long a host that did not answer AAP
						 * is left alone, 3600 */
	bool resolve;				/* names of peers that are not to be found are
						 * resolved again, true */
	enum encapsulate encapsulate;		/* auto */
	uint32_t encapsulate_port;		/* both ports of UDP, 434 */
	unsigned n_initiate;			/* hosts with which any connection of this host
						 * begins mobility, 0: only registered ones do */
	struct core_prefix initiate[CORE_PREFIXES_MAX];
	unsigned n_aap_prefix;
	struct core_prefix aap_prefix[CORE_PREFIXES_MAX];
	unsigned n_personality;			/* besides the default one, whose number is 0; these
						 * begin with 1 (C2, X9) */
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

/*
 * The core keeps no pointer to its caller; these are how a shell and its tests look in. Valid until
 * the next event.
 */
struct hce *core_entries(struct core *c);		/* uthash list: iterate with ->hh.next */
struct hce *core_entry(struct core *c, uint32_t id);	/* NULL if there is none */
/* whose peer has that address, NULL */
struct hce *core_entry_of(struct core *c, const struct in6_addr *foreign);
/* usable or lost; NULL if it is not ours */
struct local_addr *core_local(struct core *c, const struct in6_addr *addr);
struct pcb *core_pcb(struct core *c, uint64_t cookie);	/* NULL if there is none */
struct local_addr *core_locals(struct core *c);

/*
 * The usable address of that personality that is preferred as a source for dst, or to take its
 * place; NULL if there is none.
 */
const struct local_addr *core_local_for(struct core *c, unsigned personality,
					const struct in6_addr *dst);

struct pcb *core_pcbs(struct core *c);
struct sender *core_senders(struct core *c);

/*
 * Addresses of hosts that are known not to take part (S7): writes max at most to ret, and returns
 * how many.
 */
unsigned core_nonpeers(struct core *c, struct in6_addr *ret, unsigned max);

/* Until when the host with addr is known not to take part; 0: it is not. */
usec_t core_plain_until(const struct core *c, const struct in6_addr *addr);

/* The name of a personality, the core's until core_reconfigure(). NULL for the default one. */
const char *core_personality_name(const struct core *c, unsigned personality);

/* The path between two addresses; NULL if h has none of it. */
const struct via_path *core_via(const struct hce *h, const struct in6_addr *local,
				const struct in6_addr *foreign);

/* The time at which core_tick() must be called; USEC_NEVER if no timer is armed. */
usec_t core_deadline(const struct core *c);

#endif
