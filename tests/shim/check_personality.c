/* SPDX-License-Identifier: BSD-2-Clause */
/* connect(2) of a program that is started with HMIP_PERSONALITY. */
#define _GNU_SOURCE
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Connects fd to HERE. Returns what connect() does. */
static int go(int fd, unsigned port)
{
	struct sockaddr_storage to = rig_addr(HERE, port);

	return connect(fd, (struct sockaddr *)&to, sizeof(struct sockaddr_in6));
}

static const int type[] = { SOCK_STREAM, SOCK_DGRAM };

START_TEST(x9_a_program_connects_from_an_address_of_its_personality)
{
	unsigned port;

	rig_listen(HERE, 4, &port);
	rig_helper(RIG_LIVE);
	for (size_t i = 0; i < ARRAY_LEN(type); i++) {
		int fd = socket(AF_INET6, type[i], 0);
		struct sockaddr_storage own;

		errno = 4711;
		ck_assert_int_eq(go(fd, port), 0);
		ck_assert_int_eq(errno, 4711);
		own = rig_own(fd);
		ck_assert(rig_is(&own, ULA, ntohs(((struct sockaddr_in6 *)&own)->sin6_port)));
		ck_assert_uint_eq(rig_shown().n, 1);
		close(fd);
	}
}
END_TEST

START_TEST(what_the_program_has_bound_stays_bound)
{
	unsigned port;

	rig_listen(HERE, 4, &port);
	rig_helper(RIG_LIVE);
	for (size_t i = 0; i < ARRAY_LEN(type); i++) {
		struct sockaddr_storage own = rig_addr(THERE, 0);
		int fd = socket(AF_INET6, type[i], 0);

		ck_assert_int_eq(bind(fd, (struct sockaddr *)&own, sizeof(struct sockaddr_in6)), 0);
		ck_assert_int_eq(go(fd, port), 0);
		own = rig_own(fd);
		ck_assert(rig_is(&own, THERE, ntohs(((struct sockaddr_in6 *)&own)->sin6_port)));
		close(fd);
	}
}
END_TEST

START_TEST(x9_without_such_an_address_there_is_no_connection)
{
	unsigned port;

	rig_listen(HERE, 4, &port);
	rig_helper(RIG_LIVE);
	hostmap_write(rig_hostmap, NULL, 0);
	for (size_t i = 0; i < ARRAY_LEN(type); i++) {
		int fd = socket(AF_INET6, type[i], 0);

		ck_assert_int_eq(go(fd, port), -1);
		ck_assert_int_eq(errno, EADDRNOTAVAIL);
		ck_assert_uint_eq(rig_shown().n, 0);
		close(fd);
	}
}
END_TEST

START_TEST(without_a_helper_nothing_is_different)
{
	struct sockaddr_storage own;
	unsigned port;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	rig_listen(HERE, 4, &port);
	rig_helper(_i ? RIG_STOPPED : RIG_NONE);
	ck_assert_int_eq(go(fd, port), 0);
	own = rig_own(fd);
	ck_assert(rig_is(&own, HERE, ntohs(((struct sockaddr_in6 *)&own)->sin6_port)));
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("personality");
	TCase *tc = tcase_create("personality");

	tcase_add_test(tc, x9_a_program_connects_from_an_address_of_its_personality);
	tcase_add_test(tc, what_the_program_has_bound_stays_bound);
	tcase_add_test(tc, x9_without_such_an_address_there_is_no_connection);
	tcase_add_loop_test(tc, without_a_helper_nothing_is_different, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	setenv(HMIP_PERSONALITY_ENV, PERSONALITY, 1);
	return rig_main(argv, make);
}
