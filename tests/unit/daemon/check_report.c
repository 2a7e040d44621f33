/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h: the JSON that scripts rely on, of a real core. The datapath and the names of interfaces
 * are fakes.
 */
#include "report.h"
#include "suite.h"
#include "unused.h"

#include <arpa/inet.h>
#include <string.h>

#define NOW	(1000 * USEC_PER_SEC)

usec_t datapath_heard(struct datapath *dp UNUSED, const struct in6_addr *addr UNUSED)
{
	return NOW - 2 * USEC_PER_SEC;
}

const char *datapath_kind(const struct datapath *dp UNUSED)
{
	return "tcx";
}

const char *datapath_counter_name(enum dp_counter n)
{
	static char name[DP_COUNTER_MAX][sizeof("c4294967295")];

	snprintf(name[n], sizeof(name[n]), "c%u", (unsigned)n);
	return name[n];
}

uint64_t datapath_counter(struct datapath *dp UNUSED, enum dp_counter n)
{
	return n;
}

const char *ifmon_name(const struct ifmon *l UNUSED, unsigned ifindex)
{
	return ifindex == 2 ? "eth0" : NULL;
}

static struct in6_addr a(const char *text)
{
	struct in6_addr r;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &r), 1);
	return r;
}

static struct core *core;
static struct report report;

static void setup(void)
{
	static const uint8_t seed[32] = { 1 };
	struct core_peer p = { .name = "server", .n_addr = 1, .addr = { a("2001:db8:2::10") },
			       .in = { .spi = 0x1001,
				       .key = { .alg = AH_HMAC_SHA256_128, .len = 32,
						.key = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" } },
			       .out = { .spi = 0x1002,
					.key = { .alg = AH_HMAC_SHA256_128, .len = 32,
						 .key = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" } } };
	struct pcb pcb = { .cookie = 7, .local = a("2001:db8:1::1"), .foreign = a("2001:db8:2::10"),
			   .lport = 40000, .fport = 21, .proto = IPPROTO_TCP, .origin = PCB_CONNECT,
			   .established = true };
	struct in6_addr l = a("2001:db8:1::1");
	struct action act;

	core = core_new(&core_config_default, seed, 1);
	ck_assert_ptr_nonnull(core);
	ck_assert_int_eq(core_peer_add(core, &p, NOW), 0);
	core_local_up(core, &l, 2, USEC_NEVER, NOW);
	ck_assert_int_eq(core_pcb_open(core, &pcb, NOW), 0);
	while (core_next_action(core, &act))
		;
	report = (struct report){ .core = core, .ifmon = (struct ifmon *)&report,
				  .datapath = (struct datapath *)&report, .socket = "/run/x",
				  .state = "/var/x", .started = NOW - 5 * USEC_PER_SEC,
				  .now = NOW };
}

static void teardown(void)
{
	core_free(core);
}

static const char *str(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

START_TEST(the_cache_has_what_scripts_rely_on)
{
	json_t *all = report_cache(&report), *e, *f, *sa;

	ck_assert_uint_eq(json_array_size(all), 1);
	e = json_array_get(all, 0);
	ck_assert(json_is_integer(json_object_get(e, "id")));
	ck_assert_str_eq(str(e, "name"), "server");
	ck_assert_ptr_nonnull(str(e, "status"));
	ck_assert(json_is_boolean(json_object_get(e, "trusted")));
	ck_assert_str_eq(str(json_object_get(e, "pair"), "foreign"), "2001:db8:2::10");
	ck_assert(json_is_null(json_object_get(e, "rtt")));
	ck_assert(json_is_null(json_object_get(e, "held_since")));
	ck_assert_uint_eq(json_array_size(json_object_get(e, "dns")), 0);
	ck_assert_uint_eq(json_array_size(json_object_get(e, "alternatives")), 0);
	ck_assert_uint_eq(json_array_size(json_object_get(e, "addresses")), 1);
	f = json_array_get(json_object_get(e, "addresses"), 0);
	ck_assert_str_eq(str(f, "address"), "2001:db8:2::10");
	ck_assert_str_eq(str(f, "state"), "active");
	ck_assert_str_eq(str(f, "lifetime_kind"), "activity");
	ck_assert(json_real_value(json_object_get(f, "expires_in")) == 600);
	ck_assert(json_real_value(json_object_get(f, "last_heard")) == 2);
	sa = json_object_get(e, "sa");
	ck_assert_int_eq(json_integer_value(json_object_get(sa, "spi_in")), 0x1001);
	ck_assert_int_eq(json_integer_value(json_object_get(sa, "spi_out")), 0x1002);
	ck_assert_str_eq(str(sa, "algorithm"), "hmac-sha256-128");
	ck_assert_str_eq(str(sa, "class"), "generic");
	json_decref(all);
}
END_TEST

START_TEST(the_cache_has_the_ways_that_signalling_goes)
{
	struct hce *h = core_entries(core);
	json_t *all, *e, *p;

	memset(h->via, 0, sizeof(h->via));
	h->via[3] = (struct via_path){
		.local = h->pair.local, .foreign = h->pair.foreign, .used = 1, .out = VIA_UDP,
		.heard = { 0, report.now - 3 * USEC_PER_SEC },
	};
	h->via[5] = (struct via_path){
		.local = a("2001:db8:9::1"), .foreign = h->pair.foreign, .used = 1,
		.out = VIA_BOTH, .asking = true, .asked = report.now - 9 * USEC_PER_SEC,
	};
	all = report_cache(&report);
	e = json_array_get(all, 0);
	ck_assert_str_eq(str(e, "via"), "udp");
	ck_assert_uint_eq(json_array_size(json_object_get(e, "paths")), 2);
	p = json_array_get(json_object_get(e, "paths"), 0);
	ck_assert_str_eq(str(p, "via"), "udp");
	ck_assert(json_is_null(json_object_get(p, "native_heard")));
	ck_assert(json_real_value(json_object_get(p, "udp_heard")) == 3);
	ck_assert(json_is_null(json_object_get(p, "unanswered")));
	p = json_array_get(json_object_get(e, "paths"), 1);
	ck_assert_str_eq(str(p, "local"), "2001:db8:9::1");
	ck_assert_str_eq(str(p, "via"), "none");
	ck_assert(json_real_value(json_object_get(p, "unanswered")) == 9);
	json_decref(all);
}
END_TEST

START_TEST(c5_the_cache_has_the_names_that_led_to_a_peer_and_where_else_they_lead)
{
	struct in6_addr more = a("2001:db8:3::10");
	json_t *all, *e;

	core_alternatives(core, core_entries(core)->id, "server.example", &more, 1);
	all = report_cache(&report);
	e = json_array_get(all, 0);
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(e, "dns"), 0)),
			 "server.example");
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(e, "alternatives"), 0)),
			 "2001:db8:3::10");
	ck_assert_uint_eq(json_array_size(json_object_get(e, "addresses")), 1);
	json_decref(all);
}
END_TEST

