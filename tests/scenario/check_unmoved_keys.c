/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections that nobody moves, while keys, their numbers and clocks come to an end: TCP and UDP
 * that send both ways, one way or not at all, for longer than all lifetimes. Then the client loses
 * the address: what waits is as "When signalling falls silent" in hmip-helper(8) says.
 */
#include "core.h"
#include "model/entry.h"
#include "model/peer.h"
#include "addr.h"
#include "array.h"
#include "suite.h"
#include "unused.h"
#include "unmoved.h"

#include <string.h>

#define LIFETIMES	(600 + 1800)	/* seconds: until a peer that stays silent is forgotten */

enum { TO_CLIENT = 1, TO_SERVER = 2 };	/* who hears something: bits of a loop's number */

static uint64_t works[2];		/* TCP, UDP between C0 and S0; and an unconnected socket */
static const uint64_t sender = 5000;

static uint64_t connect_udp(void)
{
	static uint64_t cookie = 6000;
	struct pcb p = { .cookie = ++cookie, .local = world_addr(C0), .foreign = world_addr(S0),
			 .lport = 2000, .fport = 53, .proto = IPPROTO_UDP, .origin = PCB_CONNECT,
			 .established = true };
	struct pcb q = { .cookie = cookie, .local = p.foreign, .foreign = p.local, .lport = 53,
			 .fport = 2000, .proto = IPPROTO_UDP, .origin = PCB_ACCEPT,
			 .established = true };

	ck_assert_int_eq(core_pcb_open(w.host[SERVER].core, &q, w.now), 0);
	ck_assert_int_eq(core_pcb_open(w.host[CLIENT].core, &p, w.now), 0);
	world_collect(&w);
	return cookie;
}

static void send_unconnected(void)
{
	struct pcb p = { .cookie = sender, .local = world_addr(C0), .foreign = world_addr(S0) };

	ck_assert_int_eq(core_datagram_sent(w.host[CLIENT].core, &p, w.now), 0);
	world_collect(&w);
}

static void meet(bool strangers)
{
	begin_strangers();
	if (!strangers) {
		world_free(&w);
		world_init(&w);
		world_up(&w, SERVER, S1);
	}
	world_up(&w, CLIENT, C1);
	works[0] = world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	works[1] = connect_udp();
	world_run(&w, 3 * USEC_PER_SEC);
	send_unconnected();
	ck_assert(hce_homeless(entry(CLIENT)) && hce_homeless(entry(SERVER)));
}

static bool lose_from_server(struct world *world UNUSED, const struct packet_in_flight *p)
{
	return p->from == SERVER;
}

static void use_up(unsigned host, uint32_t left)
{
	struct sa *sa = entry(host)->sa;

	sa->out_seq = sa->out_limit = UINT32_MAX - left;
}

static void clients_numbers_end(void)
{
	use_up(CLIENT, 2);
}

static void servers_numbers_end(void)
{
	use_up(SERVER, 2);
}

static void all_numbers_end(void)
{
	use_up(CLIENT, 0);
	use_up(SERVER, 0);
}

/* Keys are to be replaced, and that fails for good. */
static void keys_end(void)
{
	entry(CLIENT)->sa->out_seq = entry(CLIENT)->sa->out_limit = UINT32_C(1) << 31;
	w.lose = lose_from_server;
}

/* The server begins anew, without state; its clock, which its numbers begin with, was set. */
static void begin_at(uint32_t epoch)
{
	uint8_t seed[32] = { 0x5e };
	struct host *server = &w.host[SERVER];

	core_free(server->core);
	server->core = core_new(&core_config_default, seed, epoch);
	ck_assert_ptr_nonnull(server->core);
	if (server->peer.name)
		ck_assert_int_eq(core_peer_add(server->core, &server->peer, w.now), 0);
	world_up(&w, SERVER, S0);
	world_up(&w, SERVER, S1);
}

static void clock_goes_back(void)
{
	begin_at(10);
}

static void clock_goes_forward(void)
{
	begin_at(UINT32_C(3) << 30);
}

/* It booted without a clock, and gets the time later: its peers hear it from then on. */
START_TEST(b10_numbers_go_on_from_the_time_when_that_is_known)
{
	uint32_t known;

	meet(false);
	known = (UINT32_C(3) << 30) + entry(CLIENT)->seq_in + 100;
	begin_at(10);
	world_connect(&w, SERVER, S0, CLIENT, C0, 3000);
	world_run(&w, 30 * USEC_PER_SEC);
	ck_assert(!hce_homeless(entry(SERVER)));
	ck_assert_uint_eq(core_clock_set(w.host[SERVER].core, 9, w.now), 0);
	ck_assert_uint_eq(core_clock_set(w.host[SERVER].core, known, w.now), 1);
	world_collect(&w);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert(hce_homeless(entry(SERVER)));
	ck_assert_uint_eq(core_clock_set(w.host[SERVER].core, UINT32_MAX / 2, w.now), 0);
}
END_TEST

