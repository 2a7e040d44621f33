/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mip6.h, the properties: what is built is aligned, compact and reads back the same; garbage breaks
 * nothing.
 */
#include "ah.h"
#include "exthdr.h"
#include "hex.h"
#include "same_signal.h"
#include "suite.h"

#include <errno.h>

static uint8_t pkt[SIGNAL_MTU];
static struct signal got;

static bool toss(void)
{
	return random() % 2;
}

static void fill(void *p, size_t n)
{
	for (uint8_t *b = p; n-- > 0; b++)
		*b = (uint8_t)random();
}

/* Addresses as hosts have them: few prefixes, few endings, one of these the source's. */
static struct in6_addr random_addr(void)
{
	struct in6_addr a = addr("2001:db8::1");

	a.s6_addr[6] = (uint8_t)(random() % 4);
	a.s6_addr[7] = (uint8_t)(random() % 4);
	a.s6_addr[15] = (uint8_t)(1 + random() % 3);
	if (random() % 4 == 0)
		fill(a.s6_addr + 8, 8);
	return a;
}

static void random_bu(struct binding_update *bu, uint16_t seq)
{
	bu->flags = toss() ? BU_ACK : 0;
	bu->seq = seq;
	bu->lifetime = (uint32_t)random();
	bu->homeless = toss();
	bu->has_unique_id = random() % 4 == 0;
	bu->unique_id = bu->has_unique_id ? (uint16_t)random() : 0;
	bu->has_challenge = random() % 4 == 0;
	if (bu->has_challenge)
		fill(bu->challenge, sizeof(bu->challenge));
	bu->n_addr = (unsigned)random() % (bu->has_challenge ? 2 : 11);
	bu->names_source = bu->n_addr == 0 || (!bu->has_challenge && toss());
	for (unsigned i = 0; i < bu->n_addr; i++)
		bu->addr[i] = random_addr();
}

static void random_ba(struct binding_ack *ba)
{
	fill(&ba->status, 1);
	fill(&ba->seq, sizeof(ba->seq));
	fill(&ba->lifetime, sizeof(ba->lifetime));
	fill(&ba->refresh, sizeof(ba->refresh));
	ba->has_challenge = toss();
	if (ba->has_challenge)
		fill(ba->challenge, sizeof(ba->challenge));
}

static struct aap_message random_aap(void)
{
	struct aap_message m = { .kind = AAP_INIT + random() % 4 };

	switch (m.kind) {
	case AAP_INIT:
		fill(m.init.share, sizeof(m.init.share));
		m.init.spi = 256 + (uint32_t)random();
		m.init.has_cookie = toss();
		if (m.init.has_cookie)
			fill(m.init.cookie, sizeof(m.init.cookie));
		break;
	case AAP_RETRY:
		fill(&m.retry, sizeof(m.retry));
		break;
	case AAP_RESPONSE:
		fill(m.response.share, sizeof(m.response.share));
		m.response.spi = 256 + (uint32_t)random();
		m.response.sealed.len = (uint8_t)(1 + random() % AAP_SEALED_MAX);
		fill(m.response.sealed.octets, m.response.sealed.len);
		break;
	case AAP_CONFIRM:
		m.confirm.sealed.len = (uint8_t)(1 + random() % AAP_SEALED_MAX);
		fill(m.confirm.sealed.octets, m.confirm.sealed.len);
		break;
	}
	return m;
}

static struct signal random_signal(void)
{
	struct signal s = { .src = addr("2001:db8:2::1"), .dst = addr("2001:db8:9::9"),
			    .has_ah = random() % 8 != 0 };
	uint16_t seq = (uint16_t)random();

	s.has_home = toss();
	if (s.has_home)
		s.home = random_addr();
	s.has_rh0 = random() % 4 == 0;
	if (s.has_rh0)
		s.final = random_addr();
	s.has_br = !s.has_ah || random() % 4 == 0;
	if (s.has_br)
		s.br = (struct binding_request){ .homeless = toss(), .has_unique_id = true,
						 .unique_id = 77 };
	if (!s.has_ah)
		return s;
	s.has_aap = s.aap_behind_ah = random() % 8 == 0;
	if (s.has_aap)
		s.aap = random_aap();
	fill(&s.spi, sizeof(s.spi));
	fill(&s.ah_seq, sizeof(s.ah_seq));
	s.n_ba = (unsigned)random() % (SIGNAL_BA_MAX + 1);
	for (unsigned i = 0; i < s.n_ba; i++)
		random_ba(&s.ba[i]);
	s.n_bu = (unsigned)random() % (SIGNAL_BU_MAX + 1);
	for (unsigned i = 0; i < s.n_bu; i++)
		random_bu(&s.bu[i], (uint16_t)(seq += (uint16_t)(1 + random() % 100)));
	return s;
}

