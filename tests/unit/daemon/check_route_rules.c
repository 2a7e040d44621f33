/* SPDX-License-Identifier: BSD-2-Clause */
/* route_sync.h: look-ups, and routes where policy rules find them. */
#include "config.h"

#include "routed.h"

#include <errno.h>
#include <string.h>

START_TEST(a_lookup_is_for_the_source_where_that_leads_out_of_its_interface)
{
	struct in6_addr f = in6(F0), l = in6(L1), gw = in6("2001:db8:2::2"), us = in6(L0);
	unsigned a0 = if_nametoindex("a0"), a1 = if_nametoindex("a1");
	struct nexthop nh;

	ck_assert_int_eq(route_get(s, &f, &l, 0, &nh), 0);
	ck_assert_uint_eq(nh.ifindex, a0);
	ck_assert_int_eq(route_get(s, &f, &l, a1, &nh), 0);
	ck_assert_uint_eq(nh.ifindex, a1);
	ck_assert(nh.has_gateway && !memcmp(&nh.gateway, &gw, sizeof(gw)));
	run("ip -6 route del default dev a1");
	ck_assert_int_lt(route_get(s, &f, &l, a1, &nh), 0);
	run("ip -6 route add default from 2001:db8:2::/64 via 2001:db8:2::5 dev a1");
	ck_assert_int_eq(route_get(s, &f, &l, a1, &nh), 0);
	ck_assert_uint_eq(nh.ifindex, a1);
	ck_assert_uint_eq(nh.gateway.s6_addr[15], 5);
	ck_assert_int_eq(route_get(s, &us, NULL, 0, &nh), -ENETUNREACH);
	run("ip -6 route add unreachable " F0);
	ck_assert_int_lt(route_get(s, &f, NULL, 0, &nh), 0);
}
END_TEST

START_TEST(the_source_is_the_one_the_kernel_would_choose)
{
	struct in6_addr f = in6(F0), a = in6(L0), b = in6(L1), src;

	ck_assert_int_eq(route_source(s, &f, NULL, &src), 0);
	ck_assert_mem_eq(&src, &a, sizeof(a));
	run("ip -6 route del default dev a0");
	ck_assert_int_eq(route_source(s, &f, NULL, &src), 0);
	ck_assert_mem_eq(&src, &b, sizeof(b));
	run("ip -6 route del default dev a1");
	ck_assert_int_lt(route_source(s, &f, NULL, &src), 0);
}
END_TEST

/* Rules send user 1000 and mark 7 by a1, from a table of their own. */
static void rules(void)
{
	run("ip -6 rule add uidrange 1000-1000 lookup 100 && ip -6 rule add fwmark 7 lookup 100");
	run("ip -6 route add default via 2001:db8:2::2 dev a1 table 100");
	ck_assert_int_eq(route_sync_rules(s), 0);
}

START_TEST(a_lookup_is_for_the_user_and_the_mark)
{
	static const struct {
		struct flow flow;
		const char *src;
	} row[] = {
		{ { .uid = 0 }, L0 }, { { .uid = 1000 }, L1 }, { { .uid = 1001 }, L0 },
		{ { .mark = 7 }, L1 }, { { .mark = 8 }, L0 }, { { .uid = PCB_UID_UNKNOWN }, L0 },
	};
	struct in6_addr f = in6(F0), src;

	ck_assert(!route_sync_ruled(s));
	rules();
	ck_assert(route_sync_ruled(s));
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct in6_addr want = in6(row[i].src);

		ck_assert_int_eq(route_source(s, &f, &row[i].flow, &src), 0);
		ck_assert_mem_eq(&src, &want, sizeof(want));
	}
	run("ip -6 rule del uidrange 1000-1000 && ip -6 rule del fwmark 7");
	run("ip -6 rule add from 2001:db8:2::/64 lookup 100");
	ck_assert_int_eq(route_sync_rules(s), 0);
	ck_assert(!route_sync_ruled(s));
}
END_TEST

/* Rules send TCP to port 80, and UDP from port 53, by a1. */
static void port_rules(void)
{
	run("ip -6 rule add ipproto tcp dport 80 lookup 100 && "
	    "ip -6 rule add ipproto udp sport 50-59 lookup 100");
	run("ip -6 route add default via 2001:db8:2::2 dev a1 table 100");
	ck_assert_int_eq(route_sync_rules(s), 0);
}

START_TEST(a_lookup_is_for_the_protocol_and_the_ports)
{
	static const struct {
		uint8_t proto;
		uint16_t lport, fport;
		bool apart;
	} row[] = {
		{ IPPROTO_TCP, 1000, 80, true }, { IPPROTO_TCP, 80, 1000, false },
		{ IPPROTO_UDP, 1000, 80, false }, { IPPROTO_UDP, 53, 1000, true },
		{ IPPROTO_UDP, 60, 53, false }, { IPPROTO_TCP, 53, 81, false },
	};

	port_rules();
	ck_assert(route_sync_ruled(s));
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		pcb.proto = row[i].proto;
		pcb.lport = row[i].lport;
		pcb.fport = row[i].fport;
		ck_assert_int_eq(route_sync_apart(s, &pcb), row[i].apart);
	}
	run("ip -6 rule del ipproto tcp dport 80 && ip -6 rule del ipproto udp sport 50-59");
	ck_assert_int_eq(route_sync_rules(s), 0);
	ck_assert(!route_sync_ruled(s));
}
END_TEST

