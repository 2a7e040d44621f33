/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections that were found among the kernel's sockets instead of shown: which the core takes,
 * and what becomes of them.
 */
#include "core.h"
#include "addr.h"
#include "suite.h"
#include "two_hosts.h"

#include <errno.h>

/* One that nobody showed, of the client unless said otherwise. */
static struct pcb found(const char *local, const char *foreign, uint16_t port)
{
	return (struct pcb){ .cookie = 5000 + port, .local = world_addr(local),
			     .foreign = world_addr(foreign), .lport = port, .fport = 80,
			     .proto = IPPROTO_TCP, .origin = PCB_CONNECT, .source = PCB_ADOPTED,
			     .uid = PCB_UID_UNKNOWN, .established = true };
}

static int take(unsigned host, const struct pcb *p)
{
	struct core *c = w.host[host].core;
	bool adopts = core_adopts(c, p);
	int r = core_pcb_open(c, p, w.now);

	ck_assert_int_eq(r == 0, adopts);
	world_collect(&w);
	return r;
}

static struct pcb *of_cookie(unsigned host, uint64_t cookie)
{
	struct pcb *pcbs = core_pcbs(w.host[host].core), *p;

	HASH_FIND(hh, pcbs, &cookie, sizeof(cookie), p);
	return p;
}

static uint64_t count(unsigned host, enum core_counter n)
{
	return core_counter(w.host[host].core, n);
}

/* Both hosts know each other, and the client's second address. */
static void acquaint(void)
{
	world_up(&w, CLIENT, C1);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(entry(CLIENT)->status, PEER_HOMELESS);
}

START_TEST(a1_what_nobody_showed_is_taken_and_moves_with_the_others)
{
	struct pcb c = found(C0, S0, 7), s = found(S0, C0, 80);

	s.fport = 7;
	s.origin = PCB_ACCEPT;
	acquaint();
	ck_assert_int_eq(take(CLIENT, &c), 0);
	ck_assert_int_eq(take(SERVER, &s), 0);
	ck_assert_ptr_eq(of_cookie(CLIENT, c.cookie)->hce, entry(CLIENT));
	ck_assert_int_eq(of_cookie(CLIENT, c.cookie)->source, PCB_ADOPTED);
	ck_assert_uint_eq(count(CLIENT, COUNT_ADOPTED), 1);
	ck_assert_uint_eq(entry(SERVER)->n_pcb, 2);
	world_down(&w, CLIENT, C0);
	world_run(&w, 5 * USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
	ck_assert_uint_ne(of_cookie(CLIENT, c.cookie)->gen, entry(CLIENT)->pair.gen);
	ck_assert_uint_ne(of_cookie(SERVER, s.cookie)->gen, entry(SERVER)->pair.gen);
}
END_TEST

START_TEST(x8_what_a_host_accepted_makes_its_peer_trusted)
{
	struct pcb half = found(S0, C0, 80), s = found(S0, C0, 81);

	acquaint();
	ck_assert_uint_eq(entry(SERVER)->n_proof, 1);
	half.established = false;
	half.origin = PCB_ACCEPT;
	ck_assert_int_eq(take(SERVER, &half), 0);
	ck_assert_uint_eq(entry(SERVER)->n_proof, 1);
	s.origin = PCB_ACCEPT;
	ck_assert_int_eq(take(SERVER, &s), 0);
	ck_assert_uint_eq(entry(SERVER)->n_proof, 2);
}
END_TEST

START_TEST(c4_finding_a_connection_makes_no_entry)
{
	struct pcb p = found(C0, S0, 7), other = found(C0, "2001:db8:99::1", 8);

	ck_assert_int_eq(take(CLIENT, &p), -ENOENT);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
	/* The peer must be Homeless, not only known. */
	w.lose = lose_all;
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(take(CLIENT, &p), -ENOENT);
	ck_assert_int_eq(take(CLIENT, &other), -ENOENT);
	ck_assert_uint_eq(HASH_COUNT(core_pcbs(w.host[CLIENT].core)), 1);
	ck_assert_uint_eq(HASH_COUNT(core_entries(w.host[CLIENT].core)), 1);
}
END_TEST

START_TEST(a3_what_may_be_another_hosts_is_not_taken)
{
	struct pcb given_up = found(S0, C0, 7), not_ours = found("2001:db8:98::1", C1, 8),
		   lost = found(C0, S0, 9);

	acquaint();
	world_down(&w, CLIENT, C0);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, C0)->state, ADDR_DEPRECATED);
	ck_assert_int_eq(take(SERVER, &given_up), -ENOENT);
	ck_assert_int_eq(take(SERVER, &not_ours), -ENOENT);
	ck_assert_int_eq(take(CLIENT, &lost), -ENOENT);
}
END_TEST

