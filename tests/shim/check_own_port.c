/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports that connect(2) chooses under the shim (R3). The range they are taken from is so small that
 * the kernel, left alone, gives the same port to connections from two addresses for certain.
 */
#define _GNU_SOURCE
#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define FIRST	40000			/* of the first test's range; TIME-WAIT outlives a test */
#define PORTS	32
#define FREE	6			/* left by what is there before */

static const struct kind {
	const char *what;
	int type, level, option;	/* one that the program has set, 0: none */
	const char *bound;		/* to that address, NULL: to none */
} kind[] = {
	{ "TCP", SOCK_STREAM, 0, 0, NULL },
	{ "TCP with SO_REUSEADDR", SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR, NULL },
	{ "TCP with SO_REUSEPORT", SOCK_STREAM, SOL_SOCKET, SO_REUSEPORT, NULL },
	{ "TCP with IP_BIND_ADDRESS_NO_PORT",
	  SOCK_STREAM, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, NULL },
	{ "TCP bound to an address", SOCK_STREAM, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, THERE },
	{ "UDP", SOCK_DGRAM, 0, 0, NULL },
	{ "UDP with SO_REUSEADDR", SOCK_DGRAM, SOL_SOCKET, SO_REUSEADDR, NULL },
	{ "UDP with SO_REUSEPORT", SOCK_DGRAM, SOL_SOCKET, SO_REUSEPORT, NULL },
	{ "UDP bound to an address", SOCK_DGRAM, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, THERE },
};

static unsigned first;			/* of the range */
static unsigned used[PORTS];		/* sockets that have that port */

static void set_range(unsigned from, unsigned to)
{
	char text[32];
	int fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
	int len = snprintf(text, sizeof(text), "%u %u", from, to);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), len);
	close(fd);
}

static void narrow_range(unsigned which)
{
	first = FIRST + which * PORTS;
	set_range(first, first + PORTS - 1);
}

/* For what listens. */
static void wide_range(void)
{
	set_range(FIRST - 4000, FIRST - 1);
}

static void set(int fd, int level, int option)
{
	int on = 1;

	ck_assert_int_eq(setsockopt(fd, level, option, &on, sizeof(on)), 0);
}

/* A socket of kind k, but bound to address from if that is not NULL. */
static int make_socket(const struct kind *k, const char *from)
{
	int fd = socket(AF_INET6, k->type | SOCK_CLOEXEC, 0);
	struct sockaddr_storage a = rig_addr(from, 0);

	ck_assert_int_ge(fd, 0);
	if (k->option)
		set(fd, k->level, k->option);
	if (!from)
		return fd;
	set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
	ck_assert_int_eq(raw_bind(fd, (struct sockaddr *)&a, sizeof(struct sockaddr_in6)), 0);
	return fd;
}

static unsigned port_of(int fd)
{
	struct sockaddr_storage own = rig_own_raw(fd);

	return ntohs(((struct sockaddr_in6 *)&own)->sin6_port);
}

/* Connects fd to HERE. Returns its port, or 0 with errno set. */
static unsigned go(int fd, unsigned port, int (*call)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_storage to = rig_addr(HERE, port);
	unsigned got;

	if (call(fd, (struct sockaddr *)&to, sizeof(struct sockaddr_in6)))
		return 0;
	got = port_of(fd);
	ck_assert_uint_ge(got, first);
	ck_assert_uint_lt(got, first + PORTS);
	used[got - first]++;
	return got;
}

static int libc_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return connect(fd, addr, len);
}

static int fast_open(int fd, const struct sockaddr *addr, socklen_t len)
{
	return sendto(fd, "word", 4, MSG_FASTOPEN, addr, len) == 4 ? 0 : -1;
}

/* A UDP socket has its port from bind(2): left to itself it might share one. */
static int fill_one(const struct kind *k, unsigned n, unsigned port)
{
	int fd = make_socket(k, ULA);
	struct sockaddr_storage own = rig_addr(ULA, first + n);

	if (k->type == SOCK_DGRAM)
		ck_assert_int_eq(raw_bind(fd, (struct sockaddr *)&own, sizeof(struct sockaddr_in6)),
				 0);
	ck_assert_uint_ne(go(fd, port, raw_connect), 0);
	return fd;
}

/*
 * What is connected from ULA already: each with another port, so that FREE are left. Some have
 * ended: their ports have not.
 */
static void fill(const struct kind *k, int listener, unsigned port)
{
	int fd[PORTS - FREE];

	for (unsigned n = 0; n < ARRAY_LEN(fd); n++)
		fd[n] = fill_one(k, n, port);
	for (unsigned n = 0; n < ARRAY_LEN(fd) && k->type == SOCK_STREAM; n++) {
		int peer = raw_accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		ck_assert_int_ge(peer, 0);
		if (n % 2)
			continue;
		close(fd[n]);	/* who closes first has TIME-WAIT */
		close(peer);
	}
}

static void flag_here(unsigned flags)
{
	struct hostmap_row row = { .hce = 1, .side = HOSTMAP_FOREIGN, .flags = flags };

	inet_pton(AF_INET6, HERE, &row.known);
	row.now = row.known;
	hostmap_write(rig_hostmap, &row, 1);
}

