/* SPDX-License-Identifier: BSD-2-Clause */
/* AAP in the core: hosts that share no keys, and what others may do to them. */
#include "core.h"
#include "addr.h"
#include "suite.h"
#include "unused.h"
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

#define C0	"2001:db8:1::c"
#define C1	"2001:db8:11::c"
#define S0	"2001:db8:2::5"
#define S1	"2001:db8:22::5"
#define X0	"2001:db8:3::3"

static struct world w;
static unsigned client, server;
static char flow[512];

/* Writes the messages of a packet down, as the draft's drawings name them. */
static void write_down(struct world *world, const struct packet_in_flight *p)
{
	static const char *const aap[] = { [AAP_INIT] = "Init", [AAP_RETRY] = "Retry",
					   [AAP_RESPONSE] = "Response", [AAP_CONFIRM] = "Confirm" };
	struct signal s;
	size_t n = strlen(flow);

	ck_assert_int_eq(signal_parse(p->send.send.packet, p->send.send.len, &s), 0);
	n += (size_t)snprintf(flow + n, sizeof(flow) - n, "%s:%s%s%s%s%s ",
			      world->host[p->from].name, s.has_ah ? " AH" : "",
			      s.has_aap ? " " : "", s.has_aap ? aap[s.aap.kind] : "",
			      s.n_ba ? s.ba[0].has_challenge ? " BA+C" : " BA" : "",
			      s.n_bu ? s.bu[0].has_challenge ? " BU+R" :
				       s.bu[0].homeless ? " IBU" : " BU" : "");
}

static void setup(void)
{
	memset(&w, 0, sizeof(w));
	flow[0] = '\0';
	w.now = 1000 * USEC_PER_SEC;
	w.delay = 10 * USEC_PER_MSEC;
	client = world_stranger(&w, "Alice");
	server = world_stranger(&w, "Bob");
	world_up(&w, client, C0);
	world_up(&w, server, S0);
}

static void teardown(void)
{
	world_free(&w);
}

static struct hce *entry(unsigned host)
{
	return core_entries(w.host[host].core);
}

static void assert_active(unsigned host, const char *addr)
{
	struct foreign_addr *fa = world_foreign(&w, host, addr);

	ck_assert_msg(fa != NULL, "%s does not know %s", w.host[host].name, addr);
	ck_assert_msg(fa->state == ADDR_ACTIVE, "%s holds %s %s", w.host[host].name, addr,
		      addr_state_name(fa->state));
}

START_TEST(x9_strangers_learn_one_personality_of_each_other)
{
	struct in6_addr c1 = world_addr(C1), s1 = world_addr(S1);

	core_local_personality(w.host[client].core, &c1, 1, w.now);
	core_local_personality(w.host[server].core, &s1, 1, w.now);
	world_up(&w, client, C1);
	world_up(&w, server, S1);
	world_connect(&w, client, C1, server, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	assert_active(server, C1);
	assert_active(client, S0);
	ck_assert_ptr_null(world_foreign(&w, server, C0));
	ck_assert_ptr_null(world_foreign(&w, client, S1));
	ck_assert_uint_eq(entry(client)->personality, 1);
	ck_assert_uint_eq(entry(server)->personality, 0);
}
END_TEST

START_TEST(x9_an_init_to_another_personality_is_not_answered)
{
	struct in6_addr s1 = world_addr(S1);
	unsigned sends;

	core_local_personality(w.host[server].core, &s1, 1, w.now);
	world_up(&w, server, S1);
	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	assert_active(server, C0);
	sends = w.host[server].sends;
	world_connect(&w, client, C0, server, S1, 1001);
	world_run(&w, 2 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[server].sends, sends);
}
END_TEST

START_TEST(a4_two_strangers_run_a2_as_drawn)
{
	w.tap = write_down;
	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, 3 * w.delay);
	ck_assert_msg(!strncmp(flow, "Alice: Init Bob: AH Response IBU Alice: AH Confirm BA IBU ",
			       57),
		      "%s", flow);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(entry(client)->status, PEER_HOMELESS);
	ck_assert_int_eq(entry(server)->status, PEER_HOMELESS);
	ck_assert_int_eq(entry(client)->sa->class, SA_ANONYMOUS);
	assert_active(server, C0);
	ck_assert_ptr_null(entry(client)->aap);
	ck_assert_ptr_null(strstr(flow + 57, "Confirm"));
}
END_TEST

