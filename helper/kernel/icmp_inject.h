/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMPv6 errors to the local stack about its own connections: TCP should retransmit at once, a peer
 * is unreachable, or a connection cannot be made. They are sent with the raw socket of signal_io.h.
 */
#ifndef HMIP_ICMP_INJECT_H
#define HMIP_ICMP_INJECT_H

#include "signal_io.h"
#include "sock_info.h"

/*
 * Makes TCP retransmit (the kick; doc/ARCHITECTURE.md, "Why"): sends ICMPv6 "no route to
 * destination" to the local stack n times, quoting the segment of p with sequence number seq. Each
 * time, Linux undoes one doubling of the retransmission timeout (RFC 6069). seq is the first
 * unacknowledged number (datapath_acked()); with another, nothing happens. p->local must be local,
 * by its address or by route_sync_update(): the error is sent to it, because connection tracking
 * expects it there. via is its source, a usable local address. Returns 0, -EINVAL if p is not an
 * established TCP connection (the error would end a half-open one), or another negative errno.
 */
int icmp_inject_retransmit(struct signal_io *io, const struct sock_desc *p, uint32_t seq,
			   const struct in6_addr *via, unsigned n);

/*
 * Makes TCP retransmit at once what it has sent and fills its segments, although no timer has
 * expired: sends ICMPv6 "packet too big" to the local stack, quoting the segment of p with sequence
 * number seq, which is between the first unacknowledged one and the next to be sent. Linux takes
 * all segments that are longer than the new maximum for lost, keeps its congestion window, and
 * retransmits. mtu is such that the maximum falls by one octet: tcp_flight_get(). It leaves a path
 * MTU in the route (fib_forget_mtu()). With an mtu that lowers nothing, nothing happens. p->local
 * and via are as above. Returns 0, -EINVAL if p is not an established TCP connection or mtu is
 * below the least that IPv6 allows, 1280, or another negative errno.
 */
int icmp_inject_too_big(struct signal_io *io, const struct sock_desc *p, uint32_t seq,
			const struct in6_addr *via, unsigned mtu);

/*
 * Makes connect(2) fail with EHOSTUNREACH: sends ICMPv6 "address unreachable" about the TCP
 * connection p, of which only proto, addresses and ports are read, quoting its first segment, with
 * sequence number seq. Returns 0 or a negative errno.
 */
int icmp_inject_refuse(struct signal_io *io, const struct sock_desc *p, uint32_t seq);

/*
 * Reports to the local stack that the peer of p is unreachable (S6): sends ICMPv6 "address
 * unreachable" quoting a packet of p, for TCP the segment with sequence number seq. TCP goes on,
 * and reports this error if it times out. via is the source, a usable local address. Returns 0,
 * -EINVAL for a TCP connection that is not established, or another negative errno.
 */
int icmp_inject_unreachable(struct signal_io *io, const struct sock_desc *p, uint32_t seq,
			    const struct in6_addr *via);

#endif
