/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Host Cache (homelessv6 2.1): the addresses of this host, and of each peer, with the states and lifetimes the
 * draft gives them, and the connections that belong to them. Pure: time is an argument, nothing is read or sent.
 *
 *   pcb ---> hce (F-HCE) ---> foreign_addr, foreign_addr, ...
 *              |  '---> sa
 *              '---> pair: (local_addr of the L-HCE, foreign_addr) its packets bear today
 */
#ifndef HMIP_HOSTCACHE_H
#define HMIP_HOSTCACHE_H

#include "sa.h"
#include "mip6.h"
#include "ratelimit.h"
#include "usec.h"
#include <netinet/in.h>
#include <uthash.h>

enum addr_state {
	ADDR_TENTATIVE,		/* named by a BU, its reachability not proven: carries no data (R5) */
	ADDR_ACTIVE,
	ADDR_DEPRECATED,	/* was Active, expired or was deleted: still matched on receive, not sent to (C9) */
};

enum lifetime_kind {
	LIFETIME_ACTIVITY,	/* counts from the last packet heard (C6) */
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

/* The words for these that hmipctl and logs use: "tentative", "activity", "homeless", ... */
const char *addr_state_name(enum addr_state s);
const char *lifetime_kind_name(enum lifetime_kind k);
const char *peer_status_name(enum peer_status s);

struct hce;

/* One run of the reachability protocol towards one Tentative address (X5, homelessv6 3.4.2). */
struct reach {
	bool running;
	uint8_t challenge[CHALLENGE_LEN];	/* the same for all sendings of a run, so that a late Response counts */
	unsigned sent;
	usec_t last, next;			/* next is USEC_NEVER when given up */
	struct in6_addr from;			/* the local address the BU came to; Challenges come from it */
	uint16_t seq;				/* of the BU the Challenge's BA answers */
};

/* An address of a peer. */
struct foreign_addr {
	struct in6_addr addr;
	enum addr_state state;
	bool proven;		/* was Active once: only then it is kept as Deprecated */
	bool given_up;		/* Tentative, and the peer says that it is not there any more: not asked */
	bool withdrawn;		/* Deprecated as the peer said so; false: as it said nothing */
	enum lifetime_kind kind;
	usec_t lifetime;	/* as granted */
	usec_t expires;		/* Active, Tentative: becomes Deprecated; Deprecated: goes. USEC_NEVER for an infinite one */
	usec_t heard;		/* last packet from it, 0: none yet */
	struct reach reach;
	struct contest *contest;		/* another host claims it, too; NULL: none does */
	struct hce *hce;
	struct foreign_addr *prev, *next;	/* of the entry, oldest first */
	UT_hash_handle hh;			/* by addr, over all entries: one owner per address */
};

/* Two hosts claim an address (X6): its entry, and another or, with claimant 0, one that has none yet but completed AAP. */
struct contest {
	uint32_t claimant;
	bool good[2];				/* who has answered: the entry, the claimant */
	uint8_t challenge[2][CHALLENGE_LEN];
	struct in6_addr from;			/* the local address the claim came to, and when */
	usec_t since;
	unsigned sent;
	usec_t next;
};

/* The initiator's half of AAP. */
struct aap_try {
	struct aap_keypair own;
	struct aap_init init;
	struct in6_addr src, dst;
	unsigned sent;
	unsigned bad;				/* Responses that failed */
	usec_t next;
	bool renewing;				/* the entry has an SA, which this run is to replace */
	bool reviving;				/* ... as the peer may have lost it */
	bool confirming;			/* the SA is made; sealed goes with every packet until a BA comes */
	struct aap_sealed sealed;
};

/* What a peer holds, or is to hold, of one local address (the Binding Update List of MIPv6, per address). */
enum binding_state {
	BINDING_NONE,		/* the peer has not been told */
	BINDING_SENT,		/* told; no Acknowledgement yet */
	BINDING_KNOWN,		/* acknowledged; the peer holds it Tentative as far as is known */
	BINDING_RESPONDED,	/* our Response went out: may be sent from */
	BINDING_VERIFIED,	/* the peer showed that it holds it Active */
};

const char *binding_state_name(enum binding_state s);

struct binding {
	struct in6_addr addr;
	enum binding_state state;
	bool wanted;		/* false: to be deleted at the peer, then forgotten */
	bool news;		/* the peer is to be told, or has not acknowledged, what stands here */
	bool sent;		/* news went out in BU number seq, and in all later ones */
	bool told;		/* news went out at all, so the peer may know of it */
	bool waiting;		/* there was no room for it in the last packet with news: its turn comes with the BA */
	uint16_t seq;
	usec_t refresh;		/* when it must be announced anew */
	usec_t expires;		/* by then the peer uses it no more, unless it is told */
	usec_t acked;		/* until when the peer holds it by its last Acknowledgement, 0: none */
	struct binding *prev, *next;
};

/* Retransmission of Binding Updates to one peer (draft-13, 10.8 and 10.11). */
struct retransmit {
	unsigned tries;		/* packets sent with the news that waits for its Acknowledgement; 0: none */
	uint16_t last_seq;	/* highest sequence number of the last packet */
	uint16_t packet[8];	/* and of those before it, which may be acknowledged yet; a ring */
	unsigned n_packet;
	usec_t sent, timeout;
	bool failed;		/* the kernel did not take the last packet */
	usec_t next;		/* when to send (again); USEC_NEVER while nothing waits */
	struct ratelimit limit;	/* of packets with Binding Updates */
};

/* The search for a pair that works, and the way back (explore.c). */
struct explore {
	bool running;
	unsigned at;			/* how many pairs this round has tried */
	usec_t wait, next, until;	/* between probes; when the next goes; when to give up */
	uint8_t challenge[CHALLENGE_LEN];
	usec_t ended, quiet, quiet_until;	/* the pair in use answered; silence means nothing until then */
	bool silent;			/* connections of ours heard nothing, not only the peer's */
	usec_t asked_until;		/* the peer's probes start no search until then */
	bool detour;			/* the preferred local address, home, did not work */
	struct in6_addr home;
	usec_t home_wait, home_next, returned;
};

/* What of an entry's packets is dropped, as there is nowhere it may go (A3). */
enum hold {
	HOLD_NONE,
	HOLD_MOVED,		/* what would leave with other addresses than its own: no address of the peer is left */
	HOLD_ALL,		/* another host has pair.foreign now */
};

#define RENDEZVOUS_NAMES	4
#define RENDEZVOUS_NAME_MAX	256	/* octets, the last of which is 0 */
#define RENDEZVOUS_ADDRS	8

/*
 * Where else the peer may be (C5): names by which programs found it, the last one first, and addresses these resolved to. What
 * has such an address need not be the peer: all that goes there is signalling under its SA, for it alone to answer.
 */
struct rendezvous {
	unsigned n_name, n_addr;
	char name[RENDEZVOUS_NAMES][RENDEZVOUS_NAME_MAX];
	struct in6_addr addr[RENDEZVOUS_ADDRS];
	unsigned asked;			/* how many names were resolved so far: they take turns */
	unsigned due;			/* so many are to be tried next: the last of addr, if it is more all of them before */
	usec_t wait, next;		/* between steps of the search, 0: none was made; when the next may be */
};

/* An address pair and when it was chosen. gen grows by one with every change: connections born under the current
 * gen keep their birth pair, older ones follow the pair. */
struct pair {
	struct in6_addr local, foreign;	/* unspecified while there is none */
	uint32_t gen;
	enum hold hold;
	bool unproven;			/* local is lost, or the peer has not said yet that it knows it to be ours */
	bool homeless;			/* the peer's connections can move, so it may be heard from addresses not known */
};

/* A Foreign Host Cache Entry. */
struct hce {
	uint32_t id;			/* from 1, never reused while the helper runs */
	const char *name;		/* the peer's in the configuration, NULL if it has none */
	enum peer_status status;
	bool trusted;			/* X8: configured, connected to, or accepted from */
	bool initiated;			/* made because this host initiated (C4) */
	unsigned personality;		/* whose addresses the peer may learn (X9) */
	usec_t created, heard;
	usec_t proved;			/* last packet under its SA: then, it was who it is */
	bool wants_move;		/* the pair is to be chosen anew when the peer answers */
	usec_t asked;			/* Updates are unanswered since then; 0: the peer owes nothing */
	usec_t revive, revive_wait;	/* when keys may be asked for because of that; between two times */
	struct foreign_addr *addrs;	/* utlist DL */
	struct pair pair;
	usec_t source_lost;		/* when pair.local was lost, 0: it is usable */
	usec_t followed;		/* when the datapath last followed the peer to another address */
	bool apart;			/* policy rules send one of its connections by another link than root's packets */
	struct in6_addr routed;		/* the source the kernel's routing would choose for this peer; unspecified: not told */
	struct peer *peer;		/* who holds the SA; NULL: none */
	struct sa *sa;			/* peer's; NULL: none */
	struct aap_try *aap;		/* owned; NULL: none is running */
	unsigned n_pcb;			/* lingering ones included */
	struct pcb *pcbs;		/* these, oldest first; utlist DL */
	unsigned n_sender;		/* sockets that send datagrams without being connected */

