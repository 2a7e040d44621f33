/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which segments of a real connection the programs keep, and which of their octets are to be sent
 * again.
 */
#include "config.h"

#include "flight.h"
#include "need_bpf.h"
#include "own_netns.h"

#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/tcp.h>
#include <string.h>

#define HCE	3
#define NEAR	"2001:db8:1::1"
#define FAR	"2001:db8:1::2"
#define PORT	7000

static struct datapath *dp;
static struct netns here, there;
static int fd, far;
static struct dp_flight flight;
static struct dp_seq begin;	/* before anything is sent */
static uint8_t octets[DP_FLIGHT_OCTETS];

static void act(const struct action *a)
{
	ck_assert_int_eq(datapath_action(dp, a), 0);
}

static void connect_far(void)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = in6(FAR),
				   .sin6_port = htons(PORT) };
	int lfd, on = 1;

	netns_enter(&there);
	lfd = socket(AF_INET6, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(lfd, (struct sockaddr *)&to, sizeof(to)), 0);
	ck_assert_int_eq(listen(lfd, 1), 0);
	netns_enter(&here);
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	far = accept(lfd, NULL, NULL);
	ck_assert_int_ge(far, 0);
	ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
}

static void set_pair(bool homeless)
{
	act(&(struct action){ .type = ACTION_PAIR, .hce = HCE,
			      .pair = { .local = in6(NEAR), .foreign = in6(FAR), .gen = 1,
					.homeless = homeless } });
}

static struct dp_seq look(void)
{
	struct sockaddr_in6 l;
	socklen_t len = sizeof(l);
	struct dp_seq q = { .l = in6(NEAR), .f = in6(FAR), .fport = htons(PORT) };

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&l, &len), 0);
	q.lport = l.sin6_port;
	ck_assert_int_eq(datapath_seq(dp, &q, &flight), 0);
	return q;
}

/* A connection with a Homeless peer, of which nothing is kept yet. */
static void begin_with(const char *timestamps)
{
	static const struct datapath_config config = { .max_pcbs = 4, .max_foreign = 4 };

	here = netns_new();
	run("sysctl -qw net.ipv4.tcp_timestamps=%s", timestamps);
	there = netns_new();
	netns_cable(&here, "a0", &there, "b0");
	netns_enter(&there);
	run("ip addr add " FAR "/64 dev b0 nodad");
	settle();
	netns_enter(&here);
	run("ip addr add " NEAR "/64 dev a0 nodad");
	settle();
	connect_far();
	ck_assert_int_eq(datapath_open(&config, &dp), 0);
	begin = look();
	act(&(struct action){ .type = ACTION_LOCAL, .local = { in6(NEAR), 2, true } });
	act(&(struct action){ .type = ACTION_FOREIGN, .hce = HCE,
			      .foreign = { in6(FAR), ADDR_ACTIVE } });
	set_pair(true);
	act(&(struct action){ .type = ACTION_PCB, .hce = HCE,
			      .pcb = { .local = in6(NEAR), .foreign = in6(FAR), .gen = 1,
				       .lport = ntohs(begin.lport), .fport = PORT,
				       .proto = IPPROTO_TCP } });
	ck_assert_int_eq(datapath_attach(dp, if_nametoindex("a0"), ARPHRD_ETHER), 0);
	datapath_record(dp, true);
}

static void setup(void)
{
	begin_with("1");
}

static void teardown(void)
{
	datapath_close(dp);
	close(fd);
	close(far);
}

/* The octets of the conversation are numbered; each write is one segment. */
static uint8_t octet(uint32_t i)
{
	return (uint8_t)(i * 31 + (i >> 8));
}

static uint32_t said;

static void say(uint32_t len)
{
	uint8_t buf[2048];

	for (uint32_t i = 0; i < len; i++)
		buf[i] = octet(said + i);
	ck_assert_int_eq(write(fd, buf, len), len);
	said += len;
	while (look().nxt - begin.nxt != said)	/* the congestion window may be full */
		breathe();
}

/* Of all that was said, the octets from number from on are to be sent again, up to number to. */
static void assert_kept(uint32_t from, uint32_t to)
{
	struct dp_seq q = look();
	uint32_t seq = 0, n = flight_unacked(&flight, begin.nxt, q.nxt, &seq, octets);

	ck_assert_uint_eq(n, to - from);
	if (n)
		ck_assert_uint_eq(seq - begin.nxt, from);
	for (uint32_t i = 0; i < n; i++)
		ck_assert_uint_eq(octets[i], octet(from + i));
}

START_TEST(a1_small_segments_are_kept_with_their_numbers)
{
	assert_kept(0, 0);
	say(1);
	say(DP_FLIGHT_SEGMENT);
	say(16);
	assert_kept(0, said);
	ck_assert_uint_ne(flight.stamped, 0);
	ck_assert_uint_eq(ntohl(flight.ack), look().rcv_nxt);
	ck_assert_uint_ne(flight.window, 0);
}
END_TEST

