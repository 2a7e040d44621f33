/* SPDX-License-Identifier: BSD-2-Clause */
#include "netns.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* The socket is of AF_UNIX, which sock_diag's monitor does not report the end of. */
int netns_cookie(uint64_t *ret)
{
	uint64_t cookie;
	socklen_t len = sizeof(cookie);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), r = 0;

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		r = -errno;
	else
		*ret = cookie;
	close(fd);
	return r;
}
