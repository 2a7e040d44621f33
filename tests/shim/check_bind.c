/* SPDX-License-Identifier: BSD-2-Clause */
/* bind(2) and getsockname(2) under the shim: addresses this host has lost. */
#define _GNU_SOURCE
#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static unsigned port_of(const struct sockaddr_storage *a)
{
	return ntohs(((const struct sockaddr_in6 *)a)->sin6_port);
}

START_TEST(whatever_the_helper_does_the_program_sees_what_it_would_see)
{
	static const struct {
		const char *text;
		socklen_t len;
	} row[] = {
		{ HERE, 0 },
		{ ULA, 0 },
		{ NULL, 0 },
		{ "::1", 0 },
		{ HERE, 24 },
		{ HERE, 23 },
		{ HERE, 4096 },
		{ "fe80::1", 0 },
		{ "ff02::1", 0 },
		{ "::ffff:127.0.0.1", 0 },
		{ "127.0.0.1", 0 },
		{ ONCE, 0 },
		{ "2001:db8:7::1", 0 },
	};

	rig_helper(_i);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
			static char large[4096];
			struct sockaddr_storage a = rig_addr(row[i].text, 0);
			socklen_t len = row[i].len ? row[i].len : sizeof(a);
			int with = socket(AF_INET6, type, 0), without = socket(AF_INET6, type, 0);

			memcpy(large, &a, sizeof(a));
			errno = 4711;
			int o = raw_bind(without, (struct sockaddr *)large, len), oerr = errno;
			errno = 4711;
			int w = bind(with, (struct sockaddr *)large, len);
			ck_assert_msg(w == o && errno == oerr,
				      "row %zu: %d (%s) instead of %d (%s)", i, w, strerror(errno),
				      o, strerror(oerr));
			close(with);
			close(without);
		}
	}
}
END_TEST

START_TEST(a2_a_lost_address_may_be_bound_to_and_keeps_its_name)
{
	static const socklen_t length[] = { 24, 28, 128 };

	rig_helper(RIG_LIVE);
	for (size_t i = 0; i < ARRAY_LEN(length); i++) {
		struct sockaddr_storage a = rig_addr(LOST, 0), name;
		int fd = socket(AF_INET6, SOCK_STREAM, 0);

		ck_assert_int_eq(raw_bind(fd, (struct sockaddr *)&a, length[i]), -1);
		ck_assert_int_eq(errno, EADDRNOTAVAIL);
		errno = 4711;
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, length[i]), 0);
		ck_assert_int_eq(errno, 4711);
		ck_assert_int_eq(listen(fd, 1), 0);
		name = rig_own_raw(fd);
		unsigned port = port_of(&name);
		ck_assert(rig_is(&name, HERE, port));
		name = rig_own(fd);
		ck_assert(rig_is(&name, LOST, port));
		ck_assert_uint_eq(rig_shown().n, 0);

		/* What comes in there is told the kernel's name. */
		struct sockaddr_storage to = rig_addr(HERE, port);
		int client = socket(AF_INET6, SOCK_STREAM, 0);
		ck_assert_int_eq(raw_connect(client, (struct sockaddr *)&to, sizeof(to)), 0);
		int in = accept(fd, NULL, NULL);
		ck_assert_int_ge(in, 0);
		name = rig_own(in);
		ck_assert(rig_is(&name, HERE, port));
		ck_assert_uint_eq(rig_shown().n, 1);
	}
}
END_TEST

START_TEST(a_port_in_use_there_is_said_to_be_in_use)
{
	unsigned port;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	rig_listen(HERE, 1, &port);
	rig_helper(RIG_LIVE);
	struct sockaddr_storage a = rig_addr(LOST, port);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), -1);
	ck_assert_int_eq(errno, EADDRINUSE);
}
END_TEST

START_TEST(without_a_helper_or_in_another_namespace_it_is_not_available)
{
	struct sockaddr_storage a = rig_addr(LOST, 0);
	int fd = socket(AF_INET6, SOCK_STREAM, 0),
	    packet = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);

	rig_helper(RIG_NONE);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), -1);
	ck_assert_int_eq(errno, EADDRNOTAVAIL);
	rig_helper(RIG_LIVE);
	ck_assert_int_eq(bind(packet, (struct sockaddr *)&a, sizeof(a)), -1);
	ck_assert_int_eq(errno, EADDRNOTAVAIL);
	rig_hostmap->netns++;
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), -1);
	ck_assert_int_eq(errno, EADDRNOTAVAIL);
}
END_TEST

START_TEST(an_address_that_is_back_is_bound_to_itself)
{
	struct hostmap_row row = { .side = HOSTMAP_LOCAL };
	struct sockaddr_storage a = rig_addr(ULA, 0), name;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	rig_helper(RIG_LIVE);
	inet_pton(AF_INET6, ULA, &row.known);
	inet_pton(AF_INET6, HERE, &row.now);
	hostmap_write(rig_hostmap, &row, 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	name = rig_own_raw(fd);
	ck_assert(rig_is(&name, ULA, port_of(&name)));
}
END_TEST

START_TEST(both_names_of_a_socket_are_kept)
{
	struct sockaddr_storage from = rig_addr(LOST, 0), to = rig_addr(ONCE, 9), name;
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	rig_helper(RIG_LIVE);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	name = rig_own(fd);
	ck_assert(rig_is(&name, LOST, port_of(&name)));
	name = rig_peer(fd);
	ck_assert(rig_is(&name, ONCE, 9));
	/* One of them goes, the other stays. */
	to = rig_addr(THERE, 9);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	name = rig_own(fd);
	ck_assert(rig_is(&name, LOST, port_of(&name)));
	name = rig_peer(fd);
	ck_assert(rig_is(&name, THERE, 9));
}
END_TEST

START_TEST(getsockname_cuts_as_the_kernel_does)
{
	struct sockaddr_storage a = rig_addr(LOST, 0), full;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	rig_helper(RIG_LIVE);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	full = rig_own(fd);
	for (socklen_t room = 0; room <= sizeof(full); room++) {
		unsigned char name[sizeof(full) + 1];
		socklen_t len = room;

		memset(name, 0xa5, sizeof(name));
		ck_assert_int_eq(getsockname(fd, (struct sockaddr *)name, &len), 0);
		ck_assert_uint_eq(len, sizeof(struct sockaddr_in6));
		ck_assert_mem_eq(name, &full, room < len ? room : len);
		ck_assert_uint_eq(name[room < len ? room : len], 0xa5);
	}
	ck_assert_int_eq(getsockname(-1, (struct sockaddr *)&a, &(socklen_t){ sizeof(a) }), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("bind");
	TCase *tc = tcase_create("bind");

	tcase_add_loop_test(tc, whatever_the_helper_does_the_program_sees_what_it_would_see, 0,
			    RIG_STUCK + 1);
	tcase_add_test(tc, a2_a_lost_address_may_be_bound_to_and_keeps_its_name);
	tcase_add_test(tc, a_port_in_use_there_is_said_to_be_in_use);
	tcase_add_test(tc, without_a_helper_or_in_another_namespace_it_is_not_available);
	tcase_add_test(tc, an_address_that_is_back_is_bound_to_itself);
	tcase_add_test(tc, both_names_of_a_socket_are_kept);
	tcase_add_test(tc, getsockname_cuts_as_the_kernel_does);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
