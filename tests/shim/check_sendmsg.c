/* SPDX-License-Identifier: BSD-2-Clause */
/* sendmsg(2) under the shim. */
#define _GNU_SOURCE
#include "datagrams.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

/* A message with room for one control message. */
struct post {
	struct msghdr msg;
	struct sockaddr_storage to;
	struct iovec iov;
	union {
		struct cmsghdr align;
		char octet[512];
	} control;
};

static void post(struct post *p, const char *to, unsigned port, const char *words)
{
	memset(p, 0, sizeof(*p));
	p->to = rig_addr(to, port);
	p->iov = (struct iovec){ (void *)words, strlen(words) };
	p->msg = (struct msghdr){ .msg_name = &p->to, .msg_namelen = sizeof(struct sockaddr_in6),
				  .msg_iov = &p->iov, .msg_iovlen = 1 };
}

/* Adds a control message behind those there are. Returns where its data is. */
static void *add_control(struct post *p, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)(p->control.octet + p->msg.msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	p->msg.msg_control = &p->control;
	p->msg.msg_controllen += CMSG_SPACE(len);
	return CMSG_DATA(c);
}

static void add_source(struct post *p, const char *text)
{
	struct sockaddr_storage a = rig_addr(text, 0);
	struct in6_pktinfo info = { .ipi6_addr = ((struct sockaddr_in6 *)&a)->sin6_addr };

	add_control(p, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
}

START_TEST(a1_a_message_goes_where_the_peer_is_and_stays_as_the_program_made_it)
{
	unsigned port, own;
	int peer = udp(THERE, &port), fd = udp(HERE, &own);
	struct post p, before;

	rig_helper(RIG_LIVE);
	map_moved();
	post(&p, ONCE, port, "words");
	before = p;
	errno = 4711;
	ck_assert_int_eq(sendmsg(fd, &p.msg, 0), 5);
	ck_assert_int_eq(errno, 4711);
	ck_assert_mem_eq(&p, &before, sizeof(p));
	ck_assert(hears(peer, "words", HERE, own));
	ck_assert_uint_eq(rig_shown().n, 1);
	ck_assert_int_eq(sendmsg(fd, &p.msg, 0), 5);
	ck_assert(hears(peer, "words", HERE, own));
	ck_assert_uint_eq(rig_shown().n, 0);
}
END_TEST

START_TEST(a_source_that_this_host_has_lost_becomes_the_one_in_its_place)
{
	unsigned port;
	int peer = udp(THERE, &port), fd = udp(ALL, NULL);
	static const char *const to[] = { THERE, ONCE };

	rig_helper(RIG_LIVE);
	map_moved();
	for (size_t i = 0; i < ARRAY_LEN(to); i++) {
		struct post p, before;

		post(&p, to[i], port, "words");
		add_source(&p, LOST);
		before = p;
		ck_assert_int_eq(sendmsg(fd, &p.msg, 0), 5);
		ck_assert_mem_eq(&p, &before, sizeof(p));
		ck_assert(hears(peer, "words", HERE, 0));

		post(&p, to[i], port, "words");
		add_source(&p, ULA);
		ck_assert_int_eq(sendmsg(fd, &p.msg, 0), 5);
		ck_assert(hears(peer, "words", ULA, 0));
	}
}
END_TEST

START_TEST(other_control_messages_are_not_touched)
{
	unsigned port;
	uint16_t size = 3;
	int peer = udp(THERE, &port), fd = udp(HERE, NULL), class = 5;
	struct post p;

	rig_helper(RIG_LIVE);
	map_moved();
	post(&p, ONCE, port, "onetwothree");
	add_control(&p, IPPROTO_IPV6, IPV6_TCLASS, &class, sizeof(class));
	add_control(&p, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size));
	add_source(&p, LOST);
	ck_assert_int_eq(sendmsg(fd, &p.msg, 0), 11);
	ck_assert(hears(peer, "one", HERE, 0));
	ck_assert(hears(peer, "two", HERE, 0));
	ck_assert(hears(peer, "thr", HERE, 0));
	ck_assert(hears(peer, "ee", HERE, 0));
}
END_TEST

