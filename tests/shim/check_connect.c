/* SPDX-License-Identifier: BSD-2-Clause */
/* connect(2) under the shim. */
#define _GNU_SOURCE
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

typedef int connect_fn(int fd, const struct sockaddr *addr, socklen_t len);

static int libc_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return connect(fd, addr, len);
}

/*
 * One way to call it. Port 0 stands for the port somebody listens at, 1 for one where nobody does.
 */
static const struct call {
	const char *what;
	int type;
	const char *text;
	unsigned port;
	socklen_t len;		/* 0: all of it */
	bool concerns;		/* us, if it succeeds */
} call[] = {
	{ "blocking", SOCK_STREAM, HERE, 0, 0, true },
	{ "to a ULA", SOCK_STREAM, ULA, 0, 0, true },
	{ "non-blocking", SOCK_STREAM | SOCK_NONBLOCK, HERE, 0, 0, true },
	{ "with the length of RFC 2133", SOCK_STREAM, HERE, 0, 24, true },
	{ "with a sockaddr_in6's length", SOCK_STREAM, HERE, 0, 28, true },
	{ "with too short a length", SOCK_STREAM, HERE, 0, 23, false },
	{ "with no length", SOCK_STREAM, HERE, 0, 1, false },
	{ "with an absurd length", SOCK_STREAM, HERE, 0, 4096, false },
	{ "refused", SOCK_STREAM, HERE, 1, 0, false },
	{ "refused, non-blocking", SOCK_STREAM | SOCK_NONBLOCK, HERE, 1, 0, false },
	{ "unreachable", SOCK_STREAM, "2001:db8:7::1", 0, 0, false },
	{ "loopback", SOCK_STREAM, "::1", 0, 0, false },
	{ "unspecified", SOCK_STREAM, NULL, 0, 0, false },
	{ "link-local without scope", SOCK_STREAM, "fe80::1", 0, 0, false },
	{ "multicast", SOCK_STREAM, "ff0e::1", 0, 0, false },
	{ "v4-mapped", SOCK_STREAM, "::ffff:127.0.0.1", 0, 0, false },
	{ "IPv4 address on an IPv6 socket", SOCK_STREAM, "127.0.0.1", 0, 0, false },
	{ "datagram", SOCK_DGRAM, HERE, 0, 0, true },
	{ "datagram multicast", SOCK_DGRAM, "ff02::1", 0, 0, false },
};

struct outcome {
	int r, err, fd;
};

static struct outcome run(const struct call *c, unsigned port, connect_fn *fn)
{
	struct sockaddr_storage a = rig_addr(c->text, c->port ? c->port : port);
	socklen_t len = c->len ? c->len : sizeof(a);
	struct outcome o = { .fd = socket(AF_INET6, c->type | SOCK_CLOEXEC, 0) };
	static char large[4096];

	memcpy(large, &a, sizeof(a));
	errno = 4711;
	o.r = fn(o.fd, (struct sockaddr *)large, len);
	o.err = errno;
	return o;
}

START_TEST(whatever_the_helper_does_the_program_sees_what_it_would_see)
{
	unsigned port;

	rig_listen(NULL, 128, &port);
	rig_helper(_i);
	for (size_t i = 0; i < ARRAY_LEN(call); i++) {
		struct outcome without = run(&call[i], port, raw_connect);
		unsigned descriptors = rig_descriptors();
		struct outcome with = run(&call[i], port, libc_connect);

		ck_assert_msg(with.r == without.r && with.err == without.err,
			      "%s: %d (%s) instead of %d (%s)", call[i].what, with.r,
			      strerror(with.err), without.r, strerror(without.err));
		ck_assert_uint_eq(rig_descriptors(), descriptors + 1);

		bool taken = with.r == 0 || with.err == EINPROGRESS;
		struct rig_shown s = rig_shown();
		/* A refusal over loopback may come after EINPROGRESS. */
		bool show = _i == RIG_LIVE && taken && (call[i].concerns || call[i].port == 1);
		ck_assert_msg(s.n == show, "%s: shown %u times", call[i].what, s.n);
		if (show) {
			ck_assert_int_eq(s.verb, CONTROL_CONNECT);
			ck_assert_uint_eq(s.cookie, rig_cookie(with.fd));
		}
		close(with.fd);
		close(without.fd);
	}
}
END_TEST

