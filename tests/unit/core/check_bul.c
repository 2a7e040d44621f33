/* SPDX-License-Identifier: BSD-2-Clause */
/* core/model/bul.c alone: the state of each local address at the peer, and what must be sent. */
#include "host.h"

#include <stdio.h>

static struct binding *want(const char *text, bool wanted)
{
	struct in6_addr addr = a(text);

	bul_want(c, h, &addr, wanted);
	return bul_find(h, &addr);
}

START_TEST(b5_a_new_address_waits_to_be_announced)
{
	struct binding *b = want(L1, true);

	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(b->state, BINDING_NONE);
	ck_assert(b->wanted && b->pending && !b->sent);
	ck_assert(bul_has_pending(h));
}
END_TEST

START_TEST(b6_a_lost_address_waits_to_be_withdrawn)
{
	struct binding *b = want(L0, false);

	ck_assert_ptr_nonnull(b);
	ck_assert(!b->wanted && b->pending);
}
END_TEST

START_TEST(b6_what_the_peer_never_heard_of_needs_no_withdrawal)
{
	want(L1, true);
	ck_assert_ptr_null(want(L1, false));
	ck_assert(!bul_has_pending(h));
}
END_TEST

/* Lost and back before a BU was sent: the peer's binding has not changed. */
START_TEST(b6_back_before_the_withdrawal_left_there_is_nothing_to_send)
{
	want(L0, false);
	want(L0, true);
	ck_assert(!bul_has_pending(h));
	ck_assert_int_eq(hold(L0, BINDING_VERIFIED)->state, BINDING_VERIFIED);
}
END_TEST

/* R5: the peer deletes the address or has it as Tentative, so it must be verified again. */
START_TEST(r5_back_after_the_withdrawal_left_it_starts_over)
{
	struct binding *b = want(L0, false);

	bul_mark_sent(c, h, b, 7);
	b = want(L0, true);
	ck_assert_int_eq(b->state, BINDING_SENT);
	ck_assert(b->pending && !b->sent);
}
END_TEST

START_TEST(b5_an_unusable_address_is_not_announced)
{
	struct in6_addr l1 = a(L1);

	up(L1)->usable = false;
	bul_want_all(c, h);
	ck_assert_ptr_null(bul_find(h, &l1));
}
END_TEST

START_TEST(x9_addresses_of_other_personalities_are_not_announced)
{
	struct in6_addr l1 = a(L1), l2 = a(L2);

	up(L1);
	up(L2)->personality = 1;
	bul_want_all(c, h);
	ck_assert_ptr_nonnull(bul_find(h, &l1));
	ck_assert_ptr_null(bul_find(h, &l2));
}
END_TEST

/* B12: no longer than the kernel holds the address, nor than configured. */
START_TEST(b12_a_lifetime_is_no_longer_than_the_addresss_own)
{
	struct in6_addr l1 = a(L1);
	struct local_addr *l = up(L1);

	ck_assert_uint_eq(bul_lifetime(c, &l1, now), core_config_default.binding_lifetime);
	l->valid_until = now + 30 * USEC_PER_SEC;
	ck_assert_uint_eq(bul_lifetime(c, &l1, now), 30);
	ck_assert_uint_eq(bul_lifetime(c, &l1, now + 40 * USEC_PER_SEC), 0);
}
END_TEST

/* The list of a peer that cannot be reached does not grow for ever. */
START_TEST(b6_the_list_is_bounded)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr l0 = a(L0);
	struct binding *b;
	unsigned n;

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "2001:db8:9::%x", i + 1);
		bul_mark_sent(c, h, want(text, true), (uint16_t)i);
		want(text, false);
	}
	DL_COUNT(h->bindings, b, n);
	ck_assert_uint_le(n, 2 * BU_ADDRS_MAX);
	ck_assert_ptr_nonnull(bul_find(h, &l0));	/* removed are withdrawals only */
}
END_TEST

/* An Acknowledgement of any BU since then acknowledges it. */
START_TEST(b10_a_binding_keeps_the_number_of_its_first_bu)
{
	struct binding *b = want(L1, true);

	bul_mark_sent(c, h, b, 7);
	bul_mark_sent(c, h, b, 8);
	ck_assert_uint_eq(b->seq, 7);
	ck_assert_int_eq(b->state, BINDING_SENT);
}
END_TEST

START_TEST(b7_a_home_address_is_another_that_the_peer_knows)
{
	struct in6_addr l0 = a(L0), l1 = a(L1);

	hold(L1, BINDING_SENT);
	ck_assert_ptr_null(bul_registered(h, &l0));
	hold(L1, BINDING_KNOWN);
	ck_assert_ptr_eq(bul_registered(h, &l0), bul_find(h, &l1));
	ck_assert_ptr_eq(bul_registered(h, &l1), bul_find(h, &l0));
}
END_TEST

START_TEST(b10_a_renewal_announces_only_wanted_addresses)
{
	struct in6_addr l0 = a(L0);
	struct binding *b;

	hold(L1, BINDING_VERIFIED);
	b = want(L1, false);
	b->pending = false;	/* acknowledged */
	bul_reannounce(h);
	ck_assert(!b->pending);
	ck_assert(bul_find(h, &l0)->pending);
}
END_TEST

START_TEST(b10_a_peer_without_state_receives_everything_anew)
{
	struct in6_addr l0 = a(L0), l1 = a(L1);

	h->homeless_acked = true;
	hold(L1, BINDING_VERIFIED);
	want(L1, false);
	bul_invalidate(c, h);
	ck_assert(!h->homeless_acked);
	ck_assert_ptr_null(bul_find(h, &l1));
	ck_assert_int_eq(bul_find(h, &l0)->state, BINDING_NONE);
	ck_assert(bul_find(h, &l0)->pending);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bul");
	TCase *tc = tcase_create("bul");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, b5_a_new_address_waits_to_be_announced);
	tcase_add_test(tc, b6_a_lost_address_waits_to_be_withdrawn);
	tcase_add_test(tc, b6_what_the_peer_never_heard_of_needs_no_withdrawal);
	tcase_add_test(tc, b6_back_before_the_withdrawal_left_there_is_nothing_to_send);
	tcase_add_test(tc, r5_back_after_the_withdrawal_left_it_starts_over);
	tcase_add_test(tc, b5_an_unusable_address_is_not_announced);
	tcase_add_test(tc, x9_addresses_of_other_personalities_are_not_announced);
	tcase_add_test(tc, b12_a_lifetime_is_no_longer_than_the_addresss_own);
	tcase_add_test(tc, b6_the_list_is_bounded);
	tcase_add_test(tc, b10_a_binding_keeps_the_number_of_its_first_bu);
	tcase_add_test(tc, b7_a_home_address_is_another_that_the_peer_knows);
	tcase_add_test(tc, b10_a_renewal_announces_only_wanted_addresses);
	tcase_add_test(tc, b10_a_peer_without_state_receives_everything_anew);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