START_TEST(x4_the_responder_keeps_nothing_before_the_third_message)
{
	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, w.delay);
	ck_assert_ptr_null(entry(server));
	world_run(&w, w.delay);
	ck_assert_ptr_null(entry(server));
	world_run(&w, w.delay);
	ck_assert_ptr_nonnull(entry(server));
}
END_TEST

START_TEST(a1_strangers_move_as_acquaintances_do)
{
	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, client, C0);
	world_up(&w, client, C1);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, server, S0);
	world_up(&w, server, S1);
	world_run(&w, USEC_PER_SEC);
	struct in6_addr c1 = world_addr(C1), s1 = world_addr(S1);

	ck_assert(addr_equal(&w.host[client].pair.local, &c1) &&
		  addr_equal(&w.host[client].pair.foreign, &s1));
	ck_assert(addr_equal(&w.host[server].pair.local, &s1) &&
		  addr_equal(&w.host[server].pair.foreign, &c1));
}
END_TEST

static bool lose_some(struct world *world UNUSED, const struct packet_in_flight *p UNUSED)
{
	static uint32_t n = 7;

	n = n * 1664525 + 1013904223;
	return n >> 30 == 0;
}

START_TEST(b10_aap_survives_loss)
{
	w.lose = lose_some;
	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, 60 * USEC_PER_SEC);
	w.lose = NULL;
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(entry(server));
	assert_active(server, C0);
	ck_assert_uint_gt(w.lost, 0);
}
END_TEST

static bool lose_all(struct world *world UNUSED, const struct packet_in_flight *p UNUSED)
{
	return true;
}

START_TEST(s7_a_silent_host_is_plain_and_left_alone)
{
	w.lose = lose_all;
	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_int_eq(entry(client)->status, PEER_PLAIN);
	unsigned sends = w.host[client].sends;
	struct in6_addr plain[2], s0 = world_addr(S0);

	ck_assert_uint_eq(core_nonpeers(w.host[client].core, plain, 2), 1);
	ck_assert_mem_eq(&plain[0], &s0, sizeof(s0));
	ck_assert_uint_eq(core_nonpeers(w.host[client].core, plain, 0), 0);
	ck_assert_uint_eq(sends, 4);
	world_connect(&w, client, C0, server, S0, 1001);
	world_run(&w, 600 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[client].sends, sends);
	world_run(&w, 3600 * USEC_PER_SEC);
	ck_assert_uint_eq(core_nonpeers(w.host[client].core, plain, 2), 0);
	w.lose = NULL;
	world_connect(&w, client, C0, server, S0, 1002);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, client, S0)->hce->status, PEER_HOMELESS);
}
END_TEST

START_TEST(x9_prefixes_that_are_not_to_be_probed_are_not)
{
	struct core_config config = core_config_default;

	config.n_aap_prefix = 2;
	config.aap_prefix[0] = (struct core_prefix){ .addr = world_addr("2001:db8::"),
						     .len = 32,
						     .allowed = false };
	config.aap_prefix[1] = (struct core_prefix){ .addr = world_addr("2001:db8:2::"),
						     .len = 48,
						     .allowed = _i };
	core_reconfigure(w.host[client].core, &config);
	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(w.host[client].sends > 0, _i);
}
END_TEST

