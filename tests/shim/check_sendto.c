/* SPDX-License-Identifier: BSD-2-Clause */
/* sendto(2) under the shim. */
#define _GNU_SOURCE
#include "datagrams.h"
#include "hmip.h"
#include "udp_peers.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>

#define ANOTHER	"2001:db8:9::2"		/* nowhere */

typedef ssize_t sendto_fn(int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr,
			  socklen_t len);

static ssize_t libc_sendto(int fd, const void *buf, size_t n, int flags,
			   const struct sockaddr *addr, socklen_t len)
{
	return sendto(fd, buf, n, flags, addr, len);
}

static ssize_t send_words(int fd, const char *to, unsigned port, const char *words)
{
	struct sockaddr_storage a = rig_addr(to, port);

	return sendto(fd, words, strlen(words), 0, SA(&a), sizeof(struct sockaddr_in6));
}

/* The name a program is told for what comes in next. */
static struct sockaddr_storage next_name(int fd)
{
	struct sockaddr_storage from = { 0 };
	socklen_t len = sizeof(from);
	char buf[64];

	ck_assert_int_eq(raw_wait(fd, 10000), 1);
	ck_assert_int_ge(recvfrom(fd, buf, sizeof(buf), 0, SA(&from), &len), 0);
	ck_assert_uint_eq(len, sizeof(struct sockaddr_in6));
	return from;
}

static bool told_of(struct rig_shown s, int fd, const char *text)
{
	struct sockaddr_storage a = rig_addr(text, 0);

	return s.n == 1 && s.verb == CONTROL_SEND && s.cookie == rig_cookie(fd) &&
	       IN6_ARE_ADDR_EQUAL(&s.to, &((struct sockaddr_in6 *)&a)->sin6_addr);
}

static const struct call {
	const char *what;
	int domain, type;
	const char *text;
	socklen_t len;		/* 0: all of it */
	size_t size;		/* of the datagram */
	bool concerns;		/* us, if it succeeds */
} call[] = {
	{ "to a global address", AF_INET6, SOCK_DGRAM, HERE, 0, 8, true },
	{ "to a ULA", AF_INET6, SOCK_DGRAM, ULA, 0, 8, true },
	{ "with nothing in it", AF_INET6, SOCK_DGRAM, HERE, 0, 0, false },
	{ "with the length of RFC 2133", AF_INET6, SOCK_DGRAM, ULA, 24, 8, false },
	{ "with too short a length", AF_INET6, SOCK_DGRAM, HERE, 23, 8, false },
	{ "with no length", AF_INET6, SOCK_DGRAM, HERE, 1, 8, false },
	{ "with an absurd length", AF_INET6, SOCK_DGRAM, HERE, 4096, 8, false },
	{ "too large", AF_INET6, SOCK_DGRAM, HERE, 0, 70000, false },
	{ "unreachable", AF_INET6, SOCK_DGRAM, "2001:db8:7::1", 0, 8, false },
	{ "loopback", AF_INET6, SOCK_DGRAM, "::1", 0, 8, false },
	{ "unspecified", AF_INET6, SOCK_DGRAM, NULL, 0, 8, false },
	{ "link-local without scope", AF_INET6, SOCK_DGRAM, "fe80::1", 0, 8, false },
	{ "multicast", AF_INET6, SOCK_DGRAM, "ff02::1", 0, 8, false },
	{ "v4-mapped", AF_INET6, SOCK_DGRAM, "::ffff:127.0.0.1", 0, 8, false },
	{ "IPv4 address on an IPv6 socket", AF_INET6, SOCK_DGRAM, "127.0.0.1", 0, 8, false },
	{ "IPv6 address on an IPv4 socket", AF_INET, SOCK_DGRAM, HERE, 0, 8, false },
	{ "IPv4", AF_INET, SOCK_DGRAM, "127.0.0.1", 0, 8, false },
	{ "stream not connected", AF_INET6, SOCK_STREAM, HERE, 0, 8, false },
};

struct outcome {
	ssize_t r;
	int err, fd;
};

static struct outcome run(const struct call *c, sendto_fn *fn)
{
	struct sockaddr_storage a = rig_addr(c->text, 9);
	struct outcome o = { .fd = socket(c->domain, c->type | SOCK_CLOEXEC, 0) };
	static char large[4096], data[70000];

	memcpy(large, &a, sizeof(a));
	errno = 4711;
	o.r = fn(o.fd, data, c->size, MSG_NOSIGNAL, (struct sockaddr *)large,
		 c->len ? c->len : sizeof(a));
	o.err = errno;
	return o;
}

