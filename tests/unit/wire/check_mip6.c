/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mip6.h, the layouts: what is built and what is read is what the drafts draw (draft-13 5,
 * homelessv6 3.1).
 */
#include "exthdr.h"
#include "hex.h"
#include "same_signal.h"
#include "mip6.h"
#include "suite.h"
#include "vectors.h"

#include <errno.h>

#define BU	"c6088000000100000258"		/* A, number 1, 600 s */
#define BU_(len) "c6" len "8000000100000258"	/* the same with sub-options */
#define BA	"070b00000100000258" "00000258"
#define R16	"a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define CHALLENGE	{ 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, \
			  0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf }

static struct signal parsed;	/* large; each test runs in a process of its own */

static struct signal base(void)
{
	return (struct signal){ .src = addr("2001:db8:2::1"), .dst = addr("2001:db8:9::9"),
				.has_ah = true, .spi = 0x1000, .ah_seq = 1 };
}

static struct signal with_bu(struct binding_update bu)
{
	struct signal s = base();

	bu.flags = BU_ACK;
	bu.names_source = bu.n_addr == 0 || bu.names_source;
	bu.seq = 1;
	bu.lifetime = 600;
	s.n_bu = 1;
	s.bu[0] = bu;
	return s;
}

static struct signal with_ba(struct binding_ack ba)
{
	struct signal s = base();

	ba.seq = 1;
	ba.lifetime = ba.refresh = 600;
	s.n_ba = 1;
	s.ba[0] = ba;
	return s;
}

static void assert_built(const struct signal *s, size_t from, const char *want)
{
	uint8_t pkt[SIGNAL_MTU];
	int n = signal_build(s, 12, pkt, sizeof(pkt));

	ck_assert_int_gt(n, (int)from);
	ck_assert_int_eq(n, (pkt[4] << 8 | pkt[5]) + 40);
	assert_octets(pkt + from, (size_t)n - from, want);
}

/* The Destination Options header behind IPv6 and AH. */
static void assert_doh(struct signal s, const char *want)
{
	assert_built(&s, 64, want);
}

START_TEST(o1_layouts_are_those_worked_out)
{
	struct in6_addr coa = addr("2001:db8:3::7");
	struct signal s = base();

	assert_doh(with_bu((struct binding_update){ 0 }), "3b01" BU "01020000");
	assert_doh(with_ba((struct binding_ack){ 0 }), "3b0100" BA);
	assert_doh(with_bu((struct binding_update){ .n_addr = 1, .addr = { coa } }),
		   "3b03" BU_("1c") "0100" "0410 20010db8000300000000000000000007");
	assert_doh(with_bu((struct binding_update){ .homeless = true }),
		   "3b01" BU_("0a") "f000" "0100");
	assert_doh(with_bu((struct binding_update){
			.homeless = true, .names_source = true, .n_addr = 2,
			.addr = { addr("2001:db8:a::1"), addr("2001:db8:b::1") } }),
		   "3b04" BU_("20") "f000" "010100" "f11142 20010db8000a0000 20010db8000b0000"
		   "01020000");
	assert_doh(with_bu((struct binding_update){ .has_challenge = true,
						    .challenge = CHALLENGE }),
		   "3b03" BU_("1c") "0100" "f210" R16);
	assert_doh(with_bu((struct binding_update){ .has_challenge = true,
						    .challenge = CHALLENGE,
						    .n_addr = 1,
						    .addr = { coa } }),
		   "3b06" BU_("30") "0100"
				    "0410 20010db8000300000000000000000007"
				    "0100"
				    "f210" R16 "01020000");
	assert_doh(with_ba((struct binding_ack){ .has_challenge = true, .challenge = CHALLENGE }),
		   "3b0400" "071f00000100000258" "00000258" "0100" "f210" R16 "01020000");
	s.has_br = true;
	assert_doh(s, "3b00" "0800" "01020000");
	s.has_br = s.has_ah = false;
	s.has_br = true;
	assert_built(&s, 40, "3b00" "0800" "01020000");
}
END_TEST

