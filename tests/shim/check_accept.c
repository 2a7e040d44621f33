/* SPDX-License-Identifier: BSD-2-Clause */
/* accept(2) and accept4(2) under the shim. */
#define _GNU_SOURCE
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

typedef int accept_fn(int fd, struct sockaddr *addr, socklen_t *len);

static int libc_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	return accept(fd, addr, len);
}

static int libc_accept4(int fd, struct sockaddr *addr, socklen_t *len)
{
	return accept4(fd, addr, len, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static int without_accept4(int fd, struct sockaddr *addr, socklen_t *len)
{
	return raw_accept4(fd, addr, len, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static const struct {
	accept_fn *with, *without;
} pair[] = {
	{ libc_accept, raw_accept },
	{ libc_accept4, without_accept4 },
};

/*
 * Has somebody connect, then accepts it. The name goes to name, of which *room octets are offered.
 */
static int serve(accept_fn *fn, int listener, unsigned char name[static 256], socklen_t *room)
{
	struct sockaddr_storage to;
	socklen_t len = sizeof(to);
	int r;

	ck_assert_int_eq(raw_getsockname(listener, (struct sockaddr *)&to, &len), 0);
	int client = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* Leaves no TIME-WAIT behind. */
	setsockopt(client, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	ck_assert_int_eq(raw_connect(client, (struct sockaddr *)&to, len), 0);
	memset(name, 0xa5, 256);
	errno = 4711;
	r = fn(listener, room ? (struct sockaddr *)name : NULL, room);
	/* The port differs from call to call. */
	if (room && *room == sizeof(struct sockaddr_in6))
		memset(name + 2, 0, 2);
	ck_assert_int_eq(errno, 4711);
	ck_assert_int_ge(r, 0);
	close(client);
	return r;
}

START_TEST(whatever_the_helper_does_the_program_sees_what_it_would_see)
{
	static const struct {
		const char *text;
		bool concerns;
	} row[] = {
		{ HERE, true }, { ULA, true }, { "::1", false }, { "127.0.0.1", false },
	};
	static const socklen_t room[] = { 4, 8, 16, 24, 28, 128 };

	rig_helper(_i);
	for (size_t i = 0; i < ARRAY_LEN(row) * ARRAY_LEN(pair) * (ARRAY_LEN(room) + 1); i++) {
		size_t k = i / ARRAY_LEN(row) / ARRAY_LEN(pair), c = i % ARRAY_LEN(row);
		unsigned char with[256], without[256];
		socklen_t wlen = k ? room[k - 1] : 0, olen = wlen;
		unsigned port;
		int listener = rig_listen(row[c].text, 4, &port);
		int o = serve(pair[i / ARRAY_LEN(row) % ARRAY_LEN(pair)].without, listener, without,
			      k ? &olen : NULL);
		unsigned descriptors = rig_descriptors();
		int w = serve(pair[i / ARRAY_LEN(row) % ARRAY_LEN(pair)].with, listener, with,
			      k ? &wlen : NULL);

		ck_assert_uint_eq(rig_descriptors(), descriptors + 1);
		ck_assert_uint_eq(wlen, olen);
		if (olen == sizeof(struct sockaddr_in6))
			ck_assert_mem_eq(with, without, sizeof(with));
		ck_assert_int_eq(fcntl(w, F_GETFD), fcntl(o, F_GETFD));
		ck_assert_int_eq(fcntl(w, F_GETFL), fcntl(o, F_GETFL));

		struct rig_shown s = rig_shown();
		bool show = _i == RIG_LIVE && row[c].concerns;
		ck_assert_msg(s.n == show, "%s: shown %u times", row[c].text, s.n);
		if (show) {
			ck_assert_int_eq(s.verb, CONTROL_ACCEPT);
			ck_assert_uint_eq(s.cookie, rig_cookie(w));
		}
		close(w);
		close(o);
		close(listener);
	}
}
END_TEST

START_TEST(errors_are_the_kernels)
{
	unsigned port;
	int quiet = rig_listen(HERE, 4, &port);
	int fd[] = { -1, open("/dev/null", O_RDONLY), socket(AF_INET6, SOCK_STREAM, 0),
		     socket(AF_INET6, SOCK_DGRAM, 0), quiet };

	rig_helper(RIG_LIVE);
	ck_assert_int_eq(fcntl(quiet, F_SETFL, O_NONBLOCK), 0);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
		for (size_t j = 0; j < ARRAY_LEN(pair); j++) {
			int o = pair[j].without(fd[i], NULL, NULL), oerr = errno;
			int w = pair[j].with(fd[i], NULL, NULL);

			ck_assert_int_eq(w, o);
			ck_assert_int_eq(errno, oerr);
		}
	}
	ck_assert_int_eq(accept4(quiet, NULL, NULL, -1), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_uint_eq(rig_shown().n, 0);
}
END_TEST

START_TEST(unix_sockets_are_left_alone)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "\0rig" };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);

	rig_helper(RIG_LIVE);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_ge(accept(listener, NULL, NULL), 0);
	ck_assert_uint_eq(rig_shown().n, 0);
}
END_TEST

START_TEST(in_a_root_directory_of_its_own_a_program_still_reaches_the_door)
{
	unsigned port;
	unsigned char name[256];
	int listener = rig_listen(HERE, 4, &port), outside = open("/", O_RDONLY | O_CLOEXEC);

	rig_helper(RIG_LIVE);
	ck_assert_int_eq(chroot("/proc"), 0);
	ck_assert_int_eq(chdir("/"), 0);
	int fd = serve(libc_accept, listener, name, NULL);
	struct rig_shown s = rig_shown();
	ck_assert_uint_eq(s.n, 1);
	ck_assert_uint_eq(s.cookie, rig_cookie(fd));
	/* Even when its helper made way for another, whose host map it cannot open. */
	__atomic_store_n(&rig_hostmap->live, 0, __ATOMIC_RELEASE);
	serve(libc_accept, listener, name, NULL);
	ck_assert_uint_eq(rig_shown().n, 1);
	/* Back out, for a leak checker's sake. */
	ck_assert_int_eq(fchdir(outside), 0);
	ck_assert_int_eq(chroot("."), 0);
}
END_TEST

/* A connection to listener, whose peer's address is from. */
static int caller(int listener, const char *from)
{
	struct sockaddr_storage own = rig_addr(from, 0), to;
	socklen_t len = sizeof(to);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(raw_getsockname(listener, (struct sockaddr *)&to, &len), 0);
	if (IN6_IS_ADDR_UNSPECIFIED(&((struct sockaddr_in6 *)&to)->sin6_addr))
		((struct sockaddr_in6 *)&to)->sin6_addr = ((struct sockaddr_in6 *)&own)->sin6_addr;
	ck_assert_int_eq(raw_bind(fd, (struct sockaddr *)&own, sizeof(struct sockaddr_in6)), 0);
	ck_assert_int_eq(raw_connect(fd, (struct sockaddr *)&to, len), 0);
	return fd;
}

static unsigned port_of(int fd)
{
	struct sockaddr_storage own = rig_own_raw(fd);

	return ntohs(((struct sockaddr_in6 *)&own)->sin6_port);
}

START_TEST(a2_a_peer_that_moved_goes_by_the_name_it_had)
{
	unsigned port;
	int listener = rig_listen(HERE, 4, &port);

	rig_helper(RIG_LIVE);
	for (size_t i = 0; i < ARRAY_LEN(pair); i++) {
		struct sockaddr_storage name = { 0 };
		socklen_t len = sizeof(struct sockaddr_in6);
		int client = caller(listener, THERE), other;
		int fd = pair[i].with(listener, (struct sockaddr *)&name, &len);

		ck_assert_int_ge(fd, 0);
		ck_assert_uint_eq(len, sizeof(struct sockaddr_in6));
		ck_assert(rig_is(&name, ONCE, port_of(client)));
		name = rig_peer(fd);
		ck_assert(rig_is(&name, ONCE, port_of(client)));
		name = rig_peer_raw(fd);
		ck_assert(rig_is(&name, THERE, port_of(client)));
		name = rig_own(fd);
		ck_assert(rig_is(&name, HERE, port));
		ck_assert_uint_eq(rig_shown().cookie, rig_cookie(fd));
		close(client);
		close(fd);

		/* Others keep theirs. */
		len = sizeof(struct sockaddr_in6);
		client = caller(listener, HERE);
		other = pair[i].with(listener, (struct sockaddr *)&name, &len);
		ck_assert(rig_is(&name, HERE, port_of(client)));
		close(client);
		close(other);
	}
}
END_TEST

START_TEST(what_the_helper_finds_is_not_shown_but_has_its_name)
{
	unsigned port;
	int listener = rig_listen(NULL, 4, &port);
	static const char *const from[] = { HERE, THERE, ULA },
			  *const called[] = { HERE, ONCE, ULA };

	rig_helper(RIG_LIVE);
	rig_adopt();
	for (size_t i = 0; i < ARRAY_LEN(from) * ARRAY_LEN(pair); i++) {
		int client = caller(listener, from[i % ARRAY_LEN(from)]),
		    fd = pair[i / ARRAY_LEN(from)].with(listener, NULL, NULL);
		struct sockaddr_storage name = rig_peer(fd);

		ck_assert(rig_is(&name, called[i % ARRAY_LEN(from)], port_of(client)));
		ck_assert_uint_eq(rig_shown().n, 0);
		close(client);
		close(fd);
	}
}
END_TEST

START_TEST(a_name_is_cut_to_the_room_there_is_for_it)
{
	static const socklen_t room[] = { 0, 4, 16, 24, 28, 128 };
	unsigned port;
	int listener = rig_listen(HERE, 4, &port);

	rig_helper(RIG_LIVE);
	for (size_t i = 0; i < ARRAY_LEN(room) * ARRAY_LEN(pair); i++) {
		size_t k = i / ARRAY_LEN(pair);
		unsigned char buf[128];
		struct sockaddr_storage full;
		socklen_t len = room[k], cut = room[k] < sizeof(struct sockaddr_in6) ?
					       room[k] : sizeof(struct sockaddr_in6);
		int client = caller(listener, THERE), fd;

		memset(buf, 0xa5, sizeof(buf));
		fd = pair[i % ARRAY_LEN(pair)].with(listener, (struct sockaddr *)buf, &len);
		full = rig_addr(ONCE, port_of(client));
		ck_assert_uint_eq(len, sizeof(struct sockaddr_in6));
		ck_assert_mem_eq(buf, &full, cut);
		for (size_t j = cut; j < sizeof(buf); j++)
			ck_assert_uint_eq(buf[j], 0xa5);
		close(client);
		close(fd);
	}
	/* Nobody asked. */
	int client = caller(listener, THERE), fd = accept(listener, NULL, NULL);
	struct sockaddr_storage name = rig_peer(fd);
	ck_assert(rig_is(&name, ONCE, port_of(client)));
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("accept");
	TCase *tc = tcase_create("accept");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, whatever_the_helper_does_the_program_sees_what_it_would_see, 0,
			    RIG_STUCK + 1);
	tcase_add_test(tc, errors_are_the_kernels);
	tcase_add_test(tc, unix_sockets_are_left_alone);
	tcase_add_test(tc, a2_a_peer_that_moved_goes_by_the_name_it_had);
	tcase_add_test(tc, what_the_helper_finds_is_not_shown_but_has_its_name);
	tcase_add_test(tc, a_name_is_cut_to_the_room_there_is_for_it);
	tcase_add_test(tc, in_a_root_directory_of_its_own_a_program_still_reaches_the_door);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
