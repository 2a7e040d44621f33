/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * route_sync.h: which routes moved connections get, and TCP over them. check_route_rules: what
 * policy rules make of it.
 */
#include "config.h"

#include "netlink.h"
#include "routed.h"
#include "tcp_socket.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* Connects L0 to F0. Returns the near end, and the far one in *far. */
static int connection(int *far)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = in6(F0),
				  .sin6_port = htons(7000) };
	int lfd, fd;

	netns_enter(&there);
	lfd = socket(AF_INET6, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(lfd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(lfd, 1), 0);
	netns_enter(&here);
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	*far = accept(lfd, NULL, NULL);
	return fd;
}

START_TEST(an_unmoved_connection_needs_no_route)
{
	update();
	ck_assert(!any());
	move(L0, F0);
	update();
	ck_assert(!any());
}
END_TEST

START_TEST(a_moved_connection_is_routed_as_its_pair_is)
{
	move(L1, F1);
	update();
	ck_assert(leads(F0 " from " L0, "via 2001:db8:2::2 dev a1"));
	ck_assert(leads(F0 " from " L1, "dev a0"));	/* nobody else's way has changed */
	ck_assert(leads(F0, "dev a0"));
	ck_assert(leads(F1 " from " L0, "dev a0"));
	move(L0, F0);
	update();
	ck_assert(!any());
	ck_assert(leads(F0 " from " L0, "dev a0"));
}
END_TEST

START_TEST(the_interface_that_owns_the_source_wins_over_metrics)
{
	move(L1, F0);
	update();
	ck_assert(leads(F0 " from " L0, "dev a1"));
}
END_TEST

START_TEST(a_route_that_leads_there_already_is_not_doubled)
{
	run("ip -6 route del default dev a0");
	move(L1, F1);
	update();
	ck_assert(!any_way_out());
}
END_TEST

START_TEST(a_peer_on_link_is_the_gateway_to_where_it_was)
{
	move(L1, "2001:db8:2::2");
	update();
	ck_assert(leads(F0 " from " L0, "via 2001:db8:2::2 dev a1"));
	move(L1, F1);
	run("ip route add 2001:db8:9::/64 dev a1");
	update();
	ck_assert(leads(F0 " from " L0, "via " F1 " dev a1"));
	move(L1, F0);		/* itself on link: no gateway */
	update();
	ck_assert(leads(F0 " from " L0, "dev a1"));
	ck_assert(!leads(F0 " from " L0, "via"));
}
END_TEST

START_TEST(a_host_route_of_others_is_not_hidden_from_other_sources)
{
	run("ip route add " F0 "/128 dev a0 metric 7 && ip route add " F0 "/128 dev a1 metric 8");
	move(L1, F1);
	update();
	ck_assert(leads(F0 " from " L0, "via 2001:db8:2::2 dev a1"));
	/* goes along, not by the default route */
	ck_assert(leads(F0 " from " L1, "via 2001:db8:2::2 dev a1"));
	move(L1, F0);
	update();
	ck_assert(leads(F0 " from " L0, "dev a1"));
	ck_assert(!leads(F0 " from " L0, "via"));
	move(L0, F0);
	update();
	ck_assert(!any());
	ck_assert(leads(F0 " from " L1, "dev a0"));
	ck_assert(!leads(F0 " from " L1, "via"));
}
END_TEST

START_TEST(an_address_of_the_peer_that_is_ours_now_stays_ours)
{
	run("ip addr add " F0 "/64 dev a0 nodad");
	while (!leads(F0, "local"))
		breathe();
	move(L1, F1);
	update();
	ck_assert(!any_way_out());
	ck_assert(leads(F0 " from " L1, "local"));
}
END_TEST

START_TEST(the_mtu_of_the_route_is_mirrored)
{
	run("ip route add " F1 "/128 via 2001:db8:2::2 dev a1 mtu 1300");
	move(L1, F1);
	update();
	ck_assert(leads(F0 " from " L0, "mtu 1300"));
}
END_TEST

START_TEST(a_peer_that_cannot_be_reached_leaves_things_alone)
{
	move(L1, F1);
	update();
	run("ip -6 route del default dev a1");
	update();
	ck_assert(leads(F0 " from " L0, "dev a1"));
	move(L1, "2001:db8:1::1");	/* this host itself */
	update();
	ck_assert(leads(F0 " from " L0, "dev a1"));
	hce.pair = (struct pair){ .gen = 9 };
	update();
	ck_assert(leads(F0 " from " L0, "dev a1"));
	HASH_DEL(pcbs, &pcb);
	update();
	ck_assert(!any());
}
END_TEST

