/* SPDX-License-Identifier: BSD-2-Clause */
/* ah.h: the ICV over the view of draft-13, the algorithms, the window against replays. */
#include "array.h"
#include "hex.h"
#include "mip6.h"
#include "suite.h"
#include "vectors.h"

#include <errno.h>

static const char *const vector[] = { V1, V2 };

static void load(const char *text, uint8_t ret[static V_LEN])
{
	ck_assert_uint_eq(unhex(text, ret, V_LEN), V_LEN);
}

START_TEST(vectors_are_signed_as_published)
{
	uint8_t pkt[V_LEN];

	load(vector[_i], pkt);
	memset(pkt + V_ICV_OFFSET, 0, 12);
	ck_assert_int_eq(ah_sign(pkt, V_LEN, &vector_key), 0);
	assert_octets(pkt, V_LEN, vector[_i]);
}
END_TEST

START_TEST(vectors_are_verified)
{
	uint8_t pkt[V_LEN];

	load(vector[_i], pkt);
	ck_assert_int_eq(ah_verify(pkt, V_LEN, &vector_key), 0);
}
END_TEST

START_TEST(icv_without_the_exchange_is_refused)
{
	uint8_t pkt[V_LEN];

	load(V1, pkt);
	unhex(V1_ICV_NOT_EXCHANGED, pkt + V_ICV_OFFSET, 12);
	ck_assert_int_eq(ah_verify(pkt, V_LEN, &vector_key), -EACCES);
}
END_TEST

/* Traffic Class, Flow Label and Hop Limit are what routers may change. */
static bool is_mutable(size_t octet, unsigned bit)
{
	return (octet == 0 && bit < 4) || (octet >= 1 && octet <= 3) || octet == 7;
}

