/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 addresses: scope, whether hmip may handle them, text.
 */
#ifndef HMIP_ADDR_H
#define HMIP_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>

/*
 * Scopes of RFC 4291 that a Host Cache Entry tells apart (C8). ULAs count as global, as in RFC
 * 4193.
 */
enum addr_scope {
	ADDR_SCOPE_NONE,	/* unspecified, loopback, multicast, v4-mapped:
				 * never in a Host Cache Entry */
	ADDR_SCOPE_LINK,
	ADDR_SCOPE_GLOBAL,
};

/* The scope of a. */
enum addr_scope addr_scope(const struct in6_addr *a);

/* Whether a may be a member of a Foreign Host Cache Entry: unicast, of global scope. */
bool addr_usable(const struct in6_addr *a);

static inline bool addr_equal(const struct in6_addr *a, const struct in6_addr *b)
{
	return IN6_ARE_ADDR_EQUAL(a, b);
}

/* The length in bits of the longest prefix a and b have in common, 0 to 128 (RFC 6724, 2.2). */
unsigned addr_common_prefix(const struct in6_addr *a, const struct in6_addr *b);

struct addr_text {
	char s[INET6_ADDRSTRLEN];
};

/* a as text, returned by value: addr_text(&a).s lives to the end of the full expression. */
struct addr_text addr_text(const struct in6_addr *a);

#endif
