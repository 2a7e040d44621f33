/* SPDX-License-Identifier: BSD-2-Clause */
/* hmip.h under the shim. */
#define _GNU_SOURCE
#include "rig.h"
#include "hmip.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static int info(int fd)
{
	struct hmip_info i;

	return hmip_info(fd, &i);
}

static int (*const question[])(int) = { info, hmip_trust, hmip_forget };

static int connected(unsigned port)
{
	struct sockaddr_storage to = rig_addr(HERE, port);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(struct sockaddr_in6)), 0);
	return fd;
}

START_TEST(without_a_helper_that_answers_there_is_an_error)
{
	static const int expected[] = {
		[RIG_NONE] = ENXIO, [RIG_LIVE] = ETIMEDOUT, [RIG_DEAF] = ENXIO,
		[RIG_STOPPED] = ENXIO, [RIG_STUCK] = EAGAIN, [RIG_IMPOSTOR] = ENXIO,
	};
	unsigned port, descriptors;
	int listener = rig_listen(HERE, 4, &port), fd;

	rig_helper(_i);
	fd = connected(port);
	descriptors = rig_descriptors();
	for (size_t i = 0; i < ARRAY_LEN(question); i++) {
		errno = 0;
		ck_assert_int_eq(question[i](fd), -1);
		ck_assert_int_eq(errno, expected[_i]);
	}
	ck_assert_uint_eq(rig_descriptors(), descriptors);
	close(listener);
}
END_TEST

/* Answers n questions at the door as the helper does, in a process of its own. */
static pid_t answer(unsigned n, const void *text, size_t len)
{
	pid_t pid = fork();

	while (!pid && n--) {
		struct pollfd p = { .fd = rig_door(), .events = POLLIN };
		struct control_register q;
		int fd;

		poll(&p, 1, 10000);
		fd = raw_accept4(p.fd, NULL, NULL, SOCK_CLOEXEC);
		if (recv(fd, &q, sizeof(q), 0) != sizeof(q))
			_exit(1);
		if (!control_is_answered(q.verb))
			n++;
		else
			send(fd, text, len, 0);
		close(fd);
	}
	if (!pid)
		_exit(0);
	return pid;
}

START_TEST(what_the_helper_says_is_told)
{
	struct control_answer a = { .magic = CONTROL_MAGIC, .version = CONTROL_VERSION,
		.flags = CONTROL_KNOWN | CONTROL_MOVED, .addresses = 2, .connections = 3 };
	struct hmip_info i;
	unsigned port;
	int listener = rig_listen(HERE, 4, &port), status;

	ck_assert_int_eq(HMIP_KNOWN, CONTROL_KNOWN);
	ck_assert_int_eq(HMIP_HOMELESS, CONTROL_HOMELESS);
	ck_assert_int_eq(HMIP_TRUSTED, CONTROL_TRUSTED);
	ck_assert_int_eq(HMIP_MOVED, CONTROL_MOVED);
	a.local.s6_addr[0] = 1;
	a.foreign.s6_addr[0] = 2;
	a.local_now.s6_addr[0] = 3;
	a.foreign_now.s6_addr[0] = 4;
	rig_helper(RIG_LIVE);
	pid_t pid = answer(3, &a, sizeof(a));
	int fd = connected(port);
	errno = 4711;
	ck_assert_int_eq(hmip_info(fd, &i), 0);
	ck_assert_uint_eq(i.flags, HMIP_KNOWN | HMIP_MOVED);
	ck_assert_uint_eq(i.addresses, 2);
	ck_assert_uint_eq(i.connections, 3);
	ck_assert_mem_eq(&i.local, &a.local, 4 * sizeof(i.local));
	ck_assert_int_eq(hmip_trust(fd), 0);
	ck_assert_int_eq(hmip_forget(fd), 0);
	ck_assert_int_eq(errno, 4711);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);

	a.result = -EPERM;
	pid = answer(3, &a, sizeof(a));
	for (size_t k = 0; k < ARRAY_LEN(question); k++) {
		ck_assert_int_eq(question[k](fd), -1);
		ck_assert_int_eq(errno, EPERM);
	}
	waitpid(pid, NULL, 0);
	pid = answer(3, &a, sizeof(a) - 1);
	for (size_t k = 0; k < ARRAY_LEN(question); k++) {
		ck_assert_int_eq(question[k](fd), -1);
		ck_assert_int_eq(errno, EPROTO);
	}
	waitpid(pid, NULL, 0);
	close(listener);
}
END_TEST

