/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host leaves: it and its peers put moved connections back on the pair they were born with, which
 * needs no datapath, and the host does not wait long for peers that do not answer.
 */
#include "core.h"
#include "addr.h"
#include "restore.h"
#include "suite.h"
#include "unmoved.h"
#include "unused.h"

#define ROUND_TRIP	(2 * w.delay)
#define LONGEST		USEC_PER_SEC

static uint64_t one;	/* a connection between C0 and S0 */

/* Two hosts, each with two addresses the other has verified, and a connection. */
static void meet(void)
{
	world_up(&w, CLIENT, C1);
	world_up(&w, SERVER, S1);
	one = world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, one), AS_BORN);
}

static void move_to(unsigned host, const char *addr)
{
	struct in6_addr a = world_addr(addr);

	ck_assert_int_eq(core_prefer(w.host[host].core, &a, 0, w.now), 0);
	world_collect(&w);
	ck_assert(world_data(&w, host));	/* the peer follows it */
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, one), MOVED);
	ck_assert_int_eq(egress(SERVER, one), MOVED);
}

static void leave(unsigned host)
{
	core_leave(w.host[host].core, w.now);
	world_collect(&w);
}

static void assert_left(unsigned host, unsigned back, unsigned unanswered, unsigned stranded)
{
	ck_assert_uint_eq(w.host[host].lefts, 1);
	ck_assert_uint_eq(w.host[host].left.left.back, back);
	ck_assert_uint_eq(w.host[host].left.left.unanswered, unanswered);
	ck_assert_uint_eq(w.host[host].left.left.stranded, stranded);
}

static void assert_as_born(void)
{
	ck_assert_int_eq(egress(CLIENT, one), AS_BORN);
	ck_assert_int_eq(egress(SERVER, one), AS_BORN);
}

/* Who moved, and who leaves. */
static const struct turn {
	bool client_moved, server_moved;
	unsigned leaves;
} turn[] = {
	{ true, false, CLIENT },
	{ true, false, SERVER },
	{ true, true, CLIENT },
	{ true, true, SERVER },
};

START_TEST(a1_moved_connections_go_back_at_both_ends_before_a_host_leaves)
{
	const struct turn *t = &turn[_i];

	meet();
	if (t->client_moved)
		move_to(CLIENT, C1);
	if (t->server_moved)
		move_to(SERVER, S1);
	leave(t->leaves);
	ck_assert_int_eq(egress(t->leaves, one), AS_BORN);
	world_run(&w, ROUND_TRIP - 1);
	ck_assert_uint_eq(w.host[t->leaves].lefts, 0);
	world_run(&w, 1);
	assert_left(t->leaves, 1, 0, 0);
	assert_as_born();
	/* When they meet again, what is used then is used already. */
	assert_pair(CLIENT, C0, S0);
	assert_pair(SERVER, S0, C0);
}
END_TEST

/* What the farewell and its answer pass: data that left before them and needs the datapath. */
static struct in6_addr by[2][2];

static void note_way(struct world *world UNUSED, const struct packet_in_flight *p)
{
	by[p->from][0] = p->send.send.src;
	by[p->from][1] = p->send.send.dst;
}

START_TEST(a1_the_farewell_and_its_answer_go_behind_the_data_of_the_pair_that_is_left)
{
	struct pair was;

	meet();
	move_to(CLIENT, C1);
	move_to(SERVER, S1);
	was = w.host[CLIENT].pair;
	w.tap = note_way;
	leave(CLIENT);
	world_run(&w, ROUND_TRIP);
	ck_assert(addr_equal(&by[CLIENT][0], &was.local));
	ck_assert(addr_equal(&by[CLIENT][1], &was.foreign));
	ck_assert(addr_equal(&by[SERVER][0], &was.foreign));
	ck_assert(addr_equal(&by[SERVER][1], &was.local));
}
END_TEST

