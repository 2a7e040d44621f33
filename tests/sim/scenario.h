/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds of simulations that have a name. */
#ifndef HMIP_SIM_SCENARIO_H
#define HMIP_SIM_SCENARIO_H

#include "sim.h"

struct scenario {
	const char *name, *what;
	struct sim_config config;	/* what is 0 is as in sim_config_default */
	unsigned seeds;			/* how many of them make check tries; 0, at the end: none */
};

extern const struct scenario scenarios[];	/* ends with a nameless one */

const struct scenario *scenario_find(const char *name);	/* NULL: there is none */
struct sim_config scenario_config(const struct scenario *c, uint64_t seed);

/* Other sizes than the scenario's own. */
void scenario_hosts(struct sim_config *config, unsigned hosts);
void scenario_hours(struct sim_config *config, double hours);

#endif
