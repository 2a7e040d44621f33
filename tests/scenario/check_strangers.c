/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a server lets strangers have: entries, for how long, and of whose share. Mallory is whoever
 * calls next: a host without a past at each call.
 */
#include "core.h"
#include "foreign.h"
#include "lifecycle.h"
#include "reach.h"
#include "sa.h"
#include "addr.h"
#include "suite.h"
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

#define A0	"2001:db8:1::c"
#define A1	"2001:db8:11::c"
#define S0	"2001:db8:2::5"
#define S1	"2001:db8:22::5"
#define S2	"2001:db8:23::5"

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

/* connect() of a UDP socket sends nothing, and says nothing of its peer. */
START_TEST(b1_c4_a_udp_socket_that_is_connected_is_not_answered_yet)
{
	struct pcb p = { .cookie = 7777, .local = world_addr(A0), .foreign = world_addr(S0),
			 .lport = 7, .fport = 53, .proto = IPPROTO_UDP, .origin = PCB_CONNECT,
			 .established = true };
	struct core *c = w.host[ALICE].core;

	ck_assert_int_eq(core_pcb_open(c, &p, w.now), 0);
	world_collect(&w);
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[ALICE].sends, 0);
	core_heard(c, core_entries(c)->id, &p.foreign, w.now);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(core_entries(c)->status, PEER_HOMELESS);
}
END_TEST

/* Mallory runs AAP; the server has no connection with that address, or does not know of it yet. */
static struct pcb mallory_asks(void)
{
	struct pcb p = { .cookie = 9000 + ++cookies, .local = world_addr(mallorys(0)),
			 .foreign = world_addr(S0), .lport = 7, .fport = 80, .proto = IPPROTO_TCP,
			 .origin = PCB_CONNECT, .established = true };

	world_up(&w, SERVER, S1);
	world_up(&w, MALLORY, mallorys(0));
	ck_assert_int_eq(core_pcb_open(w.host[MALLORY].core, &p, w.now), 0);
	world_collect(&w);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(entry_of(mallorys(0)));
	ck_assert_int_eq(world_foreign(&w, MALLORY, S0)->state, ADDR_ACTIVE);
	return (struct pcb){ .cookie = p.cookie, .local = p.foreign, .foreign = p.local,
			     .lport = 80, .fport = 7, .proto = IPPROTO_TCP, .established = true,
			     .origin = PCB_ACCEPT, .source = PCB_ADOPTED };
}

static void only_from_s0(struct world *world, const struct packet_in_flight *p)
{
	struct in6_addr s0 = world_addr(S0);

	if (p->from == SERVER)
		ck_assert_str_eq(addr_text(&p->send.send.src).s, addr_text(&s0).s);
	ck_assert_ptr_null(world_foreign(world, MALLORY, S1));
	ck_assert_ptr_null(world_foreign(world, MALLORY, S2));
}

START_TEST(x8_a_stranger_without_a_connection_learns_one_address)
{
	w.tap = only_from_s0;
	mallory_asks();
	world_up(&w, SERVER, S2);
	world_run(&w, 60 * USEC_PER_SEC);
	world_down(&w, SERVER, S1);
	world_run(&w, 60 * USEC_PER_SEC);
	world_down(&w, SERVER, S0);
	world_up(&w, SERVER, S1);
	world_run(&w, 700 * USEC_PER_SEC);
}
END_TEST

START_TEST(x8_nor_does_one_whose_connection_has_ended)
{
	struct pcb p = mallory_asks();

	ck_assert_int_eq(core_pcb_open(server(), &p, w.now), 0);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
	hang_up(p.cookie);
	world_up(&w, SERVER, S2);
	world_down(&w, SERVER, S0);
	world_run(&w, 700 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(world_foreign(&w, MALLORY, S1));
	ck_assert_ptr_null(world_foreign(&w, MALLORY, S2));
}
END_TEST

START_TEST(x8_its_entry_ends_whatever_it_announces)
{
	uint32_t id;

	mallory_asks();
	id = entry_of(mallorys(0))->id;
	world_run(&w, 590 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(core_entry(server(), id));
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_ptr_null(core_entry(server(), id));
}
END_TEST

START_TEST(x8_c1_who_has_a_connection_is_told_all_addresses)
{
	struct pcb p = mallory_asks();

	ck_assert_int_eq(core_pcb_open(server(), &p, w.now), 0);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, MALLORY, S1)->state, ADDR_ACTIVE);
	world_up(&w, SERVER, S2);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, MALLORY, S2)->state, ADDR_ACTIVE);
	world_run(&w, 3600 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(entry_of(mallorys(0)));
}
END_TEST

