/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strangers that meet over several pairs of addresses in the same moment: each end may take the
 * other for two hosts that claim an address. They are found to be one, and no connection is held
 * or moved for it, whoever calls, whatever is lost and however long a packet takes.
 */
#include "core.h"
#include "model/entry.h"
#include "array.h"
#include "suite.h"
#include "unmoved.h"
#include "unused.h"

#include <stdio.h>
#include <utlist.h>

#define LIFETIMES	(600 + 1800)	/* seconds: until a peer that stays silent is forgotten */
#define CALLS_MAX	3
#define SEEDS		20	/* of a test */

static const struct call {
	unsigned from;
	const char *client, *server;
} calls[][CALLS_MAX] = {
	{ { CLIENT, C0, S0 }, { CLIENT, C0, S1 } },
	{ { CLIENT, C0, S0 }, { CLIENT, C1, S0 } },
	{ { CLIENT, C0, S0 }, { CLIENT, C1, S1 } },
	{ { CLIENT, C0, S0 }, { SERVER, C0, S0 } },
	{ { CLIENT, C0, S0 }, { SERVER, C0, S1 } },
	{ { CLIENT, C0, S0 }, { SERVER, C1, S0 } },
	{ { CLIENT, C0, S0 }, { SERVER, C1, S1 } },
	{ { CLIENT, C0, S0 }, { CLIENT, C0, S1 }, { SERVER, C1, S1 } },
	{ { CLIENT, C0, S0 }, { SERVER, C1, S1 }, { SERVER, C0, S1 } },
};

/* Between two calls, in half round trips. */
static const double gaps[] = { 0, 0.5, 1, 1.5, 2.5, 3.5, 10 };

static const usec_t delays[] = { USEC_PER_MSEC, 10 * USEC_PER_MSEC, 120 * USEC_PER_MSEC };

static unsigned to_lose;	/* number of the only packet that is lost, 0: none */
static unsigned flown;

static bool lose_one(struct world *world UNUSED, const struct packet_in_flight *p UNUSED)
{
	return ++flown == to_lose;
}

static void call(const struct call *all, double gap, usec_t delay)
{
	begin_strangers();
	world_up(&w, CLIENT, C1);
	w.delay = delay;
	w.lose = lose_one;
	flown = 0;
	for (unsigned n = 0; n < CALLS_MAX && all[n].client; n++) {
		if (n)
			world_run(&w, (usec_t)(gap * (double)delay));
		open_by(n, all[n].from, all[n].client, all[n].server);
	}
}

static unsigned n_open(void)
{
	unsigned n = 0;

	while (n < CONNECTIONS && open_one[n])
		n++;
	return n;
}

/* All of d is looked at, in steps shorter than a round trip. */
static void watch(usec_t d)
{
	for (usec_t end = w.now + d; w.now < end; world_run(&w, 5 * USEC_PER_MSEC))
		assert_unmoved();
}

static void assert_one_entry(void)
{
	for (unsigned host = 0; host < 2; host++) {
		const struct foreign_addr *fa;

		ck_assert_uint_eq(HASH_COUNT(core_entries(w.host[host].core)), 1);
		ck_assert_uint_eq(entry(host)->n_pcb, n_open());
		ck_assert(hce_homeless(entry(host)));
		ck_assert_uint_eq(w.host[host].events[EVENT_SWITCHED], 0);
		DL_FOREACH(entry(host)->addrs, fa)
			ck_assert_int_eq(fa->state, ADDR_ACTIVE);
	}
	ck_assert_uint_eq(entry(CLIENT)->sa->out.spi, entry(SERVER)->sa->in.spi);
	ck_assert_uint_eq(entry(SERVER)->sa->out.spi, entry(CLIENT)->sa->in.spi);
}

START_TEST(x6_c1_strangers_that_call_at_once_are_one_to_each_other)
{
	for (unsigned g = 0; g < ARRAY_LEN(gaps); g++)
		for (unsigned d = 0; d < ARRAY_LEN(delays); d++) {
			call(calls[_i], gaps[g], delays[d]);
			if (getenv("WORLD_TRACE"))
				fprintf(stderr, "--- calls %d gap %g delay %u\n", _i, gaps[g],
					(unsigned)delays[d]);
			watch(10 * USEC_PER_SEC);
			assert_one_entry();
			world_free(&w);
		}
	begin_strangers();
}
END_TEST

/* AAP repeats itself after 1, 2 and 4 s. */
START_TEST(x6_b10_c1_whatever_single_packet_is_lost)
{
	for (unsigned g = 0; g < ARRAY_LEN(gaps); g++)
		for (to_lose = 1; to_lose <= 12; to_lose++) {
			call(calls[_i], gaps[g], 10 * USEC_PER_MSEC);
			watch(20 * USEC_PER_SEC);
			assert_one_entry();
			world_free(&w);
		}
	to_lose = 0;
	begin_strangers();
}
END_TEST

static uint32_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

/* One packet is lost, and each takes its own time. */
static bool bad_weather(struct world *world, const struct packet_in_flight *p UNUSED)
{
	world->delay = USEC_PER_MSEC + draw(60 * USEC_PER_MSEC);
	return ++flown == to_lose;
}

static void call_at_random(void)
{
	static const char *const client[] = { C0, C1 }, *const server[] = { S0, S1 };
	unsigned n = 2 + draw(2);

	begin_strangers();
	world_up(&w, CLIENT, C1);
	if (draw(2)) {		/* so many that the Response cannot name all */
		world_up(&w, CLIENT, "2001:db8:12::abc1");
		world_up(&w, CLIENT, "2001:db8:13::bcd2");
		world_up(&w, SERVER, "2001:db8:24::cde3");
		world_up(&w, SERVER, "2001:db8:25::def4");
	}
	flown = 0;
	to_lose = draw(16);
	w.lose = bad_weather;
	for (unsigned i = 0; i < n; i++) {
		open_by(i, draw(2), client[draw(2)], server[draw(2)]);
		world_run(&w, draw(80 * USEC_PER_MSEC));
	}
}

START_TEST(x6_b10_c1_in_whatever_order_packets_come)
{
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		random_state = 7919 * (SEEDS * _i + seed);
		call_at_random();
		if (getenv("WORLD_TRACE"))
			fprintf(stderr, "--- seed %u\n", SEEDS * _i + seed);
		watch(10 * USEC_PER_SEC);
		w.lose = NULL;
		w.delay = 10 * USEC_PER_MSEC;
		watch(20 * USEC_PER_SEC);
		assert_one_entry();
		world_free(&w);
	}
	begin_strangers();
}
END_TEST

START_TEST(x6_c1_what_began_at_once_stays_for_good)
{
	call(calls[_i / 2], 0, 10 * USEC_PER_MSEC);
	let_pass(2 * LIFETIMES * USEC_PER_SEC, _i & 1);
	assert_one_entry();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("first-contact");
	TCase *tc = tcase_create("strangers");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, x6_c1_strangers_that_call_at_once_are_one_to_each_other, 0,
			    ARRAY_LEN(calls));
	tcase_add_loop_test(tc, x6_b10_c1_whatever_single_packet_is_lost, 0, ARRAY_LEN(calls));
	tcase_add_loop_test(tc, x6_b10_c1_in_whatever_order_packets_come, 0, 10);
	tcase_add_loop_test(tc, x6_c1_what_began_at_once_stays_for_good, 0, 2 * ARRAY_LEN(calls));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
