/* SPDX-License-Identifier: BSD-2-Clause */
/* getpeername(2): the peer's address as the program passed it to connect(2). */
#include "export.h"
#include "libc.h"
#include "sock_names.h"

EXPORT int getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	return sock_names_report(libc()->getpeername, NAME_PEER, fd, addr, len);
}
