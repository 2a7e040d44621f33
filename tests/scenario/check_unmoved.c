/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections that nobody moves stay on the pair they were born with, whatever becomes of
 * signalling. Each connection's packets are followed through what the datapath of both hosts would
 * do to them.
 */
#include "core.h"
#include "model/entry.h"
#include "addr.h"
#include "suite.h"
#include "unmoved.h"
#include "unused.h"

#include <string.h>
#include <utlist.h>

#define LIFETIMES	(600 + 1800)	/* seconds: until a peer that stays silent is forgotten */

static bool lose_from_client(struct world *world UNUSED, const struct packet_in_flight *p)
{
	return p->from == CLIENT;
}

static bool lose_from_server(struct world *world UNUSED, const struct packet_in_flight *p)
{
	return p->from == SERVER;
}

/* Signalling by the link that the connections use. */
static bool lose_on_a_link(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr c0 = world_addr(C0);

	return addr_equal(&p->send.send.src, &c0) || addr_equal(&p->send.send.dst, &c0);
}

static void lose_state(void)
{
	uint8_t seed[32] = { 0x5e };

	core_free(w.host[SERVER].core);
	w.host[SERVER].core = core_new(&core_config_default, seed, 2000);
	ck_assert_ptr_nonnull(w.host[SERVER].core);
	if (w.host[SERVER].peer.name)
		ck_assert_int_eq(core_peer_add(w.host[SERVER].core, &w.host[SERVER].peer, w.now),
				 0);
	world_up(&w, SERVER, S0);
	world_up(&w, SERVER, S1);
}

static const struct cause {
	bool (*lose)(struct world *w, const struct packet_in_flight *p);
	void (*happens)(void);
} cause[] = {
	{ NULL, NULL },
	{ lose_all, NULL },		/* as if the helper of either had stopped */
	{ lose_from_client, NULL },
	{ lose_from_server, NULL },
	{ lose_on_a_link, NULL },
	{ NULL, lose_state },
	{ lose_all, lose_state },
};

#define CAUSES	(sizeof(cause) / sizeof(cause[0]))

/* Two hosts that share keys, or are strangers, each with two addresses the other has verified. */
static void meet(bool strangers)
{
	memset(open_one, 0, sizeof(open_one));
	world_init(&w);
	if (strangers) {
		w.host[CLIENT].peer.name = w.host[SERVER].peer.name = NULL;
		world_renew(&w, CLIENT);
		world_renew(&w, SERVER);
		world_up(&w, CLIENT, C0);
		world_up(&w, SERVER, S0);
	}
	world_up(&w, CLIENT, C1);
	world_up(&w, SERVER, S1);
	open_nth(0, C0, S0);
	world_run(&w, 3 * USEC_PER_SEC);
	open_nth(1, C0, S1);
	open_nth(2, C1, S0);
	world_run(&w, 3 * USEC_PER_SEC);
	ck_assert(hce_homeless(entry(CLIENT)) && hce_homeless(entry(SERVER)));
}

START_TEST(s6_c9_what_nobody_moves_stays_on_its_pair)
{
	const struct cause *why = &cause[_i / 4];

	meet(_i & 1);
	w.lose = why->lose;
	if (why->happens)
		why->happens();
	let_pass((2 * LIFETIMES) * USEC_PER_SEC, _i & 2);
}
END_TEST

/*
 * Once moved, a connection goes on for as long as it hears something on its pair; then it is held.
 */
START_TEST(s6_c9_what_was_moved_goes_on_while_it_is_answered)
{
	struct in6_addr c1 = world_addr(C1), s0 = world_addr(S0);

	meet(_i);
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	w.lose = lose_all;
	usec_t end = w.now + 2 * LIFETIMES * USEC_PER_SEC;

	for (; w.now < end; world_run(&w, 5 * USEC_PER_SEC)) {
		heard(SERVER, open_one[0], &c1);
		heard(CLIENT, open_one[0], &s0);
		ck_assert_int_eq(egress(CLIENT, open_one[0]), MOVED);
		ck_assert_int_eq(egress(SERVER, open_one[0]), MOVED);
	}
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
	ck_assert_uint_eq(w.host[CLIENT].unreachable + w.host[SERVER].unreachable, 0);
	world_run(&w, 1801 * USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, open_one[0]), HELD);
	ck_assert_int_eq(egress(SERVER, open_one[0]), HELD);
	ck_assert_int_eq(egress(CLIENT, open_one[2]), AS_BORN);
}
END_TEST

