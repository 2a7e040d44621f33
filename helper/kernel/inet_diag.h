/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to sock_diag(7) about sockets over IPv6, and what its messages say, for the helper and hmipctl. */
#ifndef HMIP_INET_DIAG_H
#define HMIP_INET_DIAG_H

#include "netlink.h"

#include <linux/inet_diag.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Lists the sockets of proto (IPPROTO_TCP, IPPROTO_UDP) in these states (1 << TCP_...) to fn; again may be NULL, both as
 * netlink_dump(). Returns 0 or a negative errno.
 */
int inet_diag_dump(struct netlink *n, uint8_t proto, uint32_t states, netlink_fn *fn,
		   void (*again)(void *ctx), void *ctx);

/* What a message says of a socket, and its cookie. NULL, with *ret_cookie as it was, if it is no such message. */
const struct inet_diag_msg *inet_diag_message(const struct nlmsghdr *nlh, uint64_t *ret_cookie);

/* Whether a message about a socket says that its program wants it to be left alone (CONTROL_PREVENTED). */
bool inet_diag_prevented(const struct nlmsghdr *nlh);

/* The mark of a socket's packets, as a message about it says (to those who have CAP_NET_ADMIN); 0: none. */
uint32_t inet_diag_mark(const struct nlmsghdr *nlh);

#endif