START_TEST(a_socket_shows_its_birth_pair_and_the_pair_on_the_wire)
{
	json_t *all = report_sockets(&report), *s = json_array_get(all, 0);
	struct hce *e = core_entries(core);

	ck_assert_str_eq(str(s, "proto"), "tcp");
	ck_assert_str_eq(str(s, "local"), "[2001:db8:1::1]:40000");
	ck_assert_str_eq(str(s, "foreign"), "[2001:db8:2::10]:21");
	ck_assert_str_eq(str(s, "known_by"), "preload");
	ck_assert_str_eq(str(s, "wire_local"), str(s, "local"));
	ck_assert_str_eq(str(s, "wire_foreign"), str(s, "foreign"));
	ck_assert_int_eq(json_integer_value(json_object_get(s, "hce")), e->id);
	json_decref(all);

	e->pair = (struct pair){
		.local = a("2001:db8:9::1"), .foreign = a("2001:db8:2::11"),
		.gen = e->pair.gen + 1, .block = BLOCK_NONE, .homeless = true,
	};
	all = report_sockets(&report);
	s = json_array_get(all, 0);
	ck_assert_str_eq(str(s, "local"), "[2001:db8:1::1]:40000");
	ck_assert_str_eq(str(s, "wire_local"), "[2001:db8:9::1]:40000");
	ck_assert_str_eq(str(s, "wire_foreign"), "[2001:db8:2::11]:21");
	json_decref(all);
}
END_TEST

static const char *reason(void)
{
	static char word[32];
	json_t *all = report_sockets(&report);
	const char *s = str(json_array_get(all, 0), "reason");

	snprintf(word, sizeof(word), "%s", s ? s : "");
	json_decref(all);
	return s ? word : NULL;
}

START_TEST(c11_a_socket_that_a_policy_rule_keeps_says_so_for_so_long)
{
	uint32_t id = core_entries(core)->id;

	ck_assert_ptr_null(reason());
	core_policy_routed(core, id, true, NOW);
	ck_assert_str_eq(reason(), "policy-rule");
	core_policy_routed(core, id, false, NOW);
	ck_assert_ptr_null(reason());
}
END_TEST

