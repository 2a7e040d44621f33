/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the programs make of connections that the helper does not know: which births they tell it of, and what they drop
 * until it has looked. Needs root. The peer is that of entry.h; none of these packets is of its connections.
 */
#define _GNU_SOURCE
#include "array.h"
#include "entry.h"
#include "need_bpf.h"
#include "suite.h"

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

static void see(void *ctx, const struct dp_event *e)
{
	if (e->type == DP_EVENT_BORN && e->hce == HCE)
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
	struct packet p = { .src = src, .dst = dst, .sport = egress ? NEW_PORT : FPORT, .dport = egress ? FPORT : NEW_PORT,
			    .proto = proto };
	struct frame out, f = frame_of(&p);

	if (proto == IPPROTO_TCP)
		f.b[f.l4 + FLAGS] = flags;
	return run(egress, false, &f, &out);
}

static void setup(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);	/* where the programs look for sockets */
	entry_setup();
	datapath_adopt(dp, true);
	ck_assert_int_eq(datapath_adopt_from(dp, HCE, true), 0);
}

START_TEST(a_birth_is_told_once_a_look)
{
	ck_assert_uint_eq(pass(true, L1, F0, IPPROTO_TCP, SYN), PASS);
	ck_assert(datapath_expects(dp));
	pass(true, L1, F1, IPPROTO_TCP, SYN | ACK);
	ck_assert_uint_eq(births(), 1);
	datapath_look(dp);
	ck_assert(!datapath_expects(dp));
	pass(true, L1, F1, IPPROTO_TCP, SYN | ACK);
	ck_assert_uint_eq(births(), 1);
}
END_TEST

START_TEST(nothing_else_is_told)
{
	pass(true, L1, F0, IPPROTO_TCP, ACK);
	pass(true, L1, FD, IPPROTO_TCP, SYN);
	pass(true, L1, FT, IPPROTO_TCP, SYN);
	pass(true, L1, OTHER, IPPROTO_TCP, SYN);
	pass(true, L1, F0, IPPROTO_UDP, 0);	/* of no connected socket */
	pass(false, F0, L1, IPPROTO_TCP, SYN);
	ck_assert_uint_eq(births(), 0);
	ck_assert_int_eq(datapath_adopt_from(dp, HCE, false), 0);
	pass(true, L1, F0, IPPROTO_TCP, SYN);
	ck_assert_uint_eq(births(), 0);
	ck_assert_int_eq(datapath_adopt_from(dp, HCE, true), 0);
	datapath_adopt(dp, false);
	pass(true, L1, F0, IPPROTO_TCP, SYN);
	datapath_look(dp);
	pass(true, L1, F0, IPPROTO_TCP, SYN);
	ck_assert_uint_eq(births(), 0);
	ck_assert(!datapath_expects(dp));
}
END_TEST

static const struct {
	const char *what, *src;
	uint8_t proto, flags;
	bool drop;
} early[] = {
	{ "a segment", F1, IPPROTO_TCP, ACK, true },
	{ "a segment from an address not proven yet", FT, IPPROTO_TCP, ACK, true },
	{ "a SYN|ACK", F1, IPPROTO_TCP, SYN | ACK, true },
	{ "a SYN", F1, IPPROTO_TCP, SYN, false },
	{ "a reset", F1, IPPROTO_TCP, RST, false },
	{ "a datagram", F1, IPPROTO_UDP, 0, false },
	{ "a segment from somebody else", OTHER, IPPROTO_TCP, ACK, false },
};

START_TEST(what_the_kernel_would_reset_is_dropped_until_the_look)
{
	uint64_t before = datapath_counter(dp, DP_IN_EARLY_DROPPED);

	ck_assert_uint_eq(pass(false, early[_i].src, L1, early[_i].proto, early[_i].flags), PASS);
	datapath_expect(dp);
	ck_assert_msg((pass(false, early[_i].src, L1, early[_i].proto, early[_i].flags) == TC_ACT_SHOT) == early[_i].drop, "%s",
		      early[_i].what);
	ck_assert_uint_eq(datapath_counter(dp, DP_IN_EARLY_DROPPED) - before, early[_i].drop);
	datapath_look(dp);
	ck_assert_uint_eq(pass(false, early[_i].src, L1, early[_i].proto, early[_i].flags), PASS);
}
END_TEST

