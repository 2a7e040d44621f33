/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reports of hmipctl, as JSON. Scripts rely on the names, which hmipctl(8) lists. Durations are
 * in seconds, null means never or none, and keys of security associations are never included.
 */
#ifndef HMIP_REPORT_H
#define HMIP_REPORT_H

#include "core.h"
#include "datapath.h"
#include "ifmon.h"

#include <jansson.h>

struct daemon;
struct handovers;

struct report {
	struct core *core;
	struct datapath *datapath;	/* may be NULL */
	struct ifmon *ifmon;	/* may be NULL */
	const char *socket, *state;	/* paths */
	usec_t started, now;
	bool adopting;
	uint32_t max_entries, max_connections;	/* what there is room for */
	const struct handovers *handovers;	/* may be NULL */
	uint64_t scans;			/* of the kernel's sockets, for adoption */
};

/* The parts of d that reports are made of, as of now. Valid until d changes. */
struct report daemon_report(struct daemon *d);

/* One for each command of hmipctl. Returns a new reference, or NULL if memory is short. */
json_t *report_status(const struct report *r);
json_t *report_cache(const struct report *r);
json_t *report_sockets(const struct report *r);
json_t *report_sa(const struct report *r);

/*
 * The ACTION_EVENT a, for hmipctl monitor. wall: CLOCK_REALTIME now. after_loss: the time since the
 * loss of an address that caused a switch; USEC_NEVER for other events. Returns a new reference, or
 * NULL.
 */
json_t *report_event(const struct report *r, const struct action *a, usec_t wall,
		     usec_t after_loss);

#endif
