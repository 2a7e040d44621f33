/* SPDX-License-Identifier: BSD-2-Clause */
/* core/model/local.c and core/event/local_addr.c: the addresses of this host. */
#include "host.h"

#include <stdio.h>

static struct local_addr *find(const char *text)
{
	struct in6_addr addr = a(text);

	return local_find(c, &addr);
}

static void come(const char *text, usec_t valid_until)
{
	struct in6_addr addr = a(text);

	core_local_up(c, &addr, 1, valid_until, now);
}

static void go(const char *text)
{
	struct in6_addr addr = a(text);

	core_local_down(c, &addr, now);
}

START_TEST(c2_an_address_is_usable_when_the_kernel_says_so)
{
	struct action l = { 0 };
	struct in6_addr l1 = a(L1);

	come(L1, USEC_NEVER);
	ck_assert(find(L1)->usable);
	ck_assert_uint_eq(take(ACTION_LOCAL, &l), 1);
	ck_assert(addr_equal(&l.local.addr, &l1) && l.local.usable);
}
END_TEST

START_TEST(c2_addresses_of_no_use_between_hosts_are_refused)
{
	static const char *const bad[] = { "::1", "fe80::1", "ff02::1", "::", "::ffff:192.0.2.1" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		come(bad[i], USEC_NEVER);
		ck_assert_ptr_null(find(bad[i]));
	}
}
END_TEST

START_TEST(c3_a_new_lifetime_changes_nothing_else)
{
	come(L1, now + 10);
	take(ACTION_LOCAL, NULL);
	come(L1, now + 20);
	ck_assert_uint_eq(take(ACTION_LOCAL, NULL), 0);
	ck_assert_uint_eq(find(L1)->valid_until, now + 20);
}
END_TEST

/* The record of a lost address is kept for a while, for connections that a later scan finds. */
START_TEST(c3_a_lost_address_is_forgotten_in_time)
{
	come(L1, USEC_NEVER);
	go(L1);
	local_expire(c, find(L1)->remember_until - 1);
	ck_assert_ptr_nonnull(find(L1));
	ck_assert(!find(L1)->usable);
	ck_assert_uint_eq(take(ACTION_LOCAL_GONE, NULL), 0);
	local_expire(c, find(L1)->remember_until);
	ck_assert_ptr_null(find(L1));
	ck_assert_uint_eq(take(ACTION_LOCAL_GONE, NULL), 1);
}
END_TEST

START_TEST(c3_lost_addresses_are_bounded_the_oldest_is_forgotten)
{
	char text[INET6_ADDRSTRLEN];

	for (unsigned i = 0; i <= LOST_MAX; i++) {
		snprintf(text, sizeof(text), "2001:db8:9::%x", i + 1);
		come(text, USEC_NEVER);
		now++;
		go(text);
	}
	ck_assert_ptr_null(find("2001:db8:9::1"));
	ck_assert_ptr_nonnull(find("2001:db8:9::2"));
	ck_assert_uint_eq(HASH_COUNT(core_locals(c)), LOST_MAX + 1);	/* and L0 */
}
END_TEST

START_TEST(c3_a_lost_address_stays_while_a_connection_has_it)
{
	connection(L0, F0, 1);
	go(L0);
	now = find(L0)->remember_until;
	local_expire(c, now);
	ck_assert_ptr_nonnull(find(L0));
	ck_assert(!find(L0)->usable);
	ck_assert_uint_eq(take(ACTION_LOCAL_GONE, NULL), 0);
	pcb_drop(c, pcb_by_cookie(c, 1));
	local_expire(c, now);
	ck_assert_uint_eq(take(ACTION_LOCAL_GONE, NULL), 1);
	ck_assert_ptr_null(find(L0));
}
END_TEST

/* B5, B6: every peer of the personality must receive it. */
START_TEST(b5_b6_what_comes_and_goes_is_announced_and_withdrawn)
{
	struct in6_addr l1 = a(L1);

	come(L1, USEC_NEVER);
	ck_assert(bul_find(h, &l1)->wanted);
	go(L1);
	ck_assert(!bul_find(h, &l1) || !bul_find(h, &l1)->wanted);
}
END_TEST

START_TEST(x9_a_peer_learns_of_its_own_personality_only)
{
	struct in6_addr l1 = a(L1);

	core_local_personality(c, &l1, 1, now);
	come(L1, USEC_NEVER);
	ck_assert_ptr_null(bul_find(h, &l1));
	ck_assert(!local_good_for(find(L1), h));
	ck_assert(local_good_for(find(L0), h));
}
END_TEST