START_TEST(whatever_the_helper_does_the_program_sees_what_it_would_see)
{
	rig_helper(_i);
	for (size_t i = 0; i < ARRAY_LEN(call); i++) {
		struct outcome without = run(&call[i], raw_sendto);
		unsigned descriptors = rig_descriptors();
		struct outcome with = run(&call[i], libc_sendto);

		ck_assert_msg(with.r == without.r && with.err == without.err,
			      "%s: %zd (%s) instead of %zd (%s)", call[i].what, with.r,
			      strerror(with.err), without.r, strerror(without.err));
		ck_assert_uint_eq(rig_descriptors(), descriptors + 1);
		struct rig_shown s = rig_shown();
		if (_i != RIG_LIVE)
			ck_assert_uint_eq(s.n, 0);
		else if (call[i].concerns)
			ck_assert_msg(told_of(s, with.fd, call[i].text), "%s: not told of",
				      call[i].what);
		close(without.fd);	/* the other stays, lest its descriptor is used again */
	}
}
END_TEST

START_TEST(bad_descriptors_and_no_addresses_are_the_kernels_business)
{
	struct sockaddr_storage a = rig_addr(ONCE, 9);
	int tcp = socket(AF_INET6, SOCK_STREAM, 0), unbound = socket(AF_INET6, SOCK_DGRAM, 0);
	int local = socket(AF_UNIX, SOCK_DGRAM, 0);
	const struct {
		int fd;
		struct sockaddr *addr;
	} row[] = { { -1, SA(&a) }, { 999, SA(&a) }, { 0, SA(&a) },
		    { local, SA(&a) }, { tcp, NULL }, { unbound, NULL } };

	rig_helper(_i);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		ssize_t without = raw_sendto(row[i].fd, "x", 1, MSG_NOSIGNAL, row[i].addr,
					     sizeof(struct sockaddr_in6));
		int err = errno;

		ck_assert_int_eq(sendto(row[i].fd, "x", 1, MSG_NOSIGNAL, row[i].addr,
					sizeof(struct sockaddr_in6)),
				 without);
		ck_assert_msg(errno == err, "row %zu: %s instead of %s", i, strerror(errno),
			      strerror(err));
		ck_assert_uint_eq(rig_shown().n, 0);
	}
}
END_TEST

START_TEST(a1_a_peer_that_moved_is_reached_where_it_is_and_keeps_its_name)
{
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own);
	struct sockaddr_storage name;

	rig_helper(RIG_LIVE);
	map_moved();
	for (int i = 0; i < 3; i++) {
		errno = 4711;
		ck_assert_int_eq(send_words(fd, ONCE, port, "question"), 8);
		ck_assert_int_eq(errno, 4711);
		ck_assert(hears(peer, "question", HERE, own));
		say(peer, HERE, own, "answer");
		name = next_name(fd);
		ck_assert(names(&name, ONCE, port));
	}
}
END_TEST

START_TEST(c4_who_is_sent_to_is_told_once_and_who_is_answered_is_not)
{
	unsigned port, own;
	int peer = udp(ULA, &port), fd = udp(HERE, &own), other = udp(HERE, NULL);

	rig_helper(RIG_LIVE);
	ck_assert_int_eq(send_words(fd, THERE, 9, "x"), 1);
	ck_assert(told_of(rig_shown(), fd, THERE));
	ck_assert_int_eq(send_words(fd, THERE, 10, "x"), 1);
	ck_assert_uint_eq(rig_shown().n, 0);
	ck_assert_int_eq(send_words(other, THERE, 9, "x"), 1);
	ck_assert(told_of(rig_shown(), other, THERE));

	say(peer, HERE, own, "question");
	next_name(fd);
	ck_assert_int_eq(send_words(fd, ULA, port, "answer"), 6);
	ck_assert_uint_eq(rig_shown().n, 0);
}
END_TEST

START_TEST(x8_a_program_that_sends_to_the_whole_world_is_told_of_now_and_then)
{
	int fd = udp(HERE, NULL);
	unsigned told;

	rig_helper(RIG_LIVE);
	/* Loopback has few addresses, so other descriptors take the place of others. */
	for (int i = 0; i < 200; i++)
		ck_assert_int_eq(send_words(dup(fd), THERE, 9, "x"), 1);
	told = rig_shown().n;
	ck_assert_uint_ge(told, 1);
	ck_assert_uint_le(told, 3 * UDP_PEERS_RATE);	/* in the seconds that this took */
}
END_TEST

