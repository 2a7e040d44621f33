/* SPDX-License-Identifier: BSD-2-Clause */
/* log_budget.h: what others can have written to the log. */
#include "log_budget.h"
#include "suite.h"

#include <string.h>

#define SOME_PEER	7

static struct log_budget budget;
static usec_t now;
static unsigned left_out;

static void setup(void)
{
	memset(&budget, 0, sizeof(budget));
	now = 1000 * USEC_PER_SEC;
}

/* Lines about entry for so many seconds, as many as fit; returns how many there were. */
static unsigned flood(uint32_t entry, unsigned seconds)
{
	unsigned n = 0;

	for (unsigned i = 0; i < seconds * 1000; i++, now += USEC_PER_MSEC)
		n += log_budget_take(&budget, entry, now, &left_out);
	return n;
}

START_TEST(x8_a_peer_writes_so_much_and_no_more)
{
	unsigned n = flood(SOME_PEER, 10);

	ck_assert_uint_ge(n, 200);
	ck_assert_uint_le(n, 200 + 10 * 10 + 1);
}
END_TEST

START_TEST(x8_strangers_share_what_they_write)
{
	unsigned n = flood(0, 10);

	ck_assert_uint_ge(n, 200);
	ck_assert_uint_le(n, 200 + 20 * 10 + 1);
}
END_TEST

START_TEST(x8_nobody_uses_up_the_lines_of_others)
{
	flood(0, 10);
	ck_assert(log_budget_take(&budget, SOME_PEER, now, &left_out));
	ck_assert_uint_eq(left_out, 0);
	flood(SOME_PEER, 10);
	ck_assert(log_budget_take(&budget, SOME_PEER + 1, now, &left_out));
}
END_TEST

START_TEST(what_was_left_out_is_counted)
{
	unsigned n = 0;

	while (log_budget_take(&budget, SOME_PEER, now, &left_out))
		ck_assert_uint_le(++n, 1000);
	for (unsigned i = 0; i < 9; i++)
		ck_assert(!log_budget_take(&budget, SOME_PEER, now, &left_out));
	now += USEC_PER_SEC;
	ck_assert(log_budget_take(&budget, SOME_PEER, now, &left_out));
	ck_assert_uint_eq(left_out, 10);
	ck_assert(log_budget_take(&budget, SOME_PEER, now, &left_out));
	ck_assert_uint_eq(left_out, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log_budget");
	TCase *tc = tcase_create("lines");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, x8_a_peer_writes_so_much_and_no_more);
	tcase_add_test(tc, x8_strangers_share_what_they_write);
	tcase_add_test(tc, x8_nobody_uses_up_the_lines_of_others);
	tcase_add_test(tc, what_was_left_out_is_counted);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
