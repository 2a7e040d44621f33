/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP of sockets that are not connected, frame by frame through the programs: udp_unconn.bpf.h.
 * Needs root. Addresses are those of entry.h: L0 is lost.
 */
#include "array.h"
#include "entry.h"
#include "need_bpf.h"
#include "suite.h"
#include "unused.h"

#include <string.h>

#define PORT	5000

#define SEND(S, D, ...)	{ .src = S, .dst = D, .sport = PORT, .dport = 6000, __VA_ARGS__ }
#define RECV(S, D, ...)	{ .src = S, .dst = D, .sport = 6000, .dport = PORT, __VA_ARGS__ }

static const struct row row[] = {
	{ "from a lost address", true, SEND(L0, F1, UDP), L1, F1, DP_OUT_REWRITTEN, false },
	{ "without a checksum", true, SEND(L0, F1, UDP, .no_checksum = true),
	  L1, F1, DP_OUT_REWRITTEN, false },
	{ "behind extension headers", true, SEND(L0, F1, UDP, .chain = "hd"),
	  L1, F1, DP_OUT_REWRITTEN, false },
	{ "to another Active address", true, SEND(L0, F0, UDP), L1, F0, DP_OUT_REWRITTEN, false },
	{ "to a Deprecated one", true, SEND(L0, FD, UDP), L1, F1, DP_OUT_REWRITTEN, false },
	{ "from an address that is ours", true, SEND(L1, F0, UDP), NULL, NULL, NONE, false },
	{ "from one that never was", true, SEND(OTHER, F0, UDP), NULL, NULL, NONE, false },
	{ "to a stranger", true, SEND(L0, OTHER, UDP), NULL, NULL, NONE, false },
	{ "TCP without a connection", true, SEND(L0, F1, TCP), NULL, NULL, NONE, false },

	{ "for a socket bound to a lost address", false, RECV(F1, L1, UDP),
	  F1, L0, DP_IN_REWRITTEN, false },
	{ "from another Active address", false, RECV(F0, L1, UDP), F0, L0, DP_IN_REWRITTEN, false },
	{ "from a Deprecated one", false, RECV(FD, L1, UDP), FD, L0, DP_IN_REWRITTEN, false },
	{ "addressed to the lost address itself", false, RECV(F1, L0, UDP),
	  NULL, NULL, NONE, false },
	{ "R8: from a Tentative one", false, RECV(FT, L1, UDP), NULL, NULL, NONE, false },
	{ "from a stranger", false, RECV(OTHER, L1, UDP), NULL, NULL, NONE, false },
	{ "R1: not for this host", false, RECV(F1, OTHER, UDP), NULL, NULL, NONE, false },
	{ "for another port", false, { .src = F1, .dst = L1, UDP, .sport = 1, .dport = 2 }, NULL,
	  NULL, NONE, false },
	{ "TCP for that port", false, RECV(F1, L1, TCP), NULL, NULL, NONE, false },
};

static struct dp_event seen[8];
static unsigned n_seen;

static void see(void *ctx UNUSED, const struct dp_event *e)
{
	ck_assert_uint_lt(n_seen, 8);
	seen[n_seen++] = *e;
}

static void poll_events(void)
{
	n_seen = 0;
	ck_assert_int_ge(datapath_events(dp, see, &n_seen), 0);
}

static void set_bound(enum action_type type)
{
	act(&(struct action){ .type = type, .bound = { addr(L0), PORT } });
}

START_TEST(a1_sockets_bound_to_a_lost_address_speak_and_hear)
{
	set_pair(L1, F1, 2);
	set_bound(ACTION_BOUND);
	check_row(&row[_i], false);
	check_row(&row[_i], true);
}
END_TEST

START_TEST(with_a_checksum_over_the_whole_packet)
{
	if (!test_runs_know_complete())
		return;
	set_pair(L1, F1, 2);
	set_bound(ACTION_BOUND);
	run_flags = COMPLETE;
	check_row(&row[_i], false);
}
END_TEST

START_TEST(ports_of_sockets_that_are_gone_are_nobodys)
{
	struct row r = { "gone", false, RECV(F1, L1, UDP), NULL, NULL, NONE, false };

	set_pair(L1, F1, 2);
	set_bound(ACTION_BOUND);
	set_bound(ACTION_BOUND_GONE);
	check_row(&r, false);
}
END_TEST

