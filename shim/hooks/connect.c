/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect(2): goes where the peer is now, remembers whom the program asked for, and shows the socket to the helper as
 * soon as the kernel has chosen its addresses.
 */
#include "connect.h"
#include "client.h"
#include "export.h"
#include "libc.h"
#include "own_port.h"
#include "raw.h"
#include "sock_names.h"

#include <errno.h>

/* A program that calls again to learn how a connection ended shows its socket twice; the helper knows it by its cookie. */
void connect_done(int fd, const struct in6_addr *asked, const struct in6_addr *now)
{
	if (now)
		names_set(fd, NAME_PEER, asked, now);
	else if (names_any())
		names_drop(fd, NAME_PEER);
	if (!helper_finds(asked))
		helper_show(fd, CONTROL_CONNECT, asked);
}

int connect_from(int fd)
{
	struct sockaddr_in6 own = { .sin6_family = AF_INET6 }, is;
	socklen_t len = sizeof(is);
	int r = helper_personality(fd, &own.sin6_addr), on = 1;

	if (!r || raw_getsockname(fd, (struct sockaddr *)&is, &len) || len != sizeof(is) || is.sin6_port ||
	    !IN6_IS_ADDR_UNSPECIFIED(&is.sin6_addr))
		return 0;
	if (r < 0) {
		errno = -r;
		return -1;
	}
	/* The port is left for connect(2) to choose, so that many connections can share one. */
	raw_setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return raw_bind(fd, (const struct sockaddr *)&own, sizeof(own));
}

static int connect6(int fd, const struct sockaddr *addr, socklen_t len, const struct sockaddr_in6 *asked)
{
	struct sockaddr_in6 there = *asked;
	int r, saved = errno;
	bool elsewhere = helper_lookup(fd, VIEW_FOREIGN, &asked->sin6_addr, &there.sin6_addr);

	errno = saved;
	if (elsewhere)
		r = libc()->connect(fd, (const struct sockaddr *)&there, len < sizeof(there) ? len : sizeof(there));
	else
		r = libc()->connect(fd, addr, len);
	saved = errno;
	if (!r || errno == EINPROGRESS || errno == EINTR)
		connect_done(fd, &asked->sin6_addr, elsewhere ? &there.sin6_addr : NULL);
	errno = saved;
	return r;
}

EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 asked;

	/* In this order: without a helper even a bad pointer is the kernel's business. */
	if (!helper_known() || !helper_eligible(addr, len, &asked))
		return libc()->connect(fd, addr, len);
	int saved = errno;
	if (connect_from(fd))
		return -1;
	errno = saved;
	port_of_its_own(fd, &asked.sin6_addr);
	if (names_prevented(fd))
		return libc()->connect(fd, addr, len);
	return connect6(fd, addr, len, &asked);
}

/* The C library's other name for it. */
EXPORT int __connect(int fd, const struct sockaddr *addr, socklen_t len) __attribute__((alias("connect")));