START_TEST(a4_both_may_call_at_once)
{
	struct pcb p = { .cookie = 900, .local = world_addr(S0), .foreign = world_addr(C0),
			 .lport = 5, .fport = 6, .proto = IPPROTO_TCP, .origin = PCB_CONNECT,
			 .established = true };

	world_connect(&w, client, C0, server, S0, 1000);
	ck_assert_int_eq(core_pcb_open(w.host[server].core, &p, w.now), 0);
	world_collect(&w);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_int_eq(entry(client)->status, PEER_HOMELESS);
	ck_assert_int_eq(entry(server)->status, PEER_HOMELESS);
	assert_active(server, C0);
	assert_active(client, S0);
	ck_assert_uint_eq(HASH_COUNT(core_entries(w.host[client].core)), 1);
	ck_assert_uint_eq(HASH_COUNT(core_entries(w.host[server].core)), 1);
}
END_TEST

START_TEST(x3_keys_are_renewed_under_the_old_ones)
{
	uint32_t spi, id;

	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	spi = entry(server)->sa->in.spi;
	id = entry(server)->id;
	world_run(&w, UINT64_C(25) * 3600 * USEC_PER_SEC);
	ck_assert_uint_ne(entry(server)->sa->in.spi, spi);
	ck_assert_uint_eq(entry(server)->id, id);
	ck_assert_uint_eq(entry(client)->sa->out.spi, entry(server)->sa->in.spi);
	ck_assert_uint_eq(core_counter(w.host[server].core, COUNT_CONFLICTS), 0);
	assert_active(server, C0);
	world_down(&w, client, C0);
	world_up(&w, client, C1);
	world_run(&w, USEC_PER_SEC);
	assert_active(server, C1);
}
END_TEST

/*
 * The Init of the client, quoted in a Parameter Problem from the server's address, its nonce
 * changed by flip.
 */
static void problem(uint8_t flip)
{
	const struct action *a = &w.host[client].last_send;
	uint8_t pkt[48 + SIGNAL_MTU] = { 0x60, [6] = IPPROTO_ICMPV6, [40] = 4, [41] = 2 };

	memcpy(pkt + 48, a->send.packet, a->send.len);
	/* IPv6, Destination Options and option headers, AAP's header, SPI: the nonce */
	pkt[48 + 40 + 4 + 4 + 4] ^= flip;
	core_packet(w.host[client].core, pkt, 48u + a->send.len, w.now);
	world_collect(&w);
}

/*
 * X4: a number of packets under a key that is far below what AH can count (RFC 4302). Either
 * direction counts.
 */
START_TEST(x4_keys_are_renewed_before_half_of_the_numbers_are_used)
{
	struct sa *sa;
	uint32_t spi;

	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	sa = entry(client)->sa;
	spi = sa->in.spi;
	if (_i) {
		sa->replay.top = UINT32_C(1) << 31;
		entry(server)->sa->out_seq = UINT32_C(1) << 31;
	} else {
		sa->out_seq = UINT32_C(1) << 31;
	}
	world_run(&w, 600 * USEC_PER_SEC);
	ck_assert_uint_ne(entry(client)->sa->in.spi, spi);
	ck_assert_uint_lt(entry(client)->sa->out_seq, 100);
	ck_assert_uint_lt(entry(server)->sa->out_seq, 100);
	assert_active(server, C0);
}
END_TEST

START_TEST(x3_the_last_number_of_an_sa_is_told_of_once_and_is_the_last)
{
	struct hce *h;
	unsigned sends;

	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	h = entry(server);		/* who did not call does not renew */
	h->sa->out_seq = UINT32_MAX - 2;
	w.lose = lose_all;
	sends = w.host[server].sends;
	world_up(&w, server, S1);
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[server].sends, sends + 2);
	ck_assert_uint_eq(w.host[server].events[EVENT_KEYS], 1);
	ck_assert_uint_eq(h->sa->out_seq, UINT32_MAX);
}
END_TEST

static struct action init;

static void keep_init(struct world *world UNUSED, const struct packet_in_flight *p)
{
	if (p->from == client)
		init = p->send;
}

