/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signal handlers that make the calls themselves, that leave them with siglongjmp, and that have
 * little stack.
 */
#define _GNU_SOURCE
#include "rig.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define STORM_MS	700

static struct sockaddr_storage once, there;
static volatile sig_atomic_t handled, wrong;

/* Connects a datagram socket to where the peer was. Returns 0 if all went well despite signals. */
static int call_all(void)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	memset(&name, 0, sizeof(name));
	errno = 4711;
	r = connect(fd, (struct sockaddr *)&once, sizeof(once)) || errno != 4711 ||
	    getpeername(fd, (struct sockaddr *)&name, &len) || errno != 4711 ||
	    memcmp(&name, &once, sizeof(name));
	raw_close(fd);
	return r;
}

static void drain(void)
{
	int fd;

	while ((fd = raw_accept4(rig_door(), NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(fd);
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * UINT64_C(1000000) + t.tv_nsec / 1000;
}

static void on_timer(int sig)
{
	int saved = errno;

	(void)sig;
	handled++;
	wrong |= call_all();
	errno = saved;
}

/* The process hears SIGALRM that often. */
static void set_timer(unsigned us)
{
	struct itimerval every = { { 0, us }, { 0, us } };

	ck_assert_int_eq(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static void setup(void)
{
	once = rig_addr(ONCE, 9);
	there = rig_addr(THERE, 9);
	rig_helper(RIG_LIVE);
}

START_TEST(handlers_may_call_whatever_they_interrupt)
{
	struct sigaction sa = { .sa_handler = on_timer,
				.sa_flags = _i ? SA_RESTART | SA_NODEFER : 0 };
	uint64_t until;
	unsigned rounds = 0;

	sigaction(SIGALRM, &sa, NULL);
	set_timer(_i ? 300 : 100);
	for (until = now_us() + STORM_MS * 1000; now_us() < until; rounds++) {
		ck_assert_int_eq(call_all(), 0);
		drain();
	}
	set_timer(0);
	ck_assert_int_eq(wrong, 0);
	ck_assert_int_gt(handled, 5);
	ck_assert_uint_gt(rounds, 0);
}
END_TEST

static sigjmp_buf out;
static volatile sig_atomic_t may_jump;

static void on_timeout(int sig)
{
	(void)sig;
	if (may_jump) {
		may_jump = 0;
		siglongjmp(out, 1);
	}
}

START_TEST(a_call_may_be_left_with_siglongjmp)
{
	struct sigaction sa = { .sa_handler = on_timeout };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned descriptors = rig_descriptors();
	volatile unsigned jumps = 0;
	uint64_t until;

	sigaction(SIGALRM, &sa, NULL);
	set_timer(50);
	for (until = now_us() + STORM_MS * 1000; now_us() < until; drain()) {
		if (sigsetjmp(out, 1)) {
			jumps++;
			continue;
		}
		may_jump = 1;
		for (;;)
			connect(fd, (struct sockaddr *)(jumps & 1 ? &once : &there), sizeof(once));
	}
	set_timer(0);
	ck_assert_uint_gt(jumps, 5);
	ck_assert_uint_eq(rig_descriptors(), descriptors);
	ck_assert_int_eq(call_all(), 0);
}
END_TEST

START_TEST(no_signal_is_lost_or_left_blocked)
{
	sigset_t before, after;

	sigemptyset(&before);
	sigaddset(&before, SIGUSR1);
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
	raise(SIGUSR1);
	ck_assert_int_eq(call_all(), 0);
	ck_assert_uint_eq(rig_shown().n, 1);
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
	for (int sig = 1; sig < NSIG; sig++)
		ck_assert_int_eq(sigismember(&after, sig), sig == SIGUSR1);
	ck_assert_int_eq(sigpending(&after), 0);
	ck_assert_int_eq(sigismember(&after, SIGUSR1), 1);
}
END_TEST

#define STACK	(64 * 1024)
#define PAINT	0xa5

static int call_fd, call_listener;
static void (*call_now)(void);

static void on_stack_of_its_own(int sig)
{
	(void)sig;
	call_now();
}

/* How much stack a handler that makes the call takes, from its lowest octet that has changed. */
static size_t stack_use(void (*call)(void))
{
	static unsigned char stack[STACK];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = on_stack_of_its_own, .sa_flags = SA_ONSTACK };
	size_t i = 0;

	memset(stack, PAINT, sizeof(stack));
	ck_assert_int_eq(sigaltstack(&alt, NULL), 0);
	sigaction(SIGUSR1, &sa, NULL);
	call_now = call;
	raise(SIGUSR1);
	while (stack[i] == PAINT)
		i++;
	return sizeof(stack) - i;
}

static void with_connect(void)
{
	if (connect(call_fd, (struct sockaddr *)&once, sizeof(once)))
		abort();
}

static void without_connect(void)
{
	if (raw_connect(call_fd, (struct sockaddr *)&there, sizeof(there)))
		abort();
}

static void with_getpeername(void)
{
	socklen_t len = sizeof(there);

	if (getpeername(call_fd, (struct sockaddr *)&there, &len))
		abort();
}

static void with_accept(void)
{
	socklen_t len = sizeof(there);

	if (accept(call_listener, (struct sockaddr *)&there, &len) < 0)
		abort();
}

START_TEST(the_calls_need_little_stack)
{
	void (*const call[])(void) = { with_connect, with_getpeername, with_accept };
	unsigned port;
	int client = socket(AF_INET6, SOCK_STREAM, 0);

	call_fd = socket(AF_INET6, SOCK_DGRAM, 0);
	call_listener = rig_listen(HERE, 4, &port);
	struct sockaddr_storage to = rig_addr(HERE, port);
	ck_assert_int_eq(raw_connect(client, (struct sockaddr *)&to, sizeof(to)), 0);
	size_t without = stack_use(without_connect);

	for (size_t i = 0; i < ARRAY_LEN(call); i++) {
		size_t with = stack_use(call[i]);

		/* Of the 8192 that programs give handlers at least. */
		ck_assert_msg(with < without + 1536, "call %zu takes %zu octets, not %zu", i, with,
			      without);
	}
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("signal");
	TCase *tc = tcase_create("signal");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, handlers_may_call_whatever_they_interrupt, 0, 2);
	tcase_add_test(tc, a_call_may_be_left_with_siglongjmp);
	tcase_add_test(tc, no_signal_is_lost_or_left_blocked);
	if (!RIG_ASAN)
		tcase_add_test(tc, the_calls_need_little_stack);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