START_TEST(home_address_option_stands_in_24_octets_before_ah)
{
	struct signal s = with_bu((struct binding_update){ 0 });

	s.has_home = true;
	s.home = addr("2001:db8:1::1");
	assert_built(&s, 40, "330201020000c910" HOME
		     "3c040000 00001000 00000001 000000000000000000000000"
		     "3b01" BU "01020000");
}
END_TEST

static size_t vector(unsigned i, struct signal *s)
{
	if (i == 0) {
		*s = with_bu((struct binding_update){ 0 });
		s->has_home = true;
		s->home = addr("2001:db8:1::1");
	} else {
		*s = with_ba((struct binding_ack){ 0 });
		s->src = addr("2001:db8:9::9");
		s->dst = addr("2001:db8:2::1");
		s->has_rh0 = true;
		s->final = addr("2001:db8:1::1");
		s->spi = 0x2000;
	}
	return V_LEN;
}

static const char *const vector_text[] = { V1, V2 };

START_TEST(vectors_are_built_and_signed_octet_for_octet)
{
	struct signal s;
	uint8_t pkt[SIGNAL_MTU];
	size_t len = vector((unsigned)_i, &s);

	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), (int)len);
	ck_assert_int_eq(ah_sign(pkt, len, &vector_key), 0);
	assert_octets(pkt, len, vector_text[_i]);
}
END_TEST

static int parse_text(const char *text)
{
	uint8_t pkt[2048];
	size_t n = unhex(text, pkt, sizeof(pkt));

	memset(&parsed, 0xa5, sizeof(parsed));
	return signal_parse(pkt, n, &parsed);
}

START_TEST(vectors_are_read)
{
	struct signal want;

	vector((unsigned)_i, &want);
	ck_assert_int_eq(parse_text(vector_text[_i]), 0);
	ck_assert(same_signal(&parsed, &want));
}
END_TEST

/*
 * IPv6 from the CoA, what stands before AH, AH if wanted, then the options as one header, filled up
 * with Pad1.
 */
static int parse_options(const char *before, bool ah, const char *options)
{
	uint8_t pkt[2048], front[256], opt[1024];
	size_t n_front = unhex(before, front, sizeof(front)),
	       n_opt = unhex(options, opt, sizeof(opt)), n;

	n = unhex("6000000000003c40" COA CN, pkt, sizeof(pkt));
	memcpy(pkt + n, front, n_front);
	if (ah && !n_front)
		pkt[6] = IPPROTO_AH;
	n += n_front;
	if (ah)
		n += unhex("3c04000000001000 00000001 000000000000000000000000", pkt + n,
			   sizeof(pkt) - n);
	size_t len = (n_opt + 2 + 7) / 8 * 8;
	memset(pkt + n, 0, len);
	pkt[n] = IPPROTO_NONE;
	pkt[n + 1] = (uint8_t)(len / 8 - 1);
	memcpy(pkt + n + 2, opt, n_opt);
	n += len;
	pkt[4] = (uint8_t)((n - 40) >> 8);
	pkt[5] = (uint8_t)(n - 40);
	memset(&parsed, 0xa5, sizeof(parsed));
	uint8_t *exact = malloc(n);	/* so that a sanitizer sees a read past the end */
	memcpy(exact, pkt, n);
	int r = signal_parse(exact, n, &parsed);
	free(exact);
	return r;
}

static int parse_after_ah(const char *options)
{
	return parse_options("", true, options);
}

static void assert_addrs(const struct binding_update *bu, unsigned n, const char *const *want)
{
	ck_assert_uint_eq(bu->n_addr, n);
	for (unsigned i = 0; i < n; i++) {
		struct in6_addr a = addr(want[i]);
		ck_assert_str_eq(hex(bu->addr[i].s6_addr, 16), hex(a.s6_addr, 16));
	}
}

