/* SPDX-License-Identifier: BSD-2-Clause */
/* getpeername(2) under the shim: the name the program used, whatever happens to descriptors. */
#define _GNU_SOURCE
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define PORT	9	/* datagrams: nobody need listen */

static int connected(const char *text)
{
	struct sockaddr_storage a = rig_addr(text, PORT);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	rig_shown();
	return fd;
}

static bool called(int fd, const char *text)
{
	struct sockaddr_storage name = rig_peer(fd);

	return rig_is(&name, text, PORT);
}

static void setup(void)
{
	rig_helper(RIG_LIVE);
}

START_TEST(duplicates_have_the_name_too)
{
	int fd = connected(ONCE), status;
	int copy[] = { dup(fd), dup2(fd, 50), dup3(fd, 51, O_CLOEXEC), fcntl(fd, F_DUPFD, 60) };

	close(fd);
	for (size_t i = 0; i < ARRAY_LEN(copy); i++)
		ck_assert(called(copy[i], ONCE));
	pid_t pid = fork();
	if (!pid)
		_exit(called(copy[0], ONCE) ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_descriptor_used_anew_has_the_name_of_its_new_socket)
{
	int fd = connected(ONCE), again;

	close(fd);
	again = connected(THERE);
	ck_assert_int_eq(again, fd);
	ck_assert(called(again, THERE));
}
END_TEST

START_TEST(a_socket_connected_anew_has_its_new_name)
{
	struct sockaddr_storage a = rig_addr(THERE, PORT);
	int fd = connected(ONCE);

	ck_assert(called(fd, ONCE));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert(called(fd, THERE));
	a = rig_addr(ONCE, PORT);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert(called(fd, ONCE));
	a = rig_addr(HERE, PORT);
	/* Behind our back. */
	ck_assert_int_eq(raw_connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert(called(fd, HERE));
}
END_TEST

START_TEST(the_name_outlives_the_map_it_came_from)
{
	int fd = connected(ONCE);

	hostmap_write(rig_hostmap, NULL, 0);
	ck_assert(called(fd, ONCE));
}
END_TEST

START_TEST(a_name_is_kept_however_many_come_and_go)
{
	int fd = connected(ONCE);

	for (int i = 0; i < 5000; i++)
		close(connected(ONCE));
	ck_assert(called(fd, ONCE));
}
END_TEST

START_TEST(more_names_than_there_is_room_for_fall_back_on_the_kernels)
{
	enum { MANY = 3000 };
	static int fd[MANY];
	unsigned kept = 0;
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < MANY; i++)
		fd[i] = connected(ONCE);
	for (int i = 0; i < MANY; i++) {
		if (called(fd[i], ONCE))
			kept++;
		else
			ck_assert(called(fd[i], THERE));
	}
	ck_assert_uint_ge(kept, 1500);
}
END_TEST

START_TEST(cutting_and_errors_are_the_kernels)
{
	int tcp = socket(AF_INET6, SOCK_STREAM, 0), in4 = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_storage four = rig_addr("127.0.0.1", PORT);
	int fd[] = { connected(ONCE), connected(THERE), tcp, in4, -1, open("/dev/null", O_RDONLY) };
	static const socklen_t room[] = { 0, 1, 2, 7, 8, 15, 24, 27, 28, 29, 128, 4096, -1 };

	ck_assert_int_eq(connect(in4, (struct sockaddr *)&four, sizeof(four)), 0);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
		for (size_t j = 0; j < ARRAY_LEN(room); j++) {
			unsigned char with[4096], without[4096];
			socklen_t wlen = room[j], olen = room[j];
			struct sockaddr_storage known = rig_addr(ONCE, PORT);

			memset(with, 0xa5, sizeof(with));
			memset(without, 0xa5, sizeof(without));
			errno = 4711;
			int o = raw_getpeername(fd[i], (struct sockaddr *)without, &olen),
			    oerr = errno;
			errno = 4711;
			int w = getpeername(fd[i], (struct sockaddr *)with, &wlen);
			ck_assert_int_eq(w, o);
			ck_assert_int_eq(errno, oerr);
			ck_assert_uint_eq(wlen, olen);
			if (i == 0 && !o)	/* the only one whose name differs */
				memcpy(without, &known, room[j] < 28 ? room[j] : 28);
			ck_assert_mem_eq(with, without, sizeof(with));
		}
	}
	ck_assert_int_eq(getpeername(fd[0], NULL, NULL), -1);
	ck_assert_int_eq(errno, EFAULT);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("getpeername");
	TCase *tc = tcase_create("getpeername");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, duplicates_have_the_name_too);
	tcase_add_test(tc, a_descriptor_used_anew_has_the_name_of_its_new_socket);
	tcase_add_test(tc, a_socket_connected_anew_has_its_new_name);
	tcase_add_test(tc, the_name_outlives_the_map_it_came_from);
	tcase_add_test(tc, a_name_is_kept_however_many_come_and_go);
	tcase_add_test(tc, more_names_than_there_is_room_for_fall_back_on_the_kernels);
	tcase_add_test(tc, cutting_and_errors_are_the_kernels);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
