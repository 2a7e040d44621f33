/* SPDX-License-Identifier: BSD-2-Clause */
/* signal_io.h: packets out of the right interface and in from any. */
#include "config.h"

#include "encap.h"
#include "two_cables.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip6.h>
#include <string.h>

/*
 * A packet with a Destination Options header of one PadN, 48 octets, or with other Next Headers and
 * lengths.
 */
static size_t packet(uint8_t *buf, const char *src, const char *dst, uint8_t next, size_t payload)
{
	static const uint8_t padn[8] = { IPPROTO_NONE, 0, 1, 4 };
	struct ip6_hdr h = { .ip6_flow = htonl(0x6ab12345), .ip6_plen = htons((uint16_t)payload) };

	h.ip6_nxt = next;
	h.ip6_hlim = 64;
	h.ip6_src = in6(src);
	h.ip6_dst = in6(dst);
	memset(buf, 0, sizeof(h) + payload);
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + sizeof(h), padn, payload < sizeof(padn) ? payload : sizeof(padn));
	return sizeof(h) + payload;
}

/* Reads w until n packets have come. */
static bool hears(struct signal_io *w, unsigned n)
{
	while (got.n < n) {
		if (!readable(signal_io_fd(w), 3000))
			return false;
		ck_assert_int_ge(signal_io_read(w), 0);
	}
	return true;
}

START_TEST(a_packet_leaves_by_the_interface_given_and_arrives_as_it_was_sent)
{
	static const char *const src[] = { "2001:db8:1::1", "2001:db8:2::1" };
	static const char *const name[] = { "a0", "a1" }, *const far[] = { "b0", "b1" };
	struct signal_io *w = open_in(&here), *v = open_in(&there);
	unsigned findex = if_nametoindex(far[_i]);
	uint8_t buf[64];
	size_t len = packet(buf, src[_i], "2001:db8:9::9", IPPROTO_DSTOPTS, 8);

	netns_enter(&here);
	for (unsigned i = 1; i <= 2; i++) {
		ck_assert_int_eq(signal_io_send(w, buf, len, if_nametoindex(name[_i])), 0);
		ck_assert(hears(v, i));
		ck_assert_uint_eq(got.ifindex, findex);
		ck_assert_uint_eq(got.len, len);
		ck_assert_mem_eq(got.pkt, buf, len);
	}
}
END_TEST

START_TEST(source_routes_are_followed)
{
	struct signal_io *w = open_in(&here), *v = open_in(&there);
	unsigned b1 = if_nametoindex("b1");
	uint8_t buf[64];
	size_t len = packet(buf, "2001:db8:2::1", "2001:db8:9::9", IPPROTO_DSTOPTS, 8);

	netns_enter(&here);
	run("ip -6 route del default dev a1");
	ck_assert_int_eq(signal_io_send(w, buf, len, if_nametoindex("a1")), -ENETUNREACH);
	run("ip route add default from 2001:db8:2::/64 via 2001:db8:2::2 dev a1");
	ck_assert_int_eq(signal_io_send(w, buf, len, if_nametoindex("a1")), 0);
	ck_assert(hears(v, 1));
	ck_assert_uint_eq(got.ifindex, b1);
}
END_TEST

START_TEST(without_an_interface_the_kernel_chooses)
{
	struct signal_io *w = open_in(&here), *v = open_in(&there);
	unsigned b0 = if_nametoindex("b0");
	uint8_t buf[64];
	size_t len = packet(buf, "2001:db8:1::1", "2001:db8:9::9", IPPROTO_AH, 24);

	netns_enter(&here);
	ck_assert_int_eq(signal_io_send(w, buf, len, if_nametoindex("a1")), 0);
	ck_assert(hears(v, 1));
	ck_assert_int_eq(signal_io_send(w, buf, len, 0), 0);
	ck_assert(hears(v, 2));
	ck_assert_uint_eq(got.ifindex, b0);
}
END_TEST

