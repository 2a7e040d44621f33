/* SPDX-License-Identifier: BSD-2-Clause */
/* core/model/pair.c alone: which pair of addresses an entry's packets have. */
#include "host.h"

START_TEST(c11_the_pair_stays_while_it_can_be_used)
{
	at(F1, ADDR_ACTIVE)->heard = now;
	up(L1);
	hold(L1, BINDING_VERIFIED);
	pair_update(c, h, now);
	assert_pair(L0, F0);
	ck_assert_uint_eq(take(ACTION_PAIR, NULL), 0);
}
END_TEST

/* C11: of the peer's other addresses, the one it was last heard from. */
START_TEST(c11_a_lost_address_of_the_peers_gives_way_to_the_last_heard)
{
	struct in6_addr f0 = a(F0);

	at(F1, ADDR_ACTIVE)->heard = now - 10;
	at(F2, ADDR_ACTIVE)->heard = now - 5;
	foreign_remove(c, foreign_find(c, &f0));
	pair_update(c, h, now);
	assert_pair(L0, F2);
}
END_TEST

/* R5: a Tentative address carries no data. */
START_TEST(r5_nothing_is_sent_to_a_tentative_address)
{
	struct in6_addr f0 = a(F0);

	at(F1, ADDR_TENTATIVE);
	foreign_remove(c, foreign_find(c, &f0));
	pair_update(c, h, now);
	assert_pair(L0, F0);	/* nothing better, and it may come back (B13) */
}
END_TEST

/* B7: the peer would take a source that it did not verify for another host. */
START_TEST(b7_the_source_is_one_that_the_peer_has_proof_of)
{
	static const enum binding_state state[] = { BINDING_NONE, BINDING_SENT, BINDING_KNOWN };

	up(L1);
	up(L0)->usable = false;
	for (size_t i = 0; i < sizeof(state) / sizeof(state[0]); i++) {
		hold(L1, state[i]);
		pair_update(c, h, now);
		assert_pair(L0, F0);
	}
	hold(L1, BINDING_RESPONDED);
	pair_update(c, h, now);
	assert_pair(L1, F0);
}
END_TEST

START_TEST(s1_what_an_administrator_prefers_goes_before_routing)
{
	up(L1)->preference = 1;
	up(L2);
	hold(L1, BINDING_VERIFIED);
	hold(L2, BINDING_VERIFIED);
	h->routed = a(L2);
	pair_update(c, h, now);
	assert_pair(L1, F0);
	up(L1)->preference = 0;
	pair_update(c, h, now);
	assert_pair(L2, F0);
}
END_TEST

/* S1: administrator, routing, the one in use, the longer prefix, the older. */
START_TEST(s1_the_order_of_preference_among_sources)
{
	const char *near = "2001:db8:f0::c";
	struct local_addr *l0 = up(L0), *l1 = up(L1), *l2 = up(near);

	hold(L1, BINDING_VERIFIED);
	hold(near, BINDING_VERIFIED);
	h->authenticated = now;
	pair_update(c, h, now);
	assert_pair(L0, F0);		/* in use */
	l0->usable = false;
	pair_update(c, h, now);
	assert_pair(near, F0);		/* prefix */
	h->routed = l1->addr;
	pair_update(c, h, now);
	assert_pair(L1, F0);		/* routing */
	l2->preference = 1;
	pair_update(c, h, now);
	assert_pair(near, F0);		/* administrator */
}
END_TEST

START_TEST(s1_of_two_equal_sources_the_older_is_chosen)
{
	up(L1)->since = now;
	up("2001:db8:2::d")->since = now - 1;
	hold(L1, BINDING_VERIFIED);
	hold("2001:db8:2::d", BINDING_VERIFIED);
	up(L0)->usable = false;
	pair_update(c, h, now);
	assert_pair("2001:db8:2::d", F0);
}
END_TEST

/* X9: the peer must not learn the addresses of another personality. */
START_TEST(x9_a_source_of_another_personality_is_not_chosen)
{
	up(L1)->personality = 1;
	hold(L1, BINDING_VERIFIED);
	up(L0)->usable = false;
	pair_update(c, h, now);
	assert_pair(L0, F0);
}
END_TEST

/* A switch has one generation and one kick. */
START_TEST(s3_a_switch_is_published_with_a_new_generation)
{
	struct in6_addr l1 = a(L1), f0 = a(F0);
	uint32_t gen = h->pair.gen;
	struct action p = { 0 };

	up(L1);
	hold(L1, BINDING_VERIFIED);
	up(L0)->usable = false;
	pair_update(c, h, now);
	ck_assert_uint_eq(take(ACTION_PAIR, &p), 1);
	ck_assert_uint_eq(p.pair.gen, gen + 1);
	ck_assert(addr_equal(&p.pair.local, &l1) && addr_equal(&p.pair.foreign, &f0));
	ck_assert(!p.pair.unconfirmed);
	pair_follow(c, h, at(F1, ADDR_ACTIVE), now);
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, NULL), 1);
	assert_pair(L1, F1);
	ck_assert_uint_eq(h->pair.gen, gen + 2);
}
END_TEST

