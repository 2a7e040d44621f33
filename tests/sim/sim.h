/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A discrete-event simulation of many Homeless hosts, each the pure core with a model of its
 * datapath, on links that lose, delay, double and reorder, under weather (addresses come and go,
 * helpers restart) and attack. After every event what must always hold is checked; when the weather
 * calms down, that data flows on every connection.
 *
 *   sim.c      clock, phases, dispatch of events
 *   node.c     one host: kernel's addresses, helper, actions carried out
 *   weather.c  what befalls hosts
 *   socket.c   connections, and whether data arrives where it belongs
 *   attack.c   who is not honest
 *   mallory.c  who is not, and yet speaks the protocol as all do
 *   check.c    what must always hold
 */
#ifndef HMIP_SIM_H
#define HMIP_SIM_H

#include <stdio.h>

#include "core.h"
#include "heap.h"
#include "plane.h"
#include "rng.h"
#include "simlink.h"

#define SLOTS_MAX	24
#define HISTORY		4
#define NOBODY		UINT32_MAX
#define CAPTURED	256
#define SIM_WALL	(UINT64_C(1700000000) * USEC_PER_SEC)

struct sim_config {
	uint64_t seed;
	unsigned hosts;
	unsigned group;		/* hosts of a group share keys, each with each */
	bool star;		/* ... or each with the first of the group only */
	unsigned slots;		/* interfaces of a host, one address each */
	unsigned sockets;	/* connections each host keeps open */
	unsigned rounds;	/* a round is a storm and the calm after it */
	usec_t storm;		/* how long it lasts */
	usec_t move, send;	/* mean time between two moves of a host, two
				 * packets of a connection */
	double loss;		/* 0: links are clean, 1: as bad as they get */
	bool restarts;		/* helpers end and begin again, with their state */
	bool amnesia;		/* ... or without */
	bool outages;		/* of up to an hour */
	bool reuse;		/* addresses one host gave back are taken by others */
	bool attacks;
	bool flood;
	bool strangers;		/* no keys are configured: AAP makes them */
	bool personalities;	/* every other interface belongs to another one */
	bool mallory;		/* the last host of a group is not honest (mallory.c), the one
				 * before it has no helper */
	bool trace;		/* to stderr */
};

extern const struct sim_config sim_config_default;

/* A signalling packet, shared by its copies in flight and by who captured it. */
struct packet {
	unsigned refs;
	unsigned from, to;	/* hosts whose SA protects it; NOBODY: it is forged */
	bool taken;		/* the core of to has had it */
	struct in6_addr dst;
	uint16_t len;
	uint8_t octets[];
};

/* Who has an address today. */
struct place {
	struct in6_addr addr;
	unsigned host;		/* NOBODY: it is free; from sim->n_host on: an attacker */
	usec_t since;		/* it has it */
	unsigned personality;	/* it belongs to that one less 1; 0: to none yet */
	UT_hash_handle hh;
};

/* A Response that really was sent: by whom, to whom, for which address. */
struct proof {
	struct {
		uint32_t prover, verifier;
		struct in6_addr addr;
	} key;
	usec_t first, sent;	/* the first one, the last one */
	UT_hash_handle hh;
};

struct slot {
	struct in6_addr addr, home;	/* home: what the slot began with */
	bool up;
	struct simlink link;
};

/* The kernel's side of a connection. */
struct sock {
	struct flow flow;
	unsigned conn, end;
	UT_hash_handle hh;
};

#define RATE_WINDOW	(10 * USEC_PER_SEC)

/* What one host says to another, as an observer of the wire sees it. */
struct relation {
	unsigned peer;
	uint32_t ah_seq;
	uint32_t id;		/* of the entry the sequence numbers below belong to */
	bool bu_valid, in_valid;
	uint16_t bu_seq, in_seq;
	const struct kin *kin;	/* keys under which in_seq was accepted */
	usec_t window;		/* beginning of what is counted here: */
	unsigned heard, challenged;	/* packets with BUs, Challenges come in */
	unsigned news, acks, responses, challenges;
	bool linked;		/* it had a connection with this host, or is to have one */
	UT_hash_handle hh;
};

/* Numbers of an entry without a name have a relation of their own. */
#define RELATION_OF_ENTRY	0x80000000u