	struct binding *bindings;	/* utlist DL */
	bool may_announce;		/* B1: a reply, or the peer's own Initial BU, has come */
	bool homeless_acked;		/* B4: a BA has come */
	bool knows_us;			/* it left Homeless Support out, so a BA of ours has come to it */
	struct explore explore;
	struct rendezvous *rendezvous;	/* owned; NULL: no name is known */
	bool kick_on_ack;		/* moved to an address whose Response is not acknowledged yet */
	uint16_t seq_out;		/* last BU sequence number sent */
	bool seq_in_valid;
	uint16_t seq_in;		/* last accepted from the peer */
	bool has_echo;			/* a Unique Identifier to be sent back in the next BU */
	uint16_t echo;
	usec_t requested;		/* when we last sent a Binding Request */
	struct ratelimit ask_limit;	/* of Challenges to unproven addresses */
	struct retransmit rt;
	usec_t srtt;			/* smoothed BU-to-BA round trip, 0: not measured */

	UT_hash_handle hh;		/* by id */
};

#define LOST_MAX	256	/* lost addresses that are remembered although nothing uses them */

/* An address of this host: a member of the L-HCE of its personality (C2, C3). */
struct local_addr {
	struct in6_addr addr;
	unsigned personality;		/* 0: the default one */
	unsigned ifindex;
	bool usable;			/* false: lost; kept until forget, and while connections or sockets use it */
	usec_t valid_until;		/* the kernel's valid lifetime; USEC_NEVER */
	unsigned preference;		/* set by prefer: the higher is chosen; 0 by default */
	usec_t since;			/* became usable, or was lost */
	usec_t forget;			/* peers remember it as deprecated until then, once it is lost */
	unsigned n_pcb;			/* connections born with it, and sockets bound to it since it was lost */
	UT_hash_handle hh;		/* by addr */
};

/* A socket that sends datagrams to peers without being connected to any. */
#define SENDER_PEERS_MAX	64	/* of one socket: the latest */

struct sender {
	uint64_t cookie;
	uint32_t uid;
	unsigned n;
	uint32_t peer[SENDER_PEERS_MAX];	/* ids of entries, the one last sent to for the first time at the end */
	UT_hash_handle hh;		/* by cookie */
};

/* A UDP socket that is bound to an address of ours that is lost. */
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

/* How a connection came under our care. The words for it that hmipctl uses: "preload", "adopted". */
enum pcb_care {
	PCB_SHOWN,			/* its program showed it */
	PCB_ADOPTED,			/* found among the kernel's sockets */
};

const char *pcb_care_name(enum pcb_care c);

/* What tells the connections of one entry apart, whatever addresses they bear (R3). No padding: it is a hash key. */
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
	enum pcb_care care;
	uint32_t uid;			/* of the user whose socket it is, or PCB_UID_UNKNOWN */
	uint32_t mark;			/* of its packets (SO_MARK), for policy rules; 0: none */
	bool established;
	uint32_t gen;			/* of the entry's pair at birth */
	struct hce *hce;		/* NULL: its peer has no entry (yet) */
	uint32_t waits_for;		/* the entry whose peer was silent when it began, 0: none */
	struct pcb *prev, *next;	/* of the entry */
	bool shared;			/* another connection, which is left alone, has its ports */
	usec_t opened;			/* when it was shown to us; 0: to an earlier helper */
	usec_t forget;			/* the socket is gone; kept until then for TIME-WAIT. USEC_NEVER: open */
	struct pcb_ports ports;		/* key of hh_ports, which holds those that have an entry (R3) */
	UT_hash_handle hh, hh_ports;	/* hh: by cookie */
};

/* Whether p's packets leave with another pair than the one p was born with. */
bool pcb_moved(const struct pcb *p);

#endif
