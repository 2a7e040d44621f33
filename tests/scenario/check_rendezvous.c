/* SPDX-License-Identifier: BSD-2-Clause */
/* The core, when a peer is nowhere to be found and a name may lead to it (C5). */
#include "core.h"
#include "addr.h"
#include "suite.h"
#include "two_hosts.h"
#include "unused.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

#define S2	"2001:db8:23::5"
#define S3	"2001:db8:24::5"
#define NAME	"server.example"

static unsigned sent_to_s2;

static void watch_s2(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr s2 = world_addr(S2);

	sent_to_s2 += addr_equal(&p->send.send.dst, &s2);
}

/*
 * The client's program has found the server by name, which has these addresses besides
 * (NULL-terminated).
 */
static void named(const char *name, const char *const *text)
{
	struct in6_addr addr[16];
	unsigned n = 0;

	for (; text && text[n]; n++)
		addr[n] = world_addr(text[n]);
	core_alternatives(w.host[CLIENT].core, entry(CLIENT)->id, name, addr, n);
	world_collect(&w);
}

static void resolved(const char *text)
{
	struct in6_addr addr = world_addr(text);

	core_resolved(w.host[CLIENT].core, entry(CLIENT)->id, &addr, 1, w.now);
	world_collect(&w);
}

static void setup_acquainted(void)
{
	setup();
	sent_to_s2 = 0;
	w.tap = watch_s2;
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, 2 * USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
}

/* Both lose what they had and get what the other has never heard of. */
static void both_move(void)
{
	world_down(&w, CLIENT, C0);
	world_down(&w, SERVER, S0);
	world_run(&w, USEC_PER_SEC);
	world_up(&w, CLIENT, C2);
	world_up(&w, SERVER, S2);
}

static void assert_together(void)
{
	assert_pair(CLIENT, C2, S2);
	assert_pair(SERVER, S2, C2);
	ck_assert(world_foreign(&w, CLIENT, S2)->state == ADDR_ACTIVE);
	ck_assert(world_foreign(&w, SERVER, C2)->state == ADDR_ACTIVE);
	ck_assert(world_data(&w, CLIENT) && world_data(&w, SERVER));
}

START_TEST(a1_both_move_at_once_and_the_name_brings_them_together)
{
	named(NAME, NULL);
	both_move();
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_ge(w.host[CLIENT].resolves, 1);
	ck_assert_str_eq(w.host[CLIENT].resolved, NAME);
	ck_assert_uint_eq(w.host[CLIENT].events[EVENT_RESOLVING], w.host[CLIENT].resolves);
	ck_assert_uint_eq(core_counter(w.host[CLIENT].core, COUNT_RESOLVED),
			  w.host[CLIENT].resolves);
	ck_assert_uint_eq(w.host[SERVER].resolves, 0);
	resolved(S2);
	world_run(&w, 10 * w.delay);
	assert_together();
	unsigned resolves = w.host[CLIENT].resolves;

	world_run(&w, 600 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].resolves, resolves);
}
END_TEST

/* Each found the other by name, and both look for each other at once. */
START_TEST(a1_both_move_at_once_and_both_know_a_name)
{
	struct in6_addr c2 = world_addr(C2);

	named(NAME, NULL);
	core_alternatives(w.host[SERVER].core, entry(SERVER)->id, "client.example", NULL, 0);
	both_move();
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_uint_ge(w.host[CLIENT].resolves, 1);
	ck_assert_uint_ge(w.host[SERVER].resolves, 1);
	core_resolved(w.host[SERVER].core, entry(SERVER)->id, &c2, 1, w.now);
	resolved(S2);
	world_run(&w, 20 * w.delay);
	assert_together();
}
END_TEST

START_TEST(c5_what_came_with_the_name_is_tried_before_it_is_resolved_again)
{
	named(NAME, (const char *const[]){ S3, S2, NULL });
	both_move();
	world_run(&w, 2 * USEC_PER_SEC);
	assert_together();
	ck_assert_uint_eq(w.host[CLIENT].resolves, 0);
}
END_TEST

