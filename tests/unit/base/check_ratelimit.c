/* SPDX-License-Identifier: BSD-2-Clause */
/* ratelimit.h: how often, and when again. */
#include "ratelimit.h"
#include "suite.h"

#define BURST		5
#define INTERVAL	(2 * USEC_PER_SEC)
#define START		(100 * USEC_PER_SEC)

static unsigned drain(struct ratelimit *r, usec_t now)
{
	unsigned n = 0;

	while (ratelimit_take(r, now))
		n++;
	return n;
}

START_TEST(a_new_bucket_has_the_burst_and_no_more)
{
	struct ratelimit r = ratelimit_make(BURST, INTERVAL, START);

	ck_assert_uint_eq(drain(&r, START), BURST);
	ck_assert_uint_eq(drain(&r, START + INTERVAL - 1), 0);
}
END_TEST

START_TEST(an_empty_bucket_gets_a_token_an_interval_and_says_when)
{
	struct ratelimit r = ratelimit_make(BURST, INTERVAL, START);

	drain(&r, START);
	for (unsigned i = 0; i < 2 * BURST; i++) {
		usec_t next = ratelimit_next(&r);

		ck_assert_uint_eq(next, START + (i + 1) * INTERVAL);
		ck_assert(!ratelimit_take(&r, next - 1));
		ck_assert_uint_eq(drain(&r, next), 1);
	}
}
END_TEST

START_TEST(a_late_caller_loses_no_part_of_an_interval)
{
	struct ratelimit r = ratelimit_make(BURST, INTERVAL, START);

	drain(&r, START);
	ck_assert_uint_eq(drain(&r, START + 5 * INTERVAL / 2), 2);
	ck_assert_uint_eq(drain(&r, START + 3 * INTERVAL), 1);
}
END_TEST

START_TEST(a_bucket_never_has_more_than_the_burst)
{
	struct ratelimit r = ratelimit_make(BURST, INTERVAL, START);

	ratelimit_give_back(&r);
	ck_assert_uint_eq(drain(&r, START), BURST);
	ck_assert_uint_eq(drain(&r, START + 1000000 * INTERVAL), BURST);
	ck_assert(ratelimit_take(&r, START + 1000002 * INTERVAL));
	ck_assert_uint_eq(drain(&r, USEC_NEVER - 1), BURST);
}
END_TEST

START_TEST(a_token_given_back_can_be_taken_again)
{
	struct ratelimit r = ratelimit_make(BURST, INTERVAL, START);

	drain(&r, START);
	ratelimit_give_back(&r);
	ck_assert_uint_eq(drain(&r, START), 1);
}
END_TEST

START_TEST(what_can_wait_leaves_tokens_to_what_cannot)
{
	struct ratelimit r = ratelimit_make(BURST, INTERVAL, START);

	for (unsigned left = BURST; left > 2; left--)
		ck_assert(ratelimit_take_leaving(&r, 2, START));
	ck_assert(!ratelimit_take_leaving(&r, 2, START));
	ck_assert_uint_eq(drain(&r, START), 2);
}
END_TEST

START_TEST(a_clock_that_stands_still_or_goes_back_gives_nothing)
{
	struct ratelimit r = ratelimit_make(BURST, INTERVAL, START);

	drain(&r, START);
	ck_assert_uint_eq(drain(&r, 0), 0);
	ck_assert_uint_eq(ratelimit_next(&r), START + INTERVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ratelimit");
	TCase *tc = tcase_create("ratelimit");

	tcase_add_test(tc, a_new_bucket_has_the_burst_and_no_more);
	tcase_add_test(tc, an_empty_bucket_gets_a_token_an_interval_and_says_when);
	tcase_add_test(tc, a_late_caller_loses_no_part_of_an_interval);
	tcase_add_test(tc, a_bucket_never_has_more_than_the_burst);
	tcase_add_test(tc, a_token_given_back_can_be_taken_again);
	tcase_add_test(tc, what_can_wait_leaves_tokens_to_what_cannot);
	tcase_add_test(tc, a_clock_that_stands_still_or_goes_back_gives_nothing);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
