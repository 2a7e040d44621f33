/* SPDX-License-Identifier: BSD-2-Clause */
#include "simlink.h"

static usec_t travel(const struct simlink *l, struct rng *r, usec_t now)
{
	usec_t t = l->delay + (l->jitter ? rng_span(r, 0, l->jitter) : 0);

	return now + (rng_chance(r, l->late) ? 10 * t : t);
}

unsigned simlink_send(const struct simlink *l, struct rng *r, usec_t now,
		      usec_t due[static SIMLINK_COPIES])
{
	unsigned n = 0;

	if (now < l->dead_until || rng_chance(r, l->loss))
		return 0;
	due[n++] = travel(l, r, now);
	if (rng_chance(r, l->duplicate))
		due[n++] = travel(l, r, now);
	return n;
}

void simlink_choose(struct simlink *l, struct rng *r, double storm)
{
	l->delay = 1 + rng_wait(r, 20 * USEC_PER_MSEC);
	if (l->delay > 400 * USEC_PER_MSEC)
		l->delay = 400 * USEC_PER_MSEC;
	l->jitter = rng_chance(r, 0.5) ? l->delay / 4 : 0;
	l->loss = storm * (rng_chance(r, 0.2) ? 0.4 : 0.05) * rng_unit(r);
	l->duplicate = storm * 0.1 * rng_unit(r);
	l->late = storm * 0.1 * rng_unit(r);
	l->dead_until = 0;
}
