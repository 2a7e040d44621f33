/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traffic that this host forwards, translates or bridges passes the programs as it is, even with
 * the addresses and ports of a connection that has moved; and so does what comes back for it. Needs
 * root. The connections are those of entry.h, on today's pair L1 - F1 unless a test says otherwise.
 */
#define _GNU_SOURCE
#include "array.h"
#include "entry.h"
#include "need_bpf.h"
#include "suite.h"

#include <sched.h>

#define RST	.flags = 0x04, .empty = true

static void set_today(enum block block, bool unproven)
{
	act(&(struct action){ .type = ACTION_PAIR, .hce = HCE,
			      .pair = { addr(L1), addr(F1), 2, block, unproven, true } });
}

static void setup(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);	/* no socket anywhere */
	entry_setup();
	run_ingress = 0;
	datapath_adopt(dp, true);
	ck_assert_int_eq(datapath_adopt_from(dp, HCE, true), 0);
	set_today(BLOCK_NONE, false);
}

/* What the programs do with each if it is this host's own. */
static const struct {
	struct row row;
	enum block block;
	bool unproven;
} own[] = {
	{ { "a segment of a moved connection", true, OUT(L0, F0, TCP), L1, F1, DP_OUT_REWRITTEN,
	    false },
	  BLOCK_NONE,
	  false },
	{ { "a datagram of one", true, OUT(L0, F0, UDP), L1, F1, DP_OUT_REWRITTEN, false },
	  BLOCK_NONE,
	  false },
	{ { "a segment while all are held", true, OUT(L0, F0, TCP), NULL, NULL, DP_HELD, true },
	  BLOCK_ALL,
	  false },
	{ { "and while the moved ones are", true, OUT(L0, F0, TCP), NULL, NULL, DP_HELD, true },
	  BLOCK_REWRITTEN,
	  false },
	{ { "a datagram to a peer that does not know the new address",
	    true,
	    { L1, F0, .sport = 9, .dport = 9, UDP },
	    NULL,
	    NULL,
	    DP_HELD,
	    true },
	  BLOCK_NONE,
	  true },
	{ { "a datagram from a lost address",
	    true,
	    { L0, F0, .sport = 9, .dport = 9, UDP },
	    L1,
	    F0,
	    DP_OUT_REWRITTEN,
	    false },
	  BLOCK_NONE,
	  false },
	{ { "a reset to a peer's other address", true, OUT(L1, FT, TCP, RST), NULL, NULL,
	    DP_REFUSALS, true },
	  BLOCK_NONE,
	  false },
	{ { "a reset to an unknown address", true, OUT(L1, OTHER, TCP, RST), NULL, NULL,
	    DP_REFUSALS, true },
	  BLOCK_NONE,
	  false },
};

START_TEST(what_is_forwarded_passes_as_it_is)
{
	struct row r = own[_i].row;

	set_today(own[_i].block, own[_i].unproven);
	check_row(&r, false);
	r.src = r.dst = NULL;
	r.counter = NONE;
	r.drop = false;
	run_ingress = 1;
	check_row(&r, false);
	check_row(&r, true);
}
END_TEST

START_TEST(so_does_a_port_unreachable)
{
	struct packet in = IN(FT, L1, UDP),
		      out = { .src = L1, .dst = FT, .proto = IPPROTO_ICMPV6, .icmp_type = 1 };
	struct frame quoted = frame_of(&in), f, got;

	out.quote = &quoted;
	f = frame_of(&out);
	f.b[f.l4 + 1] = 4;
	ck_assert_uint_eq(run(true, false, &f, &got), TC_ACT_SHOT);
	run_ingress = 1;
	ck_assert_uint_eq(run(true, false, &f, &got), PASS);
	assert_same(&got, &f);
}
END_TEST

START_TEST(so_do_the_fragments_of_a_datagram)
{
	struct row first = { "the first", true, OUT(L0, F0, UDP, .chain = "1", .frag_id = 5), L1,
			     F1, DP_OUT_REWRITTEN, false };
	struct row later = {
		"a later one", true, { L0, F0, .chain = "2", .frag_id = 5, .proto = IPPROTO_UDP },
		NULL, NULL, NONE, false
	};

	check_row(&first, false);
	run_ingress = 1;
	check_row(&later, false);
}
END_TEST

/*
 * What goes out is forwarded, and so has the ports of the connection by chance; the answer is for
 * another host.
 */
static const struct {
	const char *name;
	struct packet out;		/* before in, if it has a source */
	struct packet in;
	enum dp_counter counter;	/* IN_REWRITTEN: taken for the connection's */
	bool own;			/* out is this host's own, of a socket that is translated */
} answer[] = {
	{ "a segment", .in = IN(F0, L1, TCP), .counter = DP_IN_REWRITTEN },
	{ "an answer to one", OUT(L1, F0, TCP), IN(F0, L1, TCP), NONE, false },
	{ "an answer to a datagram", OUT(L1, F0, UDP), IN(F0, L1, UDP), NONE, false },
	{ "an answer to a translated socket", OUT(L1, F0, TCP), IN(F0, L1, TCP), NONE, true },
	{ "an answer from elsewhere", OUT(L1, F0, TCP), IN(FD, L1, TCP), DP_IN_REWRITTEN, false },
	{ "today's pair is the connection's", OUT(L1, F1, TCP), IN(F1, L1, TCP),
	  DP_IN_REWRITTEN, false },
	{ "the kernel's reset was for nobody else", OUT(L1, FD, TCP, RST), IN(FD, L1, TCP),
	  DP_IN_REWRITTEN, true },
	{ "somebody else's Tentative address", OUT(L1, FT, TCP), IN(FT, L1, TCP), NONE, false },
};

