/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs do to one socket after the other thing: each sequence of calls is made by number
 * and under the shim, over IPv6 and IPv4, and both must read alike to the last errno.
 */
#define _GNU_SOURCE
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One way to make the calls. */
struct way {
	int (*connect)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*bind)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*getpeername)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*getsockname)(int fd, struct sockaddr *addr, socklen_t *len);
	char story[2048];
	size_t told;
};

/* The functions behind <sys/socket.h>'s, which is free to have macros and other argument types. */
static int libc_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return connect(fd, addr, len);
}

static int libc_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return bind(fd, addr, len);
}

static int libc_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	return getpeername(fd, addr, len);
}

static int libc_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return getsockname(fd, addr, len);
}

static unsigned port;
static const char *here;

/* Notes what came of a call. errno must have been 0 before. */
static void tell(struct way *w, const char *what, int r)
{
	w->told += snprintf(w->story + w->told, sizeof(w->story) - w->told, "%s %s%s; ", what,
			    r >= 0 ? "ok" : "", errno ? strerrorname_np(errno) : "");
	ck_assert_uint_lt(w->told, sizeof(w->story));
	errno = 0;
}

static int make_socket(int type)
{
	int fd = socket(rig_addr(here, 0).ss_family, type, 0);

	ck_assert_int_ge(fd, 0);
	errno = 0;
	return fd;
}

static void go(struct way *w, int fd, unsigned to)
{
	struct sockaddr_storage a = rig_addr(here, to);

	errno = 0;
	tell(w, "connect", w->connect(fd, (struct sockaddr *)&a, sizeof(a)));
}

static void disconnect(struct way *w, int fd)
{
	struct sockaddr a = { .sa_family = AF_UNSPEC };

	tell(w, "disconnect", w->connect(fd, &a, sizeof(a)));
}

/* The names, but for ports that the kernel picks. */
static void names(struct way *w, int fd)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);
	int r;

	errno = 0;
	r = w->getpeername(fd, (struct sockaddr *)&a, &len);
	tell(w, "peer", r);
	if (!r)
		tell(w, rig_is(&a, here, port) ? "is asked" :
			rig_is(&a, here, 9) ? "is nobody" : "is another", 0);
	len = sizeof(a);
	r = w->getsockname(fd, (struct sockaddr *)&a, &len);
	((struct sockaddr_in6 *)&a)->sin6_port = 0;
	tell(w, "own", r);
	tell(w, rig_is(&a, here, 0) ? "is here" : "is elsewhere", 0);
}

static void wait_for_it(struct way *w, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int err = 0, r = poll(&p, 1, 10000);
	socklen_t len = sizeof(err);

	ck_assert_int_eq(r, 1);
	errno = 0;
	r = getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	errno = err;
	tell(w, "error", r);
}

static int without_waiting(struct way *w)
{
	int fd = make_socket(SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);

	go(w, fd, port);
	wait_for_it(w, fd);
	names(w, fd);
	go(w, fd, port);
	go(w, fd, port);
	tell(w, fcntl(fd, F_GETFD) == FD_CLOEXEC ? "cloexec" : "no cloexec", 0);
	tell(w, fcntl(fd, F_GETFL) & O_NONBLOCK ? "nonblock" : "no nonblock", 0);
	return fd;
}

static int refused(struct way *w)
{
	int fd = make_socket(SOCK_STREAM | SOCK_NONBLOCK);

	go(w, fd, 9);
	wait_for_it(w, fd);
	names(w, fd);
	go(w, fd, port);
	wait_for_it(w, fd);
	go(w, fd, port);
	names(w, fd);
	return fd;
}

static int datagrams_here_and_there(struct way *w)
{
	int fd = make_socket(SOCK_DGRAM);

	disconnect(w, fd);
	go(w, fd, 9);
	names(w, fd);
	disconnect(w, fd);
	names(w, fd);
	go(w, fd, port);
	go(w, fd, port);
	names(w, fd);
	return fd;
}

static int stream_anew(struct way *w)
{
	int fd = make_socket(SOCK_STREAM);

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	go(w, fd, port);
	disconnect(w, fd);
	names(w, fd);
	go(w, fd, port);
	names(w, fd);
	return fd;
}

static int bound_before(struct way *w)
{
	int fd = make_socket(SOCK_STREAM);
	struct sockaddr_storage a = rig_addr(here, 0);

	errno = 0;
	tell(w, "bind", w->bind(fd, (struct sockaddr *)&a, sizeof(a)));
	tell(w, "bind", w->bind(fd, (struct sockaddr *)&a, sizeof(a)));
	names(w, fd);
	go(w, fd, port);
	names(w, fd);
	return fd;
}

static int listening(struct way *w)
{
	int fd = make_socket(SOCK_STREAM);

	tell(w, "listen", listen(fd, 1));
	names(w, fd);
	go(w, fd, port);
	disconnect(w, fd);
	go(w, fd, port);
	return fd;
}

static int fast_open(struct way *w)
{
	int fd = make_socket(SOCK_STREAM), on = 1;

	tell(w, "fastopen", setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)));
	go(w, fd, port);
	tell(w, "write", write(fd, "x", 1) - 1);
	names(w, fd);
	go(w, fd, port);
	return fd;
}

static int shut_down(struct way *w)
{
	int fd = make_socket(SOCK_STREAM);

	go(w, fd, port);
	tell(w, "shutdown", shutdown(fd, SHUT_RDWR));
	names(w, fd);
	go(w, fd, port);
	return fd;
}

static int (*const sequence[])(struct way *w) = {
	without_waiting, refused, datagrams_here_and_there, stream_anew, bound_before, listening,
	fast_open, shut_down,
};

START_TEST(each_sequence_reads_as_without)
{
	static const char *const at[] = { HERE, ULA, "::1", "127.0.0.1" };
	int kind = _i / (int)ARRAY_LEN(at);
	unsigned descriptors;

	here = at[_i % ARRAY_LEN(at)];
	rig_helper(kind);
	for (size_t i = 0; i < ARRAY_LEN(sequence); i++) {
		struct way with = { libc_connect, libc_bind, libc_getpeername, libc_getsockname,
				    "", 0 };
		struct way without = { raw_connect, raw_bind, raw_getpeername, raw_getsockname,
				       "", 0 };
		int listener = rig_listen(here, 16, &port);

		close(sequence[i](&without));
		descriptors = rig_descriptors();
		close(sequence[i](&with));
		ck_assert_uint_eq(rig_descriptors(), descriptors);
		ck_assert_str_eq(with.story, without.story);
		close(listener);
		rig_shown();
	}
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("sequence");
	TCase *tc = tcase_create("sequence");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, each_sequence_reads_as_without, 0, (RIG_STUCK + 1) * 4);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
