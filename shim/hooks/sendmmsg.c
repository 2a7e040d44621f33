/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sendmmsg(2): as sendmsg(2) for each message. If no message must be changed, all are sent with one
 * call; else copies of them are sent in chunks, and a chunk that is not sent whole ends the call.
 */
#define _GNU_SOURCE	/* struct mmsghdr */
#include "client.h"
#include "export.h"
#include "libc.h"
#include "message.h"

#include <errno.h>

#define MESSAGES_MAX	1024	/* UIO_MAXIOV, the kernel's maximum per call */
#define CHUNK		8

/* Registers those of the first n that must be. */
static void register_sent(int fd, const struct mmsghdr *msgs, unsigned n, const bool *must_register)
{
	for (unsigned i = 0; i < n; i++)
		if (must_register[i])
			message_sent(fd, &msgs[i].msg_hdr);
}

/* Sends up to CHUNK messages. Returns as sendmmsg(2). */
static int send_chunk(int fd, struct mmsghdr *msgs, unsigned n, int flags)
{
	struct mmsghdr copy[CHUNK];
	struct message there[CHUNK];
	bool must_register[CHUNK];
	int r;

	for (unsigned i = 0; i < n; i++) {
		copy[i] = msgs[i];
		if (message_send(fd, &msgs[i].msg_hdr, &there[i], &must_register[i]))
			copy[i].msg_hdr = there[i].hdr;
	}
	r = libc()->sendmmsg(fd, copy, n, flags);
	for (int i = 0; i < r; i++)
		msgs[i].msg_len = copy[i].msg_len;
	if (r > 0)
		register_sent(fd, msgs, r, must_register);
	return r;
}

/* Whether any message must be changed or registered. */
static bool concerns_us(int fd, const struct mmsghdr *msgs, unsigned n)
{
	struct message there;
	bool must_register;

	for (unsigned i = 0; i < n; i++)
		if (msgs[i].msg_hdr.msg_name &&
		    (message_send(fd, &msgs[i].msg_hdr, &there, &must_register) || must_register))
			return true;
	return false;
}

EXPORT int sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags)
{
	unsigned sent = 0;
	int saved = errno;

	if (n > MESSAGES_MAX)
		n = MESSAGES_MAX;
	if (!client_active() || !concerns_us(fd, msgs, n))
		return libc()->sendmmsg(fd, msgs, n, flags);
	while (sent < n) {
		unsigned some = n - sent < CHUNK ? n - sent : CHUNK;
		int r = send_chunk(fd, msgs + sent, some, flags);

		if (r < 0 && !sent)
			return r;
		if (r > 0)
			sent += r;
		if (r < (int)some)
			break;
	}
	errno = saved;
	return sent;
}