START_TEST(c5_what_came_with_the_name_is_not_used_while_the_peer_is_where_it_was)
{
	struct foreign_addr *fa;

	named(NAME, (const char *const[]){ S2, NULL });
	world_up(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_run(&w, 1000 * USEC_PER_SEC);
	ck_assert_uint_eq(sent_to_s2, 0);
	DL_FOREACH(entry(CLIENT)->addrs, fa)
		ck_assert_str_eq(addr_text(&fa->addr).s, S0);
	/*
	 * not even with a path that does not answer: another is to be tried first, then it is asked
	 * for
	 */
	w.lose = lose_all;
	world_up(&w, CLIENT, C2);
	world_run(&w, 600 * USEC_PER_SEC);
	ck_assert_uint_gt(sent_to_s2, 0);
	ck_assert_ptr_null(world_foreign(&w, CLIENT, S2));
	assert_pair(CLIENT, C1, S0);
}
END_TEST

START_TEST(c5_who_else_has_the_address_says_nothing_and_changes_nothing)
{
	unsigned other = world_stranger(&w, "other");

	world_up(&w, other, S2);
	named(NAME, NULL);
	world_down(&w, SERVER, S0);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_up(&w, CLIENT, C2);
	world_run(&w, USEC_PER_SEC);
	resolved(S2);
	world_run(&w, 100 * USEC_PER_SEC);
	ck_assert_uint_ge(core_counter(w.host[other].core, COUNT_UNKNOWN_SPI), 3);
	ck_assert_uint_eq(w.host[other].sends, 0);
	ck_assert_ptr_null(core_entries(w.host[other].core));
	ck_assert_ptr_null(world_foreign(&w, CLIENT, S2));
	assert_pair(CLIENT, C0, S0);

	/* and the peer is still found when the name leads there */
	world_up(&w, SERVER, S3);
	resolved(S3);
	world_run(&w, 10 * w.delay);
	assert_pair(CLIENT, C2, S3);
	assert_pair(SERVER, S3, C2);
}
END_TEST

/*
 * A lost packet, and the name is asked for again a second later, then after two, four, ... at last
 * 60.
 */
START_TEST(b10_names_are_asked_for_ever_less_often)
{
	usec_t asked = 0, wait = USEC_PER_SEC, began = 0;

	named(NAME, NULL);
	w.lose = lose_all;
	world_down(&w, CLIENT, C0);
	world_up(&w, CLIENT, C2);
	for (unsigned n = 0; w.host[CLIENT].resolves < 12; world_run(&w, 100 * USEC_PER_MSEC)) {
		if (w.host[CLIENT].resolves == n)
			continue;
		ck_assert_uint_eq(w.host[CLIENT].resolves, n + 1);
		if (n++) {
			ck_assert_uint_ge(w.now - asked + 200 * USEC_PER_MSEC, wait);
			ck_assert_uint_le(w.now - asked, wait + 200 * USEC_PER_MSEC);
			wait = 2 * wait < 60 * USEC_PER_SEC ? 2 * wait : 60 * USEC_PER_SEC;
		} else {
			began = w.now;
		}
		asked = w.now;
	}
	ck_assert_uint_ge(w.now - began, (1 + 2 + 4 + 8 + 16 + 32 + 5 * 60 - 2) * USEC_PER_SEC);

	/* a new address is a new beginning, and a search that was over for long, too */
	unsigned before = w.host[CLIENT].resolves;
	world_up(&w, CLIENT, C1);
	world_run(&w, 4 * USEC_PER_SEC);
	ck_assert_uint_ge(w.host[CLIENT].resolves, before + 2);
}
END_TEST

/* Whatever they lead to: many names are no reason to ask more often. */
START_TEST(b10_names_that_lead_to_ever_other_addresses_are_asked_for_ever_less_often)
{
	static const char *const text[] = { S2, S3, "2001:db8:25::5" };

	named("other.example", NULL);
	named(NAME, NULL);
	w.lose = lose_all;
	world_down(&w, CLIENT, C0);
	world_up(&w, CLIENT, C2);
	for (unsigned i = 0, n = 0; i < 6000; i++, world_run(&w, 100 * USEC_PER_MSEC))
		if (w.host[CLIENT].resolves > n)
			resolved(text[n++ % 3]);
	ck_assert_uint_le(w.host[CLIENT].resolves, 16);
	ck_assert_uint_le(w.host[CLIENT].sends, 200);
}
END_TEST

START_TEST(an_address_that_is_lost_again_and_again_makes_us_ask_once_a_second_at_most)
{
	named(NAME, NULL);
	w.lose = lose_all;
	for (unsigned i = 0; i < 200; i++) {
		world_down(&w, CLIENT, i ? C2 : C0);
		world_up(&w, CLIENT, C2);
		world_run(&w, 500 * USEC_PER_MSEC);
	}
	ck_assert_uint_le(w.host[CLIENT].resolves, 101);
}
END_TEST

START_TEST(nothing_is_asked_without_a_name_a_connection_an_address_or_leave)
{
	struct core_config config = core_config_default;

	if (_i != 0)
		named(NAME, (const char *const[]){ S3, NULL });
	if (_i == 1)
		for (struct pcb *p = core_pcbs(w.host[CLIENT].core); p;
		     p = core_pcbs(w.host[CLIENT].core))
			core_pcb_close(w.host[CLIENT].core, p->cookie, w.now);
	if (_i == 3) {
		config.resolve = false;
		core_reconfigure(w.host[CLIENT].core, &config);
	}
	w.lose = lose_all;
	world_down(&w, CLIENT, C0);
	if (_i != 2)
		world_up(&w, CLIENT, C2);
	world_run(&w, 300 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].resolves, 0);
}
END_TEST

