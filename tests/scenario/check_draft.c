/* SPDX-License-Identifier: BSD-2-Clause */
/* The draft's smaller rules, one by one; check_core.c has the exchanges as a whole. */
#include "core.h"
#include "addr.h"
#include "suite.h"
#include "two_hosts.h"
#include "unused.h"

#include <errno.h>
#include <string.h>
#include <utlist.h>

static void acquaint(void)
{
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
}

/* The client's last packet. */
static struct signal last_sent(void)
{
	const struct action *a = &w.host[CLIENT].last_send;
	struct signal s;

	ck_assert_int_eq(signal_parse(a->send.packet, a->send.len, &s), 0);
	return s;
}

START_TEST(c1_all_connections_to_a_peer_share_one_entry)
{
	world_up(&w, SERVER, S1);
	acquaint();
	world_connect(&w, CLIENT, C0, SERVER, S0, 1001);
	world_connect(&w, CLIENT, C0, SERVER, S1, 1002);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(HASH_COUNT(core_entries(w.host[CLIENT].core)), 1);
	ck_assert_uint_eq(entry(CLIENT)->n_pcb, 3);
	ck_assert_uint_eq(HASH_COUNT(core_entries(w.host[SERVER].core)), 1);
}
END_TEST

START_TEST(c2_only_the_kernels_addresses_are_local)
{
	acquaint();
	ck_assert_uint_eq(HASH_COUNT(core_locals(w.host[SERVER].core)), 1);
	struct pcb p = { .cookie = 9, .local = world_addr("2001:db8:77::1"),
			 .foreign = world_addr(S0), .lport = 1, .fport = 2, .proto = IPPROTO_TCP,
			 .origin = PCB_CONNECT };

	ck_assert_int_eq(core_pcb_open(w.host[CLIENT].core, &p, w.now), -EINVAL);
}
END_TEST

START_TEST(c5_an_address_is_not_sent_to_before_it_is_proven)
{
	world_up(&w, SERVER, S1);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	/* the server's Initial BU has come, naming S1, too */
	world_run(&w, 2 * w.delay);
	struct foreign_addr *fa = world_foreign(&w, CLIENT, S1);
	struct in6_addr s0 = world_addr(S0);

	ck_assert_ptr_nonnull(fa);
	ck_assert_int_eq(fa->state, ADDR_TENTATIVE);
	ck_assert(addr_equal(&entry(CLIENT)->pair.foreign, &s0));
}
END_TEST

START_TEST(c12_lifetimes_are_those_configured)
{
	struct core_config config = core_config_default;

	config.default_lifetime = 100;
	config.maximum_expired_lifetime = 50;
	core_reconfigure(w.host[CLIENT].core, &config);
	w.lose = lose_all;
	uint64_t cookie = world_connect(&w, CLIENT, C0, SERVER, S0, 1000);

	core_pcb_close(w.host[CLIENT].core, cookie, w.now);
	ck_assert_uint_eq(world_foreign(&w, CLIENT, S0)->lifetime, 100 * USEC_PER_SEC);
	world_run(&w, 101 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->state, ADDR_DEPRECATED);
	world_run(&w, 50 * USEC_PER_SEC);
	ck_assert_ptr_null(world_foreign(&w, CLIENT, S0));
}
END_TEST

START_TEST(b2_the_initial_bu_names_all_addresses_and_asks_for_an_acknowledgement)
{
	world_up(&w, CLIENT, C1);
	world_up(&w, CLIENT, C2);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	struct signal s = last_sent();

	ck_assert_uint_eq(s.n_bu, 1);
	ck_assert(s.bu[0].names_source);
	ck_assert_uint_eq(s.bu[0].n_addr, 2);
	ck_assert(s.bu[0].flags & BU_ACK);
}
END_TEST

START_TEST(b4_homeless_support_is_said_until_the_first_acknowledgement)
{
	w.lose = lose_all;
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, 4 * USEC_PER_SEC);
	ck_assert(last_sent().bu[0].homeless);
	w.lose = NULL;
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert(entry(CLIENT)->homeless_acked);
	world_up(&w, CLIENT, C1);
	ck_assert_uint_eq(last_sent().n_bu, 1);
	ck_assert(!last_sent().bu[0].homeless);
}
END_TEST

START_TEST(b12_a_binding_lasts_no_longer_than_its_address)
{
	struct in6_addr c1 = world_addr(C1), c2 = world_addr(C2);

	acquaint();
	core_local_up(w.host[CLIENT].core, &c1, 2, w.now + 90 * USEC_PER_SEC, w.now);
	world_collect(&w);
	ck_assert_uint_eq(last_sent().bu[0].lifetime, 90);
	world_run(&w, USEC_PER_SEC);
	core_local_up(w.host[CLIENT].core, &c2, 2, w.now + UINT64_C(100000) * USEC_PER_SEC, w.now);
	world_collect(&w);
	ck_assert_uint_eq(last_sent().bu[0].lifetime, core_config_default.binding_lifetime);
}
END_TEST

