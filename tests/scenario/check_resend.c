/* SPDX-License-Identifier: BSD-2-Clause */
/* Bindings are repeated until they are acknowledged, refreshed, and announced by their use. */
#include "acquainted.h"
#include "addr.h"
#include "core.h"
#include "suite.h"
#include "unused.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

static bool lose_half(struct world *world UNUSED, const struct packet_in_flight *p UNUSED)
{
	static uint32_t n = 1;

	n = n * 1664525 + 1013904223;
	return n >> 31;
}

START_TEST(b10_lost_signalling_is_sent_again_until_it_is_acknowledged)
{
	w.lose = lose_half;
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, 30 * USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_up(&w, CLIENT, C1);
	world_run(&w, 30 * USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
	assert_state(SERVER, C0, ADDR_DEPRECATED);
	ck_assert_uint_gt(w.lost, 0);
}
END_TEST

START_TEST(b10_an_unanswered_bu_is_repeated_at_a_bounded_rate)
{
	w.lose = lose_all;
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, 60 * USEC_PER_SEC);
	/* 0, 1, 3, 7, 15, then every ten seconds */
	ck_assert_uint_ge(w.host[CLIENT].sends, 8);
	ck_assert_uint_le(w.host[CLIENT].sends, 10);
}
END_TEST

START_TEST(b10_bindings_are_refreshed_before_they_end)
{
	acquaint();
	world_run(&w, 3600 * USEC_PER_SEC);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	assert_state(CLIENT, S0, ADDR_ACTIVE);
	/* for each of twelve: a BU, a BA with a Challenge, a Response, its BA, BUs between */
	ck_assert_uint_le(w.host[CLIENT].sends, 6 * 12);
}
END_TEST

/* Loses Binding Updates from the client, so that its bindings run out at the server. */
static bool lose_updates(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct signal s;

	ck_assert_int_eq(signal_parse(p->send.send.packet, p->send.send.len, &s), 0);
	return p->from == CLIENT && s.n_bu;
}

START_TEST(b10_a_wanted_binding_that_runs_out_is_asked_for)
{
	acquaint();
	w.lose = lose_updates;
	world_run(&w, 595 * USEC_PER_SEC);
	ck_assert_uint_ge(w.host[SERVER].events[EVENT_BR_SENT], 2);
	ck_assert_uint_le(w.host[SERVER].events[EVENT_BR_SENT], 4);
	ck_assert_uint_ge(w.host[CLIENT].events[EVENT_BR_HEARD], 1);
	w.lose = NULL;
	world_run(&w, 60 * USEC_PER_SEC);
	assert_state(SERVER, C0, ADDR_ACTIVE);
}
END_TEST

START_TEST(b10_a_requests_identifier_comes_back)
{
	struct signal s = { .src = world_addr(S0), .dst = world_addr(C0), .has_br = true,
			    .br = { .has_unique_id = true, .unique_id = 0x1234 } };
	uint8_t pkt[SIGNAL_MTU];

	acquaint();
	int len = signal_build(&s, 0, pkt, sizeof(pkt));
	ck_assert_int_gt(len, 0);
	core_packet(w.host[CLIENT].core, pkt, (size_t)len, w.now);
	world_collect(&w);
	ck_assert_int_eq(signal_parse(w.host[CLIENT].last_send.send.packet,
				      w.host[CLIENT].last_send.send.len, &s),
			 0);
	ck_assert_uint_eq(s.n_bu, 1);
	ck_assert(s.bu[0].has_unique_id);
	ck_assert_uint_eq(s.bu[0].unique_id, 0x1234);
}
END_TEST

START_TEST(b11_a_new_address_may_be_announced_by_using_it)
{
	struct core_config config = core_config_default;
	struct signal s;
	const struct action *a = &w.host[CLIENT].last_send;

	config.appendix_b = 1;
	core_reconfigure(w.host[CLIENT].core, &config);
	acquaint();
	world_down(&w, CLIENT, C0);
	world_run(&w, 100 * USEC_PER_MSEC);
	world_up(&w, CLIENT, C1);		/* adds and deletes: this takes BUs */
	ck_assert_int_eq(signal_parse(a->send.packet, a->send.len, &s), 0);
	ck_assert_uint_eq(s.n_bu, 2);
	world_run(&w, USEC_PER_SEC);
	world_up(&w, CLIENT, C2);
	struct in6_addr c2 = world_addr(C2);
	ck_assert_int_eq(signal_parse(a->send.packet, a->send.len, &s), 0);
	ck_assert(s.bare && addr_equal(&s.src, &c2));
	world_run(&w, USEC_PER_SEC);
	assert_state(SERVER, C2, ADDR_ACTIVE);
}
END_TEST

START_TEST(b11_a_bare_packet_adds_its_source_as_tentative_and_is_answered)
{
	struct signal s = {
		.src = world_addr(C1), .dst = world_addr(S0), .has_ah = true, .spi = 0x1002
	};
	uint8_t pkt[SIGNAL_MTU];

	acquaint();
	s.ah_seq = entry(CLIENT)->sa->out_seq + 1;
	int len = signal_build(&s, 16, pkt, sizeof(pkt));
	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(ah_sign(pkt, (size_t)len, &entry(CLIENT)->sa->out.key), 0);
	core_packet(w.host[SERVER].core, pkt, (size_t)len, w.now);
	world_collect(&w);
	assert_state(SERVER, C1, ADDR_TENTATIVE);
	ck_assert_uint_eq(world_foreign(&w, SERVER, C1)->lifetime, 600 * USEC_PER_SEC);
	ck_assert_int_eq(signal_parse(w.host[SERVER].last_send.send.packet,
				      w.host[SERVER].last_send.send.len, &s),
			 0);
	ck_assert_uint_eq(s.n_ba, 1);
	ck_assert(s.ba[0].has_challenge);
	ck_assert_uint_eq(s.ba[0].seq, entry(SERVER)->seq_in);
}
END_TEST

/*
 * A host that moves faster than Updates may be sent is not heard of at each place, but at the last
 * one: as soon as the rate allows, which is a second.
 */
START_TEST(b10_who_moves_too_fast_is_found_where_it_stays)
{
	char to[32], from[32] = C0;
	unsigned sends;

	acquaint();
	sends = w.host[CLIENT].sends;
	for (unsigned i = 1; i <= 100; i++) {
		snprintf(to, sizeof(to), "2001:db8:%x::c", 0x100 + i);
		world_up(&w, CLIENT, to);
		world_down(&w, CLIENT, from);
		strcpy(from, to);
		world_run(&w, 300 * USEC_PER_MSEC);
	}
	ck_assert_uint_le(w.host[CLIENT].sends - sends, 4 * 30 + 20);
	world_run(&w, 1200 * USEC_PER_MSEC);
	assert_pair(CLIENT, to, S0);
	assert_pair(SERVER, S0, to);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("resend");
	TCase *tc = tcase_create("two hosts");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, b10_lost_signalling_is_sent_again_until_it_is_acknowledged);
	tcase_add_test(tc, b10_an_unanswered_bu_is_repeated_at_a_bounded_rate);
	tcase_add_test(tc, b10_bindings_are_refreshed_before_they_end);
	tcase_add_test(tc, b10_a_wanted_binding_that_runs_out_is_asked_for);
	tcase_add_test(tc, b10_a_requests_identifier_comes_back);
	tcase_add_test(tc, b11_a_new_address_may_be_announced_by_using_it);
	tcase_add_test(tc, b11_a_bare_packet_adds_its_source_as_tentative_and_is_answered);
	tcase_add_test(tc, b10_who_moves_too_fast_is_found_where_it_stays);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
