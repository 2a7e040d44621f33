/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets that are not connected: which entries they make and keep, and what both ends know of each
 * other's addresses.
 */
#include "core.h"
#include "two_hosts.h"

#include <errno.h>
#include <stdio.h>

#define COOKIE	UINT64_C(4711)

static struct core *core(unsigned host)
{
	return w.host[host].core;
}

/* The client's socket sends to dst. */
static int send_to(uint64_t cookie, uint32_t uid, const char *dst)
{
	struct pcb p = {
		.cookie = cookie, .uid = uid, .local = world_addr(C0), .foreign = world_addr(dst)
	};
	int r = core_datagram_sent(core(CLIENT), &p, w.now);

	world_collect(&w);
	return r;
}

/* A datagram of that host's arrives at the other. */
static void heard(unsigned at, const char *src, const char *dst)
{
	struct in6_addr s = world_addr(src), d = world_addr(dst);

	core_datagram_heard(core(at), core_entries(core(at)) ? entry(at)->id : 0, &s, &d, w.now);
	world_collect(&w);
}

/* The client sends, the server answers, both know each other. */
static void acquaint(void)
{
	ck_assert_int_eq(send_to(COOKIE, 0, S0), 0);
	heard(CLIENT, S0, C0);
	world_run(&w, USEC_PER_SEC);
	heard(SERVER, C0, S0);
}

static unsigned count_entries(unsigned host)
{
	return HASH_COUNT(core_entries(core(host)));
}

START_TEST(c4_sending_makes_an_entry_and_hearing_makes_none)
{
	heard(SERVER, C0, S0);
	ck_assert_uint_eq(count_entries(SERVER), 0);
	ck_assert_int_eq(send_to(COOKIE, 0, S0), 0);
	ck_assert_int_eq(send_to(COOKIE, 0, S0), 0);
	ck_assert_uint_eq(count_entries(CLIENT), 1);
	ck_assert(entry(CLIENT)->initiated);
	ck_assert_uint_eq(entry(CLIENT)->n_sender, 1);
	assert_pair(CLIENT, C0, S0);
}
END_TEST

START_TEST(b1_nothing_is_announced_before_something_was_heard)
{
	send_to(COOKIE, 0, S0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].sends, 0);
	heard(CLIENT, S0, C0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(entry(CLIENT)->status, PEER_HOMELESS);
	ck_assert_int_eq(entry(SERVER)->status, PEER_HOMELESS);
}
END_TEST

START_TEST(c11_who_only_answers_learns_the_pair_from_what_it_hears)
{
	acquaint();
	assert_pair(SERVER, S0, C0);
	world_up(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
}
END_TEST

START_TEST(r5_what_a_tentative_source_sends_gives_no_pair)
{
	send_to(COOKIE, 0, S0);
	heard(CLIENT, S0, C0);
	world_run(&w, USEC_PER_SEC);
	w.lose = lose_all;
	world_foreign(&w, SERVER, C0)->state = ADDR_TENTATIVE;
	heard(SERVER, C0, S0);
	ck_assert(IN6_IS_ADDR_UNSPECIFIED(&entry(SERVER)->pair.foreign));
}
END_TEST

START_TEST(c10_the_entry_stays_while_the_socket_lives)
{
	acquaint();
	w.lose = lose_all;
	world_run(&w, 7200 * USEC_PER_SEC);
	ck_assert_uint_eq(count_entries(SERVER), 0);
	ck_assert_uint_eq(count_entries(CLIENT), 1);
	ck_assert_ptr_null(entry(CLIENT)->addrs);
	core_pcb_close(core(CLIENT), COOKIE, w.now);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(count_entries(CLIENT), 0);
	ck_assert_ptr_null(core_senders(core(CLIENT)));
}
END_TEST

START_TEST(c10_sockets_keep_the_entries_of_their_latest_peers)
{
	char text[64];

	for (unsigned i = 0; i < SENDER_PEERS_MAX + 10; i++) {
		snprintf(text, sizeof(text), "2001:db8:9::%x", i + 1);
		ck_assert_int_eq(send_to(COOKIE, 0, text), 0);
	}
	ck_assert_uint_eq(core_senders(core(CLIENT))->n, SENDER_PEERS_MAX);
	ck_assert_uint_eq(core_entry(core(CLIENT), 10)->n_sender, 0);
	ck_assert_uint_eq(core_entry(core(CLIENT), 11)->n_sender, 1);
	core_pcb_close(core(CLIENT), COOKIE, w.now);
	ck_assert_uint_eq(core_entry(core(CLIENT), 11)->n_sender, 0);
}
END_TEST

START_TEST(x8_what_is_only_sent_to_gives_way)
{
	struct core_config config = core_config_default;
	char text[64];

	config.max_entries = 8;
	core_reconfigure(core(CLIENT), &config);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "2001:db8:9::%x", i + 1);
		send_to(COOKIE, 0, text);
	}
	ck_assert_uint_eq(count_entries(CLIENT), 8);
	ck_assert_uint_eq(core_senders(core(CLIENT))->n, 7);
	ck_assert_ptr_nonnull(world_foreign(&w, CLIENT, S0));
	/* Who is connected to is not given up, even if it was sent to before. */
	snprintf(text, sizeof(text), "2001:db8:9::%x", 100);
	struct hce *h = world_foreign(&w, CLIENT, text)->hce;
	ck_assert(!h->trusted);
	struct pcb p = { .cookie = 99, .local = world_addr(C0), .foreign = world_addr(text),
			 .lport = 1, .fport = 2, .proto = IPPROTO_UDP, .origin = PCB_CONNECT };
	ck_assert_int_eq(core_pcb_open(core(CLIENT), &p, w.now), 0);
	ck_assert(h->trusted);
}
END_TEST

