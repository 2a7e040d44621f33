/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every scenario with its range of seeds. What fails is printed with its seed: "hmip_sim --scenario
 * NAME --seed N --trace" shows it again. HMIP_SIM_SEEDS=N tries N times as many, HMIP_SIM_SEED=N
 * begins elsewhere.
 */
#include "scenario.h"
#include "suite.h"

#include <stdlib.h>

static unsigned number(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 0) : otherwise;
}

START_TEST(x5_x7_b10_what_must_hold_holds_at_every_step_and_data_flows_when_it_calms_down)
{
	const struct scenario *c = &scenarios[_i];
	unsigned first = number("HMIP_SIM_SEED", 1), n = c->seeds * number("HMIP_SIM_SEEDS", 1),
		 failed = 0;

	for (unsigned seed = first; seed < first + n; seed++) {
		struct sim_config config = scenario_config(c, seed);
		struct sim *s = sim_new(&config);

		if (!sim_run(s)) {
			failed++;
			fprintf(stderr, "hmip_sim --scenario %s --seed %u: %s\n", c->name, seed,
				s->failure);
		}
		sim_free(s);
	}
	ck_assert_msg(failed == 0, "%s: %u of %u seeds failed", c->name, failed, n);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim");
	TCase *tc = tcase_create("scenarios");
	int n = 0;

	while (scenarios[n].seeds)
		n++;
	tcase_set_timeout(tc, 600 * number("HMIP_SIM_SEEDS", 1));
	tcase_add_loop_test(tc,
		x5_x7_b10_what_must_hold_holds_at_every_step_and_data_flows_when_it_calms_down,
		0, n);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