START_TEST(o1_options_are_read_at_any_offset)
{
	char text[512];
	int inner = _i % 3;

	/* Pad1 in front of the option and of two of its sub-options. */
	snprintf(text, sizeof(text),
		 "%.*s"
		 "c6%02x c007 00ff 0000000a"
		 "f000"
		 "00"
		 "02021234"
		 "0410" HOME "%.*s"
		 "f210" R16,
		 2 * _i, "00000000000000", 8 + 2 + 1 + 4 + 18 + inner + 18, 2 * inner, "0000");
	ck_assert_int_eq(parse_after_ah(text), 0);
	ck_assert_uint_eq(parsed.n_bu, 1);

	const struct binding_update *bu = &parsed.bu[0];
	ck_assert_uint_eq(bu->flags, BU_ACK | BU_HOME);
	ck_assert_uint_eq(bu->prefix_len, 7);
	ck_assert_uint_eq(bu->seq, 255);
	ck_assert_uint_eq(bu->lifetime, 10);
	ck_assert(bu->homeless);
	ck_assert(bu->has_unique_id);
	ck_assert_uint_eq(bu->unique_id, 0x1234);
	assert_addrs(bu, 1, (const char *const[]){ "2001:db8:1::1" });
	ck_assert(bu->has_challenge);
	ck_assert_str_eq(hex(bu->challenge, 16), R16);
}
END_TEST

START_TEST(b8_several_updates_and_acknowledgements_are_read_in_order)
{
	ck_assert_int_eq(parse_after_ah("070b 05 0001 0000000a 0000000b"
					"c608 8000 0002 00000000"
					"0801f9"
					"070b 80 ffff 00000000 00000000"
					"c608 0f00 0003 ffffffff"),
			 -EBADMSG);
	ck_assert_int_eq(parse_after_ah("070b 05 0001 0000000a 0000000b"
					"c608 8000 0002 00000000"
					"0800"
					"070b 80 ffff 00000000 00000000"
					"c608 0f00 0003 ffffffff"),
			 0);
	ck_assert_uint_eq(parsed.n_ba, 2);
	ck_assert_uint_eq(parsed.ba[0].status, 5);
	ck_assert_uint_eq(parsed.ba[0].seq, 1);
	ck_assert_uint_eq(parsed.ba[0].lifetime, 10);
	ck_assert_uint_eq(parsed.ba[0].refresh, 11);
	ck_assert_uint_eq(parsed.ba[1].status, BA_REJECTED);
	ck_assert_uint_eq(parsed.ba[1].seq, 65535);
	ck_assert_uint_eq(parsed.n_bu, 2);
	ck_assert_uint_eq(parsed.bu[0].seq, 2);
	ck_assert_uint_eq(parsed.bu[1].seq, 3);
	ck_assert_uint_eq(parsed.bu[1].lifetime, SIGNAL_INFINITE);
	ck_assert_uint_eq(parsed.bu[1].flags, 0);	/* reserved bits are ignored */
	ck_assert(parsed.has_br);
}
END_TEST

START_TEST(o2_suffix_comes_from_the_nearest_alternate_coa_before_it_else_from_the_source)
{
	ck_assert_int_eq(parse_after_ah(BU_("6b")
		/* 4 octets, the source's end */
		"f1 05 01 fd000001"
		"04 10 20010db800aa0000 00000000000000aa"
		"f1 11 42 20010db800bb0000 20010db800cc0000"			/* 8 octets, ::aa */
		"04 10 20010db800dd0000 11112222333344dd"
		"f1 0d 81 20010db800ee0000 99999999"				/* 12 octets */
		"f1 11 c1 20010db800ff0000 00000000000000ff"), 0);		/* 16 octets */
	assert_addrs(&parsed.bu[0], 7,
		     (const char *const[]){ "fd00:1:2::1", "2001:db8:aa::aa", "2001:db8:bb::aa",
					    "2001:db8:cc::aa", "2001:db8:dd:0:1111:2222:3333:44dd",
					    "2001:db8:ee:0:9999:9999:3333:44dd",
					    "2001:db8:ff::ff" });
}
END_TEST

START_TEST(o2_suffix_does_not_come_from_another_update)
{
	ck_assert_int_eq(parse_after_ah(BU_("1a") "0410" "20010db800aa0000 00000000000000aa"
					BU_("13") "f10941 20010db800bb0000"), 0);
	assert_addrs(&parsed.bu[1], 1, (const char *const[]){ "2001:db8:bb::1" });
}
END_TEST