START_TEST(r3_one_with_the_ports_of_another_is_left_alone_and_counted_once)
{
	struct pcb p = found(C1, S0, 1000), twice = found(C0, S0, 7);

	acquaint();
	p.fport = of_cookie(CLIENT, core_pcbs(w.host[CLIENT].core)->cookie)->fport;
	p.lport = core_pcbs(w.host[CLIENT].core)->lport;
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(core_pcb_open(w.host[CLIENT].core, &p, w.now), -EEXIST);
	ck_assert_uint_eq(count(CLIENT, COUNT_PCB_CLASH), 1);
	ck_assert(core_pcbs(w.host[CLIENT].core)->ports_clash);
	ck_assert_int_eq(take(CLIENT, &twice), 0);
	ck_assert_int_eq(take(CLIENT, &twice), 0);
	ck_assert_uint_eq(count(CLIENT, COUNT_ADOPTED), 1);
}
END_TEST

START_TEST(one_that_is_shown_after_it_was_found_is_known_better)
{
	struct pcb p = found(S0, C0, 7);

	acquaint();
	ck_assert_int_eq(take(SERVER, &p), 0);
	p.uid = 1000;
	ck_assert_int_eq(take(SERVER, &p), 0);
	ck_assert_uint_eq(of_cookie(SERVER, p.cookie)->uid, 1000);
	p.source = PCB_REGISTERED;
	p.origin = PCB_ACCEPT;
	ck_assert_int_eq(core_pcb_open(w.host[SERVER].core, &p, w.now), 0);
	ck_assert_int_eq(of_cookie(SERVER, p.cookie)->source, PCB_REGISTERED);
	ck_assert_int_eq(of_cookie(SERVER, p.cookie)->origin, PCB_ACCEPT);
	ck_assert_uint_eq(entry(SERVER)->n_proof, 2);
	p.source = PCB_ADOPTED;		/* and found again */
	ck_assert_int_eq(take(SERVER, &p), 0);
	ck_assert_int_eq(of_cookie(SERVER, p.cookie)->source, PCB_REGISTERED);
}
END_TEST

START_TEST(x9_one_of_another_personality_is_left_alone)
{
	struct core_config config = core_config_default;
	struct in6_addr c2 = world_addr(C2);
	struct pcb p = found(C2, S0, 7);

	config.n_personality = 1;
	strcpy(config.personality[0], "work");
	core_reconfigure(w.host[CLIENT].core, &config);
	core_local_personality(w.host[CLIENT].core, &c2, 1, w.now);
	world_up(&w, CLIENT, C2);
	acquaint();
	ck_assert_int_eq(take(CLIENT, &p), -ENOENT);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("adopt");
	TCase *tc = tcase_create("adopt");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a1_what_nobody_showed_is_taken_and_moves_with_the_others);
	tcase_add_test(tc, x8_what_a_host_accepted_makes_its_peer_trusted);
	tcase_add_test(tc, c4_finding_a_connection_makes_no_entry);
	tcase_add_test(tc, a3_what_may_be_another_hosts_is_not_taken);
	tcase_add_test(tc, r3_one_with_the_ports_of_another_is_left_alone_and_counted_once);
	tcase_add_test(tc, one_that_is_shown_after_it_was_found_is_known_better);
	tcase_add_test(tc, x9_one_of_another_personality_is_left_alone);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return suite_run(make());
}