START_TEST(r5_a_farewell_names_its_source_with_lifetime_0_and_nothing_else)
{
	const struct action *a = &w.host[CLIENT].last_send;
	struct signal s;

	meet();
	move_to(CLIENT, C1);
	leave(CLIENT);
	ck_assert_int_eq(signal_parse(a->send.packet, a->send.len, &s), 0);
	ck_assert(s.has_ah && !s.has_home && s.n_bu == 1 && !s.n_ba);
	ck_assert(s.bu[0].names_source && !s.bu[0].lifetime && !s.bu[0].n_addr);
	ck_assert(s.bu[0].flags & BU_ACK);
}
END_TEST

/* The next helper goes on from what is saved. */
START_TEST(b10_the_number_of_a_farewell_is_reserved)
{
	struct core_saved_peer saved;
	struct hce *h;

	meet();
	h = entry(CLIENT);
	h->seq_limit = h->seq_out;	/* as after each block of numbers */
	leave(CLIENT);
	ck_assert_int_eq(core_save_peer(w.host[CLIENT].core, h->sa->in.spi, &saved), 0);
	ck_assert_int_ge((int16_t)(saved.bu_seq - h->seq_out), 0);
}
END_TEST

START_TEST(a_silent_peer_is_not_waited_for_longer_than_a_second)
{
	meet();
	move_to(CLIENT, C1);
	w.lose = lose_all;
	leave(CLIENT);
	world_run(&w, LONGEST - 1);
	ck_assert_uint_eq(w.host[CLIENT].lefts, 0);
	world_run(&w, 1);
	assert_left(CLIENT, 0, 1, 0);
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].lefts, 1);
}
END_TEST

static unsigned to_lose;

static bool lose_some(struct world *world UNUSED,
		      const struct packet_in_flight *p UNUSED)
{
	return to_lose && to_lose--;
}

/* The first one, its repetition by the birth pair, the answer to that. */
START_TEST(a_farewell_is_repeated)
{
	meet();
	move_to(CLIENT, C1);
	w.lose = lose_some;
	to_lose = 1 + _i;
	leave(CLIENT);
	world_run(&w, LONGEST - 1);
	assert_left(CLIENT, 1, 0, 0);
	assert_as_born();
}
END_TEST

START_TEST(nobody_is_waited_for_if_nothing_moved)
{
	meet();
	w.lose = lose_all;
	leave(CLIENT);
	assert_left(CLIENT, 0, 0, 0);
}
END_TEST

START_TEST(s6_a_connection_whose_first_address_is_lost_is_not_waited_for)
{
	meet();
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	leave(CLIENT);
	assert_left(CLIENT, 0, 0, 1);
}
END_TEST

START_TEST(each_connection_goes_back_to_its_own_pair)
{
	uint64_t other;

	meet();
	other = world_connect(&w, CLIENT, C1, SERVER, S1, 1001);
	move_to(CLIENT, C1);
	leave(SERVER);
	world_run(&w, ROUND_TRIP);
	assert_left(SERVER, 2, 0, 0);
	assert_as_born();
	ck_assert_int_eq(egress(CLIENT, other), AS_BORN);
	ck_assert_int_eq(egress(SERVER, other), AS_BORN);
}
END_TEST

START_TEST(the_second_call_ends_the_wait)
{
	meet();
	move_to(CLIENT, C1);
	w.lose = lose_all;
	leave(CLIENT);
	world_run(&w, LONGEST / 4);
	leave(CLIENT);
	assert_left(CLIENT, 0, 1, 0);
	leave(CLIENT);
	ck_assert_uint_eq(w.host[CLIENT].lefts, 1);
}
END_TEST

START_TEST(two_hosts_can_leave_at_once)
{
	meet();
	move_to(CLIENT, C1);
	move_to(SERVER, S1);
	leave(CLIENT);
	leave(SERVER);
	world_run(&w, ROUND_TRIP);
	assert_left(CLIENT, 1, 0, 0);
	assert_left(SERVER, 1, 0, 0);
	assert_as_born();
}
END_TEST

/* Moves, data and addresses of the peer's mean nothing to it. */
START_TEST(a_host_that_leaves_moves_nothing_and_signals_nothing)
{
	unsigned sends;

	meet();
	move_to(CLIENT, C1);
	w.lose = lose_all;
	leave(CLIENT);
	sends = w.host[CLIENT].sends;
	w.lose = NULL;
	world_down(&w, CLIENT, C1);
	world_up(&w, CLIENT, C2);
	world_up(&w, SERVER, "2001:db8:23::5");
	world_run(&w, w.delay);
	ck_assert_uint_eq(w.host[CLIENT].sends, sends);
	ck_assert_int_eq(egress(CLIENT, one), AS_BORN);
}
END_TEST