START_TEST(status_counts_and_names_addresses)
{
	json_t *s = report_status(&report), *l = json_array_get(json_object_get(s, "addresses"), 0);

	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(str(l, "address"), "2001:db8:1::1");
	ck_assert_str_eq(str(l, "interface"), "eth0");
	ck_assert(json_is_true(json_object_get(l, "usable")));
	ck_assert(json_is_null(json_object_get(l, "valid_for")));
	ck_assert_uint_eq(json_object_size(json_object_get(s, "counters")), COUNT_MAX);
	ck_assert_uint_eq(json_object_size(json_object_get(s, "datapath")), DP_COUNTER_MAX + 1);
	ck_assert(json_real_value(json_object_get(s, "uptime")) == 5);
	json_decref(s);
}
END_TEST

START_TEST(no_report_has_a_key_in_it)
{
	json_t *(*const make[])(const struct report *r) = { report_status, report_cache,
							    report_sockets, report_sa };
	json_t *j = make[_i](&report);
	char *text = json_dumps(j, 0);

	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_null(strstr(text, "kkkk"));
	ck_assert_ptr_null(strstr(text, "6b6b6b6b"));
	free(text);
	json_decref(j);
}
END_TEST

START_TEST(an_event_names_its_peer)
{
	struct action act = {
		.type = ACTION_EVENT, .hce = core_entries(core)->id,
		.event = { .event = EVENT_SWITCHED, .local = a("2001:db8:1::1"), .detail = "lost",
			   .from_local = a("2001:db8:2::1") }
	};
	json_t *e = report_event(&report, &act, 1700000000 * USEC_PER_SEC, 3200);

	ck_assert_str_eq(str(e, "event"), "switched");
	ck_assert_str_eq(str(e, "name"), "server");
	ck_assert_str_eq(str(e, "local"), "2001:db8:1::1");
	ck_assert(json_is_null(json_object_get(e, "foreign")));
	ck_assert_str_eq(str(json_object_get(e, "from"), "local"), "2001:db8:2::1");
	ck_assert_str_eq(str(json_object_get(e, "to"), "local"), "2001:db8:1::1");
	ck_assert(json_is_null(json_object_get(e, "seq")));
	ck_assert(json_real_value(json_object_get(e, "time")) == 1700000000);
	ck_assert(json_real_value(json_object_get(e, "after_loss")) == 0.0032);
	json_decref(e);
}
END_TEST

START_TEST(an_event_says_what_became_what_and_why)
{
	struct action act = {
		.type = ACTION_EVENT, .hce = core_entries(core)->id,
		.event = { .event = EVENT_STATUS, .from = "unknown", .to = "plain",
			   .reason = "did not answer AAP" }
	};
	json_t *e = report_event(&report, &act, 1700000000 * USEC_PER_SEC, USEC_NEVER);

	ck_assert_str_eq(str(e, "from"), "unknown");
	ck_assert_str_eq(str(e, "to"), "plain");
	ck_assert_str_eq(str(e, "detail"), "plain");
	ck_assert_str_eq(str(e, "reason"), "did not answer AAP");
	json_decref(e);
	act.event = (typeof(act.event)){ .event = EVENT_DROPPED, .detail = "malformed" };
	e = report_event(&report, &act, 1700000000 * USEC_PER_SEC, USEC_NEVER);
	ck_assert_str_eq(str(e, "detail"), "malformed");
	ck_assert(json_is_null(json_object_get(e, "from")));
	ck_assert(json_is_null(json_object_get(e, "to")));
	ck_assert(json_is_null(json_object_get(e, "reason")));
	json_decref(e);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report");
	TCase *tc = tcase_create("report");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_cache_has_what_scripts_rely_on);
	tcase_add_test(tc, the_cache_has_the_ways_that_signalling_goes);
	tcase_add_test(tc, c5_the_cache_has_the_names_that_led_to_a_peer_and_where_else_they_lead);
	tcase_add_test(tc, a_socket_shows_its_birth_pair_and_the_pair_on_the_wire);
	tcase_add_test(tc, c11_a_socket_that_a_policy_rule_keeps_says_so_for_so_long);
	tcase_add_test(tc, status_counts_and_names_addresses);
	tcase_add_loop_test(tc, no_report_has_a_key_in_it, 0, 4);
	tcase_add_test(tc, an_event_names_its_peer);
	tcase_add_test(tc, an_event_says_what_became_what_and_why);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
