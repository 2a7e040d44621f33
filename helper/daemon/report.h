/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hmipctl shows, as JSON. Scripts rely on the names; hmipctl(8) lists them. Durations are
 * seconds, null stands for never or none, and no key of a security association is ever in it.
 */
#ifndef HMIP_REPORT_H
#define HMIP_REPORT_H

#include "core.h"
#include "datapath.h"
#include "ifmon.h"

#include <jansson.h>

struct daemon;

struct report {
	struct core *core;
	struct datapath *datapath;	/* may be NULL */
	struct ifmon *ifmon;	/* may be NULL */
	const char *socket, *state;	/* paths */
	usec_t started, now;
	bool adopting;
	uint64_t scans;			/* at the sockets of this host, for connections to adopt */
};

/* What is to be reported of h, as of now. */
struct report daemon_report(struct daemon *d);

/* Each returns a new reference, or NULL if memory is short. */
json_t *report_status(const struct report *r);
json_t *report_cache(const struct report *r);
json_t *report_sockets(const struct report *r);
json_t *report_sa(const struct report *r);

/*
 * One ACTION_EVENT, for hmipctl monitor. wall: CLOCK_REALTIME now. after_loss: how long ago the
 * loss was that caused a switch, USEC_NEVER if none did.
 */
json_t *report_event(const struct report *r, const struct action *a, usec_t wall,
		     usec_t after_loss);

#endif