/* draft-13 5 and homelessv6 3.1: the octet of the type lies at a multiple of x, plus y. */
static void assert_aligned(size_t at, size_t x, size_t y, const char *what)
{
	ck_assert_msg(at % x == y, "%s at %zu of its header", what, at);
}

static void assert_subs_aligned(const uint8_t *doh, size_t at, size_t end)
{
	for (; at < end; at += 2U + doh[at + 1]) {
		switch (doh[at]) {
		case SUB_PAD1:
			ck_abort_msg("Pad1 among sub-options");
		case SUB_UNIQUE_ID:
			assert_aligned(at, 2, 0, "Unique Identifier");
			break;
		case SUB_ALT_COA:
			assert_aligned(at, 8, 6, "Alternate CoA");
			break;
		case SUB_ALT_PREFIXES:
			assert_aligned(at, 4, 1, "Alternate Prefixes");
			break;
		case SUB_CHALLENGE:
			assert_aligned(at, 4, 2, "Challenge");
			break;
		}
	}
	ck_assert_uint_eq(at, end);
}

static void assert_options_aligned(const uint8_t *doh)
{
	size_t at = 2, end = 8 + 8U * doh[1], pads = 0;

	while (at < end) {
		size_t fixed = 0;

		if (doh[at] == OPT_PAD1) {
			ck_assert_msg(pads++ == 0, "Pad1 after padding");
			at++;
			continue;
		}
		pads = doh[at] == OPT_PADN;
		if (doh[at] == OPT_BU) {
			assert_aligned(at, 4, 2, "BU");
			fixed = 8;
		} else if (doh[at] == OPT_BA) {
			assert_aligned(at, 4, 3, "BA");
			fixed = 11;
		} else if (doh[at] == OPT_HAO) {
			assert_aligned(at, 8, 6, "Home Address");
			fixed = 16;
		}
		if (doh[at] == OPT_AAP)
			assert_aligned(at, 4, 2, "AAP");
		else if (doh[at] != OPT_PADN)
			assert_subs_aligned(doh, at + 2 + fixed, at + 2U + doh[at + 1]);
		at += 2U + doh[at + 1];
	}
	ck_assert_uint_eq(at, end);
}

static void assert_packet_aligned(const uint8_t *p, size_t len)
{
	size_t at = 40;
	uint8_t next = p[6];

	while (next != IPPROTO_NONE) {
		uint8_t type = next;
		ck_assert_uint_eq(at % 8, 0);
		ck_assert_uint_lt(at, len);
		next = p[at];
		if (type == IPPROTO_DSTOPTS)
			assert_options_aligned(p + at);
		at += type == IPPROTO_AH ? 8 + 4U * p[at + 1] : 8 + 8U * p[at + 1];
	}
	ck_assert_uint_eq(at, len);
}

START_TEST(o1_whatever_is_built_is_aligned_and_reads_back_the_same)
{
	unsigned built = 0;

	srandom(13);
	for (unsigned i = 0; i < 20000; i++) {
		struct signal s = random_signal();
		int n = signal_build(&s, toss() ? 12 : 16, pkt, sizeof(pkt));

		if (n == -EMSGSIZE)
			continue;
		ck_assert_int_gt(n, 40);
		assert_packet_aligned(pkt, (size_t)n);
		int r = signal_parse(pkt, (size_t)n, &got);
		if (r == -ENOMSG) {
			ck_assert(!s.n_bu && !s.n_ba && !s.has_br && !s.has_aap);
			continue;
		}
		ck_assert_msg(r == 0 && same_signal(&s, &got), "signal %u: %d: %s", i, r,
			      hex(pkt, (size_t)n));
		built++;
	}
	ck_assert_uint_gt(built, 15000);
}
END_TEST

