/* SPDX-License-Identifier: BSD-2-Clause */
/* core/proto/addr_conflict.c alone: two entries claim one address (X6). */
#include "host.h"
#include "addr_conflict.h"
#include "reach.h"

static struct hce *claimant;
static struct in6_addr l0, f0;

static void two(void)
{
	struct sa_half half = { 0x2001, { .alg = AH_HMAC_SHA256_128, .len = 32, .key = { 2 } } };
	struct in6_addr f1;
	struct peer *p;

	setup();
	l0 = a(L0);
	f0 = a(F0);
	f1 = a(F1);
	p = peer_make_anonymous(c, NULL, &half, &half, now);
	claimant = hce_create(c, p, &l0, false, now);
	ck_assert_ptr_nonnull(claimant);
	hce_status_event(c, claimant, STATUS_SUPPORTS);
	claimant->may_announce = claimant->seq_in_valid = true;
	ck_assert_ptr_nonnull(foreign_add(c, claimant, &f1, ADDR_ACTIVE, LIFETIME_ABSOLUTE,
					  600 * USEC_PER_SEC, "test", now));
	conflict_open(c, foreign_find(c, &f0), claimant, &l0, now);
}

static struct foreign_addr *at_issue(void)
{
	return foreign_find(c, &f0);
}

/* Processes a BU of who, with the Response to one of the two Challenges. */
static bool answer(struct hce *who, int which)
{
	const uint8_t *challenge = at_issue()->conflict->challenge[which];
	struct binding_update bu = { .has_challenge = true };

	ck_assert_int_eq(ah_hmac128(&who->sa->in.key, challenge, CHALLENGE_LEN, &f0, sizeof(f0),
				    bu.challenge), 0);
	return conflict_response(c, at_issue(), who, &bu, now);
}

/* Advances the clock until the conflict is decided. */
static void decide(void)
{
	for (unsigned i = 0; i < 10 && at_issue() && at_issue()->conflict; i++) {
		now = at_issue()->conflict->next;
		conflict_expire(c, at_issue(), now);
	}
}

START_TEST(x6_both_are_asked_at_the_address)
{
	struct action s;
	unsigned n = 0;

	while (core_next_action(c, &s)) {
		if (s.type != ACTION_SEND)
			continue;
		n++;
		ck_assert(addr_equal(&s.send.dst, &f0) && addr_equal(&s.send.src, &l0));
		ck_assert(s.hce == h->id || s.hce == claimant->id);
	}
	ck_assert_uint_eq(n, 2);
	ck_assert_int_ne(memcmp(at_issue()->conflict->challenge[0],
				at_issue()->conflict->challenge[1], CHALLENGE_LEN), 0);
}
END_TEST

START_TEST(x6_a_claim_alone_changes_nothing)
{
	assert_pair(L0, F0);
	ck_assert_int_eq(at_issue()->state, ADDR_ACTIVE);
	decide();
	ck_assert_ptr_eq(at_issue()->hce, h);
	ck_assert_ptr_null(at_issue()->conflict);
	ck_assert_int_eq(h->pair.block, BLOCK_NONE);
}
END_TEST

START_TEST(x6_the_entry_keeps_it_if_only_its_peer_answers)
{
	ck_assert(answer(h, 0));
	decide();
	ck_assert_ptr_eq(at_issue()->hce, h);
	ck_assert_int_eq(at_issue()->state, ADDR_ACTIVE);
}
END_TEST

/* A3: no data is sent to either until the conflict is decided. */
START_TEST(a3_data_is_held_once_only_the_claimant_has_answered)
{
	ck_assert(answer(claimant, 1));
	now = at_issue()->conflict->next;
	conflict_expire(c, at_issue(), now);
	ck_assert_ptr_eq(at_issue()->hce, h);
	ck_assert_int_eq(at_issue()->state, ADDR_TENTATIVE);
	ck_assert_int_eq(h->pair.block, BLOCK_ALL);
}
END_TEST

START_TEST(x6_the_claimant_gets_it_if_only_it_answers)
{
	ck_assert(answer(claimant, 1));
	decide();
	ck_assert_ptr_eq(at_issue()->hce, claimant);
	ck_assert_int_eq(at_issue()->state, ADDR_ACTIVE);
	ck_assert_int_eq(h->pair.block, BLOCK_ALL);
}
END_TEST

/* A3: connections move to another address of the peer that lost this one. */
START_TEST(a3_the_loser_goes_on_at_its_other_address)
{
	at(F2, ADDR_ACTIVE);
	answer(claimant, 1);
	decide();
	assert_pair(L0, F2);
	ck_assert_int_eq(h->pair.block, BLOCK_NONE);
}
END_TEST

/* A connection opened since the claim is the claimant's. An older one stays with the entry. */
START_TEST(a3_connections_stay_with_whom_they_were_opened)
{
	struct pcb *old = connection(L0, F0, 1), *young = connection(L0, F0, 2);

	young->opened = now;
	ck_assert(answer(claimant, 1));
	decide();
	ck_assert_ptr_eq(old->hce, h);
	ck_assert_ptr_eq(young->hce, claimant);
}
END_TEST

/* An unmoved connection that has received something since the claim is an answer, too. */
START_TEST(x6_the_entry_keeps_it_while_its_connections_receive)
{
	connection(L0, F0, 1);
	at_issue()->heard = now + 1;
	ck_assert(answer(claimant, 1));
	decide();
	ck_assert_ptr_eq(at_issue()->hce, h);
	ck_assert_int_eq(at_issue()->state, ADDR_ACTIVE);
}
END_TEST