START_TEST(o2_suffix_is_that_of_the_source_on_the_wire_not_of_the_home_address)
{
	ck_assert_int_eq(parse_options("330201020000c910 20010db8000100000000000000000099", true,
				       BU_("13") "f10941 20010db800bb0000"), 0);
	ck_assert(parsed.has_home);
	assert_addrs(&parsed.bu[0], 1, (const char *const[]){ "2001:db8:bb::1" });
}
END_TEST

START_TEST(an_alternate_coa_takes_the_place_of_the_source)
{
	ck_assert_int_eq(parse_after_ah(BU BU_("13") "f10941 20010db800bb0000" BU_("1a") "0410" HOME
					BU_("25") "f10941 20010db800bb0000" "0410" HOME), 0);
	ck_assert(parsed.bu[0].names_source);
	ck_assert(parsed.bu[1].names_source);
	ck_assert(!parsed.bu[2].names_source);
	ck_assert(!parsed.bu[3].names_source);
	assert_addrs(&parsed.bu[3], 2, (const char *const[]){ "2001:db8:bb::1", "2001:db8:1::1" });
}
END_TEST

START_TEST(o2_count_of_zero_names_nothing)
{
	for (unsigned pl = 0; pl < 4; pl++) {
		char text[64];

		snprintf(text, sizeof(text), BU_("0b") "f101%02x", pl << 6);
		ck_assert_int_eq(parse_after_ah(text), 0);
		ck_assert_uint_eq(parsed.bu[0].n_addr, 0);
	}
}
END_TEST

/* The most prefixes for which a BU has octets: 247 - 3 of them. */
START_TEST(o2_as_many_prefixes_as_fit_are_read)
{
	unsigned plen = 4 * ((unsigned)_i + 1), n = (247 - 3) / plen;
	char text[600];
	int at = snprintf(text, sizeof(text), "c6%02x8000000100000258" "f1%02x%02x",
			  8 + 3 + plen * n, 1 + plen * n,
			  (unsigned)_i << 6 | n);

	for (unsigned i = 0; i < plen * n; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, "%02x", i);
	ck_assert_int_eq(parse_after_ah(text), 0);
	ck_assert_uint_eq(parsed.bu[0].n_addr, n);
	for (unsigned i = 0; i < n; i++) {
		struct in6_addr want = addr("2001:db8:2::1");
		for (unsigned k = 0; k < plen; k++)
			want.s6_addr[k] = (uint8_t)(i * plen + k);
		ck_assert_str_eq(hex(parsed.bu[0].addr[i].s6_addr, 16), hex(want.s6_addr, 16));
	}
}
END_TEST

START_TEST(o1_unknown_sub_options_and_options_are_skipped)
{
	ck_assert_int_eq(parse_after_ah("1e03aabbcc" BU_("15") "7703aabbcc" "0310" "f000"
					"3e02ffff"), -EBADMSG);
	ck_assert_int_eq(parse_after_ah("1e03aabbcc" BU_("11") "7703aabbcc" "0300" "f000"
					"3e02ffff"), 0);
	ck_assert_uint_eq(parsed.n_bu, 1);
	ck_assert(parsed.bu[0].homeless);
	/* Sub-options another option knows: none of a BA's or BR's business. */
	ck_assert_int_eq(parse_after_ah("0719 00 0001 00000258 00000258" "f003aabbcc" "0403aabbcc"
					"0202ffff"), 0);
	ck_assert_uint_eq(parsed.n_ba, 1);
	ck_assert_int_eq(parse_after_ah("0811" "f203aabbcc" "0401aa" "f101c1" "0202abcd" "f000"),
			 0);
	ck_assert_uint_eq(parsed.br.unique_id, 0xabcd);
	ck_assert(parsed.br.homeless);
}
END_TEST

