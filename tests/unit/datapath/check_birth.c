/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the programs make of connections that the helper has not registered: which births they
 * report, and which of this host's resets they drop until the scan is over. Needs root. The peer is
 * that of entry.h.
 */
#define _GNU_SOURCE
#include "array.h"
#include "entry.h"
#include "need_bpf.h"
#include "suite.h"
#include "unused.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define NEW_PORT	40001
#define FLAGS		13	/* in the TCP header */
#define SYN		0x02
#define RST		0x04
#define ACK		0x10

static unsigned told;

static void see(void *ctx UNUSED, const struct dp_event *e)
{
	if (e->type == DP_EVENT_NEW_CONN && (e->hce == HCE || !e->hce))
		told++;
}

/* How many births were told since last asked. */
static unsigned births(void)
{
	told = 0;
	ck_assert_int_ge(datapath_events(dp, see, NULL), 0);
	return told;
}

static uint32_t pass(bool egress, const char *src, const char *dst, uint8_t proto, uint8_t flags)
{
	struct packet p = { .src = src, .dst = dst, .sport = egress ? NEW_PORT : FPORT,
			    .dport = egress ? FPORT : NEW_PORT, .proto = proto, .empty = true };
	struct frame out, f = frame_of(&p);

	if (proto == IPPROTO_TCP)
		f.b[f.l4 + FLAGS] = flags;
	return run(egress, false, &f, &out);
}

/* The helper's scan, which registers nothing. */
static void scan(void)
{
	datapath_scan_begin(dp);
	datapath_looked(dp);
}

static void setup(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);	/* where the programs look for sockets */
	ck_assert_int_eq(system("ip link add d0 type veth peer name d1 && ip link set d1 up && "
				"ip link set d0 up && ip addr add " L0 "/64 dev d0 nodad && "
				"ip addr add " L1 "/64 dev d0 nodad && "
				"ip -6 route add default dev d0"), 0);
	entry_setup();
	run_ingress = 0;
	datapath_adopt(dp, true);
	ck_assert_int_eq(datapath_adopt_from(dp, HCE, true), 0);
}

/* A socket that connects. Nobody answers its SYN. */
static void call_from(const char *local, uint16_t lport, const char *foreign)
{
	struct sockaddr_in6 here = { .sin6_family = AF_INET6, .sin6_addr = addr(local),
				     .sin6_port = htons(lport) };
	struct sockaddr_in6 there = { .sin6_family = AF_INET6, .sin6_addr = addr(foreign),
				      .sin6_port = htons(FPORT) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&there, sizeof(there)), -1);
	ck_assert_int_eq(errno, EINPROGRESS);
}

/* With the ports of entry.h's connection. */
static void call(const char *local, const char *foreign)
{
	call_from(local, LPORT, foreign);
}

START_TEST(a_birth_is_reported_once_a_scan)
{
	call_from(L1, NEW_PORT, F0);
	call_from(L1, NEW_PORT, F1);
	ck_assert_uint_eq(pass(true, L1, F0, IPPROTO_TCP, SYN), PASS);
	ck_assert(datapath_unscanned(dp));
	pass(true, L1, F1, IPPROTO_TCP, SYN | ACK);
	ck_assert_uint_eq(births(), 1);
	scan();
	ck_assert(!datapath_unscanned(dp));
	pass(true, L1, F0, IPPROTO_TCP, SYN);
	ck_assert_uint_eq(births(), 1);
}
END_TEST

#define STRANGER	"2001:db8:99::1"
#define ANOTHER		"2001:db8:99::2"

START_TEST(c4_a_strangers_birth_is_reported_only_with_initiate_and_seldom)
{
	ck_assert_uint_eq(pass(true, L1, STRANGER, IPPROTO_TCP, SYN), PASS);
	ck_assert_uint_eq(births(), 0);
	datapath_initiate(dp, true);
	pass(true, L1, STRANGER, IPPROTO_TCP, ACK);
	pass(true, L1, STRANGER, IPPROTO_TCP, SYN | ACK);
	pass(true, L1, STRANGER, IPPROTO_UDP, 0);
	pass(false, STRANGER, L1, IPPROTO_TCP, SYN);
	ck_assert_uint_eq(births(), 0);
	ck_assert(!datapath_unscanned(dp));
	ck_assert_uint_eq(pass(true, L1, STRANGER, IPPROTO_TCP, SYN), PASS);
	pass(true, L1, ANOTHER, IPPROTO_TCP, SYN);
	ck_assert_uint_eq(births(), 1);
	ck_assert(datapath_unscanned(dp));
	/* The same address again is no news, another is. */
	scan();
	pass(true, L1, STRANGER, IPPROTO_TCP, SYN);
	ck_assert_uint_eq(births(), 0);
	pass(true, L1, "2001:db8:99::3", IPPROTO_TCP, SYN);
	ck_assert_uint_eq(births(), 1);
	scan();
	datapath_initiate(dp, false);
	pass(true, L1, "2001:db8:99::4", IPPROTO_TCP, SYN);
	ck_assert_uint_eq(births(), 0);
}
END_TEST

