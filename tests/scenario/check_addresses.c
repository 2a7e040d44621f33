/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses as hosts have them: the same on several hosts, more than fit, and some in networks that
 * drop signalling. Bad news about one does not spoil the rest.
 */
#include "acquainted.h"
#include "addr.h"
#include "core.h"
#include "suite.h"
#include "unused.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

#define U0	"fd00:dead:beef::1"	/* what an installer gives to all */
#define OTHER	2
#define D0	"2001:db8:4::d"

static bool is_for_u0(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr u0 = world_addr(U0);

	return addr_equal(&p->send.send.dst, &u0) || addr_equal(&p->send.send.src, &u0);
}

START_TEST(x7_an_address_that_both_hosts_have_is_left_out)
{
	w.lose = is_for_u0;
	world_up(&w, CLIENT, U0);
	world_up(&w, SERVER, U0);
	acquaint();
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(entry(CLIENT)->status, PEER_HOMELESS);
	ck_assert_int_eq(entry(SERVER)->status, PEER_HOMELESS);
	ck_assert_uint_gt(count(SERVER, COUNT_WRONG_ENTRY), 0);
	ck_assert_ptr_null(world_foreign(&w, SERVER, U0));
	world_up(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	assert_state(SERVER, C1, ADDR_ACTIVE);
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
}
END_TEST

static enum peer_status status_of(unsigned host)
{
	return core_entries(w.host[host].core)->status;
}

/* Another client, whom the server does not know yet. */
static void third(void)
{
	ck_assert_uint_eq(world_stranger(&w, "other"), OTHER);
	world_up(&w, OTHER, D0);
	world_up(&w, OTHER, U0);
	world_connect(&w, OTHER, D0, SERVER, S0, 2000);
	world_run(&w, USEC_PER_SEC);
}

START_TEST(x7_an_address_that_two_peers_have_locks_neither_out)
{
	w.lose = is_for_u0;
	world_up(&w, CLIENT, U0);
	acquaint();
	third();
	ck_assert_int_eq(status_of(OTHER), PEER_HOMELESS);
	assert_state(SERVER, D0, ADDR_ACTIVE);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	world_run(&w, 3600 * USEC_PER_SEC);
	assert_state(SERVER, D0, ADDR_ACTIVE);
	assert_state(SERVER, C0, ADDR_ACTIVE);
}
END_TEST

/* Who has it and answers gets it, though the Update that named it was acknowledged long ago. */
START_TEST(x6_who_has_the_address_that_another_left_gets_to_use_it)
{
	world_up(&w, CLIENT, U0);
	acquaint();
	assert_state(SERVER, U0, ADDR_ACTIVE);
	/* It is gone, and nobody says so. */
	core_free(w.host[CLIENT].core);
	w.host[CLIENT].core = NULL;
	world_renew(&w, CLIENT);
	third();
	world_run(&w, 10 * USEC_PER_SEC);
	assert_state(SERVER, U0, ADDR_ACTIVE);
	ck_assert_ptr_null(world_foreign(&w, SERVER, U0)->hce->name);
	world_down(&w, OTHER, D0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(OTHER, U0, S0);
}
END_TEST

#define MANY	200

static const char *nth(unsigned i)
{
	static char text[32];

	snprintf(text, sizeof(text), "2001:db8:7::%x", i + 1);
	return text;
}

static void up_on(unsigned ifindex, const char *text)
{
	struct in6_addr a = world_addr(text);

	core_local_up(w.host[CLIENT].core, &a, ifindex, USEC_NEVER, w.now);
	world_collect(&w);
}

START_TEST(c3_of_very_many_addresses_a_peer_knows_some_of_each_link)
{
	struct core_config config = core_config_default;

	if (_i)
		config.max_addresses = 8;	/* of a peer that has less room */
	core_reconfigure(w.host[SERVER].core, &config);
	for (unsigned i = 0; i < MANY; i++)
		world_up(&w, CLIENT, nth(i));
	acquaint();
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_int_eq(entry(SERVER)->status, PEER_HOMELESS);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	up_on(3, C1);
	world_run(&w, (_i ? 60 : 10) * USEC_PER_SEC);
	if (!_i)
		assert_state(SERVER, C1, ADDR_ACTIVE);
	/* The link with the many fails. */
	for (unsigned i = 0; i < MANY; i++)
		world_down(&w, CLIENT, nth(i));
	world_down(&w, CLIENT, C0);
	world_run(&w, (_i ? 60 : 10) * USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
	/* ... and is back: the peer learns of as many as before. */
	for (unsigned i = 0; i < MANY; i++)
		world_up(&w, CLIENT, nth(i));
	world_run(&w, 60 * USEC_PER_SEC);
	assert_state(SERVER, nth(0), ADDR_ACTIVE);
}
END_TEST

/* The kernel's routes prefer C0, whose wireless link sleeps for a moment again and again. */
static void blip(usec_t lost, usec_t usable)
{
	world_down(&w, CLIENT, C0);
	world_run(&w, lost);
	world_up(&w, CLIENT, C0);
	world_run(&w, usable);
}

static void two_links(void)
{
	struct in6_addr c0 = world_addr(C0);

	world_up(&w, CLIENT, C1);
	acquaint();
	core_routed(w.host[CLIENT].core, entry(CLIENT)->id, &c0, w.now);
	world_run(&w, 5 * USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
}

START_TEST(s1_a_link_that_comes_and_goes_is_the_last_choice_until_it_is_calm)
{
	uint64_t switched;

	two_links();
	switched = count(CLIENT, COUNT_SWITCHED);
	for (unsigned i = 0; i < 20; i++)
		blip(300 * USEC_PER_MSEC, 2 * USEC_PER_SEC);
	ck_assert_uint_le(count(CLIENT, COUNT_SWITCHED) - switched, 10);
	assert_pair(CLIENT, C1, S0);
	/* Whoever has no other uses it all the same. */
	world_down(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	world_up(&w, CLIENT, C1);
	world_run(&w, 65 * USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	assert_pair(SERVER, S0, C0);
}
END_TEST

START_TEST(s1_a_link_that_is_back_from_longer_outages_is_used_at_once)
{
	two_links();
	for (unsigned i = 0; i < 10; i++) {
		blip(3 * USEC_PER_SEC, USEC_PER_SEC);
		assert_pair(CLIENT, C0, S0);
	}
}
END_TEST

static bool lose_hotels(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr c0 = world_addr(C0);

	return addr_equal(&p->send.send.src, &c0) || addr_equal(&p->send.send.dst, &c0);
}

static void strangers(void)
{
	memset(&w, 0, sizeof(w));
	w.now = 1000 * USEC_PER_SEC;
	w.delay = 10 * USEC_PER_MSEC;
	world_stranger(&w, "client");
	world_stranger(&w, "server");
	world_up(&w, CLIENT, C0);
	world_up(&w, SERVER, S0);
	w.lose = lose_hotels;
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_int_eq(status_of(CLIENT), PEER_PLAIN);
}

START_TEST(s7_who_is_plain_in_one_network_is_asked_again_in_the_next)
{
	world_run(&w, 60 * USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_up(&w, CLIENT, C1);
	world_connect(&w, CLIENT, C1, SERVER, S0, 1001);
	world_run(&w, 2 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->hce->status, PEER_HOMELESS);
}
END_TEST

/* The server's helper was started later, or there was a minute of loss. */
START_TEST(s7_who_is_plain_is_asked_again_by_a_new_connection_after_a_minute)
{
	struct in6_addr s0 = world_addr(S0);

	ck_assert_uint_gt(core_plain_until(w.host[CLIENT].core, &s0), w.now);
	w.lose = NULL;
	world_connect(&w, CLIENT, C0, SERVER, S0, 1001);
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_int_eq(status_of(CLIENT), PEER_PLAIN);
	ck_assert_uint_eq(core_plain_until(w.host[CLIENT].core, &s0), 0);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1002);
	world_run(&w, 2 * USEC_PER_SEC);
	ck_assert_int_eq(status_of(CLIENT), PEER_HOMELESS);
}
END_TEST

START_TEST(s7_who_stays_plain_is_asked_ever_more_seldom)
{
	unsigned sends = w.host[CLIENT].sends;

	for (unsigned i = 0; i < 24 * 60; i++) {
		world_connect(&w, CLIENT, C0, SERVER, S0, (uint16_t)(2000 + i));
		world_run(&w, 60 * USEC_PER_SEC);
	}
	/* four Inits each time: after 1, 5 and 21 minutes, then every hour */
	ck_assert_uint_ge(w.host[CLIENT].sends - sends, 4 * 20);
	ck_assert_uint_le(w.host[CLIENT].sends - sends, 4 * 27);
}
END_TEST

/* An address that comes and goes makes nobody send more than that. */
START_TEST(s7_a_flapping_link_asks_plain_hosts_once_a_minute_at_most)
{
	unsigned sends;

	world_run(&w, 60 * USEC_PER_SEC);
	sends = w.host[CLIENT].sends;
	for (unsigned i = 0; i < 600; i++) {
		world_up(&w, CLIENT, C2);
		world_run(&w, USEC_PER_SEC / 2);
		world_down(&w, CLIENT, C2);
		world_run(&w, USEC_PER_SEC / 2);
	}
	ck_assert_uint_ge(w.host[CLIENT].sends - sends, 4 * 5);
	ck_assert_uint_le(w.host[CLIENT].sends - sends, 4 * 10);
}
END_TEST

static void spare(unsigned host, const char *addr, bool is_spare)
{
	struct in6_addr a = world_addr(addr);

	core_local_spare(w.host[host].core, &a, is_spare, w.now);
	world_collect(&w);
}

/* Data in both directions arrives; each datapath follows it (C11). */
static void exchange(void)
{
	ck_assert(world_data(&w, CLIENT));
	ck_assert(world_data(&w, SERVER));
}

START_TEST(c3_a_spare_address_is_told_to_nobody_but_those_who_use_it)
{
	spare(SERVER, S1, true);
	world_up(&w, SERVER, S1);
	acquaint();
	ck_assert_ptr_null(world_foreign(&w, CLIENT, S1));
	world_connect(&w, SERVER, S1, CLIENT, C0, 1001);
	world_run(&w, USEC_PER_SEC);
	assert_state(CLIENT, S1, ADDR_ACTIVE);
	assert_pair(SERVER, S0, C0);
	world_down(&w, SERVER, S0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(SERVER, S1, C0);
}
END_TEST

START_TEST(c3_an_address_that_is_deprecated_gives_way_and_stays_announced)
{
	acquaint();
	world_up(&w, CLIENT, C1);
	world_up(&w, SERVER, S1);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	spare(CLIENT, C0, true);
	spare(SERVER, S0, true);
	world_run(&w, USEC_PER_SEC);
	exchange();
	assert_pair(CLIENT, C1, S1);
	assert_pair(SERVER, S1, C1);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	assert_state(CLIENT, S0, ADDR_ACTIVE);
	spare(CLIENT, C1, true);
	spare(CLIENT, C0, false);
	world_run(&w, USEC_PER_SEC);
	exchange();
	assert_pair(CLIENT, C0, S1);
}
END_TEST

/* Both networks are renumbered before the hosts have anything else. */
START_TEST(c3_hosts_meet_at_new_addresses_while_the_old_ones_are_deprecated)
{
	acquaint();
	spare(CLIENT, C0, true);
	spare(SERVER, S0, true);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	world_up(&w, CLIENT, C1);
	world_up(&w, SERVER, S1);
	world_run(&w, USEC_PER_SEC);
	exchange();
	assert_pair(CLIENT, C1, S1);
	world_down(&w, CLIENT, C0);
	world_down(&w, SERVER, S0);
	world_run(&w, USEC_PER_SEC);
	exchange();
	assert_pair(SERVER, S1, C1);
}
END_TEST

/* It takes an address that it was not told of for another host's, until it asks there. */
START_TEST(c1_who_asks_at_an_address_it_was_not_told_of_learns_whose_it_is)
{
	const struct pcb p = { .cookie = 77, .local = world_addr(C0), .foreign = world_addr(S1),
			       .lport = 5000, .fport = 7000, .proto = IPPROTO_TCP,
			       .origin = PCB_CONNECT, .established = true };

	w.lose = NULL;
	spare(SERVER, S1, true);
	world_up(&w, SERVER, S1);
	world_run(&w, 120 * USEC_PER_SEC);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1002);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_int_eq(status_of(CLIENT), PEER_HOMELESS);
	ck_assert_ptr_null(world_foreign(&w, CLIENT, S1));
	/* The server has not found it yet. */
	ck_assert_int_eq(core_pcb_open(w.host[CLIENT].core, &p, w.now), 0);
	core_pcb_established(w.host[CLIENT].core, p.cookie, w.now);
	world_collect(&w);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core)->hh.next);
	ck_assert_ptr_null(core_entries(w.host[SERVER].core)->hh.next);
	ck_assert_ptr_nonnull(core_entry_of(w.host[CLIENT].core, &p.foreign));
	ck_assert_uint_eq(count(SERVER, COUNT_CONFLICTS), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("addresses");
	TCase *tc = tcase_create("shared, and many"), *plain = tcase_create("plain hosts");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, x7_an_address_that_both_hosts_have_is_left_out);
	tcase_add_test(tc, x7_an_address_that_two_peers_have_locks_neither_out);
	tcase_add_test(tc, x6_who_has_the_address_that_another_left_gets_to_use_it);
	tcase_add_loop_test(tc, c3_of_very_many_addresses_a_peer_knows_some_of_each_link, 0, 2);
	tcase_add_test(tc, s1_a_link_that_comes_and_goes_is_the_last_choice_until_it_is_calm);
	tcase_add_test(tc, s1_a_link_that_is_back_from_longer_outages_is_used_at_once);
	tcase_add_test(tc, c3_a_spare_address_is_told_to_nobody_but_those_who_use_it);
	tcase_add_test(tc, c3_an_address_that_is_deprecated_gives_way_and_stays_announced);
	tcase_add_test(tc, c3_hosts_meet_at_new_addresses_while_the_old_ones_are_deprecated);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(plain, strangers, teardown);
	tcase_add_test(plain, s7_who_is_plain_in_one_network_is_asked_again_in_the_next);
	tcase_add_test(plain, s7_who_is_plain_is_asked_again_by_a_new_connection_after_a_minute);
	tcase_add_test(plain, s7_who_stays_plain_is_asked_ever_more_seldom);
	tcase_add_test(plain, s7_a_flapping_link_asks_plain_hosts_once_a_minute_at_most);
	tcase_add_test(plain, c1_who_asks_at_an_address_it_was_not_told_of_learns_whose_it_is);
	suite_add_tcase(s, plain);
	return suite_run(s);
}
