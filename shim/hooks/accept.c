/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accept(2) and accept4(2): register the new socket with the helper. The program sees the address
 * by which it, or another program, first knew the peer: FTP servers compare it with that of the
 * control connection (A2).
 */
#include "client.h"
#include "export.h"
#include "libc.h"
#include "raw.h"
#include "sock_names.h"

#include <errno.h>
#include <string.h>

/*
 * A GNU extension; <sys/socket.h> would declare it with argument types that only calls can be
 * written for.
 */
int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);

/*
 * Reads fd's peer, which accept wrote to addr if there was room, into *ret. Returns whether it may
 * be a Homeless peer.
 */
static bool read_peer(int fd, const struct sockaddr *addr, socklen_t room, struct sockaddr_in6 *ret)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	if (addr && room >= sizeof(*ret))
		return client_eligible(addr, sizeof(*ret), ret);
	return !raw_getpeername(fd, (struct sockaddr *)&name, &len) &&
	       client_eligible((struct sockaddr *)&name, len, ret);
}

/*
 * Call with what accept(2) returned, and its addr with room octets for the peer's address. Keeps
 * errno.
 */
static void accepted(int fd, struct sockaddr *addr, socklen_t room)
{
	struct sockaddr_in6 peer;
	struct in6_addr known;
	int saved = errno;

	if (!client_active() || !read_peer(fd, addr, room, &peer))
		goto out;
	if (client_lookup(fd, HOSTMAP_NAME, &peer.sin6_addr, &known)) {
		sock_names_set(fd, NAME_PEER, &known, &peer.sin6_addr);
		peer.sin6_addr = known;
		if (addr)
			memcpy(addr, &peer, room < sizeof(peer) ? room : sizeof(peer));
	}
	if (!client_adopts())
		client_register(fd, CONTROL_ACCEPT, NULL);
out:
	errno = saved;
}

/* Without a helper even a bad pointer is the kernel's business. */
static socklen_t room_for(const struct sockaddr *addr, const socklen_t *len)
{
	return addr && len && client_active() ? *len : 0;
}

EXPORT int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	socklen_t room = room_for(addr, len);
	int r = libc()->accept(fd, addr, len);

	if (r >= 0 && !sock_names_prevented(fd))
		accepted(r, addr, room);
	return r;
}

EXPORT int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	socklen_t room = room_for(addr, len);
	int r = libc()->accept4(fd, addr, len, flags);

	if (r >= 0 && !sock_names_prevented(fd))
		accepted(r, addr, room);
	return r;
}
