/* SPDX-License-Identifier: BSD-2-Clause */
/* What a TCP connection of this host has in flight, by sock_diag(7). */
#ifndef HMIP_TCP_FLIGHT_H
#define HMIP_TCP_FLIGHT_H

#include "netlink.h"
#include "sock_info.h"

#include <stdbool.h>

enum tcp_timer {		/* as sock_diag numbers them */
	TIMER_NONE,
	TIMER_RETRANSMIT,
	TIMER_KEEPALIVE,
	TIMER_TIME_WAIT,
	TIMER_PROBE,		/* of the peer's window, which is closed */
};

struct tcp_flight {
	unsigned unacked;	/* segments sent and not acknowledged */
	unsigned backoff;	/* how often the retransmission timeout has been doubled since */
	bool layered;		/* another protocol is on top of TCP in the kernel, such as TLS */
	unsigned mtu;		/* octets of its longest packet, from the IPv6 header on */
	unsigned window;	/* of the peer, as the last segment would have it: scaled down */
	enum tcp_timer timer;	/* the one that expires next */
	unsigned expires_ms;	/* ... so soon, unless it is TIMER_NONE */
};

/*
 * Reads the connection p, of which addresses, ports and cookie are used. It may be bound to the
 * interface ifindex (0: it is bound to none). n is a socket of NETLINK_SOCK_DIAG. Returns 0,
 * -ENOENT if there is no such connection, or another negative errno.
 */
int tcp_flight_get(struct netlink *n, const struct sock_desc *p, unsigned ifindex,
		   struct tcp_flight *ret);

#endif