/* Whether what has lost its address goes on from another. */
enum moves {
	NEVER,
	IF_HEARD,	/* if data came from the server, which alone shows that it is there */
	ALWAYS,
};

static const struct cause {
	void (*happens)(void);
	bool strangers;
	enum moves moves;
} cause[] = {
	{ clients_numbers_end, false, NEVER },
	{ clients_numbers_end, true, ALWAYS },	/* new keys come in time */
	{ servers_numbers_end, false, NEVER },
	{ servers_numbers_end, true, ALWAYS },
	{ all_numbers_end, false, NEVER },
	{ all_numbers_end, true, NEVER },
	{ keys_end, true, NEVER },
	{ clock_goes_back, false, NEVER },
	{ clock_goes_back, true, IF_HEARD },
	{ clock_goes_forward, false, IF_HEARD },
	{ clock_goes_forward, true, IF_HEARD },
};

static void assert_as_born(void)
{
	struct in6_addr c0 = world_addr(C0), s0 = world_addr(S0);

	for (unsigned i = 0; i < ARRAY_LEN(works); i++)
		for (unsigned host = 0; host < 2; host++)
			ck_assert_msg(egress(host, works[i]) == AS_BORN, "%s is %s at the %s",
				      i ? "UDP" : "TCP",
				      egress(host, works[i]) == HELD ? "held" : "moved",
				      w.host[host].name);
	/* What the socket that is not connected sends has the pair of the entry. */
	ck_assert(addr_equal(&entry(CLIENT)->pair.local, &c0) &&
		  addr_equal(&entry(CLIENT)->pair.foreign, &s0));
	ck_assert_int_ne(entry(CLIENT)->pair.block, BLOCK_ALL);
	ck_assert_uint_eq(w.host[CLIENT].unreachable + w.host[SERVER].unreachable, 0);
}

static void work(usec_t d, unsigned who)
{
	struct in6_addr c0 = world_addr(C0), s0 = world_addr(S0);

	for (usec_t end = w.now + d; w.now < end; world_run(&w, 5 * USEC_PER_SEC)) {
		assert_as_born();
		for (unsigned i = 0; i < ARRAY_LEN(works); i++) {
			if (who & TO_SERVER)
				heard(SERVER, works[i], &c0);
			if (who & TO_CLIENT)
				heard(CLIENT, works[i], &s0);
		}
	}
	assert_as_born();
}

START_TEST(s6_c9_x3_ends_of_keys_and_clocks_end_no_connection)
{
	const struct cause *why = &cause[_i / 4];
	bool moves = why->moves + ((_i & TO_CLIENT) != 0) > IF_HEARD;
	uint64_t begins;

	meet(why->strangers);
	why->happens();
	work(2 * LIFETIMES * USEC_PER_SEC, (unsigned)_i % 4);

	/* The client moves. */
	world_down(&w, CLIENT, C0);
	world_run(&w, 20 * USEC_PER_SEC);
	if (egress(CLIENT, works[0]) == MOVED)
		assert_pair(CLIENT, C1, S0);
	ck_assert_int_eq(egress(CLIENT, works[0]) == MOVED, moves);
	begins = world_connect(&w, CLIENT, C1, SERVER, S0, 3000);
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, begins), AS_BORN);
	ck_assert_int_eq(egress(SERVER, begins), AS_BORN);

	world_up(&w, CLIENT, C0);
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_int_ne(egress(CLIENT, works[0]), HELD);
	ck_assert(why->moves != NEVER || egress(CLIENT, works[0]) == AS_BORN);
	ck_assert_int_eq(egress(CLIENT, begins), AS_BORN);
	ck_assert_uint_eq(w.host[CLIENT].unreachable + w.host[SERVER].unreachable, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("unmoved-keys");
	TCase *tc = tcase_create("nobody moves");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, b10_numbers_go_on_from_the_time_when_that_is_known);
	tcase_add_loop_test(tc, s6_c9_x3_ends_of_keys_and_clocks_end_no_connection, 0,
			    4 * ARRAY_LEN(cause));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