START_TEST(c11_a_peer_with_several_addresses_is_sent_to_where_it_was_heard_last)
{
	unsigned port, own;
	int a = udp(THERE, &port), fd = udp(HERE, &own);
	int b = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_storage at = rig_addr(ULA, port), name;

	ck_assert_int_eq(raw_bind(b, SA(&at), sizeof(at)), 0);
	rig_helper(RIG_LIVE);
	map_peers((struct peer_addr[]){ { THERE, 1, false }, { ULA, 1, false } }, 2,
		  (const char *[3]){ NULL, THERE, NULL });
	send_words(fd, THERE, port, "one");
	ck_assert(hears(a, "one", HERE, own));
	say(b, HERE, own, "from another address");
	name = next_name(fd);
	ck_assert(names(&name, THERE, port));
	send_words(fd, THERE, port, "two");
	ck_assert(hears(b, "two", HERE, own));
	/* It is not there any more: then where the helper says. */
	map_peers((struct peer_addr[]){ { THERE, 1, false }, { ULA, 1, true } }, 2,
		  (const char *[3]){ NULL, THERE, NULL });
	send_words(fd, THERE, port, "three");
	ck_assert(hears(a, "three", HERE, own));
}
END_TEST

START_TEST(a_program_that_tries_all_addresses_of_a_peer_sees_which_one_answers)
{
	unsigned port, own;
	int a = udp(THERE, &port), fd = udp(HERE, &own), b = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_storage at = rig_addr(ULA, port), name;

	ck_assert_int_eq(raw_bind(b, SA(&at), sizeof(at)), 0);
	rig_helper(RIG_LIVE);
	map_peers((struct peer_addr[]){ { THERE, 1, false }, { ULA, 1, false } }, 2,
		  (const char *[3]){ NULL, THERE, NULL });
	send_words(fd, THERE, port, "a");
	send_words(fd, ULA, port, "b");
	ck_assert(hears(a, "a", HERE, own));
	ck_assert(hears(b, "b", HERE, own));
	say(b, HERE, own, "b");
	name = next_name(fd);
	ck_assert(names(&name, ULA, port));
}
END_TEST

START_TEST(c9_a_name_that_the_map_has_forgotten_still_works)
{
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own), other = udp(HERE, NULL);

	rig_helper(RIG_LIVE);
	map_moved();
	send_words(fd, ONCE, port, "one");
	ck_assert(hears(peer, "one", HERE, own));
	map_peers((struct peer_addr[]){ { THERE, 1, false } }, 1,
		  (const char *[3]){ NULL, THERE, NULL });
	send_words(fd, ONCE, port, "two");
	ck_assert(hears(peer, "two", HERE, own));
	ck_assert_int_eq(send_words(other, ONCE, port, "by another socket"), 17);
	ck_assert(hears(peer, "by another socket", HERE, 0));
	/* The entry is gone: nobody knows where the peer is. */
	map_peers(NULL, 0, (const char *[3]){ NULL, NULL, NULL });
	ck_assert_int_eq(send_words(fd, ONCE, port, "three"), -1);
	ck_assert_int_eq(errno, ENETUNREACH);
}
END_TEST

START_TEST(a3_a_name_that_is_another_hosts_now_leads_there)
{
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own), heir = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_storage at = rig_addr(ULA, port), name;

	ck_assert_int_eq(raw_bind(heir, SA(&at), sizeof(at)), 0);
	rig_helper(RIG_LIVE);
	map_peers((struct peer_addr[]){ { ULA, 1, true }, { THERE, 1, false } }, 2,
		  (const char *[3]){ NULL, THERE, NULL });
	send_words(fd, ULA, port, "one");
	ck_assert(hears(peer, "one", HERE, own));
	/* Entry 2 has the address now. */
	map_peers((struct peer_addr[]){ { ULA, 2, false }, { THERE, 1, false } }, 2,
		  (const char *[3]){ NULL, THERE, ULA });
	send_words(fd, ULA, port, "two");
	ck_assert(hears(heir, "two", HERE, own));
	say(peer, HERE, own, "from the first");
	name = next_name(fd);
	ck_assert(names(&name, THERE, port));
	say(heir, HERE, own, "from the second");
	name = next_name(fd);
	ck_assert(names(&name, ULA, port));
}
END_TEST

