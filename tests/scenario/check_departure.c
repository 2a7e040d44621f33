/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An address is about to be lost, and somebody says so: connections move while it still works, then
 * the peer is told, and its end has moved without taking anything for lost.
 */
#include "core.h"
#include "addr.h"
#include "suite.h"
#include "unmoved.h"
#include "unused.h"

#include <errno.h>

#define SETTLED		(USEC_PER_SEC / 2)

static uint64_t one;	/* a connection between C0 and S0 */

static void meet(void)
{
	world_up(&w, CLIENT, C1);
	one = world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
}

static void depart(unsigned host, const char *addr, bool departs)
{
	struct in6_addr a = world_addr(addr);

	ck_assert_int_eq(core_depart(w.host[host].core, &a, 0, departs, w.now), 0);
	world_collect(&w);
}

static enum addr_state state_at_server(const char *addr)
{
	const struct foreign_addr *fa = world_foreign(&w, SERVER, addr);

	ck_assert_ptr_nonnull(fa);
	return fa->state;
}

static const struct binding *binding(const char *addr)
{
	struct in6_addr a = world_addr(addr);
	const struct binding *b;

	for (b = entry(CLIENT)->bindings; b; b = b->next)
		if (addr_equal(&b->addr, &a))
			return b;
	return NULL;
}

START_TEST(b7_the_move_is_made_while_the_address_works_and_nothing_counts_as_lost)
{
	meet();
	w.host[CLIENT].kicks_lost = w.host[SERVER].kicks_lost = 0;
	depart(CLIENT, C0, true);
	assert_pair(CLIENT, C1, S0);
	ck_assert_str_eq(w.host[CLIENT].last_switch.event.reason, "the source departs");
	ck_assert(world_data(&w, CLIENT));	/* the opening acknowledgement */
	assert_pair(SERVER, S0, C1);
	ck_assert_int_eq(state_at_server(C0), ADDR_ACTIVE);
	world_run(&w, SETTLED);
	assert_pair(SERVER, S0, C1);
	ck_assert_uint_eq(w.host[CLIENT].kicks_lost + w.host[SERVER].kicks_lost, 0);
}
END_TEST

START_TEST(b6_the_peer_is_told_when_it_has_followed_and_acknowledges)
{
	meet();
	depart(CLIENT, C0, true);
	ck_assert(world_data(&w, CLIENT));
	world_run(&w, SETTLED);
	ck_assert_int_eq(state_at_server(C0), ADDR_DEPRECATED);
	ck_assert_int_eq(entry(SERVER)->status, PEER_HOMELESS);
	ck_assert_ptr_null(binding(C0));
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
}
END_TEST

START_TEST(b6_a_quiet_peer_moves_when_it_is_told)
{
	meet();
	depart(CLIENT, C0, true);
	world_run(&w, SETTLED);
	ck_assert_int_eq(state_at_server(C0), ADDR_DEPRECATED);
	assert_pair(SERVER, S0, C1);
	ck_assert_int_eq(egress(SERVER, one), MOVED);
}
END_TEST

/* Whatever is said to the peer meanwhile, it must not take it for a farewell. */
START_TEST(r5_what_comes_to_the_departing_address_is_not_answered_by_a_farewell)
{
	meet();
	depart(CLIENT, C0, true);
	world_run(&w, 190 * USEC_PER_MSEC);
	w.lose = lose_all;			/* the withdrawal is due, and gets lost */
	world_run(&w, 20 * USEC_PER_MSEC);
	w.lose = NULL;
	ck_assert_ptr_nonnull(binding(C0));
	ck_assert(!binding(C0)->wanted);
	world_up(&w, SERVER, S1);		/* the Update goes to C0, or what is left of it */
	for (int i = 0; i < 20; i++) {
		world_run(&w, 100 * USEC_PER_MSEC);
		ck_assert_int_eq(entry(SERVER)->status, PEER_HOMELESS);
		ck_assert_int_eq(entry(CLIENT)->status, PEER_HOMELESS);
	}
	ck_assert_int_eq(state_at_server(C0), ADDR_DEPRECATED);
}
END_TEST

