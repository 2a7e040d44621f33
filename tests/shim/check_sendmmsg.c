/* SPDX-License-Identifier: BSD-2-Clause */
/* sendmmsg(2) under the shim. */
#define _GNU_SOURCE
#include "datagrams.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MANY	40

static struct mmsghdr msg[MANY];
static struct iovec iov[MANY];
static struct sockaddr_storage to[MANY];
static char words[MANY][8];

/*
 * Messages "0", "1", ... to the address there, but those in the place of no to an IPv6 address that
 * leads nowhere.
 */
static void write_messages(const char *where, unsigned port, int no)
{
	for (int i = 0; i < MANY; i++) {
		to[i] = rig_addr(i == no ? "2001:db8:7::1" : where, port);
		iov[i] = (struct iovec){ words[i],
					 (size_t)snprintf(words[i], sizeof(words[i]), "%d", i) };
		msg[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &to[i],
							.msg_namelen = sizeof(struct sockaddr_in6),
							.msg_iov = &iov[i], .msg_iovlen = 1 },
					   .msg_len = 4711 };
	}
}

static void check_sent(int peer, int n, unsigned own)
{
	for (int i = 0; i < MANY; i++)
		ck_assert_uint_eq(msg[i].msg_len, i < n ? strlen(words[i]) : 4711);
	for (int i = 0; i < n; i++)
		ck_assert(hears(peer, words[i], HERE, own));
}

START_TEST(a1_messages_go_where_the_peer_is_in_order)
{
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own);

	rig_helper(RIG_LIVE);
	map_moved();
	for (int i = 0; i < 2; i++) {
		write_messages(i ? THERE : ONCE, port, -1);
		errno = 4711;
		ck_assert_int_eq(sendmmsg(fd, msg, MANY, 0), MANY);
		ck_assert_int_eq(errno, 4711);
		for (int k = 0; k < MANY; k++)
			ck_assert(names(&to[k], i ? THERE : ONCE, port));
		check_sent(peer, MANY, own);
	}
}
END_TEST

START_TEST(the_call_ends_before_the_first_message_that_cannot_be_sent)
{
	static const int no[] = { 0, 1, 7, 8, 9, 16, MANY - 1 };
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own);

	rig_helper(_i);
	if (_i == RIG_LIVE)
		map_moved();
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		write_messages(_i == RIG_LIVE ? ONCE : THERE, port, no[i]);
		errno = 4711;
		ck_assert_int_eq(sendmmsg(fd, msg, MANY, 0), no[i] ? no[i] : -1);
		ck_assert_int_eq(errno, no[i] ? 4711 : ENETUNREACH);
		check_sent(peer, no[i], own);
	}
}
END_TEST

START_TEST(messages_of_every_kind_go_together)
{
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(ALL, &own), other = udp(HERE, NULL);

	rig_helper(RIG_LIVE);
	map_moved();
	write_messages(ONCE, port, -1);
	for (int i = 0; i < MANY; i += 3)
		to[i] = rig_addr(THERE, port);
	for (int i = 1; i < MANY; i += 5)
		to[i] = rig_addr("::1", 9);
	ck_assert_int_eq(sendmmsg(fd, msg, MANY, 0), MANY);
	for (int i = 0; i < MANY; i++)
		if (i % 5 != 1)
			ck_assert(hears(peer, words[i], THERE, own));
	ck_assert_int_eq(sendmmsg(fd, msg, 0, 0), 0);
	ck_assert_int_eq(sendmmsg(-1, msg, 1, 0), -1);
	ck_assert_int_eq(errno, EBADF);
	/* Without names, on a socket that is connected. */
	to[0] = rig_addr(THERE, port);
	ck_assert_int_eq(raw_connect(other, SA(&to[0]), sizeof(to[0])), 0);
	for (int i = 0; i < MANY; i++)
		msg[i].msg_hdr.msg_name = NULL;
	ck_assert_int_eq(sendmmsg(other, msg, MANY, 0), MANY);
	check_sent(peer, MANY, 0);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("sendmmsg");
	TCase *tc = tcase_create("sendmmsg");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a1_messages_go_where_the_peer_is_in_order);
	tcase_add_loop_test(tc, the_call_ends_before_the_first_message_that_cannot_be_sent,
			    RIG_NONE, RIG_STUCK + 1);
	tcase_add_test(tc, messages_of_every_kind_go_together);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
