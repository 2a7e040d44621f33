/* SPDX-License-Identifier: BSD-2-Clause */
/* What a descriptor is that a program sent: its socket, addresses and owner. */
#ifndef HMIP_SOCK_INFO_H
#define HMIP_SOCK_INFO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define SOCK_UID_UNKNOWN	UINT32_MAX

/* A socket of TCP or UDP over IPv6, as the kernel describes it. */
struct sock_desc {
	uint64_t cookie;		/* the kernel's: names it for life */
	struct in6_addr local, foreign;
	uint16_t lport, fport;		/* host order */
	uint8_t proto;			/* IPPROTO_TCP, IPPROTO_UDP */
	bool established;
	bool accepted;			/* in a list: its port is listened at, so the peer connected */
	uint32_t uid;			/* of the user whose socket it is, or SOCK_UID_UNKNOWN */
	uint32_t mark;			/* of its packets (SO_MARK), 0: none */
};


/*
 * Reads what a descriptor is into *ret (cookie, addresses, ports, protocol, user, mark, established; the rest is zero): a TCP or
 * UDP socket over IPv6 of this network namespace that has a peer (SYN-SENT included). A connection that is over, an
 * IPv4 one on an IPv6 socket and MPTCP are not. Does not consume fd and does nothing to it: fd may be anything.
 * Returns 0, -EINVAL if it is none of these, or a negative errno.
 */
int sock_info_get(int fd, struct sock_desc *ret);

/*
 * The same for a UDP socket whose peer does not matter: it need not have one, and foreign and fport stay 0. local is 0, too, if it
 * is bound to none.
 */
int sock_info_get_unconnected(int fd, struct sock_desc *ret);

/* Whether the program that made the socket wants it left alone (CONTROL_PREVENTED). */
bool sock_info_prevented(int fd);

#endif