START_TEST(a_packet_that_cannot_leave_is_an_error_and_the_next_one_leaves)
{
	struct signal_io *w = open_in(&here), *v = open_in(&there);
	static uint8_t buf[3000];
	size_t len = packet(buf, "2001:db8:1::1", "2001:db8:9::9", IPPROTO_DSTOPTS, 2800);

	netns_enter(&here);
	ck_assert_int_eq(signal_io_send(w, buf, len, if_nametoindex("a0")), -EMSGSIZE);
	ck_assert_int_eq(signal_io_send(w, buf, 39, if_nametoindex("a0")), -EINVAL);
	len = packet(buf, "2001:db8:1::1", "2001:db8:9::9", IPPROTO_DSTOPTS, 8);
	ck_assert_int_lt(signal_io_send(w, buf, len, 4711), 0);
	run("ip -6 route del default dev a0");
	ck_assert_int_eq(signal_io_send(w, buf, len, if_nametoindex("a0")), -ENETUNREACH);
	len = packet(buf, "2001:db8:2::1", "2001:db8:9::9", IPPROTO_DSTOPTS, 8);
	ck_assert_int_eq(signal_io_send(w, buf, len, if_nametoindex("a1")), 0);
	ck_assert(hears(v, 1));
}
END_TEST

/* Cloned packets cost everything that this host sends; pcap drops them only afterwards. */
START_TEST(what_leaves_is_not_cloned_for_the_capture)
{
	struct signal_io *w = open_in(&here);
	int ignored = 0;
	socklen_t len = sizeof(ignored);

	ck_assert_int_eq(getsockopt(signal_io_fd(w), SOL_PACKET, PACKET_IGNORE_OUTGOING, &ignored,
				    &len), 0);
	ck_assert_int_eq(ignored, 1);
}
END_TEST

START_TEST(an_interface_that_comes_later_is_heard_and_sent_from)
{
	struct signal_io *w = open_in(&here), *v = open_in(&there);
	uint8_t buf[64];
	size_t len = packet(buf, "2001:db8:3::1", "2001:db8:3::2", IPPROTO_DSTOPTS, 8);

	netns_enter(&here);
	run("ip link del a0");
	netns_cable(&here, "a2", &there, "b2");
	run("ip addr add 2001:db8:3::1/64 dev a2 nodad");
	netns_enter(&there);
	run("ip addr add 2001:db8:3::2/64 dev b2 nodad");
	settle();
	netns_enter(&here);
	settle();
	ck_assert_int_eq(signal_io_send(w, buf, len, if_nametoindex("a2")), 0);
	ck_assert(hears(v, 1));
	ck_assert_uint_eq(got.len, len);
}
END_TEST

START_TEST(only_signalling_that_comes_in_is_heard)
{
	struct signal_io *w = open_in(&here), *v = open_in(&there);
	static uint8_t buf[1400];
	size_t len;

	netns_enter(&here);
	len = packet(buf, "2001:db8:1::1", "2001:db8:1::2", IPPROTO_NONE, 8);
	ck_assert_int_eq(signal_io_send(w, buf, len, 0), 0);
	len = packet(buf, "2001:db8:1::1", "2001:db8:1::2", IPPROTO_DSTOPTS, 1280 - 40);
	ck_assert_int_eq(signal_io_send(w, buf, len, 0), 0);
	ck_assert(hears(v, 1));
	ck_assert_uint_eq(got.len, 1280);
	ck_assert(!readable(signal_io_fd(w), 50) || signal_io_read(w) == 0);
	ck_assert_uint_eq(got.n, 1);
}
END_TEST

START_TEST(a_packet_for_another_host_is_not_heard)
{
	struct signal_io *w = open_in(&here), *v = open_in(&there);
	uint8_t buf[64];
	size_t len = packet(buf, "2001:db8:1::1", "2001:db8:1::77", IPPROTO_DSTOPTS, 8);

	netns_enter(&here);
	run("ip neigh add 2001:db8:1::77 lladdr 02:00:00:00:00:77 dev a0");
	ck_assert_int_eq(signal_io_send(w, buf, len, 0), 0);
	len = packet(buf, "2001:db8:1::1", "2001:db8:1::2", IPPROTO_DSTOPTS, 8);
	ck_assert_int_eq(signal_io_send(w, buf, len, 0), 0);
	ck_assert(hears(v, 1));
	ck_assert_uint_eq(got.pkt[39], 2);
	ck_assert_uint_eq(got.n, 1);
}
END_TEST

