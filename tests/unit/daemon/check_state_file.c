/* SPDX-License-Identifier: BSD-2-Clause */
/* state_file.h: what a helper knew, its successor knows. */
#include "restore.h"
#include "state_file.h"
#include "addr.h"
#include "suite.h"
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#define CLIENT	0
#define SERVER	1
#define C0	"2001:db8:1::c"
#define C1	"2001:db8:11::c"
#define S0	"2001:db8:2::5"
#define S1	"2001:db8:22::5"

static struct world w;
static char path[64];

static void setup(void)
{
	world_init(&w);
	snprintf(path, sizeof(path), "/tmp/hmip-check-state-%d", (int)getpid());
	world_up(&w, CLIENT, C1);
	world_up(&w, SERVER, S1);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
}

static void teardown(void)
{
	world_free(&w);
	unlink(path);
}

/* The client's helper is replaced by one that has its state file and down seconds less to live. */
static int restart(unsigned down)
{
	int r = state_file_save(w.host[CLIENT].core, path);

	ck_assert_int_eq(r, 0);
	world_renew(&w, CLIENT);
	world_up(&w, CLIENT, C1);
	w.now += down * USEC_PER_SEC;
	r = state_file_load(w.host[CLIENT].core, path, w.now);
	world_collect(&w);
	return r;
}

START_TEST(b10_a_moved_connection_goes_on_after_a_restart)
{
	struct pair before = w.host[CLIENT].pair;
	struct pcb *p = core_pcbs(w.host[CLIENT].core);
	uint32_t gen = p->gen;

	p->source = PCB_ADOPTED;
	p->mark = 0x1234;
	ck_assert_int_eq(restart(5), 0);
	ck_assert(addr_equal(&w.host[CLIENT].pair.local, &before.local));
	ck_assert(addr_equal(&w.host[CLIENT].pair.foreign, &before.foreign));
	p = core_pcbs(w.host[CLIENT].core);
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_nonnull(p->hce);
	ck_assert_uint_eq(p->gen, gen);
	ck_assert_uint_ne(p->gen, p->hce->pair.gen);
	ck_assert(p->established);
	ck_assert_uint_eq(p->mark, 0x1234);
	ck_assert_str_eq(addr_text(&p->local).s, C0);
	ck_assert_int_eq(p->source, PCB_ADOPTED);
	struct in6_addr c0 = world_addr(C0);
	struct local_addr *l;
	HASH_FIND(hh, core_locals(w.host[CLIENT].core), &c0, sizeof(c0), l);
	ck_assert_ptr_nonnull(l);
	ck_assert(!l->usable);
	ck_assert_uint_eq(l->n_pcb, 1);
}
END_TEST

START_TEST(c10_a_socket_that_sends_keeps_its_entry_after_a_restart)
{
	struct pcb p = {
		.cookie = 4711, .uid = 1000, .local = world_addr(C1), .foreign = world_addr(S0)
	};

	ck_assert_int_eq(core_datagram_sent(w.host[CLIENT].core, &p, w.now), 0);
	core_pcb_close(w.host[CLIENT].core, core_pcbs(w.host[CLIENT].core)->cookie, w.now);
	w.now += 120 * USEC_PER_SEC;
	core_tick(w.host[CLIENT].core, w.now);
	ck_assert_ptr_null(core_pcbs(w.host[CLIENT].core));
	ck_assert_int_eq(restart(5), 0);
	core_prune(w.host[CLIENT].core, w.now);
	struct hce *h = core_entries(w.host[CLIENT].core);
	ck_assert_ptr_nonnull(h);
	ck_assert_uint_eq(h->n_sender, 1);
	ck_assert_uint_eq(core_senders(w.host[CLIENT].core)->uid, 1000);
	core_pcb_close(w.host[CLIENT].core, 4711, w.now);
	ck_assert_uint_eq(h->n_sender, 0);
}
END_TEST

START_TEST(c10_a_peer_that_is_only_answered_is_known_after_a_restart)
{
	core_pcb_close(w.host[CLIENT].core, core_pcbs(w.host[CLIENT].core)->cookie, w.now);
	w.now += 120 * USEC_PER_SEC;
	core_tick(w.host[CLIENT].core, w.now);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
	core_entries(w.host[CLIENT].core)->initiated = false;
	ck_assert_int_eq(restart(5), 0);
	core_prune(w.host[CLIENT].core, w.now);
	ck_assert_ptr_nonnull(core_entries(w.host[CLIENT].core));
	ck_assert_int_eq(restart(1200), 0);
	core_tick(w.host[CLIENT].core, w.now);
	core_prune(w.host[CLIENT].core, w.now);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
}
END_TEST

START_TEST(s7_a_peer_this_host_went_to_is_met_anew_after_a_restart)
{
	core_pcb_close(w.host[CLIENT].core, core_pcbs(w.host[CLIENT].core)->cookie, w.now);
	w.now += 120 * USEC_PER_SEC;
	core_tick(w.host[CLIENT].core, w.now);
	world_collect(&w);
	ck_assert_int_eq(restart(5), 0);
	ck_assert(core_entries(w.host[CLIENT].core)->initiated);
	core_prune(w.host[CLIENT].core, w.now);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
}
END_TEST

