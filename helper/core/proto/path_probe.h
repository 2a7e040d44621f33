/* SPDX-License-Identifier: BSD-2-Clause */
/* Probing paths, and failing over. */
#ifndef HMIP_PATH_PROBE_H
#define HMIP_PATH_PROBE_H

#include "core_data.h"

/* Connections of h send and receive nothing: starts probing, unless it backs off. */
void path_silent(struct core *c, struct hce *h, usec_t now);

/* The peer sent a Challenge to our verified address to: it probes; starts probing as well. */
void path_probed_by_peer(struct core *c, struct hce *h, const struct in6_addr *to, usec_t now);

/*
 * Asks h's peer by each pair that may be used, the one in use first, which is put into ret. Returns
 * how many, 0 if none was asked: not known well enough, or asked a moment ago.
 */
unsigned path_ping(struct core *c, struct hce *h, usec_t now,
		   struct path_pair ret[static PATH_PAIRS_MAX]);

/* A Response came from fa to local. If it answers a probe: ends the run, or fails over or back. */
void path_answered(struct core *c, struct hce *h, const struct in6_addr *local,
		   const struct foreign_addr *fa, const struct binding_update *bu, usec_t now);

/* Runs the timers of h: sends the next probe, or ends the run. */
void path_expire(struct core *c, struct hce *h, usec_t now);

#endif
