/* SPDX-License-Identifier: BSD-2-Clause */
/* ifmon.h: what the kernel does to addresses and interfaces, as the core hears of it. */
#include "config.h"

#include "ifmon.h"
#include "own_netns.h"
#include "unused.h"

#include <net/if_arp.h>
#include <net/if.h>
#include <string.h>

/* What was told, and in how many words. */
static struct {
	struct in6_addr addr[16];
	unsigned ifindex[16], n;
	bool spare[16];
	usec_t valid[16];
	unsigned ups, downs, routes, born[64], gone[64];
	unsigned short hatype[64];
	bool port[64];
	unsigned own_routes_gone;
} reported_addr;

static int known(const struct in6_addr *a)
{
	for (unsigned i = 0; i < reported_addr.n; i++)
		if (!memcmp(&reported_addr.addr[i], a, sizeof(*a)))
			return (int)i;
	return -1;
}

static void up(void *ctx UNUSED, const struct in6_addr *a, unsigned ifindex, bool spare,
	       usec_t valid_until)
{
	int i = known(a);

	if (i < 0)
		i = (int)reported_addr.n++;
	ck_assert_uint_lt(reported_addr.n, 16);
	reported_addr.addr[i] = *a;
	reported_addr.ifindex[i] = ifindex;
	reported_addr.spare[i] = spare;
	reported_addr.valid[i] = valid_until;
	reported_addr.ups++;
}

static void down(void *ctx UNUSED, const struct in6_addr *a)
{
	int i = known(a);

	ck_assert_int_ge(i, 0);
	reported_addr.n--;
	reported_addr.addr[i] = reported_addr.addr[reported_addr.n];
	reported_addr.ifindex[i] = reported_addr.ifindex[reported_addr.n];
	reported_addr.valid[i] = reported_addr.valid[reported_addr.n];
	reported_addr.downs++;
}

static void born(void *ctx UNUSED, unsigned ifindex, const char *name UNUSED, unsigned short hatype,
		 bool port)
{
	ck_assert_uint_lt(ifindex, 64);
	reported_addr.born[ifindex]++;
	reported_addr.hatype[ifindex] = hatype;
	reported_addr.port[ifindex] = port;
}

static void gone(void *ctx UNUSED, unsigned ifindex)
{
	reported_addr.gone[ifindex]++;
}

static void routes(void *ctx UNUSED)
{
	reported_addr.routes++;
}

static void own_route_gone(void *ctx UNUSED)
{
	reported_addr.own_routes_gone++;
}

static const struct ifmon_handler handler = {
	.address_up = up, .address_down = down, .interface = born, .interface_gone = gone,
	.routes = routes, .own_route_gone = own_route_gone,
};

static struct ifmon *l;
static struct netns here, there;

static void setup(void)
{
	there = netns_new();
	here = netns_new();
	netns_cable(&here, "a0", &there, "b0");
	netns_cable(&here, "a1", &there, "b1");
	ck_assert_int_eq(ifmon_open(&handler, &l), 0);
	ck_assert_int_eq(ifmon_sync(l), 0);
}

static void teardown(void)
{
	ifmon_close(l);
}

/* Reads until the address is known, or not, on that interface (0: any). */
static bool becomes(const char *text, bool there_is, unsigned ifindex)
{
	struct in6_addr a = in6(text);

	for (;;) {
		int i = known(&a);

		if (there_is ? i >= 0 && (!ifindex || reported_addr.ifindex[i] == ifindex) : i < 0)
			return true;
		if (!readable(ifmon_fd(l), 5000))
			return false;
		ck_assert_int_eq(ifmon_read(l), 0);
	}
}

/* Reads all there is now. */
static void drain(void)
{
	while (readable(ifmon_fd(l), 0))
		ck_assert_int_eq(ifmon_read(l), 0);
}

static bool is_known(const char *text)
{
	struct in6_addr a = in6(text);

	return known(&a) >= 0;
}