/* Its addresses are in the Response. */
START_TEST(x8_c1_a_connection_that_the_kernel_has_is_enough)
{
	world_up(&w, SERVER, S1);
	world_connect(&w, ALICE, A0, SERVER, S0, 1000);
	world_run(&w, 2 * w.delay);
	ck_assert_ptr_null(entry_of(A0));
	ck_assert_ptr_nonnull(world_foreign(&w, ALICE, S1));
}
END_TEST

/* Alice hung up, moved, which nobody was told, and calls again. */
START_TEST(x8_c1_who_moved_while_nobody_needed_to_know_is_found_again)
{
	uint64_t one = call(ALICE, A0);

	hang_up(one);
	core_pcb_close(w.host[ALICE].core, one, w.now);
	world_collect(&w);
	world_run(&w, 90 * USEC_PER_SEC);
	world_down(&w, ALICE, A0);
	world_up(&w, ALICE, A1);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_ptr_null(world_foreign(&w, SERVER, A1));
	one = call(ALICE, A1);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(core_pcb(w.host[ALICE].core, one)->hce);
	ck_assert_ptr_nonnull(core_pcb(server(), one)->hce);
	ck_assert_int_eq(world_foreign(&w, SERVER, A1)->state, ADDR_ACTIVE);
}
END_TEST

/* A server of datagrams has no connections: whoever sends to it is served. */
START_TEST(x8_who_sends_datagrams_is_told_all_addresses_while_it_does)
{
	struct in6_addr m, s0 = world_addr(S0);
	struct hce *h;

	mallory_asks();
	m = world_addr(mallorys(0));
	h = entry_of(mallorys(0));
	core_datagram_heard(server(), h->id, &m, &s0, w.now);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, MALLORY, S1)->state, ADDR_ACTIVE);
	world_run(&w, 610 * USEC_PER_SEC);
	world_up(&w, SERVER, S2);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_ptr_null(world_foreign(&w, MALLORY, S2));
	world_run(&w, 600 * USEC_PER_SEC);
	ck_assert_ptr_null(entry_of(mallorys(0)));
}
END_TEST

START_TEST(x8_the_kernel_is_asked_about_a_connection_so_often_and_no_more)
{
	struct in6_addr local, foreign, s0 = world_addr(S0), m = world_addr(mallorys(0));
	struct signal s = { .src = m, .dst = s0, .has_aap = true };
	uint8_t pkt[SIGNAL_MTU];
	unsigned n = 0;
	int len;

	s.aap.kind = AAP_INIT;
	s.aap.init.spi = 0x5000;
	memset(s.aap.init.share, 9, sizeof(s.aap.init.share));
	len = signal_build(&s, 0, pkt, sizeof(pkt));
	ck_assert_int_gt(len, 0);
	for (unsigned i = 0; i < 1000; i++)
		n += core_packet_asks(server(), pkt, (size_t)len, w.now + i * USEC_PER_MSEC, &local,
				      &foreign);
	ck_assert_uint_eq(n, 20 + 19);
	ck_assert(addr_equal(&local, &s0) && addr_equal(&foreign, &m));
}
END_TEST

/* Work that senders ask for */

static struct signal init_from(const char *src, unsigned n)
{
	struct signal s = { .src = world_addr(src), .dst = world_addr(S0), .has_aap = true };

	s.aap.kind = AAP_INIT;
	s.aap.init.spi = 0x5000 + n;
	memcpy(s.aap.init.nonce, &n, sizeof(n));
	memset(s.aap.init.share, 9, sizeof(s.aap.init.share));
	return s;
}

