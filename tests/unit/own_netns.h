/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network namespaces for unit tests: without names, so they are gone with the test's process,
 * however it ends.
 */
#ifndef HMIP_OWN_NETNS_H
#define HMIP_OWN_NETNS_H

#include "suite.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NETNS_SKIP	77

struct netns {
	int fd;
	pid_t holder;	/* a process in it: how ip(8) names it */
};

/* Runs a command; the test fails if it does. */
static inline void __attribute__((format(printf, 1, 2))) run(const char *fmt, ...)
{
	char cmd[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	ck_assert_msg(system(cmd) == 0, "failed: %s", cmd);
}

/* Whether the output of a command has the text. */
static inline bool shows(const char *cmd, const char *text)
{
	char out[8192];
	FILE *f = popen(cmd, "r");

	ck_assert_ptr_nonnull(f);
	out[fread(out, 1, sizeof(out) - 1, f)] = 0;
	pclose(f);
	return strstr(out, text) != NULL;
}

static inline void netns_enter(const struct netns *n)
{
	ck_assert_int_eq(setns(n->fd, CLONE_NEWNET), 0);
}

/* Makes a namespace with its loopback up and enters it. */
static inline struct netns netns_new(void)
{
	struct netns n;

	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	n.fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(n.fd, 0);
	n.holder = fork();
	ck_assert_int_ge(n.holder, 0);
	if (!n.holder) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	run("ip link set lo up");
	return n;
}

/* A cable between a and b, its ends up. Leaves the caller in a. */
static inline void netns_cable(const struct netns *a, const char *aname, const struct netns *b,
			       const char *bname)
{
	netns_enter(b);
	run("ip link add %s type veth peer name %s netns %d", bname, aname, (int)a->holder);
	run("ip link set %s up", bname);
	netns_enter(a);
	run("ip link set %s up", aname);
}

static inline struct in6_addr in6(const char *text)
{
	struct in6_addr r;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &r), 1);
	return r;
}

/* Waits until fd is readable. Returns false if it is not within that time. */
static inline bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* A short breath for a loop that polls the kernel for a state which it does not announce. */
static inline void breathe(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
}

/*
 * Waits until the kernel is done with the global addresses added here: even nodad leaves that to a
 * work queue, which adds the local route after the address is not tentative any more.
 */
static inline void settle(void)
{
	while (shows("ip -6 addr show scope global", "tentative") ||
	       shows("ip -6 -o addr show up scope global | while read -r n dev f addr more; do"
		     " ip -6 route show table local | grep -q \"^local ${addr%/*} \" ||"
		     " echo missing; done", "missing"))
		breathe();
}

/* main() of a test that needs namespaces. */
static inline int netns_suite_run(Suite *s)
{
	if (geteuid()) {
		fprintf(stderr, "needs root, skipped\n");
		return NETNS_SKIP;
	}
	return suite_run(s);
}

#endif
