/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An address passes from one host to another (X6, A3): from Alice, who has configured keys, to
 * Xavier, who ran AAP, or to the server itself. Alice cannot tell anybody, unless a test says so.
 */
#include "core.h"
#include "bul.h"
#include "reach_reply.h"
#include "send.h"
#include "addr.h"
#include "suite.h"
#include "world.h"

#include <string.h>

#define A0	"2001:db8:1::c"		/* as world_init() has it */
#define A1	"2001:db8:11::c"
#define S0	"2001:db8:2::5"
#define X0	"2001:db8:3::3"

enum { ALICE, SERVER, XAVIER };

static struct world w;
static uint32_t alice;			/* the server's entry */

static void setup(void)
{
	world_init(&w);
	w.delay = 10 * USEC_PER_MSEC;
	ck_assert_uint_eq(world_stranger(&w, "Xavier"), XAVIER);
	world_up(&w, XAVIER, X0);
	world_connect(&w, ALICE, A0, SERVER, S0, 1000);
	world_connect(&w, XAVIER, X0, SERVER, S0, 2000);
	world_run(&w, USEC_PER_SEC);
	alice = world_foreign(&w, SERVER, A0)->hce->id;
	ck_assert_int_eq(world_foreign(&w, SERVER, X0)->state, ADDR_ACTIVE);
}

static void teardown(void)
{
	world_free(&w);
}

static struct hce *alices(void)
{
	struct hce *h = core_entry(w.host[SERVER].core, alice);

	ck_assert_ptr_nonnull(h);
	return h;
}

/* Xavier gets A0 and has nothing else. */
static void take_over(void)
{
	world_down(&w, ALICE, A0);
	world_down(&w, XAVIER, X0);
	world_up(&w, XAVIER, A0);
}

static const struct binding *xaviers(void)
{
	struct in6_addr a = world_addr(A0);
	const struct binding *b = bul_find(core_entries(w.host[XAVIER].core), &a);

	ck_assert_ptr_nonnull(b);
	return b;
}

static bool is(const struct in6_addr *addr, const char *text)
{
	struct in6_addr a = world_addr(text);

	return addr_equal(addr, &a);
}

START_TEST(a3_who_claims_an_address_sends_no_data_from_there_before_it_is_his)
{
	take_over();
	world_run(&w, 500 * USEC_PER_MSEC);
	ck_assert_uint_ge(w.host[XAVIER].events[EVENT_RESPONSE_SENT], 1);
	ck_assert_int_lt(xaviers()->state, BINDING_RESPONDED);
	ck_assert(is(&w.host[XAVIER].pair.local, X0));
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(xaviers()->state, BINDING_VERIFIED);
	ck_assert(is(&w.host[XAVIER].pair.local, A0));
	ck_assert_str_ne(world_foreign(&w, SERVER, A0)->hce->name ? "client" : "", "client");
}
END_TEST

START_TEST(a3_while_only_the_claimant_answers_the_address_carries_nobodys_data)
{
	take_over();
	world_run(&w, 1200 * USEC_PER_MSEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, A0)->hce->id, alice);
	ck_assert_int_eq(world_foreign(&w, SERVER, A0)->state, ADDR_TENTATIVE);
	ck_assert_int_eq(alices()->pair.block, BLOCK_ALL);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_ne(world_foreign(&w, SERVER, A0)->hce->id, alice);
	ck_assert_int_eq(alices()->pair.block, BLOCK_ALL);
	/* and it goes on where she is then */
	world_up(&w, ALICE, A1);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(alices()->pair.block, BLOCK_NONE);
	ck_assert(is(&alices()->pair.foreign, A1));
}
END_TEST

START_TEST(a3_the_connections_stay_with_the_host_they_were_opened_to)
{
	world_run(&w, 60 * USEC_PER_SEC);
	/* of which she had no cause to speak since */
	world_connect(&w, SERVER, S0, ALICE, A0, 1001);
	world_run(&w, 10 * USEC_PER_SEC);
	take_over();
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_ne(world_foreign(&w, SERVER, A0)->hce->id, alice);
	ck_assert_uint_eq(alices()->n_pcb, 2);
}
END_TEST