START_TEST(c8_what_no_entry_may_hold_is_refused)
{
	ck_assert_int_eq(send_to(COOKIE, 0, "fe80::1"), -EINVAL);
	ck_assert_int_eq(send_to(COOKIE, 0, "ff0e::1"), -EINVAL);
	ck_assert_int_eq(send_to(COOKIE, 0, C0), -EINVAL);
	ck_assert_uint_eq(count_entries(CLIENT), 0);
	ck_assert_ptr_null(core_senders(core(CLIENT)));
}
END_TEST

START_TEST(x8_an_entry_is_not_forgotten_while_others_send_to_it)
{
	uint64_t cookie = world_connect(&w, CLIENT, C0, SERVER, S0, 1000);

	ck_assert_int_eq(send_to(COOKIE, 1000, S0), 0);
	core_pcbs(core(CLIENT))->uid = 1001;
	ck_assert_int_eq(core_forget(core(CLIENT), cookie, 1001, w.now), -EPERM);
	core_pcb_close(core(CLIENT), COOKIE, w.now);
	ck_assert_int_eq(core_forget(core(CLIENT), cookie, 1001, w.now), 0);
}
END_TEST

START_TEST(x5_datagrams_wait_until_the_peer_knows_the_new_address)
{
	acquaint();
	ck_assert(!w.host[CLIENT].pair.unconfirmed);
	world_down(&w, CLIENT, C0);
	assert_pair(CLIENT, C0, S0);
	ck_assert(w.host[CLIENT].pair.unconfirmed);
	world_up(&w, CLIENT, C1);
	while (entry(CLIENT)->pair.gen == 0)
		world_run(&w, USEC_PER_MSEC);
	assert_pair(CLIENT, C1, S0);
	ck_assert(w.host[CLIENT].pair.unconfirmed);	/* the Response is on its way */
	while (w.host[CLIENT].pair.unconfirmed)
		world_run(&w, USEC_PER_MSEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, C1)->state, ADDR_ACTIVE);
	assert_pair(SERVER, S0, C1);
	/* There and back, before anybody noticed: nothing has changed. */
	world_down(&w, CLIENT, C1);
	ck_assert(w.host[CLIENT].pair.unconfirmed);
	world_up(&w, CLIENT, C1);
	ck_assert(!w.host[CLIENT].pair.unconfirmed);
}
END_TEST

/* A socket bound to that address of the client's, which is lost. */
static int bind_to(uint64_t cookie, const char *addr, uint16_t port)
{
	struct pcb p = {
		.cookie = cookie, .local = world_addr(addr), .lport = port, .proto = IPPROTO_UDP
	};

	return core_bound_open(core(CLIENT), &p, w.now);
}

