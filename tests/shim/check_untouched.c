/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Data does not pass through the shim: a round of traffic takes as many instructions with it as
 * without.
 */
#define _GNU_SOURCE
#include "rig.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* Instructions that callgrind counts for so many rounds. */
static long long instructions(const char *preload, unsigned rounds)
{
	char command[512], line[256];
	long long n = -1;
	FILE *f;

	snprintf(command, sizeof(command),
		 "LD_PRELOAD=%s valgrind --tool=callgrind --callgrind-out-file=/dev/null " TRAFFIC
		 " " HERE " %u 2>&1",
		 preload, rounds);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, "Collected :");

		if (at)
			sscanf(at, "Collected : %lld", &n);
	}
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_int_gt(n, 0);
	return n;
}

START_TEST(a1_reading_and_writing_takes_no_instruction_more)
{
	enum { FEW = 10, MORE = 1010 };

	rig_helper(RIG_LIVE);
	long long without = instructions("", MORE) - instructions("", FEW);
	long long with = instructions(SHIM, MORE) - instructions(SHIM, FEW);
	/* What connects them does come by us. */
	ck_assert_uint_ge(rig_shown().n, 2);
	printf("%d rounds: %lld instructions without, %lld with\n", MORE - FEW, without, with);
	/* Loading and connecting, before and after the rounds, vary by a few instructions. */
	ck_assert_int_lt(llabs(with - without), (MORE - FEW) / 10);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("untouched");
	TCase *tc = tcase_create("untouched");

	tcase_set_timeout(tc, 120);
	if (!RIG_ASAN && !system("command -v valgrind >/dev/null"))
		tcase_add_test(tc, a1_reading_and_writing_takes_no_instruction_more);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
