/* SPDX-License-Identifier: BSD-2-Clause */
/* core/proto/path_probe.c alone: probes when connections receive nothing; the first answer wins. */
#include "host.h"
#include "path_probe.h"

/* Takes the next probe, which must have these addresses. Returns false if none was sent. */
static bool probed(const char *local, const char *foreign)
{
	struct in6_addr l = a(local), f = a(foreign);
	struct action s;

	if (!take(ACTION_SEND, &s))
		return false;
	ck_assert_msg(addr_equal(&s.send.src, &l) && addr_equal(&s.send.dst, &f),
		      "from %s to %s instead of from %s to %s", addr_text(&s.send.src).s,
		      addr_text(&s.send.dst).s, local, foreign);
	return true;
}

/* The peer answers the probe from local to foreign, with the right Response or a wrong one. */
static void answer(const char *local, const char *foreign, bool right)
{
	struct in6_addr l = a(local), f = a(foreign);
	struct binding_update bu = { .has_challenge = true };

	ck_assert_int_eq(ah_hmac128(&h->sa->in.key, h->path.challenge, CHALLENGE_LEN, &f,
				    sizeof(f), bu.challenge), 0);
	bu.challenge[0] ^= !right;
	path_answered(c, h, &l, foreign_find(c, &f), &bu, now);
}

static void next(void)
{
	now = h->path.next;
	path_expire(c, h, now);
}

static void several(void)
{
	setup();
	up(L1);
	hold(L1, BINDING_VERIFIED);
	at(F1, ADDR_ACTIVE);
	take(ACTION_SEND, NULL);
}

START_TEST(all_pairs_are_probed_the_one_in_use_first)
{
	path_silent(c, h, now);
	ck_assert(probed(L0, F0));
	next();
	ck_assert(probed(L1, F0));
	next();
	ck_assert(probed(L0, F1));
	next();
	ck_assert(probed(L1, F1));
	next();
	ck_assert(probed(L0, F0));
}
END_TEST

/* R5, B7: both addresses of a probe are verified. */
START_TEST(r5_b7_nothing_unproven_is_probed)
{
	at(F2, ADDR_TENTATIVE);
	up(L2);
	hold(L2, BINDING_KNOWN);
	path_silent(c, h, now);
	for (unsigned i = 0; i < 12; i++) {
		struct in6_addr f2 = a(F2), l2 = a(L2);
		struct action s = { 0 };

		take(ACTION_SEND, &s);
		ck_assert(!addr_equal(&s.send.dst, &f2) && !addr_equal(&s.send.src, &l2));
		next();
	}
}
END_TEST

START_TEST(c12_it_can_be_turned_off)
{
	c->config.path_timeout = 0;
	path_silent(c, h, now);
	ck_assert_uint_eq(take(ACTION_SEND, NULL), 0);
}
END_TEST

START_TEST(if_the_pair_in_use_answers_it_stays)
{
	path_silent(c, h, now);
	answer(L0, F0, true);
	ck_assert(!h->path.running);
	assert_pair(L0, F0);
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, NULL), 0);
	/* Silence starts no probes for a while. */
	path_silent(c, h, now + USEC_PER_SEC);
	ck_assert(!h->path.running);
	path_silent(c, h, h->path.backoff_until);
	ck_assert(h->path.running);
}
END_TEST

START_TEST(the_first_to_answer_is_used)
{
	path_silent(c, h, now);
	next();
	answer(L1, F0, true);
	assert_pair(L1, F0);
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, NULL), 1);
	ck_assert(!h->path.running && h->path.failed_over);
}
END_TEST

/* X5: only the peer can answer. */
START_TEST(x5_a_wrong_answer_changes_nothing)
{
	path_silent(c, h, now);
	next();
	answer(L1, F0, false);
	assert_pair(L0, F0);
	ck_assert(h->path.running);
}
END_TEST

START_TEST(the_preferred_source_is_returned_to_when_it_answers)
{
	path_silent(c, h, now);
	next();
	answer(L1, F0, true);
	take(ACTION_SEND, NULL);
	now = h->path.failback_next;
	path_expire(c, h, now);
	ck_assert(probed(L0, F0));
	assert_pair(L1, F0);
	answer(L0, F0, true);
	assert_pair(L0, F0);
	ck_assert(!h->path.failed_over);
}
END_TEST

