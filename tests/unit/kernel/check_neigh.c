/* SPDX-License-Identifier: BSD-2-Clause */
/* neigh.h: what would make a fresh address wait is forgotten, and nothing else. */
#include "config.h"

#include "neigh.h"
#include "own_netns.h"

#include <errno.h>
#include <net/if.h>

#define SHOW	"ip -6 neigh show"

static struct netlink *nl;

static void setup(void)
{
	netns_new();
	run("ip link add n0 type veth peer name n1 && ip link set n0 up && ip link set n1 up");
	run("ip addr add 2001:db8:1::1/64 dev n0 nodad && ip addr add 2001:db8:2::1/64 dev n1 "
	    "nodad");
	ck_assert_int_eq(netlink_open(NETLINK_ROUTE, &nl), 0);
}

static void teardown(void)
{
	netlink_close(nl);
}

START_TEST(what_is_unresolved_is_asked_for_anew_and_what_is_known_stays)
{
	run("ip -6 neigh add 2001:db8:1::2 dev n0 nud incomplete");
	run("ip -6 neigh add 2001:db8:1::3 dev n0 nud failed");
	run("ip -6 neigh add 2001:db8:1::4 dev n0 lladdr 02:00:00:00:00:04 nud reachable");
	run("ip -6 neigh add 2001:db8:1::5 dev n0 lladdr 02:00:00:00:00:05 nud permanent");
	run("ip -6 neigh add 2001:db8:2::2 dev n1 nud failed");
	ck_assert_int_eq(neigh_flush_unresolved(nl, if_nametoindex("n0")), 0);
	ck_assert(!shows(SHOW, "2001:db8:1::2"));
	ck_assert(!shows(SHOW, "2001:db8:1::3"));
	ck_assert(shows(SHOW, "2001:db8:1::4"));
	ck_assert(shows(SHOW, "2001:db8:1::5"));
	ck_assert(shows(SHOW, "2001:db8:2::2"));
}
END_TEST

/* A flush must not end what another program begins on the link: it tries again by itself. */
START_TEST(who_connects_is_not_refused)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(7000) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), err;
	socklen_t len = sizeof(err);

	inet_pton(AF_INET6, "2001:db8:1::9", &to.sin6_addr);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), -1);
	ck_assert_int_eq(errno, EINPROGRESS);
	ck_assert(shows(SHOW, "2001:db8:1::9"));
	ck_assert_int_eq(neigh_flush_unresolved(nl, if_nametoindex("n0")), 0);
	ck_assert(!shows(SHOW, "2001:db8:1::9"));
	ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len), 0);
	ck_assert_int_eq(err, 0);
	close(fd);
}
END_TEST

START_TEST(an_interface_that_is_gone_is_no_fault)
{
	ck_assert_int_eq(neigh_flush_unresolved(nl, 4711), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("neigh");
	TCase *tc = tcase_create("neigh");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_unresolved_is_asked_for_anew_and_what_is_known_stays);
	tcase_add_test(tc, who_connects_is_not_refused);
	tcase_add_test(tc, an_interface_that_is_gone_is_no_fault);
	suite_add_tcase(suite, tc);
	return netns_suite_run(suite);
}