START_TEST(options_that_must_be_understood_make_the_packet_malformed)
{
	static const char *const option[] = { "4401aa", "8401aa", "c401aa", "c30100" };

	ck_assert_int_eq(parse_after_ah(BU "0401aa"), 0);
	for (unsigned i = 0; i < 4; i++) {
		char before[64] = "3300", text[64];

		snprintf(text, sizeof(text), BU "%s", option[i]);
		ck_assert_int_eq(parse_after_ah(text), -EBADMSG);
		snprintf(before, sizeof(before), "3300%s000000", option[i]);
		ck_assert_int_eq(parse_options(before, true, BU), -EBADMSG);
	}
}
END_TEST

START_TEST(hop_by_hop_numbers_are_other_options)
{
	uint8_t pkt[256];
	/* Router Alert and what is CALIPSO there, then AH and a BU. */
	size_t n = unhex("6000000000400040" COA CN "3301"
			 "05020000"
			 "0708aaaaaaaaaaaaaaaa"
			 "3c040000 00001000 00000001 000000000000000000000000"
			 "3b01" BU "01020000",
			 pkt, sizeof(pkt));

	pkt[5] = (uint8_t)(n - 40);
	ck_assert_int_eq(signal_parse(pkt, n, &parsed), 0);
	ck_assert_uint_eq(parsed.n_bu, 1);
	ck_assert(!parsed.unprotected);
	pkt[46] = OPT_BU;
	ck_assert_int_eq(signal_parse(pkt, n, &parsed), -EBADMSG);
	pkt[46] = OPT_HAO;
	ck_assert_int_eq(signal_parse(pkt, n, &parsed), -EBADMSG);
}
END_TEST

START_TEST(malformed_options_are_refused)
{
	static const struct {
		const char *what, *options;
	} row[] = {
		{ "BU of 7 octets", "c607 8000 0001 000002" },
		{ "BA of 10 octets", "070a 00 0001 00000258 000002" },
		{ "option longer than its header", "c609 8000 0001 00000258" "0102" "0000" "0801" },
		{ "option without a length", "010a00000000000000000000" "010b0000000000000000000000"
		  "c6" },
		{ "sub-option longer than its option", BU_("0a") "f001" "00" },
		{ "sub-option without a length", BU_("09") "f0" },
		{ "PadN longer than its option", BU_("0a") "0101" "00" },
		{ "Homeless Support with data", BU_("0b") "f00100" },
		{ "Unique Identifier of 1", BU_("0b") "020100" },
		{ "Unique Identifier of 3", BU_("0d") "0203000000" },
		{ "two Unique Identifiers", BU_("10") "0202000102020001" },
		{ "Alternate CoA of 15", BU_("19") "040f 20010db80001000000000000000000" },
		{ "Alternate CoA of 17", BU_("1b") "0411" HOME "00" },
		{ "Response of 15", BU_("19") "f20f 20010db80001000000000000000000" },
		{ "two Responses", BU_("2c") "f210" R16 "f210" R16 },
		{ "Alternate Prefixes of 0", BU_("0a") "f100" },
		{ "a prefix too few", BU_("0f") "f10502 20010db8" },
		{ "a prefix too many", BU_("0f") "f10500 20010db8" },
		{ "a prefix of 4 called 8", BU_("0f") "f10541 20010db8" },
		{ "16 prefixes by the draft's formula", BU_("1b") "f11141" HOME },
		{ "two Challenges", "072f 00 0001 00000258 00000258" "f210" R16 "f210" R16 },
		{ "Challenge of 15", "071c 00 0001 00000258 00000258"
		  "f20f 20010db80001000000000000000000" },
		{ "Home Address option behind AH", BU "c910" HOME },
	};
	int r = parse_after_ah(row[_i].options);

	ck_assert_msg(r == -EBADMSG, "%s: %d", row[_i].what, r);
	ck_assert_uint_eq(parsed.n_bu, 0xa5a5a5a5);	/* *ret is left alone */
}
END_TEST

