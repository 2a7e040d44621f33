/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs scripts as libcheck tests, one test case each, so that a report names them: those of
 * tests/netns that are about what the helpers do, with SCRIPTS_WAITS defined those of them that
 * take long because lifetimes or outages do, with SCRIPTS_PROGRAMS those about what programs see of
 * it, and tests/packages, with SCRIPTS_QEMU those of tests/qemu: four programs, so that make can
 * run them side by side.
 * A script that ends with 77 was skipped: it is told with its reason on a line of its own and not
 * counted among the checks.
 */
#include "array.h"
#include "unit/suite.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SKIPPED		77
#define KILL_AFTER	20	/* seconds a script has to tidy up once its time is over */
#define STR(x)		STR2(x)
#define STR2(x)		#x

static const struct script {
	const char *path;	/* below tests/ */
	unsigned seconds;	/* it has for all */
} script[] = {
#ifdef SCRIPTS_QEMU
	{ "qemu/session.sh", 1820 },
	{ "qemu/ah.sh", 600 },
	{ "qemu/kernel-sa.sh", 1200 },
#elif defined(SCRIPTS_PROGRAMS)
	{ "packages/debian.sh", 300 },
	{ "netns/both-lose-dns.sh", 240 },
	{ "netns/ddns.sh", 180 },
	{ "netns/adopt.sh", 180 },
	{ "netns/meet.sh", 180 },
	{ "netns/young.sh", 180 },
	{ "netns/servers.sh", 150 },
	{ "netns/ports.sh", 180 },
	{ "netns/datagrams.sh", 180 },
	{ "netns/lost.sh", 150 },
	{ "netns/programs.sh", 360 },
	{ "netns/cpython.sh", 300 },
	{ "netns/bulk.sh", 240 },
	{ "netns/resume.sh", 180 },
	{ "netns/small.sh", 120 },
	{ "netns/stateful.sh", 90 },
	{ "netns/middleboxes.sh", 180 },
	{ "netns/without-helper.sh", 150 },
	{ "netns/ftp.sh", 240 },
	{ "netns/api.sh", 150 },
	{ "netns/uncovered.sh", 150 },
	{ "netns/doctor.sh", 240 },
	{ "netns/reasons.sh", 180 },
	{ "netns/crowd.sh", 240 },
#elif defined(SCRIPTS_WAITS)
	{ "netns/outage.sh", 240 },
	{ "netns/hold.sh", 300 },
	{ "netns/doctor-peer.sh", 360 },
	{ "netns/unmoved.sh", 600 },
	{ "netns/time-shift.sh", 420 },
	{ "netns/killed.sh", 600 },
#else
	{ "netns/move.sh", 150 },
	{ "netns/fresh.sh", 150 },
	{ "netns/server-moves.sh", 150 },
	{ "netns/both-in-turn.sh", 360 },
	{ "netns/wander.sh", 360 },
	{ "netns/both-lose.sh", 180 },
	{ "netns/dead-path.sh", 180 },
	{ "netns/carrier.sh", 150 },
	{ "netns/stacked.sh", 150 },
	{ "netns/own-addresses.sh", 180 },
	{ "netns/prefer.sh", 150 },
	{ "netns/leave.sh", 240 },
	{ "netns/rules.sh", 240 },
	{ "netns/link-types.sh", 120 },
	{ "netns/full.sh", 240 },
	{ "netns/back.sh", 180 },
	{ "netns/flap.sh", 180 },
	{ "netns/late-route.sh", 120 },
	{ "netns/strangers.sh", 240 },
	{ "netns/firewall.sh", 240 },
	{ "netns/udp.sh", 180 },
	{ "netns/pmtu.sh", 180 },
	{ "netns/wire.sh", 180 },
	{ "netns/tentative.sh", 180 },
	{ "netns/hostile.sh", 240 },
	{ "netns/misbehave.sh", 240 },
	{ "netns/appendix-c.sh", 180 },
	{ "netns/storm.sh", 240 },
	{ "netns/many-peers.sh", 180 },
	{ "netns/clean.sh", 240 },
	{ "netns/restart.sh", 360 },
	{ "netns/stop.sh", 360 },
	{ "netns/state.sh", 360 },
	{ "netns/others.sh", 180 },
	{ "netns/errors.sh", 150 },
	{ "netns/personality.sh", 240 },
	{ "netns/kernel-sa.sh", 180 },
	{ "netns/neutral.sh", 360 },
#endif
};