static struct signal one_bu(bool source, bool homeless, unsigned n, const char *const *text)
{
	struct signal s = {
		.src = addr("2001:db8:2::1"),
		.dst = addr("2001:db8:9::9"),
		.has_ah = true,
		.spi = 1,
		.ah_seq = 1,
		.n_bu = 1,
		.bu = { { .flags = BU_ACK, .seq = 1, .lifetime = 600, .homeless = homeless,
			  .names_source = source, .n_addr = n } },
	};

	for (unsigned i = 0; i < n; i++)
		s.bu[0].addr[i] = addr(text[i]);
	return s;
}

START_TEST(b8_addresses_take_few_octets)
{
	static const struct {
		const char *what;
		bool source, homeless;
		unsigned n;
		const char *addr[6];
		const char *subs;	/* as they follow the fixed part, at 12 of the header */
	} row[] = {
		{ "one instead of the source: Alternate CoA", false, false, 1, { "2001:db8:3::1" },
		  "0100 0410 20010db8000300000000000000000001" },
		{ "one besides the source, same ending: prefix of 8",
		  true, true, 1, { "2001:db8:3::1" }, "f000 010100 f10941 20010db800030000" },
		{ "one besides the source, other ending: prefix of 16", true, true, 1,
		  { "2001:db8:3::5" }, "f000 010100 f111c1 20010db8000300000000000000000005" },
		{ "besides the source: never an Alternate CoA", true, true, 4,
		  { "2001:db8:3::7", "2001:db8:4::7", "2001:db8:5::1", "2001:db8:6::7" },
		  "f000 010100 f10941 20010db800050000 0103000000 f131c3 "
		  "20010db8000300000000000000000007"
		  "20010db8000400000000000000000007 20010db8000600000000000000000007" },
		{ "two of one ending", false, false, 2, { "2001:db8:3::7", "2001:db8:4::7" },
		  "0100 0410 20010db8000300000000000000000007 0103000000 f10941 20010db800040000" },
		{ "two of two endings", false, false, 2,
		  { "2001:db8:3::3", "2001:db8:4::4" },
		  "0100 0410 20010db8000300000000000000000003 010400000000 0410 "
		  "20010db8000400000000000000000004" },
		{ "a pair of another ending: whole addresses", false, false, 3,
		  { "2001:db8:3::7", "2001:db8:4::8", "2001:db8:5::8" },
		  "0100 0410 20010db8000300000000000000000007"
		  "0103000000 f121c2 20010db8000400000000000000000008 "
		  "20010db8000500000000000000000008" },
		{ "two groups and one of neither", false, false, 6,
		  { "2001:db8:3::7", "2001:db8:4::9", "2001:db8:5::8", "2001:db8:6::8",
		    "2001:db8:7::7", "2001:db8:8::8" },
		  "0100 0410 20010db8000300000000000000000007 0103000000 f10941 20010db800070000"
		  "010400000000 0410 20010db8000500000000000000000008"
		  "0103000000 f11142 20010db800060000 20010db800080000"
		  "010400000000 0410 20010db8000400000000000000000009" },
	};
	struct signal s = one_bu(row[_i].source, row[_i].homeless, row[_i].n, row[_i].addr);
	int n = signal_build(&s, 12, pkt, sizeof(pkt));

	ck_assert_msg(n > 76, "%s: %d", row[_i].what, n);
	assert_octets(pkt + 76, pkt[67] - 8U, row[_i].subs);
	ck_assert_int_eq(signal_parse(pkt, (size_t)n, &got), 0);
	ck_assert(same_signal(&s, &got));
}
END_TEST

/*
 * Sub-options have 247 octets of an option's 255: behind Homeless Support 29 prefixes of 8 or 14 of
 * 16; alone no more, as 1 octet to pad becomes 5.
 */
