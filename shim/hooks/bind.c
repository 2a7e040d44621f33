/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bind(2): an address that this host has lost, but its programs still know, is replaced by its
 * successor (A2: active FTP binds to the address of its control connection).
 */
#include "client.h"
#include "export.h"
#include "libc.h"
#include "sock_names.h"

#include <errno.h>

/*
 * Binds to the successor of the address asked for, which this host does not have. Returns as
 * bind(2).
 */
static int bind_elsewhere(int fd, const struct sockaddr_in6 *asked, socklen_t len)
{
	struct sockaddr_in6 here = *asked;
	int r;

	if (!client_lookup(fd, HOSTMAP_LOCAL, &asked->sin6_addr, &here.sin6_addr)) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	r = libc()->bind(fd, (const struct sockaddr *)&here,
			 len < sizeof(here) ? len : sizeof(here));
	if (!r)
		sock_names_set(fd, NAME_OWN, &asked->sin6_addr, &here.sin6_addr);
	return r;
}

EXPORT int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 asked;
	int saved = errno;
	int r = libc()->bind(fd, addr, len);

	if (!r || errno != EADDRNOTAVAIL || !client_eligible(addr, len, &asked) ||
	    sock_names_prevented(fd))
		return r;
	r = bind_elsewhere(fd, &asked, len);
	if (!r)
		errno = saved;
	return r;
}