/* What a look-up cannot tell is judged by the source that the kernel chose at birth. */
START_TEST(by_another_selector_what_was_born_elsewhere_is_apart)
{
	run("ip -6 rule add dsfield 0x20 lookup 100");
	run("ip -6 route add default via 2001:db8:2::2 dev a1 table 100");
	ck_assert(!route_sync_apart(s, &pcb));
	ck_assert_int_eq(route_sync_rules(s), 0);
	ck_assert(route_sync_ruled(s));
	ck_assert(!route_sync_apart(s, &pcb));
	pcb.local = in6(L1);
	ck_assert(route_sync_apart(s, &pcb));
	run("ip -6 rule del dsfield 0x20");
	ck_assert_int_eq(route_sync_rules(s), 0);
	ck_assert(!route_sync_apart(s, &pcb));
}
END_TEST

/* A connection that the rules send by a1 moves away from it. */
START_TEST(a_route_is_where_the_protocol_and_the_ports_find_it)
{
	port_rules();
	pcb.local = in6(L1);
	pcb.lport = 1000;
	pcb.fport = 80;
	move(L0, F0);
	update();
	ck_assert(shows("ip -6 route show table 100 proto 109",
			F0 " from " L1 " via 2001:db8:1::2 dev a0"));
	ck_assert(!shows("ip -6 route show table main proto 109", F0));
	run("ip -6 rule del ipproto tcp dport 80 && ip -6 rule del ipproto udp sport 50-59");
	ck_assert_int_eq(route_sync_rules(s), 0);
	update();
	ck_assert(!shows("ip -6 route show table all proto 109", F0));
}
END_TEST

/*
 * A connection of user 1000, or with mark 7, moves away from a1, and the rules are taken back
 * meanwhile.
 */
START_TEST(a_route_is_where_the_user_and_the_mark_find_it)
{
	rules();
	pcb.local = in6(L1);
	pcb.uid = _i ? 0 : 1000;
	pcb.mark = _i ? 7 : 0;
	move(L0, F0);
	update();
	ck_assert(shows("ip -6 route show table 100 proto 109",
			F0 " from " L1 " via 2001:db8:1::2 dev a0"));
	ck_assert(!shows("ip -6 route show table main proto 109", F0));
	run("ip -6 rule del uidrange 1000-1000 && ip -6 rule del fwmark 7");
	ck_assert_int_eq(route_sync_rules(s), 0);
	update();
	ck_assert(!any_way_out());
}
END_TEST

/*
 * Rules send user 1000 by a1, "in" a table that has more routes or not, with "more" rules. Whether
 * he may leave by a0 all the same.
 */
START_TEST(what_rules_refuse_without_their_link_is_forbidden)
{
	static const struct {
		const char *in, *more;
		bool forbidden, without;	/* while a1 is there, and when its route has gone */
	} row[] = {
		{ "true", "true", false, false },
		{ "ip -6 route add unreachable default metric 4096 table 100", "true", true, true },
		{ "ip -6 route add blackhole 2000::/3 metric 4096 table 100 && "
		  "ip -6 route replace 2000::/3 via 2001:db8:2::2 dev a1 table 100", "true", true,
		  true },
		{ "ip -6 route add prohibit 2001:db8:8::/48 metric 4096 table 100", "true", false,
		  false },
		{ "ip -6 route add prohibit default table 101", "true", false, false },
		{ "true", "ip -6 rule add uidrange 1000-1000 prohibit pref 32000", true, true },
	};
	struct in6_addr here_ = in6(L0), peer = in6(F0), other = in6(F1);

	run("ip -6 rule add uidrange 1000-1000 lookup 100 pref 100");
	run("ip -6 route add default via 2001:db8:2::2 dev a1 table 100");
	run("%s", row[_i].in);
	run("%s", row[_i].more);
	pcb.local = in6(L1);
	pcb.uid = 1000;
	ck_assert(!route_sync_forbids(s, NULL, &pcb, &here_, &peer));
	ck_assert_int_eq(route_sync_rules(s), 0);
	ck_assert_int_eq(route_sync_forbids(s, NULL, &pcb, &here_, &peer), row[_i].forbidden);
	ck_assert(!route_sync_forbids(s, NULL, &pcb, &pcb.local, &peer));
	ck_assert(!route_sync_forbids(s, NULL, &pcb, &pcb.local, &other));
	run("ip -6 route flush table 100 dev a1");
	ck_assert_int_eq(route_sync_forbids(s, NULL, &pcb, &here_, &peer), row[_i].without);
	pcb.uid = 0;
	ck_assert(!route_sync_forbids(s, NULL, &pcb, &here_, &peer));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("route_rules");
	TCase *tc = tcase_create("route_rules");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_lookup_is_for_the_source_where_that_leads_out_of_its_interface);
	tcase_add_test(tc, the_source_is_the_one_the_kernel_would_choose);
	tcase_add_test(tc, a_lookup_is_for_the_user_and_the_mark);
	tcase_add_test(tc, a_lookup_is_for_the_protocol_and_the_ports);
	tcase_add_test(tc, by_another_selector_what_was_born_elsewhere_is_apart);
	tcase_add_test(tc, a_route_is_where_the_protocol_and_the_ports_find_it);
	tcase_add_loop_test(tc, a_route_is_where_the_user_and_the_mark_find_it, 0, 2);
	tcase_add_loop_test(tc, what_rules_refuse_without_their_link_is_forbidden, 0, 6);
	suite_add_tcase(suite, tc);
	return netns_suite_run(suite);
}
