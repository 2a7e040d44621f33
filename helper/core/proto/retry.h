/* SPDX-License-Identifier: BSD-2-Clause */
/* Which source, destination and timeout the next try uses. */
#ifndef HMIP_RETRY_H
#define HMIP_RETRY_H

#include "core_data.h"

/* draft-13 section 11, and the minimum that a measured round trip allows instead. */
#define INITIAL_BINDACK_TIMEOUT	USEC_PER_SEC
#define MIN_BINDACK_TIMEOUT	(50 * USEC_PER_MSEC)

/* The n-th address of h but the pair's: Active ones come first. NULL if there are not so many. */
const struct in6_addr *retry_other_foreign(const struct hce *h, unsigned n);

/*
 * How many addresses of h are good for trying: the pair's, the Active ones and, if all, the
 * Deprecated ones.
 */
unsigned retry_count_foreign(const struct hce *h, bool all);

/*
 * Where the news goes that was sent so many times in vain: to all addresses of h in turn, the
 * pair's first.
 */
struct in6_addr retry_target(const struct hce *h, unsigned tries);

/* Whether so many sendings went to each of h's Active addresses equally often. */
bool retry_round(const struct hce *h, unsigned tries);

/*
 * Whether they went there twice without an answer, so that it is time to try something else, for as
 * many tries again.
 */
bool retry_late(const struct hce *h, unsigned tries);

/* The local address signalling to h goes out from, NULL if there is none. */
const struct local_addr *retry_source(struct core *c, const struct hce *h);

/* How long to wait for an answer from h, first time. */
usec_t retry_timeout(const struct hce *h);

#endif
