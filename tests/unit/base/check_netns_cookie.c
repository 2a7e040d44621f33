/* SPDX-License-Identifier: BSD-2-Clause */
/* common/base/netns.h: a namespace keeps its cookie, and no other has it. */
#include "netns.h"
#include "suite.h"

#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

START_TEST(the_cookie_is_that_of_the_sockets_made_here)
{
	uint64_t first = 0, again = 0, socket_has = 0;
	socklen_t len = sizeof(socket_has);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	ck_assert_int_eq(netns_cookie(&first), 0);
	ck_assert_int_eq(netns_cookie(&again), 0);
	ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &socket_has, &len), 0);
	ck_assert_uint_ne(first, 0);
	ck_assert_uint_eq(first, again);
	ck_assert_uint_eq(first, socket_has);
	close(fd);
}
END_TEST

START_TEST(another_namespace_has_another_cookie)
{
	uint64_t here = 0, there = 0;

	ck_assert_int_eq(netns_cookie(&here), 0);
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	ck_assert_int_eq(netns_cookie(&there), 0);
	ck_assert_uint_ne(here, there);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("netns_cookie");
	TCase *tc = tcase_create("netns_cookie");

	tcase_add_test(tc, the_cookie_is_that_of_the_sockets_made_here);
	if (geteuid() == 0)
		tcase_add_test(tc, another_namespace_has_another_cookie);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