START_TEST(bad_descriptors_and_pointers_are_the_kernels_business)
{
	struct sockaddr_storage a = rig_addr(ONCE, 9);
	int file = open("/dev/null", O_RDONLY), tcp = socket(AF_INET6, SOCK_STREAM, 0);
	int sock = socket(AF_UNIX, SOCK_STREAM, 0), in4 = socket(AF_INET, SOCK_STREAM, 0);
	const struct {
		int fd;
		const struct sockaddr *addr;
	} row[] = {
		{ -1, (struct sockaddr *)&a }, { 999, (struct sockaddr *)&a },
		{ file, (struct sockaddr *)&a }, { sock, (struct sockaddr *)&a },
		{ in4, (struct sockaddr *)&a }, { tcp, NULL },
		{ tcp, (struct sockaddr *)-1 },
	};

	rig_helper(_i);
	for (size_t i = 0; i < ARRAY_LEN(row) - (_i != RIG_NONE); i++) {
		int without = raw_connect(row[i].fd, row[i].addr, sizeof(struct sockaddr_in6)),
		    err = errno;

		ck_assert_int_eq(connect(row[i].fd, row[i].addr, sizeof(struct sockaddr_in6)),
				 without);
		ck_assert_msg(errno == err, "row %zu: %s instead of %s", i, strerror(errno),
			      strerror(err));
		ck_assert_uint_eq(rig_shown().n, 0);
	}
}
END_TEST

START_TEST(a_peer_that_moved_is_reached_where_it_is_and_keeps_its_name)
{
	unsigned port;
	int type[] = { SOCK_STREAM, SOCK_STREAM | SOCK_NONBLOCK, SOCK_DGRAM };

	rig_listen(THERE, 128, &port);
	rig_helper(RIG_LIVE);
	for (size_t i = 0; i < ARRAY_LEN(type); i++) {
		struct sockaddr_storage a = rig_addr(ONCE, port), name;
		int fd = socket(AF_INET6, type[i], 0), raw = socket(AF_INET6, type[i], 0);

		ck_assert_int_eq(raw_connect(raw, (struct sockaddr *)&a, sizeof(a)), -1);
		errno = 4711;
		int r = connect(fd, (struct sockaddr *)&a, sizeof(a));
		if (type[i] & SOCK_NONBLOCK) {
			struct pollfd p = { fd, POLLOUT, 0 };

			ck_assert_int_eq(r, -1);
			ck_assert_int_eq(errno, EINPROGRESS);
			ck_assert_int_eq(poll(&p, 1, 10000), 1);
		} else {
			ck_assert_int_eq(r, 0);
			ck_assert_int_eq(errno, 4711);
		}
		ck_assert_uint_eq(rig_shown().cookie, rig_cookie(fd));
		name = rig_peer(fd);
		ck_assert(rig_is(&name, ONCE, port));
		name = rig_peer_raw(fd);
		ck_assert(rig_is(&name, THERE, port));
		close(fd);
		close(raw);
	}
}
END_TEST

START_TEST(what_the_helper_finds_or_does_not_want_is_not_shown)
{
	static const struct {
		const char *text;
		bool shown;
	} to[] = { { HERE, false }, { THERE, false }, { ONCE, false }, { ULA, true } };
	struct sockaddr_storage name;
	unsigned port;

	rig_listen(NULL, 128, &port);
	rig_helper(RIG_LIVE);
	rig_adopt();
	for (size_t i = 0; i < ARRAY_LEN(to); i++) {
		struct sockaddr_storage a = rig_addr(to[i].text, port);
		int fd = socket(AF_INET6, SOCK_STREAM, 0);

		ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
		ck_assert_msg(rig_shown().n == to[i].shown, "%s", to[i].text);
		name = rig_peer(fd);
		ck_assert(rig_is(&name, to[i].text, port));
		close(fd);
	}
}
END_TEST