START_TEST(b13_without_another_address_it_stays_until_there_is_one)
{
	one = world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	depart(CLIENT, C0, true);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	ck_assert_int_eq(state_at_server(C0), ADDR_ACTIVE);
	world_up(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	ck_assert_int_eq(state_at_server(C0), ADDR_DEPRECATED);
}
END_TEST

START_TEST(b5_it_can_be_taken_back)
{
	meet();
	depart(CLIENT, C0, true);
	world_run(&w, USEC_PER_SEC);
	depart(CLIENT, C0, false);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(state_at_server(C0), ADDR_ACTIVE);
	world_down(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	assert_pair(SERVER, S0, C0);
}
END_TEST

START_TEST(b5_to_prefer_it_takes_it_back)
{
	struct in6_addr a = world_addr(C0);

	meet();
	depart(CLIENT, C0, true);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(core_prefer(w.host[CLIENT].core, &a, 0, w.now), 0);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	ck_assert_int_eq(state_at_server(C0), ADDR_ACTIVE);
}
END_TEST

START_TEST(b5_lost_and_back_it_is_as_good_as_ever)
{
	meet();
	depart(CLIENT, C0, true);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_run(&w, 5 * USEC_PER_SEC);
	world_up(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(state_at_server(C0), ADDR_ACTIVE);
	world_down(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
}
END_TEST

START_TEST(b5_a_connection_that_begins_there_later_has_it_announced_again)
{
	uint64_t late;

	meet();
	depart(CLIENT, C0, true);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(state_at_server(C0), ADDR_DEPRECATED);
	late = world_connect(&w, CLIENT, C0, SERVER, S0, 1001);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(state_at_server(C0), ADDR_ACTIVE);
	ck_assert_int_eq(egress(CLIENT, late), AS_BORN);
	assert_pair(CLIENT, C1, S0);
	world_down(&w, CLIENT, C0);
	ck_assert_int_eq(egress(CLIENT, late), MOVED);
	world_run(&w, USEC_PER_SEC);
	core_pcb_close(w.host[CLIENT].core, late, w.now);
}
END_TEST

START_TEST(connections_born_there_that_keep_it_move_too)
{
	uint64_t young;

	meet();
	depart(CLIENT, C1, true);
	depart(CLIENT, C1, false);
	young = world_connect(&w, CLIENT, C1, SERVER, S0, 1001);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	ck_assert_int_eq(egress(CLIENT, young), AS_BORN);
	depart(CLIENT, C1, true);
	ck_assert_int_eq(egress(CLIENT, young), MOVED);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(egress(SERVER, young), MOVED);
	ck_assert_int_eq(state_at_server(C1), ADDR_DEPRECATED);
}
END_TEST

START_TEST(a_path_that_turns_out_dead_is_left_for_the_departing_address)
{
	meet();
	depart(CLIENT, C0, true);
	w.lose = lose_all;
	world_run(&w, 300 * USEC_PER_MSEC);	/* the withdrawal was sent, and is lost */
	w.lose = NULL;
	ck_assert(binding(C0) && !binding(C0)->wanted);
	core_silent(w.host[CLIENT].core, entry(CLIENT)->id, w.now);
	world_collect(&w);
	world_run(&w, 2 * USEC_PER_SEC);
	ck_assert_int_eq(entry(SERVER)->status, PEER_HOMELESS);
}
END_TEST

START_TEST(only_usable_addresses_depart)
{
	struct in6_addr nobody = world_addr("2001:db8:ffff::1"), a = world_addr(C0);

	meet();
	ck_assert_int_eq(core_depart(w.host[CLIENT].core, &nobody, 0, true, w.now), -EADDRNOTAVAIL);
	ck_assert_int_eq(core_depart(w.host[CLIENT].core, NULL, 99, true, w.now), -EADDRNOTAVAIL);
	world_down(&w, CLIENT, C0);
	ck_assert_int_eq(core_depart(w.host[CLIENT].core, &a, 0, true, w.now), -EADDRNOTAVAIL);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("departure");
	TCase *tc = tcase_create("departure");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, b7_the_move_is_made_while_the_address_works_and_nothing_counts_as_lost);
	tcase_add_test(tc, b6_the_peer_is_told_when_it_has_followed_and_acknowledges);
	tcase_add_test(tc, b6_a_quiet_peer_moves_when_it_is_told);
	tcase_add_test(tc, r5_what_comes_to_the_departing_address_is_not_answered_by_a_farewell);
	tcase_add_test(tc, b13_without_another_address_it_stays_until_there_is_one);
	tcase_add_test(tc, b5_it_can_be_taken_back);
	tcase_add_test(tc, b5_to_prefer_it_takes_it_back);
	tcase_add_test(tc, b5_lost_and_back_it_is_as_good_as_ever);
	tcase_add_test(tc, b5_a_connection_that_begins_there_later_has_it_announced_again);
	tcase_add_test(tc, connections_born_there_that_keep_it_move_too);
	tcase_add_test(tc, a_path_that_turns_out_dead_is_left_for_the_departing_address);
	tcase_add_test(tc, only_usable_addresses_depart);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return suite_run(make());
}
