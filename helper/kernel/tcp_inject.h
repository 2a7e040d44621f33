/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP segments that the local stack did not send: to it, about its own connections, and to a peer,
 * once more. They are sent with the raw socket of signal_io.h.
 */
#ifndef HMIP_TCP_INJECT_H
#define HMIP_TCP_INJECT_H

#include "signal_io.h"
#include "sock_info.h"

/*
 * Makes the kernel send a pure acknowledgement for the connection p, although it owes none: a
 * segment without data, as if from the peer, reaches the local stack with numbers of the past.
 * rcv_nxt and una are the next number expected from the peer and the first that it has not
 * acknowledged (datapath_seq()). Connection tracking takes the segment for valid, and TCP changes
 * nothing of its state. Linux answers at most one each half a second for a connection; it is late,
 * by a delayed acknowledgement, if it owes one for more than the number lies back. p->local and via
 * are those of icmp_inject_retransmit(). Returns 0, -EINVAL if p is not an established TCP
 * connection, or another negative errno.
 */
int tcp_inject_ask_ack(struct signal_io *io, const struct sock_desc *p, uint32_t una,
		       uint32_t rcv_nxt, const struct in6_addr *via);

/*
 * Lets the kernel believe that the peer of the connection p is alive, though it has nothing new to
 * say: a segment without data that acknowledges nothing more, with this window (as on the wire,
 * scaled down), reaches the local stack. una and seq are the first number that the peer has not
 * acknowledged and the next one expected from it. With window 0, what TCP sends again becomes a
 * probe of the window, at which it does not give up; kernels before Linux 6.6 take a window over
 * that is smaller only if seq is larger than in the segment before, by 1 at most. p->local must be
 * local, by its address or by route_sync_update(). Returns 0, -EINVAL if p is not an established
 * TCP connection, or another negative errno.
 */
int tcp_inject_alive(struct signal_io *io, const struct sock_desc *p, uint32_t una, uint32_t seq,
		     uint16_t window);

#define TCP_AGAIN_MAX	1024	/* octets of data; IPv6 carries as many everywhere */

/* A segment that a connection has sent, or could have. In host order. */
struct tcp_segment {
	uint32_t seq, ack;
	uint16_t window;		/* as in the header */
	bool stamped;			/* has a timestamp option: */
	uint32_t stamp[2];
	const uint8_t *data;
	uint32_t len;			/* 0 to TCP_AGAIN_MAX */
};

/*
 * Sends a segment of the connection p to the peer again, with the birth pair, so that the datapath
 * gives it the pair in use: for the peer it is a duplicate that the network made. The octets must
 * be those that the connection has sent with these numbers; without any it is an acknowledgement,
 * with the numbers that the kernel has now (datapath_seq()). It takes the route of the helper's
 * packets with that source. Returns 0, -EINVAL if p is not an established TCP connection or len is
 * out of range, or another negative errno.
 */
int tcp_inject_again(struct signal_io *io, const struct sock_desc *p,
		     const struct tcp_segment *segment);

#endif