START_TEST(an_answer_from_where_the_peer_is_now_is_passed_on)
{
	unsigned port = 1;
	struct sockaddr_storage a = rig_addr(ONCE, port);
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	rig_helper(RIG_LIVE);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	ck_assert_uint_eq(rig_shown().n, 0);
}
END_TEST

START_TEST(what_is_no_tcp_or_udp_socket_of_the_maps_namespace_stays_as_it_is)
{
	struct sockaddr_storage a = rig_addr(ONCE, 0);
	unsigned port;

	rig_listen(THERE, 128, &port);
	rig_helper(RIG_LIVE);
	int raw = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	ck_assert_int_eq(connect(raw, (struct sockaddr *)&a, sizeof(a)), -1);
	ck_assert_int_eq(errno, ENETUNREACH);

	rig_hostmap->netns++;
	a = rig_addr(ONCE, port);
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), -1);
	ck_assert_int_eq(errno, ENETUNREACH);
}
END_TEST

START_TEST(a_helper_that_comes_later_is_found_and_so_is_its_successor)
{
	unsigned port;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	rig_helper(RIG_NONE);
	rig_listen(NULL, 128, &port);
	struct sockaddr_storage a = rig_addr(HERE, port);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_uint_eq(rig_shown().n, 0);
	rig_helper(RIG_STOPPED);	/* returns only when it was noticed */
	rig_helper(RIG_LIVE);
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	a = rig_addr(ONCE, port);
	/* Like any program that is too early for the next look it is told what the network says. */
	while (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		ck_assert_int_eq(errno, ENETUNREACH);
	ck_assert_uint_eq(rig_shown().n, 1);
}
END_TEST

static void on_alarm(int sig)
{
	(void)sig;
}

START_TEST(an_interrupted_connect_is_shown_and_may_be_waited_for)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval soon = { .it_value = { 0, 100000 } };
	unsigned port, n = 0;
	int listener = rig_listen(HERE, 0, &port), fd;
	struct sockaddr_storage a = rig_addr(HERE, port);

	rig_helper(RIG_LIVE);
	sigaction(SIGALRM, &sa, NULL);
	/* Fills the backlog until a SYN goes unanswered. */
	do {
		fd = socket(AF_INET6, SOCK_STREAM, 0);
		rig_shown();
		setitimer(ITIMER_REAL, &soon, NULL);
		ck_assert_uint_lt(n++, 10);
	} while (!connect(fd, (struct sockaddr *)&a, sizeof(a)));
	ck_assert_int_eq(errno, EINTR);
	struct rig_shown s = rig_shown();
	ck_assert_uint_eq(s.n, 1);
	ck_assert_uint_eq(s.cookie, rig_cookie(fd));

	fcntl(fd, F_SETFL, O_NONBLOCK);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), -1);
	ck_assert_int_eq(errno, EALREADY);
	ck_assert_uint_eq(rig_shown().n, 0);

	struct pollfd p = { fd, POLLOUT, 0 };
	while (n--)
		close(raw_accept(listener, NULL, NULL));
	ck_assert_int_eq(poll(&p, 1, 10000), 1);
	while (!connect(fd, (struct sockaddr *)&a, sizeof(a)))
		;
	ck_assert_int_eq(errno, EISCONN);
	s = rig_shown();
	ck_assert(s.n == 0 || s.cookie == rig_cookie(fd));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), -1);
	ck_assert_int_eq(errno, EISCONN);
	ck_assert_uint_eq(rig_shown().n, 0);
}
END_TEST

/*
 * Refuses socket(AF_UNIX) with an error. Behind the shim's back, as a service manager does before
 * it starts a program.
 */
static void enter_sandbox(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_LEN(f), f };

	ck_assert_int_eq(syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0), 0);
}