START_TEST(nothing_else_is_reported)
{
	call_from(L1, NEW_PORT, F0);
	pass(true, L1, F0, IPPROTO_TCP, ACK);
	pass(true, L1, FD, IPPROTO_TCP, SYN);
	pass(true, L1, FT, IPPROTO_TCP, SYN);
	pass(true, L1, OTHER, IPPROTO_TCP, SYN);
	pass(true, L1, F0, IPPROTO_UDP, 0);	/* of no connected socket */
	pass(true, L1, F1, IPPROTO_TCP, SYN);	/* of no socket: its addresses are translated */
	pass(false, F0, L1, IPPROTO_TCP, SYN);
	run_ingress = 1;
	pass(true, L1, F0, IPPROTO_TCP, SYN);	/* forwarded */
	run_ingress = 0;
	ck_assert_uint_eq(births(), 0);
	ck_assert_int_eq(datapath_adopt_from(dp, HCE, false), 0);
	pass(true, L1, F0, IPPROTO_TCP, SYN);
	ck_assert_uint_eq(births(), 0);
	ck_assert_int_eq(datapath_adopt_from(dp, HCE, true), 0);
	datapath_adopt(dp, false);
	pass(true, L1, F0, IPPROTO_TCP, SYN);
	scan();
	pass(true, L1, F0, IPPROTO_TCP, SYN);
	ck_assert_uint_eq(births(), 0);
	ck_assert(!datapath_unscanned(dp));
}
END_TEST

/* The scan saw no more than a handshake under way, perhaps one that is never completed. */
START_TEST(what_follows_an_answered_syn_is_reported_once)
{
	call_from(L1, NEW_PORT, F0);
	pass(true, L1, F0, IPPROTO_TCP, SYN | ACK);
	scan();
	ck_assert_uint_eq(births(), 1);
	pass(true, L1, F0, IPPROTO_TCP, SYN | ACK);
	ck_assert_uint_eq(births(), 0);
	pass(true, L1, F0, IPPROTO_TCP, ACK);
	pass(true, L1, F0, IPPROTO_TCP, ACK);
	ck_assert_uint_eq(births(), 1);
	scan();
	pass(true, L1, F0, IPPROTO_TCP, ACK);
	ck_assert_uint_eq(births(), 0);
}
END_TEST

static const struct {
	const char *what, *src, *dst;
	uint8_t flags;
	bool forwarded, drop;
} reset[] = {
	{ "to another address of the peer", L1, F1, RST, false, true },
	{ "to one that is not proven yet", L1, FT, RST, false, true },
	{ "from another address of this host", L0, F0, RST, false, true },
	{ "by the connection's own pair", L1, F0, RST, false, false },
	{ "to somebody else", L1, OTHER, RST, false, false },
	{ "from somebody else", OTHER, F1, RST, false, false },
	{ "that answers a SYN", L1, F1, RST | ACK, false, false },
	{ "that is none", L1, F1, ACK, false, false },
	{ "that is forwarded", L1, F1, RST, true, false },
};

/* The peer has moved, and what it sends meets no socket. */
START_TEST(a_young_connection_is_not_reset_until_the_scan_is_over)
{
	uint64_t before = datapath_counter(dp, DP_REFUSALS);

	ck_assert_uint_eq(pass(true, reset[_i].src, reset[_i].dst, IPPROTO_TCP, reset[_i].flags),
			  PASS);
	call_from(L1, NEW_PORT, F0);
	pass(true, L1, F0, IPPROTO_TCP, SYN);
	for (unsigned i = 0; i < 2; i++) {
		run_ingress = reset[_i].forwarded;
		ck_assert_msg((pass(true, reset[_i].src, reset[_i].dst, IPPROTO_TCP,
				    reset[_i].flags) == TC_ACT_SHOT) == reset[_i].drop,
			      "%s", reset[_i].what);
		ck_assert_uint_eq(datapath_counter(dp, DP_REFUSALS) - before,
				  reset[_i].drop * (i + 1));
		run_ingress = 0;
		datapath_scan_begin(dp);	/* which has begun, no more */
	}
	datapath_looked(dp);
	ck_assert_uint_eq(pass(true, reset[_i].src, reset[_i].dst, IPPROTO_TCP, reset[_i].flags),
			  PASS);
}
END_TEST

