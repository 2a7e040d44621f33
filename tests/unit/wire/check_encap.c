/* SPDX-License-Identifier: BSD-2-Clause */
/* encap.h: a whole packet in UDP, and what is not one. */
#include "array.h"
#include "encap.h"
#include "hex.h"
#include "mip6.h"
#include "suite.h"
#include "vectors.h"

#include <errno.h>

/* UDP from port 434 to 434, with the checksum as another program computed it. */
#define UDP_V1		"6000000000701140" COA CN "01b201b20070cc6f" V1
#define UDP_KEEPALIVE	"6000000000091140" COA CN "01b201b20009a1f0" "ff"
#define UDP_LEN_V1	(ENCAP_OVERHEAD + V_LEN)

#define OUTER_PLEN	5	/* offsets of single octets */
#define OUTER_NEXT	6
#define OUTER_ADDRS	8
#define OUTER_END	40
#define UDP_LEN		45
#define INNER_VERSION	48
#define INNER_PLEN	53
#define INNER_NEXT	54

static uint8_t pkt[2 * SIGNAL_MTU];

static void load(const char *text)
{
	memset(pkt, 0, sizeof(pkt));
	unhex(text, pkt, sizeof(pkt));
}

START_TEST(a_packet_goes_into_udp_octet_for_octet)
{
	uint8_t inner[V_LEN], out[UDP_LEN_V1];

	unhex(V1, inner, sizeof(inner));
	ck_assert_int_eq(encap_build(inner, V_LEN, ENCAP_PORT, out, sizeof(out)), UDP_LEN_V1);
	assert_octets(out, UDP_LEN_V1, UDP_V1);
	ck_assert_int_eq(encap_build(inner, V_LEN, ENCAP_PORT, out, UDP_LEN_V1 - 1), -EMSGSIZE);
	ck_assert_int_eq(encap_build(inner, 39, ENCAP_PORT, out, sizeof(out)), -EINVAL);
}
END_TEST

START_TEST(a_packet_comes_out_of_udp_octet_for_octet)
{
	struct encap e;

	load(UDP_V1);
	ck_assert_int_eq(encap_open(pkt, UDP_LEN_V1, &e), 0);
	ck_assert_uint_eq(e.sport, ENCAP_PORT);
	ck_assert_uint_eq(e.dport, ENCAP_PORT);
	assert_octets(e.inner, e.len, V1);
	/* padding of the link is no part of it */
	ck_assert_int_eq(encap_open(pkt, UDP_LEN_V1 + 6, &e), 0);
	ck_assert_uint_eq(e.len, V_LEN);
}
END_TEST

/* The largest datagram is no longer than the largest packet that is sent natively. */
START_TEST(what_is_too_long_for_udp_is_refused)
{
	static uint8_t inner[SIGNAL_MTU] = { 0x60 };

	ck_assert_int_eq(encap_build(inner, ENCAP_INNER_MAX, ENCAP_PORT, pkt, sizeof(pkt)),
			 SIGNAL_MTU);
	ck_assert_int_eq(encap_build(inner, ENCAP_INNER_MAX + 1, ENCAP_PORT, pkt, sizeof(pkt)),
			 -EMSGSIZE);
}
END_TEST

START_TEST(a_keepalive_is_one_octet_and_no_signalling)
{
	struct in6_addr src, dst;
	struct encap e;

	unhex(COA, src.s6_addr, sizeof(src));
	unhex(CN, dst.s6_addr, sizeof(dst));
	encap_keepalive(&src, &dst, ENCAP_PORT, pkt);
	assert_octets(pkt, ENCAP_KEEPALIVE_LEN, UDP_KEEPALIVE);
	ck_assert_int_eq(encap_open(pkt, ENCAP_KEEPALIVE_LEN, &e), -ENOMSG);
	pkt[ENCAP_OVERHEAD] = 0xfe;
	ck_assert_int_eq(encap_open(pkt, ENCAP_KEEPALIVE_LEN, &e), -EBADMSG);
}
END_TEST

START_TEST(other_addresses_outside_are_told)
{
	struct encap e;

	load(UDP_V1);
	pkt[_i] ^= 1;
	ck_assert_int_eq(encap_open(pkt, UDP_LEN_V1, &e), -EXDEV);
	assert_octets(e.inner, e.len, V1);
}
END_TEST

START_TEST(a_cut_datagram_is_malformed_at_every_length)
{
	struct encap e;

	load(UDP_V1);
	for (size_t len = 0; len < UDP_LEN_V1; len++)
		ck_assert_int_eq(encap_open(pkt, len, &e), -EBADMSG);
}
END_TEST

/* One octet of the right datagram is another. */
static const struct {
	size_t at;
	uint8_t is;
} wrong[] = {
	{ 0, 0x40 }, { OUTER_NEXT, IPPROTO_TCP }, { OUTER_NEXT, IPPROTO_DSTOPTS },
	{ OUTER_PLEN, 7 }, { OUTER_PLEN, 0x6f }, { UDP_LEN, 0x6f }, { UDP_LEN, 0x71 },
	{ UDP_LEN, 0 }, { INNER_VERSION, 0x40 }, { INNER_PLEN, 0x3f }, { INNER_PLEN, 0x41 },
	{ INNER_NEXT, IPPROTO_UDP }, { INNER_NEXT, IPPROTO_IPV6 }, { INNER_NEXT, IPPROTO_NONE },
	{ INNER_NEXT, IPPROTO_FRAGMENT }, { INNER_NEXT, IPPROTO_HOPOPTS },
};

START_TEST(malformed_datagrams_are_refused)
{
	struct encap e;

	load(UDP_V1);
	pkt[wrong[_i].at] = wrong[_i].is;
	ck_assert_int_eq(encap_open(pkt, UDP_LEN_V1, &e), -EBADMSG);
}
END_TEST

START_TEST(a_datagram_in_a_datagram_is_refused)
{
	uint8_t inner[UDP_LEN_V1];
	struct encap e;
	int n;

	unhex(UDP_V1, inner, sizeof(inner));
	n = encap_build(inner, sizeof(inner), ENCAP_PORT, pkt, sizeof(pkt));
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(encap_open(pkt, (size_t)n, &e), -EBADMSG);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("encap");
	TCase *t = tcase_create("encap");

	tcase_add_test(t, a_packet_goes_into_udp_octet_for_octet);
	tcase_add_test(t, a_packet_comes_out_of_udp_octet_for_octet);
	tcase_add_test(t, what_is_too_long_for_udp_is_refused);
	tcase_add_test(t, a_keepalive_is_one_octet_and_no_signalling);
	tcase_add_loop_test(t, other_addresses_outside_are_told, OUTER_ADDRS,
			    OUTER_END);
	tcase_add_test(t, a_cut_datagram_is_malformed_at_every_length);
	tcase_add_loop_test(t, malformed_datagrams_are_refused, 0, ARRAY_LEN(wrong));
	tcase_add_test(t, a_datagram_in_a_datagram_is_refused);
	suite_add_tcase(s, t);
	return suite_run(s);
}