START_TEST(what_came_with_the_name_is_tried_though_names_are_not_to_be_resolved)
{
	struct core_config config = core_config_default;

	config.resolve = false;
	core_reconfigure(w.host[CLIENT].core, &config);
	named(NAME, (const char *const[]){ S2, NULL });
	both_move();
	world_run(&w, USEC_PER_SEC);
	assert_together();
}
END_TEST

START_TEST(the_last_four_names_are_asked_for_in_turn)
{
	char name[8];

	for (unsigned i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		named(name, NULL);
	}
	named("n3", NULL);
	struct peer_names *r = entry(CLIENT)->names;

	ck_assert_uint_eq(r->n_name, 4);
	ck_assert_str_eq(r->name[0], "n3");
	ck_assert_str_eq(r->name[1], "n5");
	ck_assert_str_eq(r->name[2], "n4");
	ck_assert_str_eq(r->name[3], "n2");
	w.lose = lose_all;
	world_down(&w, CLIENT, C0);
	world_up(&w, CLIENT, C2);
	for (unsigned i = 0; i < 8; i++) {
		while (w.host[CLIENT].resolves == i)
			world_run(&w, 100 * USEC_PER_MSEC);
		ck_assert_str_eq(w.host[CLIENT].resolved, r->name[i % 4]);
	}
}
END_TEST

START_TEST(a_name_as_long_as_can_be_is_kept_whole)
{
	char name[PEER_NAME_SIZE] = "";

	memset(name, 'a', sizeof(name) - 1);
	named(name, NULL);
	w.lose = lose_all;
	world_down(&w, CLIENT, C0);
	world_up(&w, CLIENT, C2);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_str_eq(w.host[CLIENT].resolved, name);
}
END_TEST

START_TEST(x7_what_cannot_be_the_peers_is_not_tried)
{
	static const char *const text[] = {
		"fe80::1", "::1", "ff02::1", "::ffff:192.0.2.1", C0, S0, S3, S3, "2001:db8:a::1",
		"2001:db8:a::2", "2001:db8:a::3", "2001:db8:a::4", "2001:db8:a::5", "2001:db8:a::6",
		"2001:db8:a::7", NULL,
	};
	struct peer_names *r;

	named(NAME, text);
	r = entry(CLIENT)->names;
	ck_assert_uint_eq(r->n_addr, PEER_NAME_ADDRS);
	for (unsigned i = 0; i < r->n_addr; i++)
		ck_assert_str_eq(addr_text(&r->addr[i]).s, text[i ? i + 7 : 6]);
	/* neither is what has become another's, or ours, in the meantime */
	named(NAME, (const char *const[]){ S2, S3, NULL });
	unsigned other = world_stranger(&w, "other");
	world_up(&w, other, S2);
	world_connect(&w, CLIENT, C0, other, S2, 2000);
	world_up(&w, CLIENT, S3);
	w.lose = lose_all;
	sent_to_s2 = 0;
	world_down(&w, CLIENT, C0);
	world_run(&w, 20 * USEC_PER_SEC);
	ck_assert_uint_gt(w.host[CLIENT].resolves, 0);
	ck_assert(!addr_equal(&w.host[CLIENT].last_send.send.dst, &r->addr[1]));
	struct in6_addr s2 = world_addr(S2);
	ck_assert(!addr_equal(&w.host[CLIENT].last_send.send.dst, &s2));
}
END_TEST

/* What comes to C0 from where it has sent nothing is lost, as at a stateful firewall. */
static bool opened;