/* Returns -errno or what was sent, of a message that the row number says. */
static ssize_t strange(unsigned row, ssize_t (*fn)(int fd, const struct msghdr *msg, int flags))
{
	int fd = udp(row == 3 ? "127.0.0.1" : ALL, NULL);
	int local = socket(AF_UNIX, SOCK_DGRAM, 0);
	static char large[4096];
	static struct iovec many[1025];
	struct post p;
	ssize_t r;

	post(&p, row == 3 ? "127.0.0.1" : row == 7 ? "::ffff:127.0.0.1" : HERE, 9, "x");
	switch (row) {
	case 0:
		p.msg.msg_name = NULL;
		break;
	case 1:
		p.msg.msg_namelen = 1;
		break;
	case 2:
		memcpy(large, &p.to, sizeof(p.to));
		p.msg.msg_name = large;
		p.msg.msg_namelen = sizeof(large);	/* the kernel looks at 128 octets of it */
		break;
	case 4:
		p.msg.msg_iov = many;
		p.msg.msg_iovlen = ARRAY_LEN(many);
		break;
	case 5:
		add_source(&p, LOST);
		((struct cmsghdr *)p.msg.msg_control)->cmsg_len = 3;
		break;
	case 6:
		add_source(&p, "2001:db8:77::1");
		break;
	case 8:
		p.msg.msg_control = &p.control;
		p.msg.msg_controllen = 5;
		break;
	}
	r = fn(row == 9 ? local : row == 10 ? -1 : fd, &p.msg, MSG_NOSIGNAL);
	r = r < 0 ? -errno : r;
	close(fd);
	close(local);
	return r;
}

static ssize_t libc_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return sendmsg(fd, msg, flags);
}

START_TEST(whatever_the_helper_does_the_program_sees_what_it_would_see)
{
	rig_helper(_i);
	for (unsigned row = 0; row <= 10; row++)
		ck_assert_msg(strange(row, libc_sendmsg) == strange(row, raw_sendmsg),
			      "row %u: %zd instead of %zd", row, strange(row, libc_sendmsg),
			      strange(row, raw_sendmsg));
}
END_TEST

START_TEST(descriptors_pass_through_unix_sockets)
{
	int pair[2], fd = udp(HERE, NULL), got;
	char words[] = "x";
	struct post p;

	rig_helper(RIG_LIVE);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	post(&p, HERE, 9, words);
	p.msg.msg_name = NULL;
	p.msg.msg_namelen = 0;
	add_control(&p, SOL_SOCKET, SCM_RIGHTS, &fd, sizeof(fd));
	ck_assert_int_eq(sendmsg(pair[0], &p.msg, 0), 1);
	p.msg.msg_controllen = sizeof(p.control);
	ck_assert_int_eq(recvmsg(pair[1], &p.msg, 0), 1);
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&p.msg)), sizeof(got));
	ck_assert_uint_eq(rig_cookie(got), rig_cookie(fd));
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("sendmsg");
	TCase *tc = tcase_create("sendmsg");
	bool root = geteuid() == 0 && seteuid(65534) == 0 && seteuid(0) == 0;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, whatever_the_helper_does_the_program_sees_what_it_would_see, 0,
			    root ? RIG_HELPERS : RIG_IMPOSTOR);
	tcase_add_test(tc, a1_a_message_goes_where_the_peer_is_and_stays_as_the_program_made_it);
	tcase_add_test(tc, a_source_that_this_host_has_lost_becomes_the_one_in_its_place);
	tcase_add_test(tc, other_control_messages_are_not_touched);
	tcase_add_test(tc, descriptors_pass_through_unix_sockets);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