#define N_SCRIPT	ARRAY_LEN(script)

/* Shared with the processes libcheck forks. */
static struct outcome {
	bool skipped;
	double took;
} *outcome;

static const char *environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/*
 * Runs one script to its end. Returns its exit status, 128 + signal if one ended it, 124 if its
 * time was over.
 */
static int run(const struct script *s)
{
	char path[4096], limit[16];
	int status;

	snprintf(path, sizeof(path), "%s/tests/%s", environment("HMIP_SOURCE", "."), s->path);
	snprintf(limit, sizeof(limit), "%u", s->seconds);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(STDOUT_FILENO, STDERR_FILENO);
		execlp("timeout", "timeout", "-k", STR(KILL_AFTER), limit, path, (char *)NULL);
		perror("timeout");
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

START_TEST(script_succeeds)
{
	const struct script *s = &script[_i];
	double start = seconds_now();

	printf("======== %s\n", s->path);
	fflush(stdout);
	int status = run(s);
	outcome[_i].took = seconds_now() - start;
	outcome[_i].skipped = status == SKIPPED;
	if (status == 124)
		ck_abort_msg("%s: not done after %u s", s->path, s->seconds);
	if (status != SKIPPED)
		ck_assert_msg(status == 0, "%s: exit status %d", s->path, status);
}
END_TEST

static struct outcome *outcome_of(const char *path)
{
	for (unsigned i = 0; i < N_SCRIPT; i++)
		if (strcmp(script[i].path, path) == 0)
			return &outcome[i];
	return NULL;
}

/*
 * libcheck's own report knows no skipped tests: this is the same, without them. Returns how many
 * were not skipped.
 */
static unsigned report(SRunner *sr)
{
	unsigned n = (unsigned)srunner_ntests_run(sr), skipped = 0, failures = 0, errors = 0;
	TestResult **result = srunner_results(sr);

	for (unsigned i = 0; i < n; i++) {
		const struct outcome *o = outcome_of(tr_tcname(result[i]));
		enum test_result type = tr_rtype(result[i]);

		if (type == CK_PASS) {
			skipped += o->skipped;
			printf("%s: %s (%.1f s)\n", tr_tcname(result[i]),
			       o->skipped ? "skipped" : "passed", o->took);
		} else {
			failures += type == CK_FAILURE;
			errors += type == CK_ERROR;
			printf("%s: FAILED: %s\n", tr_tcname(result[i]), tr_msg(result[i]));
		}
	}
	free(result);
	n -= skipped;
	if (n > 0)
		printf("%u%%: Checks: %u, Failures: %u, Errors: %u\n",
		       100 * (n - failures - errors) / n, n, failures, errors);
	return n;
}

int main(void)
{
	Suite *s = suite_create("scripts");

	outcome = mmap(NULL, N_SCRIPT * sizeof(*outcome), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED) {
		perror("mmap");
		return EXIT_FAILURE;
	}
	for (unsigned i = 0; i < N_SCRIPT; i++) {
		TCase *tc = tcase_create(script[i].path);

		tcase_set_timeout(tc, script[i].seconds + KILL_AFTER + 10);
		tcase_add_loop_test(tc, script_succeeds, (int)i, (int)i + 1);
		suite_add_tcase(s, tc);
	}

	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_SILENT);
	int failed = srunner_ntests_failed(sr);
	unsigned done = report(sr);
	srunner_free(sr);
	munmap(outcome, N_SCRIPT * sizeof(*outcome));
	return failed ? EXIT_FAILURE : done == 0 ? SKIPPED : EXIT_SUCCESS;
}
