/* SPDX-License-Identifier: BSD-2-Clause */
/* Chance that can be had again: SplitMix64, everything from one seed. */
#ifndef HMIP_SIM_RNG_H
#define HMIP_SIM_RNG_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "usec.h"

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* 0 to n - 1; n > 0. */
static inline unsigned rng_below(struct rng *r, unsigned n)
{
	return (unsigned)(rng_next(r) % n);
}

/* From 0, and below 1. */
static inline double rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) / 9007199254740992.0;
}

static inline bool rng_chance(struct rng *r, double p)
{
	return rng_unit(r) < p;
}

/* Evenly from lo, and below hi. */
static inline usec_t rng_span(struct rng *r, usec_t lo, usec_t hi)
{
	return lo + rng_next(r) % (hi - lo);
}

/* As long as one waits for what happens once in mean on average. */
static inline usec_t rng_wait(struct rng *r, usec_t mean)
{
	return 1 + (usec_t)(-log(1.0 - rng_unit(r)) * (double)mean);
}

#endif
