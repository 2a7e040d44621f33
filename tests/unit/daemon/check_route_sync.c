/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * route_sync.h: which routes moved connections get, in the kernel's own words, and TCP over them.
 * The core is a fake: lists of local addresses and connections.
 *
 *   here: a0 2001:db8:1::1 ---- b0 2001:db8:1::2 :there     default of here: via a0 (metric 10),
 *                                                           via a1 (metric 20)
 *         a1 2001:db8:2::1 ---- b1 2001:db8:2::2             lo of there: 2001:db8:9::9,
 *                                                            2001:db8:9::a
 */
#include "config.h"

#include "route_sync.h"
#include "netlink.h"
#include "own_netns.h"
#include "unused.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <string.h>

#define L0	"2001:db8:1::1"
#define L1	"2001:db8:2::1"
#define F0	"2001:db8:9::9"
#define F1	"2001:db8:9::a"

static struct local_addr *locals, l0, l1;
static struct pcb *pcbs, pcb;
static struct hce hce;

struct local_addr *core_locals(struct core *c UNUSED)
{
	return locals;
}

struct local_addr *core_local(struct core *c, const struct in6_addr *addr)
{
	struct local_addr *l;

	HASH_FIND(hh, core_locals(c), addr, sizeof(*addr), l);
	return l;
}

struct pcb *core_pcbs(struct core *c UNUSED)
{
	return pcbs;
}

static struct netns here, there;
static struct route_sync *s;

static void local(struct local_addr *l, const char *addr, const char *ifname, unsigned n_pcb)
{
	*l = (struct local_addr){
		.addr = in6(addr), .ifindex = if_nametoindex(ifname), .usable = true, .n_pcb = n_pcb
	};
	HASH_ADD(hh, locals, addr, sizeof(l->addr), l);
}

/* A connection born with (L0, F0). */
static void setup(void)
{
	here = netns_new();
	there = netns_new();
	netns_cable(&here, "a0", &there, "b0");
	netns_cable(&here, "a1", &there, "b1");
	run("ip addr add " L0 "/64 dev a0 nodad && ip addr add " L1 "/64 dev a1 nodad");
	run("ip route add default via 2001:db8:1::2 dev a0 metric 10");
	run("ip route add default via 2001:db8:2::2 dev a1 metric 20");
	netns_enter(&there);
	run("ip addr add 2001:db8:1::2/64 dev b0 nodad && ip addr add 2001:db8:2::2/64 dev b1 "
	    "nodad");
	run("ip addr add " F0 "/128 dev lo && ip addr add " F1 "/128 dev lo");
	settle();
	netns_enter(&here);
	settle();
	local(&l0, L0, "a0", 1);
	local(&l1, L1, "a1", 0);
	hce = (struct hce){ .id = 1, .pair = { .local = in6(L0), .foreign = in6(F0), .gen = 1 } };
	pcb = (struct pcb){ .cookie = 1, .local = in6(L0), .foreign = in6(F0), .proto = IPPROTO_TCP,
			    .gen = 1, .hce = &hce };
	HASH_ADD(hh, pcbs, cookie, sizeof(pcb.cookie), &pcb);
	ck_assert_int_eq(route_sync_open(&s), 0);
}

static void teardown(void)
{
	route_sync_close(s);
}

static void move(const char *local, const char *foreign)
{
	hce.pair = (struct pair){ .local = in6(local), .foreign = in6(foreign),
				  .gen = hce.pair.gen + 1 };
}

static void update(void)
{
	ck_assert_int_eq(route_sync_update(s, NULL), 0);
}

/* Whether we have routes in any table. */
static bool any(void)
{
	return shows("ip -6 route show table all proto 109", "2001:db8");
}

/* Whether we have a route by which packets leave. */
static bool any_way_out(void)
{
	return shows("ip -6 route show table all proto 109 type unicast", "2001:db8");
}

static bool leads(const char *args, const char *where)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "ip -6 route get %s 2>&1", args);
	return shows(cmd, where);
}

static struct tcp_info info(int fd)
{
	struct tcp_info i;
	socklen_t len = sizeof(i);

	ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &len), 0);
	return i;
}

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
	tcase_add_test(tc, a_lookup_is_for_the_source_where_that_leads_out_of_its_interface);
	tcase_add_test(tc, the_source_is_the_one_the_kernel_would_choose);
	tcase_add_test(tc, a_lookup_is_for_the_user_and_the_mark);
	tcase_add_test(tc, a_lookup_is_for_the_protocol_and_the_ports);
	tcase_add_test(tc, by_another_selector_what_was_born_elsewhere_is_apart);
	tcase_add_test(tc, a_route_is_where_the_protocol_and_the_ports_find_it);
	tcase_add_loop_test(tc, a_route_is_where_the_user_and_the_mark_find_it, 0, 2);
	tcase_add_test(tc, tcp_takes_the_new_way_with_its_next_segment);
	tcase_add_test(tc, tcp_goes_on_when_its_address_is_gone);
	suite_add_tcase(suite, tc);
	return netns_suite_run(suite);
}