/* Whether the kernel announces a change of routes. */
static bool disturbs(void)
{
	static const unsigned group[] = { RTNLGRP_IPV6_ROUTE };
	struct mnl_socket *nl;
	bool r;

	ck_assert_int_eq(netlink_listen(NETLINK_ROUTE, group, 1, &nl), 0);
	update();
	r = readable(mnl_socket_get_fd(nl), 0);
	mnl_socket_close(nl);
	return r;
}

START_TEST(what_is_right_is_not_touched)
{
	l0.usable = false;
	move(L1, F1);
	ck_assert(disturbs());
	ck_assert(!disturbs());
	move(L1, F0);		/* the same way */
	ck_assert(!disturbs());
	run("ip -6 route replace default via 2001:db8:2::3 dev a1 metric 20");
	ck_assert(disturbs());
	ck_assert(leads(F0 " from " L0, "via 2001:db8:2::3"));
	ck_assert(!disturbs());
}
END_TEST

START_TEST(what_went_with_an_interface_comes_back_with_it)
{
	l0.usable = false;
	move(L1, F1);
	update();
	run("ip link set a1 down");
	update();
	run("ip link set a1 up && ip addr replace " L1 "/64 dev a1 nodad");
	run("ip route add default via 2001:db8:2::2 dev a1 metric 20");
	run("ip -6 route flush dev lo table local proto 109");
	update();
	ck_assert(leads(F0 " from " L0, "dev a1"));
	ck_assert(leads(L0, "local"));
}
END_TEST

START_TEST(policy_rules_of_others_keep_their_meaning_and_do_not_win)
{
	run("ip -6 rule add from " L0 " lookup 100 && ip -6 rule add from " L1 " lookup 300");
	run("ip -6 route add default via 2001:db8:1::7 dev a0 table 100");
	run("ip -6 route add default via 2001:db8:2::7 dev a1 table 300");
	move(L1, F1);
	update();
	ck_assert(leads(F0 " from " L0, "via 2001:db8:2::7 dev a1"));
	ck_assert(shows("ip -6 route show table 100 proto 109", F0));
	ck_assert(leads(F1 " from " L0, "via 2001:db8:1::7 dev a0"));
	move(L0, F0);
	update();
	ck_assert(!any());
}
END_TEST

START_TEST(of_several_next_hops_none_is_taken_for_granted)
{
	run("ip -6 route del default metric 10; ip -6 route del default metric 20; ip route add "
	    "default metric 5 nexthop via 2001:db8:1::2 dev a0 nexthop via 2001:db8:2::2 dev a1");
	move(L1, F1);
	update();
	ck_assert(leads(F0 " from " L0, "via 2001:db8:2::2 dev a1"));
	ck_assert(any());
}
END_TEST

START_TEST(a_lost_address_with_connections_stays_local)
{
	l0.usable = false;
	run("ip addr del " L0 "/64 dev a0");
	update();
	ck_assert(shows("ip -6 route show table local proto 109", "local " L0 " dev lo"));
	ck_assert(leads(L0, "local"));
	l0.n_pcb = 0;
	update();
	ck_assert(!any());
	ck_assert(!leads(L0, "local"));
}
END_TEST

/*
 * A move before the address is lost: what comes by the new pair is for it, also in the moment
 * between its loss and our hearing of that.
 */
START_TEST(an_address_moved_off_stays_local_from_the_moment_of_its_loss)
{
	move(L1, F0);
	update();
	ck_assert(leads("fibmatch " L0, "dev a0 table local proto kernel"));
	run("ip addr del " L0 "/64 dev a0 && ip link set a0 down");
	ck_assert(leads("fibmatch " L0, "local " L0 " dev lo table local proto 109"));
	run("ip link set a0 up && ip addr add " L0 "/64 dev a0 nodad");
	settle();
	move(L0, F0);
	update();
	ck_assert(!shows("ip -6 route show table local proto 109", L0));
}
END_TEST

