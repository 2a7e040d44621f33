/* SPDX-License-Identifier: BSD-2-Clause */
/* recvmsg(2): the source is the address by which the program knows the peer. */
#include "client.h"
#include "export.h"
#include "libc.h"
#include "message.h"

#include <string.h>

/* For programs with room for a part of the address: it is translated whole, then cut. */
static ssize_t receive_part(int fd, struct msghdr *msg, int flags)
{
	struct sockaddr_storage name;
	struct msghdr whole = *msg;
	ssize_t r;

	whole.msg_name = &name;
	whole.msg_namelen = sizeof(name);
	r = libc()->recvmsg(fd, &whole, flags);
	if (r < 0)
		return r;
	message_received(fd, &whole, sizeof(name), flags);
	memcpy(msg->msg_name, &name,
	       msg->msg_namelen < whole.msg_namelen ? msg->msg_namelen : whole.msg_namelen);
	msg->msg_namelen = whole.msg_namelen;
	msg->msg_controllen = whole.msg_controllen;
	msg->msg_flags = whole.msg_flags;
	return r;
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	socklen_t room;
	ssize_t r;

	if (!client_active() || !msg || (!msg->msg_name && !(flags & MSG_ERRQUEUE)) ||
	    (int)msg->msg_namelen < 0)
		return libc()->recvmsg(fd, msg, flags);
	room = msg->msg_name ? msg->msg_namelen : 0;
	if (room && room < sizeof(struct sockaddr_in6))
		return receive_part(fd, msg, flags);
	r = libc()->recvmsg(fd, msg, flags);
	if (r >= 0)
		message_received(fd, msg, room, flags);
	return r;
}
