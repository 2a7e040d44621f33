/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The connections over IPv6 of all users in this network namespace, as the kernel lists them
 * (sock_diag(7)).
 */
#ifndef HMIP_SOCK_LIST_H
#define HMIP_SOCK_LIST_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sock_entry {
	uint64_t cookie;		/* the kernel's name for the socket */
	struct in6_addr local, foreign;
	uint16_t lport, fport;		/* host order */
	uint8_t proto;			/* IPPROTO_TCP, IPPROTO_UDP */
	uint32_t uid;			/* of the user whose socket it is */
	uint32_t inode;			/* by which /proc/PID/fd names it */
	uint32_t device;		/* interface its program bound it to, by ifindex; or 0 */
	bool prevented;			/* its program called hmip_prevent() */
	bool mptcp;			/* it is a subflow of Multipath TCP */
};

struct endpoint_text {
	char s[sizeof("[]:65535") + INET6_ADDRSTRLEN];
};

/* "[ADDRESS]:PORT", as the helper's answers have it. */
struct endpoint_text endpoint_text(const struct in6_addr *addr, unsigned port);

/*
 * Lists established and half-closed TCP connections, and connected UDP sockets, that a process
 * holds; not those between v4-mapped addresses. Needs no privilege. Returns 0 and fills *ret, which
 * the caller frees with free(3), and *n; or a negative errno.
 */
int sock_list(struct sock_entry **ret, size_t *n);

#endif
