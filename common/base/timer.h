/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers, the earliest first: a binary heap of pointers, each timer being a member of what it is
 * for. Arming, ending and taking one costs the logarithm of how many are armed.
 */
#ifndef HMIP_TIMER_H
#define HMIP_TIMER_H

#include "usec.h"

#include <stddef.h>

/* Zeroed: not armed. */
struct timer {
	usec_t at;
	size_t place;		/* in the heap, from 1; 0: it is not armed */
};

struct timers {
	struct timer **heap;
	size_t n, room;
};

/* What the timer t is a member of. */
#define TIMER_OF(t, type, member)	((type *)(void *)((char *)(t) - offsetof(type, member)))

/*
 * Makes t expire at that time or before: what is armed for an earlier time stays as it is.
 * USEC_NEVER arms nothing. If memory is short the process ends.
 */
void timer_arm(struct timers *q, struct timer *t, usec_t at);

/* Disarms t. To be called before its memory is freed. */
void timer_end(struct timers *q, struct timer *t);

/* Disarms and returns the earliest timer that has expired, NULL if none has. */
struct timer *timer_take(struct timers *q, usec_t now);

/* When the earliest one expires; USEC_NEVER: none is armed. */
usec_t timer_next(const struct timers *q);

/*
 * Calls fn for each timer that has expired, in any order. fn must not arm or end any. At the cost
 * of those that have, however many are armed.
 */
void timer_each_expired(const struct timers *q, usec_t now,
			void (*fn)(void *ctx, const struct timer *t), void *ctx);

/* Frees the heap, not the timers. */
void timer_free_all(struct timers *q);

#endif
