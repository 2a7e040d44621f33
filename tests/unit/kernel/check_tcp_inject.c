/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp_inject.h, tcp_inject.h, tcp_flight.h: what makes TCP send again, and what it has in flight,
 * on real connections.
 */
#include "config.h"

#include "array.h"
#include "fib.h"
#include "icmp_inject.h"
#include "tcp_flight.h"
#include "tcp_inject.h"
#include "tcp_socket.h"
#include "two_cables.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <string.h>

#define ESTABLISHED	1	/* TCP_ESTABLISHED of netinet/tcp.h, whose tcp_info is too short */

/* A connection between the namespaces, as its near end sees it. */
struct connection {
	int fd, far;
	struct sock_desc pcb;
};

static struct connection connection(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = in6("2001:db8:1::2"),
				  .sin6_port = htons(7000) },
			    l;
	struct connection c = { 0 };
	socklen_t len = sizeof(l);
	int lfd;

	netns_enter(&there);
	lfd = socket(AF_INET6, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(lfd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(lfd, 1), 0);
	netns_enter(&here);
	c.fd = socket(AF_INET6, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(c.fd, (struct sockaddr *)&a, sizeof(a)), 0);
	c.far = accept(lfd, NULL, NULL);
	ck_assert_int_eq(getsockname(c.fd, (struct sockaddr *)&l, &len), 0);
	c.pcb = (struct sock_desc){ .local = l.sin6_addr, .foreign = a.sin6_addr,
				    .lport = ntohs(l.sin6_port), .fport = 7000,
				    .proto = IPPROTO_TCP, .established = true };
	return c;
}

/*
 * The number of the next octet to be sent, which is also the first not acknowledged while nothing
 * is on its way.
 */
static uint32_t next_seq(int fd)
{
	return queue_seq(fd, TCP_SEND_QUEUE);
}

/* Makes the far end deaf: its address is gone, while ours goes on knowing where it was. */
static void deafen(void)
{
	netns_enter(&there);
	run("ip link set b0 address 02:00:00:00:00:b0 && ip addr del 2001:db8:1::2/64 dev b0");
	netns_enter(&here);
	run("ip neigh replace 2001:db8:1::2 lladdr 02:00:00:00:00:b0 dev a0 nud permanent");
}

static void undeafen(void)
{
	netns_enter(&there);
	run("ip addr add 2001:db8:1::2/64 dev b0 nodad");
	settle();
	netns_enter(&here);
}

/* Waits until the timer of fd has doubled that often. */
static void backs_off(int fd, unsigned times)
{
	while (info(fd).tcpi_backoff < times)
		breathe();
	ck_assert_uint_eq(info(fd).tcpi_backoff, times);
}

static unsigned ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned)(ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

/* Waits for everything to be acknowledged. Returns how long that took, ms. */
static unsigned drains(int fd)
{
	unsigned start = ms();

	while (info(fd).tcpi_unacked)
		breathe();
	return ms() - start;
}

START_TEST(a_kick_undoes_doublings_and_makes_tcp_retransmit)
{
	struct signal_io *w = open_in(&here);
	struct connection c = connection();
	struct in6_addr via = in6("2001:db8:2::1");
	uint32_t seq = next_seq(c.fd);

	deafen();
	ck_assert_int_eq(write(c.fd, "x", 1), 1);
	backs_off(c.fd, 3);		/* the next one would come in 1.6 s */
	ck_assert_int_eq(icmp_inject_retransmit(w, &c.pcb, seq + 1, &via, 1),
			 0);	/* beyond what was sent */
	ck_assert_int_eq(icmp_inject_retransmit(w, &c.pcb, seq - 1, &via, 1), 0);
	ck_assert_uint_eq(info(c.fd).tcpi_backoff, 3);
	ck_assert_int_eq(icmp_inject_retransmit(w, &c.pcb, seq, &via, 1), 0);
	ck_assert_uint_eq(info(c.fd).tcpi_backoff, 2);
	undeafen();
	ck_assert_int_eq(icmp_inject_retransmit(w, &c.pcb, seq, &via, 2), 0);
	ck_assert_uint_lt(drains(c.fd), 800);
	ck_assert_uint_eq(info(c.fd).tcpi_state, ESTABLISHED);
	ck_assert_int_eq(write(c.fd, "y", 1), 1);	/* and no error is left for the program */
}
END_TEST

START_TEST(a_kick_reaches_a_connection_whose_address_is_lost_and_passes_a_firewall)
{
	struct signal_io *w = open_in(&here);
	struct connection c;
	struct in6_addr via = in6("2001:db8:2::1");
	uint32_t seq;

	if (_i && system("nft 'add table inet f; add chain inet f in { type filter hook input "
			 "priority 0; policy drop; };"
			 "add rule inet f in icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert "
			 "} accept;"
			 "add rule inet f in ct state established,related accept' 2>/dev/null"))
		/* a machine without nft, or a kernel without connection tracking */
		return;
	c = connection();
	seq = next_seq(c.fd);
	deafen();
	run("ip addr del 2001:db8:1::1/64 dev a0 && ip route add local 2001:db8:1::1 dev lo table "
	    "local");
	ck_assert_int_eq(write(c.fd, "x", 1), 1);
	backs_off(c.fd, 2);
	ck_assert_int_eq(icmp_inject_retransmit(w, &c.pcb, seq, &via, 1), 0);
	ck_assert_uint_eq(info(c.fd).tcpi_backoff, 1);
}
END_TEST

/* What arrives at b0, whether the far end's stack hears it or not. */
static int tap(void)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_IPV6) };
	int s;

	netns_enter(&there);
	a.sll_ifindex = (int)if_nametoindex("b0");
	s = socket(AF_PACKET, SOCK_DGRAM, htons(ETHERTYPE_IPV6));
	ck_assert_int_ge(s, 0);
	ck_assert_int_eq(bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	netns_enter(&here);
	return s;
}

