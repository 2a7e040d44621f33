/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recvfrom(2) under the shim, and what it is called when a program is built with _FORTIFY_SOURCE.
 */
#define _GNU_SOURCE
#include "datagrams.h"

#include <errno.h>
#include <string.h>

typedef ssize_t recvfrom_fn(int fd, void *buf, size_t n, int flags, struct sockaddr *addr,
			    socklen_t *len);

/* Declared by <bits/socket2.h> only where _FORTIFY_SOURCE is on. */
ssize_t __recvfrom_chk(int fd, void *buf, size_t n, size_t room, int flags, struct sockaddr *addr,
		       socklen_t *len);

static ssize_t libc_recvfrom(int fd, void *buf, size_t n, int flags, struct sockaddr *addr,
			     socklen_t *len)
{
	return recvfrom(fd, buf, n, flags, addr, len);
}

static ssize_t fortified_recvfrom(int fd, void *buf, size_t n, int flags, struct sockaddr *addr,
				  socklen_t *len)
{
	return __recvfrom_chk(fd, buf, n, n, flags, addr, len);
}

static recvfrom_fn *const call[] = { libc_recvfrom, fortified_recvfrom };

/* All that a call gives back. */
struct received {
	ssize_t r;
	int err;
	socklen_t len;
	char buf[16], name[64];
};

static struct received receive(recvfrom_fn *fn, int fd, size_t n, int flags, size_t room,
			       bool named)
{
	struct received got = { .len = room };

	memset(got.buf, '.', sizeof(got.buf));
	memset(got.name, '.', sizeof(got.name));
	errno = 4711;
	got.r = fn(fd, got.buf, n, flags, named ? SA(got.name) : NULL, named ? &got.len : NULL);
	got.err = errno;
	return got;
}

static const struct row {
	const char *what, *from;
	size_t n, room;
	int flags;
	bool unnamed;
} row[] = {
	{ "all of it", THERE, 16, sizeof(struct sockaddr_storage), 0, false },
	{ "a name with just the room", THERE, 16, 28, 0, false },
	{ "half a name", THERE, 16, 20, 0, false },
	{ "a name's first octet", THERE, 16, 1, 0, false },
	{ "no room for a name", THERE, 16, 0, 0, false },
	{ "an absurd room", THERE, 16, (size_t)-5, 0, false },
	{ "no name wanted", THERE, 16, 0, 0, true },
	{ "a short buffer", THERE, 2, 28, 0, false },
	{ "a short buffer, its length wanted", THERE, 2, 28, MSG_TRUNC, false },
	{ "no buffer", THERE, 0, 28, 0, false },
	{ "nothing there", NULL, 16, 28, MSG_DONTWAIT, false },
	{ "by IPv4", "127.0.0.1", 16, 28, 0, false },
	{ "by IPv4, half a name", "127.0.0.1", 16, 5, 0, false },
	{ "by loopback", "::1", 16, 28, 0, false },
};

START_TEST(whatever_the_helper_does_the_program_sees_what_it_would_see)
{
	rig_helper(_i % RIG_HELPERS);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct row *r = &row[i];
		bool v4 = r->from && !strchr(r->from, ':');
		unsigned port;
		int to = udp(v4 ? "127.0.0.1" : ALL, &port),
		    from = udp(r->from ? r->from : ULA, NULL);

		for (int k = 0; r->from && k < 2; k++)
			say(from, v4 ? "127.0.0.1" : r->from, port, "words");
		struct received without = receive(raw_recvfrom, to, r->n, r->flags, r->room,
						  !r->unnamed);
		struct received with = receive(call[_i / RIG_HELPERS], to, r->n, r->flags, r->room,
					       !r->unnamed);
		ck_assert_msg(!memcmp(&with, &without, sizeof(with)),
			      "%s: %zd (%s) instead of %zd (%s), or other things", r->what, with.r,
			      strerror(with.err), without.r, strerror(without.err));
		close(from);
		close(to);
	}
}
END_TEST

START_TEST(a1_a_peer_that_moved_keeps_the_name_it_was_first_heard_by)
{
	unsigned own;
	int before = udp(ULA, NULL), now = udp(THERE, NULL), fd = udp(HERE, &own);
	static const size_t room[] = { 28, 64, 20, 8, 1 };
	struct sockaddr_storage name = { 0 };
	struct received got, want;
	socklen_t len = sizeof(name);

	rig_helper(RIG_LIVE);
	map_peers((struct peer_addr[]){ { ULA, 1, false } }, 1,
		  (const char *[3]){ NULL, ULA, NULL });
	say(before, HERE, own, "words");
	ck_assert_int_eq(raw_recvfrom(fd, got.buf, 5, MSG_PEEK, SA(&name), &len), 5);
	want = receive(call[_i], fd, 16, 0, 28, true);
	ck_assert_mem_eq(want.name, &name, 28);
	map_peers((struct peer_addr[]){ { ULA, 1, true }, { THERE, 1, false } }, 2,
		  (const char *[3]){ NULL, THERE, NULL });
	for (size_t i = 0; i < ARRAY_LEN(room); i++) {
		say(now, HERE, own, "words");
		got = receive(call[_i], fd, 16, MSG_PEEK, room[i], true);
		ck_assert_int_eq(got.r, 5);
		got = receive(call[_i], fd, 16, 0, room[i], true);
		ck_assert_int_eq(got.r, 5);
		ck_assert_int_eq(got.err, 4711);
		ck_assert_uint_eq(got.len, 28);
		memcpy(want.name + 2, got.name + 2, 2);		/* the port is the other socket's */
		ck_assert_mem_eq(got.name, want.name, room[i] < 28 ? room[i] : 28);
		for (size_t k = room[i]; k < sizeof(got.name); k++)
			ck_assert(k < 28 || got.name[k] == '.');
	}
}
END_TEST