START_TEST(a_packet_goes_in_udp_and_is_read_from_it)
{
	struct in6_addr src = in6("2001:db8:1::1"), dst = in6("2001:db8:1::2");
	struct signal_io *w = open_in(&here), *v = open_in(&there);
	struct encap e;
	uint8_t buf[64];
	size_t len = packet(buf, "2001:db8:1::1", "2001:db8:1::2", IPPROTO_DSTOPTS, 8);

	netns_enter(&here);
	ck_assert_int_eq(signal_io_send_udp(w, buf, len, 0), -ENOTCONN);
	ck_assert_int_eq(signal_io_encapsulate(w, ENCAP_PORT), 0);
	netns_enter(&there);
	ck_assert_int_eq(signal_io_encapsulate(v, ENCAP_PORT), 0);
	netns_enter(&here);
	ck_assert_int_eq(signal_io_send_udp(w, buf, len, if_nametoindex("a0")), 0);
	ck_assert(hears(v, 1));
	ck_assert_int_eq(encap_open(got.pkt, got.len, &e), 0);
	ck_assert_uint_eq(e.len, len);
	ck_assert_mem_eq(e.inner, buf, len);
	ck_assert_int_eq(signal_io_keepalive(w, &src, &dst, 0), 0);
	ck_assert(hears(v, 2));
	ck_assert_int_eq(encap_open(got.pkt, got.len, &e), -ENOMSG);
	/* Native ones are read as before, and nothing was answered to what came in UDP. */
	ck_assert_int_eq(signal_io_send(w, buf, len, 0), 0);
	ck_assert(hears(v, 3));
	ck_assert_int_eq(signal_io_read(w), 0);
}
END_TEST

START_TEST(a_host_that_has_no_such_port_says_so)
{
	struct signal_io *w = open_in(&here);
	uint8_t buf[64];
	size_t len = packet(buf, "2001:db8:1::1", "2001:db8:1::2", IPPROTO_DSTOPTS, 8);

	ck_assert_int_eq(signal_io_encapsulate(w, ENCAP_PORT), 0);
	ck_assert_int_eq(signal_io_send_udp(w, buf, len, 0), 0);
	ck_assert(hears(w, 1));
	ck_assert_uint_eq(got.pkt[6], IPPROTO_ICMPV6);
	ck_assert_mem_eq(got.pkt + 48 + ENCAP_OVERHEAD, buf, len);
}
END_TEST

START_TEST(the_port_is_held_for_ipv6_alone)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(ENCAP_PORT) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(ENCAP_PORT) };
	struct signal_io *w = open_in(&here), *other = open_in(&here);
	int fd6 = socket(AF_INET6, SOCK_DGRAM, 0), fd4 = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(signal_io_encapsulate(w, ENCAP_PORT), 0);
	ck_assert_int_eq(signal_io_encapsulate(other, ENCAP_PORT), -EADDRINUSE);
	ck_assert_int_lt(bind(fd6, (struct sockaddr *)&six, sizeof(six)), 0);
	ck_assert_int_eq(bind(fd4, (struct sockaddr *)&four, sizeof(four)), 0);
	close(fd4);
	close(fd6);
}
END_TEST

START_TEST(without_privileges_opening_fails_and_says_why)
{
	const char *why = NULL;
	struct signal_io *w = NULL;

	ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(signal_io_open(receive, NULL, &w, &why), -EPERM);
	ck_assert_ptr_null(w);
	ck_assert(why && *why);
	/* As before, for a leak checker's sake. */
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signal_io");
	TCase *tc = tcase_create("signal_io");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_packet_leaves_by_the_interface_given_and_arrives_as_it_was_sent,
			    0, 2);
	tcase_add_test(tc, source_routes_are_followed);
	tcase_add_test(tc, without_an_interface_the_kernel_chooses);
	tcase_add_test(tc, a_packet_that_cannot_leave_is_an_error_and_the_next_one_leaves);
	tcase_add_test(tc, what_leaves_is_not_cloned_for_the_capture);
	tcase_add_test(tc, an_interface_that_comes_later_is_heard_and_sent_from);
	tcase_add_test(tc, only_signalling_that_comes_in_is_heard);
	tcase_add_test(tc, a_packet_for_another_host_is_not_heard);
	tcase_add_test(tc, a_packet_goes_in_udp_and_is_read_from_it);
	tcase_add_test(tc, a_host_that_has_no_such_port_says_so);
	tcase_add_test(tc, the_port_is_held_for_ipv6_alone);
	tcase_add_test(tc, without_privileges_opening_fails_and_says_why);
	suite_add_tcase(s, tc);
	return netns_suite_run(s);
}