static unsigned sends(void)
{
	return w.host[SERVER].sends;
}

/* The server receives s. Returns how many packets it sends. */
static unsigned take(struct signal *s)
{
	unsigned before = sends();
	uint8_t pkt[SIGNAL_MTU];
	int len = signal_build(s, 0, pkt, sizeof(pkt));

	ck_assert_int_gt(len, 0);
	core_packet(server(), pkt, (size_t)len, w.now);
	world_collect(&w);
	w.n_flight = 0;		/* nobody is there */
	return sends() - before;
}

/* So many Inits a second that the server asks for a cookie. */
static void flood(void)
{
	for (unsigned i = 0; i < 200; i++) {
		struct signal s = init_from(mallorys(i), 10000 + i);

		take(&s);
	}
}

/* An Init with a cookie that the server gave for it. */
static struct signal init_with_cookie(const char *src, unsigned n)
{
	struct signal s = init_from(src, n), retry;

	ck_assert_uint_eq(take(&s), 1);
	ck_assert_int_eq(signal_parse(w.host[SERVER].last_send.send.packet,
				      w.host[SERVER].last_send.send.len, &retry), 0);
	ck_assert_int_eq(retry.aap.kind, AAP_RETRY);
	s.aap.init.has_cookie = true;
	memcpy(s.aap.init.cookie, retry.aap.retry.cookie, sizeof(s.aap.init.cookie));
	return s;
}

START_TEST(x8_a_cookie_is_good_for_one_answer_at_a_time)
{
	struct signal s;
	unsigned answers = 0;

	flood();
	s = init_with_cookie(A0, 1);
	for (unsigned i = 0; i < 1000; i++)
		answers += take(&s);
	ck_assert_uint_eq(answers, 1);
	ck_assert_uint_eq(core_counter(server(), COUNT_LIMITED), 999);
	ck_assert_uint_eq(w.host[SERVER].events[EVENT_LIMITED], 1);
	w.now += USEC_PER_SEC;		/* the answer may have been lost */
	flood();
	ck_assert_uint_eq(take(&s), 1);
}
END_TEST

START_TEST(x8_one_network_does_not_use_up_what_others_have)
{
	unsigned answers = 0;
	struct signal s;

	flood();
	for (unsigned i = 0; i < 100; i++) {
		s = init_with_cookie(mallorys(i), i);
		answers += take(&s);
	}
	ck_assert_uint_eq(answers, 16);
	s = init_with_cookie(A0, 1);
	ck_assert_uint_eq(take(&s), 1);
}
END_TEST

static struct signal response_at(const char *to, unsigned n)
{
	struct signal s = init_from(A0, n), r;

	s.dst = world_addr(to);
	ck_assert_uint_eq(take(&s), 1);
	ck_assert_int_eq(signal_parse(w.host[SERVER].last_send.send.packet,
				      w.host[SERVER].last_send.send.len, &r), 0);
	ck_assert_int_eq(r.aap.kind, AAP_RESPONSE);
	return r;
}

START_TEST(x9_what_responses_show_does_not_link_personalities)
{
	struct in6_addr s1 = world_addr(S1);
	struct signal one, same, other;

	core_local_personality(server(), &s1, 1, w.now);
	world_up(&w, SERVER, S1);
	one = response_at(S0, 1);
	same = response_at(S0, 2);
	other = response_at(S1, 3);
	ck_assert_mem_eq(one.aap.response.share, same.aap.response.share, 32);
	ck_assert_mem_ne(one.aap.response.share, other.aap.response.share, 32);
	ck_assert_uint_eq(one.aap.response.spi >> 16, same.aap.response.spi >> 16);
	ck_assert_uint_ne(one.aap.response.spi >> 16, other.aap.response.spi >> 16);
}
END_TEST

/* A Binding Request of whoever can forge the source. */
static void request(void)
{
	struct signal s = { .src = world_addr(A0), .dst = world_addr(S0), .has_br = true };
	uint8_t pkt[SIGNAL_MTU];
	int len = signal_build(&s, 0, pkt, sizeof(pkt));

	ck_assert_int_gt(len, 0);
	core_packet(server(), pkt, (size_t)len, w.now);
	world_collect(&w);
}

