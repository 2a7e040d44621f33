/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tcp_inject.h"

#include <errno.h>
#include <libnet.h>
#include <netinet/tcp.h>
#include <string.h>

/*
 * How far the segment's number lies back. TCP answers at once if that is before what it last
 * acknowledged, which may be two segments behind; connection tracking wants it within the window.
 */
#define PAST	8192

/* Builds the segment in libnet's queue. Returns 0 or -ENOMEM. */
static int build(struct signal_io *io, const struct sock_desc *p, uint32_t seq, uint32_t ack,
		 uint16_t window)
{
	struct libnet_in6_addr src, dst;

	memcpy(&src, &p->foreign, sizeof(src));
	memcpy(&dst, &p->local, sizeof(dst));
	libnet_clear_packet(signal_io_libnet(io));
	if (libnet_build_tcp(p->fport, p->lport, seq, ack, TH_ACK, window, 0, 0, LIBNET_TCP_H, NULL,
			     0, signal_io_libnet(io), 0) < 0)
		return -ENOMEM;
	/* Hop limit 1: if the address is not local any more, the packet does not leave the link. */
	if (libnet_build_ipv6(0, 0, LIBNET_TCP_H, IPPROTO_TCP, 1, src, dst, NULL, 0,
			      signal_io_libnet(io), 0) < 0)
		return -ENOMEM;
	return 0;
}

/* Sends the segment to the local stack. Returns 0 or a negative errno. */
static int inject(struct signal_io *io, const struct sock_desc *p, uint32_t seq, uint32_t ack,
		  uint16_t window, const struct in6_addr *via)
{
	int r;

	if (p->proto != IPPROTO_TCP || !p->established)
		return -EINVAL;
	r = build(io, p, seq, ack, window);
	if (!r)
		r = signal_io_aim(io, via, 0);
	if (!r && libnet_write(signal_io_libnet(io)) < 0)
		r = -errno;
	libnet_clear_packet(signal_io_libnet(io));
	return r;
}

int tcp_inject_ask_ack(struct signal_io *io, const struct sock_desc *p, uint32_t una,
		       uint32_t rcv_nxt, const struct in6_addr *via)
{
	/* An older acknowledgement than the last: its window, 0, is not taken over. */
	return inject(io, p, rcv_nxt - PAST, una - 1, 0, via);
}

int tcp_inject_alive(struct signal_io *io, const struct sock_desc *p, uint32_t una, uint32_t seq,
		     uint16_t window)
{
	return inject(io, p, seq, una, window, &in6addr_any);
}