START_TEST(in_a_sandbox_without_unix_sockets_nothing_is_shown_and_nothing_else_changes)
{
	unsigned port;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	rig_listen(THERE, 128, &port);
	struct sockaddr_storage a = rig_addr(ONCE, port), name;
	rig_helper(RIG_LIVE);
	enter_sandbox();
	errno = 4711;
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(errno, 4711);
	name = rig_peer(fd);
	ck_assert(rig_is(&name, ONCE, port));
	ck_assert_uint_eq(rig_shown().n, 0);
}
END_TEST

START_TEST(the_shim_gives_up_when_there_is_no_descriptor_left)
{
	unsigned port;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	rig_listen(THERE, 128, &port);
	struct sockaddr_storage a = rig_addr(ONCE, port);
	rig_helper(RIG_LIVE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 64, 64 }), 0);
	while (dup(fd) >= 0)
		;
	errno = 4711;
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(errno, 4711);
	close(0);
	ck_assert_uint_eq(rig_shown().n, 0);
}
END_TEST

static unsigned crowd_port;
static bool crowd_stop;

/*
 * Connects to the peer that moved and looks at its name, again and again. Returns NULL if it was
 * always right.
 */
static void *crowd(void *unused)
{
	struct sockaddr_storage a = rig_addr(ONCE, crowd_port);

	(void)unused;
	while (!__atomic_load_n(&crowd_stop, __ATOMIC_RELAXED)) {
		int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		struct sockaddr_storage name = { 0 };
		socklen_t len = sizeof(name);

		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) ||
		    getpeername(fd, (struct sockaddr *)&name, &len) || memcmp(&name, &a, sizeof(a)))
			return &crowd_port;
		close(fd);
	}
	return NULL;
}

START_TEST(forks_of_a_program_whose_threads_are_inside_work)
{
	pthread_t thread[4];
	void *r;

	crowd_port = 9;
	rig_helper(RIG_LIVE);
	for (size_t i = 0; i < ARRAY_LEN(thread); i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, crowd, NULL), 0);
	for (int i = 0; i < 500; i++) {
		pid_t pid = fork();

		if (!pid) {
			struct sockaddr_storage a = rig_addr(ONCE, 9), name;
			int fd = socket(AF_INET6, SOCK_DGRAM, 0);

			if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
				_exit(1);
			name = rig_peer(fd);
			_exit(rig_is(&name, ONCE, 9) ? 0 : 2);
		}
		int status;
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	__atomic_store_n(&crowd_stop, true, __ATOMIC_RELAXED);
	for (size_t i = 0; i < ARRAY_LEN(thread); i++) {
		ck_assert_int_eq(pthread_join(thread[i], &r), 0);
		ck_assert_ptr_null(r);
	}
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("connect");
	TCase *tc = tcase_create("connect");
	bool root = geteuid() == 0 && seteuid(65534) == 0 && seteuid(0) == 0;
	/* an impostor needs a second user */
	int helpers = root ? RIG_HELPERS : RIG_IMPOSTOR;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, whatever_the_helper_does_the_program_sees_what_it_would_see, 0,
			    helpers);
	tcase_add_loop_test(tc, bad_descriptors_and_pointers_are_the_kernels_business, RIG_NONE,
			    RIG_LIVE + 1);
	tcase_add_test(tc, a_peer_that_moved_is_reached_where_it_is_and_keeps_its_name);
	tcase_add_test(tc, what_the_helper_finds_or_does_not_want_is_not_shown);
	tcase_add_test(tc, an_answer_from_where_the_peer_is_now_is_passed_on);
	tcase_add_test(tc, what_is_no_tcp_or_udp_socket_of_the_maps_namespace_stays_as_it_is);
	tcase_add_test(tc, a_helper_that_comes_later_is_found_and_so_is_its_successor);
	tcase_add_test(tc, an_interrupted_connect_is_shown_and_may_be_waited_for);
	tcase_add_test(tc,
		       in_a_sandbox_without_unix_sockets_nothing_is_shown_and_nothing_else_changes);
	tcase_add_test(tc, the_shim_gives_up_when_there_is_no_descriptor_left);
	tcase_add_test(tc, forks_of_a_program_whose_threads_are_inside_work);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