START_TEST(an_address_that_comes_back_is_the_kernels_again)
{
	struct sockaddr_in6 peer;
	socklen_t len = sizeof(peer);
	int far;

	l0.usable = false;
	run("ip addr del " L0 "/64 dev a0");
	update();
	run("ip addr add " L0 "/64 dev a0 nodad");
	while (!shows("ip -6 route get fibmatch " L0, "dev a0 table local proto kernel"))
		breathe();
	l0.usable = true;
	update();
	ck_assert(!any());
	ck_assert(shows("ip -6 route get fibmatch " L0, "dev a0 table local proto kernel"));
	ck_assert_int_ge(connection(&far), 0);
	ck_assert_int_eq(getpeername(far, (struct sockaddr *)&peer, &len), 0);
	ck_assert_mem_eq(&peer.sin6_addr, &l0.addr, sizeof(l0.addr));
}
END_TEST

START_TEST(closing_and_opening_remove_ours_and_nobody_elses)
{
	struct route_sync *dead = NULL;

	run("ip route add 2001:db8:5::/64 dev a0 proto 108 && ip route add local 2001:db8:6::1 dev "
	    "lo table local");
	l0.usable = false;
	move(L1, F1);
	update();
	ck_assert(any());
	if (_i) {
		/* What a dead helper leaves, in a table of its own too. */
		run("ip -6 route add 2001:db8:7::7 dev a0 table 4711 proto 109");
		run("ip -6 route add 2001:db8:7::7 from 2001:db8:8::8 dev a0 proto 109");
		dead = s;
		ck_assert_int_eq(route_sync_open(&s), 0);
		l0.usable = true;
		move(L0, F0);
		update();
		route_sync_leave(dead);
	} else {
		route_sync_close(s);
		s = NULL;
	}
	ck_assert(!any());
	ck_assert(shows("ip -6 route show table all", "2001:db8:5::/64"));
	ck_assert(shows("ip -6 route show table local", "local 2001:db8:6::1"));
	ck_assert(shows("ip -6 route show table local", "local " L1));
	ck_assert(shows("ip -6 route show", "default via 2001:db8:1::2"));
	route_sync_close(dead);
}
END_TEST

/* Nobody sees a route of ours come or go meanwhile. */
START_TEST(what_an_earlier_helper_left_is_taken_over)
{
	static const unsigned group[] = { RTNLGRP_IPV6_ROUTE };
	struct mnl_socket *changes;
	char buf[NETLINK_BUFFER];

	l0.usable = false;
	move(L1, F1);
	update();
	ck_assert(any());
	route_sync_leave(s);
	route_sync_close(s);
	ck_assert_int_eq(netlink_listen(NETLINK_ROUTE, group, 1, &changes), 0);
	ck_assert_int_eq(route_sync_open(&s), 0);
	update();
	ck_assert_int_lt(mnl_socket_recvfrom(changes, buf, sizeof(buf)), 0);
	ck_assert_int_eq(errno, EAGAIN);
	l0.usable = true;
	move(L0, F0);
	update();
	ck_assert(!any());
	ck_assert_int_gt(mnl_socket_recvfrom(changes, buf, sizeof(buf)), 0);
	mnl_socket_close(changes);
}
END_TEST

/* Whether all that was sent is acknowledged, within 3 s. */
static bool acknowledged(int fd)
{
	for (unsigned ms = 0; ms < 3000 && info(fd).tcpi_unacked; ms++)
		usleep(1000);
	return !info(fd).tcpi_unacked;
}

START_TEST(tcp_takes_the_new_way_with_its_next_segment)
{
	int far, fd = connection(&far);
	char c = 0;

	ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_int_eq(read(far, &c, 1), 1);
	ck_assert(acknowledged(fd));	/* what is under way when the cable is cut is sent again */
	move(L1, F1);
	update();
	/* The first cable is cut for good; the second carries both ways. */
	netns_enter(&there);
	run("ip link set b0 down");
	run("ip -6 route replace " L0 " via " L1 " dev b1");
	netns_enter(&here);
	ck_assert_int_eq(write(fd, "y", 1), 1);
	ck_assert(readable(far, 3000));
	ck_assert_int_eq(read(far, &c, 1), 1);
	ck_assert_int_eq(c, 'y');
	ck_assert_uint_eq(info(fd).tcpi_total_retrans, 0);
}
END_TEST

