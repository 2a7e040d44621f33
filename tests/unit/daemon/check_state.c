/* SPDX-License-Identifier: BSD-2-Clause */
/* state.h: what a helper knew, its successor knows. check_state_files: what is wrong with files. */
#include "restore.h"
#include "state_store.h"
#include "state_world.h"
#include "unused.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <utlist.h>

START_TEST(b10_a_moved_connection_goes_on_after_a_restart)
{
	struct pair before = w.host[CLIENT].pair;
	struct pcb *p = core_pcbs(w.host[CLIENT].core);
	uint32_t gen = p->gen;

	p->source = PCB_ADOPTED;
	p->mark = 0x1234;
	state_note(live, &(struct action){ .type = ACTION_SOCKET, .cookie = p->cookie });
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
	state_note_entry(live, core_entries(w.host[CLIENT].core)->id);
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

	ck_assert_int_eq(state_write(live, w.host[CLIENT].core, w.now), 0);
	/* fewer numbers than are reserved at once */
	for (unsigned i = 0; i < 14; i++) {
		world_up(&w, CLIENT, "2001:db8:12::c");
		world_run(&w, 10 * USEC_PER_SEC);
		world_down(&w, CLIENT, "2001:db8:12::c");
		world_run(&w, 10 * USEC_PER_SEC);
	}
	end(false);
	world_up(&w, CLIENT, C1);
	ck_assert_int_eq(load(), 0);
	begin();
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_uint_eq(core_counter(server, COUNT_REPLAYED), 0);
	ck_assert_uint_eq(core_counter(server, COUNT_OLD_SEQ), 0);
	ck_assert_uint_eq(core_counter(w.host[CLIENT].core, COUNT_REPLAYED), 0);
}
END_TEST

/* A power cut: what was not synced is gone, or is what it was long ago. */
START_TEST(x1_numbers_of_configured_keys_outlive_what_is_not_synced)
{
	uint32_t sent = core_entries(w.host[CLIENT].core)->sa->out_seq;

	end(false);
	unlink(path);
	ck_assert_int_eq(load(), -ENOENT);
	begin();
	world_up(&w, CLIENT, C1);
	world_connect(&w, CLIENT, C1, SERVER, S0, 1001);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_gt(core_entries(w.host[CLIENT].core)->sa->out_seq, sent);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_REPLAYED), 0);
}
END_TEST

/* What was written bit by bit is what would be written now. */
static void same_as_anew(void)
{
	static struct listing bits, anew;
	struct core *c = w.host[CLIENT].core;
	struct state *other;
	char of[80], numbers[100];

	ck_assert_int_eq(state_write(live, c, w.now), 0);
	list(path, &bits);
	snprintf(of, sizeof(of), "%s.anew", path);
	snprintf(numbers, sizeof(numbers), "%s" STATE_NUMBERS, of);
	ck_assert_int_eq(state_open(c, of, w.now, &other), 0);
	list(of, &anew);
	state_close(other, NULL, w.now);
	unlink(of);
	unlink(numbers);
	ck_assert_uint_gt(anew.n, 3);
	ck_assert_uint_eq(bits.n, anew.n);
	ck_assert_mem_eq(bits.b, anew.b, anew.len);
}

START_TEST(b10_what_is_written_bit_by_bit_is_all_there_is)
{
	struct pcb p = { .cookie = 4711, .uid = 1000, .local = world_addr(C1),
			 .foreign = world_addr(S0) };
	struct core *c = w.host[CLIENT].core;
	uint64_t cookie;

	same_as_anew();
	cookie = world_connect(&w, CLIENT, C1, SERVER, S0, 1001);
	ck_assert_int_eq(core_datagram_sent(c, &p, w.now), 0);
	world_collect(&w);
	same_as_anew();
	for (unsigned i = 0; i < 5; i++) {
		world_up(&w, CLIENT, C0);
		world_run(&w, USEC_PER_SEC);
		same_as_anew();
		world_down(&w, CLIENT, C1);
		world_run(&w, USEC_PER_SEC);
		same_as_anew();
		world_up(&w, CLIENT, C1);
		world_down(&w, CLIENT, C0);
		world_run(&w, 400 * USEC_PER_SEC);
		same_as_anew();
	}
	world_down(&w, SERVER, S0);
	world_run(&w, 2000 * USEC_PER_SEC);
	same_as_anew();
	core_pcb_close(c, cookie, w.now);
	core_pcb_close(c, 4711, w.now);
	world_run(&w, 100 * USEC_PER_SEC);
	same_as_anew();
}
END_TEST