static bool has_option(int fd, const struct kind *k)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return !k->option || (!getsockopt(fd, k->level, k->option, &value, &len) && value);
}

static unsigned clashes(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PORTS; i++)
		n += used[i] > 1;
	return n;
}

START_TEST(r3_connections_to_a_peer_that_moved_share_no_ports)
{
	const struct kind *k = &kind[_i];
	unsigned port;
	int listener = rig_listen(HERE, 128, &port);

	rig_helper(RIG_LIVE);
	flag_here(HOSTMAP_UNIQUE_PORT);
	narrow_range(_i);
	fill(k, listener, port);
	for (unsigned n = 0; n < FREE; n++) {
		int fd = make_socket(k, k->bound);
		struct sockaddr_storage own;
		unsigned got;

		errno = 4711;
		got = go(fd, port, libc_connect);
		ck_assert_msg(got, "%s: %s", k->what, strerror(errno));
		ck_assert_int_eq(errno, 4711);
		ck_assert_msg(has_option(fd, k), "%s: the option is gone", k->what);
		own = rig_own(fd);
		ck_assert(rig_is(&own, k->bound ? k->bound : HERE, got));
	}
	ck_assert_msg(!clashes(), "%s: %u ports are shared", k->what, clashes());
}
END_TEST

START_TEST(r3_so_it_is_with_fast_open)
{
	unsigned port;
	int listener = rig_listen(HERE, 128, &port);

	rig_helper(RIG_LIVE);
	flag_here(HOSTMAP_UNIQUE_PORT);
	narrow_range(14);
	fill(&kind[0], listener, port);
	for (unsigned n = 0; n < FREE; n++)
		ck_assert_uint_ne(go(make_socket(&kind[0], NULL), port, fast_open), 0);
	ck_assert_uint_eq(clashes(), 0);
}
END_TEST

/* What the shim is there for: without it, or without its knowing of danger, ports are shared. */
START_TEST(the_kernel_alone_shares_ports)
{
	unsigned port;
	int listener = rig_listen(HERE, 128, &port);

	rig_helper(RIG_LIVE);
	flag_here(0);
	narrow_range(10 + _i);
	fill(&kind[0], listener, port);
	for (unsigned n = 0; n < FREE + 2; n++)
		ck_assert_uint_ne(go(make_socket(&kind[0], NULL), port,
				     _i ? libc_connect : raw_connect),
				  0);
	ck_assert_uint_ge(clashes(), 2);
}
END_TEST

START_TEST(when_no_port_is_left_the_program_gets_what_it_would_get)
{
	unsigned port;
	int listener = rig_listen(HERE, 128, &port);

	rig_helper(RIG_LIVE);
	flag_here(HOSTMAP_UNIQUE_PORT);
	narrow_range(12);
	fill(&kind[0], listener, port);
	for (unsigned n = 0; n < PORTS; n++)
		ck_assert_uint_ne(go(make_socket(&kind[0], NULL), port, libc_connect), 0);
	ck_assert_uint_eq(go(make_socket(&kind[0], NULL), port, libc_connect), 0);
	ck_assert_int_eq(errno, EADDRNOTAVAIL);
}
END_TEST

START_TEST(a_port_that_the_program_has_chosen_stays)
{
	const struct kind *k = &kind[_i];
	int fd = make_socket(k, NULL);
	unsigned port;
	struct sockaddr_storage own = rig_addr(NULL, 50000);

	rig_listen(HERE, 128, &port);
	rig_helper(RIG_LIVE);
	flag_here(HOSTMAP_UNIQUE_PORT);
	ck_assert_int_eq(raw_bind(fd, (struct sockaddr *)&own, sizeof(struct sockaddr_in6)), 0);
	own = rig_addr(HERE, port);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&own, sizeof(struct sockaddr_in6)), 0);
	ck_assert_uint_eq(port_of(fd), 50000);
}
END_TEST

/* A connect that failed leaves the socket to be connected again, by whatever port. */
START_TEST(a_socket_that_was_refused_can_be_connected_again)
{
	unsigned port;
	int fd = make_socket(&kind[0], NULL);
	struct sockaddr_storage to = rig_addr(HERE, 9);

	rig_listen(HERE, 128, &port);
	rig_helper(RIG_LIVE);
	flag_here(HOSTMAP_UNIQUE_PORT);
	narrow_range(13);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(struct sockaddr_in6)), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	ck_assert_uint_ne(go(fd, port, libc_connect), 0);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("port");
	TCase *tc = tcase_create("port");

	tcase_add_checked_fixture(tc, wide_range, NULL);
	tcase_add_loop_test(tc, r3_connections_to_a_peer_that_moved_share_no_ports, 0,
			    ARRAY_LEN(kind));
	tcase_add_test(tc, r3_so_it_is_with_fast_open);
	tcase_add_loop_test(tc, the_kernel_alone_shares_ports, 0, 2);
	tcase_add_test(tc, when_no_port_is_left_the_program_gets_what_it_would_get);
	tcase_add_loop_test(tc, a_port_that_the_program_has_chosen_stays, 0, ARRAY_LEN(kind));
	tcase_add_test(tc, a_socket_that_was_refused_can_be_connected_again);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
