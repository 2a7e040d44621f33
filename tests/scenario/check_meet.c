/* SPDX-License-Identifier: BSD-2-Clause */
/* Mobility that begins without the preload: hosts that are met on request, and initiate. */
#include "core.h"
#include "nonpeer.h"
#include "suite.h"
#include "unmoved.h"
#include "unused.h"

#include <errno.h>
#include <string.h>

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	w.now = 1000 * USEC_PER_SEC;
	w.delay = 10 * USEC_PER_MSEC;
	world_stranger(&w, "client");
	world_stranger(&w, "server");
	world_up(&w, CLIENT, C0);
	world_up(&w, CLIENT, C1);
	world_up(&w, SERVER, S0);
}

static struct core *core(unsigned host)
{
	return w.host[host].core;
}

static int meet(const char *from, const char *to, bool keep)
{
	struct in6_addr l = world_addr(from), f = world_addr(to);
	uint32_t id;
	int r = core_meet(core(CLIENT), &l, &f, keep, w.now, &id);

	world_collect(&w);
	if (r == 0)
		ck_assert_ptr_eq(core_entry(core(CLIENT), id), core_entry_of(core(CLIENT), &f));
	return r;
}

static enum peer_status status(unsigned host)
{
	return core_entries(core(host)) ? core_entries(core(host))->status : PEER_UNKNOWN;
}

/* A connection that scans of both hosts find. Returns what the client's core says. */
static int scanned(uint64_t cookie, const char *from, uint8_t proto)
{
	struct pcb p = { .cookie = cookie, .local = world_addr(from), .foreign = world_addr(S0),
			 .lport = (uint16_t)cookie, .fport = 80, .proto = proto,
			 .origin = PCB_CONNECT, .source = PCB_ADOPTED, .established = true };
	struct pcb q = { .cookie = cookie, .local = p.foreign, .foreign = p.local, .lport = 80,
			 .fport = p.lport, .proto = proto, .origin = PCB_ACCEPT,
			 .source = PCB_ADOPTED, .established = true };
	int r = core_pcb_open(core(CLIENT), &p, w.now);

	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
	core_pcb_open(core(SERVER), &q, w.now);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
	return r;
}

static void assert_moves(uint64_t cookie)
{
	world_run(&w, 5 * USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, cookie), MOVED);
	ck_assert_int_eq(egress(SERVER, cookie), MOVED);
	assert_pair(CLIENT, C1, S0);
	assert_pair(SERVER, S0, C1);
}

static void configure(unsigned n, const char *prefix, unsigned len)
{
	struct core_config config = core_config_default;

	config.n_initiate = n;
	config.initiate[0].addr = world_addr(prefix);
	config.initiate[0].len = (uint8_t)len;
	core_reconfigure(core(CLIENT), &config);
}

START_TEST(c4_a_host_that_is_met_has_its_connections_adopted)
{
	ck_assert_int_eq(meet(C0, S0, false), 0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(status(CLIENT), PEER_HOMELESS);
	ck_assert_int_eq(status(SERVER), PEER_HOMELESS);
	ck_assert_int_eq(scanned(1000, C0, IPPROTO_TCP), 0);
	assert_moves(1000);
}
END_TEST

START_TEST(s7_a_plain_host_is_asked_again_on_request_only)
{
	struct in6_addr s0 = world_addr(S0), plain;

	w.lose = lose_all;
	ck_assert_int_eq(meet(C0, S0, false), 0);
	world_run(&w, 20 * USEC_PER_SEC);
	ck_assert_int_eq(status(CLIENT), PEER_PLAIN);
	ck_assert_uint_eq(core_nonpeers(core(CLIENT), &plain, 1), 1);
	ck_assert(addr_equal(&plain, &s0));
	w.lose = NULL;
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, 20 * USEC_PER_SEC);
	ck_assert_int_eq(status(CLIENT), PEER_PLAIN);
	ck_assert_int_eq(meet(C0, S0, false), 0);
	world_run(&w, 2 * USEC_PER_SEC);
	ck_assert_int_eq(status(CLIENT), PEER_HOMELESS);
}
END_TEST

static unsigned told;

static void count_nonpeers(struct world *world UNUSED, unsigned host, const struct action *a)
{
	told += host == CLIENT && a->type == ACTION_NONPEERS;
}