/* A stale report of the datapath, too, that it had followed the peer before it was told. */
START_TEST(c11_nothing_moves_after_the_peer_has_left)
{
	struct in6_addr c1 = world_addr(C1), c0 = world_addr(C0);

	meet();
	move_to(CLIENT, C1);
	leave(CLIENT);
	world_run(&w, ROUND_TRIP);
	core_followed(w.host[SERVER].core, entry(SERVER)->id, &c0, entry(SERVER)->pair.gen + 1,
		      w.now);
	world_collect(&w);
	assert_as_born();
	ck_assert_uint_eq(w.host[SERVER].pair.gen, connection(SERVER, one)->gen);
	core_heard(w.host[SERVER].core, entry(SERVER)->id, &c1, w.now);
	world_down(&w, SERVER, S0);
	assert_as_born();
	world_up(&w, SERVER, S0);
	world_run(&w, 60 * USEC_PER_SEC);
	assert_as_born();
}
END_TEST

START_TEST(b1_a_peer_that_left_is_asked_again_when_a_connection_begins)
{
	unsigned sends;

	meet();
	leave(SERVER);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(entry(CLIENT)->status, PEER_UNKNOWN);
	sends = w.host[CLIENT].sends;
	world_run(&w, 3600 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].sends, sends);
}
END_TEST

/* The helper of a host that left is started again, and its peer connects to it. */
static void start_again(unsigned host)
{
	uint8_t seed[32] = { 0x5e };

	core_free(w.host[host].core);
	w.host[host].core = core_new(&core_config_default, seed, 2000);
	ck_assert_ptr_nonnull(w.host[host].core);
	ck_assert_int_eq(core_peer_add(w.host[host].core, &w.host[host].peer, w.now), 0);
	world_up(&w, host, host == SERVER ? S0 : C0);
	world_up(&w, host, host == SERVER ? S1 : C1);
}

START_TEST(b1_a_host_that_left_and_is_back_is_homeless_again)
{
	meet();
	leave(SERVER);
	world_run(&w, USEC_PER_SEC);
	start_again(SERVER);
	one = world_connect(&w, CLIENT, C0, SERVER, S0, 1001);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(entry(CLIENT)->status, PEER_HOMELESS);
	ck_assert_int_eq(entry(SERVER)->status, PEER_HOMELESS);
	move_to(CLIENT, C1);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("leave");
	TCase *tc = tcase_create("leave");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a1_moved_connections_go_back_at_both_ends_before_a_host_leaves, 0,
			    sizeof(turn) / sizeof(turn[0]));
	tcase_add_test(
		tc, a1_the_farewell_and_its_answer_go_behind_the_data_of_the_pair_that_is_left);
	tcase_add_test(tc, r5_a_farewell_names_its_source_with_lifetime_0_and_nothing_else);
	tcase_add_test(tc, b10_the_number_of_a_farewell_is_reserved);
	tcase_add_test(tc, a_silent_peer_is_not_waited_for_longer_than_a_second);
	tcase_add_loop_test(tc, a_farewell_is_repeated, 0, 3);
	tcase_add_test(tc, nobody_is_waited_for_if_nothing_moved);
	tcase_add_test(tc, s6_a_connection_whose_first_address_is_lost_is_not_waited_for);
	tcase_add_test(tc, each_connection_goes_back_to_its_own_pair);
	tcase_add_test(tc, the_second_call_ends_the_wait);
	tcase_add_test(tc, two_hosts_can_leave_at_once);
	tcase_add_test(tc, a_host_that_leaves_moves_nothing_and_signals_nothing);
	tcase_add_test(tc, c11_nothing_moves_after_the_peer_has_left);
	tcase_add_test(tc, b1_a_peer_that_left_is_asked_again_when_a_connection_begins);
	tcase_add_test(tc, b1_a_host_that_left_and_is_back_is_homeless_again);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return suite_run(make());
}
