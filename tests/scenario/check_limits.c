/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does not fit into the tables of the datapath is not attached, and nothing that this host may
 * leave undone moves it.
 */
#include "addr.h"
#include "array.h"
#include "suite.h"
#include "two_hosts.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

#define FIT	4
#define MORE	2

static uint64_t cookie[FIT + MORE];

static struct pcb *connection(unsigned host, uint64_t of)
{
	struct pcb *pcbs = core_pcbs(w.host[host].core), *p;

	HASH_FIND(hh, pcbs, &of, sizeof(of), p);
	return p;
}

static const char *reason(unsigned n)
{
	const char *why = pcb_reason(connection(CLIENT, cookie[n]));

	return why ? why : "";
}

static unsigned attached(void)
{
	unsigned n = 0;

	for (const struct pcb *p = core_pcbs(w.host[CLIENT].core); p; p = p->hh.next)
		n += p->hce != NULL;
	return n;
}

/* The client has room for FIT connections, and MORE besides. Both addresses of it are proven. */
static void crowded(void)
{
	struct core_config config = core_config_default;

	setup();
	config.max_connections = FIT;
	core_reconfigure(w.host[CLIENT].core, &config);
	world_up(&w, CLIENT, C1);
	for (unsigned i = 0; i < ARRAY_LEN(cookie); i++) {
		cookie[i] = world_connect(&w, CLIENT, C0, SERVER, S0, 1000 + i);
		world_run(&w, USEC_PER_SEC);
	}
	assert_pair(CLIENT, C0, S0);
}

static void prefer(const char *addr)
{
	struct in6_addr a = world_addr(addr);

	ck_assert_int_eq(core_prefer(w.host[CLIENT].core, &a, 0, w.now), 0);
	world_collect(&w);
	world_run(&w, 2 * USEC_PER_SEC);
}

static void close_nth(unsigned n)
{
	core_pcb_close(w.host[CLIENT].core, cookie[n], w.now);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
}

START_TEST(more_connections_than_fit_are_not_attached)
{
	ck_assert_uint_eq(attached(), FIT);
	for (unsigned i = 0; i < FIT; i++)
		ck_assert_str_eq(reason(i), "");
	for (unsigned i = FIT; i < FIT + MORE; i++)
		ck_assert_str_eq(reason(i), "table-full");
	ck_assert_uint_eq(core_counter(w.host[CLIENT].core, COUNT_TABLE_FULL), MORE);
	ck_assert_uint_eq(w.host[CLIENT].events[EVENT_TABLE_FULL], 1);
}
END_TEST

START_TEST(a_move_on_purpose_waits_until_all_are_attached)
{
	prefer(C1);
	assert_pair(CLIENT, C0, S0);
	close_nth(0);
	ck_assert_uint_eq(attached(), FIT);
	assert_pair(CLIENT, C0, S0);
	close_nth(1);
	ck_assert_uint_eq(attached(), FIT);
	for (unsigned i = 2; i < FIT + MORE; i++)
		ck_assert_str_eq(reason(i), "");
	assert_pair(CLIENT, C1, S0);
	world_data(&w, CLIENT);
	assert_pair(SERVER, S0, C1);
}
END_TEST

START_TEST(a_move_on_purpose_waits_for_the_end_of_what_is_not_attached)
{
	prefer(C1);
	for (unsigned i = FIT; i < FIT + MORE; i++)
		close_nth(i);
	assert_pair(CLIENT, C1, S0);
}
END_TEST

START_TEST(routes_move_nothing_either)
{
	struct in6_addr c1 = world_addr(C1);

	core_routed(w.host[CLIENT].core, entry(CLIENT)->id, &c1, w.now);
	world_collect(&w);
	world_run(&w, 2 * USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
}
END_TEST

START_TEST(a_loss_moves_what_is_attached)
{
	world_down(&w, CLIENT, C0);
	world_run(&w, 2 * USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
	ck_assert_uint_eq(attached(), FIT);
}
END_TEST

/* Its address is gone: there is nothing left that could be done for it. */
START_TEST(what_lost_its_address_is_not_attached_later)
{
	world_down(&w, CLIENT, C0);
	close_nth(0);
	world_run(&w, 120 * USEC_PER_SEC);	/* what lingers */
	ck_assert_uint_eq(attached(), FIT - 1);
	ck_assert_str_eq(reason(FIT), "table-full");
}
END_TEST

START_TEST(what_the_datapath_refuses_is_detached)
{
	struct action a = { .type = ACTION_PCB, .hce = entry(CLIENT)->id };

	a.pcb = *connection(CLIENT, cookie[1]);
	a.pcb.published = false;	/* as when it was new */
	core_failed(w.host[CLIENT].core, &a, w.now);
	world_collect(&w);
	ck_assert_ptr_null(connection(CLIENT, cookie[1])->hce);
	ck_assert_str_eq(reason(1), "datapath");
	prefer(C1);
	assert_pair(CLIENT, C0, S0);
}
END_TEST

START_TEST(peers_have_no_more_addresses_than_fit)
{
	struct core_config config = core_config_default;

	config.max_foreign = 3;
	core_reconfigure(w.host[CLIENT].core, &config);
	world_up(&w, SERVER, S1);
	world_up(&w, SERVER, "2001:db8:22::6");
	world_up(&w, SERVER, "2001:db8:22::7");
	world_connect(&w, CLIENT, C0, SERVER, S0, 2000);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_uint_gt(core_counter(w.host[CLIENT].core, COUNT_NO_ROOM), 0);
	ck_assert_ptr_nonnull(world_foreign(&w, CLIENT, S0));
	ck_assert_ptr_null(world_foreign(&w, CLIENT, "2001:db8:22::7"));
}
END_TEST

START_TEST(this_host_has_no_more_addresses_than_fit)
{
	char text[INET6_ADDRSTRLEN];

	for (unsigned i = 0; i < CORE_LOCALS_MAX; i++) {
		snprintf(text, sizeof(text), "2001:db8:77::%x", i + 1);
		world_up(&w, CLIENT, text);
	}
	ck_assert_uint_eq(HASH_COUNT(core_locals(w.host[CLIENT].core)), CORE_LOCALS_MAX);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("limits");
	TCase *tc = tcase_create("connections"), *addresses = tcase_create("addresses");

	tcase_add_checked_fixture(tc, crowded, teardown);
	tcase_add_test(tc, more_connections_than_fit_are_not_attached);
	tcase_add_test(tc, a_move_on_purpose_waits_until_all_are_attached);
	tcase_add_test(tc, a_move_on_purpose_waits_for_the_end_of_what_is_not_attached);
	tcase_add_test(tc, routes_move_nothing_either);
	tcase_add_test(tc, a_loss_moves_what_is_attached);
	tcase_add_test(tc, what_lost_its_address_is_not_attached_later);
	tcase_add_test(tc, what_the_datapath_refuses_is_detached);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(addresses, setup, teardown);
	tcase_add_test(addresses, peers_have_no_more_addresses_than_fit);
	tcase_add_test(addresses, this_host_has_no_more_addresses_than_fit);
	suite_add_tcase(s, addresses);
	return suite_run(s);
}