START_TEST(every_flipped_bit_that_is_covered_is_noticed)
{
	uint8_t pkt[V_LEN];

	load(vector[_i], pkt);
	for (size_t i = 0; i < V_LEN * 8; i++) {
		pkt[i / 8] ^= (uint8_t)(1 << i % 8);
		int r = ah_verify(pkt, V_LEN, &vector_key);
		if (is_mutable(i / 8, i % 8))
			ck_assert_msg(r == 0, "octet %zu bit %zu: %d", i / 8, i % 8, r);
		else
			ck_assert_msg(r != 0, "octet %zu bit %zu is not covered", i / 8, i % 8);
		pkt[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}
END_TEST

START_TEST(arrived_routing_header_verifies_too)
{
	uint8_t pkt[V_LEN], t[16];

	load(V2, pkt);
	memcpy(t, pkt + 24, 16);
	memcpy(pkt + 24, pkt + 48, 16);
	memcpy(pkt + 48, t, 16);
	pkt[43] = 0;
	ck_assert_int_eq(ah_verify(pkt, V_LEN, &vector_key), 0);
}
END_TEST

START_TEST(link_layer_padding_is_not_part_of_the_packet)
{
	uint8_t pkt[V_LEN + 6] = { 0 };

	load(V1, pkt);
	pkt[V_LEN + 3] = 0x55;
	ck_assert_int_eq(ah_verify(pkt, sizeof(pkt), &vector_key), 0);
}
END_TEST

START_TEST(wrong_key_is_refused)
{
	struct ah_key key = vector_key;
	uint8_t pkt[V_LEN];

	load(V1, pkt);
	key.key[19] ^= 1;
	ck_assert_int_eq(ah_verify(pkt, V_LEN, &key), -EACCES);
	key.len = 0;
	ck_assert_int_eq(ah_verify(pkt, V_LEN, &key), -EINVAL);
	key.len = AH_KEY_MAX + 1;
	ck_assert_int_eq(ah_verify(pkt, V_LEN, &key), -EINVAL);
}
END_TEST

START_TEST(header_is_found)
{
	struct ah_header h;
	uint8_t pkt[V_LEN];

	load(V2, pkt);
	ck_assert_int_eq(ah_find(pkt, V_LEN, &h), 0);
	ck_assert_uint_eq(h.offset, 64);
	ck_assert_uint_eq(h.spi, 0x2000);
	ck_assert_uint_eq(h.seq, 1);
	ck_assert_uint_eq(h.icv_offset, V_ICV_OFFSET);
	ck_assert_uint_eq(h.icv_len, 12);
	pkt[40] = IPPROTO_NONE;
	ck_assert_int_eq(ah_find(pkt, V_LEN, &h), -ENOENT);
	pkt[40] = IPPROTO_FRAGMENT;
	ck_assert_int_eq(ah_find(pkt, V_LEN, &h), -ENOENT);
}
END_TEST

START_TEST(cut_packet_is_malformed_at_every_length)
{
	uint8_t pkt[V_LEN];
	struct ah_header h;

	load(vector[_i], pkt);
	for (size_t len = 0; len < V_LEN; len++) {
		/* so that a sanitizer sees a read past the end */
		uint8_t *copy = malloc(len + 1);
		memcpy(copy, pkt, len);
		uint8_t *exact = realloc(copy, len ? len : 1);
		ck_assert_int_eq(ah_find(exact, len, &h), -EBADMSG);
		ck_assert_int_eq(ah_verify(exact, len, &vector_key), -EBADMSG);
		free(exact);
	}
}
END_TEST

/* A packet of ours for alg: HAO, AH, BU. */
static size_t make(enum ah_alg alg, uint8_t *pkt, size_t size)
{
	struct signal s = {
		.src = addr("2001:db8:2::1"), .dst = addr("2001:db8:9::9"), .has_home = true,
		.home = addr("2001:db8:1::1"), .has_ah = true, .spi = 7, .ah_seq = 9, .n_bu = 1,
		.bu = { { .flags = BU_ACK, .seq = 1, .lifetime = 600, .names_source = true } },
	};
	int n = signal_build(&s, ah_icv_len(alg), pkt, size);

	ck_assert_int_gt(n, 0);
	return (size_t)n;
}

START_TEST(all_algorithms_sign_and_verify)
{
	enum ah_alg alg = (enum ah_alg)_i;
	struct ah_key key = { .alg = alg, .len = 32, .key = { 1, 2, 3 } };
	uint8_t pkt[SIGNAL_MTU];
	size_t n = make(alg, pkt, sizeof(pkt));
	struct ah_header h;

	ck_assert_int_eq(ah_sign(pkt, n, &key), 0);
	ck_assert_int_eq(ah_verify(pkt, n, &key), 0);
	ck_assert_int_eq(ah_find(pkt, n, &h), 0);
	ck_assert_uint_eq(h.icv_len, alg == AH_HMAC_SHA256_128 ? 20 : 12);
	ck_assert_uint_eq((h.icv_offset + h.icv_len) % 8, 0);
	for (size_t i = h.icv_offset; i < h.icv_offset + h.icv_len; i++) {
		pkt[i] ^= 0x10;	/* the padding behind the ICV is covered, too */
		ck_assert_int_eq(ah_verify(pkt, n, &key), -EACCES);
		pkt[i] ^= 0x10;
	}
	key.alg = alg == AH_HMAC_SHA256_128 ? AH_HMAC_SHA1_96 : AH_HMAC_SHA256_128;
	ck_assert_int_eq(ah_verify(pkt, n, &key), -EBADMSG);
}
END_TEST

START_TEST(padding_after_the_icv_is_free_but_covered)
{
	struct ah_key key = { .alg = AH_HMAC_SHA256_128, .len = 32, .key = { 1, 2, 3 } };
	uint8_t pkt[SIGNAL_MTU];
	size_t n = make(key.alg, pkt, sizeof(pkt));
	struct ah_header h;

	ck_assert_int_eq(ah_find(pkt, n, &h), 0);
	memcpy(pkt + h.icv_offset + 16, "free", 4);
	ck_assert_int_eq(ah_sign(pkt, n, &key), 0);
	ck_assert_mem_eq(pkt + h.icv_offset + 16, "free", 4);
	ck_assert_int_eq(ah_verify(pkt, n, &key), 0);
}
END_TEST

/* IPv6, DOH(option of the given type, 4 octets), AH, 59. */
static void with_option(uint8_t next, uint8_t type, uint8_t pkt[static 72])
{
	char text[256];

	snprintf(text, sizeof(text),
		 "600000000020%02x40" COA CN "3300%02x04 a1a2a3a4 3b04 0000 00000001 00000001"
		 "000000000000000000000000",
		 next, type);
	ck_assert_uint_eq(unhex(text, pkt, 72), 72);
	ck_assert_int_eq(ah_sign(pkt, 72, &vector_key), 0);
}

START_TEST(option_data_that_may_change_counts_as_zeros)
{
	static const uint8_t next[] = { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS };
	uint8_t pkt[72];

	with_option(next[_i], 0x3e, pkt);
	pkt[45] ^= 0xff;
	ck_assert_int_eq(ah_verify(pkt, sizeof(pkt), &vector_key), 0);
	pkt[42] ^= 0x01;
	ck_assert_int_eq(ah_verify(pkt, sizeof(pkt), &vector_key), -EACCES);
}
END_TEST

START_TEST(other_option_data_counts_as_it_is)
{
	static const uint8_t next[] = { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS };
	uint8_t pkt[72];

	with_option(next[_i], 0x1e, pkt);
	ck_assert_int_eq(ah_verify(pkt, sizeof(pkt), &vector_key), 0);
	pkt[45] ^= 0xff;
	ck_assert_int_eq(ah_verify(pkt, sizeof(pkt), &vector_key), -EACCES);
}
END_TEST

START_TEST(more_padding_than_alignment_asks_for_is_refused)
{
	uint8_t pkt[V_LEN];

	load(V1, pkt);
	pkt[65] = 6;	/* AH swallows the next 8 octets */
	ck_assert_int_eq(ah_verify(pkt, V_LEN, &vector_key), -EBADMSG);
}
END_TEST

START_TEST(malformed_chains_are_refused)
{
	static const struct {
		const char *what;
		const char *packet;
	} row[] = {
		{ "IPv4", "4000000000082b40" COA CN "3b00010400000000" },
		{ "a second Routing header",
		  "6000000000302b40" CN COA "2b02000000000000" HOME "3b02000000000000" HOME },
		{ "two addresses", "6000000000282b40" CN COA "3b04000100000000" HOME HOME },
		{ "two segments left", "6000000000182b40" CN COA "3b02000200000000" HOME },
		{ "a multicast hop",
		  "6000000000182b40" CN COA "3b02000100000000 ff020000000000000000000000000001" },
		{ "a multicast destination",
		  "6000000000182b40" CN "ff020000000000000000000000000001"
		  "3b02000100000000" HOME },
		{ "a type 9 Routing header to be travelled",
		  "6000000000182b40" CN COA "3b02090100000000" HOME },
		{ "Hop-by-Hop in second place",
		  "6000000000103c40" CN COA "00000104 00000000 3b000104 00000000" },
		{ "AH of 12 octets", "60000000000c3340" CN COA "3b010000 00000001 00000001" },
		{ "a header longer than the packet",
		  "6000000000083c40" CN COA "33010104 00000000" },
	};
	struct ah_header h;
	uint8_t pkt[V_LEN];
	size_t n = unhex(row[_i].packet, pkt, sizeof(pkt));

	ck_assert_msg(ah_find(pkt, n, &h) == -EBADMSG, "%s", row[_i].what);
}
END_TEST

START_TEST(algorithms_have_their_names)
{
	static const char *const name[] = { "hmac-md5-96", "hmac-sha1-96", "hmac-sha256-128" };
	enum ah_alg alg = AH_HMAC_MD5_96;

	for (unsigned i = 0; i < 3; i++) {
		ck_assert_str_eq(ah_alg_name((enum ah_alg)i), name[i]);
		ck_assert_int_eq(ah_alg_by_name(name[i], &alg), 0);
		ck_assert_uint_eq(alg, i);
	}
	ck_assert_int_eq(ah_alg_by_name("hmac-sha1", &alg), -ENOENT);
	ck_assert_uint_eq(alg, AH_HMAC_SHA256_128);
}
END_TEST

/* RFC 2202 test case 2 (MD5, SHA-1), RFC 4231 test case 2 (SHA-256): key "Jefe". */
START_TEST(hmac128_is_the_leftmost_16_octets_over_both_parts)
{
	static const char *const want[] = {
		"750c783e6ab0b503eaa86e310a5db738",
		"effcdf6ae5eb2fa2d27416d5f184df9c",
		"5bdcc146bf60754e6a042426089575c7",
	};
	struct ah_key key = { .alg = (enum ah_alg)_i, .len = 4, .key = "Jefe" };
	uint8_t got[16];

	ck_assert_int_eq(ah_hmac128(&key, "what do ya ", 11, "want for nothing?", 17, got), 0);
	assert_octets(got, sizeof(got), want[_i]);
}
END_TEST

static bool take(struct ah_replay *w, uint32_t seq)
{
	if (!ah_replay_check(w, seq))
		return false;
	ah_replay_update(w, seq);
	return true;
}

START_TEST(replay_window_is_that_of_rfc_4302)
{
	static const struct {
		uint32_t seq;
		bool ok;
	} row[] = {
		{ 0, false }, { 1, true }, { 1, false }, { 3, true }, { 2, true }, { 2, false },
		{ 3, false }, { 64, true }, { 1, false }, { 5, true },
		/* 3 is at the window's edge, 2 behind it. */
		{ 66, true }, { 3, false }, { 4, true }, { 2, false },
		{ 129, true }, { 66, false }, { 67, true }, { 65, false },
		{ 1000, true }, { 129, false }, { 999, true }, { 937, true }, { 936, false },
		{ UINT32_MAX, true }, { UINT32_MAX, false },
		{ UINT32_MAX - 63, true }, { UINT32_MAX - 64, false },
		{ 1, false }, { 0, false },	/* no cycling */
	};
	struct ah_replay w = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		ck_assert_msg(take(&w, row[i].seq) == row[i].ok, "row %zu: %u", i, row[i].seq);
}
END_TEST

START_TEST(replay_window_agrees_with_a_set_of_all_numbers_seen)
{
	enum { N = 400 };
	bool seen[N + 1] = { false };
	struct ah_replay w = { 0 };
	uint32_t top = 0;

	srandom(4302);
	for (unsigned i = 0; i < 5000; i++) {
		uint32_t around = top + 20 > N ? N : top + 20;
		uint32_t seq = (uint32_t)random() % (around + 1);
		bool want = seq != 0 && !seen[seq] && seq + 64 > top;
		ck_assert_int_eq(ah_replay_check(&w, seq), want);
		ck_assert_int_eq(take(&w, seq), want);
		if (!want)
			continue;
		seen[seq] = true;
		top = seq > top ? seq : top;
	}
	ck_assert_uint_eq(top, N);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ah");
	TCase *icv = tcase_create("icv"), *replay = tcase_create("replay");

	tcase_add_loop_test(icv, vectors_are_signed_as_published, 0, 2);
	tcase_add_loop_test(icv, vectors_are_verified, 0, 2);
	tcase_add_test(icv, icv_without_the_exchange_is_refused);
	tcase_add_loop_test(icv, every_flipped_bit_that_is_covered_is_noticed, 0, 2);
	tcase_add_test(icv, arrived_routing_header_verifies_too);
	tcase_add_test(icv, link_layer_padding_is_not_part_of_the_packet);
	tcase_add_test(icv, wrong_key_is_refused);
	tcase_add_test(icv, header_is_found);
	tcase_add_loop_test(icv, cut_packet_is_malformed_at_every_length, 0, 2);
	tcase_add_loop_test(icv, all_algorithms_sign_and_verify, 0, 3);
	tcase_add_test(icv, padding_after_the_icv_is_free_but_covered);
	tcase_add_loop_test(icv, option_data_that_may_change_counts_as_zeros, 0, 2);
	tcase_add_loop_test(icv, other_option_data_counts_as_it_is, 0, 2);
	tcase_add_test(icv, more_padding_than_alignment_asks_for_is_refused);
	tcase_add_loop_test(icv, malformed_chains_are_refused, 0, 10);
	tcase_add_test(icv, algorithms_have_their_names);
	tcase_add_loop_test(icv, hmac128_is_the_leftmost_16_octets_over_both_parts, 0, 3);
	suite_add_tcase(s, icv);
	tcase_add_test(replay, replay_window_is_that_of_rfc_4302);
	tcase_add_test(replay, replay_window_agrees_with_a_set_of_all_numbers_seen);
	suite_add_tcase(s, replay);
	return suite_run(s);
}