START_TEST(s1_prefer_moves_the_pair)
{
	struct in6_addr l1 = a(L1), l2 = a(L2);

	come(L1, USEC_NEVER);
	hold(L1, BINDING_VERIFIED);
	ck_assert_int_eq(core_prefer(c, &l1, 0, now), 0);
	assert_pair(L1, F0);
	ck_assert_int_lt(core_prefer(c, &l2, 0, now), 0);
	assert_pair(L1, F0);
}
END_TEST

/* X6, A3: an address that this host gets is no longer its peer's, though that proved it. */
START_TEST(a3_an_address_of_a_peer_becomes_this_hosts)
{
	struct in6_addr f0 = a(F0);

	come(F0, USEC_NEVER);
	ck_assert_ptr_null(foreign_find(c, &f0));
	ck_assert(find(F0)->usable);
	ck_assert_int_eq(h->pair.block, BLOCK_ALL);
}
END_TEST

START_TEST(c3_only_a_usable_address_is_good)
{
	up(L1)->usable = false;
	ck_assert(!local_good_for(find(L1), h));
	ck_assert(!local_good_for(NULL, h));
}
END_TEST

START_TEST(c3_a_lost_address_with_connections_cannot_be_a_peers)
{
	struct in6_addr l0 = a(L0);

	connection(L0, F0, 1);
	go(L0);
	ck_assert(local_ours(c, &l0));
	pcb_drop(c, pcb_by_cookie(c, 1));
	ck_assert(!local_ours(c, &l0));
}
END_TEST

START_TEST(a3_only_an_idle_lost_address_becomes_a_peers)
{
	struct in6_addr l1 = a(L1);

	come(L1, USEC_NEVER);
	local_drop_if_idle(c, &l1);
	ck_assert_ptr_nonnull(find(L1));
	go(L1);
	local_drop_if_idle(c, &l1);
	ck_assert_ptr_null(find(L1));
}
END_TEST

START_TEST(c3_restoring_does_not_change_a_usable_address)
{
	struct in6_addr l1 = a(L1), l2 = a(L2);

	come(L1, USEC_NEVER);
	ck_assert_int_eq(local_restore(c, &l1, 1, now + 5, now), 0);
	ck_assert_uint_eq(find(L1)->personality, 0);
	ck_assert_int_eq(local_restore(c, &l2, 1, now + 5, now), 0);
	ck_assert_uint_eq(find(L2)->personality, 1);
	ck_assert_uint_eq(find(L2)->remember_until, now + 5);
	ck_assert(!find(L2)->usable);
}
END_TEST

/* B13: the peer may take what comes from a lost source for another host's, until it is back. */
START_TEST(b13_a_source_that_returns_retransmits_at_once)
{
	go(L0);
	ck_assert(h->pair.unconfirmed);
	take(ACTION_RETRANSMIT, NULL);
	come(L0, USEC_NEVER);
	ck_assert(!h->pair.unconfirmed);
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, NULL), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("local");
	TCase *tc = tcase_create("local");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, c2_an_address_is_usable_when_the_kernel_says_so);
	tcase_add_test(tc, c2_addresses_of_no_use_between_hosts_are_refused);
	tcase_add_test(tc, c3_a_new_lifetime_changes_nothing_else);
	tcase_add_test(tc, c3_a_lost_address_is_forgotten_in_time);
	tcase_add_test(tc, c3_lost_addresses_are_bounded_the_oldest_is_forgotten);
	tcase_add_test(tc, c3_a_lost_address_stays_while_a_connection_has_it);
	tcase_add_test(tc, b5_b6_what_comes_and_goes_is_announced_and_withdrawn);
	tcase_add_test(tc, x9_a_peer_learns_of_its_own_personality_only);
	tcase_add_test(tc, s1_prefer_moves_the_pair);
	tcase_add_test(tc, a3_an_address_of_a_peer_becomes_this_hosts);
	tcase_add_test(tc, c3_only_a_usable_address_is_good);
	tcase_add_test(tc, c3_a_lost_address_with_connections_cannot_be_a_peers);
	tcase_add_test(tc, a3_only_an_idle_lost_address_becomes_a_peers);
	tcase_add_test(tc, c3_restoring_does_not_change_a_usable_address);
	tcase_add_test(tc, b13_a_source_that_returns_retransmits_at_once);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
