/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A few hosts made of nothing but their cores, a clock, and a wire that delivers what one sends to
 * whoever has the destination address, after a delay, unless the test loses it.
 */
#ifndef HMIP_WORLD_H
#define HMIP_WORLD_H

#include "core.h"

#define WORLD_HOSTS	4
#define WORLD_FLIGHT	256

struct world;

struct host {
	const char *name;
	struct core *core;
	struct core_peer peer;
	struct pair pair;		/* what the datapath would use, by the last ACTION_PAIR */
	unsigned kicks, kicks_lost;	/* all; those that say that what is in flight is lost */
	unsigned unreachable, keepalives, sends, events[EVENT_DROPPED + 1];
	struct action last_send, last_switch;	/* the latest EVENT_SWITCHED */
	unsigned lefts;			/* ACTION_LEFT */
	struct action left;
	unsigned resolves;
	char resolved[PEER_NAME_SIZE];		/* the name asked for last */
};

struct packet_in_flight {
	usec_t due;
	struct action send;
	unsigned from;
	enum via way;
};

struct world {
	usec_t now, delay;
	usec_t late[VIA_BOTH];		/* delay of what goes this way, besides */
	enum encapsulate encapsulate;	/* of cores that are made from now on */
	unsigned n_host;
	struct host host[WORLD_HOSTS];
	unsigned n_flight;
	struct packet_in_flight flight[WORLD_FLIGHT];
	void (*tap)(struct world *w, const struct packet_in_flight *p);	/* NULL: nobody listens */
	/* NULL: nobody wants to know what a host's core says */
	void (*acted)(struct world *w, unsigned host, const struct action *a);
	/* NULL: nothing is lost */
	bool (*lose)(struct world *w, const struct packet_in_flight *p);
	/* NULL: the sender's kernel has a route for all */
	bool (*no_route)(struct world *w, const struct packet_in_flight *p);
	unsigned lost;
};

struct in6_addr world_addr(const char *text);

/* Adds a host without keys and addresses. Returns its number. */
unsigned world_stranger(struct world *w, const char *name);

/*
 * Two hosts "client" and "server" that share keys: client has 2001:db8:1::c, server 2001:db8:2::5.
 */
void world_init(struct world *w);
void world_free(struct world *w);

/* Changes that setting of all hosts, and of those made later. */
void world_encapsulate(struct world *w, enum encapsulate encapsulate);

/* Replaces a host's core by a new one that knows its peer's keys, and nothing else. */
void world_renew(struct world *w, unsigned host);

/* Takes the actions of all hosts: packets fly, the rest is noted. To be called after an event. */
void world_collect(struct world *w);

void world_up(struct world *w, unsigned host, const char *addr);
void world_down(struct world *w, unsigned host, const char *addr);

/* The routes of a host changed. */
void world_routes(struct world *w, unsigned host);

/*
 * Opens a connection between two hosts at these addresses, both ends shown to their cores. Returns
 * its cookie.
 */
uint64_t world_connect(struct world *w, unsigned from, const char *src, unsigned to,
		       const char *dst, uint16_t port);

/*
 * A data packet of host from's connections leaves with its pair; the lose hook is asked with a
 * packet of length 0. Returns whether it arrived, which its receiver's datapath noted and followed
 * (C11).
 */
bool world_data(struct world *w, unsigned from);

/* Lets d microseconds pass, with all deliveries and timers that fall into it. */
void world_run(struct world *w, usec_t d);

/* The address of host's peer as host sees it, NULL if it does not know it. */
struct foreign_addr *world_foreign(struct world *w, unsigned host, const char *addr);

#endif
