/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMPv6 errors for the local stack about its own connections: that a path is back, that a peer cannot be reached, that a
 * connection cannot be made. They are sent with the raw socket of signal_io.h.
 */
#ifndef HMIP_ICMP_INJECT_H
#define HMIP_ICMP_INJECT_H

#include "signal_io.h"
#include "sock_info.h"

/*
 * The kick (doc/ARCHITECTURE.md, "Why"): hands the local stack ICMPv6 "no route to destination"
 * quoting the segment of p with sequence number seq, n times; Linux then undoes a doubling of the
 * retransmission timeout each time (RFC 6069). seq must be the first number not acknowledged
 * (datapath_acked()), else nothing happens. p->local must be local, by its address or by
 * route_sync_update(): the kick is sent there, as that is where connection tracking expects it.
 * via: a usable local address. Returns 0, -EINVAL if p is no established TCP connection (a kick
 * would end one half open), or a negative errno.
 */
int icmp_inject_retransmit(struct signal_io *io, const struct sock_desc *p, uint32_t seq,
			   const struct in6_addr *via, unsigned n);

/*
 * Tells the local stack that p, a TCP connection of which no more is set than its addresses and ports, cannot be made:
 * ICMPv6 "address unreachable" quoting its first segment, whose number is seq. connect(2) fails with EHOSTUNREACH. Returns
 * 0 or a negative errno.
 */
int icmp_inject_refuse(struct signal_io *io, const struct sock_desc *p, uint32_t seq);

/*
 * Tells the local stack that the peer of p cannot be reached (S6): ICMPv6 "address unreachable" quoting p, for a TCP connection
 * the segment seq. A connection takes it as the reason should it give up. via: a usable local address. Returns 0 or a negative errno.
 */
int icmp_inject_unreachable(struct signal_io *io, const struct sock_desc *p, uint32_t seq,
			    const struct in6_addr *via);

#endif
