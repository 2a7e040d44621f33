/* SPDX-License-Identifier: BSD-2-Clause */
/* recvmsg(2) under the shim. */
#define _GNU_SOURCE
#include "datagrams.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <string.h>

typedef ssize_t recvmsg_fn(int fd, struct msghdr *msg, int flags);

static ssize_t libc_recvmsg(int fd, struct msghdr *msg, int flags)
{
	return recvmsg(fd, msg, flags);
}

/* All that a call gives back. */
struct received {
	struct msghdr msg;
	struct iovec iov;
	ssize_t r;
	int err;
	char buf[16], name[64];
	union {
		struct cmsghdr align;
		char octet[256];
	} control;
};

static void receive(recvmsg_fn *fn, int fd, int flags, size_t room, struct received *ret)
{
	memset(ret, 0, sizeof(*ret));
	memset(ret->name, '.', sizeof(ret->name));
	ret->iov = (struct iovec){ ret->buf, sizeof(ret->buf) };
	ret->msg = (struct msghdr){ .msg_name = room ? ret->name : NULL, .msg_namelen = room,
				    .msg_iov = &ret->iov, .msg_iovlen = 1,
				    .msg_control = &ret->control,
				    .msg_controllen = sizeof(ret->control) };
	errno = 4711;
	ret->r = fn(fd, &ret->msg, flags);
	ret->err = errno;
	ck_assert_ptr_eq(ret->msg.msg_name, room ? ret->name : NULL);
	ck_assert_ptr_eq(ret->msg.msg_iov, &ret->iov);
	ck_assert_ptr_eq(ret->msg.msg_control, &ret->control);
}

static bool same(const struct received *a, const struct received *b)
{
	return a->r == b->r && a->err == b->err && a->msg.msg_namelen == b->msg.msg_namelen &&
	       a->msg.msg_controllen == b->msg.msg_controllen &&
	       a->msg.msg_flags == b->msg.msg_flags && !memcmp(a->buf, b->buf, sizeof(a->buf)) &&
	       !memcmp(a->name, b->name, sizeof(a->name)) &&
	       !memcmp(&a->control, &b->control, sizeof(a->control));
}

static const size_t rooms[] = { 64, 28, 20, 1, 0, (size_t)-5 };

START_TEST(whatever_the_helper_does_the_program_sees_what_it_would_see)
{
	unsigned port;
	int to = udp(ALL, &port), from = udp(THERE, NULL), on = 1;

	ck_assert_int_eq(setsockopt(to, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)), 0);
	rig_helper(_i);
	for (size_t i = 0; i < ARRAY_LEN(rooms); i++) {
		struct received with, without;

		for (int k = 0; k < 2; k++)
			say(from, HERE, port, "words, more than there is room for");
		receive(raw_recvmsg, to, 0, rooms[i], &without);
		receive(libc_recvmsg, to, 0, rooms[i], &with);
		ck_assert_msg(same(&with, &without),
			      "room %zd: %zd (%s) instead of %zd (%s), or other things",
			      (ssize_t)rooms[i], with.r, strerror(with.err), without.r,
			      strerror(without.err));
		while (raw_recvfrom(to, with.buf, 1, MSG_DONTWAIT, NULL, NULL) >= 0)
			;
	}
	struct received with, without;
	receive(raw_recvmsg, to, MSG_ERRQUEUE, 28, &without);
	receive(libc_recvmsg, to, MSG_ERRQUEUE, 28, &with);
	ck_assert(same(&with, &without));
}
END_TEST

START_TEST(a1_a_peer_that_moved_keeps_its_name)
{
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own);
	struct sockaddr_storage once = rig_addr(ONCE, port);

	rig_helper(RIG_LIVE);
	map_moved();
	ck_assert_int_eq(sendto(fd, "x", 1, 0, SA(&once), sizeof(struct sockaddr_in6)), 1);
	for (size_t i = 0; i < ARRAY_LEN(rooms) - 1; i++) {
		struct received got;

		say(peer, HERE, own, "words");
		receive(libc_recvmsg, fd, 0, rooms[i], &got);
		ck_assert_int_eq(got.r, 5);
		ck_assert_int_eq(got.err, 4711);
		ck_assert_uint_eq(got.msg.msg_namelen, rooms[i] ? 28 : 0);
		ck_assert_mem_eq(got.name, &once, rooms[i] < 28 ? rooms[i] : 28);
		for (size_t k = rooms[i] < 28 ? rooms[i] : 28; k < sizeof(got.name); k++)
			ck_assert_int_eq(got.name[k], '.');
	}
}
END_TEST

START_TEST(errors_come_from_the_peer_by_its_name)
{
	unsigned port;
	int peer = udp(THERE, &port), fd = udp(HERE, NULL), on = 1;
	struct sockaddr_storage once = rig_addr(ONCE, port), name = { 0 };
	struct sockaddr_in6 offender;
	struct received got;
	struct cmsghdr *c;

	close(peer);
	ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on)), 0);
	rig_helper(RIG_LIVE);
	map_moved();
	ck_assert_int_eq(sendto(fd, "x", 1, 0, SA(&once), sizeof(struct sockaddr_in6)), 1);
	ck_assert_int_eq(poll(&(struct pollfd){ .fd = fd }, 1, 10000), 1);
	receive(libc_recvmsg, fd, MSG_ERRQUEUE, 28, &got);
	ck_assert_int_eq(got.r, 1);
	memcpy(&name, got.name, 28);
	ck_assert(names(&name, ONCE, port));
	c = CMSG_FIRSTHDR(&got.msg);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(c->cmsg_type, IPV6_RECVERR);
	memcpy(&offender, CMSG_DATA(c) + sizeof(struct sock_extended_err), sizeof(offender));
	ck_assert(IN6_ARE_ADDR_EQUAL(&offender.sin6_addr,
				     &((struct sockaddr_in6 *)&once)->sin6_addr));
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("recvmsg");
	TCase *tc = tcase_create("recvmsg");
	bool root = geteuid() == 0 && seteuid(65534) == 0 && seteuid(0) == 0;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, whatever_the_helper_does_the_program_sees_what_it_would_see, 0,
			    root ? RIG_HELPERS : RIG_IMPOSTOR);
	tcase_add_test(tc, a1_a_peer_that_moved_keeps_its_name);
	tcase_add_test(tc, errors_come_from_the_peer_by_its_name);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
