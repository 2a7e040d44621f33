/* SPDX-License-Identifier: BSD-2-Clause */
/* The core, when the way in use does not lead to the peer any more: both ends moved at once, or a path died. */
#include "core.h"
#include "addr.h"
#include "suite.h"
#include "world.h"

#include <string.h>

#define CLIENT		0
#define SERVER		1
#define C0		"2001:db8:1::c"
#define C1		"2001:db8:11::c"
#define C2		"2001:db8:12::c"
#define S0		"2001:db8:2::5"
#define S1		"2001:db8:22::5"

static struct world w;

static void setup(void)
{
	world_init(&w);
}

static void teardown(void)
{
	world_free(&w);
}

static bool has_pair(unsigned host, const char *local, const char *foreign)
{
	struct in6_addr l = world_addr(local), f = world_addr(foreign);

	return addr_equal(&w.host[host].pair.local, &l) && addr_equal(&w.host[host].pair.foreign, &f);
}

static void assert_pair(unsigned host, const char *local, const char *foreign)
{
	ck_assert_msg(has_pair(host, local, foreign), "%s has the pair %s, %s", w.host[host].name,
		      addr_text(&w.host[host].pair.local).s, addr_text(&w.host[host].pair.foreign).s);
}

/* Both hosts know each other and the second addresses that are named; one connection between C0 and S0. */
static void acquaint(const char *c1, const char *s1)
{
	if (c1)
		world_up(&w, CLIENT, c1);
	if (s1)
		world_up(&w, SERVER, s1);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, 2 * USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	assert_pair(SERVER, S0, C0);
}

START_TEST(a1_both_lose_their_address_at_once_and_have_announced_another)
{
	acquaint(C1, S1);
	world_down(&w, CLIENT, C0);
	world_down(&w, SERVER, S0);
	world_run(&w, 200 * USEC_PER_MSEC);	/* a timeout of 50 ms, and two round trips of 20 ms */
	assert_pair(CLIENT, C1, S1);
	assert_pair(SERVER, S1, C1);
	ck_assert(world_foreign(&w, CLIENT, S0)->state == ADDR_DEPRECATED);
	ck_assert(world_foreign(&w, SERVER, C0)->state == ADDR_DEPRECATED);
}
END_TEST

START_TEST(a1_both_lose_their_address_and_one_has_another_the_peer_never_heard_of)
{
	acquaint(NULL, S1);
	world_down(&w, CLIENT, C0);
	world_down(&w, SERVER, S0);
	world_run(&w, USEC_PER_SEC);
	world_up(&w, CLIENT, C2);
	world_run(&w, 300 * USEC_PER_MSEC);
	assert_pair(CLIENT, C2, S1);
	assert_pair(SERVER, S1, C2);
}
END_TEST

/* Which of the two comes back first, and how long the other takes. */
START_TEST(b13_both_lose_their_only_address_and_go_on_when_both_are_back)
{
	unsigned first = _i & 1;

	acquaint(NULL, NULL);
	world_down(&w, CLIENT, C0);
	world_down(&w, SERVER, S0);
	world_run(&w, 20 * USEC_PER_SEC);
	world_up(&w, first, first == CLIENT ? C0 : S0);
	world_run(&w, (_i & 2 ? 100 : 1) * USEC_PER_SEC);
	unsigned kicks = w.host[CLIENT].kicks + w.host[SERVER].kicks;
	world_up(&w, !first, first == CLIENT ? S0 : C0);
	world_run(&w, 3 * w.delay);
	assert_pair(CLIENT, C0, S0);
	assert_pair(SERVER, S0, C0);
	ck_assert_uint_gt(w.host[CLIENT].kicks + w.host[SERVER].kicks, kicks);
	ck_assert_uint_gt(w.host[CLIENT].events[EVENT_BU_HEARD] + w.host[CLIENT].events[EVENT_BA_HEARD], 0);
}
END_TEST

/* One of them has found a new address meanwhile; the other's old one is what brings them together. */
START_TEST(b13_both_lose_their_only_address_and_one_old_one_comes_back)
{
	acquaint(NULL, NULL);
	world_down(&w, CLIENT, C0);
	world_down(&w, SERVER, S0);
	world_run(&w, 5 * USEC_PER_SEC);
	world_up(&w, CLIENT, C2);
	world_run(&w, 60 * USEC_PER_SEC);
	world_up(&w, SERVER, S0);
	world_run(&w, 11 * USEC_PER_SEC);	/* the rate of B10 */
	assert_pair(CLIENT, C2, S0);
	assert_pair(SERVER, S0, C2);
}
END_TEST

/* What the peer withdrew is tried when nothing else answers: it may be there again, and not know where we are. */
START_TEST(b13_an_address_the_peer_withdrew_is_the_last_resort)
{
	acquaint(NULL, S1);
	world_down(&w, SERVER, S1);
	world_run(&w, USEC_PER_SEC);
	ck_assert(world_foreign(&w, CLIENT, S1)->state == ADDR_DEPRECATED);
	world_down(&w, CLIENT, C0);
	world_down(&w, SERVER, S0);
	world_run(&w, USEC_PER_SEC);
	world_up(&w, CLIENT, C2);
	world_up(&w, SERVER, S1);
	world_run(&w, 15 * USEC_PER_SEC);
	assert_pair(CLIENT, C2, S1);
	assert_pair(SERVER, S1, C2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("paths");
	TCase *both = tcase_create("both at once");

	tcase_add_checked_fixture(both, setup, teardown);
	tcase_add_test(both, a1_both_lose_their_address_at_once_and_have_announced_another);
	tcase_add_test(both, a1_both_lose_their_address_and_one_has_another_the_peer_never_heard_of);
	tcase_add_loop_test(both, b13_both_lose_their_only_address_and_go_on_when_both_are_back, 0, 4);
	tcase_add_test(both, b13_both_lose_their_only_address_and_one_old_one_comes_back);
	tcase_add_test(both, b13_an_address_the_peer_withdrew_is_the_last_resort);
	suite_add_tcase(s, both);
	return suite_run(s);
}
