/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recvfrom(2), and its name with _FORTIFY_SOURCE: the source is the address by which the program
 * knows the peer.
 */
#include "client.h"
#include "export.h"
#include "libc.h"
#include "message.h"

#include <string.h>

/* Calls one of the two; room is SIZE_MAX for the first. */
static ssize_t receive(int fd, void *buf, size_t n, size_t room, int flags, struct sockaddr *addr,
		       socklen_t *len)
{
	if (room == SIZE_MAX)
		return libc()->recvfrom(fd, buf, n, flags, addr, len);
	return libc()->recvfrom_chk(fd, buf, n, room, flags, addr, len);
}

/* For programs with room for a part of the address: it is translated whole, then cut. */
static ssize_t receive_part(int fd, void *buf, size_t n, size_t room, int flags,
			    struct sockaddr *addr, socklen_t *len)
{
	struct sockaddr_storage name;
	socklen_t full = sizeof(name), part = *len;
	ssize_t r = receive(fd, buf, n, room, flags, (struct sockaddr *)&name, &full);

	if (r < 0)
		return r;
	message_from(fd, (struct sockaddr *)&name, full, flags);
	memcpy(addr, &name, part < full ? part : full);
	*len = full;
	return r;
}

static ssize_t receive_named(int fd, void *buf, size_t n, size_t room, int flags,
			     struct sockaddr *addr, socklen_t *len)
{
	ssize_t r;

	if (!addr || !len || !client_active() || (int)*len <= 0)
		return receive(fd, buf, n, room, flags, addr, len);
	if (*len < sizeof(struct sockaddr_in6))
		return receive_part(fd, buf, n, room, flags, addr, len);
	r = receive(fd, buf, n, room, flags, addr, len);
	if (r >= 0)
		message_from(fd, addr, *len, flags);
	return r;
}

EXPORT ssize_t recvfrom(int fd, void *buf, size_t n, int flags, struct sockaddr *addr,
			socklen_t *len)
{
	return receive_named(fd, buf, n, SIZE_MAX, flags, addr, len);
}

/* Declared by <bits/socket2.h> only where the program is built so. */
ssize_t __recvfrom_chk(int fd, void *buf, size_t n, size_t room, int flags, struct sockaddr *addr,
		       socklen_t *len);

EXPORT ssize_t __recvfrom_chk(int fd, void *buf, size_t n, size_t room, int flags,
			      struct sockaddr *addr, socklen_t *len)
{
	return receive_named(fd, buf, n, room, flags, addr, len);
}
