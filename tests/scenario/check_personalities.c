/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose addresses a peer learns, and who may say that it is trusted or forgotten. */
#include "acquainted.h"
#include "addr.h"
#include "core.h"
#include "suite.h"

#include <errno.h>
#include <string.h>
#include <utlist.h>

#define WORK	"2001:db8:77::c"
#define WORK2	"2001:db8:78::c"

/* The client has an address of another personality. */
static void work_at(const char *addr)
{
	struct in6_addr a = world_addr(addr);

	core_local_personality(w.host[CLIENT].core, &a, 1, w.now);
	world_up(&w, CLIENT, addr);
}

START_TEST(x9_a_peer_learns_the_addresses_of_one_personality_only)
{
	work_at(WORK);
	world_up(&w, CLIENT, C1);
	acquaint();
	work_at(WORK2);
	world_run(&w, USEC_PER_SEC);
	ck_assert_ptr_nonnull(world_foreign(&w, SERVER, C0));
	ck_assert_ptr_nonnull(world_foreign(&w, SERVER, C1));
	ck_assert_ptr_null(world_foreign(&w, SERVER, WORK));
	ck_assert_ptr_null(world_foreign(&w, SERVER, WORK2));

	/* Nor is it gone to when all others are lost, or when somebody asks for it. */
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	struct in6_addr work = world_addr(WORK);
	ck_assert_int_eq(core_prefer(w.host[CLIENT].core, &work, 0, w.now), 0);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, CLIENT, C1);
	world_run(&w, 10 * USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	ck_assert_ptr_null(world_foreign(&w, SERVER, WORK));
}
END_TEST

START_TEST(x9_an_entry_is_of_the_personality_its_first_connection_had)
{
	world_up(&w, CLIENT, C1);
	work_at(WORK);
	work_at(WORK2);
	world_connect(&w, CLIENT, WORK, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(entry(CLIENT)->personality, 1);
	assert_state(SERVER, WORK, ADDR_ACTIVE);
	assert_state(SERVER, WORK2, ADDR_ACTIVE);
	ck_assert_ptr_null(world_foreign(&w, SERVER, C0));
	ck_assert_ptr_null(world_foreign(&w, SERVER, C1));
	world_down(&w, CLIENT, WORK);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, WORK2, S0);
}
END_TEST

START_TEST(x9_a_connection_of_another_personality_is_left_alone)
{
	struct pcb *p;

	work_at(WORK);
	acquaint();
	unsigned sends = w.host[CLIENT].sends;
	uint64_t cookie = world_connect(&w, CLIENT, WORK, SERVER, S0, 1001);

	world_run(&w, USEC_PER_SEC);
	for (p = core_pcbs(w.host[CLIENT].core); p->cookie != cookie; p = p->hh.next)
		;
	ck_assert_ptr_null(p->hce);
	ck_assert_uint_eq(entry(CLIENT)->n_pcb, 1);
	ck_assert_uint_eq(w.host[CLIENT].sends, sends);
	ck_assert_ptr_null(world_foreign(&w, SERVER, WORK));
}
END_TEST

START_TEST(x9_a_peer_that_comes_to_another_personality_gets_no_answer)
{
	static const char *const from[] = { S0, S1 };
	unsigned sends;
	uint64_t before;

	work_at(WORK);
	acquaint();
	before = count(CLIENT, COUNT_NOT_LOCAL);
	sends = w.host[CLIENT].sends;
	/*
	 * Under the right keys, to an address the peer guessed, from one that it is known by and
	 * one that it is not.
	 */
	for (unsigned i = 0; i < 2; i++) {
		struct signal s = { .src = world_addr(from[i]), .dst = world_addr(WORK),
				    .has_ah = true };
		uint8_t pkt[SIGNAL_MTU];

		s.spi = entry(SERVER)->sa->out.spi;
		s.ah_seq = entry(SERVER)->sa->out_seq + 1 + i;
		int len = signal_build(&s, 16, pkt, sizeof(pkt));
		ck_assert_int_gt(len, 0);
		ck_assert_int_eq(ah_sign(pkt, (size_t)len, &entry(SERVER)->sa->out.key), 0);
		core_packet(w.host[CLIENT].core, pkt, (size_t)len, w.now);
		world_collect(&w);
		ck_assert_uint_eq(count(CLIENT, COUNT_NOT_LOCAL), before + 1 + i);
	}
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].sends, sends);
}
END_TEST

START_TEST(x8_a_program_can_vouch_for_its_peer)
{
	struct core *c = w.host[SERVER].core;
	uint64_t cookie;

	acquaint();
	cookie = core_pcbs(c)->cookie;
	entry(SERVER)->vouched = false;	/* its keys do */
	ck_assert_int_eq(core_trust(c, cookie + 1), -ENOENT);
	ck_assert(!entry(SERVER)->vouched);
	ck_assert_int_eq(core_trust(c, cookie), 0);
	ck_assert(entry(SERVER)->vouched);
}
END_TEST

/* A connection of user uid to S0. */
static int open_as(struct core *c, uint64_t cookie, uint32_t uid, uint16_t port)
{
	struct pcb p = { .cookie = cookie, .local = world_addr(C0), .foreign = world_addr(S0),
			 .lport = port, .fport = 80, .proto = IPPROTO_TCP, .origin = PCB_CONNECT,
			 .uid = uid, .established = true };

	return core_pcb_open(c, &p, w.now);
}

START_TEST(x8_an_entry_goes_at_the_wish_of_who_alone_uses_it)
{
	struct core *c = w.host[CLIENT].core;

	ck_assert_int_eq(open_as(c, 71, 1000, 1), 0);
	ck_assert_int_eq(open_as(c, 72, 1001, 2), 0);
	ck_assert_int_eq(open_as(c, 73, PCB_UID_UNKNOWN, 3), 0);
	ck_assert_int_eq(core_forget(c, 70, 1000, w.now), -ENOENT);
	ck_assert_int_eq(core_forget(c, 71, 1000, w.now), -EPERM);
	core_pcb_close(c, 72, w.now);
	ck_assert_int_eq(core_forget(c, 71, 1000, w.now), -EPERM);
	core_pcb_close(c, 73, w.now);
	ck_assert_uint_eq(HASH_COUNT(core_entries(c)), 1);
	ck_assert_int_eq(core_forget(c, 71, 1000, w.now), 0);
	ck_assert_ptr_null(core_entries(c));
	ck_assert_int_eq(core_forget(c, 71, 1000, w.now), -ENOENT);
	ck_assert_ptr_nonnull(core_pcbs(c));

	/* The next connection begins anew; root may end anybody's. */
	ck_assert_int_eq(open_as(c, 74, 1001, 4), 0);
	ck_assert_uint_eq(HASH_COUNT(core_entries(c)), 1);
	ck_assert_int_eq(core_forget(c, 74, 0, w.now), 0);
	ck_assert_ptr_null(core_entries(c));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("personalities");
	TCase *tc = tcase_create("two hosts");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, x9_a_peer_learns_the_addresses_of_one_personality_only);
	tcase_add_test(tc, x9_an_entry_is_of_the_personality_its_first_connection_had);
	tcase_add_test(tc, x9_a_connection_of_another_personality_is_left_alone);
	tcase_add_test(tc, x9_a_peer_that_comes_to_another_personality_gets_no_answer);
	tcase_add_test(tc, x8_a_program_can_vouch_for_its_peer);
	tcase_add_test(tc, x8_an_entry_goes_at_the_wish_of_who_alone_uses_it);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
