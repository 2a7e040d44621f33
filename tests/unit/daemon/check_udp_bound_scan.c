/* SPDX-License-Identifier: BSD-2-Clause */
/* udp_bound_scan.h: which of the kernel's UDP sockets the core is told of. */
#include "config.h"

#include "core/host.h"
#include "daemon_private.h"
#include "datapath.h"
#include "own_netns.h"
#include "sock_monitor.h"
#include "udp_bound.h"
#include "udp_bound_scan.h"
#include "unused.h"

#include <sys/socket.h>

/* What is linked with the file needs it, and does not call it here. */
int datapath_acked(struct datapath *dp UNUSED, uint32_t hce UNUSED, const struct pcb *p UNUSED,
		   uint32_t *ret UNUSED)
{
	ck_abort_msg("the datapath is asked");
}

static struct daemon *d;

static void on_gone(void *ctx UNUSED, uint64_t cookie UNUSED)
{
}

static void setup_daemon(void)
{
	netns_new();
	setup();
	d = calloc(1, sizeof(*d));
	ck_assert_ptr_nonnull(d);
	d->core = c;
	ck_assert_int_eq(sock_monitor_open(on_gone, NULL, &d->sock_monitor), 0);
	/* The kernel binds to what it does not have as well. */
	run("sysctl -qw net.ipv6.ip_nonlocal_bind=1");
	up(L1)->usable = false;
}

static void teardown_daemon(void)
{
	sock_monitor_close(d->sock_monitor);
	free(d);
	teardown();
}

/* A UDP socket bound to addr and port. */
static int bound(const char *text, uint16_t port)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_addr = a(text),
				     .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0), on = 1;

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void scan(const char *lost)
{
	struct in6_addr addr = a(lost ? lost : "::");

	udp_bound_scan(d, lost ? &addr : NULL);
}

static bool is_found(const char *local, uint16_t port)
{
	const struct bound *b = bound_find_port(c, port);
	struct in6_addr addr = a(local);

	return b && addr_equal(&b->local, &addr);
}

START_TEST(sockets_of_the_address_that_is_lost_are_found)
{
	bound(L1, 5000);
	bound(L2, 5001);
	bound("::", 5002);
	scan(L1);
	ck_assert(is_found(L1, 5000));
	ck_assert_uint_eq(take(ACTION_BOUND, NULL), 1);
	ck_assert_uint_eq(HASH_COUNT(c->bound), 1);
}
END_TEST

START_TEST(without_an_address_those_of_any_that_this_host_does_not_have)
{
	bound(L0, 5000);	/* it has that */
	bound(L1, 5001);	/* lost */
	bound(L2, 5002);	/* never heard of: lost before the helper began */
	bound("::", 5003);
	bound("::1", 5004);
	scan(NULL);
	ck_assert(is_found(L1, 5001));
	ck_assert(is_found(L2, 5002));
	ck_assert_uint_eq(HASH_COUNT(c->bound), 2);
}
END_TEST

/* Of one port there is one answer, so nobody else may receive at it. */
static const char *const other[] = { L0, L2, "::" };

START_TEST(a_port_that_another_address_has_too_is_left_alone)
{
	/* The order of the kernel's list is not that of bind(2): try both. */
	for (uint16_t port = 5000; port < 5002; port++) {
		bound(port % 2 ? other[_i] : L1, port);
		bound(port % 2 ? L1 : other[_i], port);
	}
	bound(L1, 5002);
	scan(L1);
	ck_assert(is_found(L1, 5002));
	ck_assert_uint_eq(HASH_COUNT(c->bound), 1);
}
END_TEST

START_TEST(workers_that_share_a_port_are_found_all_and_published_once)
{
	bound(L1, 5000);
	bound(L1, 5000);
	bound(L1, 5000);
	scan(L1);
	ck_assert_uint_eq(HASH_COUNT(c->bound), 3);
	ck_assert_uint_eq(take(ACTION_BOUND, NULL), 1);
	scan(L1);
	ck_assert_uint_eq(HASH_COUNT(c->bound), 3);
	ck_assert_uint_eq(take(ACTION_BOUND, NULL), 0);
}
END_TEST

START_TEST(connected_sockets_are_not_of_concern)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback,
				   .sin6_port = htons(9) };

	ck_assert_int_eq(connect(bound(L1, 5000), (struct sockaddr *)&to, sizeof(to)), 0);
	bound(L1, 5001);
	scan(L1);
	ck_assert(is_found(L1, 5001));
	ck_assert_uint_eq(HASH_COUNT(c->bound), 1);
}
END_TEST

START_TEST(a_host_without_peers_is_not_searched)
{
	bound(L1, 5000);
	hce_destroy(c, h, now);
	ck_assert_ptr_null(core_entries(c));
	scan(L1);
	ck_assert_uint_eq(HASH_COUNT(c->bound), 0);
}
END_TEST

START_TEST(of_very_many_sockets_all_are_seen)
{
	enum { MANY = 300 };

	for (unsigned i = 0; i < MANY; i++)
		bound(L1, 6000 + i);
	scan(L1);
	ck_assert_uint_eq(HASH_COUNT(c->bound), MANY);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("udp_bound_scan");
	TCase *tc = tcase_create("kernel");

	tcase_add_checked_fixture(tc, setup_daemon, teardown_daemon);
	tcase_add_test(tc, sockets_of_the_address_that_is_lost_are_found);
	tcase_add_test(tc, without_an_address_those_of_any_that_this_host_does_not_have);
	tcase_add_loop_test(tc, a_port_that_another_address_has_too_is_left_alone, 0, 3);
	tcase_add_test(tc, workers_that_share_a_port_are_found_all_and_published_once);
	tcase_add_test(tc, connected_sockets_are_not_of_concern);
	tcase_add_test(tc, a_host_without_peers_is_not_searched);
	tcase_add_test(tc, of_very_many_sockets_all_are_seen);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return netns_suite_run(make());
}
