/* SPDX-License-Identifier: BSD-2-Clause */
/* core/proto/retry.c alone: the retry order of sources and destinations, and the timeout. */
#include "host.h"
#include "retry.h"

static void assert_target(unsigned tries, const char *text)
{
	struct in6_addr got = retry_target(h, tries), want = a(text);

	ck_assert_msg(addr_equal(&got, &want), "try %u goes to %s instead of %s", tries,
		      addr_text(&got).s, text);
}

START_TEST(b10_the_addresses_of_a_peer_take_turns_the_pairs_first)
{
	at(F1, ADDR_ACTIVE);
	at(F2, ADDR_ACTIVE);
	for (unsigned round = 0; round < 4; round++) {
		assert_target(3 * round, F0);
		assert_target(3 * round + 1, F1);
		assert_target(3 * round + 2, F2);
		ck_assert_int_eq(retry_round(h, 3 * round + 1), false);
		ck_assert_int_eq(retry_round(h, 3 * round + 3), true);
	}
}
END_TEST

/* X2: only a Challenge is sent to an unverified address. */
START_TEST(x2_no_try_goes_to_a_tentative_address)
{
	at(F1, ADDR_TENTATIVE);
	for (unsigned i = 0; i < 20; i++)
		assert_target(i, F0);
}
END_TEST

/* C9: a Deprecated address is a last resort: after two rounds of the others, every other try. */
START_TEST(c9_a_deprecated_address_is_a_last_resort)
{
	at(F1, ADDR_ACTIVE);
	at(F2, ADDR_DEPRECATED);
	assert_target(0, F0);
	assert_target(1, F1);
	assert_target(2, F0);
	assert_target(3, F1);
	assert_target(4, F2);
	assert_target(5, F0);
	assert_target(6, F2);
	assert_target(7, F1);
}
END_TEST

START_TEST(b7_signalling_leaves_from_the_pairs_source_while_that_is_usable)
{
	struct in6_addr l0 = a(L0);

	up(L1)->preference = 1;
	hold(L1, BINDING_VERIFIED);
	hold(L0, BINDING_KNOWN);
	ck_assert_ptr_eq(retry_source(c, h), local_find(c, &l0));
}
END_TEST

/* B7: then from one that the peer has verified, before the one that routing would choose. */
START_TEST(b7_then_from_an_address_that_the_peer_has_proof_of)
{
	struct local_addr *l1 = up(L1), *l2 = up(L2);

	up(L0)->usable = false;
	h->routed = a(L2);
	ck_assert_ptr_eq(retry_source(c, h), l2);
	hold(L1, BINDING_KNOWN);
	ck_assert_ptr_eq(retry_source(c, h), l2);
	hold(L1, BINDING_RESPONDED);
	ck_assert_ptr_eq(retry_source(c, h), l1);
}
END_TEST

START_TEST(b13_without_an_address_there_is_no_source)
{
	up(L0)->usable = false;
	ck_assert_ptr_null(retry_source(c, h));
	up(L1)->personality = 1;	/* X9 */
	ck_assert_ptr_null(retry_source(c, h));
}
END_TEST

static void assert_source(unsigned tries, const char *text)
{
	struct in6_addr want = a(text);

	h->rt.tries = tries;
	ck_assert_msg(addr_equal(&retry_update_source(c, h)->addr, &want),
		      "try %u does not leave from %s", tries, text);
}

/* Two foreign addresses: a round is two tries. */
START_TEST(b10_sources_take_turns_from_the_third_round_on)
{
	at(F1, ADDR_ACTIVE);
	up(L1);
	up(L2);
	hold(L0, BINDING_VERIFIED);
	hold(L1, BINDING_VERIFIED);
	hold(L2, BINDING_VERIFIED);
	assert_source(0, L0);
	assert_source(3, L0);
	assert_source(4, L1);
	assert_source(5, L1);
	assert_source(6, L0);
	assert_source(8, L2);
	assert_source(12, L1);
}
END_TEST

START_TEST(b7_a_new_address_announces_itself_from_the_second_round_on)
{
	at(F1, ADDR_ACTIVE);
	up(L1);
	up(L2);
	hold(L0, BINDING_VERIFIED);
	hold(L1, BINDING_VERIFIED);
	hold(L2, BINDING_SENT);
	assert_source(1, L0);
	assert_source(2, L2);
	assert_source(4, L0);
	assert_source(6, L1);
}
END_TEST

START_TEST(b13_a_source_without_a_route_is_passed_over)
{
	up(L1);
	hold(L0, BINDING_VERIFIED);
	hold(L1, BINDING_SENT);
	h->rt.no_route = 1;
	assert_source(0, L1);
}
END_TEST

/* draft-13 section 11: a second; less if the round trip is known. */
START_TEST(b10_the_first_timeout_follows_the_round_trip)
{
	ck_assert_uint_eq(retry_timeout(h), USEC_PER_SEC);
	h->srtt = 100 * USEC_PER_MSEC;
	ck_assert_uint_eq(retry_timeout(h), 210 * USEC_PER_MSEC);
	h->srtt = 1;
	ck_assert_uint_eq(retry_timeout(h), 50 * USEC_PER_MSEC);
	h->srtt = 3 * USEC_PER_SEC;
	ck_assert_uint_eq(retry_timeout(h), USEC_PER_SEC);
}
END_TEST

/* Two rounds without an answer, then two of other means, and so on. */
START_TEST(b10_it_is_late_after_two_rounds)
{
	at(F1, ADDR_ACTIVE);
	for (unsigned i = 0; i < 24; i++)
		ck_assert_int_eq(retry_late(h, i), i / 4 % 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("retry");
	TCase *tc = tcase_create("retry");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, b10_the_addresses_of_a_peer_take_turns_the_pairs_first);
	tcase_add_test(tc, x2_no_try_goes_to_a_tentative_address);
	tcase_add_test(tc, c9_a_deprecated_address_is_a_last_resort);
	tcase_add_test(tc, b7_signalling_leaves_from_the_pairs_source_while_that_is_usable);
	tcase_add_test(tc, b7_then_from_an_address_that_the_peer_has_proof_of);
	tcase_add_test(tc, b13_without_an_address_there_is_no_source);
	tcase_add_test(tc, b10_sources_take_turns_from_the_third_round_on);
	tcase_add_test(tc, b7_a_new_address_announces_itself_from_the_second_round_on);
	tcase_add_test(tc, b13_a_source_without_a_route_is_passed_over);
	tcase_add_test(tc, b10_the_first_timeout_follows_the_round_trip);
	tcase_add_test(tc, b10_it_is_late_after_two_rounds);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
