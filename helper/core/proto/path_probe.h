/* SPDX-License-Identifier: BSD-2-Clause */
/* Probing paths, and failing over. */
#ifndef HMIP_PATH_PROBE_H
#define HMIP_PATH_PROBE_H

#include "core_data.h"

/* Connections of h send and hear nothing. */
void path_silent(struct core *c, struct hce *h, usec_t now);

/* The peer asked whether we can be reached at our address to, which it knows to be ours. */
void path_probed_by_peer(struct core *c, struct hce *h, const struct in6_addr *to, usec_t now);

/* A Response came from fa to local: to a probe, perhaps. */
void path_answered(struct core *c, struct hce *h, const struct in6_addr *local,
		   const struct foreign_addr *fa, const struct binding_update *bu, usec_t now);

/* Sends the next probe if it is due. */
void path_expire(struct core *c, struct hce *h, usec_t now);

#endif
