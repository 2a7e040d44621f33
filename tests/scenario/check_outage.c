/* SPDX-License-Identifier: BSD-2-Clause */
/* Nothing can be sent for hours: connections are held, and go on where their peer is then. */
#include "acquainted.h"
#include "core.h"
#include "suite.h"

#define HOUR		(UINT64_C(3600) * USEC_PER_SEC)
#define PROBE_MAX	(120 * USEC_PER_SEC)	/* between two retransmissions of TCP */

/* Time passes while both ends have something to send, and hear nothing. */
static void silence(usec_t d)
{
	for (usec_t end = w.now + d; w.now < end;) {
		for (unsigned i = CLIENT; i <= SERVER; i++)
			core_silent(w.host[i].core, entry(i)->id, w.now);
		world_collect(&w);
		world_run(&w, end - w.now < PROBE_MAX ? end - w.now : PROBE_MAX);
	}
}

static void assert_held(bool client, bool server)
{
	ck_assert_int_eq(entry(CLIENT)->held_since != 0, client);
	ck_assert_int_eq(entry(SERVER)->held_since != 0, server);
}

/* The client loses its only address, and is held, as its peer is soon. */
static void lose_all_addresses(void)
{
	world_down(&w, CLIENT, C0);
	world_run(&w, 2 * USEC_PER_SEC);
	assert_held(true, false);
	core_silent(w.host[SERVER].core, entry(SERVER)->id, w.now);
	world_collect(&w);
	world_run(&w, 10 * USEC_PER_SEC);
	assert_held(true, true);
}

/* The client is at addr now: both go on with that, and TCP is made to. */
static void assert_resumes(const char *addr)
{
	unsigned kicks[] = { w.host[CLIENT].kicks_lost, w.host[SERVER].kicks_lost };

	world_up(&w, CLIENT, addr);
	world_run(&w, USEC_PER_SEC);
	ck_assert(world_data(&w, CLIENT));	/* the opening acknowledgement */
	assert_held(false, false);
	assert_pair(CLIENT, addr, S0);
	assert_pair(SERVER, S0, addr);
	ck_assert_uint_gt(w.host[CLIENT].kicks_lost, kicks[CLIENT]);
	ck_assert_uint_gt(w.host[SERVER].kicks_lost, kicks[SERVER]);
}

START_TEST(a1_connections_are_held_for_a_day_and_go_on_at_a_new_address)
{
	acquaint();
	lose_all_addresses();
	silence(23 * HOUR + HOUR / 2);
	assert_held(true, true);
	assert_resumes(C1);
}
END_TEST

START_TEST(a1_connections_are_held_for_a_day_and_go_on_where_they_were)
{
	acquaint();
	lose_all_addresses();
	silence(23 * HOUR + HOUR / 2);
	assert_resumes(C0);
	ck_assert_uint_eq(HASH_COUNT(core_pcbs(w.host[CLIENT].core)), 1);
	ck_assert_uint_eq(HASH_COUNT(core_pcbs(w.host[SERVER].core)), 1);
}
END_TEST

START_TEST(a1_moved_connections_are_held_for_a_day)
{
	acquaint();
	world_up(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(SERVER, S0, C1);
	world_down(&w, CLIENT, C1);
	silence(23 * HOUR + HOUR / 2);
	assert_held(true, true);
	assert_resumes(C2);
}
END_TEST

START_TEST(a1_a_machine_that_slept_goes_on)
{
	acquaint();
	lose_all_addresses();
	w.now += 23 * HOUR;		/* no timer runs meanwhile, and then all do at once */
	world_run(&w, USEC_PER_SEC);
	assert_held(true, true);
	assert_resumes(C1);
}
END_TEST

/* What TCP sends before is lost, and leaves it nothing to send when the peer can be reached. */
START_TEST(a1_tcp_is_held_until_the_new_address_is_proven)
{
	acquaint();
	lose_all_addresses();
	unsigned kicks = w.host[SERVER].kicks;
	world_up(&w, CLIENT, C1);
	world_run(&w, 2 * w.delay);
	assert_state(SERVER, C1, ADDR_TENTATIVE);
	ck_assert_uint_eq(w.host[SERVER].kicks, kicks);
	ck_assert(entry(SERVER)->held_since);
	world_run(&w, w.delay);
	assert_state(SERVER, C1, ADDR_ACTIVE);
	ck_assert_uint_eq(w.host[SERVER].kicks, kicks + 1);
	ck_assert(!entry(SERVER)->held_since);
}
END_TEST

/* As acquaint(), with that setting at both ends. */
static void acquaint_with_hold(unsigned seconds)
{
	struct core_config config = core_config_default;

	config.hold = seconds;
	for (unsigned i = CLIENT; i <= SERVER; i++)
		core_reconfigure(w.host[i].core, &config);
	acquaint();
}

START_TEST(a1_connections_are_held_no_longer_than_the_setting_says)
{
	acquaint_with_hold(100);
	lose_all_addresses();
	silence(85 * USEC_PER_SEC);		/* besides the 12 s that have passed */
	assert_held(true, true);
	silence(16 * USEC_PER_SEC);
	assert_held(false, false);
	silence(HOUR);
	assert_held(false, false);
	/* ... in each outage. */
	world_up(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	lose_all_addresses();
}
END_TEST

START_TEST(a1_with_hold_0_tcp_decides)
{
	acquaint_with_hold(0);
	world_down(&w, CLIENT, C0);
	silence(HOUR);
	assert_held(false, false);
	ck_assert_uint_eq(w.host[CLIENT].events[EVENT_HOLD], 0);
	ck_assert_uint_eq(w.host[SERVER].events[EVENT_HOLD], 0);
}
END_TEST

START_TEST(a1_a_move_is_no_outage)
{
	acquaint();
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC / 2);
	world_up(&w, CLIENT, C1);
	world_run(&w, 30 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].events[EVENT_HOLD], 0);
	ck_assert_uint_eq(w.host[SERVER].events[EVENT_HOLD], 0);
}
END_TEST

START_TEST(a1_a_path_that_heals_ends_it_at_both_ends)
{
	acquaint();
	w.lose = lose_all;
	silence(HOUR);
	assert_held(true, true);
	w.lose = NULL;
	silence(PROBE_MAX);
	assert_held(false, false);
	assert_pair(CLIENT, C0, S0);
	assert_pair(SERVER, S0, C0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("outage");
	TCase *tc = tcase_create("two hosts");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a1_connections_are_held_for_a_day_and_go_on_at_a_new_address);
	tcase_add_test(tc, a1_connections_are_held_for_a_day_and_go_on_where_they_were);
	tcase_add_test(tc, a1_moved_connections_are_held_for_a_day);
	tcase_add_test(tc, a1_a_machine_that_slept_goes_on);
	tcase_add_test(tc, a1_tcp_is_held_until_the_new_address_is_proven);
	tcase_add_test(tc, a1_connections_are_held_no_longer_than_the_setting_says);
	tcase_add_test(tc, a1_with_hold_0_tcp_decides);
	tcase_add_test(tc, a1_a_move_is_no_outage);
	tcase_add_test(tc, a1_a_path_that_heals_ends_it_at_both_ends);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
