/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The connections whose addresses or ports this host translates (NAT: masqueraded, published,
 * redirected), as connection tracking lists them in this network namespace.
 *
 *   peer <-- outside: what is on the wire --> this host <-- inside: what the program's socket has
 */
#ifndef HMIP_TRANSLATED_H
#define HMIP_TRANSLATED_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* Packets from src to dst. */
struct tuple {
	struct in6_addr src, dst;
	uint16_t sport, dport;		/* host order */
};

struct translated {
	struct tuple original;		/* of the packets from the side that began */
	struct tuple reply;		/* of the other side's; not the reverse of original */
	uint8_t proto;			/* IPPROTO_TCP, IPPROTO_UDP */
};

/*
 * Lists translated connections over IPv6: open ones of TCP, and of UDP those that were answered.
 * Needs CAP_NET_ADMIN. Returns 0 and fills *ret, which the caller frees with free(3), and *n, which
 * is 0 if nothing is tracked here; or a negative errno: -EPERM without the privilege.
 */
int translated_list(struct translated **ret, size_t *n);

#endif
