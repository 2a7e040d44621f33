/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the socket of a descriptor that a program sent: its addresses, ports and owner. */
#ifndef HMIP_SOCK_INFO_H
#define HMIP_SOCK_INFO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define SOCK_UID_UNKNOWN	UINT32_MAX

/* A socket of TCP or UDP over IPv6, as the kernel describes it. */
struct sock_desc {
	uint64_t cookie;		/* the kernel's: unique until reboot */
	struct in6_addr local, foreign;
	uint16_t lport, fport;		/* host order */
	uint8_t proto;			/* IPPROTO_TCP, IPPROTO_UDP */
	bool established;
	bool accepted;			/* sock_monitor_list(): a socket listens at its port */
	uint32_t uid;			/* of the owner, or SOCK_UID_UNKNOWN */
	uint32_t mark;			/* SO_MARK; 0: none */
};

/*
 * Reads a TCP or UDP socket over IPv6 of this network namespace that has a peer (SYN-SENT
 * included): fills all of *ret but accepted, which is false. fd may be any descriptor, stays the
 * caller's and is not changed. Returns 0; -EINVAL for anything else, such as a closed connection,
 * IPv4 on an IPv6 socket, or MPTCP; or another negative errno.
 */
int sock_info_get(int fd, struct sock_desc *ret);

/*
 * The same for a UDP socket with or without a peer: foreign and fport are 0. local is unspecified
 * if the socket is not bound to an address. Returns as sock_info_get().
 */
int sock_info_get_unconnected(int fd, struct sock_desc *ret);

/* Whether the socket's program opted out for it (CONTROL_PREVENTED). fd may be any descriptor. */
bool sock_info_prevented(int fd);

#endif