START_TEST(home_address_option_is_one_whole_and_behind_the_routing_header)
{
	static const struct {
		const char *what, *before;
		int want;
	} row[] = {
		{ "good", "330201020000c910" HOME, 0 },
		{ "good, at another offset", "3302c910" HOME "01020000", 0 },
		{ "good, with a sub-option", "3303c912" HOME "7700" "0108" "0000000000000000", 0 },
		{ "15 octets", "3302c90f 20010db80001000000000000000000" "010300000000", -EBADMSG },
		{ "a cut sub-option", "3302c911" HOME "77" "010100", -EBADMSG },
		{ "two in a header", "3304c910" HOME "c910" HOME "01020000", -EBADMSG },
		{ "two in two headers", "3c02c910" HOME "01020000" "3302c910" HOME "01020000",
		  -EBADMSG },
		{ "before the Routing header", "2b02c910" HOME "01020000" "3302000100000000" HOME,
		  -EBADMSG },
	};
	int r = parse_options(row[_i].before, true, BU);

	ck_assert_msg(r == row[_i].want, "%s: %d", row[_i].what, r);
	if (r == 0)
		ck_assert_str_eq(hex(parsed.home.s6_addr, 16), HOME);
}
END_TEST

START_TEST(r4_updates_and_acknowledgements_without_ah_are_not_read)
{
	ck_assert_int_eq(parse_options("", false, BU "00" BA), 0);
	ck_assert(parsed.unprotected);
	ck_assert(!parsed.has_ah);
	ck_assert_uint_eq(parsed.n_bu, 0);
	ck_assert_uint_eq(parsed.n_ba, 0);
	/* In front of AH is not under it. */
	ck_assert_int_eq(parse_options("3301" BU "01020000", true, BA), 0);
	ck_assert(parsed.unprotected);
	ck_assert_uint_eq(parsed.n_bu, 0);
	ck_assert_uint_eq(parsed.n_ba, 1);
}
END_TEST

START_TEST(requests_are_read_with_and_without_ah)
{
	ck_assert_int_eq(parse_options("", false, "0806" "f000" "0202beef"), 0);
	ck_assert(parsed.has_br);
	ck_assert(!parsed.has_ah);
	ck_assert(parsed.br.homeless);
	ck_assert(parsed.br.has_unique_id);
	ck_assert_uint_eq(parsed.br.unique_id, 0xbeef);
	ck_assert_int_eq(parse_options("", true, "0800"), 0);
	ck_assert(parsed.has_br);
	ck_assert(parsed.has_ah);
}
END_TEST

START_TEST(packets_without_signalling_are_told_apart)
{
	ck_assert_int_eq(parse_text("6000000000080640" COA CN "0102030405060708"), -ENOMSG);
	ck_assert_int_eq(parse_text("6000000000003b40" COA CN), -ENOMSG);
	ck_assert_int_eq(parse_text("6000000000083c40" COA CN "3b00010400000000"), -ENOMSG);
	/* A fragment's options are not looked at, nor is anything behind ESP. */
	ck_assert_int_eq(parse_text("6000000000182c40" COA CN "3c000001 00000001" "3b01" BU
				    "01020000"), -ENOMSG);
	ck_assert_int_eq(parse_text("6000000000103240" COA CN "00000001 00000001 0000000000000000"),
			 -ENOMSG);
	/* A Home Address option alone changes nothing. */
	ck_assert_int_eq(parse_text("6000000000183c40" COA CN "3b0201020000c910" HOME), -ENOMSG);
}
END_TEST

START_TEST(only_destination_options_follow_ah)
{
	static const struct {
		const char *header;
		int want;
	} row[] = {
		{ "3c 3c00010400000000", 0 },
		{ "2b 3c02000000000000" HOME, -EBADMSG },
		{ "33 3c040000 00001000 00000001 000000000000000000000000", -EBADMSG },
		{ "00 3c00010400000000", -EBADMSG },
	};
	char text[512];
	uint8_t pkt[256];

	snprintf(text, sizeof(text),
		 "6000000000003340" COA CN "%.2s 040000 00001000 00000001 000000000000000000000000"
		 "%s"
		 "3b01" BU "01020000",
		 row[_i].header, row[_i].header + 2);
	size_t n = unhex(text, pkt, sizeof(pkt));
	pkt[5] = (uint8_t)(n - 40);
	ck_assert_int_eq(signal_parse(pkt, n, &parsed), row[_i].want);
}
END_TEST