START_TEST(tcp_goes_on_when_its_address_is_gone)
{
	int far, fd = connection(&far);
	char c = 0;

	run("ip addr del " L0 "/64 dev a0");
	l0.usable = false;
	move(L1, F0);
	update();
	netns_enter(&there);
	run("ip -6 route replace " L0 " via " L1 " dev b1");
	ck_assert_int_eq(write(far, "x", 1), 1);
	ck_assert(readable(fd, 3000));
	ck_assert_int_eq(read(fd, &c, 1), 1);
	ck_assert_int_eq(write(fd, "y", 1), 1);
	ck_assert(readable(far, 3000));
	ck_assert_int_eq(read(far, &c, 1), 1);
	ck_assert_int_eq(c, 'y');
}
END_TEST

START_TEST(what_nobody_needs_is_swept_and_the_rest_is_not_touched)
{
	move(L1, F1);
	ck_assert_int_eq(route_sync_entry(s, NULL, &hce), 0);
	ck_assert_int_eq(route_sync_sweep(s, NULL), 0);
	ck_assert(leads(F0 " from " L0, "via 2001:db8:2::2 dev a1"));
	HASH_DEL(pcbs, &pcb);
	hce.pcbs = NULL;
	ck_assert_int_eq(route_sync_entry(s, NULL, &hce), 0);
	ck_assert(any_way_out());
	ck_assert_int_eq(route_sync_sweep(s, NULL), 0);
	ck_assert(!any());
}
END_TEST

static void setup_of_entry(void)
{
	setup();
	of_entry = true;
}

/* When only the pair of one entry changed: what holds for an update of all holds as well. */
static TCase *entry_case(void)
{
	TCase *tc = tcase_create("entry");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup_of_entry, teardown);
	tcase_add_test(tc, an_unmoved_connection_needs_no_route);
	tcase_add_test(tc, the_interface_that_owns_the_source_wins_over_metrics);
	tcase_add_test(tc, a_route_that_leads_there_already_is_not_doubled);
	tcase_add_test(tc, a_peer_on_link_is_the_gateway_to_where_it_was);
	tcase_add_test(tc, a_host_route_of_others_is_not_hidden_from_other_sources);
	tcase_add_test(tc, an_address_of_the_peer_that_is_ours_now_stays_ours);
	tcase_add_test(tc, the_mtu_of_the_route_is_mirrored);
	tcase_add_test(tc, a_peer_that_cannot_be_reached_leaves_things_alone);
	tcase_add_test(tc, what_is_right_is_not_touched);
	tcase_add_test(tc, tcp_takes_the_new_way_with_its_next_segment);
	tcase_add_test(tc, what_nobody_needs_is_swept_and_the_rest_is_not_touched);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("route_sync");
	TCase *tc = tcase_create("route_sync");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_unmoved_connection_needs_no_route);
	tcase_add_test(tc, a_moved_connection_is_routed_as_its_pair_is);
	tcase_add_test(tc, the_interface_that_owns_the_source_wins_over_metrics);
	tcase_add_test(tc, a_route_that_leads_there_already_is_not_doubled);
	tcase_add_test(tc, a_peer_on_link_is_the_gateway_to_where_it_was);
	tcase_add_test(tc, a_host_route_of_others_is_not_hidden_from_other_sources);
	tcase_add_test(tc, an_address_of_the_peer_that_is_ours_now_stays_ours);
	tcase_add_test(tc, the_mtu_of_the_route_is_mirrored);
	tcase_add_test(tc, a_peer_that_cannot_be_reached_leaves_things_alone);
	tcase_add_test(tc, what_is_right_is_not_touched);
	tcase_add_test(tc, what_went_with_an_interface_comes_back_with_it);
	tcase_add_test(tc, policy_rules_of_others_keep_their_meaning_and_do_not_win);
	tcase_add_test(tc, of_several_next_hops_none_is_taken_for_granted);
	tcase_add_test(tc, a_lost_address_with_connections_stays_local);
	tcase_add_test(tc, an_address_moved_off_stays_local_from_the_moment_of_its_loss);
	tcase_add_test(tc, an_address_that_comes_back_is_the_kernels_again);
	tcase_add_loop_test(tc, closing_and_opening_remove_ours_and_nobody_elses, 0, 2);
	tcase_add_test(tc, what_an_earlier_helper_left_is_taken_over);
	tcase_add_test(tc, tcp_takes_the_new_way_with_its_next_segment);
	tcase_add_test(tc, tcp_goes_on_when_its_address_is_gone);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, entry_case());
	return netns_suite_run(suite);
}
