/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario.h"

#include <string.h>

const struct scenario scenarios[] = {
	{ "pair", "two hosts that move, on clean links",
	  { .slots = 2, .sockets = 1, .loss = 0.001 }, 20 },
	{ "lossy", "two hosts that move, on links that lose, double and reorder",
	  { .outages = true }, 20 },
	{ "restart", "helpers end and begin again with their state",
	  { .restarts = true, .outages = true }, 20 },
	{ "amnesia", "... or without", { .restarts = true, .amnesia = true, .outages = true }, 10 },
	{ "mesh", "five hosts, each a peer of each",
	  { .hosts = 5, .group = 5, .restarts = true }, 10 },
	{ "attack", "forgers, replayers and a malicious peer",
	  { .hosts = 6, .group = 3, .restarts = true, .attacks = true }, 10 },
	{ "flood", "... that floods",
	  { .hosts = 6, .group = 3, .attacks = true, .flood = true }, 5 },
	{ "addresses", "hosts with two dozen addresses",
	  { .slots = SLOTS_MAX, .sockets = 4, .move = 5 * USEC_PER_SEC }, 5 },
	{ "server", "a server and two hundred clients",
	  { .hosts = 201, .group = 201, .star = true, .sockets = 1, .rounds = 1,
	    .move = 120 * USEC_PER_SEC, .send = 20 * USEC_PER_SEC }, 1 },
	{ "long", "two hosts for a day and more",
	  { .rounds = 8, .storm = UINT64_C(14400) * USEC_PER_SEC, .restarts = true, .amnesia = true,
	    .outages = true, .move = 300 * USEC_PER_SEC, .send = 60 * USEC_PER_SEC }, 3 },
	{ "many", "two thousand hosts for hours",
	  { .hosts = 2000, .rounds = 1, .storm = UINT64_C(7200) * USEC_PER_SEC, .sockets = 1,
	    .move = 900 * USEC_PER_SEC, .send = 60 * USEC_PER_SEC }, 1 },
	{ "reuse", "five hosts that take over each other's addresses at once, while data is on its "
		   "way there",
	  { .hosts = 5, .group = 5, .restarts = true, .reuse = true }, 15 },
	{ "strangers", "three hosts without keys: first contact, also at several addresses at once",
	  { .hosts = 3, .group = 3, .strangers = true, .outages = true, .sockets = 3 }, 20 },
	{ "forgetful", "... whose helpers end and begin again, with and without their state",
	  { .hosts = 3, .group = 3, .strangers = true, .restarts = true, .amnesia = true }, 20 },
	{ "crossed", "two hosts that call each other at once",
	  { .strangers = true, .sockets = 4, .storm = 60 * USEC_PER_SEC, .rounds = 2 }, 20 },
	{ "renewal", "... for so long that keys are renewed",
	  { .strangers = true, .rounds = 8, .storm = UINT64_C(14400) * USEC_PER_SEC,
	    .outages = true, .move = 300 * USEC_PER_SEC, .send = 60 * USEC_PER_SEC }, 3 },
	{ "mallory", "strangers, a plain host, and one who tracks and shifts in time",
	  { .hosts = 5, .group = 5, .strangers = true, .mallory = true }, 20 },
	/* By hand: of a few seeds of these it is not known yet whether they show a fault. */
	{ "personalities", "strangers with two personalities each",
	  { .hosts = 3, .group = 3, .slots = 4, .strangers = true, .personalities = true }, 0 },
	{ "forgeries", "the same among forgeries, replays and garbage",
	  { .hosts = 5, .group = 5, .strangers = true, .mallory = true, .attacks = true,
	    .restarts = true, .flood = true }, 0 },
	{ 0 },
};

const struct scenario *scenario_find(const char *name)
{
	for (const struct scenario *c = scenarios; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

struct sim_config scenario_config(const struct scenario *c, uint64_t seed)
{
	struct sim_config config = c->config;
	const struct sim_config *d = &sim_config_default;

#define DEFAULT(field)	(config.field = config.field ? config.field : d->field)
	DEFAULT(hosts);
	DEFAULT(group);
	DEFAULT(slots);
	DEFAULT(sockets);
	DEFAULT(rounds);
	DEFAULT(storm);
	DEFAULT(move);
	DEFAULT(send);
	DEFAULT(loss);
#undef DEFAULT
	config.seed = seed;
	return config;
}

void scenario_hosts(struct sim_config *config, unsigned hosts)
{
	if (config->group == config->hosts)
		config->group = hosts;
	config->hosts = hosts;
}

void scenario_hours(struct sim_config *config, double hours)
{
	usec_t round = config->storm + 300 * USEC_PER_SEC;

	config->rounds = (unsigned)(hours * 3600 * USEC_PER_SEC / (double)round) + 1;
}
