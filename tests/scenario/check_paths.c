/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core, when the way in use does not lead to the peer any more: both ends moved at once, or a
 * path died.
 */
#include "core.h"
#include "addr.h"
#include "array.h"
#include "suite.h"
#include "two_hosts.h"
#include "unused.h"

#include <string.h>

/*
 * Both hosts know each other and the second addresses that are named; one connection between C0 and
 * S0.
 */
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
	/* a timeout of 50 ms, and two round trips of 20 ms */
	world_run(&w, 200 * USEC_PER_MSEC);
	assert_pair(CLIENT, C1, S1);
	assert_pair(SERVER, S1, C1);
	ck_assert(world_foreign(&w, CLIENT, S0)->state == ADDR_DEPRECATED);
	ck_assert(world_foreign(&w, SERVER, C0)->state == ADDR_DEPRECATED);
}
END_TEST

START_TEST(b6_a_loss_is_told_to_all_proven_addresses_at_once)
{
	acquaint(C1, S1);
	world_run(&w, 5 * USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_down(&w, SERVER, S0);
	world_run(&w, w.delay);
	assert_pair(CLIENT, C1, S1);
	assert_pair(SERVER, S1, C1);
	/* the answers end it: nothing is retransmitted, and no number was too old */
	world_run(&w, 2 * w.delay);
	unsigned sends = w.host[CLIENT].sends + w.host[SERVER].sends;
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].sends + w.host[SERVER].sends, sends);
	ck_assert_uint_eq(core_counter(w.host[CLIENT].core, COUNT_OLD_SEQ), 0);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_OLD_SEQ), 0);
}
END_TEST

/* The peer hears the same from us at all its addresses: it moves once, and kicks TCP once. */
START_TEST(b6_who_hears_of_a_loss_twice_moves_once)
{
	acquaint(C1, S1);
	world_run(&w, 5 * USEC_PER_SEC);
	uint64_t switched = core_counter(w.host[SERVER].core, COUNT_SWITCHED);
	unsigned kicks = w.host[SERVER].kicks, sends = w.host[CLIENT].sends;

	world_down(&w, CLIENT, C0);
	ck_assert_uint_eq(w.host[CLIENT].sends, sends + 2);
	world_run(&w, 5 * USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_SWITCHED), switched + 1);
	ck_assert_uint_eq(w.host[SERVER].kicks, kicks + 1);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_OLD_SEQ), 0);
	ck_assert_uint_eq(w.host[CLIENT].sends, sends + 2);
}
END_TEST

/* B10: copies are Updates as well, and leave room for the next news. */
START_TEST(b10_a_loss_told_to_many_addresses_stays_within_the_rate)
{
	static const char *const more[] = { S1, "2001:db8:23::5", "2001:db8:24::5",
					    "2001:db8:25::5", "2001:db8:26::5" };

	for (unsigned i = 0; i < ARRAY_LEN(more); i++)
		world_up(&w, SERVER, more[i]);
	acquaint(C1, NULL);
	world_run(&w, 10 * USEC_PER_SEC);
	w.lose = lose_all;
	unsigned sends = w.host[CLIENT].sends;
	world_down(&w, CLIENT, C0);
	ck_assert_uint_eq(w.host[CLIENT].sends, sends + 3);
	world_up(&w, CLIENT, C2);
	ck_assert_uint_gt(w.host[CLIENT].sends, sends + 3);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_uint_le(w.host[CLIENT].sends, sends + 5 + 10);
}
END_TEST

static void assigned(const char *text, bool yes)
{
	struct in6_addr a = world_addr(text);

	core_local_assigned(w.host[CLIENT].core, &a, yes);
	world_collect(&w);
}