/* From who sees the Inits, but has no part in the exchange. */
static void answer_badly(uint32_t spi)
{
	struct sa_half sa = { .spi = spi, .key = { .alg = AH_HMAC_SHA256_128, .len = 32 } };
	struct signal s = { .src = world_addr(S0), .dst = world_addr(C0), .has_aap = true,
			    .has_ah = true, .spi = spi, .ah_seq = 1 };
	uint8_t pkt[SIGNAL_MTU];

	s.aap.kind = AAP_RESPONSE;
	s.aap.response.spi = 0x5000;
	memset(s.aap.response.share, 9, sizeof(s.aap.response.share));
	s.aap.response.sealed.len = 8;
	int len = signal_build(&s, ah_icv_len(sa.key.alg), pkt, sizeof(pkt));

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(ah_sign(pkt, (size_t)len, &sa.key), 0);
	core_packet(w.host[client].core, pkt, (size_t)len, w.now);
	world_collect(&w);
}

START_TEST(x4_a_run_ends_after_eight_responses_that_failed)
{
	struct signal s;

	w.lose = lose_all;
	w.tap = keep_init;
	world_connect(&w, client, C0, server, S0, 1000);
	ck_assert_int_eq(signal_parse(init.send.packet, init.send.len, &s), 0);
	for (unsigned i = 0; i < 7u + _i; i++)
		answer_badly(s.aap.init.spi);
	ck_assert_uint_eq(core_counter(w.host[client].core, COUNT_AAP_REFUSED), 7u + _i);
	w.lose = NULL;
	world_run(&w, 20 * USEC_PER_SEC);
	ck_assert_int_eq(entry(client)->status, _i ? PEER_PLAIN : PEER_HOMELESS);
}
END_TEST

/* The Confirm is repeated at the rate of the round trip that the Init has measured. */
START_TEST(b10_x4_the_first_round_trip_is_measured)
{
	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, 2 * w.delay);
	ck_assert_uint_eq(entry(client)->srtt, 2 * w.delay);
}
END_TEST

START_TEST(s7_a_parameter_problem_that_quotes_our_init_shows_a_plain_host)
{
	w.lose = lose_all;
	world_connect(&w, client, C0, server, S0, 1000);
	problem(1);
	ck_assert_int_eq(entry(client)->status, PEER_UNKNOWN);
	problem(0);
	ck_assert_int_eq(entry(client)->status, PEER_PLAIN);
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[client].sends, 1);
}
END_TEST

/* An Init from an address nobody answers at, as a flooder sends it. */
static void flood_one(unsigned i)
{
	struct signal s = { .src = world_addr("2001:db8:ffff::"), .dst = world_addr(S0),
			    .has_aap = true };
	uint8_t pkt[SIGNAL_MTU];

	memcpy(&s.src.s6_addr[10], &i, sizeof(i));
	s.aap.kind = AAP_INIT;
	s.aap.init.spi = 0x1000 + i;
	memset(s.aap.init.share, 9, sizeof(s.aap.init.share));
	memcpy(s.aap.init.nonce, &i, sizeof(i));
	int len = signal_build(&s, 0, pkt, sizeof(pkt));

	ck_assert_int_gt(len, 0);
	core_packet(w.host[server].core, pkt, (size_t)len, w.now);
}

static bool lose_strays(struct world *world UNUSED, const struct packet_in_flight *p)
{
	return p->from == server && p->send.send.dst.s6_addr[4] == 0xff;
}

START_TEST(x8_a_flood_of_inits_makes_no_state_and_stops_nobody)
{
	w.lose = lose_strays;
	for (unsigned i = 1; i <= 1000; i++) {
		flood_one(i);
		world_collect(&w);
	}
	ck_assert_ptr_null(entry(server));
	ck_assert_uint_ge(core_counter(w.host[server].core, COUNT_AAP_RETRIES), 700);
	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	assert_active(server, C0);
}
END_TEST