START_TEST(x8_whoever_forges_requests_causes_one_renewal_in_ten_seconds)
{
	uint64_t before;

	call(ALICE, A0);
	before = core_counter(server(), COUNT_BU_SENT);
	for (unsigned i = 0; i < 2000; i++) {
		request();
		world_run(&w, 10 * USEC_PER_MSEC);
	}
	ck_assert_uint_eq(core_counter(server(), COUNT_BU_SENT) - before, 2);
}
END_TEST

static bool lose_alices(struct world *world, const struct packet_in_flight *p)
{
	return world != NULL && p->from == ALICE;
}

/* Retransmissions of a move go on as they would. */
START_TEST(b10_x8_a_forged_request_does_not_touch_what_is_under_way)
{
	unsigned tries;

	call(ALICE, A0);
	world_run(&w, 20 * USEC_PER_SEC);
	w.lose = lose_alices;
	world_up(&w, SERVER, S1);
	world_run(&w, 5 * USEC_PER_SEC);
	tries = entry_of(A0)->rt.tries;
	ck_assert_uint_gt(tries, 2);
	request();
	ck_assert_uint_eq(entry_of(A0)->rt.tries, tries);
	w.lose = NULL;
	world_run(&w, 20 * USEC_PER_SEC);
	ck_assert(world_foreign(&w, ALICE, S1)->state == ADDR_ACTIVE);
}
END_TEST

/* Alice has keys, and says something with each packet. */
START_TEST(x8_a_peer_has_so_many_updates_read_and_no_more)
{
	struct hce *h;
	uint64_t heard;

	call(ALICE, A0);
	h = core_entries(w.host[ALICE].core);
	heard = core_counter(server(), COUNT_BU_HEARD);
	for (unsigned i = 0; i < 1000; i++) {
		struct signal s = { .src = world_addr(A0), .dst = world_addr(S0), .has_ah = true,
				    .spi = h->sa->out.spi, .ah_seq = sa_next_seq(h->sa),
				    .n_bu = 1 };
		uint8_t pkt[SIGNAL_MTU];
		int len;

		s.bu[0] = (struct binding_update){ .flags = BU_ACK, .seq = ++h->seq_out,
						   .lifetime = 600, .names_source = true };
		len = signal_build(&s, ah_icv_len(h->sa->out.key.alg), pkt, sizeof(pkt));
		ck_assert_int_gt(len, 0);
		ck_assert_int_eq(ah_sign(pkt, (size_t)len, &h->sa->out.key), 0);
		core_packet(server(), pkt, (size_t)len, w.now);
		world_collect(&w);
		w.n_flight = 0;
	}
	heard = core_counter(server(), COUNT_BU_HEARD) - heard;
	ck_assert_uint_le(heard, 64);
	ck_assert_uint_ge(heard, 60);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, A0)->state, ADDR_ACTIVE);
}
END_TEST

/* What Mallory makes up takes no room from others, nor without end. */
START_TEST(x8_a_peer_has_few_addresses_that_it_never_proved)
{
	struct hce *h;
	unsigned n = 0;
	char text[40];

	mallory_calls(0);
	h = entry_of(mallorys(0));
	for (unsigned k = 0; k < 60; k++) {
		struct in6_addr x;

		snprintf(text, sizeof(text), "2001:db8:bad::%x", k + 1);
		x = world_addr(text);
		n += foreign_add(server(), h, &x, ADDR_TENTATIVE, LIFETIME_ABSOLUTE,
				 600 * USEC_PER_SEC, "test", w.now) != NULL;
	}
	ck_assert_uint_eq(n, 32);
	ck_assert_uint_eq(core_counter(server(), COUNT_NO_ROOM), 28);
	world_up(&w, MALLORY, mallorys(1));	/* it must say so to be believed */
	world_run(&w, 2000 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, mallorys(1))->state, ADDR_ACTIVE);
}
END_TEST

