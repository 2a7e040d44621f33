/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that connect and accept while others are cancelled, fork, open and close descriptors at
 * full speed, and the Host Cache changes under them. HMIP_STRESS is how many seconds the last test
 * goes on (default 4).
 */
#define _GNU_SOURCE
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static int listener;
static struct sockaddr_storage once[2];		/* to a stream, to datagrams; libcheck's locks
						 * are not for children */
static bool stop;
static const char *volatile complaint;

static bool go_on(void)
{
	return !__atomic_load_n(&stop, __ATOMIC_RELAXED);
}

/* What a thread returns that has seen something wrong. The first one's is kept. */
static void *wrong(const char *what)
{
	if (!complaint)
		complaint = what;
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	return (void *)what;
}

static void no_time_wait(int fd)
{
	raw_setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
}

/* Connects to the peer that has moved. Returns a socket that is called so, or -1. */
static int one_call(int type)
{
	struct sockaddr_storage a = once[type != SOCK_STREAM], name = { 0 };
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    getpeername(fd, (struct sockaddr *)&name, &len) || memcmp(&name, &a, sizeof(a))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void *caller(void *type)
{
	while (go_on()) {
		int fd = one_call(*(int *)type);

		if (fd < 0)
			return wrong("connect");
		if (*(int *)type == SOCK_STREAM)
			no_time_wait(fd);
		close(fd);
	}
	return NULL;
}

static void *server(void *unused)
{
	(void)unused;
	while (go_on()) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			close(fd);
		else if (errno != EAGAIN && errno != ECONNABORTED)
			return wrong("accept");
	}
	return NULL;
}

/* Opens what it knows again, and nothing else is ever behind its descriptors. */
static void *opener(void *unused)
{
	struct stat null, st;

	(void)unused;
	stat("/dev/null", &null);
	while (go_on()) {
		int fd[8];

		for (size_t i = 0; i < ARRAY_LEN(fd); i++)
			fd[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		for (size_t i = 0; i < ARRAY_LEN(fd); i++)
			if (fstat(fd[i], &st) || st.st_rdev != null.st_rdev || close(fd[i]))
				return wrong("a descriptor was closed or taken");
	}
	return NULL;
}

/* The helper's part: takes what is shown, and rewrites the host map with the same rows. */
static void *helper(void *unused)
{
	struct hostmap_table *t = &rig_hostmap->table[rig_hostmap->seq & 1];
	struct hostmap_row row[8];
	unsigned n = t->n;

	(void)unused;
	memcpy(row, t->row, n * sizeof(*row));
	while (go_on()) {
		int fd;

		while ((fd = raw_accept4(rig_door(), NULL, NULL, SOCK_CLOEXEC)) >= 0)
			close(fd);
		for (unsigned i = 0; i < 50; i++)
			hostmap_write(rig_hostmap, row, n);
	}
	return NULL;
}

static void setup(void)
{
	unsigned port;

	listener = rig_listen(NULL, 128, &port);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	once[0] = rig_addr(ONCE, port);
	once[1] = rig_addr(ONCE, 9);
	rig_helper(RIG_LIVE);
}

static void join(pthread_t *thread, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
	ck_assert_msg(!complaint, "%s", complaint);
}

/* A child of the crowd: it must neither hang nor see anything else. */
static void child(void)
{
	alarm(20);
	for (int i = 0; i < 3; i++) {
		int fd = one_call(SOCK_DGRAM);

		if (fd < 0)
			_exit(1);
		close(fd);
	}
	_exit(0);
}

START_TEST(nothing_hangs_or_breaks_in_a_crowd_that_forks)
{
	static int stream = SOCK_STREAM, dgram = SOCK_DGRAM;
	static const struct {
		void *(*fn)(void *);
		void *arg;
	} role[] = {
		{ helper, NULL }, { server, NULL }, { server, NULL },
		{ opener, NULL }, { opener, NULL }, { caller, &stream },
		{ caller, &stream }, { caller, &dgram }, { caller, &dgram },
	};
	const char *seconds = getenv("HMIP_STRESS");
	time_t end = time(NULL) + (seconds ? atoi(seconds) : 4);
	pthread_t thread[ARRAY_LEN(role)];
	unsigned descriptors = rig_descriptors(), forks = 0;
	int status;

	for (size_t i = 0; i < ARRAY_LEN(role); i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, role[i].fn, role[i].arg), 0);
	for (; go_on() && time(NULL) < end; forks++) {
		pid_t pid = fork();

		if (!pid)
			child();
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(status == 0, "child: wait status %#x", status);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	join(thread, ARRAY_LEN(thread));
	ck_assert_uint_eq(rig_descriptors(), descriptors);
	ck_assert_uint_gt(forks, 0);
}
END_TEST

static void close_it(void *fd)
{
	close(*(int *)fd);
}

/* Waits in accept for ever, and has nothing open there when it is cancelled. */
static void *blocked_server(void *arg)
{
	for (;;) {
		int fd = accept(*(int *)arg, NULL, NULL);

		pthread_cleanup_push(close_it, &fd);
		pthread_testcancel();
		pthread_cleanup_pop(1);
	}
	return NULL;
}

static void *blocked_caller(void *arg)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	pthread_cleanup_push(close_it, &fd);
	connect(fd, arg, sizeof(struct sockaddr_in6));
	for (;;)
		pthread_testcancel();
	pthread_cleanup_pop(1);
	return NULL;
}

