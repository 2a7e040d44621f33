/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses as hosts have them: the same on several hosts, and more than fit. Bad news about one
 * does not spoil the rest.
 */
#include "acquainted.h"
#include "addr.h"
#include "core.h"
#include "suite.h"
#include "unused.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

#define U0	"fd00:dead:beef::1"	/* what an installer gives to all */
#define OTHER	2
#define D0	"2001:db8:4::d"

static bool is_for_u0(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr u0 = world_addr(U0);

	return addr_equal(&p->send.send.dst, &u0) || addr_equal(&p->send.send.src, &u0);
}

START_TEST(x7_an_address_that_both_hosts_have_is_left_out)
{
	w.lose = is_for_u0;
	world_up(&w, CLIENT, U0);
	world_up(&w, SERVER, U0);
	acquaint();
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(entry(CLIENT)->status, PEER_HOMELESS);
	ck_assert_int_eq(entry(SERVER)->status, PEER_HOMELESS);
	ck_assert_uint_gt(count(SERVER, COUNT_WRONG_ENTRY), 0);
	ck_assert_ptr_null(world_foreign(&w, SERVER, U0));
	world_up(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	assert_state(SERVER, C1, ADDR_ACTIVE);
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
}
END_TEST

static enum peer_status status_of(unsigned host)
{
	return core_entries(w.host[host].core)->status;
}

/* Another client, whom the server does not know yet. */
static void third(void)
{
	ck_assert_uint_eq(world_stranger(&w, "other"), OTHER);
	world_up(&w, OTHER, D0);
	world_up(&w, OTHER, U0);
	world_connect(&w, OTHER, D0, SERVER, S0, 2000);
	world_run(&w, USEC_PER_SEC);
}

START_TEST(x7_an_address_that_two_peers_have_locks_neither_out)
{
	w.lose = is_for_u0;
	world_up(&w, CLIENT, U0);
	acquaint();
	third();
	ck_assert_int_eq(status_of(OTHER), PEER_HOMELESS);
	assert_state(SERVER, D0, ADDR_ACTIVE);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	world_run(&w, 3600 * USEC_PER_SEC);
	assert_state(SERVER, D0, ADDR_ACTIVE);
	assert_state(SERVER, C0, ADDR_ACTIVE);
}
END_TEST

/* Who has it and answers gets it, though the Update that named it was acknowledged long ago. */
START_TEST(x6_who_has_the_address_that_another_left_gets_to_use_it)
{
	world_up(&w, CLIENT, U0);
	acquaint();
	assert_state(SERVER, U0, ADDR_ACTIVE);
	/* It is gone, and nobody says so. */
	core_free(w.host[CLIENT].core);
	w.host[CLIENT].core = NULL;
	world_renew(&w, CLIENT);
	third();
	world_run(&w, 10 * USEC_PER_SEC);
	assert_state(SERVER, U0, ADDR_ACTIVE);
	ck_assert_ptr_null(world_foreign(&w, SERVER, U0)->hce->name);
	world_down(&w, OTHER, D0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(OTHER, U0, S0);
}
END_TEST

#define MANY	200

static const char *nth(unsigned i)
{
	static char text[32];

	snprintf(text, sizeof(text), "2001:db8:7::%x", i + 1);
	return text;
}

static void up_on(unsigned ifindex, const char *text)
{
	struct in6_addr a = world_addr(text);

	core_local_up(w.host[CLIENT].core, &a, ifindex, USEC_NEVER, w.now);
	world_collect(&w);
}

START_TEST(c3_of_very_many_addresses_a_peer_knows_some_of_each_link)
{
	struct core_config config = core_config_default;

	if (_i)
		config.max_addresses = 8;	/* of a peer that has less room */
	core_reconfigure(w.host[SERVER].core, &config);
	for (unsigned i = 0; i < MANY; i++)
		world_up(&w, CLIENT, nth(i));
	acquaint();
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_int_eq(entry(SERVER)->status, PEER_HOMELESS);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	up_on(3, C1);
	world_run(&w, (_i ? 60 : 10) * USEC_PER_SEC);
	if (!_i)
		assert_state(SERVER, C1, ADDR_ACTIVE);
	/* The link with the many fails. */
	for (unsigned i = 0; i < MANY; i++)
		world_down(&w, CLIENT, nth(i));
	world_down(&w, CLIENT, C0);
	world_run(&w, (_i ? 60 : 10) * USEC_PER_SEC);
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
	/* ... and is back: the peer learns of as many as before. */
	for (unsigned i = 0; i < MANY; i++)
		world_up(&w, CLIENT, nth(i));
	world_run(&w, 60 * USEC_PER_SEC);
	assert_state(SERVER, nth(0), ADDR_ACTIVE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("addresses");
	TCase *tc = tcase_create("shared, and many");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, x7_an_address_that_both_hosts_have_is_left_out);
	tcase_add_test(tc, x7_an_address_that_two_peers_have_locks_neither_out);
	tcase_add_test(tc, x6_who_has_the_address_that_another_left_gets_to_use_it);
	tcase_add_loop_test(tc, c3_of_very_many_addresses_a_peer_knows_some_of_each_link, 0, 2);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
