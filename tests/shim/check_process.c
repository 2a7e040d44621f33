/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs do with themselves: they fork, start others, become daemons and other users, close
 * everything, pass sockets on, and load libraries of their own. Programs that are started connect
 * by way of bash's /dev/tcp.
 */
#define _GNU_SOURCE
#include "rig.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

extern char **environ;

static struct sockaddr_storage once, there;

static void setup(void)
{
	once = rig_addr(ONCE, 9);
	there = rig_addr(THERE, 9);
	rig_helper(RIG_LIVE);
}

/*
 * Connects to where the peer was. Returns a socket that is called so, or -1. Without libcheck, for
 * children.
 */
static int named_socket(void)
{
	struct sockaddr_storage name = { 0 };
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&once, sizeof(once)) ||
	    getpeername(fd, (struct sockaddr *)&name, &len) || memcmp(&name, &once, sizeof(name)))
		return -1;
	return fd;
}

static void ends_well(pid_t pid)
{
	int status;

	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "wait status %#x", status);
}

START_TEST(a_program_may_close_everything_it_did_not_open)
{
	pid_t pid = fork();

	if (!pid) {
		int fd;

		if (_i)
			closefrom(0);
		else if (syscall(SYS_close_range, 0U, ~0U, 0))
			_exit(1);
		fd = named_socket();
		/* Nothing else is open: the next one gets the number behind it. */
		_exit(fd != 0 || dup(fd) != 1 ? 2 : 0);
	}
	ends_well(pid);
	ck_assert_uint_eq(rig_shown().n, 1);
}
END_TEST

START_TEST(a_daemon_is_what_its_parent_was)
{
	int done[2];
	char c;

	ck_assert_int_eq(pipe(done), 0);
	pid_t pid = fork();
	if (!pid) {
		if (daemon(0, 0))
			_exit(1);
		c = named_socket() >= 0 ? 'y' : 'n';
		_exit(write(done[1], &c, 1) == 1 ? 0 : 3);
	}
	ends_well(pid);
	ck_assert_int_eq(read(done[0], &c, 1), 1);
	ck_assert_int_eq(c, 'y');
	/* Until it has ended: the rig's door is open in it, too. */
	close(done[1]);
	ck_assert_int_eq(read(done[0], &c, 1), 0);
	ck_assert_uint_eq(rig_shown().n, 1);
}
END_TEST

START_TEST(another_user_later_is_served_as_well)
{
	pid_t pid = fork();

	if (!pid)
		_exit(setgid(65534) || setuid(65534) || named_socket() < 0);
	ends_well(pid);
	ck_assert_uint_eq(rig_shown().n, 1);
}
END_TEST

START_TEST(the_child_of_vfork_may_connect_and_its_parent_goes_on)
{
	static volatile int fd;
	int mine = named_socket(), status;
	struct sockaddr_storage name;

	ck_assert_int_ge(mine, 0);
	pid_t pid = vfork();
	if (!pid) {
		fd = named_socket();
		_exit(fd < 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(rig_shown().n, 2);
	name = rig_peer(mine);
	ck_assert(rig_is(&name, ONCE, 9));
	ck_assert_int_ge(named_socket(), 0);
}
END_TEST

#define BASH	"/bin/bash"

/* Has bash connect to where the peer was. It complains if it cannot. */
#define DIAL		"exec 3<>/dev/udp/" ONCE "/9"
#define DIAL_QUIETLY	"exec 2>/dev/null; " DIAL

static int by_vfork(char *const argv[], char *const env[])
{
	pid_t pid = vfork();
	int status;

	if (!pid) {
		execve(argv[0], argv, env);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static int by_spawn(char *const argv[], char *const env[])
{
	pid_t pid;
	int status;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, env))
		return -1;
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static int by_system(char *const argv[], char *const env[])
{
	char text[256];

	snprintf(text, sizeof(text), "exec env%s %s -c '%s'", env == environ ? "" : " -i", argv[0],
		 argv[2]);
	return system(text);
}

START_TEST(what_a_program_starts_is_served_unless_its_environment_is_taken_away)
{
	static int (*const start[])(char *const argv[], char *const env[]) = {
		by_vfork, by_spawn, by_system
	};
	char bash[] = BASH, c[] = "-c", dial[] = DIAL, quietly[] = DIAL_QUIETLY;
	char *argv[] = { bash, c, dial, NULL }, *none[] = { NULL };

	ck_assert_int_eq(start[_i](argv, environ), 0);
	ck_assert_uint_eq(rig_shown().n, 1);
	/* Then the network says what it says without us, and so does bash. */
	argv[2] = quietly;
	ck_assert_int_ne(start[_i](argv, none), 0);
	ck_assert_uint_eq(rig_shown().n, 0);
}
END_TEST

/* Sends fd over the socket at, or receives one. */
static int pass(int at, int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { .buf = "" };
	char c = 0;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *h = CMSG_FIRSTHDR(&msg);

	if (fd < 0) {
		if (recvmsg(at, &msg, 0) == 1)
			memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
		return fd;
	}
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	return sendmsg(at, &msg, 0);
}

START_TEST(a_socket_passed_on_has_the_kernels_name_there_and_ours_here)
{
	int at[2], fd;
	struct sockaddr_storage name = { 0 };
	socklen_t len = sizeof(name);

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, at), 0);
	pid_t pid = fork();	/* who receives it was there before it was named */
	if (!pid) {
		fd = pass(at[1], -1);
		if (fd < 0 || getpeername(fd, (struct sockaddr *)&name, &len) ||
		    memcmp(&name, &there, sizeof(name)))
			_exit(1);
		_exit(pass(at[1], fd) != 1);
	}
	fd = named_socket();
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pass(at[0], fd), 1);
	close(fd);
	/* It comes back by another number, as the same socket. */
	dup2(0, fd);
	fd = pass(at[0], -1);
	ck_assert_int_ge(fd, 0);
	name = rig_peer(fd);
	ck_assert(rig_is(&name, ONCE, 9));
	ends_well(pid);
}
END_TEST