START_TEST(x6_what_connections_received_before_the_claim_does_not_count)
{
	connection(L0, F0, 1);
	at_issue()->heard = now;
	ck_assert(answer(claimant, 1));
	decide();
	ck_assert_ptr_eq(at_issue()->hce, claimant);
}
END_TEST

START_TEST(x6_an_address_that_its_peer_gave_up_is_handed_over_at_once)
{
	at_issue()->state = ADDR_DEPRECATED;
	ck_assert(answer(claimant, 1));
	conflict_expire(c, at_issue(), now);
	ck_assert_ptr_eq(at_issue()->hce, claimant);
}
END_TEST

START_TEST(x6_each_is_asked_three_times)
{
	unsigned to_owner = 0, to_claimant = 0;
	struct action s;

	decide();
	while (core_next_action(c, &s)) {
		to_owner += s.type == ACTION_SEND && s.hce == h->id && addr_equal(&s.send.dst, &f0);
		to_claimant += s.type == ACTION_SEND && s.hce == claimant->id;
	}
	ck_assert_uint_eq(to_owner, 3);
	ck_assert_uint_eq(to_claimant, 3);
}
END_TEST

/* The Response to the Challenge of the ordinary check proves no less. */
START_TEST(x6_the_entry_may_answer_its_other_challenge)
{
	struct binding_update bu = { .has_challenge = true };
	struct foreign_addr *fa = at_issue();

	ck_assert(reach_ask(c, fa, &l0, 1));
	ck_assert_int_eq(ah_hmac128(&h->sa->in.key, fa->reach.challenge, CHALLENGE_LEN, &f0,
				    sizeof(f0), bu.challenge), 0);
	ck_assert(conflict_response(c, fa, h, &bu, now));
	ck_assert(fa->conflict->answered[0]);
}
END_TEST

START_TEST(x6_both_entries_are_flushed_if_both_answer)
{
	uint32_t ids[] = { h->id, claimant->id };

	ck_assert(answer(claimant, 1));
	ck_assert(!answer(h, 0));
	ck_assert_ptr_null(core_entry(c, ids[0]));
	ck_assert_ptr_null(core_entry(c, ids[1]));
	ck_assert_ptr_null(at_issue());
}
END_TEST

/* Each answers its own Challenge under its own key. */
START_TEST(x6_one_cannot_answer_for_the_other)
{
	ck_assert(answer(claimant, 0));
	ck_assert(!at_issue()->conflict->answered[1]);
	ck_assert_uint_eq(core_counter(c, COUNT_BAD_RESPONSE), 1);
}
END_TEST

START_TEST(x6_a_second_claim_does_not_begin_anew)
{
	uint8_t was[CHALLENGE_LEN];

	memcpy(was, at_issue()->conflict->challenge[0], sizeof(was));
	conflict_open(c, at_issue(), claimant, &l0, now);
	ck_assert_int_eq(memcmp(was, at_issue()->conflict->challenge[0], sizeof(was)), 0);
	ck_assert_uint_eq(core_counter(c, COUNT_CONFLICTS), 1);
}
END_TEST

/* A3: as when this host gets the address itself. */
START_TEST(a3_without_a_conflict_the_loser_moves_or_is_held)
{
	struct in6_addr f2 = a(F2);

	at(F2, ADDR_ACTIVE);
	conflict_remove_addr(c, at_issue(), "test", now);
	ck_assert_ptr_null(at_issue());
	assert_pair(L0, F2);
	ck_assert_int_eq(h->pair.block, BLOCK_NONE);
	conflict_remove_addr(c, foreign_find(c, &f2), "test", now);
	ck_assert_int_eq(h->pair.block, BLOCK_ALL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("addr_conflict");
	TCase *tc = tcase_create("addr_conflict");

	tcase_add_checked_fixture(tc, two, teardown);
	tcase_add_test(tc, x6_both_are_asked_at_the_address);
	tcase_add_test(tc, x6_a_claim_alone_changes_nothing);
	tcase_add_test(tc, x6_the_entry_keeps_it_if_only_its_peer_answers);
	tcase_add_test(tc, a3_data_is_held_once_only_the_claimant_has_answered);
	tcase_add_test(tc, x6_the_claimant_gets_it_if_only_it_answers);
	tcase_add_test(tc, a3_the_loser_goes_on_at_its_other_address);
	tcase_add_test(tc, a3_connections_stay_with_whom_they_were_opened);
	tcase_add_test(tc, x6_the_entry_keeps_it_while_its_connections_receive);
	tcase_add_test(tc, x6_what_connections_received_before_the_claim_does_not_count);
	tcase_add_test(tc, x6_an_address_that_its_peer_gave_up_is_handed_over_at_once);
	tcase_add_test(tc, x6_each_is_asked_three_times);
	tcase_add_test(tc, x6_the_entry_may_answer_its_other_challenge);
	tcase_add_test(tc, x6_both_entries_are_flushed_if_both_answer);
	tcase_add_test(tc, x6_one_cannot_answer_for_the_other);
	tcase_add_test(tc, x6_a_second_claim_does_not_begin_anew);
	tcase_add_test(tc, a3_without_a_conflict_the_loser_moves_or_is_held);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