static bool server_knows(const char *addr)
{
	const struct foreign_addr *fa = world_foreign(&w, SERVER, addr);

	return fa && fa->state == ADDR_ACTIVE && hce_homeless(fa->hce) &&
	       hce_homeless(entry(CLIENT)) && fa->hce->sa->in.spi == entry(CLIENT)->sa->out.spi;
}

/*
 * A refresh is due after 300 s, which nobody answers; or a new connection has the client ask at
 * once.
 */
START_TEST(x3_keys_are_agreed_on_anew_with_a_peer_that_lost_its_state)
{
	meet(true);
	lose_state();
	if (_i)
		let_pass(120 * USEC_PER_SEC, false);
	if (_i)
		open_nth(3, C0, S0);
	let_pass((_i ? 30 : 330) * USEC_PER_SEC, false);
	ck_assert(server_knows(C0) && server_knows(C1));
	let_pass(2 * LIFETIMES * USEC_PER_SEC, false);
	ck_assert(server_knows(C0) && server_knows(C1));
	ck_assert_uint_eq(HASH_COUNT(core_entries(w.host[SERVER].core)), 1);
	/* It forgets who has no connection that it knows of, who then agrees on keys again. */
	ck_assert_uint_le(core_counter(w.host[SERVER].core, COUNT_AAP_INITS),
			  _i ? 3 : 3 + 2 * LIFETIMES / 600);
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	if (_i)		/* else it knows of no connection */
		assert_pair(SERVER, S0, C1);
}
END_TEST

/* ... or, if they are configured, hears again who is Homeless, however soon it lost its state. */
START_TEST(b4_a_peer_that_lost_its_state_learns_again_who_is_homeless)
{
	if (_i) {
		meet(false);
	} else {
		memset(open_one, 0, sizeof(open_one));
		world_init(&w);
		world_up(&w, CLIENT, C1);
		open_nth(0, C0, S0);
		world_run(&w, 3 * USEC_PER_SEC);
	}
	lose_state();
	world_run(&w, 330 * USEC_PER_SEC);
	ck_assert(server_knows(C0) && server_knows(C1));
	uint64_t begins = world_connect(&w, CLIENT, C0, SERVER, S0, 2000);
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, begins), MOVED);
	ck_assert_int_eq(egress(SERVER, begins), MOVED);
}
END_TEST

/*
 * A peer that did not lose anything, but was not heard for a while, keeps its SA or replaces it in
 * order.
 */
START_TEST(x4_keys_outlive_a_time_in_which_nothing_is_answered)
{
	meet(true);
	w.lose = _i ? lose_from_server : lose_all;
	let_pass(400 * USEC_PER_SEC, false);
	w.lose = NULL;
	let_pass(60 * USEC_PER_SEC, false);
	ck_assert(server_knows(C0) && server_knows(C1));
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_CONFLICTS), 0);
}
END_TEST

/*
 * While Updates are not answered, what begins is as without hmip; it is attached when the peer
 * answers.
 */
