/* SPDX-License-Identifier: BSD-2-Clause */
/* A link as IP sees it: what is put in comes out late, in another order, twice, or not at all. */
#ifndef HMIP_SIM_LINK_H
#define HMIP_SIM_LINK_H

#include "rng.h"

#define SIMLINK_COPIES	2

struct simlink {
	usec_t delay, jitter;		/* each packet takes delay and up to jitter more */
	double loss, duplicate;		/* probabilities */
	double late;			/* probability of being overtaken: ten times the delay */
	usec_t dead_until;		/* everything is lost until then */
};

/* A packet enters at now. Fills in when its copies come out, and returns how many do. */
unsigned simlink_send(const struct simlink *l, struct rng *r, usec_t now,
		      usec_t due[static SIMLINK_COPIES]);

/* A link of some kind, from a clean wire to a bad radio; storm from 0 (nothing is lost) to 1. */
void simlink_choose(struct simlink *l, struct rng *r, double storm);

#endif