START_TEST(only_the_last_octets_are_kept_wherever_the_ring_ends)
{
	static const uint32_t len[] = { 5, 7, 16, 33, 250, DP_FLIGHT_SEGMENT };

	for (unsigned i = 0; i < 2 * DP_FLIGHT_OCTETS / len[_i]; i++) {
		say(len[_i]);
		assert_kept(said > DP_FLIGHT_OCTETS ? said - DP_FLIGHT_OCTETS : 0, said);
	}
}
END_TEST

START_TEST(a_large_segment_is_not_kept_and_nothing_across_it)
{
	say(20);
	say(DP_FLIGHT_SEGMENT + 1);
	assert_kept(0, 20);
	say(5);
	assert_kept(said - 5, said);
}
END_TEST

START_TEST(acknowledged_octets_are_not_sent_again)
{
	uint32_t seq;

	say(10);
	say(10);
	look();
	ck_assert_uint_eq(flight_unacked(&flight, flight.end - 4, flight.end, &seq, octets), 4);
	ck_assert_uint_eq(octets[0], octet(16));
	ck_assert_uint_eq(flight_unacked(&flight, flight.end, flight.end, &seq, octets), 0);
	ck_assert_uint_eq(flight_unacked(&flight, flight.end + 1, flight.end + 9, &seq, octets), 0);
}
END_TEST

START_TEST(octets_of_another_time_are_not_sent)
{
	const uint32_t half = 1u << 31;
	uint32_t seq;

	say(10);
	look();
	ck_assert_uint_eq(flight_unacked(&flight, flight.start, flight.end - 1, &seq, octets), 0);
	ck_assert_uint_eq(flight_unacked(&flight, flight.start + half, flight.end + half, &seq,
					 octets), 0);
}
END_TEST

START_TEST(numbers_may_wrap_around)
{
	struct dp_flight f = { .start = UINT32_MAX - 9, .end = 20 };
	uint32_t seq;

	for (uint32_t i = f.start; i != f.end; i++)
		f.octets[i % DP_FLIGHT_OCTETS] = (uint8_t)i;
	ck_assert_uint_eq(flight_unacked(&f, f.start + 5, f.end + 100, &seq, octets), 25);
	ck_assert_uint_eq(seq, UINT32_MAX - 4);
	for (unsigned i = 0; i < 25; i++)
		ck_assert_uint_eq(octets[i], (uint8_t)(seq + i));
	ck_assert_uint_eq(flight_unacked(&f, f.start - 5, f.end, &seq, octets), 30);
	ck_assert_uint_eq(seq, f.start);
}
END_TEST

START_TEST(a_retransmission_changes_nothing)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	say(10);
	netns_enter(&there);
	run("ip link set b0 address 02:00:00:00:00:b0 && ip addr del " FAR "/64 dev b0");
	netns_enter(&here);
	run("ip neigh replace " FAR " lladdr 02:00:00:00:00:b0 dev a0 nud permanent");
	say(10);
	while (!info.tcpi_total_retrans) {
		breathe();
		ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	}
	assert_kept(0, said);
	say(10);
	assert_kept(0, said);
}
END_TEST

START_TEST(urgent_data_is_not_kept_and_ends_what_is)
{
	say(10);
	ck_assert_int_eq(send(fd, "!", 1, MSG_OOB), 1);
	look();
	ck_assert_uint_eq(flight.start, flight.end);
}
END_TEST

START_TEST(segments_without_timestamps_are_kept)
{
	begin_with("0");
	say(16);
	assert_kept(0, said);
	ck_assert_uint_eq(flight.stamped, 0);
}
END_TEST

START_TEST(nothing_is_kept_for_a_peer_that_does_not_move)
{
	set_pair(false);
	say(16);
	assert_kept(0, 0);
	set_pair(true);
	say(16);
	assert_kept(16, said);
}
END_TEST

START_TEST(nothing_is_kept_if_it_is_switched_off)
{
	datapath_record(dp, false);
	say(16);
	assert_kept(0, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("flight");
	TCase *tc = tcase_create("flight"), *plain = tcase_create("without timestamps");
	int r = need_bpf();

	if (r)
		return r;
	tcase_set_timeout(tc, 20);	/* of an emulated processor */
	tcase_set_timeout(plain, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a1_small_segments_are_kept_with_their_numbers);
	tcase_add_loop_test(tc, only_the_last_octets_are_kept_wherever_the_ring_ends, 0, 6);
	tcase_add_test(tc, a_large_segment_is_not_kept_and_nothing_across_it);
	tcase_add_test(tc, acknowledged_octets_are_not_sent_again);
	tcase_add_test(tc, octets_of_another_time_are_not_sent);
	tcase_add_test(tc, numbers_may_wrap_around);
	tcase_add_test(tc, a_retransmission_changes_nothing);
	tcase_add_test(tc, urgent_data_is_not_kept_and_ends_what_is);
	tcase_add_test(tc, nothing_is_kept_for_a_peer_that_does_not_move);
	tcase_add_test(tc, nothing_is_kept_if_it_is_switched_off);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(plain, NULL, teardown);
	tcase_add_test(plain, segments_without_timestamps_are_kept);
	suite_add_tcase(s, plain);
	return netns_suite_run(s);
}
