/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core against lost packets, moves at the wrong moment and many addresses: what the simulation
 * found, one by one.
 */
#include "core.h"
#include "addr.h"
#include "suite.h"
#include "two_hosts.h"
#include "unused.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

static void acquaint(void)
{
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
}

static unsigned count_addrs(unsigned host, enum addr_state state)
{
	struct foreign_addr *fa;
	unsigned n = 0;

	DL_FOREACH(entry(host)->addrs, fa)
		n += fa->state == state;
	return n;
}

/* An address with no suffix or prefix in common with others. */
static const char *nth(unsigned n)
{
	static char text[64];

	snprintf(text, sizeof(text), "2001:db8:%x::%x:%x", 0x100 + n, (0x1111 * n + 7) & 0xffff,
		 n + 1);
	return text;
}

/* The server's BU, made by hand: lifetime 0 deletes. */
static void hand_server(uint32_t lifetime, uint16_t seq, uint32_t ah_seq, uint8_t flags,
			const char *name)
{
	struct core_peer *client = &w.host[SERVER].peer;
	struct signal s = { .src = world_addr(C0), .dst = world_addr(S0), .has_ah = true,
			    .spi = client->in.spi, .ah_seq = ah_seq, .n_bu = 1 };
	uint8_t pkt[SIGNAL_MTU];

	s.bu[0] = (struct binding_update){ .flags = flags, .seq = seq, .lifetime = lifetime,
					   .n_addr = 1, .addr = { world_addr(name) } };
	int len = signal_build(&s, ah_icv_len(client->in.key.alg), pkt, sizeof(pkt));

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(ah_sign(pkt, (size_t)len, &client->in.key), 0);
	core_packet(w.host[SERVER].core, pkt, (size_t)len, w.now);
	world_collect(&w);
}

START_TEST(b7_an_address_whose_bu_was_lost_is_not_taken_for_known)
{
	acquaint();
	w.lose = lose_all;
	world_up(&w, CLIENT, C1);
	world_run(&w, 100 * USEC_PER_MSEC);
	world_down(&w, CLIENT, C1);
	world_up(&w, CLIENT, C1);
	world_down(&w, CLIENT, C0);
	world_run(&w, 10 * USEC_PER_MSEC);
	w.lose = NULL;
	world_run(&w, 30 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(world_foreign(&w, SERVER, C1));
	ck_assert_int_eq(world_foreign(&w, SERVER, C1)->state, ADDR_ACTIVE);
}
END_TEST

/* Lets Responses pass, and what comes back, but no news of the client's. */
static bool lose_news(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct signal s;

	return p->from == CLIENT && signal_parse(p->send.send.packet, p->send.send.len, &s) == 0 &&
	       s.n_bu && !s.bu[0].has_challenge;
}

START_TEST(b10_the_acknowledgement_of_a_response_is_not_that_of_news)
{
	acquaint();
	/* its BU goes, and the Challenge comes, while C2's is lost */
	world_up(&w, CLIENT, C1);
	w.lose = lose_news;
	world_run(&w, 5 * USEC_PER_MSEC);
	world_up(&w, CLIENT, C2);
	world_run(&w, USEC_PER_SEC);
	w.lose = NULL;
	ck_assert_int_eq(world_foreign(&w, SERVER, C1)->state, ADDR_ACTIVE);
	ck_assert_ptr_null(world_foreign(&w, SERVER, C2));
	world_run(&w, 30 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, C2)->state, ADDR_ACTIVE);
}
END_TEST

START_TEST(b2_thirty_addresses_are_announced_and_taken_back)
{
	for (unsigned i = 0; i < 30; i++)
		world_up(&w, CLIENT, nth(i));
	acquaint();
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_uint_eq(count_addrs(SERVER, ADDR_ACTIVE), 31);
	for (unsigned i = 0; i < 30; i++)
		world_down(&w, CLIENT, nth(i));
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_uint_eq(count_addrs(SERVER, ADDR_ACTIVE), 1);
	ck_assert_uint_eq(count_addrs(SERVER, ADDR_DEPRECATED), 30);
}
END_TEST

START_TEST(c9_a_deprecated_address_makes_room_for_a_new_one)
{
	acquaint();
	for (unsigned i = 0; i < 100; i++) {
		world_up(&w, CLIENT, nth(i));
		world_run(&w, 2 * USEC_PER_SEC);
		ck_assert_msg(world_foreign(&w, SERVER, nth(i)) &&
				      world_foreign(&w, SERVER, nth(i))->state == ADDR_ACTIVE,
			      "move %u was not followed", i);
		world_down(&w, CLIENT, nth(i));
		world_run(&w, 2 * USEC_PER_SEC);
	}
	ck_assert_uint_le(count_addrs(SERVER, ADDR_DEPRECATED), core_config_default.max_addresses);
}
END_TEST

