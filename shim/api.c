/* SPDX-License-Identifier: BSD-2-Clause */
/* hmip.h: requests to the helper, each about one socket of the program (draft, 5.2; X8). */
#include "hmip.h"
#include "client.h"
#include "export.h"
#include "raw.h"
#include "sock_names.h"

#include <errno.h>
#include <string.h>

/* client_ask() with the result of a system call. Keeps errno unless it fails. */
static int ask(int fd, enum control_verb verb, struct control_answer *ret)
{
	int saved = errno, r = client_ask(fd, verb, ret);

	errno = r < 0 ? -r : saved;
	return r < 0 ? -1 : 0;
}

EXPORT int hmip_info(int fd, struct hmip_info *info)
{
	struct control_answer a;

	if (ask(fd, CONTROL_INFO, &a))
		return -1;
	*info = (struct hmip_info){
		.flags = a.flags, .addresses = a.addresses, .connections = a.connections,
		.local = a.local, .foreign = a.foreign,
		.local_now = a.local_now, .foreign_now = a.foreign_now,
	};
	return 0;
}

EXPORT int hmip_trust(int fd)
{
	struct control_answer a;

	return ask(fd, CONTROL_TRUST, &a);
}

EXPORT int hmip_forget(int fd)
{
	struct control_answer a;

	return ask(fd, CONTROL_FORGET, &a);
}

/*
 * Needs no helper: the kernel keeps the mark, for helpers that start later and processes that get
 * the socket.
 */
EXPORT int hmip_prevent(int fd)
{
	struct sockaddr_in6 peer;
	socklen_t len = sizeof(peer);
	int saved = errno, on = 1;

	/* getpeername(2) fails while a connection is being established. */
	if (!raw_getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &peer, &len)) {
		errno = EISCONN;
		return -1;
	}
	if (errno != ENOTCONN)
		return -1;
	raw_setsockopt(fd, IPPROTO_IP, CONTROL_PREVENTED, &on, sizeof(on));
	if (!sock_names_prevent(fd)) {
		errno = ENOBUFS;
		return -1;
	}
	errno = saved;
	return 0;
}
