/* SPDX-License-Identifier: BSD-2-Clause */
/* getsockname(2): the socket's address as the program passed it to bind(2). */
#include "export.h"
#include "libc.h"
#include "sock_names.h"

EXPORT int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return sock_names_report(libc()->getsockname, NAME_OWN, fd, addr, len);
}
