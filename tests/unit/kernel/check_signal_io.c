/* SPDX-License-Identifier: BSD-2-Clause */
/* signal_io.h: packets leave by the right interface, as libpcap sees them arrive. */
#include "config.h"

#include "encap.h"
#include "two_cables.h"
#include "unused.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/ip6.h>
#include <pcap/pcap.h>
#include <pcap/sll.h>
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

static pcap_t *captured;

static struct {
	uint8_t pkt[2048];
	size_t len;
	unsigned ifindex, n;
} got;

static void receive(u_char *ctx UNUSED, const struct pcap_pkthdr *h, const u_char *data)
{
	struct sll2_header sll;

	ck_assert_uint_ge(h->caplen, sizeof(sll));
	memcpy(&sll, data, sizeof(sll));
	got.len = h->caplen - sizeof(sll);
	ck_assert_uint_le(got.len, sizeof(got.pkt));
	memcpy(got.pkt, data + sizeof(sll), got.len);
	got.ifindex = ntohl(sll.sll2_if_index);
	got.n++;
}

/* Captures on all interfaces of namespace n; leaves the caller there. */
static pcap_t *capture_in(const struct netns *n)
{
	struct bpf_program filter;
	pcap_t *p;
	char why[PCAP_ERRBUF_SIZE];

	netns_enter(n);
	p = pcap_create("any", why);
	ck_assert_ptr_nonnull(p);
	ck_assert(!pcap_set_snaplen(p, sizeof(got.pkt)) && !pcap_set_immediate_mode(p, 1));
	ck_assert_int_ge(pcap_activate(p), 0);
	ck_assert(!pcap_set_datalink(p, DLT_LINUX_SLL2) && !pcap_setdirection(p, PCAP_D_IN) &&
		  !pcap_compile(p, &filter, "ip6[6] == 51 or ip6[6] == 60 or udp or "
						 "(ip6[6] == 58 and ip6[40] == 1)", 1,
				PCAP_NETMASK_UNKNOWN) &&
		  !pcap_setfilter(p, &filter) && !pcap_setnonblock(p, 1, why));
	pcap_freecode(&filter);
	captured = p;
	return p;
}

/* Reads v until n packets have come. */
static bool hears(pcap_t *v, unsigned n)
{
	while (got.n < n) {
		if (!readable(pcap_get_selectable_fd(v), 3000))
			return false;
		ck_assert_int_ge(pcap_dispatch(v, -1, receive, NULL), 0);
	}
	return true;
}

START_TEST(a_packet_leaves_by_the_interface_given_and_arrives_as_it_was_sent)
{
	static const char *const src[] = { "2001:db8:1::1", "2001:db8:2::1" };
	static const char *const name[] = { "a0", "a1" }, *const far[] = { "b0", "b1" };
	struct signal_io *w = open_in(&here);
	pcap_t *v = capture_in(&there);
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
	struct signal_io *w = open_in(&here);
	pcap_t *v = capture_in(&there);
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
	struct signal_io *w = open_in(&here);
	pcap_t *v = capture_in(&there);
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
	struct signal_io *w = open_in(&here);
	pcap_t *v = capture_in(&there);
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

START_TEST(an_interface_that_comes_later_is_sent_from)
{
	struct signal_io *w = open_in(&here);
	pcap_t *v = capture_in(&there);
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

START_TEST(a_packet_goes_in_udp_and_is_read_from_it)
{
	struct in6_addr src = in6("2001:db8:1::1"), dst = in6("2001:db8:1::2");
	struct signal_io *w = open_in(&here), *far = open_in(&there);
	pcap_t *v = capture_in(&there);
	struct encap e;
	uint8_t buf[64];
	size_t len = packet(buf, "2001:db8:1::1", "2001:db8:1::2", IPPROTO_DSTOPTS, 8);

	netns_enter(&here);
	ck_assert_int_eq(signal_io_send_udp(w, buf, len, 0), -ENOTCONN);
	ck_assert_int_eq(signal_io_encapsulate(w, ENCAP_PORT), 0);
	netns_enter(&there);
	ck_assert_int_eq(signal_io_encapsulate(far, ENCAP_PORT), 0);
	netns_enter(&here);
	ck_assert_int_eq(signal_io_send_udp(w, buf, len, if_nametoindex("a0")), 0);
	ck_assert(hears(v, 1));
	ck_assert_int_eq(encap_open(got.pkt, got.len, &e), 0);
	ck_assert_uint_eq(e.len, len);
	ck_assert_mem_eq(e.inner, buf, len);
	ck_assert_int_eq(signal_io_keepalive(w, &src, &dst, 0), 0);
	ck_assert(hears(v, 2));
	ck_assert_int_eq(encap_open(got.pkt, got.len, &e), -ENOMSG);
	/* Native ones are sent as before. */
	ck_assert_int_eq(signal_io_send(w, buf, len, 0), 0);
	ck_assert(hears(v, 3));
}
END_TEST

START_TEST(a_host_that_has_no_such_port_says_so)
{
	struct signal_io *w = open_in(&here);
	pcap_t *v = capture_in(&here);
	uint8_t buf[64];
	size_t len = packet(buf, "2001:db8:1::1", "2001:db8:1::2", IPPROTO_DSTOPTS, 8);

	ck_assert_int_eq(signal_io_encapsulate(w, ENCAP_PORT), 0);
	ck_assert_int_eq(signal_io_send_udp(w, buf, len, 0), 0);
	ck_assert(hears(v, 1));
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
	ck_assert_int_eq(signal_io_open(&w, &why), -EPERM);
	ck_assert_ptr_null(w);
	ck_assert(why && *why);
	/* As before, for a leak checker's sake. */
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0);
}
END_TEST

static void close_all(void)
{
	teardown();
	if (captured)
		pcap_close(captured);
}

int main(void)
{
	Suite *s = suite_create("signal_io");
	TCase *tc = tcase_create("signal_io");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, close_all);
	tcase_add_loop_test(tc, a_packet_leaves_by_the_interface_given_and_arrives_as_it_was_sent,
			    0, 2);
	tcase_add_test(tc, source_routes_are_followed);
	tcase_add_test(tc, without_an_interface_the_kernel_chooses);
	tcase_add_test(tc, a_packet_that_cannot_leave_is_an_error_and_the_next_one_leaves);
	tcase_add_test(tc, an_interface_that_comes_later_is_sent_from);
	tcase_add_test(tc, a_packet_goes_in_udp_and_is_read_from_it);
	tcase_add_test(tc, a_host_that_has_no_such_port_says_so);
	tcase_add_test(tc, the_port_is_held_for_ipv6_alone);
	tcase_add_test(tc, without_privileges_opening_fails_and_says_why);
	suite_add_tcase(s, tc);
	return netns_suite_run(s);
}
