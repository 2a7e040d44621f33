/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel knows of a connection. Not with netinet/tcp.h, whose tcp_info is too short. */
#ifndef HMIP_TCP_SOCKET_H
#define HMIP_TCP_SOCKET_H

#include "suite.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

static inline struct tcp_info info(int fd)
{
	struct tcp_info i;
	socklen_t len = sizeof(i);

	ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &len), 0);
	return i;
}

/* The number of the next octet to be put into a queue of the socket. */
static inline uint32_t queue_seq(int fd, int queue)
{
	int on = 1, off = -1 /* without a window probe */;
	socklen_t len = sizeof(uint32_t);
	uint32_t seq;

	ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)), 0);
	ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)), 0);
	ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &len), 0);
	ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)), 0);
	return seq;
}

#endif
