/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * getaddrinfo(3): stores the addresses of the name, which is sent to the helper when a connection
 * to one of them is registered (C5). The result is libc's.
 */
#include "export.h"
#include "host_names.h"
#include "libc.h"

#include <netdb.h>

EXPORT int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **res)
{
	int r = libc()->getaddrinfo(name, service, hints, res);
	struct host h;

	if (r || !host_names_begin(&h, name))
		return r;
	for (const struct addrinfo *ai = *res; ai; ai = ai->ai_next)
		if (ai->ai_family == AF_INET6 && ai->ai_addrlen >= sizeof(struct sockaddr_in6))
			host_names_add(&h, &((const struct sockaddr_in6 *)ai->ai_addr)->sin6_addr);
	host_names_keep(&h);
	return r;
}
