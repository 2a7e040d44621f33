/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prctl(2) and seccomp_load(3) under the shim: programs that lock themselves in are not killed for
 * a system call of ours.
 */
#define _GNU_SOURCE
#include "rig.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#define ALLOW(nr)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1), \
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* A strict sandbox: the calls that the test makes, and death for all others. */
static struct sock_filter strict[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	ALLOW(SYS_connect),
	ALLOW(SYS_bind),
	ALLOW(SYS_accept4),
#ifdef SYS_accept
	ALLOW(SYS_accept),
#endif
	ALLOW(SYS_getpeername),
	ALLOW(SYS_getsockname),
	ALLOW(SYS_sendto),
	ALLOW(SYS_sendmsg),
	ALLOW(SYS_recvfrom),
	ALLOW(SYS_recvmsg),
	ALLOW(SYS_exit_group),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};
static struct sock_fprog prog = { ARRAY_LEN(strict), strict };

static int lock_by_prctl(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int lock_by_libseccomp(void)
{
	static const int call[] = {
		SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(accept), SCMP_SYS(accept4),
		SCMP_SYS(getpeername), SCMP_SYS(getsockname), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
		SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(exit_group),
	};
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r = ctx ? 0 : -1;

	for (size_t i = 0; !r && i < ARRAY_LEN(call); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call[i], 0);
	return r ? r : seccomp_load(ctx);
}

/* Root may do without PR_SET_NO_NEW_PRIVS. */
static int lock_as_root(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int (*const lock[])(void) = { lock_by_prctl, lock_by_libseccomp, lock_as_root };

struct play {
	int listener, tcp, named, bound, letters;
	struct sockaddr_storage here, once, lost;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * UINT64_C(1000) + t.tv_nsec / 1000000;
}

/* A datagram to here, which fd is bound to, in both ways there are. */
static bool exchange_letters(int fd, const struct sockaddr_storage *here)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char c = 'x';
	struct iovec iov = { &c, 1 };
	struct msghdr out = { .msg_name = (void *)here, .msg_namelen = sizeof(*here),
			      .msg_iov = &iov, .msg_iovlen = 1 };
	struct msghdr in = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};

	return sendto(fd, &c, 1, 0, (const struct sockaddr *)here, sizeof(*here)) == 1 &&
	       sendmsg(fd, &out, 0) == 1 &&
	       recvfrom(fd, &c, 1, MSG_DONTWAIT, (struct sockaddr *)&from, &len) == 1 &&
	       recvmsg(fd, &in, MSG_DONTWAIT) == 1;
}

/*
 * All the calls there are, locked in. Returns 0, or a number that tells which was not answered as
 * the kernel does. The loop is long enough for the shim to look for a helper anew, if it did.
 */
static int inside(const struct play *p, int (*lock_in)(void))
{
	struct sockaddr_storage name = { 0 };
	struct sockaddr *n = (struct sockaddr *)&name;
	uint64_t start;
	socklen_t len = sizeof(name);

	if (lock_in())
		return 1;
	if (connect(p->tcp, (const struct sockaddr *)&p->here, sizeof(p->here)))
		return 2;
	if (accept(p->listener, n, &len) < 0 || accept4(p->listener, NULL, NULL, SOCK_CLOEXEC) < 0)
		return 3;
	if (getpeername(p->named, n, &len) || getsockname(p->named, n, &len))
		return 4;
	if (!bind(p->bound, (const struct sockaddr *)&p->lost, sizeof(p->lost)) ||
	    errno != EADDRNOTAVAIL)
		return 5;
	if (!exchange_letters(p->letters, &p->here))
		return 7;
	for (start = now_ms(); now_ms() < start + 150;)
		if (!connect(p->bound, (const struct sockaddr *)&p->once, sizeof(p->once)) ||
		    errno != ENETUNREACH)
			return 6;
	return 0;
}

START_TEST(a_program_that_locks_itself_in_makes_no_system_call_but_its_own)
{
	int kind = _i / ARRAY_LEN(lock), status;
	unsigned port;
	struct play p = {
		.listener = rig_listen(HERE, 4, &port),
		.tcp = socket(AF_INET6, SOCK_STREAM, 0),
		.named = socket(AF_INET6, SOCK_DGRAM, 0),
		.bound = socket(AF_INET6, SOCK_STREAM, 0),
		.letters = socket(AF_INET6, SOCK_DGRAM, 0),
	};
	int waiting = socket(AF_INET6, SOCK_STREAM, 0);

	p.here = rig_addr(HERE, port);
	p.once = rig_addr(kind == RIG_LIVE ? ONCE : HERE, port);
	p.lost = rig_addr(LOST, 0);
	ck_assert_int_eq(bind(p.letters, (struct sockaddr *)&p.here, sizeof(p.here)), 0);
	rig_helper(kind);
	ck_assert_int_eq(connect(waiting, (struct sockaddr *)&p.here, sizeof(p.here)), 0);
	ck_assert_int_eq(connect(p.named, (struct sockaddr *)&p.once, sizeof(p.once)), 0);
	p.once = rig_addr(ONCE, port);

	pid_t pid = fork();
	if (!pid)
		_exit(inside(&p, lock[_i % ARRAY_LEN(lock)]));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "wait status %#x", status);
}
END_TEST

START_TEST(one_that_fails_to_or_asks_for_something_else_is_still_looked_after)
{
	struct sockaddr_storage a = rig_addr(HERE, 9);
	char name[16] = "";

	rig_helper(RIG_LIVE);
	ck_assert_int_eq(prctl(PR_SET_NAME, "sturdy"), 0);
	ck_assert_int_eq(prctl(PR_GET_NAME, name), 0);
	ck_assert_str_eq(name, "sturdy");
	errno = 0;
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 1, 1), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(-1, 0, 0, 0, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(connect(socket(AF_INET6, SOCK_DGRAM, 0), (struct sockaddr *)&a, sizeof(a)),
			 0);
	ck_assert_uint_eq(rig_shown().n, 1);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("prctl");
	TCase *tc = tcase_create("prctl");

	tcase_set_timeout(tc, 60);
	if (!RIG_ASAN)
		tcase_add_loop_test(tc,
			a_program_that_locks_itself_in_makes_no_system_call_but_its_own,
			0, (RIG_STUCK + 1) * ARRAY_LEN(lock));
	tcase_add_test(tc, one_that_fails_to_or_asks_for_something_else_is_still_looked_after);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