static void cancel(pthread_t thread)
{
	void *r;

	ck_assert_int_eq(pthread_cancel(thread), 0);
	ck_assert_int_eq(pthread_join(thread, &r), 0);
	ck_assert_ptr_eq(r, PTHREAD_CANCELED);
}

/* Descriptors of the shim's kind; the rig's door is one. */
static unsigned doors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++) {
		int type = 0;
		socklen_t len = sizeof(type);

		n += !raw_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) &&
		     type == SOCK_SEQPACKET;
	}
	return n;
}

START_TEST(a_thread_can_be_cancelled_in_accept)
{
	unsigned own_port;
	int own = rig_listen(HERE, 16, &own_port);
	struct sockaddr_storage a = rig_addr(HERE, own_port);

	for (unsigned i = 0; i < 300; i++) {
		pthread_t thread;
		int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

		ck_assert_int_eq(pthread_create(&thread, NULL, blocked_server, &own), 0);
		no_time_wait(fd);
		ck_assert_int_eq(raw_connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
		/* From at once to when it waits again. */
		raw_wait(fd, 0);
		usleep(i % 30 * 10);
		cancel(thread);
		close(fd);
		rig_shown();
	}
	/*
	 * What was accepted may be lost: glibc, too, may notice a cancellation too late (its bug
	 * 12683).
	 */
	ck_assert_uint_eq(doors(), 1);
	close(own);
}
END_TEST

START_TEST(a_thread_can_be_cancelled_in_connect)
{
	unsigned own_port;
	int own = rig_listen(HERE, 0, &own_port), fd[3];
	struct sockaddr_storage a = rig_addr(HERE, own_port);

	/* Fills the backlog, so that the next call waits. */
	for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
		fd[i] = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		raw_connect(fd[i], (struct sockaddr *)&a, sizeof(a));
	}
	unsigned descriptors = rig_descriptors();
	for (unsigned i = 0; i < 100; i++) {
		pthread_t thread;

		ck_assert_int_eq(pthread_create(&thread, NULL, blocked_caller, &a), 0);
		usleep(i % 30 * 10);
		cancel(thread);
		rig_shown();
		ck_assert_uint_eq(rig_descriptors(), descriptors);
	}
	close(own);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("thread");
	TCase *tc = tcase_create("thread");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 600);
	if (!RIG_ASAN) {	/* it takes the stack of a cancelled thread for still in use */
		tcase_add_test(tc, a_thread_can_be_cancelled_in_accept);
		tcase_add_test(tc, a_thread_can_be_cancelled_in_connect);
	}
	tcase_add_test(tc, nothing_hangs_or_breaks_in_a_crowd_that_forks);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