/*
 * Two Binding Updates of a packet have one Acknowledgement, whose lifetime is that of one of them.
 */
START_TEST(b10_b12_each_binding_is_refreshed_before_its_own_lifetime_ends)
{
	struct in6_addr c1 = world_addr(C1), c2 = world_addr(C2);

	acquaint();
	core_local_up(w.host[CLIENT].core, &c1, 2, w.now + 90 * USEC_PER_SEC, w.now);
	core_local_up(w.host[CLIENT].core, &c2, 2, USEC_NEVER, w.now);
	for (unsigned i = 0; i < 30; i++) {
		world_collect(&w);
		world_run(&w, 20 * USEC_PER_SEC);
		ck_assert_int_eq(world_foreign(&w, SERVER, C1)->state, ADDR_ACTIVE);
		/* the router goes on announcing its prefix */
		core_local_up(w.host[CLIENT].core, &c1, 2, w.now + 90 * USEC_PER_SEC, w.now);
	}
}
END_TEST

START_TEST(c4_r9_only_user_data_makes_an_entry)
{
	static const uint8_t proto[] = { IPPROTO_ICMPV6, IPPROTO_RAW, 132 };
	struct pcb p = { .cookie = 7, .local = world_addr(C0), .foreign = world_addr(S0),
			 .lport = 1, .fport = 80, .proto = proto[_i], .origin = PCB_CONNECT };

	ck_assert_int_eq(core_pcb_open(w.host[CLIENT].core, &p, w.now), -EINVAL);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
	ck_assert_ptr_null(core_pcbs(w.host[CLIENT].core));
}
END_TEST

START_TEST(c6_an_address_that_nobody_announced_lives_as_long_as_it_is_heard)
{
	struct in6_addr s0 = world_addr(S0);

	w.lose = lose_all;
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	for (unsigned i = 0; i < 5; i++) {
		world_run(&w, 500 * USEC_PER_SEC);
		ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->state, ADDR_ACTIVE);
		ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->kind, LIFETIME_ACTIVITY);
		core_heard(w.host[CLIENT].core, entry(CLIENT)->id, &s0, w.now);
		world_collect(&w);
	}
	world_run(&w, 601 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->state, ADDR_DEPRECATED);
}
END_TEST

START_TEST(c7_a_binding_update_ends_that)
{
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->kind, LIFETIME_ACTIVITY);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->kind, LIFETIME_ABSOLUTE);
}
END_TEST

static unsigned told;			/* a bit for each host that was sent a Binding Update */

static void note_told(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr s0 = world_addr(S0);
	struct signal s;

	if (p->from == CLIENT && signal_parse(p->send.send.packet, p->send.send.len, &s) == 0 &&
	    s.n_bu)
		told |= addr_equal(&s.dst, &s0) ? 1 : 2;
}

START_TEST(b5_b6_every_peer_is_told_at_once)
{
	unsigned x = world_stranger(&w, "Xavier");

	acquaint();
	world_up(&w, x, "2001:db8:3::3");
	world_connect(&w, CLIENT, C0, x, "2001:db8:3::3", 3000);
	world_run(&w, USEC_PER_SEC);
	told = 0;
	w.tap = note_told;
	world_up(&w, CLIENT, C1);
	ck_assert_uint_eq(told, 3);
	world_run(&w, USEC_PER_SEC);
	told = 0;
	world_down(&w, CLIENT, _i ? C1 : C0);	/* in use, or not */
	ck_assert_uint_eq(told, 3);
}
END_TEST

START_TEST(b8_lifetimes_that_differ_go_in_one_packet)
{
	struct in6_addr c1 = world_addr(C1), c2 = world_addr(C2);

	acquaint();
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	core_local_up(w.host[CLIENT].core, &c1, 2, w.now + 90 * USEC_PER_SEC, w.now);
	core_local_up(w.host[CLIENT].core, &c2, 2, USEC_NEVER, w.now);
	world_collect(&w);
	struct signal s = last_sent();

	ck_assert_uint_eq(s.n_bu, 3);		/* 90 s, 600 s, and the one that deletes */
	ck_assert_int_gt((int16_t)(s.bu[1].seq - s.bu[0].seq), 0);
	ck_assert_int_gt((int16_t)(s.bu[2].seq - s.bu[1].seq), 0);
	world_run(&w, 100 * USEC_PER_MSEC);
	ck_assert_uint_le(world_foreign(&w, SERVER, C1)->lifetime, 90 * USEC_PER_SEC);
	/* the Response says what is left */
	ck_assert_uint_ge(world_foreign(&w, SERVER, C1)->lifetime, 89 * USEC_PER_SEC);
	ck_assert_uint_eq(world_foreign(&w, SERVER, C2)->lifetime, 600 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, C0)->state, ADDR_DEPRECATED);
}
END_TEST

