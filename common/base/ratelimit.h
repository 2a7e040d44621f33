/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A token bucket: what it limits may happen so many times at once, and then once every interval.
 * Pure: the time is an argument.
 */
#ifndef HMIP_RATELIMIT_H
#define HMIP_RATELIMIT_H

#include "usec.h"

#include <stdbool.h>

struct ratelimit {
	unsigned burst;		/* tokens that a full bucket has */
	usec_t interval;	/* between two tokens, not 0 */
	unsigned tokens;
	usec_t filled;		/* when the last token came */
};

/* A full bucket. */
struct ratelimit ratelimit_make(unsigned burst, usec_t interval, usec_t now);

/* Takes a token. Returns false if there is none: call again at ratelimit_next(). */
bool ratelimit_take(struct ratelimit *r, usec_t now);

/* Takes a token if so many stay in the bucket. Returns whether it did. */
bool ratelimit_take_leaving(struct ratelimit *r, unsigned left, usec_t now);

/* Puts a token back that was not used after all. */
void ratelimit_give_back(struct ratelimit *r);

/* When the next token comes, after ratelimit_take() found none. */
usec_t ratelimit_next(const struct ratelimit *r);

#endif
