/* SPDX-License-Identifier: BSD-2-Clause */
/* A state that changes is reported once, with what it was, what it is and why. */
#include "host.h"

/* Takes all actions; returns the last event of that kind. */
static struct action last_of(enum core_event event, unsigned times)
{
	struct action one, last = { 0 };
	unsigned n = 0;

	while (core_next_action(c, &one))
		if (one.type == ACTION_EVENT && one.event.event == event) {
			last = one;
			n++;
		}
	ck_assert_uint_eq(n, times);
	return last;
}

static void assert_change(const struct action *e, const char *from, const char *to)
{
	if (from)
		ck_assert_str_eq(e->event.from, from);
	else
		ck_assert_ptr_null(e->event.from);
	ck_assert_str_eq(e->event.to, to);
	ck_assert_ptr_nonnull(e->event.reason);
}

START_TEST(s7_the_status_of_a_peer)
{
	struct action e;

	hce_status_event(c, h, STATUS_SUPPORTS);
	last_of(EVENT_STATUS, 0);
	hce_status_event(c, h, STATUS_SILENT);
	e = last_of(EVENT_STATUS, 1);
	assert_change(&e, "homeless", "plain");
	ck_assert_str_eq(e.event.reason, "did not answer AAP");
	ck_assert_uint_eq(e.hce, h->id);
}
END_TEST

START_TEST(b5_a_binding)
{
	struct in6_addr l0 = a(L0), l1 = a(L1);
	struct action e;

	up(L1);
	bul_want_all(c, h);
	last_of(EVENT_BINDING_STATE, 0);	/* nothing was sent yet */
	bul_mark_sent(c, h, bul_find(h, &l1), 7);
	bul_mark_sent(c, h, bul_find(h, &l1), 8);
	e = last_of(EVENT_BINDING_STATE, 1);
	assert_change(&e, "none", "sent");
	ck_assert(addr_equal(&e.event.local, &l1));
	bul_want(c, h, &l0, false);
	bul_find(h, &l0)->announced = true;
	bul_want(c, h, &l0, true);
	e = last_of(EVENT_BINDING_STATE, 1);
	assert_change(&e, "verified", "sent");
	bul_invalidate(c, h);
	e = last_of(EVENT_BINDING_STATE, 2);
	assert_change(&e, "sent", "none");
}
END_TEST

START_TEST(r5_an_address_of_a_peer)
{
	struct foreign_addr *fa = at(F1, ADDR_TENTATIVE);
	struct action e = last_of(EVENT_FOREIGN_STATE, 1);

	assert_change(&e, NULL, "tentative");
	foreign_set_state(c, fa, ADDR_TENTATIVE, "no change", now);
	last_of(EVENT_FOREIGN_STATE, 0);
	foreign_set_state(c, fa, ADDR_ACTIVE, "the reason", now);
	e = last_of(EVENT_FOREIGN_STATE, 1);
	assert_change(&e, "tentative", "active");
	ck_assert_str_eq(e.event.reason, "the reason");
	foreign_deprecate(c, fa, "expired", now);
	e = last_of(EVENT_FOREIGN_STATE, 1);
	assert_change(&e, "active", "deprecated");
	ck_assert(addr_equal(&e.event.foreign, &fa->addr));
}
END_TEST

START_TEST(c2_an_address_of_this_host)
{
	struct in6_addr l1 = a(L1);
	struct action e;

	core_local_up(c, &l1, 1, USEC_NEVER, now);
	e = last_of(EVENT_LOCAL_UP, 1);
	assert_change(&e, NULL, "usable");
	core_local_down(c, &l1, now);
	e = last_of(EVENT_LOCAL_LOST, 1);
	assert_change(&e, "usable", "lost");
	core_local_down(c, &l1, now);
	last_of(EVENT_LOCAL_LOST, 0);
	core_local_up(c, &l1, 1, USEC_NEVER, now);
	e = last_of(EVENT_LOCAL_UP, 1);
	assert_change(&e, "lost", "usable");
	core_local_personality(c, &l1, 1, now);
	e = last_of(EVENT_LOCAL_LOST, 1);
	assert_change(&e, "usable", "lost");
	ck_assert_str_eq(e.event.reason, "has another personality");
}
END_TEST

static void assert_switch(const struct action *e, const char *from_local, const char *from_foreign,
			  const char *local, const char *foreign)
{
	struct in6_addr fl = a(from_local), ff = a(from_foreign), l = a(local), f = a(foreign);

	ck_assert_str_eq(addr_text(&e->event.from_local).s, addr_text(&fl).s);
	ck_assert_str_eq(addr_text(&e->event.from_foreign).s, addr_text(&ff).s);
	ck_assert_str_eq(addr_text(&e->event.local).s, addr_text(&l).s);
	ck_assert_str_eq(addr_text(&e->event.foreign).s, addr_text(&f).s);
	ck_assert_ptr_nonnull(e->event.reason);
}

START_TEST(c11_the_pair)
{
	struct in6_addr l0 = a(L0), f2 = a(F2);
	struct action e;

	hold(L1, BINDING_VERIFIED);
	up(L1);
	last_of(EVENT_SWITCHED, 0);
	core_local_down(c, &l0, now);
	e = last_of(EVENT_SWITCHED, 1);
	assert_switch(&e, L0, F0, L1, F0);
	ck_assert_uint_eq(e.event.lost, now);
	ck_assert_uint_eq(core_counter(c, COUNT_SWITCHED), 1);

	/* The datapath followed the peer: the same function reports it. */
	at(F2, ADDR_ACTIVE);
	core_followed(c, h->id, &f2, h->pair.gen + 1, now);
	e = last_of(EVENT_SWITCHED, 1);
	assert_switch(&e, L1, F0, L1, F2);
	ck_assert_uint_eq(e.event.lost, 0);
	ck_assert_uint_eq(core_counter(c, COUNT_SWITCHED), 2);
}
END_TEST

START_TEST(c11_two_changes_of_the_pair_within_one_event)
{
	struct in6_addr l0 = a(L0);
	struct action e;

	hold(L1, BINDING_VERIFIED);
	up(L1);
	core_local_down(c, &l0, now);
	pair_follow(c, h, at(F1, ADDR_ACTIVE), now);
	e = last_of(EVENT_SWITCHED, 1);
	assert_switch(&e, L0, F0, L1, F1);
	ck_assert_uint_eq(e.event.lost, now);
	ck_assert_uint_eq(core_counter(c, COUNT_SWITCHED), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("changes");
	TCase *tc = tcase_create("changes");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, s7_the_status_of_a_peer);
	tcase_add_test(tc, b5_a_binding);
	tcase_add_test(tc, r5_an_address_of_a_peer);
	tcase_add_test(tc, c2_an_address_of_this_host);
	tcase_add_test(tc, c11_the_pair);
	tcase_add_test(tc, c11_two_changes_of_the_pair_within_one_event);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
