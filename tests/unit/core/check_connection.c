/* SPDX-License-Identifier: BSD-2-Clause */
/* core/event/connection.c alone: the actions that the shell takes when a connection is opened. */
#include "host.h"

#include <errno.h>
#include <netinet/in.h>

static struct pcb opened(const char *foreign, uint64_t cookie)
{
	return (struct pcb){ .cookie = cookie, .local = a(L0), .foreign = a(foreign),
			     .lport = (uint16_t)cookie, .fport = 80, .proto = IPPROTO_TCP,
			     .origin = PCB_CONNECT };
}

/* Takes all actions. Returns how many of them have that type and are for entry id. */
static unsigned take_of(enum action_type type, uint32_t id)
{
	struct action one;
	unsigned n = 0;

	while (core_next_action(c, &one))
		n += one.type == type && one.hce == id;
	return n;
}

/* How many connections wait for room, or were refused, of all entries. */
static unsigned left_out(void)
{
	const struct pcb *p;
	unsigned n;

	DL_COUNT2(c->left, p, n, left_next);
	return n;
}

/*
 * A run whose SPI was taken meanwhile retires the keys that it was to replace, and has no others.
 */
START_TEST(r4_keys_that_expire_while_they_are_in_use_are_not_used_any_more)
{
	peer_retire(c, h->peer, now);
	core_tick(c, now + 60 * USEC_PER_SEC);
	ck_assert_ptr_null(h->peer);
	ck_assert_ptr_null(h->sa);
}
END_TEST

START_TEST(b1_the_next_packet_of_a_new_peer_is_watched_for)
{
	struct pcb p = opened(F1, 1);

	ck_assert_int_eq(core_pcb_open(c, &p, now), 0);
	ck_assert_uint_eq(take_of(ACTION_WATCH, core_entry_of(c, &p.foreign)->id), 1);
	/* Until that came, for each new connection, and each that is registered again. */
	ck_assert_int_eq(core_pcb_open(c, &p, now), 0);
	ck_assert_uint_eq(take_of(ACTION_WATCH, core_entry_of(c, &p.foreign)->id), 1);
	core_heard(c, core_entry_of(c, &p.foreign)->id, &p.foreign, now);
	p = opened(F1, 2);
	ck_assert_int_eq(core_pcb_open(c, &p, now), 0);
	ck_assert_uint_eq(take(ACTION_WATCH, NULL), 0);
}
END_TEST

START_TEST(b1_so_is_that_of_one_to_which_datagrams_are_sent)
{
	struct pcb p = opened(F1, 1);

	p.proto = IPPROTO_UDP;
	ck_assert_int_eq(core_datagram_sent(c, &p, now), 0);
	ck_assert_uint_eq(take_of(ACTION_WATCH, core_entry_of(c, &p.foreign)->id), 1);
}
END_TEST

START_TEST(b1_a_peer_that_may_be_sent_updates_is_not_watched)
{
	struct pcb p = opened(F0, 1);

	ck_assert_int_eq(core_pcb_open(c, &p, now), 0);
	ck_assert_ptr_nonnull(core_pcb(c, 1)->hce);
	ck_assert_uint_eq(take(ACTION_WATCH, NULL), 0);
}
END_TEST

START_TEST(c4_a_new_entry_asks_for_its_source)
{
	struct pcb p = opened(F1, 1);

	ck_assert_int_eq(core_pcb_open(c, &p, now), 0);
	ck_assert_uint_eq(take_of(ACTION_ENTRY, core_entry_of(c, &p.foreign)->id), 1);
	p = opened(F1, 2);
	ck_assert_int_eq(core_pcb_open(c, &p, now), 0);
	ck_assert_uint_eq(take(ACTION_ENTRY, NULL), 0);
}
END_TEST

START_TEST(s7_a_status_is_published_when_it_changes)
{
	hce_status_event(c, h, STATUS_SILENT);
	ck_assert_uint_eq(take_of(ACTION_STATUS, h->id), 1);
	hce_status_event(c, h, STATUS_SILENT);
	ck_assert_uint_eq(take(ACTION_STATUS, NULL), 0);
}
END_TEST

static unsigned left(const struct hce *of)
{
	const struct pcb *p;
	unsigned n;

	DL_COUNT(of->left, p, n);
	return n;
}

/* The entry has a list of what is left out; left_out() is the sum. */
START_TEST(a_connection_without_room_is_in_the_list_of_its_entry_alone)
{
	struct core_config config = core_config_default;
	struct pcb p = opened(F0, 1), q = opened(F0, 2);

	config.max_connections = 1;
	core_reconfigure(c, &config);
	ck_assert_int_eq(core_pcb_open(c, &p, now), 0);
	ck_assert_uint_eq(left(h), 0);
	ck_assert_int_eq(core_pcb_open(c, &q, now), 0);
	ck_assert_uint_eq(left(h), 1);
	ck_assert_uint_eq(left_out(), 1);
	ck_assert_uint_eq(h->n_pcb, 1);
	core_pcb_close(c, 1, now);
	core_tick(c, now);
	ck_assert_uint_eq(left(h), 0);
	ck_assert_uint_eq(left_out(), 0);
	ck_assert_ptr_eq(core_pcb(c, 2)->hce, h);
}
END_TEST

