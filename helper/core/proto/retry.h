/* SPDX-License-Identifier: BSD-2-Clause */
/* Which source, destination and timeout the next try uses. */
#ifndef HMIP_RETRY_H
#define HMIP_RETRY_H

#include "core_data.h"

/* draft-13 section 11, and the minimum if the round trip is measured. */
#define INITIAL_BINDACK_TIMEOUT	USEC_PER_SEC
#define MIN_BINDACK_TIMEOUT	(50 * USEC_PER_MSEC)

/* Returns the n-th address of h except the pair's, Active ones first; NULL if there are fewer. */
const struct in6_addr *retry_other_foreign(const struct hce *h, unsigned n);

/* Counts the addresses of h to try: the pair's, Active ones and, if all is set, Deprecated ones. */
unsigned retry_count_foreign(const struct hce *h, bool all);

/*
 * Returns the destination of the next packet after that many tries in vain: all addresses of h in
 * turn, the pair's first. Unspecified if h has none.
 */
struct in6_addr retry_target(const struct hce *h, unsigned tries);

/* Returns whether that many tries went to each Active address of h equally often. */
bool retry_round(const struct hce *h, unsigned tries);

/* Returns whether to vary the packet: after two rounds in vain, for two rounds, and so on. */
bool retry_late(const struct hce *h, unsigned tries);

/* Returns the local address from which signalling to h is sent, NULL if there is none. */
const struct local_addr *retry_source(struct core *c, struct hce *h);

/*
 * Returns the source of h's next Binding Update, NULL if there is none: retry_source() at first and
 * in every other round, and the others in turn in between, as its path may be dead. Addresses that
 * the peer has no proof of come first, from the second round on: they announce themselves (B7). So
 * many sources as the kernel had no route for (retransmit.no_route) are passed over.
 */
const struct local_addr *retry_update_source(struct core *c, struct hce *h);

/* Counts the sources that retry_update_source() may return besides retry_source(). */
unsigned retry_count_other_sources(struct core *c, struct hce *h);

/* Returns how long to wait for h's answer to the first try. */
usec_t retry_timeout(const struct hce *h);

#endif