/* A retransmission ahead of the peer's verification would be lost: it waits for the BA. */
START_TEST(b7_no_kick_before_the_source_is_verified)
{
	up(L1);
	hold(L1, BINDING_RESPONDED);
	up(L0)->usable = false;
	pair_update(c, h, now);
	assert_pair(L1, F0);
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, NULL), 0);
	ck_assert(h->retransmit_on_ack && h->pair.unconfirmed);
}
END_TEST

/* Firewalls before the new address must have passed something when the peer's data comes. */
START_TEST(s1_connections_are_heard_by_the_new_pair_before_the_source_is_verified)
{
	up(L1);
	hold(L1, BINDING_RESPONDED);
	up(L0)->usable = false;
	pair_update(c, h, now);
	assert_pair(L1, F0);
	ck_assert_uint_eq(take(ACTION_OPEN, NULL), 1);
}
END_TEST

/* Full segments go again only if those before are lost: else they would be sent twice. */
START_TEST(s3_a_kick_tells_whether_what_is_in_flight_is_lost)
{
	struct in6_addr f1 = a(F1);
	struct action k = { 0 };

	up(L1)->preference = 1;
	hold(L1, BINDING_VERIFIED);
	h->authenticated = now;
	pair_update(c, h, now);				/* on purpose */
	assert_pair(L1, F0);
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, &k), 1);
	ck_assert(!k.retransmit.lost);
	pair_follow(c, h, at(F1, ADDR_ACTIVE), now);	/* the peer did so */
	assert_pair(L1, F1);
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, &k), 1);
	ck_assert(!k.retransmit.lost);
	hold(L0, BINDING_VERIFIED);
	up(L1)->usable = false;
	pair_update(c, h, now);
	assert_pair(L0, F1);
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, &k), 1);
	ck_assert(k.retransmit.lost);
	foreign_remove(c, foreign_find(c, &f1));
	pair_update(c, h, now);
	assert_pair(L0, F0);
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, &k), 1);
	ck_assert(k.retransmit.lost);
	pair_resume(c, h, false);			/* that was said */
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, &k), 1);
	ck_assert(!k.retransmit.lost);
}
END_TEST

/* A loss before the switch that waits for a BA is not forgotten. */
START_TEST(b7_the_kick_after_verification_tells_of_the_loss)
{
	struct action k = { 0 };

	up(L1);
	hold(L1, BINDING_RESPONDED);
	up(L0)->usable = false;
	pair_update(c, h, now);
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, NULL), 0);
	pair_resume(c, h, false);
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, &k), 1);
	ck_assert(k.retransmit.lost);
}
END_TEST

START_TEST(s3_a_connection_keeps_its_own_pair_until_the_pair_changes)
{
	struct pcb *p = connection(L0, F0, 1), *q = connection(L2, F0, 2);
	struct in6_addr l2 = a(L2);

	ck_assert(!pcb_wire_pair(p, NULL, NULL) && !pcb_wire_pair(q, NULL, NULL));
	take(ACTION_PAIR, NULL);
	pair_migrate_from(c, h, &l2);
	ck_assert(!pcb_wire_pair(p, NULL, NULL));	/* it has that pair anyway */
	ck_assert(pcb_wire_pair(q, NULL, NULL));
	ck_assert_uint_eq(take(ACTION_PAIR, NULL), 1);
	pair_migrate_from(c, h, &l2);	/* nothing has it now */
	ck_assert_uint_eq(take(ACTION_PAIR, NULL), 0);
}
END_TEST

/* A3: nothing is sent to an address that another host has now, not even by unmoved connections. */
START_TEST(a3_hold_all_takes_connections_off_their_own_pair)
{
	struct action p = { 0 };

	connection(L0, F0, 1);
	take(ACTION_PAIR, NULL);
	pair_block(c, h, BLOCK_ALL);
	ck_assert_uint_eq(take(ACTION_PAIR, &p), 1);
	ck_assert_int_eq(p.pair.block, BLOCK_ALL);
	ck_assert_uint_ne(p.pair.gen, h->pcbs->gen);
	pair_block(c, h, BLOCK_REWRITTEN);	/* the weaker one changes nothing */
	ck_assert_uint_eq(take(ACTION_PAIR, NULL), 0);
}
END_TEST