START_TEST(the_library_may_be_loaded_and_unloaded_by_hand)
{
	pid_t pid;
	/*
	 * Not preloaded, it stands in front of nobody. It says nothing, and is there for a second
	 * time.
	 */
	char script[] =
		"import ctypes, _ctypes, os, socket\n"
		"for i in range(100):\n"
		"    lib = ctypes.CDLL(os.environ['LIBRARY'])\n"
		"    assert lib.hmip_prevent(0) == -1\n"
		"    _ctypes.dlclose(lib._handle)\n"
		"views = [line for line in open('/proc/self/maps') if '.view' in line]\n"
		"assert len(views) == 1, views\n"
		"s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\n"
		"try:\n"
		"    s.connect(('" ONCE "', 9))\n"
		"except OSError:\n"
		"    pass\n"
		"else:\n"
		"    raise AssertionError('connected')\n";
	char python[] = "python3", c[] = "-c", library[] = "LIBRARY=" SHIM, path[160];
	char *argv[] = { python, c, script, NULL }, *env[] = { library, path, NULL };

	snprintf(path, sizeof(path), HMIP_SOCKET_ENV "=%s", getenv(HMIP_SOCKET_ENV));
	ck_assert_int_eq(posix_spawnp(&pid, argv[0], NULL, NULL, argv, env), 0);
	ends_well(pid);
	ck_assert_uint_eq(rig_shown().n, 0);
}
END_TEST

START_TEST(a_plugin_may_lock_the_program_in)
{
	void *plugin = dlopen(PLUGIN, RTLD_NOW | RTLD_LOCAL);
	int (*lock_in)(void);

	ck_assert_msg(plugin != NULL, "%s", dlerror());
	lock_in = (int (*)(void))dlsym(plugin, "plugin_lock_in");
	ck_assert_int_eq(lock_in(), 0);
	ck_assert_int_eq(prctl(PR_GET_SECCOMP), 2);
	ck_assert_int_eq(connect(socket(AF_INET6, SOCK_DGRAM, 0), (struct sockaddr *)&there,
				 sizeof(there)),
			 0);
	ck_assert_uint_eq(rig_shown().n, 0);
	dlclose(plugin);
}
END_TEST

START_TEST(the_calls_are_found_by_every_name)
{
	typedef int connect_fn(int fd, const struct sockaddr *addr, socklen_t len);
	void *found[] = {
		dlsym(RTLD_DEFAULT, "connect"), dlsym(RTLD_DEFAULT, "__connect"),
		dlsym(RTLD_NEXT, "connect"),
	};

	for (size_t i = 0; i < ARRAY_LEN(found); i++) {
		connect_fn *fn = (connect_fn *)found[i];

		ck_assert_int_eq(fn(socket(AF_INET6, SOCK_DGRAM, 0), (struct sockaddr *)&once,
				    sizeof(once)),
				 0);
		ck_assert_uint_eq(rig_shown().n, 1);
	}
}
END_TEST

static bool have(const char *program)
{
	char text[64];

	snprintf(text, sizeof(text), "command -v %s >/dev/null", program);
	return !system(text);
}

static Suite *make(void)
{
	Suite *s = suite_create("process");
	TCase *tc = tcase_create("process");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, a_program_may_close_everything_it_did_not_open, 0, 2);
	tcase_add_test(tc, a_daemon_is_what_its_parent_was);
	if (setegid(getegid()) == 0 && seteuid(65534) == 0 && seteuid(0) == 0)
		tcase_add_test(tc, another_user_later_is_served_as_well);
	tcase_add_test(tc, a_socket_passed_on_has_the_kernels_name_there_and_ours_here);
	tcase_add_test(tc, a_plugin_may_lock_the_program_in);
	tcase_add_test(tc, the_calls_are_found_by_every_name);
	if (have(BASH))
		tcase_add_loop_test(tc,
			what_a_program_starts_is_served_unless_its_environment_is_taken_away,
			0, 3);
	if (!RIG_ASAN && have("python3"))
		tcase_add_test(tc, the_library_may_be_loaded_and_unloaded_by_hand);
	if (!RIG_ASAN)
		tcase_add_test(tc, the_child_of_vfork_may_connect_and_its_parent_goes_on);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