START_TEST(a_program_takes_the_name_that_connections_know_a_peer_by)
{
	unsigned own;
	int peer = udp(THERE, NULL), fd = udp(HERE, &own);
	struct hostmap_row r[2] = { { .known = hostmap_entry(1), .hce = 1, .side = HOSTMAP_ENTRY },
				    { .hce = 1, .side = HOSTMAP_FOREIGN } };
	struct sockaddr_storage there = rig_addr(THERE, 0), once = rig_addr(ONCE, 0), name = { 0 };
	struct hostmap_row all[3];
	socklen_t len = sizeof(name);
	char buf[8];

	rig_helper(RIG_LIVE);
	r[0].now = r[1].known = r[1].now = ((struct sockaddr_in6 *)&there)->sin6_addr;
	all[0] = r[0];
	all[1] = r[1];
	all[2] = (struct hostmap_row){ .known = r[0].now,
				       .now = ((struct sockaddr_in6 *)&once)->sin6_addr, .hce = 1,
				       .side = HOSTMAP_NAME };
	hostmap_write(rig_hostmap, all, 3);
	say(peer, HERE, own, "words");
	ck_assert_int_eq(recvfrom(fd, buf, sizeof(buf), 0, SA(&name), &len), 5);
	ck_assert(names(&name, ONCE, 0));
	/* ... and all its sockets call the peer so. */
	map_peers((struct peer_addr[]){ { THERE, 1, false } }, 1,
		  (const char *[3]){ NULL, THERE, NULL });
	int other = udp(HERE, &own);
	say(peer, HERE, own, "words");
	ck_assert_int_eq(recvfrom(other, buf, sizeof(buf), 0, SA(&name), &len), 5);
	ck_assert(names(&name, ONCE, 0));
}
END_TEST

START_TEST(names_stay_while_one_helper_takes_over_from_another)
{
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own);
	struct sockaddr_storage once = rig_addr(ONCE, port), name = { 0 };
	socklen_t len = sizeof(name);
	char buf[8];

	rig_helper(RIG_LIVE);
	map_moved();
	ck_assert_int_eq(sendto(fd, "one", 3, 0, SA(&once), sizeof(struct sockaddr_in6)), 3);
	ck_assert(hears(peer, "one", HERE, own));
	rig_hostmap->live = 0;
	ck_assert_int_eq(sendto(fd, "two", 3, 0, SA(&once), sizeof(struct sockaddr_in6)), 3);
	ck_assert(hears(peer, "two", HERE, own));
	say(peer, HERE, own, "words");
	ck_assert_int_eq(recvfrom(fd, buf, sizeof(buf), 0, SA(&name), &len), 5);
	ck_assert(names(&name, ONCE, port));
}
END_TEST

START_TEST(a_connected_socket_hears_whom_it_was_connected_to)
{
	unsigned port;
	int peer = udp(THERE, &port), fd = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_storage once = rig_addr(ONCE, port), name = { 0 };
	socklen_t len = sizeof(name);
	char buf[8];

	rig_helper(RIG_LIVE);
	map_moved();
	ck_assert_int_eq(connect(fd, SA(&once), sizeof(struct sockaddr_in6)), 0);
	ck_assert_int_eq(raw_getsockname(fd, SA(&name), &len), 0);
	for (int i = 0; i < 2; i++) {
		say(peer, THERE, ntohs(((struct sockaddr_in6 *)&name)->sin6_port), "words");
		struct sockaddr_storage from = { 0 };
		len = sizeof(from);
		ck_assert_int_eq(recvfrom(fd, buf, sizeof(buf), 0, SA(&from), &len), 5);
		ck_assert(names(&from, ONCE, port));
	}
}
END_TEST

START_TEST(a_stream_has_no_names)
{
	unsigned port;
	int listener = rig_listen(THERE, 1, &port), fd = socket(AF_INET6, SOCK_STREAM, 0), got;
	struct sockaddr_storage a = rig_addr(THERE, port);
	struct received with, without;

	rig_helper(RIG_LIVE);
	map_moved();
	ck_assert_int_eq(raw_connect(fd, SA(&a), sizeof(a)), 0);
	got = raw_accept(listener, NULL, NULL);
	ck_assert_int_eq(send(got, "words", 5, 0), 5);
	without = receive(raw_recvfrom, fd, 16, MSG_PEEK, 28, true);
	with = receive(call[_i], fd, 16, MSG_PEEK, 28, true);
	ck_assert_mem_eq(&with, &without, sizeof(with));
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("recvfrom");
	TCase *tc = tcase_create("recvfrom");
	bool root = geteuid() == 0 && seteuid(65534) == 0 && seteuid(0) == 0;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, whatever_the_helper_does_the_program_sees_what_it_would_see, 0,
			    root ? 2 * RIG_HELPERS : RIG_IMPOSTOR);
	tcase_add_loop_test(tc, a1_a_peer_that_moved_keeps_the_name_it_was_first_heard_by, 0,
			    ARRAY_LEN(call));
	tcase_add_test(tc, a_program_takes_the_name_that_connections_know_a_peer_by);
	tcase_add_test(tc, names_stay_while_one_helper_takes_over_from_another);
	tcase_add_test(tc, a_connected_socket_hears_whom_it_was_connected_to);
	tcase_add_loop_test(tc, a_stream_has_no_names, 0, ARRAY_LEN(call));
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
