/* SPDX-License-Identifier: BSD-2-Clause */
/* sendto(2): to the peer's current address, by whatever address the program knows it. */
#include "client.h"
#include "export.h"
#include "fastopen.h"
#include "libc.h"
#include "udp_peers.h"

static ssize_t fastopen_to(int fd, const void *buf, size_t n, int flags,
			   const struct sockaddr *addr, socklen_t len)
{
	struct iovec iov = { (void *)buf, n };
	struct msghdr msg = {
		.msg_name = (void *)addr, .msg_namelen = len, .msg_iov = &iov, .msg_iovlen = 1
	};

	return fastopen(fd, &msg, flags);
}

EXPORT ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr,
		      socklen_t len)
{
	struct sockaddr_in6 to, asked;
	struct udp_peers_dest dest;
	ssize_t r;

	/* In this order: without a helper even a bad pointer is the kernel's business. */
	if (!addr || !client_active() || !client_eligible(addr, len, &to))
		return libc()->sendto(fd, buf, n, flags, addr, len);
	if (fastopen_connects(fd, flags))
		return fastopen_to(fd, buf, n, flags, addr, len);
	asked = to;
	dest = udp_peers_dest(fd, &asked.sin6_addr);
	if (dest.moved) {
		to.sin6_addr = dest.to;
		r = libc()->sendto(fd, buf, n, flags, (struct sockaddr *)&to,
				   len < sizeof(to) ? len : sizeof(to));
	} else {
		r = libc()->sendto(fd, buf, n, flags, addr, len);
	}
	if (r >= 0 && dest.must_register)
		udp_peers_register(fd, &asked.sin6_addr);
	return r;
}