START_TEST(x1_the_peer_takes_the_successors_signalling_for_genuine)
{
	uint64_t replayed = core_counter(w.host[SERVER].core, COUNT_REPLAYED);

	ck_assert_int_eq(restart(5), 0);
	world_run(&w, USEC_PER_SEC);
	world_up(&w, CLIENT, "2001:db8:12::c");
	world_down(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_REPLAYED), replayed);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_OLD_SEQ), 0);
	ck_assert_str_eq(addr_text(&w.host[SERVER].pair.foreign).s, "2001:db8:12::c");
}
END_TEST

/* Killed: what the helper sent since it saved last, its successor must not send again. */
START_TEST(x1_numbers_used_after_the_last_save_are_not_used_again)
{
	struct core *server = w.host[SERVER].core;

	ck_assert_int_eq(state_file_save(w.host[CLIENT].core, path), 0);
	for (unsigned i = 0; i < 20; i++) {
		world_up(&w, CLIENT, "2001:db8:12::c");
		world_run(&w, 10 * USEC_PER_SEC);
		world_down(&w, CLIENT, "2001:db8:12::c");
		world_run(&w, 10 * USEC_PER_SEC);
	}
	world_renew(&w, CLIENT);
	world_up(&w, CLIENT, C1);
	ck_assert_int_eq(state_file_load(w.host[CLIENT].core, path, w.now), 0);
	world_collect(&w);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_uint_eq(core_counter(server, COUNT_REPLAYED), 0);
	ck_assert_uint_eq(core_counter(server, COUNT_OLD_SEQ), 0);
	ck_assert_uint_eq(core_counter(w.host[CLIENT].core, COUNT_REPLAYED), 0);
}
END_TEST

START_TEST(c7_what_ran_out_while_no_helper_ran_is_not_used)
{
	ck_assert_int_eq(restart(700), 0);
	core_tick(w.host[CLIENT].core, w.now);
	world_collect(&w);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->state, ADDR_DEPRECATED);
}
END_TEST

START_TEST(b6_an_address_lost_while_no_helper_ran_is_not_sent_from)
{
	struct pcb *p;

	/* born with C2 and, since then, without a move: it keeps its birth pair */
	world_up(&w, CLIENT, "2001:db8:12::c");
	world_run(&w, USEC_PER_SEC);
	uint64_t cookie = world_connect(&w, CLIENT, "2001:db8:12::c", SERVER, S0, 1001);

	ck_assert_int_eq(restart(1), 0);	/* of its addresses only C1 is left */
	struct hce *h = core_entries(w.host[CLIENT].core);
	struct pcb *pcbs = core_pcbs(w.host[CLIENT].core);

	HASH_FIND(hh, pcbs, &cookie, sizeof(cookie), p);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_ne(p->gen, h->pair.gen);
	ck_assert_str_eq(addr_text(&h->pair.local).s, C1);
}
END_TEST

/*
 * ... but is announced when it comes back, even at once: the peer may have let it expire
 * meanwhile.
 * Here it had been acknowledged, but not yet proven.
 */
START_TEST(b10_an_address_that_comes_back_after_a_restart_is_announced)
{
	struct in6_addr c0 = world_addr(C0);
	struct binding *b;

	world_up(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	DL_FOREACH(core_entries(w.host[CLIENT].core)->bindings, b)
		if (addr_equal(&b->addr, &c0))
			b->state = BINDING_KNOWN;
	ck_assert_int_eq(state_file_save(w.host[CLIENT].core, path), 0);
	world_renew(&w, CLIENT);
	world_run(&w, 700 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, C0)->state, ADDR_DEPRECATED);
	ck_assert_int_eq(state_file_load(w.host[CLIENT].core, path, w.now), 0);
	world_up(&w, CLIENT, C0);
	world_run(&w, 30 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, C0)->state, ADDR_ACTIVE);
}
END_TEST

/*
 * The times in the file, which another version may have written with another clock, lengthen
 * nothing.
 */
START_TEST(c7_no_restored_address_lasts_longer_than_one_granted_now)
{
	static const struct {
		enum addr_state state;
		usec_t lifetime, expires, until;
	} t[] = {
		{ ADDR_ACTIVE, 600, 1700000600, 600 },
		{ ADDR_ACTIVE, 600, 100, 100 },
		{ ADDR_TENTATIVE, 600, 601, 600 },
		{ ADDR_DEPRECATED, 600, 1700001800, 1800 },
		{ ADDR_DEPRECATED, 600, 1700, 1700 },
	};
	struct core *c = w.host[CLIENT].core;
	struct in6_addr addr = world_addr("2001:db8:33::5");
	usec_t lifetime = t[_i].lifetime * USEC_PER_SEC;
	usec_t expires = w.now + t[_i].expires * USEC_PER_SEC;

	ck_assert_int_eq(core_restore_address(c, core_entries(c), &addr, t[_i].state, false,
					      LIFETIME_ABSOLUTE, lifetime, expires, w.now), 0);
	ck_assert_uint_eq(world_foreign(&w, CLIENT, "2001:db8:33::5")->expires,
			  w.now + t[_i].until * USEC_PER_SEC);
}
END_TEST

