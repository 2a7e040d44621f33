/* SPDX-License-Identifier: BSD-2-Clause */
#include "own_port.h"
#include "array.h"
#include "client.h"
#include "raw.h"

#include <errno.h>
#include <stdbool.h>

#define TRIES	4	/* a free port may be taken before it is bound */

/*
 * With these options the kernel shares a port, or lets connect(2) choose one, which may be shared.
 */
static const struct {
	int level, name;
} generous[] = {
	{ SOL_SOCKET, SO_REUSEADDR },
	{ SOL_SOCKET, SO_REUSEPORT },
	{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT },
};

#define N_GENEROUS	ARRAY_LEN(generous)

/* bind(2) with the options above off; they are restored. Returns as bind(2). */
static int bind_alone(int fd, const struct sockaddr_in6 *addr)
{
	bool was[N_GENEROUS] = { false };
	int r;

	for (unsigned i = 0; i < N_GENEROUS; i++) {
		int value = 0, off = 0;
		socklen_t len = sizeof(value);

		if (!raw_getsockopt(fd, generous[i].level, generous[i].name, &value, &len) && value)
			was[i] = !raw_setsockopt(fd, generous[i].level, generous[i].name, &off,
						 sizeof(off));
	}
	r = raw_bind(fd, (const struct sockaddr *)addr, sizeof(*addr));
	for (unsigned i = 0; i < N_GENEROUS; i++) {
		int on = 1;

		if (was[i])
			raw_setsockopt(fd, generous[i].level, generous[i].name, &on, sizeof(on));
	}
	return r;
}

/* A port, in network order, that no socket of fd's type has at any address; 0 if there is none. */
static in_port_t free_port(int fd)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(any);
	int type = 0, probe;
	socklen_t tlen = sizeof(type);

	if (raw_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &tlen))
		return 0;
	probe = raw_socket(AF_INET6, type | SOCK_CLOEXEC);
	if (probe < 0)
		return 0;
	if (raw_bind(probe, (const struct sockaddr *)&any, sizeof(any)) ||
	    raw_getsockname(probe, (struct sockaddr *)&any, &len))
		any.sin6_port = 0;
	raw_close(probe);
	return any.sin6_port;
}

void own_port_bind(int fd, const struct in6_addr *asked)
{
	struct sockaddr_in6 is;
	socklen_t len = sizeof(is);
	struct hostmap_row row;
	int saved = errno;

	if (!client_row(HOSTMAP_FOREIGN, asked, &row) || !(row.flags & HOSTMAP_UNIQUE_PORT))
		return;
	if (!client_owns(fd) || raw_getsockname(fd, (struct sockaddr *)&is, &len) ||
	    len != sizeof(is) || is.sin6_port)
		goto out;
	/* Bound to no address, so that the kernel looks for a port that is free at all of them. */
	if (IN6_IS_ADDR_UNSPECIFIED(&is.sin6_addr)) {
		bind_alone(fd, &is);
		goto out;
	}
	for (unsigned i = 0; i < TRIES; i++) {
		is.sin6_port = free_port(fd);
		if (!is.sin6_port || !bind_alone(fd, &is))
			break;
	}
out:
	errno = saved;
}