START_TEST(probing_slows_down_and_is_given_up)
{
	unsigned n = 0;

	path_silent(c, h, now);
	while (h->path.running) {
		usec_t was = h->path.wait;

		next();
		ck_assert_uint_ge(h->path.wait, was);
		ck_assert_uint_le(h->path.wait, 10 * USEC_PER_SEC);
		ck_assert_uint_lt(++n, 100);
	}
	ck_assert_uint_gt(n, 3);
	assert_pair(L0, F0);
}
END_TEST

/* C11: the peer probes another address than the one in use: its half of the path may be dead. */
START_TEST(c11_a_probe_of_the_peers_starts_a_search)
{
	struct in6_addr l0 = a(L0), l1 = a(L1);

	path_probed_by_peer(c, h, &l0, now);
	ck_assert(!h->path.running);
	path_probed_by_peer(c, h, &l1, now);
	ck_assert(probed(L0, F0));
	answer(L0, F0, true);
	ck_assert(!h->path.running);
	/* Its next probe soon afterwards starts none. */
	path_probed_by_peer(c, h, &l1, now + 1);
	ck_assert(!h->path.running);
	path_probed_by_peer(c, h, &l1, h->path.peer_probe_holdoff);
	ck_assert(h->path.running);
}
END_TEST

/* ... in which one lost packet moves nobody: the pair in use is probed twice before another. */
START_TEST(c11_one_lost_packet_of_that_search_moves_nobody)
{
	struct in6_addr l1 = a(L1);

	path_probed_by_peer(c, h, &l1, now);
	ck_assert(probed(L0, F0));
	next();
	ck_assert(probed(L0, F0));
	next();
	ck_assert(probed(L1, F0));
	answer(L0, F0, true);
	ck_assert(!h->path.running);
	assert_pair(L0, F0);
}
END_TEST

START_TEST(r5_an_answer_from_a_tentative_address_changes_nothing)
{
	at(F2, ADDR_TENTATIVE);
	path_silent(c, h, now);
	answer(L0, F2, true);
	assert_pair(L0, F0);
	ck_assert(h->path.running);
}
END_TEST

START_TEST(a_detour_ends_only_when_the_preferred_source_answers)
{
	path_silent(c, h, now);
	next();
	answer(L1, F0, true);
	answer(L1, F0, true);
	assert_pair(L1, F0);
	ck_assert(h->path.failed_over);
}
END_TEST

START_TEST(the_preferred_source_is_probed_ever_more_slowly)
{
	usec_t was;

	path_silent(c, h, now);
	next();
	answer(L1, F0, true);
	was = h->path.failback_wait;
	ck_assert_uint_eq(was, 2 * c->config.path_timeout * USEC_PER_SEC);
	for (unsigned i = 0; i < 8; i++) {
		now = h->path.failback_next;
		path_expire(c, h, now);
		was = 2 * was < 64 * USEC_PER_SEC ? 2 * was : 64 * USEC_PER_SEC;
		ck_assert_uint_eq(h->path.failback_wait, was);
	}
}
END_TEST

START_TEST(a_source_that_fails_again_soon_is_probed_later)
{
	usec_t was = 0;

	for (unsigned i = 0; i < 2; i++) {
		path_silent(c, h, now);
		next();
		answer(L1, F0, true);
		ck_assert_uint_gt(h->path.failback_wait, was);
		was = h->path.failback_wait;
		now = h->path.failback_next;
		path_expire(c, h, now);
		answer(L0, F0, true);
		assert_pair(L0, F0);
	}
}
END_TEST

START_TEST(r5_the_preferred_source_is_not_probed_at_an_unverified_address)
{
	struct in6_addr f0 = a(F0);

	path_silent(c, h, now);
	next();
	answer(L1, F0, true);
	take(ACTION_SEND, NULL);
	foreign_find(c, &f0)->state = ADDR_TENTATIVE;
	now = h->path.failback_next;
	path_expire(c, h, now);
	ck_assert_uint_eq(take(ACTION_SEND, NULL), 0);
}
END_TEST