START_TEST(a3_a_name_that_a_stranger_speaks_from_is_nobodys)
{
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own), heir = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_storage at = rig_addr(ULA, port), name;

	ck_assert_int_eq(raw_bind(heir, SA(&at), sizeof(at)), 0);
	rig_helper(RIG_LIVE);
	map_peers((struct peer_addr[]){ { ULA, 1, true }, { THERE, 1, false } }, 2,
		  (const char *[3]){ NULL, THERE, NULL });
	send_words(fd, ULA, port, "one");
	ck_assert(hears(peer, "one", HERE, own));
	map_peers((struct peer_addr[]){ { THERE, 1, false } }, 1,
		  (const char *[3]){ NULL, THERE, NULL });
	say(heir, HERE, own, "I have that address now");
	name = next_name(fd);
	ck_assert(names(&name, ULA, port));
	send_words(fd, ULA, port, "two");
	ck_assert(hears(heir, "two", HERE, own));
	say(peer, HERE, own, "from the first");
	name = next_name(fd);
	ck_assert(names(&name, THERE, port));
}
END_TEST

START_TEST(a_new_helper_that_numbers_its_entries_anew_leads_nobody_astray)
{
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own), other = udp(HERE, NULL);

	rig_helper(RIG_LIVE);
	map_moved();
	send_words(fd, ONCE, port, "one");
	ck_assert(hears(peer, "one", HERE, own));
	close(rig_door());
	rig_helper(RIG_LIVE);
	map_peers((struct peer_addr[]){ { ULA, 1, false }, { ANOTHER, 2, true } }, 2,
		  (const char *[3]){ NULL, ULA, ULA });
	/* until its host map has been found */
	while (send_words(other, ANOTHER, port, "x") < 0)
		usleep(1000);
	ck_assert_int_eq(send_words(fd, ONCE, port, "two"), -1);
	ck_assert_int_eq(errno, ENETUNREACH);
	/* It is the same peer after all: it has the address where it was last. */
	map_peers((struct peer_addr[]){ { THERE, 1, false } }, 1,
		  (const char *[3]){ NULL, THERE, NULL });
	ck_assert_int_eq(send_words(fd, ONCE, port, "three"), 5);
	ck_assert(hears(peer, "three", HERE, own));
}
END_TEST

START_TEST(what_is_no_socket_of_the_maps_namespace_stays_as_it_is)
{
	unsigned port;
	int peer = udp(THERE, &port), raw = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);

	(void)peer;
	rig_helper(RIG_LIVE);
	map_moved();
	ck_assert_int_eq(send_words(raw, ONCE, 0, "an echo, say"), -1);
	ck_assert_int_eq(errno, ENETUNREACH);
	rig_hostmap->netns++;
	ck_assert_int_eq(send_words(udp(ALL, NULL), ONCE, port, "x"), -1);
	ck_assert_int_eq(errno, ENETUNREACH);
}
END_TEST

START_TEST(a_socket_that_is_to_be_left_alone_is)
{
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own);
	int (*prevent)(int) = (int (*)(int))dlsym(RTLD_DEFAULT, "hmip_prevent");
	struct sockaddr_storage name;

	rig_helper(RIG_LIVE);
	map_moved();
	ck_assert_ptr_nonnull(prevent);
	ck_assert_int_eq(prevent(fd), 0);
	ck_assert_int_eq(send_words(fd, ONCE, port, "x"), -1);
	ck_assert_int_eq(errno, ENETUNREACH);
	ck_assert_int_eq(send_words(fd, HERE, 9, "x"), 1);
	ck_assert_uint_eq(rig_shown().n, 0);
	say(peer, HERE, own, "x");
	name = next_name(fd);
	ck_assert(names(&name, THERE, port));
}
END_TEST

START_TEST(a_descriptor_that_is_used_anew_has_no_names_of_the_old_socket)
{
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own);
	struct sockaddr_storage name;

	rig_helper(RIG_LIVE);
	map_moved();
	send_words(fd, ONCE, port, "x");
	close(fd);
	/* By the host map, this socket is not in the helper's network namespace. */
	ck_assert_int_eq(udp(HERE, &own), fd);
	rig_hostmap->netns++;
	say(peer, HERE, own, "x");
	name = next_name(fd);
	ck_assert(names(&name, THERE, port));
}
END_TEST