/* X0 takes C0's address while Alice is or is not there, and calls Bob from it. */
static unsigned impostor(void)
{
	unsigned m = world_stranger(&w, "Mallory");

	world_up(&w, m, C0);
	return m;
}

START_TEST(a3_who_takes_an_address_over_does_not_get_its_connections)
{
	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	uint32_t id = entry(server)->id;
	world_down(&w, client, C0);
	unsigned m = impostor();

	world_connect(&w, m, C0, server, S0, 2000);
	world_run(&w, 20 * USEC_PER_SEC);
	assert_active(server, C0);
	ck_assert_uint_eq(core_counter(w.host[server].core, COUNT_CONFLICTS), 1);
	for (struct pcb *p = core_pcbs(w.host[server].core); p; p = p->hh.next)
		ck_assert_int_eq(p->hce->id == id, p->fport == 1000);
	ck_assert(core_entry(w.host[server].core, id)->pair.block);
}
END_TEST

START_TEST(x6_if_both_answer_neither_is_believed)
{
	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	uint32_t id = entry(server)->id;
	unsigned m = impostor();

	world_connect(&w, m, C0, server, S0, 2000);
	world_run(&w, 200 * USEC_PER_MSEC);
	ck_assert_uint_ge(core_counter(w.host[server].core, COUNT_CONFLICTS), 1);
	ck_assert_ptr_null(core_entry(w.host[server].core, id));
}
END_TEST

START_TEST(x8_when_the_cache_is_full_untrusted_entries_give_way)
{
	struct core_config config = core_config_default;

	config.max_entries = 1;
	core_reconfigure(w.host[server].core, &config);
	world_connect(&w, client, C0, server, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	uint32_t id = entry(server)->id;
	unsigned x = world_stranger(&w, "Xavier");

	if (_i)
		core_pcb_close(w.host[server].core, core_pcbs(w.host[server].core)->cookie, w.now);
	world_up(&w, x, X0);
	world_connect(&w, x, X0, server, S0, 3000);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(core_entry(w.host[server].core, id) == NULL, _i);
	ck_assert_uint_eq(HASH_COUNT(core_entries(w.host[server].core)), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("aap-run");
	TCase *tc = tcase_create("strangers");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, x9_strangers_learn_one_personality_of_each_other);
	tcase_add_test(tc, x9_an_init_to_another_personality_is_not_answered);
	tcase_add_test(tc, a4_two_strangers_run_a2_as_drawn);
	tcase_add_test(tc, x4_the_responder_keeps_nothing_before_the_third_message);
	tcase_add_test(tc, a1_strangers_move_as_acquaintances_do);
	tcase_add_test(tc, b10_aap_survives_loss);
	tcase_add_test(tc, s7_a_silent_host_is_plain_and_left_alone);
	tcase_add_loop_test(tc, x9_prefixes_that_are_not_to_be_probed_are_not, 0, 2);
	tcase_add_test(tc, a4_both_may_call_at_once);
	tcase_add_test(tc, x3_keys_are_renewed_under_the_old_ones);
	tcase_add_loop_test(tc, x4_keys_are_renewed_before_half_of_the_numbers_are_used, 0, 2);
	tcase_add_test(tc, x3_the_last_number_of_an_sa_is_told_of_once_and_is_the_last);
	tcase_add_loop_test(tc, x4_a_run_ends_after_eight_responses_that_failed, 0, 2);
	tcase_add_test(tc, b10_x4_the_first_round_trip_is_measured);
	tcase_add_test(tc, s7_a_parameter_problem_that_quotes_our_init_shows_a_plain_host);
	tcase_add_test(tc, x8_a_flood_of_inits_makes_no_state_and_stops_nobody);
	tcase_add_test(tc, a3_who_takes_an_address_over_does_not_get_its_connections);
	tcase_add_test(tc, x6_if_both_answer_neither_is_believed);
	tcase_add_loop_test(tc, x8_when_the_cache_is_full_untrusted_entries_give_way, 0, 2);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