START_TEST(c3_an_address_is_usable_when_dad_is_done_and_not_before)
{
	run("ip addr add 2001:db8:1::1/64 dev a0");
	drain();
	ck_assert(!is_known("2001:db8:1::1"));
	ck_assert(shows("ip addr show dev a0", "tentative"));
	ck_assert(becomes("2001:db8:1::1", true, if_nametoindex("a0")));
	ck_assert(!shows("ip addr show dev a0 scope global", "tentative"));
	ck_assert_uint_eq(reported_addr.ups, 1);
}
END_TEST

START_TEST(c3_an_optimistic_address_is_usable_at_once)
{
	run("echo 1 > /proc/sys/net/ipv6/conf/a0/optimistic_dad");
	run("echo 1 > /proc/sys/net/ipv6/conf/a0/use_optimistic");
	run("ip addr add 2001:db8:1::1/64 dev a0 optimistic");
	ck_assert(becomes("2001:db8:1::1", true, 0));
	ck_assert(shows("ip addr show dev a0", "optimistic"));
}
END_TEST

START_TEST(c3_an_address_that_fails_dad_is_never_usable)
{
	netns_enter(&there);
	run("ip addr add 2001:db8:1::1/64 dev b0 nodad");
	netns_enter(&here);
	run("ip addr add 2001:db8:1::1/64 dev a0");
	while (!shows("ip addr show dev a0", "dadfailed"))
		ck_assert(readable(ifmon_fd(l), 5000) && !ifmon_read(l));
	drain();
	ck_assert(!is_known("2001:db8:1::1"));
	ck_assert_uint_eq(reported_addr.ups, 0);
}
END_TEST