START_TEST(b8_a_bu_for_which_there_is_no_room_is_rejected)
{
	struct signal s;

	acquaint();
	for (unsigned i = 0; i < core_config_default.max_addresses; i++)
		hand_server(600, (uint16_t)(entry(SERVER)->seq_in + 1), 5000 + i, 0, nth(i));
	hand_server(600, (uint16_t)(entry(SERVER)->seq_in + 1), 6000, 0, nth(100));
	ck_assert_int_eq(signal_parse(w.host[SERVER].last_send.send.packet,
				      w.host[SERVER].last_send.send.len, &s),
			 0);
	ck_assert_uint_eq(s.n_ba, 1);
	ck_assert_uint_eq(s.ba[0].status, BA_NO_RESOURCES);
}
END_TEST

START_TEST(b10_what_a_silent_peer_should_delete_is_not_remembered_for_ever)
{
	struct binding *b;
	unsigned n;

	acquaint();
	w.lose = lose_all;
	for (unsigned i = 0; i < 500; i++) {
		world_up(&w, CLIENT, nth(i));
		world_run(&w, 11 * USEC_PER_SEC);
		world_down(&w, CLIENT, nth(i));
	}
	DL_COUNT(entry(CLIENT)->bindings, b, n);
	ck_assert_uint_le(n, 2 * BU_ADDRS_MAX);
	world_run(&w, 1200 * USEC_PER_SEC);
	DL_COUNT(entry(CLIENT)->bindings, b, n);
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(b13_both_ends_lose_their_address_at_once_and_have_another_announced)
{
	world_up(&w, CLIENT, C1);
	world_up(&w, SERVER, S1);
	acquaint();
	world_down(&w, CLIENT, C0);
	world_down(&w, SERVER, S0);
	world_run(&w, 10 * USEC_PER_SEC);
	assert_pair(CLIENT, C1, S1);
	assert_pair(SERVER, S1, C1);
}
END_TEST

/* How many packets the client's kernel sends before it has no route; those refused. */
static unsigned routed, refused;

static bool client_has_no_route(struct world *world UNUSED, const struct packet_in_flight *p)
{
	if (p->from != CLIENT || (routed && routed--))
		return false;
	refused++;
	return true;
}

/*
 * A new address is there before the route from it: the Update (0), the Response to the Challenge
 * (1). In the moment there is a route, it goes on.
 */
START_TEST(b13_what_had_no_route_is_sent_when_there_is_one)
{
	acquaint();
	world_down(&w, CLIENT, C0);
	world_run(&w, 15 * USEC_PER_SEC);
	routed = (unsigned)_i;
	w.no_route = client_has_no_route;
	world_up(&w, CLIENT, C1);
	world_run(&w, 5 * w.delay);
	ck_assert_uint_gt(refused, 0);
	ck_assert_ptr_eq(core_entries(w.host[SERVER].core), entry(SERVER));
	w.no_route = NULL;
	world_routes(&w, CLIENT);
	world_run(&w, (_i ? 1 : 3) * w.delay);
	ck_assert_int_eq(world_foreign(&w, SERVER, C1)->state, ADDR_ACTIVE);
	assert_pair(SERVER, S0, C1);
	world_run(&w, w.delay);
	assert_pair(CLIENT, C1, S0);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_OLD_SEQ), 0);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_REPLAYED), 0);
}
END_TEST

/* The server has no way to answer: its Challenge leaves when it has. */
static bool server_has_no_route(struct world *world UNUSED, const struct packet_in_flight *p)
{
	refused += p->from == SERVER;
	return p->from == SERVER;
}

START_TEST(x5_a_challenge_that_had_no_route_is_sent_when_there_is_one)
{
	acquaint();
	w.no_route = server_has_no_route;
	world_up(&w, CLIENT, C1);
	world_run(&w, 3 * w.delay);
	ck_assert_uint_gt(refused, 0);
	w.no_route = NULL;
	world_routes(&w, SERVER);
	world_run(&w, 2 * w.delay);
	ck_assert_int_eq(world_foreign(&w, SERVER, C1)->state, ADDR_ACTIVE);
}
END_TEST

