/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gethostbyname2(3) and gethostbyname2_r(3), as getaddrinfo(3). gethostbyname(3) returns IPv4
 * addresses only.
 */
#include "export.h"
#include "host_names.h"
#include "libc.h"

#include <netdb.h>
#include <string.h>

static void remember(const char *name, const struct hostent *e)
{
	struct in6_addr addr;
	struct host h;

	if (e->h_addrtype != AF_INET6 || e->h_length != sizeof(addr) || !host_names_begin(&h, name))
		return;
	for (char **a = e->h_addr_list; *a; a++) {
		memcpy(&addr, *a, sizeof(addr));
		host_names_add(&h, &addr);
	}
	host_names_keep(&h);
}

EXPORT struct hostent *gethostbyname2(const char *name, int family)
{
	struct hostent *e = libc()->gethostbyname2(name, family);

	if (e)
		remember(name, e);
	return e;
}

EXPORT int gethostbyname2_r(const char *name, int family, struct hostent *entry, char *buf,
			    size_t size, struct hostent **result, int *error)
{
	int r = libc()->gethostbyname2_r(name, family, entry, buf, size, result, error);

	if (!r && *result)
		remember(name, *result);
	return r;
}
