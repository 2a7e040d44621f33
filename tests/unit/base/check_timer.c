/* SPDX-License-Identifier: BSD-2-Clause */
/* timer.h: which timer is the earliest, whatever was armed, ended and taken before. */
#include "timer.h"
#include "array.h"
#include "suite.h"

#include <stdbool.h>

struct thing {
	struct timer timer;
	bool armed;		/* as it ought to be */
	usec_t at;
};

static struct timers q;
static struct thing thing[100];

static void empty(void)
{
	timer_free_all(&q);
}

/* The same numbers in each run. */
static unsigned draw(unsigned below)
{
	static uint32_t x = 1;

	x = x * 1664525 + 1013904223;
	return (x >> 8) % below;
}

static void arm(struct thing *t, usec_t at)
{
	timer_arm(&q, &t->timer, at);
	if (!t->armed || at < t->at)
		t->at = at;
	t->armed = true;
}

static void end(struct thing *t)
{
	timer_end(&q, &t->timer);
	t->armed = false;
}

static usec_t earliest(void)
{
	usec_t t = USEC_NEVER;

	for (unsigned i = 0; i < ARRAY_LEN(thing); i++)
		if (thing[i].armed && thing[i].at < t)
			t = thing[i].at;
	return t;
}

static void take(usec_t now)
{
	usec_t first = earliest();
	struct timer *taken = timer_take(&q, now);
	struct thing *t = taken ? TIMER_OF(taken, struct thing, timer) : NULL;

	ck_assert_int_eq(taken != NULL, first <= now);
	if (!t)
		return;
	ck_assert(t->armed);
	ck_assert_uint_eq(t->at, first);
	t->armed = false;
}

static void count(void *ctx, const struct timer *t)
{
	unsigned *n = ctx;

	ck_assert_uint_le(t->at, 500);
	++*n;
}

START_TEST(the_earliest_is_taken_first)
{
	for (unsigned i = 0; i < 20000; i++) {
		struct thing *t = &thing[draw(ARRAY_LEN(thing))];

		switch (draw(4)) {
		case 0:
		case 1:
			arm(t, draw(1000));
			break;
		case 2:
			end(t);
			break;
		default:
			take(draw(1000));
		}
		ck_assert_uint_eq(timer_next(&q), earliest());
	}
	while (earliest() != USEC_NEVER)
		take(1000);
	ck_assert_ptr_null(timer_take(&q, USEC_NEVER));
}
END_TEST

START_TEST(those_that_have_expired_are_called_once_each)
{
	for (unsigned round = 0; round < 100; round++) {
		unsigned n = 0, expired = 0;

		for (unsigned i = 0; i < ARRAY_LEN(thing); i++) {
			end(&thing[i]);
			if (draw(3))
				arm(&thing[i], draw(1000));
			expired += thing[i].armed && thing[i].at <= 500;
		}
		timer_each_expired(&q, 500, count, &n);
		ck_assert_uint_eq(n, expired);
	}
}
END_TEST

START_TEST(never_arms_nothing_and_later_changes_nothing)
{
	struct thing t = { 0 };

	timer_arm(&q, &t.timer, USEC_NEVER);
	ck_assert_uint_eq(timer_next(&q), USEC_NEVER);
	timer_arm(&q, &t.timer, 10);
	timer_arm(&q, &t.timer, 20);
	ck_assert_uint_eq(timer_next(&q), 10);
	ck_assert_ptr_null(timer_take(&q, 9));
	ck_assert_ptr_eq(timer_take(&q, 10), &t.timer);
	timer_end(&q, &t.timer);
	ck_assert_uint_eq(timer_next(&q), USEC_NEVER);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("timer");
	TCase *t = tcase_create("timer");

	tcase_add_checked_fixture(t, NULL, empty);
	tcase_add_test(t, the_earliest_is_taken_first);
	tcase_add_test(t, those_that_have_expired_are_called_once_each);
	tcase_add_test(t, never_arms_nothing_and_later_changes_nothing);
	suite_add_tcase(s, t);
	return suite_run(s);
}
