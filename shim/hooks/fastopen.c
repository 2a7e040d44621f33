/* SPDX-License-Identifier: BSD-2-Clause */
#include "fastopen.h"
#include "connect.h"
#include "libc.h"
#include "raw.h"

#include <errno.h>
#include <netinet/in.h>

bool fastopen_connects(int fd, int flags)
{
	int saved = errno, proto = 0;
	socklen_t len = sizeof(proto);
	bool tcp;

	if (!(flags & MSG_FASTOPEN))
		return false;
	tcp = !raw_getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &proto, &len) && proto == IPPROTO_TCP;
	errno = saved;
	return tcp;
}

struct sending {
	const struct msghdr *msg;
	int flags;
};

static ssize_t call_sendmsg(int fd, const struct sockaddr *addr, socklen_t len, const void *ctx)
{
	const struct sending *s = ctx;
	struct msghdr msg = *s->msg;

	msg.msg_name = (void *)addr;
	msg.msg_namelen = len;
	return libc()->sendmsg(fd, &msg, s->flags);
}

ssize_t fastopen(int fd, const struct msghdr *msg, int flags)
{
	return connect_to(fd, msg->msg_name, msg->msg_namelen, call_sendmsg,
			  &(struct sending){ msg, flags });
}
