/* SPDX-License-Identifier: BSD-2-Clause */
/* sd_notify.h and privileges.h: what a service manager sees. */
#include "sd_notify.h"
#include "privileges.h"
#include "suite.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int manager(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(a.sun_path, name, strlen(name));
	if (*name == '@')
		a.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a,
			      offsetof(struct sockaddr_un, sun_path) + strlen(name) +
				      (*name == '/')),
			 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

START_TEST(readiness_reaches_the_manager)
{
	char name[64], got[64];
	int fd;

	snprintf(name, sizeof(name), "%scheck-notify-%d", _i ? "@" : "/tmp/", (int)getpid());
	fd = manager(name);
	ck_assert_int_eq(sd_notify_send("READY=1"), 1);
	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), 7);
	ck_assert_mem_eq(got, "READY=1", 7);
	close(fd);
	if (!_i)
		unlink(name);
}
END_TEST

START_TEST(without_a_manager_nothing_happens)
{
	unsetenv("NOTIFY_SOCKET");
	ck_assert_int_eq(sd_notify_send("READY=1"), 0);
	setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
	ck_assert_int_eq(sd_notify_send("READY=1"), -EAFNOSUPPORT);
	setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
	ck_assert_int_eq(sd_notify_send("READY=1"), -ENOENT);
}
END_TEST

static cap_flag_value_t permitted(cap_value_t c)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t v = CAP_CLEAR;

	cap_get_flag(caps, c, CAP_PERMITTED, &v);
	cap_free(caps);
	return v;
}

START_TEST(what_is_not_needed_is_dropped_for_good)
{
	char *why;

	if (privileges_check(&why) < 0) {
		free(why);
		return;
	}
	ck_assert_int_eq(privileges_drop(), 0);
	ck_assert_int_eq(permitted(CAP_NET_ADMIN), CAP_SET);
	ck_assert_int_eq(permitted(CAP_NET_RAW), CAP_SET);
	ck_assert_int_eq(permitted(CAP_BPF), CAP_SET);
	ck_assert_int_eq(permitted(CAP_SYS_ADMIN), CAP_CLEAR);
	ck_assert_int_eq(permitted(CAP_DAC_OVERRIDE), CAP_CLEAR);
	ck_assert_int_eq(permitted(CAP_SETUID), CAP_CLEAR);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	ck_assert_int_eq(cap_get_bound(CAP_SYS_ADMIN), 0);
	ck_assert_int_eq(setuid(65534), -1);
}
END_TEST

START_TEST(who_may_not_start_a_helper_is_told_what_is_missing)
{
	char *why;

	if (geteuid() == 0)
		ck_assert_int_eq(setuid(65534), 0);
	ck_assert_int_eq(privileges_check(&why), -EPERM);
	ck_assert_ptr_nonnull(strstr(why, "missing CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF (user id "));
	ck_assert_ptr_nonnull(strstr(why, "run it as root"));
	free(why);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sd_notify");
	TCase *tc = tcase_create("sd_notify");

	tcase_add_loop_test(tc, readiness_reaches_the_manager, 0, 2);
	tcase_add_test(tc, without_a_manager_nothing_happens);
	tcase_add_test(tc, what_is_not_needed_is_dropped_for_good);
	tcase_add_test(tc, who_may_not_start_a_helper_is_told_what_is_missing);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