START_TEST(what_has_a_socket_is_passed_and_a_listener_is_none)
{
	struct sockaddr_in6 here = { .sin6_family = AF_INET6, .sin6_addr = addr(L1), .sin6_port = htons(NEW_PORT) };
	struct sockaddr_in6 there = { .sin6_family = AF_INET6, .sin6_addr = addr(F1), .sin6_port = htons(FPORT) };
	int lfd = socket(AF_INET6, SOCK_STREAM, 0), fd = socket(AF_INET6, SOCK_STREAM, 0);

	/* The peer lives here, as far as the kernel is concerned. */
	ck_assert_int_eq(system("ip link set lo up && ip addr add " L1 " dev lo && ip addr add " F1 " dev lo"), 0);
	ck_assert_int_eq(bind(lfd, (struct sockaddr *)&here, sizeof(here)), 0);
	ck_assert_int_eq(listen(lfd, 1), 0);
	datapath_expect(dp);
	ck_assert_uint_eq(pass(false, F1, L1, IPPROTO_TCP, ACK), TC_ACT_SHOT);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&there, sizeof(there)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&here, sizeof(here)), 0);
	ck_assert_uint_eq(pass(false, F1, L1, IPPROTO_TCP, ACK), PASS);
	ck_assert_uint_eq(pass(false, F0, L1, IPPROTO_TCP, ACK), TC_ACT_SHOT);
}
END_TEST

/* A socket that connects, with the ports of entry.h's connection. Nobody answers its SYN. */
static void call(const char *local, const char *foreign)
{
	struct sockaddr_in6 here = { .sin6_family = AF_INET6, .sin6_addr = addr(local), .sin6_port = htons(LPORT) };
	struct sockaddr_in6 there = { .sin6_family = AF_INET6, .sin6_addr = addr(foreign), .sin6_port = htons(FPORT) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);

	ck_assert_int_eq(system("ip link add d0 type veth peer name d1 && ip link set d1 up && ip link set d0 up && "
				"ip addr add " L0 "/64 dev d0 nodad && ip addr add " L1 "/64 dev d0 nodad && "
				"ip -6 route add default dev d0"), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&there, sizeof(there)), -1);
	ck_assert_int_eq(errno, EINPROGRESS);
}

/* R3: unless it comes by the pair that is in use, or the birth pair, as from a peer that has forgotten the connection. */
START_TEST(r3_what_begins_another_connection_is_let_through)
{
	struct row other = { "by another pair", false, IN(F0, L1, TCP, .syn = true), NULL, NULL, NONE, false };
	struct row birth = { "by the birth pair", false, IN(F0, L0, TCP, .syn = true), NULL, NULL, NONE, false };
	struct row today = { "by today's pair", false, IN(F1, L1, TCP, .syn = true), F0, L0, DP_IN_REWRITTEN, false };
	struct row data = { "data by another pair", false, IN(F0, L1, TCP), F0, L0, DP_IN_REWRITTEN, false };

	call(L0, F0);
	set_pair(L1, F1, 2);
	check_row(&today, false);
	check_row(&other, false);
	check_row(&birth, false);
	check_row(&data, false);
}
END_TEST

/* R3: what is over, and remembered for its last segments only, keeps its ports from nobody, whoever comes first. */
START_TEST(r3_ports_of_a_connection_that_lingers_are_used_anew)
{
	struct row calls = { "from there", false, IN(F1, L1, TCP, .syn = true), NULL, NULL, NONE, false };
	struct row call_out = { "from here", true, OUT(L1, F1, TCP, .syn = true), NULL, NULL, NONE, false };
	struct row late = { "a late segment of the old one", false, IN(F1, L1, TCP), F0, L0, DP_IN_REWRITTEN, false };
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
	tcase_add_test(tc, a_birth_is_told_once_a_look);
	tcase_add_test(tc, nothing_else_is_told);
	tcase_add_loop_test(tc, what_the_kernel_would_reset_is_dropped_until_the_look, 0, ARRAY_LEN(early));
	tcase_add_test(tc, what_has_a_socket_is_passed_and_a_listener_is_none);
	tcase_add_test(tc, r3_what_begins_another_connection_is_let_through);
	tcase_add_loop_test(tc, r3_ports_of_a_connection_that_lingers_are_used_anew, 0, 2);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