START_TEST(tcp_fast_open_connects_where_the_peer_is)
{
	unsigned port;
	int listener = rig_listen(THERE, 16, &port), on = 16, fd, got;
	struct sockaddr_storage a = rig_addr(ONCE, port), name;
	char buf[8] = "";

	ck_assert_int_eq(setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &on, sizeof(on)), 0);
	rig_helper(RIG_LIVE);
	map_moved();
	for (int i = 0; i < 2; i++) {		/* without a cookie, and with one */
		fd = socket(AF_INET6, SOCK_STREAM, 0);
		ck_assert_int_eq(sendto(fd, "hello", 5, MSG_FASTOPEN, SA(&a),
					sizeof(struct sockaddr_in6)),
				 5);
		struct rig_shown s = rig_shown();
		ck_assert_uint_eq(s.n, 1);
		ck_assert_int_eq(s.verb, CONTROL_CONNECT);
		ck_assert_uint_eq(s.cookie, rig_cookie(fd));
		name = rig_peer(fd);
		ck_assert(rig_is(&name, ONCE, port));
		got = raw_accept(listener, NULL, NULL);
		ck_assert_int_eq(recv(got, buf, sizeof(buf), 0), 5);
	}
}
END_TEST

static bool crowd_stop;
static unsigned crowd_port;

/*
 * Sends to the peer that moved, and hears it, again and again. Returns NULL if its name was always
 * right.
 */
static void *crowd(void *unused)
{
	unsigned own;
	int peer = udp(THERE, NULL), fd = udp(HERE, &own);

	(void)unused;
	while (!__atomic_load_n(&crowd_stop, __ATOMIC_RELAXED)) {
		struct sockaddr_storage name;

		if (send_words(fd, ONCE, crowd_port, "x") != 1)
			return &crowd_port;
		say(peer, HERE, own, "x");
		name = next_name(fd);
		if (!names(&name, ONCE, 0))
			return &crowd_port;
	}
	return NULL;
}

START_TEST(threads_do_not_confuse_each_others_names)
{
	pthread_t thread[4];
	void *r;

	udp(THERE, &crowd_port);
	rig_helper(RIG_LIVE);
	map_moved();
	for (size_t i = 0; i < ARRAY_LEN(thread); i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, crowd, NULL), 0);
	for (int i = 0; i < 2000; i++)
		map_moved();
	__atomic_store_n(&crowd_stop, true, __ATOMIC_RELAXED);
	for (size_t i = 0; i < ARRAY_LEN(thread); i++) {
		ck_assert_int_eq(pthread_join(thread[i], &r), 0);
		ck_assert_ptr_null(r);
	}
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("sendto");
	TCase *tc = tcase_create("sendto");
	bool root = geteuid() == 0 && seteuid(65534) == 0 && seteuid(0) == 0;
	/* an impostor needs a second user */
	int helpers = root ? RIG_HELPERS : RIG_IMPOSTOR;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, whatever_the_helper_does_the_program_sees_what_it_would_see, 0,
			    helpers);
	tcase_add_loop_test(tc, bad_descriptors_and_no_addresses_are_the_kernels_business, RIG_NONE,
			    RIG_LIVE + 1);
	tcase_add_test(tc, a1_a_peer_that_moved_is_reached_where_it_is_and_keeps_its_name);
	tcase_add_test(tc, c4_who_is_sent_to_is_told_once_and_who_is_answered_is_not);
	tcase_add_test(tc, x8_a_program_that_sends_to_the_whole_world_is_told_of_now_and_then);
	tcase_add_test(tc, c11_a_peer_with_several_addresses_is_sent_to_where_it_was_heard_last);
	tcase_add_test(tc, a_program_that_tries_all_addresses_of_a_peer_sees_which_one_answers);
	tcase_add_test(tc, c9_a_name_that_the_map_has_forgotten_still_works);
	tcase_add_test(tc, a3_a_name_that_is_another_hosts_now_leads_there);
	tcase_add_test(tc, a3_a_name_that_a_stranger_speaks_from_is_nobodys);
	tcase_add_test(tc, a_new_helper_that_numbers_its_entries_anew_leads_nobody_astray);
	tcase_add_test(tc, what_is_no_socket_of_the_maps_namespace_stays_as_it_is);
	tcase_add_test(tc, a_socket_that_is_to_be_left_alone_is);
	tcase_add_test(tc, a_descriptor_that_is_used_anew_has_no_names_of_the_old_socket);
	tcase_add_test(tc, tcp_fast_open_connects_where_the_peer_is);
	tcase_add_test(tc, threads_do_not_confuse_each_others_names);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