START_TEST(s7_that_many_may_be_asked_again_is_said_once)
{
	struct in6_addr plain = world_addr("2001:db8:7::");

	for (unsigned i = 0; i < 2 * 100; i++) {
		plain.s6_addr[15] = (uint8_t)(i % 100);
		nonpeer_add(core(CLIENT), &plain, w.now);
	}
	world_run(&w, 100 * USEC_PER_SEC);
	ck_assert_uint_eq(core_nonpeers(core(CLIENT), &plain, 1), 1);
	world_collect(&w);
	w.acted = count_nonpeers;
	world_up(&w, CLIENT, "2001:db8:1::c2");
	ck_assert_uint_eq(told, 1);
	ck_assert_uint_eq(core_nonpeers(core(CLIENT), &plain, 1), 0);
}
END_TEST

START_TEST(x8_whom_the_configuration_excludes_is_not_met)
{
	struct core_config config = core_config_default;

	config.n_aap_prefix = 1;
	config.aap_prefix[0] = (struct core_prefix){ .addr = world_addr("2001:db8:2::"),
						     .len = 48, .allowed = false };
	core_reconfigure(core(CLIENT), &config);
	ck_assert_int_eq(meet(C0, S0, false), -EACCES);
	ck_assert_ptr_null(core_entries(core(CLIENT)));
	ck_assert_uint_eq(w.host[CLIENT].sends, 0);
	ck_assert_int_eq(meet(C0, C1, false), -EINVAL);
	ck_assert_int_eq(meet(C0, "fe80::1", false), -EINVAL);
	ck_assert_int_eq(meet("2001:db8:99::1", S0, false), -EINVAL);
}
END_TEST

static bool lose_from_s1(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr s1 = world_addr(S1);

	return addr_equal(&p->send.send.src, &s1) || addr_equal(&p->send.send.dst, &s1);
}

/* Anybody can name an address: its host is not who named it before that is proven. */
START_TEST(x8_who_names_the_address_of_another_is_not_met_for_it)
{
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	w.lose = lose_from_s1;
	world_up(&w, SERVER, S1);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S1)->state, ADDR_TENTATIVE);
	ck_assert_int_eq(meet(C0, S1, true), -EAGAIN);
	ck_assert(!core_entries(core(CLIENT))->vouched);
}
END_TEST

START_TEST(x8_one_that_is_to_be_kept_is_there_a_day_later)
{
	ck_assert_int_eq(meet(C0, S0, true), 0);
	world_run(&w, 24 * 3600 * USEC_PER_SEC);
	/* The helper looks after it. */
	ck_assert_int_eq(meet(C0, S0, true), 0);
	world_run(&w, 20 * USEC_PER_SEC);
	ck_assert_int_eq(status(CLIENT), PEER_HOMELESS);
	ck_assert_int_eq(scanned(1000, C0, IPPROTO_TCP), 0);
	assert_moves(1000);
}
END_TEST

START_TEST(x8_one_that_is_not_is_forgotten)
{
	ck_assert_int_eq(meet(C0, S0, false), 0);
	world_run(&w, 3600 * USEC_PER_SEC);
	ck_assert_ptr_null(core_entries(core(SERVER)));
	ck_assert_ptr_null(core_entries(core(CLIENT)));
}
END_TEST

START_TEST(c4_with_initiate_what_a_scan_finds_begins_mobility)
{
	ck_assert_int_eq(scanned(1000, C0, IPPROTO_TCP), -ENOENT);
	configure(1, "2001:db8:3::", 48);
	ck_assert_int_eq(scanned(1000, C0, IPPROTO_TCP), -ENOENT);
	ck_assert_uint_eq(w.host[CLIENT].sends, 0);
	configure(1, "2001:db8:2::", 48);
	ck_assert_int_eq(scanned(1000, C0, IPPROTO_TCP), 0);
	ck_assert_int_eq(status(CLIENT), PEER_HOMELESS);
	assert_moves(1000);
}
END_TEST

