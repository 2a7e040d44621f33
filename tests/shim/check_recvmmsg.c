/* SPDX-License-Identifier: BSD-2-Clause */
/* recvmmsg(2) under the shim. */
#define _GNU_SOURCE
#include "datagrams.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MANY	20
#define ROOM	64

static struct mmsghdr msg[MANY];
static struct iovec iov[MANY];
static char name[MANY][ROOM], buf[MANY][8];

/* Names have room for so many octets, in turn. */
static void prepare(const size_t *room, size_t n_room)
{
	memset(name, '.', sizeof(name));
	for (size_t i = 0; i < MANY; i++) {
		iov[i] = (struct iovec){ buf[i], sizeof(buf[i]) };
		msg[i] = (struct mmsghdr){ .msg_hdr = {
			.msg_name = room[i % n_room] ? name[i] : NULL,
			.msg_namelen = room[i % n_room], .msg_iov = &iov[i], .msg_iovlen = 1 } };
	}
}

static void say_all(int fd, unsigned port)
{
	char words[8];

	for (int i = 0; i < MANY; i++) {
		snprintf(words, sizeof(words), "%d", i);
		say(fd, HERE, port, words);
	}
}

START_TEST(a1_a_peer_that_moved_keeps_its_name_in_all_messages)
{
	static const size_t room[] = { 28, 64, 0, 20 };
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own);
	struct sockaddr_storage once = rig_addr(ONCE, port), there = rig_addr(THERE, port);

	rig_helper(RIG_LIVE);
	map_moved();
	ck_assert_int_eq(sendto(fd, "x", 1, 0, SA(&once), sizeof(struct sockaddr_in6)), 1);
	say_all(peer, own);
	prepare(room, ARRAY_LEN(room));
	errno = 4711;
	ck_assert_int_eq(recvmmsg(fd, msg, MANY, 0, NULL), MANY);
	ck_assert_int_eq(errno, 4711);
	for (size_t i = 0; i < MANY; i++) {
		size_t r = room[i % ARRAY_LEN(room)], has = r < 28 ? r : 28;

		/* half a name is the kernel's */
		ck_assert_mem_eq(name[i], r < 28 ? &there : &once, has);
		for (size_t k = has; k < ROOM; k++)
			ck_assert_int_eq(name[i][k], '.');
		ck_assert_uint_eq(msg[i].msg_len, i < 10 ? 1 : 2);
	}
}
END_TEST

START_TEST(whatever_the_helper_does_the_program_sees_what_it_would_see)
{
	static const size_t room[] = { 28, 64, 0, 20 };
	unsigned own;
	int peer = udp(THERE, NULL), fd = udp(HERE, &own);
	struct timespec none = { 0 };
	static char names_without[MANY][ROOM];

	rig_helper(_i);
	say_all(peer, own);
	prepare(room, ARRAY_LEN(room));
	ck_assert_int_eq(raw_recvmmsg(fd, msg, MANY, 0, NULL), MANY);
	memcpy(names_without, name, sizeof(name));
	say_all(peer, own);
	prepare(room, ARRAY_LEN(room));
	ck_assert_int_eq(recvmmsg(fd, msg, MANY, MSG_WAITFORONE, NULL), MANY);
	ck_assert_mem_eq(name, names_without, sizeof(name));
	ck_assert_int_eq(recvmmsg(fd, msg, MANY, MSG_DONTWAIT, &none), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(recvmmsg(fd, msg, 0, 0, NULL), raw_recvmmsg(fd, msg, 0, 0, NULL));
	ck_assert_int_eq(recvmmsg(-1, msg, 1, 0, NULL), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("recvmmsg");
	TCase *tc = tcase_create("recvmmsg");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a1_a_peer_that_moved_keeps_its_name_in_all_messages);
	tcase_add_loop_test(tc, whatever_the_helper_does_the_program_sees_what_it_would_see,
			    RIG_NONE, RIG_STUCK + 1);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