static unsigned to_victim;

static void count_to_victim(struct world *world, const struct packet_in_flight *p)
{
	struct in6_addr victim = world_addr("2001:db8:bad::");

	to_victim += world && addr_common_prefix(&p->send.send.dst, &victim) >= 64;
}

/* Many peers name addresses of one network. */
START_TEST(x8_one_network_is_not_asked_by_many_entries_at_once)
{
	char text[40];

	to_victim = 0;
	w.tap = count_to_victim;
	for (unsigned i = 0; i < 20; i++) {
		struct hce *h;

		mallory_calls(i);
		h = entry_of(mallorys(i));
		for (unsigned k = 0; k < 8; k++) {
			struct in6_addr x, s0 = world_addr(S0);
			struct foreign_addr *fa;

			snprintf(text, sizeof(text), "2001:db8:bad::%x:%x", i + 1, k + 1);
			x = world_addr(text);
			fa = foreign_add(server(), h, &x, ADDR_TENTATIVE, LIFETIME_ABSOLUTE,
					 600 * USEC_PER_SEC, "test", w.now);
			ck_assert_ptr_nonnull(fa);
			ck_assert(reach_ask(server(), fa, &s0, h->seq_in));
			reach_send(server(), fa, w.now);
		}
		world_collect(&w);
	}
	ck_assert_uint_le(to_victim, 64 + 16 * 20);
	world_run(&w, 600 * USEC_PER_SEC);
	/* Each is given up; but the last of them still announces all. */
	ck_assert_uint_le(to_victim, 20 * 8 * 10 + 2 * 8);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("strangers");
	TCase *tc = tcase_create("entries"), *known = tcase_create("knowledge"),
	      *work = tcase_create("work");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, x8_trust_ends_with_the_last_connection);
	tcase_add_test(tc, x8_trust_that_a_program_gave_stays);
	tcase_add_test(tc, x8_who_has_hung_up_gives_way_to_who_comes);
	tcase_add_loop_test(tc, x8_the_strangers_of_one_network_displace_only_each_other, 0, 2);
	tcase_add_test(tc, x8_who_is_connected_gives_way_to_nobody);
	tcase_add_test(tc, x8_an_entry_counts_for_where_its_first_packet_came_from);
	tcase_add_test(tc, b1_c4_a_udp_socket_that_is_connected_is_not_answered_yet);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(known, setup, teardown);
	tcase_add_test(known, x8_a_stranger_without_a_connection_learns_one_address);
	tcase_add_test(known, x8_nor_does_one_whose_connection_has_ended);
	tcase_add_test(known, x8_its_entry_ends_whatever_it_announces);
	tcase_add_test(known, x8_c1_who_has_a_connection_is_told_all_addresses);
	tcase_add_test(known, x8_c1_a_connection_that_the_kernel_has_is_enough);
	tcase_add_test(known, x8_c1_who_moved_while_nobody_needed_to_know_is_found_again);
	tcase_add_test(known, x8_who_sends_datagrams_is_told_all_addresses_while_it_does);
	tcase_add_test(known, x8_the_kernel_is_asked_about_a_connection_so_often_and_no_more);
	suite_add_tcase(s, known);
	tcase_add_checked_fixture(work, setup, teardown);
	tcase_add_test(work, x8_a_cookie_is_good_for_one_answer_at_a_time);
	tcase_add_test(work, x8_one_network_does_not_use_up_what_others_have);
	tcase_add_test(work, x9_what_responses_show_does_not_link_personalities);
	tcase_add_test(work, x8_whoever_forges_requests_causes_one_renewal_in_ten_seconds);
	tcase_add_test(work, b10_x8_a_forged_request_does_not_touch_what_is_under_way);
	tcase_add_test(work, x8_a_peer_has_so_many_updates_read_and_no_more);
	tcase_add_test(work, x8_a_peer_has_few_addresses_that_it_never_proved);
	tcase_add_test(work, x8_one_network_is_not_asked_by_many_entries_at_once);
	suite_add_tcase(s, work);
	return suite_run(s);
}
