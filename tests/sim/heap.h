/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is going to happen, earliest first; of what happens at the same time, what was put in first.
 */
#ifndef HMIP_SIM_HEAP_H
#define HMIP_SIM_HEAP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "usec.h"

enum occasion {
	ON_TICK,		/* a core's deadline */
	ON_SIGNAL,		/* a signalling packet arrives */
	ON_DATA,		/* a data packet arrives */
	ON_HEARD,		/* the datapath's events reach the helper */
	ON_FOLLOWED,
	ON_SILENT,
	ON_WEATHER,		/* something befalls a host */
	ON_ADDRESS,		/* an address comes or goes */
	ON_START,		/* a helper starts again */
	ON_SOCKET,		/* a connection has something to do */
	ON_ATTACK,
	ON_PHASE,		/* storm and calm */
};

struct packet;

struct sim_event {
	usec_t at;
	uint64_t n;		/* order of insertion */
	enum occasion on;
	unsigned host;
	union {
		struct packet *packet;
		struct {
			struct in6_addr src, dst;
			unsigned conn, end;	/* of the sender */
		} data;
		struct {
			struct in6_addr addr;
			uint32_t hce, gen;
			unsigned life;		/* of the helper it is for */
		} told;
		struct {
			struct in6_addr addr;
			unsigned slot;
			bool up;
		} address;
		struct {
			unsigned conn, end;
			unsigned step;
		} socket;
	};
};

struct heap {
	struct sim_event *event;
	size_t n, room;
	uint64_t inserted;
};

/* Copies *e; its n is set here. */
void heap_add(struct heap *h, const struct sim_event *e);

/* Takes the earliest. Returns false if there is none. */
bool heap_take(struct heap *h, struct sim_event *ret);

#endif