START_TEST(r3_what_answers_forwarded_traffic_is_not_taken_for_a_connections)
{
	struct row in = { answer[_i].name, false, answer[_i].in, NULL, NULL, answer[_i].counter,
			  false };
	struct frame f, got;

	if (answer[_i].out.src) {
		f = frame_of(&answer[_i].out);
		run_ingress = !answer[_i].own;
		run(true, false, &f, &got);
		assert_same(&got, &f);
		run_ingress = 0;
	}
	if (answer[_i].counter == DP_IN_REWRITTEN) {
		in.src = F0;
		in.dst = L0;
	}
	check_row(&in, false);
}
END_TEST

/* When the pair becomes the connection's, it is nobody else's any more. */
START_TEST(r3_a_pair_that_was_anothers_can_become_todays)
{
	struct row in = { "by that pair", false, IN(F0, L1, TCP), NULL, NULL, NONE, false };
	struct frame f = frame_of(&(struct packet)OUT(L1, F0, TCP)), got;

	run_ingress = 1;
	run(true, false, &f, &got);
	run_ingress = 0;
	check_row(&in, false);
	act(&(struct action){ .type = ACTION_PAIR, .hce = HCE,
			      .pair = { addr(L1), addr(F0), 3, BLOCK_NONE, false, true } });
	in.src = F0;
	in.dst = L0;
	in.counter = DP_IN_REWRITTEN;
	check_row(&in, false);
}
END_TEST

/* An error, such as Packet Too Big, about what was forwarded. */
START_TEST(an_error_about_forwarded_traffic_is_not_brought_to_a_connection)
{
	struct packet about = OUT(L1, F0, TCP),
		      in = { .src = OTHER, .dst = L1, .proto = IPPROTO_ICMPV6, .icmp_type = 2 };
	struct frame quoted = frame_of(&about), f, got;

	in.quote = &quoted;
	f = frame_of(&in);
	ck_assert_uint_eq(run(false, false, &f, &got), PASS);
	ck_assert_uint_eq(datapath_counter(dp, DP_ICMP_TRANSLATED), 1);
	run_ingress = 1;
	run(true, false, &quoted, &got);
	run_ingress = 0;
	ck_assert_uint_eq(run(false, false, &f, &got), PASS);
	assert_same(&got, &f);
	ck_assert_uint_eq(datapath_counter(dp, DP_ICMP_TRANSLATED), 1);
}
END_TEST

/* A local socket is bound to a lost address, and a forwarded flow is translated to its port. */
START_TEST(datagrams_for_a_host_behind_this_one_are_not_delivered_to_a_lost_address)
{
	struct row in = { "for the socket", false, { F0, L1, .sport = 9, .dport = 7, UDP }, F0, L0,
			  DP_IN_REWRITTEN, false };
	struct frame f = frame_of(&(struct packet){ L1, F0, .sport = 7, .dport = 9, UDP }), got;

	act(&(struct action){ .type = ACTION_BOUND, .bound = { .addr = addr(L0), .port = 7 } });
	check_row(&in, false);
	run_ingress = 1;
	run(true, false, &f, &got);
	run_ingress = 0;
	in.src = in.dst = NULL;
	in.counter = NONE;
	check_row(&in, false);
}
END_TEST

/*
 * A stranger has the ports of a connection by chance: what is refused to it acknowledges other
 * numbers.
 */
START_TEST(a_stranger_with_the_ports_of_a_connection_is_refused)
{
	struct packet heard = IN(F1, L1, TCP, .ack = 500), far = IN(F1, L1, TCP, .ack = 0x80000000);
	struct row r = { "near what the peer acknowledged", true, OUT(L1, OTHER, TCP, RST), NULL,
			 NULL, DP_REFUSALS, true };
	struct row stranger = {
		"far from that", true, OUT(L1, OTHER, TCP, RST), NULL, NULL, NONE, false
	};
	struct row known = { "but to an address of the peer", true, OUT(L1, FT, TCP, RST), NULL,
			     NULL, DP_REFUSALS, true };
	struct frame f = frame_of(&heard), got;

	run(false, false, &f, &got);
	check_row(&r, false);
	f = frame_of(&far);
	run(false, false, &f, &got);
	check_row(&stranger, false);
	check_row(&known, false);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("forwarded");
	TCase *tc = tcase_create("forwarded");

	if (need_bpf())
		return 77;
	tcase_add_checked_fixture(tc, setup, entry_teardown);
	tcase_add_loop_test(tc, what_is_forwarded_passes_as_it_is, 0, ARRAY_LEN(own));
	tcase_add_test(tc, so_does_a_port_unreachable);
	tcase_add_test(tc, so_do_the_fragments_of_a_datagram);
	tcase_add_loop_test(tc, r3_what_answers_forwarded_traffic_is_not_taken_for_a_connections, 0,
			    ARRAY_LEN(answer));
	tcase_add_test(tc, r3_a_pair_that_was_anothers_can_become_todays);
	tcase_add_test(tc, an_error_about_forwarded_traffic_is_not_brought_to_a_connection);
	tcase_add_test(tc,
		datagrams_for_a_host_behind_this_one_are_not_delivered_to_a_lost_address);
	tcase_add_test(tc, a_stranger_with_the_ports_of_a_connection_is_refused);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