static bool firewall(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr s2 = world_addr(S2), s0 = world_addr(S0);

	opened |= p->from == CLIENT && addr_equal(&p->send.send.dst, &s2);
	return (p->from == SERVER && !opened) || addr_equal(&p->send.send.dst, &s0);
}

START_TEST(a_peer_that_fell_silent_is_looked_for_by_its_name)
{
	opened = false;
	named(NAME, NULL);
	w.lose = firewall;
	world_down(&w, SERVER, S0);
	world_up(&w, SERVER, S2);
	world_run(&w, 3 * USEC_PER_SEC);
	core_silent(w.host[CLIENT].core, entry(CLIENT)->id, w.now);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_ge(w.host[CLIENT].resolves, 1);
	resolved(S2);
	world_run(&w, 10 * w.delay);
	assert_pair(CLIENT, C0, S2);
	assert_pair(SERVER, S2, C0);
}
END_TEST

START_TEST(an_answer_that_nobody_waits_for_any_more_changes_nothing)
{
	unsigned sends;

	named(NAME, NULL);
	sends = w.host[CLIENT].sends;
	resolved(S2);
	ck_assert_uint_eq(w.host[CLIENT].sends, sends);
	core_resolved(w.host[CLIENT].core, 4711, &(struct in6_addr){ 0 }, 1, w.now);
	core_alternatives(w.host[CLIENT].core, 4711, NAME, NULL, 0);
	world_collect(&w);
	ck_assert_uint_eq(w.host[CLIENT].sends, sends);
}
END_TEST

static uint32_t dice;

static bool lose_half(struct world *world UNUSED, const struct packet_in_flight *p UNUSED)
{
	dice = dice * 1664525 + 1013904223;
	return dice >> 31;
}

START_TEST(a1_both_move_at_once_and_half_of_all_packets_are_lost)
{
	struct foreign_addr *s2, *c2;
	unsigned tenths = 0;

	dice = (uint32_t)_i;
	named(NAME, NULL);
	both_move();
	w.lose = lose_half;
	do {
		unsigned resolves = w.host[CLIENT].resolves;

		world_run(&w, 100 * USEC_PER_MSEC);
		if (w.host[CLIENT].resolves > resolves)
			resolved(S2);
		s2 = world_foreign(&w, CLIENT, S2);
		c2 = world_foreign(&w, SERVER, C2);
		ck_assert_uint_lt(++tenths, 36000);
	} while (!s2 || s2->state != ADDR_ACTIVE || !c2 || c2->state != ADDR_ACTIVE);
	w.lose = NULL;
	world_run(&w, 20 * USEC_PER_SEC);
	assert_together();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rendezvous");
	TCase *tc = tcase_create("rendezvous");

	tcase_add_checked_fixture(tc, setup_acquainted, teardown);
	tcase_add_test(tc, a1_both_move_at_once_and_the_name_brings_them_together);
	tcase_add_test(tc, a1_both_move_at_once_and_both_know_a_name);
	tcase_add_test(tc, c5_what_came_with_the_name_is_tried_before_it_is_resolved_again);
	tcase_add_test(tc, c5_what_came_with_the_name_is_not_used_while_the_peer_is_where_it_was);
	tcase_add_test(tc, c5_who_else_has_the_address_says_nothing_and_changes_nothing);
	tcase_add_test(tc, b10_names_are_asked_for_ever_less_often);
	tcase_add_test(tc,
		b10_names_that_lead_to_ever_other_addresses_are_asked_for_ever_less_often);
	tcase_add_test(tc,
		an_address_that_is_lost_again_and_again_makes_us_ask_once_a_second_at_most);
	tcase_add_loop_test(tc, nothing_is_asked_without_a_name_a_connection_an_address_or_leave, 0,
			    4);
	tcase_add_test(tc, what_came_with_the_name_is_tried_though_names_are_not_to_be_resolved);
	tcase_add_test(tc, the_last_four_names_are_asked_for_in_turn);
	tcase_add_test(tc, a_name_as_long_as_can_be_is_kept_whole);
	tcase_add_test(tc, x7_what_cannot_be_the_peers_is_not_tried);
	tcase_add_test(tc, a_peer_that_fell_silent_is_looked_for_by_its_name);
	tcase_add_test(tc, an_answer_that_nobody_waits_for_any_more_changes_nothing);
	tcase_add_loop_test(tc, a1_both_move_at_once_and_half_of_all_packets_are_lost, 0, 32);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