START_TEST(o2_as_many_prefixes_as_fit_are_sent)
{
	static const struct {
		bool homeless, same_end;
		unsigned n;
	} row[] = {
		{ true, true, 29 }, { false, true, 29 }, { true, false, 14 }, { false, false, 14 }
	};
	struct signal s = one_bu(true, row[_i].homeless, 0, NULL);
	struct binding_update *bu = &s.bu[0];

	for (unsigned i = 0; i <= row[_i].n; i++) {
		bu->addr[i] = addr("2001:db8:f::1");
		bu->addr[i].s6_addr[6] = (uint8_t)i;
		bu->addr[i].s6_addr[8] = (uint8_t)(row[_i].same_end ? 0 : i + 1);
	}
	bu->n_addr = row[_i].n;
	int n = signal_build(&s, 16, pkt, sizeof(pkt));
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(signal_parse(pkt, (size_t)n, &got), 0);
	ck_assert(same_signal(&s, &got));
	bu->n_addr++;
	ck_assert_int_eq(signal_build(&s, 16, pkt, sizeof(pkt)), -EMSGSIZE);
}
END_TEST

START_TEST(what_the_format_forbids_is_not_built)
{
	struct signal ok = one_bu(true, false, 0, NULL), s;

	ck_assert_int_eq(signal_build(&ok, 12, pkt, sizeof(pkt)), 80);
	ck_assert_int_eq(signal_build(&ok, 20, pkt, sizeof(pkt)), -EINVAL);
	s = ok, s.has_ah = false;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
	s = ok, s.n_bu = SIGNAL_BU_MAX + 1;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
	s = ok, s.n_ba = SIGNAL_BA_MAX + 1;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
	s = ok, s.bu[0].n_addr = BU_ADDRS_MAX + 1;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
	s = ok, s.bu[0].has_challenge = true, s.bu[0].n_addr = 1;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
	s.bu[0].names_source = false;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), 120);
	s.bu[0].n_addr = 2;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
	s = ok, s.bu[0].flags = 0x81;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
	s = ok, s.bu[0].flags = BU_ACK | BU_ROUTER;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
	s = ok, s.bu[0].flags = BU_HOME | BU_DAD;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
	s = ok, s.bu[0].flags = BU_HOME | BU_DAD | BU_ACK, s.bu[0].prefix_len = 64;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), 80);
	s.bu[0].flags = BU_ACK;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
	s = (struct signal){ .src = ok.src, .dst = ok.dst };
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
}
END_TEST

START_TEST(b8_sequence_numbers_in_a_packet_increase_modulo_2_16)
{
	struct signal s = one_bu(true, false, 0, NULL);

	s.n_bu = 2;
	s.bu[0].seq = 0xffff;
	s.bu[1].seq = 0;
	ck_assert_int_gt(signal_build(&s, 12, pkt, sizeof(pkt)), 0);
	s.bu[1].seq = 0xffff;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
	s.bu[1].seq = 0xfffe;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
	s.bu[1].seq = 0x7fff;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), -EINVAL);
}
END_TEST

START_TEST(appendix_b_packet_is_ah_and_nothing_else)
{
	struct signal s = one_bu(true, false, 0, NULL);

	s.n_bu = 0;
	ck_assert_int_eq(signal_build(&s, 12, pkt, sizeof(pkt)), 64);
	ck_assert_uint_eq(pkt[6], IPPROTO_AH);
	ck_assert_uint_eq(pkt[40], IPPROTO_NONE);
	ck_assert_int_eq(signal_parse(pkt, 64, &got), 0);
	ck_assert(got.bare);
	pkt[40] = IPPROTO_TCP;		/* somebody's IPsec */
	ck_assert_int_eq(signal_parse(pkt, 64, &got), -ENOMSG);
}
END_TEST

/* HAO, an AAP message, BAs, BUs of all kinds, BR: every function of the parser has work. */
static size_t rich_packet(void)
{
	static const char *const other[] = { "2001:db8:3::1", "2001:db8:4::5", "2001:db8:5::1" };
	struct signal s = one_bu(true, true, 3, other);

	s.has_rh0 = s.has_home = s.has_br = s.has_aap = s.aap_behind_ah = true;
	s.aap = (struct aap_message){ .kind = AAP_CONFIRM,
				      .confirm.sealed = { .len = 3, .octets = { 1, 2, 3 } } };
	s.home = addr("2001:db8:1::1");
	s.final = addr("2001:db8:9::10");
	s.br = (struct binding_request){ .homeless = true, .has_unique_id = true, .unique_id = 5 };
	s.n_ba = 2;
	s.ba[1].has_challenge = true;
	s.n_bu = 3;
	s.bu[1] = (struct binding_update){ .seq = 2, .has_unique_id = true, .unique_id = 5,
					   .n_addr = 4,
					   .addr = { addr("2001:db8:3::7"), addr("2001:db8:4::7"),
						     addr("2001:db8:5::7"),
						     addr("2001:db8:6::1") } };
	s.bu[2] = (struct binding_update){
		.seq = 3, .has_challenge = true, .n_addr = 1, .addr = { s.home }
	};
	int n = signal_build(&s, 16, pkt, sizeof(pkt));
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(signal_parse(pkt, (size_t)n, &got), 0);
	ck_assert(same_signal(&s, &got));
	return (size_t)n;
}