START_TEST(s7_with_initiate_a_plain_host_is_asked_once)
{
	unsigned sends;

	configure(1, "::", 0);
	w.lose = lose_all;
	ck_assert_int_eq(scanned(1000, C0, IPPROTO_TCP), 0);
	world_run(&w, 20 * USEC_PER_SEC);
	ck_assert_int_eq(status(CLIENT), PEER_PLAIN);
	sends = w.host[CLIENT].sends;
	ck_assert_uint_gt(sends, 0);
	w.lose = NULL;
	for (unsigned i = 1; i < 20; i++)
		ck_assert_int_eq(scanned(1000 + i, C0, IPPROTO_TCP), -ENOENT);
	ck_assert_uint_eq(w.host[CLIENT].sends, sends);
	ck_assert_int_eq(egress(CLIENT, 1000), AS_BORN);
	/* After plain_lifetime the next connection asks again. */
	core_pcb_close(core(CLIENT), 1000, w.now);
	world_run(&w, 3601 * USEC_PER_SEC);
	ck_assert_int_eq(scanned(2000, C0, IPPROTO_TCP), 0);
	ck_assert_int_eq(status(CLIENT), PEER_HOMELESS);
}
END_TEST

START_TEST(c4_with_initiate_datagrams_and_what_was_accepted_begin_nothing)
{
	struct pcb p = { .cookie = 7, .local = world_addr(C0), .foreign = world_addr(S0),
			 .lport = 22, .fport = 999, .proto = IPPROTO_TCP, .origin = PCB_ACCEPT,
			 .source = PCB_ADOPTED, .established = true };

	configure(1, "::", 0);
	ck_assert_int_eq(scanned(1000, C0, IPPROTO_UDP), -ENOENT);
	ck_assert_int_eq(core_pcb_open(core(CLIENT), &p, w.now), -ENOENT);
	ck_assert_ptr_null(core_entries(core(CLIENT)));
	ck_assert_uint_eq(w.host[CLIENT].sends, 0);
}
END_TEST

static bool lose_from_c1(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr c1 = world_addr(C1);

	return addr_equal(&p->send.send.src, &c1) || addr_equal(&p->send.send.dst, &c1);
}

START_TEST(x5_every_pair_is_asked_and_none_is_changed)
{
	struct path_pair pair[PATH_PAIRS_MAX];
	uint32_t id;

	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, 5 * USEC_PER_SEC);
	id = core_entries(core(CLIENT))->id;
	ck_assert_int_eq(core_ping(core(CLIENT), id + 7, w.now, pair), -ENOENT);
	ck_assert_int_eq(core_ping(core(CLIENT), id, w.now, pair), 2);
	ck_assert_str_eq(addr_text(&pair[0].local).s, C0);
	ck_assert_str_eq(addr_text(&pair[1].local).s, C1);
	ck_assert_int_eq(core_ping(core(CLIENT), id, w.now, pair), -EAGAIN);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].events[EVENT_PING], 2);
	w.lose = lose_from_c1;
	ck_assert_int_eq(core_ping(core(CLIENT), id, w.now, pair), 2);
	world_collect(&w);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].events[EVENT_PING], 3);
	assert_pair(CLIENT, C0, S0);
	assert_pair(SERVER, S0, C0);
	ck_assert_int_eq(egress(CLIENT, core_pcbs(core(CLIENT))->cookie), AS_BORN);
	ck_assert_int_eq(egress(SERVER, core_pcbs(core(SERVER))->cookie), AS_BORN);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("meet");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, begin, teardown);
	tcase_add_test(t, c4_a_host_that_is_met_has_its_connections_adopted);
	tcase_add_test(t, s7_a_plain_host_is_asked_again_on_request_only);
	tcase_add_test(t, x8_whom_the_configuration_excludes_is_not_met);
	tcase_add_test(t, x8_who_names_the_address_of_another_is_not_met_for_it);
	tcase_add_test(t, s7_that_many_may_be_asked_again_is_said_once);
	tcase_add_test(t, x8_one_that_is_to_be_kept_is_there_a_day_later);
	tcase_add_test(t, x8_one_that_is_not_is_forgotten);
	tcase_add_test(t, c4_with_initiate_what_a_scan_finds_begins_mobility);
	tcase_add_test(t, s7_with_initiate_a_plain_host_is_asked_once);
	tcase_add_test(t, c4_with_initiate_datagrams_and_what_was_accepted_begin_nothing);
	tcase_add_test(t, x5_every_pair_is_asked_and_none_is_changed);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return suite_run(make());
}
