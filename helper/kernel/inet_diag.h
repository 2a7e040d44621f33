/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dumps of IPv6 sockets by sock_diag(7), and what its messages contain, for the helper and hmipctl.
 */
#ifndef HMIP_INET_DIAG_H
#define HMIP_INET_DIAG_H

#include "netlink.h"

#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Calls fn with a message for each socket of proto (IPPROTO_TCP, IPPROTO_UDP) that is in one of
 * these states (bits 1 << TCP_...). fn and again (may be NULL) are those of netlink_dump(). Returns
 * 0 or a negative errno.
 */
int inet_diag_dump(struct netlink *n, uint8_t proto, uint32_t states, netlink_fn *fn,
		   void (*again)(void *ctx), void *ctx);

/*
 * inet_diag_dump() for sockets between these addresses: the kernel looks at all, and reports these
 * only.
 */
int inet_diag_dump_between(struct netlink *n, uint8_t proto, uint32_t states,
			   const struct in6_addr *local, const struct in6_addr *foreign,
			   netlink_fn *fn, void *ctx);

/* inet_diag_dump() with longer messages, which inet_diag_mptcp() needs. */
int inet_diag_dump_info(struct netlink *n, uint8_t proto, uint32_t states, netlink_fn *fn,
			void (*again)(void *ctx), void *ctx);

/*
 * Asks for the socket with the addresses, ports and cookie of id, in any state; it may be bound to
 * the interface of id. Calls fn with one message, which has INET_DIAG_INFO. Returns 0, -ENOENT if
 * there is no such socket, or another negative errno.
 */
int inet_diag_ask_info(struct netlink *n, uint8_t proto, const struct inet_diag_sockid *id,
		       netlink_fn *fn, void *ctx);

/*
 * The payload of a message about a socket, and its cookie; NULL, with *ret_cookie unchanged, of
 * others.
 */
const struct inet_diag_msg *inet_diag_message(const struct nlmsghdr *nlh, uint64_t *ret_cookie);

/* Whether the program of a socket opted out for it (CONTROL_PREVENTED), by a message about it. */
bool inet_diag_prevented(const struct nlmsghdr *nlh);

/* Whether a TCP socket is a subflow of Multipath TCP, by a message of inet_diag_dump_info(). */
bool inet_diag_mptcp(const struct nlmsghdr *nlh);

/* SO_MARK of a socket, by a message about it; 0: none, or no CAP_NET_ADMIN to read it. */
uint32_t inet_diag_mark(const struct nlmsghdr *nlh);

#endif
