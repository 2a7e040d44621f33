/* SPDX-License-Identifier: BSD-2-Clause */
/* aap.h: the messages, and the packets they travel in, by vectors computed elsewhere. */
#include "aap_load.h"
#include "exthdr.h"
#include "same_signal.h"
#include "suite.h"

#include <errno.h>

static const char *const message[] = { V_INIT, V_INIT_COOKIE, V_RETRY, V_RESPONSE, V_CONFIRM };
static const enum aap_kind kind[] = { AAP_INIT, AAP_INIT, AAP_RETRY, AAP_RESPONSE, AAP_CONFIRM };

#define N_MESSAGES 5

static struct signal got;	/* large */

/* A copy that ends where the data ends, so that a sanitizer sees a read past it. */
static int parse_exact(const uint8_t *data, size_t len, struct aap_message *ret)
{
	uint8_t *exact = malloc(len ? len : 1);

	memcpy(exact, data, len);
	int r = aap_parse(exact, len, ret);
	free(exact);
	return r;
}

START_TEST(messages_are_read_and_written_octet_for_octet)
{
	struct aap_message m = load_message(message[_i]);
	uint8_t data[256];

	ck_assert_int_eq(m.kind, kind[_i]);
	int n = aap_build(&m, data, sizeof(data));
	ck_assert_int_gt(n, 0);
	assert_octets(data, (size_t)n, message[_i]);
	for (int size = 0; size < n; size++)
		ck_assert_int_eq(aap_build(&m, data, (size_t)size), -EMSGSIZE);
	ck_assert_int_eq(aap_build(&m, data, (size_t)n), n);
}
END_TEST