START_TEST(room_is_never_exceeded)
{
	size_t len = rich_packet();
	struct signal s = got;

	for (size_t size = 0; size < len; size++) {
		/* so that a sanitizer sees a write past the end */
		uint8_t *exact = malloc(size ? size : 1);
		ck_assert_int_eq(signal_build(&s, 16, exact, size), -EMSGSIZE);
		free(exact);
	}
	ck_assert_int_eq(signal_build(&s, 16, pkt, len), (int)len);
}
END_TEST

/* Parses a copy that ends where the packet ends. */
static int parse_exact(const uint8_t *p, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	memcpy(exact, p, len);
	int r = signal_parse(exact, len, &got);
	free(exact);
	return r;
}

START_TEST(cut_packets_are_malformed_at_every_length)
{
	size_t len = rich_packet();

	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(parse_exact(pkt, n), -EBADMSG);
	/*
	 * The same with a Payload Length that knows of it: all extension headers still do not fit.
	 */
	for (size_t n = 41; n < len; n++) {
		pkt[4] = (uint8_t)((n - 40) >> 8);
		pkt[5] = (uint8_t)(n - 40);
		ck_assert_int_eq(parse_exact(pkt, n), -EBADMSG);
	}
}
END_TEST

START_TEST(corrupted_packets_break_nothing)
{
	size_t len = rich_packet();
	unsigned refused = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t was = pkt[i];
		for (unsigned v = 0; v < 256; v++) {
			pkt[i] = (uint8_t)v;
			int r = parse_exact(pkt, len);
			ck_assert(r == 0 || r == -EBADMSG || r == -ENOMSG || r == -E2BIG);
			refused += r != 0;
		}
		pkt[i] = was;
	}
	ck_assert_uint_gt(refused, 0);
	ck_assert_int_eq(parse_exact(pkt, len), 0);
}
END_TEST

START_TEST(r4_no_corrupted_packet_verifies)
{
	struct ah_key key = { .alg = AH_HMAC_SHA256_128, .len = 32, .key = { 9 } };
	size_t len = rich_packet();

	ck_assert_int_eq(ah_sign(pkt, len, &key), 0);
	ck_assert_int_eq(ah_verify(pkt, len, &key), 0);
	for (size_t i = 0; i < len; i++) {
		/* Traffic Class, Flow Label, Hop Limit */
		bool changeable = (i >= 1 && i <= 3) || i == 7;
		uint8_t was = pkt[i];
		for (unsigned bit = 0; bit < 8; bit++) {
			pkt[i] = was ^ (uint8_t)(1 << bit);
			int r = ah_verify(pkt, len, &key);
			ck_assert_msg((r == 0) == (changeable || (i == 0 && bit < 4)),
				      "octet %zu bit %u: %d", i, bit, r);
		}
		pkt[i] = was;
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("roundtrip");
	TCase *tc = tcase_create("roundtrip");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, o1_whatever_is_built_is_aligned_and_reads_back_the_same);
	tcase_add_loop_test(tc, b8_addresses_take_few_octets, 0, 8);
	tcase_add_loop_test(tc, o2_as_many_prefixes_as_fit_are_sent, 0, 4);
	tcase_add_test(tc, what_the_format_forbids_is_not_built);
	tcase_add_test(tc, b8_sequence_numbers_in_a_packet_increase_modulo_2_16);
	tcase_add_test(tc, appendix_b_packet_is_ah_and_nothing_else);
	tcase_add_test(tc, room_is_never_exceeded);
	tcase_add_test(tc, cut_packets_are_malformed_at_every_length);
	tcase_add_test(tc, corrupted_packets_break_nothing);
	tcase_add_test(tc, r4_no_corrupted_packet_verifies);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
