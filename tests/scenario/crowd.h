/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One server and many peers, each a core of its own, with an address in a /64 of its own. What one
 * sends is delivered at once; time is simulated. For the tests and measurements of what an event
 * costs the server, and of how that depends on the number of its peers.
 */
#ifndef HMIP_CROWD_H
#define HMIP_CROWD_H

#include "core.h"
#include "timer.h"

enum crowd_event {
	CROWD_PACKET,			/* the server receives a packet */
	CROWD_TICK,			/* a timer of its expires */
	CROWD_OPEN,			/* a connection is accepted */
	CROWD_CLOSE,			/* ... and ends */
	CROWD_CONNECT,			/* it begins one, with a host that does not take part */
	CROWD_HEARD,			/* its datapath reports data of a peer */
	CROWD_EVENTS
};

struct crowd_peer {
	struct core *core;
	struct in6_addr addr;		/* by which it was met */
	struct timer timer;
};

struct crowd {
	struct core *server;
	struct crowd_peer *peer;
	unsigned n;			/* that were made so far */
	struct timers timers;		/* of peers */
	usec_t now;
	uint64_t cookies;		/* used up */
	struct action *sent;		/* by the server, to be delivered; from first */
	size_t first, n_sent, room;

	/* Called before and after each event of the server, its actions and due timers included. */
	void (*before)(struct crowd *w);
	void (*after)(struct crowd *w, enum crowd_event what);
	/* Takes each action of the server. */
	void (*acted)(struct crowd *w, const struct action *a);
	void *ctx;			/* the caller's */
};

extern const struct in6_addr crowd_server_addr;

/* Makes a server that has room for n peers, and none yet. *w is zeroed but for the callbacks. */
void crowd_open(struct crowd *w, unsigned n);
void crowd_close(struct crowd *w);

/* The next peer comes: it opens a connection to the server. With configured keys, or by AAP. */
void crowd_meet(struct crowd *w, bool keys);

/* Peer i gets another address beside what it has, and, after a second, loses the first. */
void crowd_move(struct crowd *w, unsigned i);

/* The server accepts one connection more of peer i, and closes it. */
void crowd_reconnect(struct crowd *w, unsigned i);

/* A program of the server connects to a host that nobody knows, the n-th such, and closes it. */
void crowd_connect_out(struct crowd *w, unsigned n);

/* Data of peer i is reported. */
void crowd_heard(struct crowd *w, unsigned i);

/* Lets the time pass, and everybody's timers expire, for d. */
void crowd_pass(struct crowd *w, usec_t d);

#endif