START_TEST(signalling_may_ride_on_user_data)
{
	uint8_t pkt[256];
	size_t n = unhex("6000000000003340" COA CN
			 "3c040000 00001000 00000001 000000000000000000000000"
			 "0601" BU "01020000"
			 "0102030405060708",
			 pkt, sizeof(pkt));

	pkt[5] = (uint8_t)(n - 40);
	ck_assert_int_eq(signal_parse(pkt, n, &parsed), 0);
	ck_assert_uint_eq(parsed.n_bu, 1);
}
END_TEST

START_TEST(chain_and_counts_are_bounded)
{
	char text[1024] = "", chain[512] = "";

	for (unsigned i = 0; i < SIGNAL_BU_MAX; i++)
		strcat(text, BU);
	ck_assert_int_eq(parse_after_ah(text), 0);
	ck_assert_uint_eq(parsed.n_bu, SIGNAL_BU_MAX);
	strcat(text, BU);
	ck_assert_int_eq(parse_after_ah(text), -E2BIG);

	text[0] = '\0';
	for (unsigned i = 0; i < SIGNAL_BA_MAX; i++)
		strcat(text, BA);
	ck_assert_int_eq(parse_after_ah(text), 0);
	ck_assert_uint_eq(parsed.n_ba, SIGNAL_BA_MAX);
	strcat(text, BA);
	ck_assert_int_eq(parse_after_ah(text), -E2BIG);
	ck_assert_int_eq(parse_after_ah("08000800"), -E2BIG);

	/* Eight headers with AH and the options. */
	for (unsigned i = 0; i < 5; i++)
		strcat(chain, "3c00010400000000");
	strcat(chain, "3300010400000000");
	ck_assert_int_eq(parse_options(chain, true, BU), 0);
	memmove(chain + 16, chain, strlen(chain) + 1);
	memcpy(chain, "3c00010400000000", 16);
	ck_assert_int_eq(parse_options(chain, true, BU), -EBADMSG);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signalling");
	TCase *build = tcase_create("build"), *parse = tcase_create("parse");

	tcase_add_test(build, o1_layouts_are_those_worked_out);
	tcase_add_test(build, home_address_option_stands_in_24_octets_before_ah);
	tcase_add_loop_test(build, vectors_are_built_and_signed_octet_for_octet, 0, 2);
	suite_add_tcase(s, build);

	tcase_add_loop_test(parse, vectors_are_read, 0, 2);
	tcase_add_loop_test(parse, o1_options_are_read_at_any_offset, 0, 8);
	tcase_add_test(parse, b8_several_updates_and_acknowledgements_are_read_in_order);
	tcase_add_test(parse,
		o2_suffix_comes_from_the_nearest_alternate_coa_before_it_else_from_the_source);
	tcase_add_test(parse, o2_suffix_does_not_come_from_another_update);
	tcase_add_test(parse, o2_suffix_is_that_of_the_source_on_the_wire_not_of_the_home_address);
	tcase_add_test(parse, an_alternate_coa_takes_the_place_of_the_source);
	tcase_add_test(parse, o2_count_of_zero_names_nothing);
	tcase_add_loop_test(parse, o2_as_many_prefixes_as_fit_are_read, 0, 4);
	tcase_add_test(parse, o1_unknown_sub_options_and_options_are_skipped);
	tcase_add_test(parse, options_that_must_be_understood_make_the_packet_malformed);
	tcase_add_test(parse, hop_by_hop_numbers_are_other_options);
	tcase_add_loop_test(parse, malformed_options_are_refused, 0, 23);
	tcase_add_loop_test(parse, home_address_option_is_one_whole_and_behind_the_routing_header,
			    0, 8);
	tcase_add_test(parse, r4_updates_and_acknowledgements_without_ah_are_not_read);
	tcase_add_test(parse, requests_are_read_with_and_without_ah);
	tcase_add_test(parse, packets_without_signalling_are_told_apart);
	tcase_add_loop_test(parse, only_destination_options_follow_ah, 0, 4);
	tcase_add_test(parse, signalling_may_ride_on_user_data);
	tcase_add_test(parse, chain_and_counts_are_bounded);
	suite_add_tcase(s, parse);
	return suite_run(s);
}