/* A move that nothing compels waits until the peer has proved that it is there. */
START_TEST(s1_a_voluntary_move_waits_for_proof)
{
	up(L1)->preference = 1;
	hold(L1, BINDING_VERIFIED);
	h->authenticated = 0;
	pair_update(c, h, now);
	assert_pair(L0, F0);
	ck_assert(h->switch_deferred && bul_has_pending(h));
	h->authenticated = now;
	pair_update(c, h, now);
	assert_pair(L1, F0);
}
END_TEST

START_TEST(s3_connections_with_other_pairs_take_the_pair_that_works)
{
	struct pcb *q;

	connection(L0, F0, 1);
	pair_migrate_all(c, h);
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, NULL), 0);	/* no connection has another */
	q = connection(L2, F0, 2);
	pair_migrate_all(c, h);
	ck_assert(pcb_wire_pair(q, NULL, NULL));
	ck_assert_uint_eq(take(ACTION_RETRANSMIT, NULL), 1);
}
END_TEST

/* The shell writes what comes of an event, not every step to it. */
START_TEST(c11_an_event_publishes_the_pair_once)
{
	struct action p = { 0 };
	struct in6_addr l1 = a(L1), f1 = a(F1);

	uint32_t gen = h->pair.gen;

	take(ACTION_PAIR, NULL);
	up(L1);
	hold(L1, BINDING_VERIFIED);
	up(L0)->usable = false;
	pair_update(c, h, now);
	pair_follow(c, h, at(F1, ADDR_ACTIVE), now);
	ck_assert_uint_eq(take(ACTION_PAIR, &p), 1);
	ck_assert_uint_eq(p.pair.gen, h->pair.gen);
	ck_assert_uint_eq(p.pair.gen, gen + 1);
	ck_assert(addr_equal(&p.pair.local, &l1) && addr_equal(&p.pair.foreign, &f1));
	/* What comes after that is another. */
	pair_follow(c, h, at(F2, ADDR_ACTIVE), now);
	ck_assert_uint_eq(take(ACTION_PAIR, NULL), 1);
}
END_TEST

/* A connection that began between the two changes has another birth pair than what follows. */
START_TEST(s3_a_connection_that_began_within_an_event_follows_the_change_after_it)
{
	struct pcb *p;
	uint32_t gen;

	take(ACTION_PAIR, NULL);
	pair_follow(c, h, at(F1, ADDR_ACTIVE), now);
	gen = h->pair.gen;
	p = connection(L0, F1, 1);
	foreign_find(c, &h->pair.foreign)->withdrawn = true;
	pair_follow(c, h, at(F2, ADDR_ACTIVE), now);
	assert_pair(L0, F2);
	ck_assert_uint_eq(h->pair.gen, gen + 1);
	ck_assert(pcb_wire_pair(p, NULL, NULL));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pair");
	TCase *tc = tcase_create("pair");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, c11_an_event_publishes_the_pair_once);
	tcase_add_test(tc, s3_a_connection_that_began_within_an_event_follows_the_change_after_it);
	tcase_add_test(tc, c11_the_pair_stays_while_it_can_be_used);
	tcase_add_test(tc, c11_a_lost_address_of_the_peers_gives_way_to_the_last_heard);
	tcase_add_test(tc, r5_nothing_is_sent_to_a_tentative_address);
	tcase_add_test(tc, b7_the_source_is_one_that_the_peer_has_proof_of);
	tcase_add_test(tc, s1_what_an_administrator_prefers_goes_before_routing);
	tcase_add_test(tc, s1_the_order_of_preference_among_sources);
	tcase_add_test(tc, s1_of_two_equal_sources_the_older_is_chosen);
	tcase_add_test(tc, x9_a_source_of_another_personality_is_not_chosen);
	tcase_add_test(tc, s3_a_switch_is_published_with_a_new_generation);
	tcase_add_test(tc,
		       s1_connections_are_heard_by_the_new_pair_before_the_source_is_verified);
	tcase_add_test(tc, b7_no_kick_before_the_source_is_verified);
	tcase_add_test(tc, s3_a_kick_tells_whether_what_is_in_flight_is_lost);
	tcase_add_test(tc, b7_the_kick_after_verification_tells_of_the_loss);
	tcase_add_test(tc, s3_a_connection_keeps_its_own_pair_until_the_pair_changes);
	tcase_add_test(tc, a3_hold_all_takes_connections_off_their_own_pair);
	tcase_add_test(tc, s1_a_voluntary_move_waits_for_proof);
	tcase_add_test(tc, s3_connections_with_other_pairs_take_the_pair_that_works);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
