/* SPDX-License-Identifier: BSD-2-Clause */
#include "fastopen.h"
#include "client.h"
#include "connect.h"
#include "libc.h"
#include "own_port.h"
#include "raw.h"
#include "sock_names.h"

#include <errno.h>

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

ssize_t fastopen(int fd, const struct msghdr *msg, int flags)
{
	struct sockaddr_in6 asked, there;
	struct msghdr copy = *msg;
	int saved = errno;
	bool elsewhere;
	ssize_t r;

	if (!helper_eligible(msg->msg_name, msg->msg_namelen, &asked) || names_prevented(fd))
		return libc()->sendmsg(fd, msg, flags);
	if (connect_from(fd))
		return -1;
	port_of_its_own(fd, &asked.sin6_addr);
	there = asked;
	elsewhere = helper_lookup(fd, VIEW_FOREIGN, &asked.sin6_addr, &there.sin6_addr);
	errno = saved;
	if (elsewhere) {
		copy.msg_name = &there;
		if (copy.msg_namelen > sizeof(there))
			copy.msg_namelen = sizeof(there);
	}
	r = libc()->sendmsg(fd, elsewhere ? &copy : msg, flags);
	saved = errno;
	if (r >= 0 || errno == EINPROGRESS || errno == EINTR)
		connect_done(fd, &asked.sin6_addr, elsewhere ? &there.sin6_addr : NULL);
	errno = saved;
	return r;
}