START_TEST(a_connection_that_the_datapath_refused_is_in_that_list_until_its_end)
{
	struct action refused = { .type = ACTION_PCB };
	struct pcb p = opened(F0, 1);

	ck_assert_int_eq(core_pcb_open(c, &p, now), 0);
	refused.pcb = p;
	core_failed(c, &refused, now);
	ck_assert_uint_eq(left(h), 1);
	core_pcb_close(c, 1, now);
	ck_assert_uint_eq(left(h), 0);
	ck_assert_uint_eq(left_out(), 0);
}
END_TEST

/* It may have been moved: without its entry it would end. */
START_TEST(a_connection_that_the_datapath_has_stays_whatever_change_it_refuses)
{
	struct pcb p = opened(F0, 1), q = opened(F0, 1);
	struct action change;

	ck_assert_int_eq(core_pcb_open(c, &p, now), 0);
	take(ACTION_PCB, NULL);
	q.cookie = 2;			/* the same ports at another address of ours */
	up(L1);
	q.local = a(L1);
	ck_assert_int_eq(core_pcb_open(c, &q, now), -EEXIST);
	ck_assert_uint_eq(take(ACTION_PCB, &change), 1);
	core_failed(c, &change, now);
	ck_assert_ptr_eq(core_pcb(c, 1)->hce, h);
	ck_assert_uint_eq(take(ACTION_PCB_GONE, NULL), 0);
	core_tick(c, now);
	ck_assert_uint_eq(take(ACTION_PCB, NULL), 0);
	now = core_deadline(c);
	core_tick(c, now);
	ck_assert_uint_eq(take(ACTION_PCB, &change), 1);
	ck_assert(change.pcb.ports_clash);
	now += 10 * USEC_PER_SEC;
	core_tick(c, now);
	ck_assert_uint_eq(take(ACTION_PCB, NULL), 0);
}
END_TEST

START_TEST(a_pair_that_the_datapath_did_not_take_is_published_again)
{
	struct action change, again;
	struct in6_addr l1 = a(L1);
	struct pair to = h->pair;
	struct pcb p = opened(F0, 1);

	ck_assert_int_eq(core_pcb_open(c, &p, now), 0);
	take(ACTION_PAIR, NULL);
	to.local = l1;
	pair_set(c, h, &to, "test");
	ck_assert_uint_eq(take(ACTION_PAIR, &change), 1);
	core_failed(c, &change, now);
	ck_assert_uint_eq(take(ACTION_PAIR, NULL), 0);
	now += USEC_PER_SEC;
	core_tick(c, now);
	ck_assert_uint_eq(take(ACTION_PAIR, &again), 1);
	ck_assert(addr_equal(&again.pair.local, &l1));
	ck_assert_uint_eq(again.pair.gen, change.pair.gen);
}
END_TEST

START_TEST(nothing_waits_for_an_entry_that_there_is_not)
{
	struct pcb p = opened(F0, 1);

	p.waits = PCB_WAITS_ROOM;
	p.waits_for = h->id;
	ck_assert_int_eq(pcb_restore(c, &p, NULL, 0, now), 0);
	ck_assert_uint_eq(left(h), 1);
	hce_destroy(c, h, now);
	ck_assert_ptr_null(pcb_reason(core_pcb(c, 1)));
	ck_assert_uint_eq(left_out(), 0);
	p.cookie = 2;
	p.waits_for = 999;
	ck_assert_int_eq(pcb_restore(c, &p, NULL, 0, now), 0);
	ck_assert_ptr_null(pcb_reason(core_pcb(c, 2)));
	ck_assert_uint_eq(left_out(), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("connection");
	TCase *tc = tcase_create("connection");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, r4_keys_that_expire_while_they_are_in_use_are_not_used_any_more);
	tcase_add_test(tc, b1_the_next_packet_of_a_new_peer_is_watched_for);
	tcase_add_test(tc, b1_so_is_that_of_one_to_which_datagrams_are_sent);
	tcase_add_test(tc, b1_a_peer_that_may_be_sent_updates_is_not_watched);
	tcase_add_test(tc, c4_a_new_entry_asks_for_its_source);
	tcase_add_test(tc, s7_a_status_is_published_when_it_changes);
	tcase_add_test(tc, a_connection_without_room_is_in_the_list_of_its_entry_alone);
	tcase_add_test(tc, a_connection_that_the_datapath_refused_is_in_that_list_until_its_end);
	tcase_add_test(tc, a_connection_that_the_datapath_has_stays_whatever_change_it_refuses);
	tcase_add_test(tc, a_pair_that_the_datapath_did_not_take_is_published_again);
	tcase_add_test(tc, nothing_waits_for_an_entry_that_there_is_not);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