START_TEST(b6_a_deleted_address_is_down)
{
	run("ip addr add 2001:db8:1::1/64 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, 0));
	run("ip addr del 2001:db8:1::1/64 dev a0");
	ck_assert(becomes("2001:db8:1::1", false, 0));
}
END_TEST

START_TEST(b6_a_lost_carrier_takes_the_addresses_though_the_kernel_keeps_them)
{
	run("ip addr add 2001:db8:1::1/64 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, 0));
	netns_enter(&there);
	run("ip link set b0 down");
	netns_enter(&here);
	ck_assert(becomes("2001:db8:1::1", false, 0));
	ck_assert(shows("ip addr show dev a0", "2001:db8:1::1"));
	netns_enter(&there);
	run("ip link set b0 up");
	netns_enter(&here);
	ck_assert(becomes("2001:db8:1::1", true, 0));
	ck_assert_uint_eq(reported_addr.born[if_nametoindex("a0")], 1);
}
END_TEST

START_TEST(b6_a_link_set_down_takes_the_addresses)
{
	run("ip addr add 2001:db8:1::1/64 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, 0));
	run("ip link set a0 down");
	ck_assert(becomes("2001:db8:1::1", false, 0));
}
END_TEST

/* Reads until the usable address is spare, or not. */
static bool becomes_spare(const char *text, bool spare)
{
	struct in6_addr a = in6(text);
	int i;

	while ((i = known(&a)) >= 0 && reported_addr.spare[i] != spare) {
		if (!readable(ifmon_fd(l), 5000))
			return false;
		ck_assert_int_eq(ifmon_read(l), 0);
	}
	return i >= 0;
}

START_TEST(c3_a_deprecated_address_is_spare)
{
	run("ip addr add 2001:db8:1::1/64 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, 0));
	ck_assert(becomes_spare("2001:db8:1::1", false));
	run("ip addr change 2001:db8:1::1/64 dev a0 preferred_lft 0");
	ck_assert(becomes_spare("2001:db8:1::1", true));
	run("ip addr change 2001:db8:1::1/64 dev a0 preferred_lft forever");
	ck_assert(becomes_spare("2001:db8:1::1", false));
}
END_TEST

START_TEST(c3_an_address_on_the_loopback_is_spare_unless_another_interface_has_it)
{
	run("ip link set lo up");
	run("ip addr add 2001:db8:1::1/128 dev lo");
	ck_assert(becomes("2001:db8:1::1", true, if_nametoindex("lo")));
	ck_assert(becomes_spare("2001:db8:1::1", true));
	run("ip addr add 2001:db8:1::1/64 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, if_nametoindex("a0")));
	ck_assert(becomes_spare("2001:db8:1::1", false));
	run("ip link set a0 down");
	ck_assert(becomes("2001:db8:1::1", true, if_nametoindex("lo")));
	ck_assert(becomes_spare("2001:db8:1::1", true));
}
END_TEST

START_TEST(c3_the_valid_lifetime_of_the_kernel_is_told_on_the_boot_clock)
{
	struct in6_addr a = in6("2001:db8:1::1"), b = in6("2001:db8:1::2");
	struct timespec ts;
	usec_t now;

	run("ip addr add 2001:db8:1::1/64 dev a0 nodad valid_lft 300 preferred_lft 200");
	run("ip addr add 2001:db8:1::2/64 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, 0) && becomes("2001:db8:1::2", true, 0));
	clock_gettime(CLOCK_BOOTTIME, &ts);
	now = (usec_t)ts.tv_sec * USEC_PER_SEC;
	ck_assert_uint_ge(reported_addr.valid[known(&a)], now + 295 * USEC_PER_SEC);
	ck_assert_uint_le(reported_addr.valid[known(&a)], now + 302 * USEC_PER_SEC);
	ck_assert(reported_addr.valid[known(&b)] == USEC_NEVER);
	reported_addr.ups = 0;
	ck_assert_int_eq(ifmon_sync(l), 0);
	ck_assert_uint_eq(reported_addr.ups, 0);
	run("ip addr change 2001:db8:1::1/64 dev a0 valid_lft 900 preferred_lft 900");
	ck_assert(readable(ifmon_fd(l), 5000));
	drain();
	ck_assert_uint_eq(reported_addr.ups, 1);
	ck_assert_uint_ge(reported_addr.valid[known(&a)], now + 890 * USEC_PER_SEC);
}
END_TEST

START_TEST(c8_only_addresses_of_global_scope_count)
{
	run("ip link set lo up");
	run("ip addr add fd00:1::1/64 dev a0 nodad");
	ck_assert(becomes("fd00:1::1", true, 0));
	ck_assert_uint_eq(reported_addr.n, 1);
}
END_TEST

START_TEST(a_point_to_point_address_is_the_local_one)
{
	run("ip addr add 2001:db8:1::1 peer 2001:db8:1::2 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, 0));
	ck_assert(!is_known("2001:db8:1::2"));
}
END_TEST

START_TEST(the_same_address_on_two_interfaces_is_down_when_both_are_without_it)
{
	unsigned a0 = if_nametoindex("a0"), a1 = if_nametoindex("a1");

	run("ip addr add 2001:db8:1::1/64 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, a0));
	run("ip addr add 2001:db8:1::1/64 dev a1 nodad");
	ck_assert(readable(ifmon_fd(l), 5000));
	drain();
	ck_assert(becomes("2001:db8:1::1", true, a0));
	run("ip addr del 2001:db8:1::1/64 dev a0");
	ck_assert(becomes("2001:db8:1::1", true, a1));
	ck_assert_uint_eq(reported_addr.downs, 0);
	run("ip addr del 2001:db8:1::1/64 dev a1");
	ck_assert(becomes("2001:db8:1::1", false, 0));
}
END_TEST

START_TEST(a_burst_ends_where_the_kernel_ends)
{
	for (int i = 0; i < 10; i++) {
		run("ip addr add 2001:db8:1::1/64 dev a0 nodad");
		run("ip addr del 2001:db8:1::1/64 dev a0");
	}
	drain();
	ck_assert(!is_known("2001:db8:1::1"));
	run("ip addr add 2001:db8:1::1/64 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, 0));
	ck_assert_uint_eq(reported_addr.ups, 1);
	ck_assert_uint_eq(reported_addr.downs, 0);
}
END_TEST

START_TEST(an_interface_is_told_once_and_keeps_its_name_up_to_date)
{
	unsigned a0 = if_nametoindex("a0");

	ck_assert_uint_eq(reported_addr.born[a0], 1);
	ck_assert_uint_eq(reported_addr.hatype[a0], ARPHRD_ETHER);
	ck_assert_uint_eq(reported_addr.hatype[1], ARPHRD_LOOPBACK);
	ck_assert_str_eq(ifmon_name(l, a0), "a0");
	run("ip link set a0 down && ip link set a0 name wan && ip link set wan up");
	drain();
	ck_assert_str_eq(ifmon_name(l, a0), "wan");
	ck_assert_uint_eq(ifmon_index(l, "wan"), a0);
	ck_assert_uint_eq(ifmon_index(l, "a0"), 0);
	ck_assert_uint_eq(reported_addr.born[a0], 1);
	ck_assert_uint_eq(reported_addr.gone[a0], 0);
}
END_TEST

START_TEST(an_interface_deleted_or_moved_away_takes_its_addresses)
{
	unsigned index = if_nametoindex("a0");

	run("ip addr add 2001:db8:1::1/64 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, 0));
	if (_i)
		run("ip link set a0 netns %d", (int)there.holder);
	else
		run("ip link del a0");
	ck_assert(becomes("2001:db8:1::1", false, 0));
	drain();
	ck_assert_uint_eq(reported_addr.gone[index], 1);
	ck_assert_ptr_null(ifmon_name(l, index));
}
END_TEST

START_TEST(an_interface_made_anew_under_the_same_index_is_told_anew)
{
	unsigned index = if_nametoindex("a0");

	run("ip link del a0");
	run("ip link add a0 index %u type veth peer name c0", index);
	drain();
	ck_assert_uint_eq(reported_addr.gone[index], 1);
	ck_assert_uint_eq(reported_addr.born[index], 2);
}
END_TEST

/* Its addresses are of no use: what comes to them is the bridge's. */
START_TEST(what_becomes_a_port_is_told_anew_and_has_no_address)
{
	unsigned index = if_nametoindex("a0");

	if (system(_i == 2 ? "ip link add m0 link a1 type macvlan mode bridge 2>/dev/null"
			   : "ip link add br0 type bridge 2>/dev/null"))
		return;		/* a kernel without */
	run("ip addr add 2001:db8:1::1/64 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, index));
	ck_assert(!reported_addr.port[index]);
	run(_i == 2 ? "ip link add m1 link a0 type macvlan mode passthru"
		    : "ip link set a0 master br0");
	ck_assert(becomes("2001:db8:1::1", false, 0));
	ck_assert(reported_addr.port[index]);
	ck_assert_uint_eq(reported_addr.gone[index], 1);
	run(_i == 2 ? "ip link del m1" : _i ? "ip link del br0" : "ip link set a0 nomaster");
	ck_assert(becomes("2001:db8:1::1", true, index));
	ck_assert(!reported_addr.port[index]);
	ck_assert_uint_eq(reported_addr.born[index], 3);
}
END_TEST

START_TEST(a_bridge_losing_a_port_is_no_interface_gone)
{
	unsigned index = if_nametoindex("a0");

	if (system("ip link add br0 type bridge 2>/dev/null"))
		return;		/* a kernel without */
	run("ip link set a0 master br0 && ip link set a0 nomaster");
	drain();
	ck_assert_uint_eq(reported_addr.gone[index], 0);
	ck_assert_str_eq(ifmon_name(l, index), "a0");
}
END_TEST

START_TEST(routes_of_others_are_told_once_a_burst_and_ours_are_not)
{
	run("ip addr add 2001:db8:1::1/64 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, 0));
	drain();
	reported_addr.routes = 0;
	for (int i = 0; i < 5; i++)
		run("ip route add 2001:db8:%x::/64 dev a0", 16 + i);
	ck_assert_int_eq(ifmon_read(l), 0);
	ck_assert_uint_eq(reported_addr.routes, 1);
	ck_assert_uint_eq(reported_addr.own_routes_gone, 0);
	run("ip route add 2001:db8:99::/64 dev a0 proto 109");
	ck_assert(readable(ifmon_fd(l), 1000));
	ck_assert_int_eq(ifmon_read(l), 0);
	ck_assert_uint_eq(reported_addr.routes, 1);
	ck_assert_uint_eq(reported_addr.own_routes_gone, 0);
	run("ip -6 route flush proto 109");
	while (!reported_addr.own_routes_gone && readable(ifmon_fd(l), 5000))
		ck_assert_int_eq(ifmon_read(l), 0);
	ck_assert_uint_eq(reported_addr.own_routes_gone, 1);
}
END_TEST

START_TEST(after_an_overrun_the_picture_is_right_again)
{
	int small = 1;
	FILE *batch;

	run("ip addr add 2001:db8:1::1/64 dev a0 nodad");
	ck_assert(becomes("2001:db8:1::1", true, 0));
	ck_assert_int_eq(setsockopt(ifmon_fd(l), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	batch = popen("ip -batch -", "w");
	for (int i = 0; i < 40; i++)
		fprintf(batch,
			"addr add 2001:db8:2::%x/64 dev a1 nodad\naddr del 2001:db8:2::%x/64 dev "
			"a1\n",
			i, i);
	fprintf(batch, "addr del 2001:db8:1::1/64 dev a0\n");
	ck_assert_int_eq(pclose(batch), 0);
	reported_addr.routes = 0;
	ck_assert_int_eq(ifmon_read(l), 0);
	ck_assert(!is_known("2001:db8:1::1"));
	ck_assert_uint_eq(reported_addr.n, 0);
	ck_assert_uint_eq(reported_addr.routes, 1);
	run("ip addr add 2001:db8:3::1/64 dev a1 nodad");
	ck_assert(becomes("2001:db8:3::1", true, 0));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ifmon");
	TCase *tc = tcase_create("ifmon");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, c3_an_address_is_usable_when_dad_is_done_and_not_before);
	tcase_add_test(tc, c3_an_optimistic_address_is_usable_at_once);
	tcase_add_test(tc, c3_an_address_that_fails_dad_is_never_usable);
	tcase_add_test(tc, b6_a_deleted_address_is_down);
	tcase_add_test(tc, b6_a_lost_carrier_takes_the_addresses_though_the_kernel_keeps_them);
	tcase_add_test(tc, b6_a_link_set_down_takes_the_addresses);
	tcase_add_test(tc, c3_a_deprecated_address_is_spare);
	tcase_add_test(tc, c3_an_address_on_the_loopback_is_spare_unless_another_interface_has_it);
	tcase_add_test(tc, c3_the_valid_lifetime_of_the_kernel_is_told_on_the_boot_clock);
	tcase_add_test(tc, c8_only_addresses_of_global_scope_count);
	tcase_add_test(tc, a_point_to_point_address_is_the_local_one);
	tcase_add_test(tc, the_same_address_on_two_interfaces_is_down_when_both_are_without_it);
	tcase_add_test(tc, a_burst_ends_where_the_kernel_ends);
	tcase_add_test(tc, an_interface_is_told_once_and_keeps_its_name_up_to_date);
	tcase_add_loop_test(tc, an_interface_deleted_or_moved_away_takes_its_addresses, 0, 2);
	tcase_add_test(tc, an_interface_made_anew_under_the_same_index_is_told_anew);
	tcase_add_loop_test(tc, what_becomes_a_port_is_told_anew_and_has_no_address, 0, 3);
	tcase_add_test(tc, a_bridge_losing_a_port_is_no_interface_gone);
	tcase_add_test(tc, routes_of_others_are_told_once_a_burst_and_ours_are_not);
	tcase_add_test(tc, after_an_overrun_the_picture_is_right_again);
	suite_add_tcase(s, tc);
	return netns_suite_run(s);
}