START_TEST(nor_is_one_whose_handshake_the_scan_found_under_way)
{
	call_from(L1, NEW_PORT, F0);
	pass(true, L1, F0, IPPROTO_TCP, SYN | ACK);
	scan();
	ck_assert_uint_eq(births(), 1);
	ck_assert_uint_eq(pass(true, L1, F1, IPPROTO_TCP, RST), TC_ACT_SHOT);
	ck_assert_uint_eq(births(), 1);
	scan();
	ck_assert_uint_eq(pass(true, L1, F1, IPPROTO_TCP, RST), PASS);
}
END_TEST

START_TEST(what_comes_in_is_never_dropped_for_want_of_a_socket)
{
	static const char *const from[] = { F0, F1, FT, FD, OTHER };
	static const uint8_t flags[] = { ACK, SYN | ACK, SYN, RST };

	call_from(L1, NEW_PORT, F0);
	pass(true, L1, F0, IPPROTO_TCP, SYN);
	datapath_mark_unscanned(dp);
	for (unsigned i = 0; i < ARRAY_LEN(from); i++)
		for (unsigned j = 0; j < ARRAY_LEN(flags); j++)
			ck_assert_uint_eq(pass(false, from[i], L1, IPPROTO_TCP, flags[j]), PASS);
}
END_TEST

/*
 * R3: unless it comes by the pair that is in use, or the birth pair, as from a peer that has
 * forgotten the connection.
 */
START_TEST(r3_what_begins_another_connection_is_let_through)
{
	struct row other = {
		"by another pair", false, IN(F0, L1, TCP, .syn = true), NULL, NULL, NONE, false
	};
	struct row birth = {
		"by the birth pair", false, IN(F0, L0, TCP, .syn = true), NULL, NULL, NONE, false
	};
	struct row today = { "by today's pair", false, IN(F1, L1, TCP, .syn = true), F0, L0,
			     DP_IN_REWRITTEN, false };
	struct row data = { "data by another pair", false, IN(F0, L1, TCP), F0, L0, DP_IN_REWRITTEN,
			    false };

	call(L0, F0);
	set_pair(L1, F1, 2);
	check_row(&today, false);
	check_row(&other, false);
	check_row(&birth, false);
	check_row(&data, false);
}
END_TEST

/*
 * R3: what is over, and remembered for its last segments only, keeps its ports from nobody, whoever
 * comes first.
 */
START_TEST(r3_ports_of_a_connection_that_lingers_are_used_anew)
{
	struct row calls = { "from there", false, IN(F1, L1, TCP, .syn = true), NULL, NULL, NONE,
			     false };
	struct row call_out = { "from here", true, OUT(L1, F1, TCP, .syn = true), NULL, NULL, NONE,
				false };
	struct row late = { "a late segment of the old one", false, IN(F1, L1, TCP), F0, L0,
			    DP_IN_REWRITTEN, false };
	struct row answer = { "the new one's", false, IN(F1, L1, TCP), NULL, NULL, NONE, false };

	set_pair(L1, F1, 2);
	check_row(&late, false);
	check_row(_i ? &call_out : &calls, false);
	check_row(&late, false);
	call(L1, F1);
	check_row(&answer, false);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("birth");
	TCase *tc = tcase_create("birth");

	if (need_bpf())
		return 77;
	tcase_add_checked_fixture(tc, setup, entry_teardown);
	tcase_add_test(tc, a_birth_is_reported_once_a_scan);
	tcase_add_test(tc, c4_a_strangers_birth_is_reported_only_with_initiate_and_seldom);
	tcase_add_test(tc, nothing_else_is_reported);
	tcase_add_test(tc, what_follows_an_answered_syn_is_reported_once);
	tcase_add_loop_test(tc, a_young_connection_is_not_reset_until_the_scan_is_over, 0,
			    ARRAY_LEN(reset));
	tcase_add_test(tc, nor_is_one_whose_handshake_the_scan_found_under_way);
	tcase_add_test(tc, what_comes_in_is_never_dropped_for_want_of_a_socket);
	tcase_add_test(tc, r3_what_begins_another_connection_is_let_through);
	tcase_add_loop_test(tc, r3_ports_of_a_connection_that_lingers_are_used_anew, 0, 2);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