/* Keys that AAP made: whose they are is known from the packet that brought them. */
struct kin {
	uint8_t key[16];	/* the first octets of what this host signs with */
	unsigned peer;
	uint32_t ah_seq;	/* sent last */
	UT_hash_handle hh;
};

/* An address of ours that a peer has sent to, so it knows that one. */
struct known {
	struct {
		uint32_t peer, zero;
		struct in6_addr addr;
	} key;
	UT_hash_handle hh;
};

/* Since when an entry is that of a stranger without a connection. */
struct passing {
	uint32_t id;
	usec_t since;		/* 0: it is not */
	UT_hash_handle hh;
};

struct host {
	unsigned id;
	struct core *core;	/* NULL: its helper is down */
	struct state *state;
	unsigned life;		/* of its helper */
	bool forgot;		/* some helper of its lost its state */
	struct slot slot[SLOTS_MAX];
	struct in6_addr history[HISTORY];
	struct plane plane;
	struct sock *socks;
	struct relation *relations;
	struct kin *kin;
	struct known *known;
	struct passing *passing;
	uint64_t actions, sends;	/* that its core asked for so far */
	usec_t tick_at;		/* for when an event is on the heap, USEC_NEVER: none */
	usec_t ticked;
	unsigned ticks;		/* in a row, at the time ticked */
	unsigned untold;	/* follow events on their way to the helper */
	unsigned lport;
	uint64_t counter[COUNT_MAX];
	/* what the core is doing while its actions are carried out */
	const struct in6_addr *opening;
	bool loading;
};

struct conn_end {
	unsigned host;
	uint64_t cookie;
	struct flow flow;
	bool open, shown;
	unsigned received;
};

struct conn {
	struct conn_end end[2];	/* 0 initiated */
	bool live;		/* neither end has closed or given up */
	bool refused;		/* a core would not have it: it is the kernel's alone */
	bool bound;		/* both ends belonged to a Homeless entry at the same time */
	bool doomed;		/* a helper lost its state: nothing is promised any more */
	unsigned expect;	/* in a calm: 2 soon, 1 when lifetimes have run out, 0
				 * when an address returns */
	usec_t opened;
};

struct attacker;

struct sim {
	struct sim_config config;
	struct rng rng;
	struct heap heap;
	usec_t now, began;
	unsigned n_host;
	struct host *host;
	struct place *places;
	struct proof *proofs;
	struct conn *conn;
	unsigned n_conn, room_conn;
	uint64_t cookies;
	unsigned fresh;		/* addresses given out so far */
	unsigned round;
	unsigned stage;		/* of the calm */
	bool calm, over;
	struct packet *captured[CAPTURED];
	unsigned n_captured;
	struct attacker *attacker;
	unsigned n_attacker;
	struct mallory *mallory;	/* one for each group */
	char state[64];		/* how the files of states begin */
	uint64_t events, signals, datas, moves, delivered, stale;
	char failure[400];	/* "": none so far */
};

struct sim *sim_new(const struct sim_config *config);
void sim_free(struct sim *s);

/* Runs to the end or the first failure, which is then in s->failure. Returns whether all held. */
bool sim_run(struct sim *s);