START_TEST(fields_are_where_the_manual_says)
{
	struct aap_message m = load_message(V_INIT);

	ck_assert_uint_eq(m.init.spi, 0x11223344);
	assert_octets(m.init.nonce, 16, "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
	assert_octets(m.init.share, 32, V_I_SHARE);
	ck_assert(!m.init.has_cookie);
	m = load_message(V_INIT_COOKIE);
	ck_assert(m.init.has_cookie);
	struct aap_message retry = load_message(V_RETRY);
	assert_octets(retry.retry.nonce, 16, "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
	ck_assert(memcmp(retry.retry.cookie, m.init.cookie, AAP_COOKIE_LEN) == 0);
	m = load_message(V_RESPONSE);
	ck_assert_uint_eq(m.response.spi, 0x55667788);
	assert_octets(m.response.nonce, 16, "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
	assert_octets(m.response.share, 32, V_R_SHARE);
	ck_assert_uint_eq(m.response.sealed.len, AAP_SEALED_LEN);
	struct aap_message confirm = load_message(V_CONFIRM);
	ck_assert(memcmp(&confirm.confirm.sealed, &m.response.sealed, sizeof(m.response.sealed)) ==
		  0);
}
END_TEST

/* The least a message of this kind may be: a sealed state has one octet or more. */
static size_t least(int i)
{
	return kind[i] == AAP_INIT ? AAP_INIT_LEN : kind[i] == AAP_RETRY ? AAP_RETRY_LEN :
	       kind[i] == AAP_RESPONSE ? AAP_HEAD_LEN + 1 : AAP_CONFIRM_HEAD_LEN + 1;
}

static size_t most(int i)
{
	return kind[i] == AAP_RESPONSE ? AAP_HEAD_LEN + AAP_SEALED_MAX :
	       kind[i] == AAP_CONFIRM ? AAP_CONFIRM_HEAD_LEN + AAP_SEALED_MAX : least(i);
}

START_TEST(messages_of_every_other_length_are_malformed)
{
	struct aap_message m, before;
	uint8_t data[256] = { 0 };

	unhex(message[_i], data, sizeof(data));
	memset(&before, 0xa5, sizeof(before));
	for (size_t n = 0; n < 256; n++) {
		m = before;
		int r = parse_exact(data, n, &m);
		int want = n < 3 ? -ENOMSG : n >= least(_i) && n <= most(_i) ? 0 : -EBADMSG;
		ck_assert_msg(r == want, "kind %d, %zu octets: %d", kind[_i], n, r);
		ck_assert(r == 0 || memcmp(&m, &before, sizeof(m)) == 0);
	}
}
END_TEST

START_TEST(other_experiments_and_versions_are_told_apart)
{
	uint8_t data[256];
	size_t n = unhex(V_RETRY, data, sizeof(data));
	struct aap_message m;

	for (unsigned i = 0; i < 3; i++) {
		data[i] ^= 0x20;
		ck_assert_int_eq(aap_parse(data, n, &m), -ENOMSG);
		data[i] ^= 0x20;
	}
	for (unsigned k = 0; k < 256; k++) {
		data[3] = (uint8_t)k;
		ck_assert_int_eq(aap_parse(data, n, &m),
				 k == AAP_RETRY || k == AAP_CONFIRM ? 0 : -EBADMSG);
	}
}
END_TEST

START_TEST(what_the_format_forbids_is_neither_read_nor_built)
{
	struct aap_message m = load_message(V_RESPONSE), bad;
	uint8_t data[256];

	bad = m, bad.response.spi = 255;
	ck_assert_int_eq(aap_build(&bad, data, sizeof(data)), -EINVAL);
	bad = m, bad.response.sealed.len = 0;
	ck_assert_int_eq(aap_build(&bad, data, sizeof(data)), -EINVAL);
	bad = m, bad.response.sealed.len = AAP_SEALED_MAX + 1;
	ck_assert_int_eq(aap_build(&bad, data, sizeof(data)), -EINVAL);
	bad.response.sealed.len = AAP_SEALED_MAX;
	ck_assert_int_eq(aap_build(&bad, data, sizeof(data)), AAP_DATA_MAX);
	bad = m, bad.kind = 0;
	ck_assert_int_eq(aap_build(&bad, data, sizeof(data)), -EINVAL);
	bad = load_message(V_INIT), bad.init.spi = 0;
	ck_assert_int_eq(aap_build(&bad, data, sizeof(data)), -EINVAL);
	bad = load_message(V_INIT), bad.init.has_cookie = true;
	ck_assert_int_eq(aap_build(&bad, data, sizeof(data)), -EINVAL);
	bad = load_message(V_CONFIRM), bad.confirm.sealed.len = 0;
	ck_assert_int_eq(aap_build(&bad, data, sizeof(data)), -EINVAL);

	size_t n = unhex(V_RETRY, data, sizeof(data));
	memset(data + 20, 0, AAP_COOKIE_LEN);
	ck_assert_int_eq(aap_parse(data, n, &bad), -EBADMSG);
	n = unhex(V_INIT, data, sizeof(data));
	memcpy(data + 4, (const uint8_t[]){ 0, 0, 0, 255 }, 4);
	ck_assert_int_eq(aap_parse(data, n, &bad), -EBADMSG);
	data[6] = 1;
	ck_assert_int_eq(aap_parse(data, n, &bad), 0);
}
END_TEST

START_TEST(filling_of_an_init_is_of_any_content)
{
	struct aap_message m = load_message(V_INIT), same;
	uint8_t data[256];

	load(V_INIT, data, AAP_INIT_LEN);
	memset(data + AAP_HEAD_LEN + AAP_COOKIE_LEN, 0x5a,
	       AAP_INIT_LEN - AAP_HEAD_LEN - AAP_COOKIE_LEN);
	ck_assert_int_eq(aap_parse(data, AAP_INIT_LEN, &same), 0);
	ck_assert(aap_same(&m, &same));
}
END_TEST

/* The four packets of the vectors, as signal_build() is asked for them. */
static struct signal make_signal(int i)
{
	struct signal s = { .src = load_addr(V_I_ADDR), .dst = load_addr(V_R_ADDR),
			    .has_aap = true };

	s.aap = load_message((const char *const[]){ V_INIT, V_RETRY, V_RESPONSE, V_CONFIRM }[i]);
	if (i == 1 || i == 2) {
		s.src = load_addr(V_R_ADDR);
		s.dst = load_addr(V_I_ADDR);
	}
	if (i < 2)
		return s;
	s.has_ah = s.aap_behind_ah = s.has_home = true;
	s.spi = i == 2 ? 0x11223344 : 0x55667788;
	s.ah_seq = 1;
	s.home = s.src;
	s.n_bu = 1;
	s.bu[0] = (struct binding_update){ .flags = BU_ACK, .seq = i == 2 ? 0x0102 : 0x0304,
					   .lifetime = 600, .homeless = true,
					   .names_source = true };
	if (i == 2) {
		s.bu[0].n_addr = 1;
		s.bu[0].addr[0] = addr("2001:db8:10::9");
	} else {
		s.n_ba = 1;
		s.ba[0] = (struct binding_ack){ .seq = 0x0102, .lifetime = 600, .refresh = 600 };
	}
	return s;
}

static const char *const packet[] = { V_INIT_PACKET, V_RETRY_PACKET, V_RESPONSE_PACKET,
				      V_CONFIRM_PACKET };

/* A4: appendix A.2, message for message. */
START_TEST(a4_packets_are_built_and_signed_octet_for_octet)
{
	struct aap_keys keys = load_keys(V_K_IR, V_K_RI);
	struct signal s = make_signal(_i);
	uint8_t pkt[SIGNAL_MTU];
	int n = signal_build(&s, 16, pkt, sizeof(pkt));

	ck_assert_int_gt(n, 0);
	if (_i >= 2)
		ck_assert_int_eq(ah_sign(pkt, (size_t)n, _i == 2 ? &keys.ri : &keys.ir), 0);
	assert_octets(pkt, (size_t)n, packet[_i]);
	ck_assert_int_eq(signal_parse(pkt, (size_t)n, &got), 0);
	ck_assert(same_signal(&s, &got));
}
END_TEST

START_TEST(x8_answers_are_not_longer_than_what_they_answer)
{
	struct signal s = make_signal(0);
	uint8_t pkt[SIGNAL_MTU];
	int room = signal_build(&s, 16, pkt, sizeof(pkt));

	ck_assert_int_eq(room, 296);
	s = make_signal(1);
	ck_assert_int_lt(signal_build(&s, 16, pkt, sizeof(pkt)), room / 3);
	/* Other prefixes of the host itself, or so many whole addresses. */
	s = make_signal(2);
	s.bu[0].n_addr = 5;
	for (unsigned i = 0; i < 5; i++) {
		s.bu[0].addr[i] = s.src;
		s.bu[0].addr[i].s6_addr[7] = (uint8_t)(1 + i);
	}
	ck_assert_int_eq(signal_build(&s, 16, pkt, (size_t)room), room);
	s.bu[0].n_addr = 2;
	s.bu[0].addr[0].s6_addr[15] = s.bu[0].addr[1].s6_addr[15] = 77;
	ck_assert_int_eq(signal_build(&s, 16, pkt, (size_t)room), 288);
	s.bu[0].addr[2].s6_addr[15] = 77;
	s.bu[0].n_addr = 3;
	ck_assert_int_eq(signal_build(&s, 16, pkt, (size_t)room), -EMSGSIZE);
}
END_TEST

START_TEST(r4_response_and_confirm_without_ah_are_not_read)
{
	struct signal s = make_signal(2 + _i);
	uint8_t pkt[SIGNAL_MTU];
	int n = signal_build(&s, 16, pkt, sizeof(pkt));

	/*
	 * Behind the Home Address option's header follow the AAP's and an AH that is now one of 0
	 * octets of options.
	 */
	ck_assert_int_gt(n, 0);
	memmove(pkt + 64, pkt + 96, (size_t)n - 96);
	pkt[40] = IPPROTO_DSTOPTS;
	n -= 32;
	pkt[4] = (uint8_t)((n - 40) >> 8);
	pkt[5] = (uint8_t)(n - 40);
	ck_assert_int_eq(signal_parse(pkt, (size_t)n, &got), 0);
	ck_assert(got.unprotected);
	ck_assert(!got.has_aap);
	ck_assert_uint_eq(got.n_bu, 0);
	s.has_ah = false, s.n_bu = s.n_ba = 0, s.has_home = false;
	ck_assert_int_eq(signal_build(&s, 16, pkt, sizeof(pkt)), -EINVAL);
}
END_TEST

START_TEST(init_and_retry_go_alone_or_under_ah)
{
	struct signal s = make_signal(_i), bad;
	uint8_t pkt[SIGNAL_MTU];

	bad = s, bad.has_br = true;
	ck_assert_int_eq(signal_build(&bad, 16, pkt, sizeof(pkt)), -EINVAL);
	bad = s, bad.has_home = true;
	ck_assert_int_eq(signal_build(&bad, 16, pkt, sizeof(pkt)), -EINVAL);
	bad = s, bad.has_rh0 = true;
	ck_assert_int_eq(signal_build(&bad, 16, pkt, sizeof(pkt)), -EINVAL);
	bad = s, bad.aap.kind = 9;
	ck_assert_int_eq(signal_build(&bad, 16, pkt, sizeof(pkt)), -EINVAL);
	s.has_ah = s.aap_behind_ah = s.has_br = true;
	s.spi = s.ah_seq = 1000;
	int n = signal_build(&s, 16, pkt, sizeof(pkt));
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(signal_parse(pkt, (size_t)n, &got), 0);
	ck_assert(same_signal(&s, &got));
}
END_TEST

/* IPv6 and one Destination Options header of so many options, each given as its data. */
static int parse_options(unsigned n, const char *const *data)
{
	uint8_t pkt[SIGNAL_MTU];
	size_t len = unhex("6000000000003c40" V_I_ADDR V_R_ADDR "3b00", pkt, sizeof(pkt));

	for (unsigned i = 0; i < n; i++) {
		size_t at = len + 2;
		size_t l = unhex(data[i], pkt + at, sizeof(pkt) - at);
		pkt[len] = OPT_AAP;
		pkt[len + 1] = (uint8_t)l;
		len = at + l;
	}
	for (; len % 8; len++)
		pkt[len] = OPT_PAD1;
	pkt[41] = (uint8_t)((len - 40) / 8 - 1);
	pkt[4] = (uint8_t)((len - 40) >> 8);
	pkt[5] = (uint8_t)(len - 40);
	return signal_parse(pkt, len, &got);
}

START_TEST(one_message_for_each_packet_and_others_options_are_skipped)
{
	ck_assert_int_eq(parse_options(1, (const char *const[]){ V_RETRY }), 0);
	ck_assert(got.has_aap && !got.aap_behind_ah);
	ck_assert_int_eq(parse_options(2, (const char *const[]){ V_RETRY, V_RETRY }), -E2BIG);
	ck_assert_int_eq(parse_options(3, (const char *const[]){ "4142", V_RETRY, "" }), 0);
	ck_assert_int_eq(got.aap.kind, AAP_RETRY);
	ck_assert_int_eq(parse_options(1, (const char *const[]){ "484d0201" }), -ENOMSG);
	ck_assert_int_eq(parse_options(1, (const char *const[]){ "484d0101" }), -EBADMSG);
}
END_TEST

static TCase *add_case(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("aap");
	TCase *tc = add_case(s, "messages");

	tcase_add_loop_test(tc, messages_are_read_and_written_octet_for_octet, 0, N_MESSAGES);
	tcase_add_test(tc, fields_are_where_the_manual_says);
	tcase_add_loop_test(tc, messages_of_every_other_length_are_malformed, 0, N_MESSAGES);
	tcase_add_test(tc, other_experiments_and_versions_are_told_apart);
	tcase_add_test(tc, what_the_format_forbids_is_neither_read_nor_built);
	tcase_add_test(tc, filling_of_an_init_is_of_any_content);

	tc = add_case(s, "packets");
	tcase_add_loop_test(tc, a4_packets_are_built_and_signed_octet_for_octet, 0, 4);
	tcase_add_test(tc, x8_answers_are_not_longer_than_what_they_answer);
	tcase_add_loop_test(tc, r4_response_and_confirm_without_ah_are_not_read, 0, 2);
	tcase_add_loop_test(tc, init_and_retry_go_alone_or_under_ah, 0, 2);
	tcase_add_test(tc, one_message_for_each_packet_and_others_options_are_skipped);
	return suite_run(s);
}