/* The next TCP segment with data at the tap; its checksum, which the NIC may add, as 0. */
static size_t next_segment(int s, uint8_t ret[static 2048])
{
	size_t len;
	ssize_t n;

	do {
		n = recv(s, ret, 2048, 0);
		ck_assert_int_gt(n, 60);
		len = (size_t)n;
	} while (ret[6] != IPPROTO_TCP || len <= 40u + (ret[52] >> 4) * 4u);
	ret[56] = ret[57] = 0;
	return len;
}

static uint32_t word(const uint8_t *at)
{
	uint32_t n;

	memcpy(&n, at, sizeof(n));
	return ntohl(n);
}

static struct tcp_segment segment_of(const uint8_t *pkt, size_t len)
{
	const uint8_t *tcp = pkt + 40;
	const size_t head = (tcp[12] >> 4) * 4u;

	return (struct tcp_segment){ .seq = word(tcp + 4), .ack = word(tcp + 8),
				     .window = (uint16_t)word(tcp + 12), .stamped = head == 32,
				     .stamp = { word(tcp + 24), word(tcp + 28) },
				     .data = tcp + head, .len = (uint32_t)(len - 40 - head) };
}

/* The checksum of a TCP segment: 0 if the one in it is right. */
static uint16_t checksum(const uint8_t *pkt, size_t len)
{
	uint32_t sum = (uint32_t)(len - 40) + IPPROTO_TCP;

	for (size_t i = 8; i < len; i++)
		sum += i % 2 ? pkt[i] : (uint32_t)pkt[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Case _i: with timestamps or without. */
START_TEST(a_segment_that_is_sent_again_is_that_of_tcp)
{
	static const char *const text[] = { "x", "some more" };
	uint8_t first[2048], again[2048];
	struct signal_io *w = open_in(&here);
	struct connection c;
	struct tcp_segment t;
	size_t len, n;
	int s;

	netns_enter(&here);
	run("sysctl -qw net.ipv4.tcp_timestamps=%d", _i);
	c = connection();
	s = tap();
	for (unsigned i = 0; i < ARRAY_LEN(text); i++) {
		ck_assert_int_eq(write(c.fd, text[i], strlen(text[i])), (ssize_t)strlen(text[i]));
		len = next_segment(s, first);
		t = segment_of(first, len);
		ck_assert_int_eq(t.stamped, _i);
		drains(c.fd);		/* or it could be one that TCP sends again */
		ck_assert_int_eq(tcp_inject_again(w, &c.pcb, &t), 0);
		do
			n = (size_t)recv(s, again, sizeof(again), 0);
		while (n != len);
		ck_assert_uint_eq(checksum(again, n), 0);
		again[56] = again[57] = 0;
		ck_assert_mem_eq(again + 40, first + 40, len - 40);
		ck_assert_mem_eq(again + 8, first + 8, 32);
	}
	close(s);
}
END_TEST

START_TEST(a_segment_that_is_sent_again_is_acknowledged)
{
	struct signal_io *w = open_in(&here);
	struct connection c = connection();
	uint8_t first[2048];
	struct tcp_segment t;
	int s = tap();
	char buf[8];

	deafen();
	ck_assert_int_eq(write(c.fd, "x", 1), 1);
	t = segment_of(first, next_segment(s, first));
	backs_off(c.fd, 3);		/* the next one would come in 1.6 s */
	undeafen();
	ck_assert_int_eq(tcp_inject_again(w, &c.pcb, &t), 0);
	ck_assert_uint_lt(drains(c.fd), 800);
	ck_assert_int_eq(read(c.far, buf, sizeof(buf)), 1);
	ck_assert_int_eq(buf[0], 'x');
	ck_assert_int_eq(write(c.fd, "y", 1), 1);
	ck_assert_int_eq(read(c.far, buf, sizeof(buf)), 1);
	ck_assert_int_eq(buf[0], 'y');
	close(s);
}
END_TEST

START_TEST(an_acknowledgement_for_the_kernel_is_taken)
{
	struct signal_io *w = open_in(&here);
	struct connection c = connection();
	struct tcp_segment t = { 0 };

	run("ip route add blackhole 2001:db8:1::2 metric 1");
	ck_assert_int_eq(write(c.far, "x", 1), 1);
	backs_off(c.far, 3);		/* the next one would come in 1.6 s */
	run("ip route del blackhole 2001:db8:1::2 metric 1");
	ck_assert_uint_eq(info(c.far).tcpi_unacked, 1);
	t.seq = next_seq(c.fd);
	t.ack = queue_seq(c.fd, TCP_RECV_QUEUE);
	ck_assert_int_eq(tcp_inject_again(w, &c.pcb, &t), 0);
	ck_assert_uint_lt(drains(c.far), 800);
}
END_TEST

START_TEST(only_what_a_connection_may_have_sent_is_sent_again)
{
	static const uint8_t octets[TCP_AGAIN_MAX + 1];
	struct signal_io *w = open_in(&here);
	struct connection c = connection();
	struct tcp_segment t = { .data = octets, .len = TCP_AGAIN_MAX + 1 };

	ck_assert_int_eq(tcp_inject_again(w, &c.pcb, &t), -EINVAL);
	t.len = 1;
	c.pcb.established = false;
	ck_assert_int_eq(tcp_inject_again(w, &c.pcb, &t), -EINVAL);
	c.pcb.established = true;
	c.pcb.proto = IPPROTO_UDP;
	ck_assert_int_eq(tcp_inject_again(w, &c.pcb, &t), -EINVAL);
}
END_TEST

START_TEST(a_connection_that_a_kick_would_end_is_not_kicked)
{
	struct signal_io *w = open_in(&here);
	struct connection c = connection();
	struct in6_addr via = in6("2001:db8:2::1");

	c.pcb.established = false;
	ck_assert_int_eq(icmp_inject_retransmit(w, &c.pcb, 0, &via, 1), -EINVAL);
	ck_assert_int_eq(icmp_inject_too_big(w, &c.pcb, 0, &via, 1400), -EINVAL);
	c.pcb.established = true;
	ck_assert_int_eq(icmp_inject_too_big(w, &c.pcb, 0, &via, 1279), -EINVAL);
	c.pcb.proto = IPPROTO_UDP;
	ck_assert_int_eq(icmp_inject_retransmit(w, &c.pcb, 0, &via, 1), -EINVAL);
	ck_assert_int_eq(icmp_inject_too_big(w, &c.pcb, 0, &via, 1400), -EINVAL);
}
END_TEST

/* Writes so many full segments, which nobody acknowledges, and reads what is in flight. */
static struct tcp_flight flight_of(struct netlink *diag, struct connection *c, unsigned segments)
{
	static char buf[1 << 14];
	size_t len = segments * info(c->fd).tcpi_snd_mss;
	socklen_t size = sizeof(c->pcb.cookie);
	struct tcp_flight flight;

	ck_assert_int_eq(getsockopt(c->fd, SOL_SOCKET, SO_COOKIE, &c->pcb.cookie, &size), 0);
	ck_assert_uint_le(len, sizeof(buf));
	ck_assert_int_eq(write(c->fd, buf, len), (ssize_t)len);
	ck_assert_int_eq(tcp_flight_get(diag, &c->pcb, 0, &flight), 0);
	ck_assert_uint_eq(flight.unacked, segments);
	ck_assert_uint_eq(flight.backoff, 0);
	return flight;
}

START_TEST(s3_packet_too_big_makes_full_segments_go_again_and_is_forgotten)
{
	struct signal_io *w = open_in(&here);
	struct connection c = connection();
	struct in6_addr via = in6("2001:db8:2::1"), *dst = &c.pcb.foreign, *src = &c.pcb.local;
	uint32_t seq = next_seq(c.fd);
	const struct flow anybody = { .uid = SOCK_UID_UNKNOWN };
	unsigned mss = info(c.fd).tcpi_snd_mss, before;
	struct netlink *route, *diag;
	struct tcp_flight flight;

	ck_assert_int_eq(netlink_open(NETLINK_ROUTE, &route), 0);
	ck_assert_int_eq(netlink_open(NETLINK_SOCK_DIAG, &diag), 0);
	deafen();
	flight = flight_of(diag, &c, 5);
	ck_assert_uint_eq(flight.mtu, 1500);
	before = info(c.fd).tcpi_total_retrans;		/* of a probe for a lost tail, perhaps */
	ck_assert_int_eq(icmp_inject_too_big(w, &c.pcb, seq, &via, flight.mtu), 0);
	ck_assert_uint_le(info(c.fd).tcpi_total_retrans, before + 1);
	ck_assert_uint_eq(fib_learned_mtu(route, dst, src, &anybody), 0);

	before = info(c.fd).tcpi_total_retrans;
	ck_assert_int_eq(icmp_inject_too_big(w, &c.pcb, seq, &via, flight.mtu - 1), 0);
	ck_assert_uint_ge(info(c.fd).tcpi_total_retrans, before + 5);
	ck_assert_uint_eq(info(c.fd).tcpi_backoff, 0);
	ck_assert_uint_eq(info(c.fd).tcpi_snd_mss, mss - 1);

	ck_assert_uint_eq(fib_learned_mtu(route, dst, src, &anybody), flight.mtu - 1);
	ck_assert_int_eq(fib_forget_mtu(route, dst, src, &anybody, flight.mtu), -ESRCH);
	ck_assert_int_eq(fib_forget_mtu(route, dst, src, &anybody, flight.mtu - 1), 0);
	ck_assert_int_eq(fib_forget_mtu(route, dst, src, &anybody, flight.mtu - 1), -ESRCH);
	ck_assert_uint_eq(fib_learned_mtu(route, dst, src, &anybody), 0);
	undeafen();
	drains(c.fd);
	ck_assert_int_eq(write(c.fd, "y", 1), 1);
	drains(c.fd);
	ck_assert_uint_eq(info(c.fd).tcpi_snd_mss, mss);
	netlink_close(route);
	netlink_close(diag);
}
END_TEST

START_TEST(a_connection_is_found_bound_to_an_interface_or_not_and_by_its_cookie)
{
	struct connection c = connection();
	unsigned a0 = if_nametoindex("a0");
	socklen_t size = sizeof(c.pcb.cookie);
	struct tcp_flight flight;
	struct netlink *diag;

	ck_assert_int_eq(netlink_open(NETLINK_SOCK_DIAG, &diag), 0);
	ck_assert_int_eq(getsockopt(c.fd, SOL_SOCKET, SO_COOKIE, &c.pcb.cookie, &size), 0);
	ck_assert_int_eq(tcp_flight_get(diag, &c.pcb, a0, &flight), 0);
	ck_assert_uint_eq(flight.unacked, 0);
	ck_assert_int_eq(setsockopt(c.fd, SOL_SOCKET, SO_BINDTODEVICE, "a0", 2), 0);
	ck_assert_int_eq(tcp_flight_get(diag, &c.pcb, 0, &flight), -ENOENT);
	ck_assert_int_eq(tcp_flight_get(diag, &c.pcb, a0, &flight), 0);
	c.pcb.cookie++;
	ck_assert_int_eq(tcp_flight_get(diag, &c.pcb, a0, &flight), -ENOENT);
	netlink_close(diag);
}
END_TEST

START_TEST(a_connection_with_tls_in_the_kernel_is_told_apart)
{
	struct connection c = connection();
	socklen_t size = sizeof(c.pcb.cookie);
	struct tcp_flight flight;
	struct netlink *diag;

	ck_assert_int_eq(netlink_open(NETLINK_SOCK_DIAG, &diag), 0);
	ck_assert_int_eq(getsockopt(c.fd, SOL_SOCKET, SO_COOKIE, &c.pcb.cookie, &size), 0);
	ck_assert_int_eq(tcp_flight_get(diag, &c.pcb, 0, &flight), 0);
	ck_assert(!flight.layered);
	if (setsockopt(c.fd, IPPROTO_TCP, TCP_ULP, "tls", 3)) {
		printf("this kernel has no TLS\n");
	} else {
		ck_assert_int_eq(tcp_flight_get(diag, &c.pcb, 0, &flight), 0);
		ck_assert(flight.layered);
	}
	netlink_close(diag);
}
END_TEST

/* Waits until so many segments have come to fd since it had n. */
static bool heard(int fd, unsigned n, unsigned more)
{
	unsigned start = ms();

	while (info(fd).tcpi_segs_in < n + more && ms() - start < 200)
		breathe();
	return info(fd).tcpi_segs_in == n + more;
}

/* _i: with a firewall that drops what connection tracking does not take for valid. */
START_TEST(s1_tcp_is_asked_for_an_acknowledgement_and_nothing_else_happens)
{
	struct signal_io *w = open_in(&here);
	struct connection c;
	struct in6_addr via = in6("2001:db8:2::1");
	uint32_t una, rcv_nxt;
	struct tcp_info near;
	unsigned far;
	char buf[4];

	if (_i && system("nft 'add table inet f;"
			 "add chain inet f in { type filter hook input priority 0; };"
			 "add chain inet f out { type filter hook output priority 0; };"
			 "add rule inet f in ct state invalid drop;"
			 "add rule inet f out ct state invalid drop' 2>/dev/null"))
		return;
	c = connection();
	ck_assert_int_eq(write(c.fd, "near", 4), 4);
	ck_assert_int_eq(read(c.far, buf, sizeof(buf)), 4);
	ck_assert_int_eq(write(c.far, "far", 3), 3);
	ck_assert_int_eq(read(c.fd, buf, sizeof(buf)), 3);
	drains(c.fd);
	drains(c.far);
	una = next_seq(c.fd);
	rcv_nxt = queue_seq(c.fd, TCP_RECV_QUEUE);
	near = info(c.fd);
	far = info(c.far).tcpi_segs_in;
	ck_assert_int_eq(tcp_inject_ask_ack(w, &c.pcb, una, rcv_nxt, &via), 0);
	ck_assert(heard(c.far, far, 1));
	ck_assert_uint_eq(info(c.fd).tcpi_snd_wnd, near.tcpi_snd_wnd);
	ck_assert_uint_eq(info(c.fd).tcpi_segs_out, near.tcpi_segs_out + 1);
	ck_assert_uint_eq(info(c.fd).tcpi_data_segs_in, near.tcpi_data_segs_in);
	ck_assert_uint_eq(info(c.far).tcpi_dsack_dups, 0);
	ck_assert_int_eq(write(c.far, "far", 3), 3);
	ck_assert_int_eq(read(c.fd, buf, sizeof(buf)), 3);
	ck_assert_int_eq(write(c.fd, "near", 4), 4);
	ck_assert_int_eq(read(c.far, buf, sizeof(buf)), 4);
	c.pcb.established = false;
	ck_assert_int_eq(tcp_inject_ask_ack(w, &c.pcb, una, rcv_nxt, &via), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tcp_inject");
	TCase *tc = tcase_create("tcp_inject");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_kick_undoes_doublings_and_makes_tcp_retransmit);
	tcase_add_loop_test(tc,
			    a_kick_reaches_a_connection_whose_address_is_lost_and_passes_a_firewall,
			    0, 2);
	tcase_add_loop_test(tc, a_segment_that_is_sent_again_is_that_of_tcp, 0, 2);
	tcase_add_test(tc, a_segment_that_is_sent_again_is_acknowledged);
	tcase_add_test(tc, an_acknowledgement_for_the_kernel_is_taken);
	tcase_add_test(tc, only_what_a_connection_may_have_sent_is_sent_again);
	tcase_add_test(tc, a_connection_that_a_kick_would_end_is_not_kicked);
	tcase_add_test(tc, s3_packet_too_big_makes_full_segments_go_again_and_is_forgotten);
	tcase_add_test(tc, a_connection_is_found_bound_to_an_interface_or_not_and_by_its_cookie);
	tcase_add_test(tc, a_connection_with_tls_in_the_kernel_is_told_apart);
	tcase_add_loop_test(tc, s1_tcp_is_asked_for_an_acknowledgement_and_nothing_else_happens, 0,
			    2);
	suite_add_tcase(s, tc);
	return netns_suite_run(s);
}