/* Nobody makes the helper write by sending what is refused. */
START_TEST(x8_what_is_refused_writes_nothing)
{
	static struct listing before, after;
	struct packet_in_flight p = { .send = w.host[SERVER].last_send };

	ck_assert_int_eq(state_write(live, w.host[CLIENT].core, w.now), 0);
	list(path, &before);
	for (unsigned i = 0; i < 100; i++) {
		p.send.send.packet[p.send.send.len - 1] ^= 1;
		core_packet(w.host[CLIENT].core, p.send.send.packet, p.send.send.len, w.now);
	}
	world_collect(&w);
	ck_assert_uint_ge(core_counter(w.host[CLIENT].core, COUNT_BAD_ICV) +
			  core_counter(w.host[CLIENT].core, COUNT_REPLAYED), 100);
	ck_assert_int_eq(state_write(live, w.host[CLIENT].core, w.now), 0);
	list(path, &after);
	ck_assert_uint_eq(before.len, after.len);
	ck_assert_mem_eq(before.b, after.b, after.len);
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
	state_note_entry(live, core_entries(w.host[CLIENT].core)->id);
	end(true);
	world_run(&w, 700 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, C0)->state, ADDR_DEPRECATED);
	ck_assert_int_eq(load(), 0);
	begin();
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

/* No file of ours has such an entry. There is nobody to ask whether it is there. */
START_TEST(x5_without_keys_no_tentative_address_is_restored)
{
	enum addr_state state = _i ? ADDR_DEPRECATED : ADDR_TENTATIVE;
	struct core *c = w.host[CLIENT].core;
	struct core_saved_entry saved = { .id = 4711 };
	struct in6_addr addr = world_addr("2001:db8:99::1");

	ck_assert_int_eq(core_restore_entry(c, &saved, w.now), 0);
	ck_assert_int_eq(core_restore_address(c, core_entry(c, 4711), &addr, state, false,
					      LIFETIME_ABSOLUTE, 600 * USEC_PER_SEC,
					      w.now + 600 * USEC_PER_SEC, w.now), 0);
	core_restore_done(c, w.now);
	world_collect(&w);
	ck_assert(!world_foreign(&w, CLIENT, "2001:db8:99::1") == (state == ADDR_TENTATIVE));
}
END_TEST

static struct packet_in_flight first;

/* Keeps the first Update of the server's, which does not arrive. */
static bool keep_first(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct signal s;

	if (first.send.send.len || p->from != SERVER ||
	    signal_parse(p->send.send.packet, p->send.send.len, &s) < 0 || !s.n_bu)
		return false;
	first = *p;
	return true;
}

/* It is late, so it changes nothing; and it is no less a replay when it comes again. */
START_TEST(x1_what_was_refused_for_its_number_is_a_replay_after_a_restart)
{
	const struct action *a = &first.send;

	w.lose = keep_first;
	world_up(&w, SERVER, "2001:db8:23::5");
	world_run(&w, 3 * USEC_PER_SEC);
	ck_assert_uint_gt(a->send.len, 0);
	ck_assert_int_eq(state_write(live, w.host[CLIENT].core, w.now), 0);
	core_packet(w.host[CLIENT].core, a->send.packet, a->send.len, w.now);
	ck_assert_uint_eq(core_counter(w.host[CLIENT].core, COUNT_OLD_SEQ), 1);
	ck_assert_int_eq(restart(5), 0);
	core_packet(w.host[CLIENT].core, a->send.packet, a->send.len, w.now);
	ck_assert_uint_eq(core_counter(w.host[CLIENT].core, COUNT_REPLAYED), 1);
}
END_TEST

static bool lose_all(struct world *world UNUSED, const struct packet_in_flight *p UNUSED)
{
	return true;
}

