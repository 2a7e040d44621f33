/* SPDX-License-Identifier: BSD-2-Clause */
/* hmip_sim: one simulation by hand, of any size and length, or a repetition of check_sim's. */
#include "sim.h"

#include <getopt.h>
#include <stdlib.h>

#include "scenario.h"

enum { OPT_SEED = 1, OPT_SEEDS, OPT_HOSTS, OPT_HOURS, OPT_SCENARIO, OPT_TRACE };

static int usage(void)
{
	fprintf(stderr, "usage: hmip_sim [--scenario NAME] [--seed N] [--seeds COUNT] [--hosts N] "
			"[--hours H] [--trace]\nscenarios:\n");
	for (const struct scenario *c = scenarios; c->name; c++)
		fprintf(stderr, "  %-10s %s\n", c->name, c->what);
	return EXIT_FAILURE;
}

static bool run(const struct sim_config *config, const char *name)
{
	struct sim *s = sim_new(config);
	bool ok = sim_run(s);

	printf("%s seed %llu: %u hosts, %.1f h, %llu moves, %llu events, %llu signals, %llu data "
	       "packets, %llu delivered, %u connections: %s\n",
	       name, (unsigned long long)config->seed, s->n_host,
	       (double)(s->now - s->began) / 3.6e9, (unsigned long long)s->moves,
	       (unsigned long long)s->events, (unsigned long long)s->signals,
	       (unsigned long long)s->datas, (unsigned long long)s->delivered, s->n_conn,
	       ok ? "ok" : s->failure);
	sim_free(s);
	return ok;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, OPT_SEED },
		{ "seeds", required_argument, NULL, OPT_SEEDS },
		{ "hosts", required_argument, NULL, OPT_HOSTS },
		{ "hours", required_argument, NULL, OPT_HOURS },
		{ "scenario", required_argument, NULL, OPT_SCENARIO },
		{ "trace", no_argument, NULL, OPT_TRACE },
		{ 0 },
	};
	const struct scenario *which = &scenarios[0];
	unsigned long long seed = 1, seeds = 1, hosts = 0;
	double hours = 0;
	bool trace = false;
	int o, failed = 0;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == OPT_SEED)
			seed = strtoull(optarg, NULL, 0);
		else if (o == OPT_SEEDS)
			seeds = strtoull(optarg, NULL, 0);
		else if (o == OPT_HOSTS)
			hosts = strtoull(optarg, NULL, 0);
		else if (o == OPT_HOURS)
			hours = strtod(optarg, NULL);
		else if (o == OPT_TRACE)
			trace = true;
		else if (o != OPT_SCENARIO || !(which = scenario_find(optarg)))
			return usage();
	}
	for (unsigned long long i = 0; i < seeds; i++) {
		struct sim_config config = scenario_config(which, seed + i);

		config.trace = trace;
		if (hosts)
			scenario_hosts(&config, (unsigned)hosts);
		if (hours > 0)
			scenario_hours(&config, hours);
		failed += !run(&config, which->name);
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
