/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect(2): connects to where the peer is now, keeps the address that the program asked for, and
 * registers the socket with the helper as soon as the kernel has chosen its addresses.
 */
#include "connect.h"
#include "client.h"
#include "export.h"
#include "libc.h"
#include "own_port.h"
#include "raw.h"
#include "sock_names.h"

#include <errno.h>

/*
 * The kernel has taken the call: to the address asked for, or to now if that is not NULL. Registers
 * the socket, if the helper does not adopt it by itself. A program that calls connect(2) again to
 * learn the result registers its socket twice; the helper recognises it by its cookie. Clobbers
 * errno.
 */
static void connect_done(int fd, const struct in6_addr *asked, const struct in6_addr *now)
{
	if (now)
		sock_names_set(fd, NAME_PEER, asked, now);
	else if (sock_names_any())
		sock_names_drop(fd, NAME_PEER);
	if (!client_auto_registered(asked))
		client_register(fd, CONTROL_CONNECT, asked);
}

/*
 * Binds a socket that the program has not bound to an address of our personality, if we have one:
 * it must not connect from another. Returns 0, or -1 with errno set. Clobbers errno.
 */
static int connect_from(int fd)
{
	struct sockaddr_in6 own = { .sin6_family = AF_INET6 }, is;
	socklen_t len = sizeof(is);
	int r = client_personality(fd, &own.sin6_addr), on = 1;

	if (!r || raw_getsockname(fd, (struct sockaddr *)&is, &len) || len != sizeof(is) ||
	    is.sin6_port || !IN6_IS_ADDR_UNSPECIFIED(&is.sin6_addr))
		return 0;
	if (r < 0) {
		errno = -r;
		return -1;
	}
	/* The port is left for connect(2) to choose, so that many connections can share one. */
	raw_setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return raw_bind(fd, (const struct sockaddr *)&own, sizeof(own));
}

ssize_t connect_to(int fd, const struct sockaddr *addr, socklen_t len, connect_call *call,
		   const void *ctx)
{
	struct sockaddr_in6 asked, there;
	int saved = errno;
	bool elsewhere;
	ssize_t r;

	/* In this order: without a helper even a bad pointer is the kernel's business. */
	if (!client_active() || !client_eligible(addr, len, &asked))
		return call(fd, addr, len, ctx);
	if (connect_from(fd))
		return -1;
	errno = saved;
	own_port_bind(fd, &asked.sin6_addr);
	if (sock_names_prevented(fd))
		return call(fd, addr, len, ctx);
	there = asked;
	elsewhere = client_lookup(fd, HOSTMAP_FOREIGN, &asked.sin6_addr, &there.sin6_addr);
	errno = saved;
	if (elsewhere)
		r = call(fd, (const struct sockaddr *)&there,
			 len < sizeof(there) ? len : sizeof(there), ctx);
	else
		r = call(fd, addr, len, ctx);
	saved = errno;
	if (r >= 0 || errno == EINPROGRESS || errno == EINTR)
		connect_done(fd, &asked.sin6_addr, elsewhere ? &there.sin6_addr : NULL);
	errno = saved;
	return r;
}

static ssize_t call_connect(int fd, const struct sockaddr *addr, socklen_t len, const void *ctx)
{
	(void)ctx;
	return libc()->connect(fd, addr, len);
}

EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return connect_to(fd, addr, len, call_connect, NULL);
}

/* The C library's other name for it. */
EXPORT int __connect(int fd, const struct sockaddr *addr, socklen_t len)
	__attribute__((alias("connect")));
