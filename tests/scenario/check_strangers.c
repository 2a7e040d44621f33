/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a server lets strangers have: entries, for how long, and of whose share. Mallory is whoever
 * calls next: a host without a past at each call.
 */
#include "core.h"
#include "foreign.h"
#include "lifecycle.h"
#include "addr.h"
#include "suite.h"
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

#define A0	"2001:db8:1::c"
#define S0	"2001:db8:2::5"
#define S1	"2001:db8:22::5"

enum { ALICE, SERVER, MALLORY };

static struct world w;
static uint64_t cookies;

static void setup(void)
{
	memset(&w, 0, sizeof(w));
	w.now = 1000 * USEC_PER_SEC;
	w.delay = 10 * USEC_PER_MSEC;
	world_stranger(&w, "Alice");
	world_stranger(&w, "Bob");
	world_stranger(&w, "Mallory");
	world_up(&w, ALICE, A0);
	world_up(&w, SERVER, S0);
}

static void teardown(void)
{
	world_free(&w);
}

static struct core *server(void)
{
	return w.host[SERVER].core;
}

static void configure(unsigned max_entries, unsigned max_per_prefix)
{
	struct core_config config = core_config_default;

	config.max_entries = max_entries;
	config.max_per_prefix = max_per_prefix;
	core_reconfigure(server(), &config);
}

static const char *mallorys(unsigned i)
{
	static char text[32];

	snprintf(text, sizeof(text), "2001:db8:3::%x", i + 1);
	return text;
}

/* Connects, and both hosts get to know each other. Returns the connection's cookie. */
static uint64_t call(unsigned host, const char *from)
{
	uint64_t cookie = world_connect(&w, host, from, SERVER, S0, (uint16_t)(1000 + ++cookies));

	world_run(&w, USEC_PER_SEC);
	return cookie;
}

/* The same from the next of Mallory's addresses, under another name each time. */
static uint64_t mallory_calls(unsigned i)
{
	world_renew(&w, MALLORY);
	world_up(&w, MALLORY, mallorys(i));
	return call(MALLORY, mallorys(i));
}

/* The server's side of a connection ends. */
static void hang_up(uint64_t cookie)
{
	core_pcb_close(server(), cookie, w.now);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
}

static struct hce *entry_of(const char *addr)
{
	struct in6_addr a = world_addr(addr);

	return core_entry_of(server(), &a);
}

START_TEST(x8_trust_ends_with_the_last_connection)
{
	uint64_t one = call(ALICE, A0), two = call(ALICE, A0);

	ck_assert(entry_of(A0)->trusted);
	hang_up(one);
	ck_assert(entry_of(A0)->trusted);
	hang_up(two);
	ck_assert(!entry_of(A0)->trusted);
	call(ALICE, A0);
	ck_assert(entry_of(A0)->trusted);
}
END_TEST

START_TEST(x8_trust_that_a_program_gave_stays)
{
	uint64_t one = call(ALICE, A0);

	ck_assert_int_eq(core_trust(server(), one), 0);
	hang_up(one);
	ck_assert(entry_of(A0)->trusted);
}
END_TEST

START_TEST(x8_who_has_hung_up_gives_way_to_who_comes)
{
	configure(4, 64);
	for (unsigned i = 0; i < 10; i++) {
		hang_up(mallory_calls(i));
		ck_assert_ptr_nonnull(entry_of(mallorys(i)));
	}
	ck_assert_uint_eq(HASH_COUNT(core_entries(server())), 4);
	ck_assert_uint_eq(core_counter(server(), COUNT_EVICTED), 6);
}
END_TEST

START_TEST(x8_the_strangers_of_one_network_displace_only_each_other)
{
	configure(_i ? 4 : 64, _i ? 64 : 3);
	hang_up(call(ALICE, A0));
	for (unsigned i = 0; i < 10; i++)
		hang_up(mallory_calls(i));
	ck_assert_ptr_nonnull(entry_of(A0));
	ck_assert_ptr_nonnull(entry_of(mallorys(9)));
	ck_assert_uint_eq(HASH_COUNT(core_entries(server())), 4);
}
END_TEST

START_TEST(x8_who_is_connected_gives_way_to_nobody)
{
	configure(64, 3);
	for (unsigned i = 0; i < 10; i++)
		mallory_calls(i);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_int_eq(entry_of(mallorys(i)) != NULL, i < 3);
	ck_assert_uint_gt(core_counter(server(), COUNT_NO_ROOM), 0);
	call(ALICE, A0);
	ck_assert_ptr_nonnull(entry_of(A0));
}
END_TEST

/* An Update in the Confirm may name any address first. */
START_TEST(x8_an_entry_counts_for_where_its_first_packet_came_from)
{
	struct in6_addr s0 = world_addr(S0), m = world_addr(mallorys(0)), x;
	char text[32];

	configure(64, 3);
	for (unsigned i = 0; i < 10; i++) {
		struct hce *h = hce_answer(server(), &s0, &m, w.now);

		ck_assert_ptr_nonnull(h);
		snprintf(text, sizeof(text), "2001:db8:%x::1", 0x100 + i);
		x = world_addr(text);
		ck_assert_ptr_nonnull(foreign_add(server(), h, &x, ADDR_TENTATIVE,
						  LIFETIME_ABSOLUTE, USEC_PER_SEC, "test", w.now));
	}
	ck_assert_uint_eq(HASH_COUNT(core_entries(server())), 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("strangers");
	TCase *tc = tcase_create("entries");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, x8_trust_ends_with_the_last_connection);
	tcase_add_test(tc, x8_trust_that_a_program_gave_stays);
	tcase_add_test(tc, x8_who_has_hung_up_gives_way_to_who_comes);
	tcase_add_loop_test(tc, x8_the_strangers_of_one_network_displace_only_each_other, 0, 2);
	tcase_add_test(tc, x8_who_is_connected_gives_way_to_nobody);
	tcase_add_test(tc, x8_an_entry_counts_for_where_its_first_packet_came_from);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
