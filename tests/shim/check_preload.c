/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library among others: preloads before and behind it, other C libraries, other ways of the
 * dynamic linker. What is started connects to where the peer was, by bash's /dev/udp unless told
 * otherwise, and must say nothing.
 */
#define _GNU_SOURCE
#include "rig.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define DIAL	"exec bash -c 'exec 3<>/dev/udp/" ONCE "/9'"
#define LIBS	"/usr/lib/*/"

static char said[64], noted[64];

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_size;
}

static void setup(void)
{
	snprintf(said, sizeof(said), "preload.%d.said", (int)getpid());
	snprintf(noted, sizeof(noted), "preload.%d.noted", (int)getpid());
	unlink(noted);
	rig_helper(RIG_LIVE);
}

static void teardown(void)
{
	unlink(said);
	unlink(noted);
}

/*
 * Runs it by way of the shell, with that LD_PRELOAD. It ends well, has nothing to say, and its
 * socket is shown.
 */
static void serves(const char *preload, const char *command)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int fd = open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		dup2(fd, 1);
		dup2(fd, 2);
		setenv("LD_PRELOAD", preload, 1);
		setenv("OTHER_LOG", noted, 1);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "with %s: wait status %#x, %s", preload, status, command);
	ck_assert_msg(size_of(said) == 0, "with %s it speaks: %s", preload, command);
	ck_assert_msg(rig_shown().n == 1, "with %s not shown: %s", preload, command);
}

START_TEST(another_preload_that_hooks_the_same_calls_may_stand_before_it_or_behind)
{
	serves(OTHER ":" SHIM, DIAL);
	off_t before = size_of(noted);
	ck_assert_int_ge(before, 2);
	serves(SHIM ":" OTHER, DIAL);
	ck_assert_int_ge(size_of(noted), before + 2);
	/* Named twice, as a nested hmip-run might, and beside one of itself from elsewhere. */
	serves(SHIM ":" SHIM, DIAL);
}
END_TEST

START_TEST(well_known_preloads_may_stand_before_it_or_behind)
{
	static const char *const pattern[] = {
		LIBS "libeatmydata.so",
		LIBS "libeatmydata/libeatmydata.so",
		"/usr/libexec/coreutils/libstdbuf.so",
		LIBS "libjemalloc.so.2",
		LIBS "libtcmalloc_minimal.so.4",
		LIBS "libfakeroot/libfakeroot-sysv.so",
		LIBS "faketime/libfaketime.so.1",
	};

	for (size_t i = 0; i < ARRAY_LEN(pattern); i++) {
		char list[1024];
		glob_t found;

		if (glob(pattern[i], 0, NULL, &found))
			continue;	/* not installed */
		printf("with %s\n", found.gl_pathv[0]);
		snprintf(list, sizeof(list), "%s:%s", found.gl_pathv[0], SHIM);
		serves(list, DIAL);
		snprintf(list, sizeof(list), "%s:%s", SHIM, found.gl_pathv[0]);
		serves(list, DIAL);
		globfree(&found);
	}
}
END_TEST

START_TEST(the_dynamic_linker_may_bind_early_or_be_called_by_name)
{
	serves(SHIM, "LD_BIND_NOW=1 " DIAL);
	serves("", "exec $(ls /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.* 2>/dev/null | head -n 1) "
		   "--preload " SHIM " /bin/bash -c 'exec 3<>/dev/udp/" ONCE "/9'");
}
END_TEST

START_TEST(a_program_of_another_c_library_is_served_too)
{
	if (system("musl-gcc -o preload.musl " DIAL_SOURCE)) {
		printf("no musl-gcc\n");
		return;
	}
	serves(SHIM, "exec ./preload.musl " ONCE);
	unlink("preload.musl");
}
END_TEST

START_TEST(it_exports_the_calls_and_needs_nothing_that_only_glibc_has)
{
	/* Sorted: what it defines, then any checked variant of a function that it needs. */
	ck_assert_int_eq(system("nm -D --defined-only " SHIM
				" | sed 's/.* //' | LC_ALL=C sort >preload.have && "
				"LC_ALL=C sort " SYMBOLS " | diff - preload.have && ! nm -D " SHIM
				" | grep '_chk@'"),
			 0);
	unlink("preload.have");
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("preload");
	TCase *tc = tcase_create("preload");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	if (!RIG_ASAN && !access("/bin/bash", X_OK)) {
		tcase_add_test(tc,
			another_preload_that_hooks_the_same_calls_may_stand_before_it_or_behind);
		tcase_add_test(tc, well_known_preloads_may_stand_before_it_or_behind);
		tcase_add_test(tc, the_dynamic_linker_may_bind_early_or_be_called_by_name);
	}
	if (!RIG_ASAN) {
		tcase_add_test(tc, a_program_of_another_c_library_is_served_too);
		tcase_add_test(tc, it_exports_the_calls_and_needs_nothing_that_only_glibc_has);
	}
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