START_TEST(x6_a_mere_claim_costs_the_owner_nothing)
{
	struct signal s = { .src = world_addr(X0), .dst = world_addr(S0), .n_bu = 1 };
	struct hce *x = core_entries(w.host[XAVIER].core);

	s.bu[0] = (struct binding_update){ .flags = BU_ACK, .seq = ++x->seq_out, .lifetime = 600,
					   .n_addr = 1, .addr = { world_addr(A0) } };
	world_down(&w, ALICE, A0);	/* and she cannot even answer */
	core_send(w.host[XAVIER].core, x, &s, w.now);
	world_collect(&w);
	for (unsigned i = 0; i < 50; i++) {
		world_run(&w, 100 * USEC_PER_MSEC);
		ck_assert_int_eq(world_foreign(&w, SERVER, A0)->state, ADDR_ACTIVE);
		ck_assert_int_eq(alices()->pair.block, BLOCK_NONE);
	}
	ck_assert_int_eq(world_foreign(&w, SERVER, A0)->hce->id, alice);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_CONFLICTS), 1);
}
END_TEST

START_TEST(x6_nobody_waits_for_who_gave_it_up)
{
	world_up(&w, ALICE, A1);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, ALICE, A0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, A0)->state, ADDR_DEPRECATED);
	world_up(&w, XAVIER, A0);
	world_run(&w, 100 * USEC_PER_MSEC);
	ck_assert_int_ne(world_foreign(&w, SERVER, A0)->hce->id, alice);
	ck_assert_int_eq(world_foreign(&w, SERVER, A0)->state, ADDR_ACTIVE);
	ck_assert(is(&alices()->pair.foreign, A1));
}
END_TEST

/*
 * Alice's Binding Update from A1 names A0 as her home and as lost: both are another's business now.
 */
START_TEST(a3_b7_an_address_that_is_ours_now_is_a_peers_no_more)
{
	world_down(&w, ALICE, A0);
	world_up(&w, SERVER, A0);
	ck_assert_ptr_null(world_foreign(&w, SERVER, A0));
	ck_assert_int_eq(alices()->pair.block, BLOCK_ALL);
	world_up(&w, ALICE, A1);
	world_run(&w, 2 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, A1)->state, ADDR_ACTIVE);
	ck_assert_int_eq(alices()->pair.block, BLOCK_NONE);
	ck_assert(is(&alices()->pair.foreign, A1));
}
END_TEST

START_TEST(x5_a_challenge_with_an_older_number_does_not_settle_an_address)
{
	struct in6_addr a1 = world_addr(A1);
	struct core *c = w.host[ALICE].core;
	struct binding_ack ba = { .has_challenge = true };
	struct in6_addr s0 = world_addr(S0);
	unsigned before = w.host[ALICE].events[EVENT_RESPONSE_SENT];

	world_up(&w, ALICE, A1);
	struct hce *h = core_entries(c);
	struct binding *b = bul_find(h, &a1);

	ck_assert_int_eq(b->state, BINDING_SENT);
	ba.seq = b->seq - 1 + _i / 2;
	ba.lifetime = _i % 2 ? 600 : 0;
	reach_respond(c, h, &a1, &s0, &ba, w.now);
	ck_assert_int_eq(b->state, _i == 3 ? BINDING_RESPONDED : BINDING_SENT);
	world_collect(&w);
	ck_assert_uint_eq(w.host[ALICE].events[EVENT_RESPONSE_SENT], before + 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("contest");
	TCase *tc = tcase_create("addresses that pass on");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a3_who_claims_an_address_sends_no_data_from_there_before_it_is_his);
	tcase_add_test(tc, a3_while_only_the_claimant_answers_the_address_carries_nobodys_data);
	tcase_add_test(tc, a3_the_connections_stay_with_the_host_they_were_opened_to);
	tcase_add_test(tc, x6_a_mere_claim_costs_the_owner_nothing);
	tcase_add_test(tc, x6_nobody_waits_for_who_gave_it_up);
	tcase_add_test(tc, a3_b7_an_address_that_is_ours_now_is_a_peers_no_more);
	tcase_add_loop_test(tc, x5_a_challenge_with_an_older_number_does_not_settle_an_address, 0,
			    4);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