/* Of a lost address it is known only that it is no source; if none has it nothing leaves there. */
START_TEST(b13_nothing_leaves_from_an_address_that_is_gone)
{
	acquaint(NULL, S1);
	assigned(C0, false);
	ck_assert(!w.host[CLIENT].pair.no_source);
	world_down(&w, CLIENT, C0);
	assigned(C0, true);
	ck_assert(!w.host[CLIENT].pair.no_source);
	assigned(C0, false);
	ck_assert(w.host[CLIENT].pair.no_source);
	world_run(&w, 60 * USEC_PER_SEC);
	world_up(&w, CLIENT, _i ? C2 : C0);
	ck_assert_int_eq(w.host[CLIENT].pair.no_source, _i);
	world_run(&w, 4 * w.delay);
	assert_pair(CLIENT, _i ? C2 : C0, S0);
	ck_assert(!w.host[CLIENT].pair.no_source);
}
END_TEST

/* It leaves by another address that the peer has proof of. */
START_TEST(b13_a_known_address_takes_over_from_one_that_is_gone)
{
	acquaint(C1, S1);
	world_down(&w, CLIENT, C0);
	assigned(C0, false);
	assert_pair(CLIENT, C1, S0);
	ck_assert(!w.host[CLIENT].pair.no_source);
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
	ck_assert_uint_gt(w.host[CLIENT].events[EVENT_BU_HEARD] +
				  w.host[CLIENT].events[EVENT_BA_HEARD],
			  0);
}
END_TEST

/*
 * One of them has found a new address meanwhile; the other's old one is what brings them together.
 */
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

/*
 * What the peer withdrew is tried when nothing else answers: it may be there again, and not know
 * where we are.
 */
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

/* Paths that carry nothing, from the first to the second. */
static struct {
	const char *from, *to;
} dead[16];

static bool is_dead(struct world *world UNUSED, const struct packet_in_flight *p)
{
	for (unsigned i = 0; i < 16 && dead[i].from; i++) {
		struct in6_addr from = world_addr(dead[i].from), to = world_addr(dead[i].to);

		if (addr_equal(&from, &p->send.send.src) && addr_equal(&to, &p->send.send.dst))
			return true;
	}
	return false;
}

static void heal(void)
{
	memset(dead, 0, sizeof(dead));
}

static void kill_path(const char *from, const char *to)
{
	unsigned i = 0;

	while (dead[i].from)
		i++;
	ck_assert_uint_lt(i, 15);
	dead[i].from = from;
	dead[i].to = to;
	w.lose = is_dead;
}

static void kill_both_ways(const char *a, const char *b)
{
	kill_path(a, b);
	kill_path(b, a);
}

static void setup_paths(void)
{
	heal();
	world_init(&w);
	acquaint(C1, S1);
}

/* Nothing leaves from the old address any more, and nobody has said so. */
START_TEST(b7_a_new_address_announces_itself_if_the_path_of_the_old_one_is_dead)
{
	kill_both_ways(C0, S0);
	kill_both_ways(C0, S1);
	kill_both_ways(C1, S0);
	kill_both_ways(C1, S1);
	world_run(&w, 10 * USEC_PER_SEC);
	world_up(&w, CLIENT, C2);
	world_run(&w, 500 * USEC_PER_MSEC);
	ck_assert_ptr_nonnull(world_foreign(&w, SERVER, C2));
	ck_assert_int_eq(world_foreign(&w, SERVER, C2)->state, ADDR_ACTIVE);
}
END_TEST

/* An Update that its source does not get through leaves from another in its turn. */
START_TEST(b10_retransmissions_vary_the_source)
{
	kill_both_ways(C0, S0);
	kill_both_ways(C0, S1);
	world_run(&w, 10 * USEC_PER_SEC);
	world_up(&w, CLIENT, C2);
	world_down(&w, CLIENT, C2);
	world_run(&w, 2 * USEC_PER_SEC);
	ck_assert_uint_eq(world_foreign(&w, SERVER, C1)->state, ADDR_ACTIVE);
	ck_assert_ptr_null(entry(CLIENT)->bindings->next->next);
}
END_TEST