/* Notes what went wrong, the first time. */
void sim_fail(struct sim *s, const struct host *h, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void sim_trace(struct sim *s, const struct host *h, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void sim_later(struct sim *s, usec_t wait, const struct sim_event *e);

/*
 * Puts a packet on the wire: the reference is taken. via: the sender's link, NULL for an
 * attacker's.
 */
void sim_transmit(struct sim *s, const struct simlink *via, struct packet *p);
struct packet *packet_new(const uint8_t *octets, size_t len, const struct in6_addr *dst,
			  unsigned from, unsigned to);
void packet_put(struct packet *p);

/* Whether hosts a and b share keys, and those with which a signs for b. */
bool sim_related(const struct sim *s, unsigned a, unsigned b);
struct sa_half sim_sa(const struct sim *s, unsigned from, unsigned to);

/* Who is host n in a core's configuration. */
void sim_name(unsigned n, char ret[static 16]);

/* Whose entry e of h is: by its name or its keys, else whose its first address is; or NOBODY. */
unsigned sim_peer(struct sim *s, const struct host *h, const struct hce *e);

/* Whether that host has no helper, or is Mallory. */
bool sim_is_plain(const struct sim *s, unsigned host);
bool sim_is_mallory(const struct sim *s, unsigned host);

struct place *place_find(struct sim *s, const struct in6_addr *addr);
struct in6_addr place_fresh(struct sim *s, unsigned host);
struct proof *proof_find(struct sim *s, unsigned prover, unsigned verifier,
			 const struct in6_addr *addr);
void proof_note(struct sim *s, unsigned prover, unsigned verifier, const struct in6_addr *addr);

/* node.c */
void node_start(struct sim *s, struct host *h, bool with_state);
void node_stop(struct sim *s, struct host *h);
/* Takes the actions of h's core, then checks. */
void node_settle(struct sim *s, struct host *h);
void node_deliver(struct sim *s, struct host *h, struct packet *p);
/* The one that has addr and is up, or NULL. */
struct slot *node_slot(struct host *h, const struct in6_addr *addr);
bool node_up(struct sim *s, struct host *h, unsigned slot, const struct in6_addr *addr);
void node_down(struct sim *s, struct host *h, unsigned slot);
struct hce *node_entry(struct sim *s, struct host *h, unsigned peer);
/* The one under whose keys h signs so; NULL: no peer that was heard has them. */
struct kin *node_kin(const struct host *h, const struct sa *sa);

/* weather.c */
void weather_begin(struct sim *s);
void weather_strike(struct sim *s, struct host *h);
void weather_calm(struct sim *s);

/* Brings an address of the peer's knowledge back to one of the ends. */
void weather_restore(struct sim *s, struct conn *c);

/* socket.c */
void socket_begin(struct sim *s);
void socket_event(struct sim *s, const struct sim_event *e);
void socket_data(struct sim *s, const struct sim_event *e);
void socket_send(struct sim *s, unsigned conn, unsigned end);
void socket_kicked(struct sim *s, struct host *h, uint32_t hce);
void socket_doom(struct sim *s, struct host *h);
/* Tells a new helper which sockets have ended. */
void socket_sync(struct sim *s, struct host *h);
void socket_expect(struct sim *s);

/* The entry that bears an end of c; NULL: none. */
struct hce *socket_entry(struct sim *s, const struct conn *c, unsigned end);

/* Whether an end of c has an address that it may be moved to: one of its personality. */
bool socket_has_source(struct sim *s, const struct conn *c, unsigned end);

/* Whether data sent now on c arrives, both ways. */
bool socket_flows(struct sim *s, const struct conn *c);

/* attack.c */
void attack_begin(struct sim *s);
void attack_strike(struct sim *s, unsigned attacker);
void attack_heard(struct sim *s, unsigned host, const struct packet *p);
void attack_capture(struct sim *s, struct packet *p);
void attack_end(struct sim *s);

/* mallory.c */
void mallory_begin(struct sim *s);
void mallory_end(struct sim *s);
void mallory_strike(struct sim *s, struct host *h);
/* Data of a connection that is not his arrives at one of his addresses. */
void mallory_gets(struct sim *s, struct host *h, const struct in6_addr *at, unsigned conn);

/* check.c */
void check_host(struct sim *s, struct host *h);
void check_action(struct sim *s, struct host *h, const struct action *a);
void check_heard(struct sim *s, struct host *h, unsigned from, const struct packet *p);
struct relation *check_relation(struct host *h, unsigned peer);
/* What h's core asked for because of one packet. */
void check_work(struct sim *s, struct host *h, uint64_t actions, uint64_t sends);
/* Data of h's connection leaves with another pair than that it was born with. */
void check_moved_data(struct sim *s, struct host *h, uint32_t hce, const struct in6_addr *dst);

/* A picture of all entries of h, to tell whether a packet changed any. */
struct picture {
	unsigned n;
	uint32_t last;		/* id of the youngest entry */
	struct {
		uint32_t id;
		unsigned peer;
		uint64_t sum;
	} entry[16];
};
void check_picture(struct sim *s, struct host *h, struct picture *ret);
void check_unchanged(struct sim *s, struct host *h, const struct picture *before, unsigned but_of,
		     const char *why);

#endif