START_TEST(x5_datagrams_wait_while_the_peer_cannot_know_whose_they_are)
{
	struct action pair = {
		.type = ACTION_PAIR, .hce = HCE,
		.pair = { .local = addr(L1), .foreign = addr(F1), .gen = 2, .unconfirmed = true }
	};
	static const struct row young[] = {
		{ "the new address is not proven", true, SEND(L1, F1, UDP),
		  NULL, NULL, DP_HELD, true },
		{ "to another of its addresses", true, SEND(L1, F0, UDP),
		  NULL, NULL, DP_HELD, true },
		{ "from another address", true, SEND(OTHER, F1, UDP), NULL, NULL, NONE, false },
		{ "to a stranger", true, SEND(L1, OTHER, UDP), NULL, NULL, NONE, false },
		{ "connections need not", true, OUT(L0, F0, UDP), L1, F1, DP_OUT_REWRITTEN, false },
	};
	static const struct row lost[] = {
		{ "the pair's address is lost", true, SEND(L1, F1, UDP),
		  NULL, NULL, DP_HELD, true },
		{ "from that address", true, SEND(L0, F1, UDP), NULL, NULL, DP_HELD, true },
	};

	act(&pair);
	for (size_t i = 0; i < ARRAY_LEN(young); i++)
		check_row(&young[i], false);
	pair.pair.local = addr(L0);
	act(&pair);
	for (size_t i = 0; i < ARRAY_LEN(lost); i++)
		check_row(&lost[i], false);
	pair.pair.unconfirmed = false;
	pair.pair.local = addr(L1);
	act(&pair);
	struct row proven = { "proven", true, SEND(L1, F1, UDP), NULL, NULL, NONE, false };
	check_row(&proven, false);
}
END_TEST

static void hear(const char *src, const char *dst)
{
	struct packet p = RECV(src, dst, UDP);
	struct frame out, f = frame_of(&p);

	run(false, false, &f, &out);
}

START_TEST(c6_datagrams_of_no_connection_are_heard)
{
	struct in6_addr f1 = addr(F1), ft = addr(FT), l1 = addr(L1);

	hear(FT, L1);
	ck_assert_uint_eq(datapath_heard(dp, &ft), 0);
	hear(F1, L1);
	ck_assert_uint_ne(datapath_heard(dp, &f1), 0);
	poll_events();
	ck_assert_uint_eq(n_seen, 2);
	ck_assert_uint_eq(seen[0].type, DP_EVENT_HEARD);
	ck_assert_uint_eq(seen[1].type, DP_EVENT_DATAGRAM);	/* there is no pair yet */
	ck_assert_uint_eq(seen[1].hce, HCE);
	ck_assert_mem_eq(&seen[1].addr, &f1, sizeof(f1));
	ck_assert_mem_eq(&seen[1].local, &l1, sizeof(l1));
}
END_TEST

START_TEST(c6_an_entry_that_has_a_pair_is_told_nothing_new)
{
	set_pair(L1, F1, 1);
	hear(F0, L1);
	poll_events();
	ck_assert_uint_eq(n_seen, 1);
	ck_assert_uint_eq(seen[0].type, DP_EVENT_HEARD);
}
END_TEST

/*
 * What is handed over to the helper is no data: it shows nothing of a path, and waits for nothing.
 */
START_TEST(signalling_in_udp_is_nobodys_data)
{
	struct action pair = {
		.type = ACTION_PAIR, .hce = HCE,
		.pair = { .local = addr(L1), .foreign = addr(F1), .gen = 2, .unconfirmed = true }
	};
	static const struct row rows[] = {
		{ "from the peer", false, { .src = F1, .dst = L1, UDP, .sport = 434, .dport = 434 },
		  NULL, NULL, NONE, false },
		{ "to it, from an address that it cannot know", true,
		  { .src = L1, .dst = F1, UDP, .sport = 434, .dport = 434 },
		  NULL, NULL, NONE, false },
	};
	struct in6_addr f1 = addr(F1);

	datapath_set_signal_port(dp, 434);
	act(&pair);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i], false);
	ck_assert_uint_eq(datapath_heard(dp, &f1), 0);
	poll_events();
	ck_assert_uint_eq(n_seen, 0);
	datapath_set_signal_port(dp, 0);
	check_row(&rows[0], false);
	ck_assert_uint_ne(datapath_heard(dp, &f1), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("unconnected");
	TCase *tc = tcase_create("frames");
	const int n_rows = ARRAY_LEN(row);

	if (need_bpf())
		return 77;
	tcase_add_checked_fixture(tc, entry_setup, entry_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, a1_sockets_bound_to_a_lost_address_speak_and_hear, 0, n_rows);
	tcase_add_loop_test(tc, with_a_checksum_over_the_whole_packet, 0, n_rows);
	tcase_add_test(tc, ports_of_sockets_that_are_gone_are_nobodys);
	tcase_add_test(tc, x5_datagrams_wait_while_the_peer_cannot_know_whose_they_are);
	tcase_add_test(tc, c6_datagrams_of_no_connection_are_heard);
	tcase_add_test(tc, c6_an_entry_that_has_a_pair_is_told_nothing_new);
	tcase_add_test(tc, signalling_in_udp_is_nobodys_data);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