static bool c0_has_no_route(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr c0 = world_addr(C0);

	return addr_equal(&p->send.send.src, &c0);
}

START_TEST(b7_a_source_without_a_route_is_no_source)
{
	w.no_route = c0_has_no_route;
	world_run(&w, 10 * USEC_PER_SEC);
	world_up(&w, CLIENT, C2);
	world_run(&w, 4 * w.delay);
	ck_assert_ptr_nonnull(world_foreign(&w, SERVER, C2));
	ck_assert_int_eq(world_foreign(&w, SERVER, C2)->state, ADDR_ACTIVE);
}
END_TEST

static uint64_t count(unsigned host, enum core_counter n)
{
	return core_counter(w.host[host].core, n);
}

static void silent(unsigned host)
{
	core_silent(w.host[host].core, entry(host)->id, w.now);
	world_collect(&w);
}

/*
 * A transfer: host sends data, the other acknowledges what it hears; until the clock has gone on by
 * d.
 */
static void transfer(unsigned host, usec_t d)
{
	usec_t end = w.now + d, heard = w.now;

	while (w.now < end) {
		if (world_data(&w, host) && world_data(&w, !host))
			heard = w.now;
		if (w.now - heard > 3 * USEC_PER_SEC)	/* what the datapath does */
			silent(host);
		world_run(&w, 250 * USEC_PER_MSEC);
	}
}

static const struct {
	const char *dead_local, *dead_foreign;	/* every path to this address; NULL: only
						 * between C0 and S0 */
	unsigned sender;
	bool one_way;				/* from the client to the server only */
	const char *c, *s;			/* where it must go on */
} death[] = {
	{ NULL, NULL, CLIENT, false, C1, S0 },
	{ NULL, NULL, SERVER, false, C0, S1 },
	{ NULL, NULL, CLIENT, true, C1, S0 },
	{ NULL, NULL, SERVER, true, C0, S1 },
	{ C0, NULL, CLIENT, false, C1, S0 },
	{ C0, NULL, SERVER, false, C1, S0 },
	{ NULL, S0, CLIENT, false, C0, S1 },
	{ NULL, S0, SERVER, false, C0, S1 },
	{ C0, S0, CLIENT, false, C1, S1 },
	{ C0, S0, SERVER, false, C1, S1 },
	{ C0, NULL, CLIENT, true, C1, S0 },
	{ NULL, S0, SERVER, true, C0, S1 },
};

static void let_die(unsigned i)
{
	static const char *const client[] = { C0, C1 }, *const server[] = { S0, S1 };

	for (unsigned a = 0; a < 2; a++)
		for (unsigned b = 0; b < 2; b++) {
			bool hit = (death[i].dead_local && !a) || (death[i].dead_foreign && !b) ||
				   (!a && !b);

			if (hit && death[i].one_way)
				kill_path(client[a], server[b]);
			else if (hit)
				kill_both_ways(client[a], server[b]);
		}
}