START_TEST(connections_that_begin_while_the_peer_is_silent_are_left_alone)
{
	meet(_i);
	w.lose = lose_all;
	let_pass(320 * USEC_PER_SEC, false);
	open_nth(3, C0, S0);
	ck_assert_ptr_null(connection(CLIENT, open_one[3])->hce);
	world_down(&w, CLIENT, C0);
	ck_assert_int_eq(egress(CLIENT, open_one[3]), AS_BORN);
	world_up(&w, CLIENT, C0);
	w.lose = NULL;
	world_run(&w, 20 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(connection(CLIENT, open_one[3])->hce);
}
END_TEST

/*
 * Signalling that the link in use loses goes by another. What one end answers from there may carry
 * an Update of its own: that says nothing of where data is to be sent.
 */
START_TEST(c11_signalling_by_another_link_moves_nothing)
{
	meet(_i & 1);
	w.lose = lose_on_a_link;
	world_up(&w, CLIENT, C2);
	let_pass(20 * USEC_PER_SEC, _i & 2);
	world_up(&w, SERVER, "2001:db8:23::5");
	let_pass(60 * USEC_PER_SEC, _i & 2);
	ck_assert_int_eq(world_foreign(&w, SERVER, C2)->state, ADDR_ACTIVE);
}
END_TEST

/*
 * An address of a silent peer has another owner, whose connection begins there. It is not attached
 * to the peer's entry when that is heard again, elsewhere; if the peer has the address still it is.
 */
START_TEST(a3_an_address_of_a_silent_peer_is_confirmed_before_it_is_attached_to)
{
	struct pcb begins = {
		.cookie = 4711, .local = world_addr(S0), .foreign = world_addr(C1), .lport = 80,
		.fport = 2000, .proto = IPPROTO_TCP, .origin = PCB_ACCEPT, .established = true
	};
	bool lost = _i & 1;

	meet(_i & 2);
	w.lose = lose_all;
	let_pass(320 * USEC_PER_SEC, false);
	ck_assert_int_eq(core_pcb_open(w.host[SERVER].core, &begins, w.now), 0);
	ck_assert_ptr_null(connection(SERVER, 4711)->hce);
	if (lost)
		world_down(&w, CLIENT, C1);
	w.lose = NULL;
	for (unsigned i = 0; i < 2000; i++) {
		world_run(&w, 10 * USEC_PER_MSEC);
		ck_assert(!lost || !connection(SERVER, 4711)->hce);
	}
	ck_assert(lost || connection(SERVER, 4711)->hce);
}
END_TEST

/*
 * A move that is wished for, not needed, waits until the peer has answered, unless it did lately.
 */
START_TEST(a_voluntary_move_asks_first)
{
	struct in6_addr c1 = world_addr(C1);

	meet(_i & 1);
	let_pass(100 * USEC_PER_SEC, false);
	if (_i & 2)
		lose_state();
	ck_assert_int_eq(core_prefer(w.host[CLIENT].core, &c1, 0, w.now), 0);
	world_collect(&w);
	assert_unmoved();
	world_run(&w, 2 * w.delay);
	/* Configured keys are not lost, and the answer moves it. */
	ck_assert_int_eq(egress(CLIENT, open_one[0]), _i == 3 ? AS_BORN : MOVED);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("unmoved");
	TCase *tc = tcase_create("nobody moves");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, s6_c9_what_nobody_moves_stays_on_its_pair, 0, 4 * CAUSES);
	tcase_add_loop_test(tc, s6_c9_what_was_moved_goes_on_while_it_is_answered, 0, 2);
	tcase_add_loop_test(tc, x3_keys_are_agreed_on_anew_with_a_peer_that_lost_its_state, 0, 2);
	tcase_add_loop_test(tc, b4_a_peer_that_lost_its_state_learns_again_who_is_homeless, 0, 2);
	tcase_add_loop_test(tc, x4_keys_outlive_a_time_in_which_nothing_is_answered, 0, 2);
	tcase_add_loop_test(tc, connections_that_begin_while_the_peer_is_silent_are_left_alone, 0,
			    2);
	tcase_add_loop_test(tc, c11_signalling_by_another_link_moves_nothing, 0, 4);
	tcase_add_loop_test(
		tc, a3_an_address_of_a_silent_peer_is_confirmed_before_it_is_attached_to, 0, 4);
	tcase_add_loop_test(tc, a_voluntary_move_asks_first, 0, 4);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