/* It began while the peer was silent; the successor attaches it when it hears the peer, too. */
START_TEST(a3_what_is_left_alone_waits_for_its_peer_across_a_restart)
{
	const struct pcb *p;
	uint64_t cookie;

	w.lose = lose_all;
	world_run(&w, 320 * USEC_PER_SEC);
	cookie = world_connect(&w, CLIENT, C1, SERVER, S0, 2000);
	ck_assert_ptr_null(core_pcb(w.host[CLIENT].core, cookie)->hce);
	ck_assert_int_eq(restart(5), 0);
	world_run(&w, 20 * USEC_PER_SEC);
	p = core_pcb(w.host[CLIENT].core, cookie);
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_null(p->hce);
	w.lose = NULL;
	world_run(&w, 20 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(p->hce);
}
END_TEST

/*
 * The peer was taken out of the configuration: its moved connection must not go back by a restart.
 */
START_TEST(a3_what_is_held_without_an_entrys_keys_is_held_after_a_restart)
{
	const struct pcb *p;

	ck_assert_int_eq(core_peer_remove(w.host[CLIENT].core, "server", w.now), 0);
	world_collect(&w);
	ck_assert_int_eq(restart(1), 0);
	p = core_pcbs(w.host[CLIENT].core);
	ck_assert_ptr_nonnull(p->hce);
	ck_assert_int_eq(p->hce->pair.block, BLOCK_REWRITTEN);
	ck_assert(pcb_wire_pair(p, NULL, NULL));
	core_prune(w.host[CLIENT].core, w.now);
	core_pcb_close(w.host[CLIENT].core, p->cookie, w.now);
	world_run(&w, 100 * USEC_PER_SEC);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
}
END_TEST

START_TEST(c5_names_and_where_else_they_lead_are_remembered)
{
	struct in6_addr more[2] = { world_addr("2001:db8:23::5"), world_addr("2001:db8:24::5") };
	struct peer_names *r;
	uint32_t id = core_entries(w.host[CLIENT].core)->id;

	core_alternatives(w.host[CLIENT].core, id, "old.example", NULL, 0);
	core_alternatives(w.host[CLIENT].core, id, "server.example", more, 2);
	state_note_entry(live, id);
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

START_TEST(only_its_owner_can_read_the_files)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(stat(numbers_path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(no_file_is_no_fault)
{
	int numbers;

	ck_assert_int_eq(state_load(w.host[CLIENT].core, "/tmp/hmip-there-is-no-such-file", w.now,
				    &numbers), -ENOENT);
	ck_assert_int_eq(numbers, -ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("state");
	TCase *tc = tcase_create("state");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, b10_a_moved_connection_goes_on_after_a_restart);
	tcase_add_test(tc, c10_a_socket_that_sends_keeps_its_entry_after_a_restart);
	tcase_add_test(tc, c10_a_peer_that_is_only_answered_is_known_after_a_restart);
	tcase_add_test(tc, s7_a_peer_this_host_went_to_is_met_anew_after_a_restart);
	tcase_add_test(tc, x1_the_peer_takes_the_successors_signalling_for_genuine);
	tcase_add_test(tc, x1_numbers_used_after_the_last_save_are_not_used_again);
	tcase_add_test(tc, x1_numbers_of_configured_keys_outlive_what_is_not_synced);
	tcase_add_test(tc, b10_what_is_written_bit_by_bit_is_all_there_is);
	tcase_add_test(tc, x8_what_is_refused_writes_nothing);
	tcase_add_test(tc, c7_what_ran_out_while_no_helper_ran_is_not_used);
	tcase_add_test(tc, b6_an_address_lost_while_no_helper_ran_is_not_sent_from);
	tcase_add_test(tc, b10_an_address_that_comes_back_after_a_restart_is_announced);
	tcase_add_test(tc, x1_what_was_refused_for_its_number_is_a_replay_after_a_restart);
	tcase_add_loop_test(tc, x5_without_keys_no_tentative_address_is_restored, 0, 2);
	tcase_add_loop_test(tc, c7_no_restored_address_lasts_longer_than_one_granted_now, 0, 5);
	tcase_add_test(tc, a3_what_is_left_alone_waits_for_its_peer_across_a_restart);
	tcase_add_test(tc, a3_what_is_held_without_an_entrys_keys_is_held_after_a_restart);
	tcase_add_test(tc, c5_names_and_where_else_they_lead_are_remembered);
	tcase_add_test(tc, only_its_owner_can_read_the_files);
	tcase_add_test(tc, no_file_is_no_fault);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