START_TEST(what_is_no_descriptor_is_no_question)
{
	rig_helper(RIG_LIVE);
	for (size_t k = 0; k < ARRAY_LEN(question); k++) {
		ck_assert_int_eq(question[k](-1), -1);
		ck_assert_int_eq(errno, EBADF);
	}
	ck_assert_int_eq(hmip_prevent(-1), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(hmip_prevent(0), -1);
	ck_assert_int_eq(errno, ENOTSOCK);
}
END_TEST

/* What the helper and later programs know a socket by that is to be left alone. */
static bool is_marked(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return !getsockopt(fd, IPPROTO_IP, CONTROL_PREVENTED, &on, &len) && on;
}

START_TEST(x8_what_is_prevented_is_left_alone)
{
	struct sockaddr_storage once, name;
	socklen_t len = sizeof(struct sockaddr_in6);
	unsigned port;
	int listener = rig_listen(THERE, 4, &port),
	    fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), in;

	/* Goes where it is told, which is nowhere, and nobody is shown it. */
	rig_helper(RIG_LIVE);
	once = rig_addr(ONCE, port);
	ck_assert(!is_marked(fd));
	ck_assert_int_eq(hmip_prevent(fd), 0);
	ck_assert(is_marked(fd));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&once, len), -1);
	ck_assert_int_eq(errno, ENETUNREACH);
	ck_assert_uint_eq(rig_shown().n, 0);
	close(fd);

	/* Another descriptor of that number is not meant. */
	ck_assert_int_eq(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), fd);
	connect(fd, (struct sockaddr *)&once, len);
	ck_assert_uint_eq(rig_shown().n, 1);
	in = accept(listener, NULL, NULL);
	ck_assert_uint_eq(rig_shown().n, 1);
	close(in);
	close(fd);

	/* A listening socket means what comes out of it. */
	ck_assert_int_eq(hmip_prevent(listener), 0);
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	name = rig_addr(THERE, port);
	ck_assert_int_eq(raw_connect(fd, (struct sockaddr *)&name, len), 0);
	in = accept(listener, (struct sockaddr *)&name, &len);
	name = rig_peer(in);
	once = rig_peer_raw(in);
	ck_assert_mem_eq(&name, &once, sizeof(name));
	ck_assert_uint_eq(rig_shown().n, 0);
	ck_assert(is_marked(in));
	close(fd);
	close(listener);
}
END_TEST

START_TEST(what_is_connected_cannot_be_prevented_any_more)
{
	unsigned port;
	int listener = rig_listen(HERE, 4, &port), fd;

	rig_helper(RIG_LIVE);
	fd = connected(port);
	ck_assert_int_eq(hmip_prevent(fd), -1);
	ck_assert_int_eq(errno, EISCONN);
	close(listener);
}
END_TEST

START_TEST(prevention_outlives_any_number_of_names)
{
	struct sockaddr_storage once = rig_addr(ONCE, 9);
	int prevented = socket(AF_INET6, SOCK_DGRAM, 0), fd;

	rig_helper(RIG_LIVE);
	ck_assert_int_eq(hmip_prevent(prevented), 0);
	/* More than the table has room for, all of them alive. */
	for (unsigned i = 0; i < 900; i++) {
		fd = socket(AF_INET6, SOCK_DGRAM, 0);
		ck_assert_int_ge(fd, 0);
		for (unsigned k = 0; k < 8; k++) {
			connect(fd, (struct sockaddr *)&once, sizeof(struct sockaddr_in6));
			rig_shown();
		}
	}
	for (unsigned i = 0; i < 4000; i++) {
		close(fd);
		fd = socket(AF_INET6, SOCK_DGRAM, 0);
		connect(fd, (struct sockaddr *)&once, sizeof(struct sockaddr_in6));
		rig_shown();
	}
	connect(prevented, (struct sockaddr *)&once, sizeof(struct sockaddr_in6));
	ck_assert_uint_eq(rig_shown().n, 0);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("api");
	TCase *tc = tcase_create("api");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, without_a_helper_that_answers_there_is_an_error, 0, RIG_HELPERS);
	tcase_add_test(tc, what_the_helper_says_is_told);
	tcase_add_test(tc, what_is_no_descriptor_is_no_question);
	tcase_add_test(tc, x8_what_is_prevented_is_left_alone);
	tcase_add_test(tc, what_is_connected_cannot_be_prevented_any_more);
	tcase_add_test(tc, prevention_outlives_any_number_of_names);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
