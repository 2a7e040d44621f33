/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sendmsg(2): to the peer's current address, and from this host's; the program's message is not
 * modified.
 */
#include "client.h"
#include "export.h"
#include "fastopen.h"
#include "libc.h"
#include "message.h"

EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct message there;
	bool must_register;
	ssize_t r;

	if (!client_active() || !msg || !msg->msg_name)
		return libc()->sendmsg(fd, msg, flags);
	if (fastopen_connects(fd, flags))
		return fastopen(fd, msg, flags);
	if (message_send(fd, msg, &there, &must_register))
		r = libc()->sendmsg(fd, &there.hdr, flags);
	else
		r = libc()->sendmsg(fd, msg, flags);
	if (r >= 0 && must_register)
		message_sent(fd, msg);
	return r;
}