START_TEST(silence_with_a_pair_that_answers_is_probed_ever_less)
{
	struct in6_addr f0 = a(F0);
	usec_t least = c->config.path_timeout * USEC_PER_SEC, want = least;

	foreign_find(c, &f0)->heard = 0;
	for (unsigned i = 0; i < 5; i++) {
		path_silent(c, h, now);
		answer(L0, F0, true);
		ck_assert_uint_eq(h->path.backoff, want);
		want = 4 * want < 64 * USEC_PER_SEC ? 4 * want : 64 * USEC_PER_SEC;
		now = h->path.backoff_until;
	}
	foreign_find(c, &f0)->heard = now;
	path_silent(c, h, now);
	answer(L0, F0, true);
	ck_assert_uint_eq(h->path.backoff, least);
}
END_TEST

START_TEST(s3_silent_connections_with_another_pair_take_the_one_that_answers)
{
	struct pcb *p = connection(L1, F0, 2);

	path_silent(c, h, now);
	ck_assert(!pcb_wire_pair(p, NULL, NULL));
	answer(L0, F0, true);
	ck_assert(pcb_wire_pair(p, NULL, NULL));
}
END_TEST

START_TEST(a3_a_held_entry_is_not_probed)
{
	path_silent(c, h, now);
	ck_assert(probed(L0, F0));
	h->pair.block = BLOCK_ALL;
	next();
	ck_assert(!h->path.running);
	ck_assert_uint_eq(take(ACTION_SEND, NULL), 0);
}
END_TEST

START_TEST(c3_no_probe_leaves_from_a_lost_source)
{
	up(L0)->usable = false;
	path_silent(c, h, now);
	ck_assert(probed(L1, F0));
}
END_TEST

/* While connections go on sending. */
START_TEST(probes_are_ten_seconds_apart_in_the_end)
{
	path_silent(c, h, now);
	for (unsigned i = 0; i < 40; i++) {
		next();
		path_silent(c, h, now);
		ck_assert_uint_le(h->path.wait, 10 * USEC_PER_SEC);
	}
	ck_assert_uint_eq(h->path.wait, 10 * USEC_PER_SEC);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("path_probe");
	TCase *tc = tcase_create("path_probe");

	tcase_add_checked_fixture(tc, several, teardown);
	tcase_add_test(tc, all_pairs_are_probed_the_one_in_use_first);
	tcase_add_test(tc, r5_b7_nothing_unproven_is_probed);
	tcase_add_test(tc, c12_it_can_be_turned_off);
	tcase_add_test(tc, if_the_pair_in_use_answers_it_stays);
	tcase_add_test(tc, the_first_to_answer_is_used);
	tcase_add_test(tc, x5_a_wrong_answer_changes_nothing);
	tcase_add_test(tc, the_preferred_source_is_returned_to_when_it_answers);
	tcase_add_test(tc, probing_slows_down_and_is_given_up);
	tcase_add_test(tc, c11_a_probe_of_the_peers_starts_a_search);
	tcase_add_test(tc, c11_one_lost_packet_of_that_search_moves_nobody);
	tcase_add_test(tc, r5_an_answer_from_a_tentative_address_changes_nothing);
	tcase_add_test(tc, a_detour_ends_only_when_the_preferred_source_answers);
	tcase_add_test(tc, the_preferred_source_is_probed_ever_more_slowly);
	tcase_add_test(tc, a_source_that_fails_again_soon_is_probed_later);
	tcase_add_test(tc, r5_the_preferred_source_is_not_probed_at_an_unverified_address);
	tcase_add_test(tc, silence_with_a_pair_that_answers_is_probed_ever_less);
	tcase_add_test(tc, s3_silent_connections_with_another_pair_take_the_one_that_answers);
	tcase_add_test(tc, a3_a_held_entry_is_not_probed);
	tcase_add_test(tc, c3_no_probe_leaves_from_a_lost_source);
	tcase_add_test(tc, probes_are_ten_seconds_apart_in_the_end);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