/* An Acknowledgement without a Challenge: the client need not send its Update again. */
START_TEST(b10_an_acknowledgement_that_had_no_route_is_sent_when_there_is_one)
{
	world_up(&w, CLIENT, C1);
	acquaint();
	world_run(&w, 10 * USEC_PER_SEC);
	w.no_route = server_has_no_route;
	world_down(&w, CLIENT, C1);
	world_run(&w, 2 * w.delay);
	ck_assert_uint_eq(refused, 1);
	unsigned sends = w.host[CLIENT].sends;
	w.no_route = NULL;
	world_routes(&w, SERVER);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].sends, sends);
}
END_TEST

/* However often routes change and nothing gets through: work and memory have a bound. */
START_TEST(b10_without_any_route_little_is_kept_and_tried)
{
	acquaint();
	w.no_route = server_has_no_route;
	for (unsigned i = 0; i < 100; i++) {
		hand_server(600, (uint16_t)(entry(SERVER)->seq_in + 1), 5000 + i, BU_ACK,
			    nth(i % 8));
		refused = 0;
		world_routes(&w, SERVER);
		ck_assert_uint_le(refused, 32);
		world_run(&w, USEC_PER_MSEC);
	}
}
END_TEST

START_TEST(r5_numbers_go_on_when_an_entry_is_made_anew)
{
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	uint16_t last = entry(CLIENT)->seq_out;

	/* the server keeps its connection, and so its entry; the client does not */
	core_pcb_close(w.host[CLIENT].core, core_pcbs(w.host[CLIENT].core)->cookie, w.now);
	w.lose = lose_all;
	world_run(&w, 2500 * USEC_PER_SEC);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
	w.lose = NULL;
	world_connect(&w, CLIENT, C0, SERVER, S0, 1001);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_gt((int16_t)(entry(CLIENT)->seq_out - last), 0);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_OLD_SEQ), 0);
}
END_TEST

START_TEST(b10_news_does_not_ride_on_every_answer)
{
	unsigned carrying = 0;
	struct signal s;

	acquaint();
	w.lose = lose_all;
	world_up(&w, SERVER, S1);
	for (unsigned i = 0; i < 100; i++) {
		hand_server(600, (uint16_t)(entry(SERVER)->seq_in + 1), 5000 + i, BU_ACK, C1);
		ck_assert_int_eq(signal_parse(w.host[SERVER].last_send.send.packet,
					      w.host[SERVER].last_send.send.len, &s),
				 0);
		carrying += s.n_bu > 0;
	}
	ck_assert_uint_le(carrying, 5);
}
END_TEST

START_TEST(x5_data_does_not_make_a_homeless_peers_deprecated_address_active)
{
	struct in6_addr s1 = world_addr(S1);
	struct core_peer server = w.host[CLIENT].peer;
	struct pcb p = { .cookie = 77, .local = world_addr(C0), .foreign = s1, .lport = 7,
			 .fport = 80, .proto = IPPROTO_TCP, .origin = PCB_CONNECT };

	acquaint();
	server.addr[server.n_addr++] = s1;
	ck_assert_int_eq(core_peer_add(w.host[CLIENT].core, &server, w.now), 0);
	ck_assert_int_eq(core_pcb_open(w.host[CLIENT].core, &p, w.now), 0);
	world_run(&w, 700 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S1)->state, ADDR_DEPRECATED);
	core_heard(w.host[CLIENT].core, entry(CLIENT)->id, &s1, w.now);
	world_collect(&w);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S1)->state, ADDR_DEPRECATED);
}
END_TEST

START_TEST(an_entry_without_addresses_survives_a_new_local_address)
{
	w.lose = lose_all;
	hand_server(0, 7, 7, BU_ACK, C1);
	world_up(&w, SERVER, S1);
	w.now += 2 * USEC_PER_SEC;
	world_up(&w, SERVER, "2001:db8:23::5");
	world_run(&w, USEC_PER_SEC);
	ck_assert_ptr_null(core_entries(w.host[SERVER].core));
}
END_TEST

START_TEST(c11_where_the_datapath_followed_to_meanwhile_deprecated_is_taken_back)
{
	struct in6_addr c0 = world_addr(C0);

	world_up(&w, CLIENT, C1);
	acquaint();
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(SERVER, S0, C1);
	uint32_t gen = entry(SERVER)->pair.gen + _i;

	/*
	 * the event was on its way; the datapath's pair, of this gen, is to C0 now or was just
	 * overwritten
	 */
	core_followed(w.host[SERVER].core, entry(SERVER)->id, &c0, gen, w.now);
	memset(&w.host[SERVER].pair, 0, sizeof(struct pair));
	world_collect(&w);
	assert_pair(SERVER, S0, C1);
	ck_assert_uint_eq(entry(SERVER)->pair.gen, gen);
	ck_assert_uint_eq(w.host[SERVER].pair.gen, gen);
}
END_TEST