START_TEST(a_transfer_leaves_a_dead_path_and_comes_back_when_it_is_healed)
{
	let_die(_i);
	transfer(death[_i].sender, 10 * USEC_PER_SEC);
	assert_pair(CLIENT, death[_i].c, death[_i].s);
	assert_pair(SERVER, death[_i].s, death[_i].c);
	ck_assert(world_data(&w, CLIENT) && world_data(&w, SERVER));
	unsigned switched = w.host[CLIENT].events[EVENT_SWITCHED] +
			    w.host[SERVER].events[EVENT_SWITCHED];

	transfer(death[_i].sender, 300 * USEC_PER_SEC);	/* it stays there, and is not restless */
	assert_pair(CLIENT, death[_i].c, death[_i].s);
	assert_pair(SERVER, death[_i].s, death[_i].c);
	ck_assert_uint_eq(w.host[CLIENT].events[EVENT_SWITCHED] +
				  w.host[SERVER].events[EVENT_SWITCHED],
			  switched);
	ck_assert_uint_le(count(CLIENT, COUNT_PROBES) + count(SERVER, COUNT_PROBES), 50);

	heal();
	transfer(death[_i].sender, 70 * USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	assert_pair(SERVER, S0, C0);
}
END_TEST

START_TEST(a_transfer_that_is_answered_is_not_probed)
{
	w.lose = is_dead;
	transfer(CLIENT, 100 * USEC_PER_SEC);
	ck_assert_uint_eq(count(CLIENT, COUNT_PROBES) + count(SERVER, COUNT_PROBES), 0);
}
END_TEST

START_TEST(who_sends_and_has_nothing_to_hear_is_probed_ever_less_often)
{
	for (unsigned i = 0; i < 200; i++) {
		silent(CLIENT);
		world_run(&w, 3 * USEC_PER_SEC);
	}
	ck_assert_uint_le(count(CLIENT, COUNT_PROBES), 13);
	ck_assert_uint_ge(count(CLIENT, COUNT_PROBES), 9);
	ck_assert_uint_eq(count(CLIENT, COUNT_DETOURS), 0);
	ck_assert_uint_eq(count(SERVER, COUNT_PROBES), 0);
	assert_pair(CLIENT, C0, S0);
}
END_TEST

START_TEST(with_no_path_left_probes_are_bounded_and_end)
{
	kill_both_ways(C0, S0);
	kill_both_ways(C0, S1);
	kill_both_ways(C1, S0);
	kill_both_ways(C1, S1);
	silent(CLIENT);
	world_run(&w, 59 * USEC_PER_SEC);
	ck_assert_uint_le(count(CLIENT, COUNT_PROBES), 40);
	ck_assert_uint_ge(count(CLIENT, COUNT_PROBES), 12);
	world_run(&w, 2 * USEC_PER_SEC);
	uint64_t n = count(CLIENT, COUNT_PROBES);

	world_run(&w, 200 * USEC_PER_SEC);
	ck_assert_uint_eq(count(CLIENT, COUNT_PROBES), n);
	assert_pair(CLIENT, C0, S0);
	silent(CLIENT);			/* somebody sends again, and a path is there */
	heal();
	kill_both_ways(C0, S0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
}
END_TEST

static void no_challenge_from_c2(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr c2 = world_addr(C2);
	struct signal s;

	ck_assert_int_eq(signal_parse(p->send.send.packet, p->send.send.len, &s), 0);
	ck_assert(!s.n_ba || !addr_equal(&s.src, &c2));
}

START_TEST(an_address_not_proven_is_not_probed_with)
{
	kill_both_ways(C0, S0);
	kill_both_ways(C0, S1);
	kill_both_ways(C1, S0);
	kill_both_ways(C1, S1);
	kill_path(C2, S0);
	kill_path(C2, S1);
	w.tap = no_challenge_from_c2;
	world_up(&w, CLIENT, C2);
	silent(CLIENT);
	world_run(&w, 20 * USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
}
END_TEST

START_TEST(what_is_preferred_anew_ends_a_detour)
{
	struct in6_addr c0 = world_addr(C0);

	kill_both_ways(C0, S0);
	transfer(CLIENT, 10 * USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	ck_assert_int_eq(core_prefer(w.host[CLIENT].core, &c0, 0, w.now), 0);
	world_collect(&w);
	assert_pair(CLIENT, C0, S0);
	transfer(CLIENT, 10 * USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);		/* it is no better than before */
	world_down(&w, CLIENT, C1);
	assert_pair(CLIENT, C0, S0);
}
END_TEST

START_TEST(a_path_that_fails_again_and_again_is_returned_to_more_slowly)
{
	unsigned switched = 0;

	for (unsigned i = 0; i < 100; i++) {
		heal();
		transfer(CLIENT, 3 * USEC_PER_SEC);
		kill_both_ways(C0, S0);
		transfer(CLIENT, 7 * USEC_PER_SEC);
	}
	switched = w.host[CLIENT].events[EVENT_SWITCHED];
	ck_assert_uint_le(switched, 60);
	ck_assert_uint_ge(switched, 2);
}
END_TEST

START_TEST(a_connection_on_a_dead_path_of_its_own_takes_the_pair_that_works)
{
	uint32_t gen;

	world_connect(&w, CLIENT, C1, SERVER, S0, 1001);
	gen = w.host[CLIENT].pair.gen;
	kill_both_ways(C1, S0);
	silent(CLIENT);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	ck_assert_uint_eq(w.host[CLIENT].pair.gen, gen + 1);
	w.now += 100 * USEC_PER_SEC;
	silent(CLIENT);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].pair.gen, gen + 1);	/* once */
}
END_TEST

START_TEST(with_path_timeout_0_there_are_no_probes)
{
	struct core_config config = core_config_default;

	config.path_timeout = 0;
	core_reconfigure(w.host[CLIENT].core, &config);
	kill_both_ways(C0, S0);
	silent(CLIENT);
	world_run(&w, 20 * USEC_PER_SEC);
	ck_assert_uint_eq(count(CLIENT, COUNT_PROBES), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("paths");
	TCase *both = tcase_create("both at once"), *paths = tcase_create("dead paths");

	tcase_add_checked_fixture(paths, setup_paths, teardown);
	tcase_add_loop_test(paths, a_transfer_leaves_a_dead_path_and_comes_back_when_it_is_healed,
			    0, ARRAY_LEN(death));
	tcase_add_test(paths, b7_a_new_address_announces_itself_if_the_path_of_the_old_one_is_dead);
	tcase_add_test(paths, b10_retransmissions_vary_the_source);
	tcase_add_test(paths, b7_a_source_without_a_route_is_no_source);
	tcase_add_test(paths, a_transfer_that_is_answered_is_not_probed);
	tcase_add_test(paths, who_sends_and_has_nothing_to_hear_is_probed_ever_less_often);
	tcase_add_test(paths, with_no_path_left_probes_are_bounded_and_end);
	tcase_add_test(paths, an_address_not_proven_is_not_probed_with);
	tcase_add_test(paths, what_is_preferred_anew_ends_a_detour);
	tcase_add_test(paths, a_path_that_fails_again_and_again_is_returned_to_more_slowly);
	tcase_add_test(paths, a_connection_on_a_dead_path_of_its_own_takes_the_pair_that_works);
	tcase_add_test(paths, with_path_timeout_0_there_are_no_probes);
	suite_add_tcase(s, paths);

	tcase_add_checked_fixture(both, setup, teardown);
	tcase_add_test(both, a1_both_lose_their_address_at_once_and_have_announced_another);
	tcase_add_loop_test(both, b13_nothing_leaves_from_an_address_that_is_gone, 0, 2);
	tcase_add_test(both, b13_a_known_address_takes_over_from_one_that_is_gone);
	tcase_add_test(both, b6_a_loss_is_told_to_all_proven_addresses_at_once);
	tcase_add_test(both, b6_who_hears_of_a_loss_twice_moves_once);
	tcase_add_test(both, b10_a_loss_told_to_many_addresses_stays_within_the_rate);
	tcase_add_test(both,
		       a1_both_lose_their_address_and_one_has_another_the_peer_never_heard_of);
	tcase_add_loop_test(both, b13_both_lose_their_only_address_and_go_on_when_both_are_back, 0,
			    4);
	tcase_add_test(both, b13_both_lose_their_only_address_and_one_old_one_comes_back);
	tcase_add_test(both, b13_an_address_the_peer_withdrew_is_the_last_resort);
	suite_add_tcase(s, both);
	return suite_run(s);
}
