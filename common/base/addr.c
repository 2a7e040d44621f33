/* SPDX-License-Identifier: BSD-2-Clause */
#include "addr.h"

#include <arpa/inet.h>

enum addr_scope addr_scope(const struct in6_addr *a)
{
	if (IN6_IS_ADDR_UNSPECIFIED(a) || IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_MULTICAST(a) ||
	    IN6_IS_ADDR_V4MAPPED(a))
		return ADDR_SCOPE_NONE;
	if (IN6_IS_ADDR_LINKLOCAL(a))
		return ADDR_SCOPE_LINK;
	return ADDR_SCOPE_GLOBAL;
}

bool addr_usable(const struct in6_addr *a)
{
	return addr_scope(a) == ADDR_SCOPE_GLOBAL;
}

unsigned addr_common_prefix(const struct in6_addr *a, const struct in6_addr *b)
{
	unsigned i = 0;

	while (i < 16 && a->s6_addr[i] == b->s6_addr[i])
		i++;
	if (i == 16)
		return 128;
	return i * 8 + __builtin_clz((unsigned)(a->s6_addr[i] ^ b->s6_addr[i])) - 24;
}

struct addr_text addr_text(const struct in6_addr *a)
{
	struct addr_text t;

	inet_ntop(AF_INET6, a, t.s, sizeof(t.s));
	return t;
}