/* The next action about bound sockets; 0 if there is none. */
static enum action_type next_bound(struct action *ret)
{
	while (core_next_action(core(CLIENT), ret))
		if (ret->type == ACTION_BOUND || ret->type == ACTION_BOUND_GONE)
			return ret->type;
	return 0;
}

static struct local_addr *local(const char *text)
{
	struct in6_addr a = world_addr(text);
	struct local_addr *l;

	HASH_FIND(hh, core_locals(core(CLIENT)), &a, sizeof(a), l);
	return l;
}

START_TEST(a1_a_lost_address_stays_while_sockets_are_bound_to_it)
{
	struct in6_addr c0 = world_addr(C0);
	struct action a;

	ck_assert_int_eq(bind_to(1, C0, 53), 0);
	ck_assert_int_eq(bind_to(1, C0, 53), 0);
	ck_assert_int_eq(bind_to(2, C0, 53), 0);	/* SO_REUSEPORT */
	ck_assert_int_eq(bind_to(3, C1, 53), -EEXIST);
	ck_assert_int_eq(next_bound(&a), ACTION_BOUND);
	ck_assert(addr_equal(&a.bound.addr, &c0));
	ck_assert_uint_eq(a.bound.port, 53);
	ck_assert_int_eq(next_bound(&a), 0);
	core_local_down(core(CLIENT), &c0, w.now);
	core_pcb_close(core(CLIENT), 1, w.now);
	ck_assert_int_eq(next_bound(&a), 0);
	ck_assert_ptr_nonnull(local(C0));
	core_pcb_close(core(CLIENT), 2, w.now);
	ck_assert_int_eq(next_bound(&a), ACTION_BOUND_GONE);
	ck_assert_ptr_nonnull(local(C0));
	ck_assert_uint_eq(local(C0)->n_pcb, 0);
	world_run(&w, 1801 * USEC_PER_SEC);	/* C9 */
	ck_assert_ptr_null(local(C0));
}
END_TEST

START_TEST(a1_an_address_that_is_back_needs_no_help)
{
	struct in6_addr c0 = world_addr(C0);
	struct action a;

	bind_to(1, C0, 53);
	core_local_down(core(CLIENT), &c0, w.now);
	ck_assert_int_eq(next_bound(&a), ACTION_BOUND);
	core_local_up(core(CLIENT), &c0, 2, USEC_NEVER, w.now);
	ck_assert_int_eq(next_bound(&a), ACTION_BOUND_GONE);
	ck_assert_ptr_nonnull(local(C0));
	ck_assert(local(C0)->usable);
	ck_assert_uint_eq(local(C0)->n_pcb, 0);
}
END_TEST

START_TEST(a1_the_bound_sockets_that_are_known_are_limited)
{
	for (unsigned i = 0; i < BOUND_MAX; i++)
		ck_assert_int_eq(bind_to(i + 1, C0, (uint16_t)(i + 1)), 0);
	ck_assert_int_eq(bind_to(BOUND_MAX + 1, C0, BOUND_MAX + 1), -ENOSPC);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("datagram");
	TCase *tc = tcase_create("datagram");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, c4_sending_makes_an_entry_and_hearing_makes_none);
	tcase_add_test(tc, b1_nothing_is_announced_before_something_was_heard);
	tcase_add_test(tc, c11_who_only_answers_learns_the_pair_from_what_it_hears);
	tcase_add_test(tc, r5_what_a_tentative_source_sends_gives_no_pair);
	tcase_add_test(tc, c10_the_entry_stays_while_the_socket_lives);
	tcase_add_test(tc, c10_sockets_keep_the_entries_of_their_latest_peers);
	tcase_add_test(tc, x8_what_is_only_sent_to_gives_way);
	tcase_add_test(tc, c8_what_no_entry_may_hold_is_refused);
	tcase_add_test(tc, x8_an_entry_is_not_forgotten_while_others_send_to_it);
	tcase_add_test(tc, x5_datagrams_wait_until_the_peer_knows_the_new_address);
	tcase_add_test(tc, a1_a_lost_address_stays_while_sockets_are_bound_to_it);
	tcase_add_test(tc, a1_an_address_that_is_back_needs_no_help);
	tcase_add_test(tc, a1_the_bound_sockets_that_are_known_are_limited);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return suite_run(make());
}