START_TEST(c11_two_sources_used_in_turn_do_not_kick_at_every_packet)
{
	struct in6_addr addr[] = { world_addr(C0), world_addr(C1) };

	world_up(&w, CLIENT, C1);
	acquaint();
	unsigned kicks = w.host[SERVER].kicks;

	for (unsigned i = 1; i <= 100; i++) {
		core_followed(w.host[SERVER].core, entry(SERVER)->id, &addr[i % 2],
			      entry(SERVER)->pair.gen + 1, w.now);
		world_collect(&w);
	}
	ck_assert_uint_eq(w.host[SERVER].kicks, kicks + 1);
}
END_TEST

/* Data that overtakes the BU shows that the peer moved; the BU, whether it lost its address. */
START_TEST(c11_a_loss_heard_of_after_the_datapath_followed_makes_tcp_retransmit)
{
	struct in6_addr c1 = world_addr(C1);
	struct host *server = &w.host[SERVER];

	world_up(&w, CLIENT, C1);
	acquaint();
	world_down(&w, CLIENT, C0);		/* its BU is on its way */
	core_followed(server->core, entry(SERVER)->id, &c1, entry(SERVER)->pair.gen + 1, w.now);
	world_collect(&w);
	ck_assert_uint_eq(server->kicks_lost, 0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(server->kicks_lost, 1);
	assert_pair(SERVER, S0, C1);
}
END_TEST

/* The address before works on: what was sent to it arrives, and goes once. */
START_TEST(c11_a_move_on_purpose_does_not_make_tcp_retransmit)
{
	struct in6_addr c1 = world_addr(C1);
	struct host *server = &w.host[SERVER];

	world_up(&w, CLIENT, C1);
	acquaint();
	ck_assert_int_eq(core_prefer(w.host[CLIENT].core, &c1, 0, w.now), 0);
	core_followed(server->core, entry(SERVER)->id, &c1, entry(SERVER)->pair.gen + 1, w.now);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC / 4);
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(server->kicks_lost, 0);
	ck_assert_uint_eq(w.host[CLIENT].kicks_lost, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("binding");
	TCase *tc = tcase_create("at the wrong moment");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, b7_an_address_whose_bu_was_lost_is_not_taken_for_known);
	tcase_add_test(tc, b10_the_acknowledgement_of_a_response_is_not_that_of_news);
	tcase_add_test(tc, b2_thirty_addresses_are_announced_and_taken_back);
	tcase_add_test(tc, c9_a_deprecated_address_makes_room_for_a_new_one);
	tcase_add_test(tc, b8_a_bu_for_which_there_is_no_room_is_rejected);
	tcase_add_test(tc, b10_what_a_silent_peer_should_delete_is_not_remembered_for_ever);
	tcase_add_test(tc, b13_both_ends_lose_their_address_at_once_and_have_another_announced);
	tcase_add_loop_test(tc, b13_what_had_no_route_is_sent_when_there_is_one, 0, 2);
	tcase_add_test(tc, x5_a_challenge_that_had_no_route_is_sent_when_there_is_one);
	tcase_add_test(tc, b10_an_acknowledgement_that_had_no_route_is_sent_when_there_is_one);
	tcase_add_test(tc, b10_without_any_route_little_is_kept_and_tried);
	tcase_add_test(tc, r5_numbers_go_on_when_an_entry_is_made_anew);
	tcase_add_test(tc, b10_news_does_not_ride_on_every_answer);
	tcase_add_test(tc, x5_data_does_not_make_a_homeless_peers_deprecated_address_active);
	tcase_add_test(tc, an_entry_without_addresses_survives_a_new_local_address);
	tcase_add_loop_test(tc,
			    c11_where_the_datapath_followed_to_meanwhile_deprecated_is_taken_back,
			    0, 2);
	tcase_add_test(tc, c11_two_sources_used_in_turn_do_not_kick_at_every_packet);
	tcase_add_test(tc, c11_a_loss_heard_of_after_the_datapath_followed_makes_tcp_retransmit);
	tcase_add_test(tc, c11_a_move_on_purpose_does_not_make_tcp_retransmit);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