START_TEST(c5_names_and_where_else_they_lead_are_remembered)
{
	struct in6_addr more[2] = { world_addr("2001:db8:23::5"), world_addr("2001:db8:24::5") };
	struct peer_names *r;
	uint32_t id = core_entries(w.host[CLIENT].core)->id;

	core_alternatives(w.host[CLIENT].core, id, "old.example", NULL, 0);
	core_alternatives(w.host[CLIENT].core, id, "server.example", more, 2);
	ck_assert_int_eq(restart(5), 0);
	r = core_entries(w.host[CLIENT].core)->names;
	ck_assert_ptr_nonnull(r);
	ck_assert_uint_eq(r->n_name, 2);
	ck_assert_str_eq(r->name[0], "server.example");
	ck_assert_str_eq(r->name[1], "old.example");
	ck_assert_uint_eq(r->n_addr, 2);
	ck_assert_mem_eq(r->addr, more, sizeof(more));
}
END_TEST

START_TEST(only_its_owner_can_read_the_file)
{
	struct stat st;

	ck_assert_int_eq(state_file_save(w.host[CLIENT].core, path), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_file_that_cannot_be_understood_restores_nothing)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"{\"version\": 2}",
		"{\"version\":1,\"origin\":\"\",\"last_id\":1,\"peers\":[],\"entries\":[{\"id\":1}]"
		",\"connections\":[]}",
		"{\"version\":1,\"origin\":\"\",\"last_id\":1,\"peers\":[],\"entries\":[],"
		"\"connections\":[{\"cookie\":1,\"entry\":0,"
		"\"local\":\"nonsense\",\"lport\":1,\"foreign\":\"2001:db8::1\",\"fport\":1,"
		"\"proto\":6,\"origin\":0,"
		"\"established\":true,\"gen\":0}]}",
	};
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(bad[_i], f);
	fclose(f);
	world_renew(&w, CLIENT);
	ck_assert_int_eq(state_file_load(w.host[CLIENT].core, path, w.now), -EBADMSG);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
	ck_assert_ptr_null(core_pcbs(w.host[CLIENT].core));
}
END_TEST

START_TEST(connections_of_another_boot_are_not_taken_for_todays)
{
	char text[8192] = "";
	FILE *f;

	ck_assert_int_eq(state_file_save(w.host[CLIENT].core, path), 0);
	f = fopen(path, "r+");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, f), 0);
	char *origin = strstr(text, "\"origin\":\"");
	ck_assert_ptr_nonnull(origin);
	origin[10] ^= 1;
	rewind(f);
	fputs(text, f);
	fclose(f);
	world_renew(&w, CLIENT);
	world_up(&w, CLIENT, C1);
	ck_assert_int_eq(state_file_load(w.host[CLIENT].core, path, w.now), 0);
	world_collect(&w);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
	ck_assert_ptr_null(core_pcbs(w.host[CLIENT].core));

	/* but the peer must not see a sequence number twice */
	world_connect(&w, CLIENT, C1, SERVER, S0, 1001);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_REPLAYED), 0);
}
END_TEST

START_TEST(no_file_is_no_fault)
{
	ck_assert_int_eq(state_file_load(w.host[CLIENT].core, "/tmp/hmip-there-is-no-such-file",
					 w.now), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("state_file");
	TCase *tc = tcase_create("state_file");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, b10_a_moved_connection_goes_on_after_a_restart);
	tcase_add_test(tc, c10_a_socket_that_sends_keeps_its_entry_after_a_restart);
	tcase_add_test(tc, c10_a_peer_that_is_only_answered_is_known_after_a_restart);
	tcase_add_test(tc, s7_a_peer_this_host_went_to_is_met_anew_after_a_restart);
	tcase_add_test(tc, x1_the_peer_takes_the_successors_signalling_for_genuine);
	tcase_add_test(tc, x1_numbers_used_after_the_last_save_are_not_used_again);
	tcase_add_test(tc, c7_what_ran_out_while_no_helper_ran_is_not_used);
	tcase_add_test(tc, b6_an_address_lost_while_no_helper_ran_is_not_sent_from);
	tcase_add_test(tc, b10_an_address_that_comes_back_after_a_restart_is_announced);
	tcase_add_loop_test(tc, c7_no_restored_address_lasts_longer_than_one_granted_now, 0, 5);
	tcase_add_test(tc, c5_names_and_where_else_they_lead_are_remembered);
	tcase_add_test(tc, only_its_owner_can_read_the_file);
	tcase_add_loop_test(tc, a_file_that_cannot_be_understood_restores_nothing, 0, 6);
	tcase_add_test(tc, connections_of_another_boot_are_not_taken_for_todays);
	tcase_add_test(tc, no_file_is_no_fault);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