START_TEST(r1_what_is_sent_to_no_address_of_ours_is_not_read)
{
	struct action a;

	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	a = w.host[CLIENT].last_send;
	w.n_flight = 0;
	world_down(&w, SERVER, S0);
	world_up(&w, SERVER, S1);
	core_packet(w.host[SERVER].core, a.send.packet, a.send.len, w.now);
	world_collect(&w);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_NOT_LOCAL), 1);
	ck_assert_ptr_null(core_entries(w.host[SERVER].core));
}
END_TEST

START_TEST(r8_a_packet_that_proves_nothing_makes_no_state)
{
	struct signal s = { .src = world_addr("2001:db8:9::9"), .dst = world_addr(S0),
			    .has_ah = true, .spi = 0x7777, .ah_seq = 1, .n_bu = 1,
			    .bu = { { .flags = BU_ACK, .seq = 1, .lifetime = 600 } } };
	struct ah_key key = { .alg = AH_HMAC_SHA1_96, .len = 20 };
	uint8_t pkt[SIGNAL_MTU];
	int len = signal_build(&s, 12, pkt, sizeof(pkt));

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(ah_sign(pkt, (size_t)len, &key), 0);
	core_packet(w.host[SERVER].core, pkt, (size_t)len, w.now);
	world_collect(&w);
	ck_assert_ptr_null(core_entries(w.host[SERVER].core));
	ck_assert_uint_eq(w.host[SERVER].sends, 0);
}
END_TEST

START_TEST(s3_a_connection_begins_with_the_source_it_chose)
{
	struct pcb *p;
	struct in6_addr c1 = world_addr(C1);

	world_up(&w, CLIENT, C1);
	acquaint();
	world_connect(&w, CLIENT, C1, SERVER, S0, 1001);
	for (p = core_pcbs(w.host[CLIENT].core); p && p->lport != 1001; p = p->hh.next)
		;
	ck_assert_ptr_nonnull(p);
	ck_assert(addr_equal(&p->local, &c1));
	/* what it was born with is what it bears */
	ck_assert_uint_eq(p->gen, entry(CLIENT)->pair.gen);
}
END_TEST

START_TEST(s5_a_host_of_unknown_ability_gets_an_initial_bu_and_shows_itself)
{
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	ck_assert_int_eq(entry(CLIENT)->status, PEER_UNKNOWN);
	ck_assert(last_sent().bu[0].homeless);
	world_run(&w, 2 * w.delay);
	ck_assert_int_eq(entry(CLIENT)->status, PEER_HOMELESS);
}
END_TEST

START_TEST(x2_an_sa_serves_any_local_address_and_leaves_with_the_entry)
{
	world_up(&w, SERVER, S1);
	acquaint();
	world_down(&w, SERVER, S0);
	world_run(&w, USEC_PER_SEC);
	world_up(&w, CLIENT, C1);		/* announced to S1, under the same SA */
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, C1)->state, ADDR_ACTIVE);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_UNKNOWN_SPI), 0);
	ck_assert_int_eq(core_peer_remove(w.host[SERVER].core, "client", w.now), 0);
	world_collect(&w);
	ck_assert_ptr_null(entry(SERVER)->sa);	/* it holds the connection that has moved */
	core_pcb_close(w.host[SERVER].core, core_pcbs(w.host[SERVER].core)->cookie, w.now);
	world_run(&w, 61 * USEC_PER_SEC);
	ck_assert_ptr_null(core_entries(w.host[SERVER].core));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("draft");
	TCase *tc = tcase_create("rules");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, c1_all_connections_to_a_peer_share_one_entry);
	tcase_add_test(tc, c2_only_the_kernels_addresses_are_local);
	tcase_add_test(tc, c5_an_address_is_not_sent_to_before_it_is_proven);
	tcase_add_test(tc, c12_lifetimes_are_those_configured);
	tcase_add_test(tc, b2_the_initial_bu_names_all_addresses_and_asks_for_an_acknowledgement);
	tcase_add_test(tc, b4_homeless_support_is_said_until_the_first_acknowledgement);
	tcase_add_test(tc, b12_a_binding_lasts_no_longer_than_its_address);
	tcase_add_test(tc, b10_b12_each_binding_is_refreshed_before_its_own_lifetime_ends);
	tcase_add_loop_test(tc, c4_r9_only_user_data_makes_an_entry, 0, 3);
	tcase_add_test(tc, c6_an_address_that_nobody_announced_lives_as_long_as_it_is_heard);
	tcase_add_test(tc, c7_a_binding_update_ends_that);
	tcase_add_loop_test(tc, b5_b6_every_peer_is_told_at_once, 0, 2);
	tcase_add_test(tc, b8_lifetimes_that_differ_go_in_one_packet);
	tcase_add_test(tc, r1_what_is_sent_to_no_address_of_ours_is_not_read);
	tcase_add_test(tc, r8_a_packet_that_proves_nothing_makes_no_state);
	tcase_add_test(tc, s3_a_connection_begins_with_the_source_it_chose);
	tcase_add_test(tc, s5_a_host_of_unknown_ability_gets_an_initial_bu_and_shows_itself);
	tcase_add_test(tc, x2_an_sa_serves_any_local_address_and_leaves_with_the_entry);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
