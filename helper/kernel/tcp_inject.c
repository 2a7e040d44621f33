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
	return r ? r : signal_io_send_built(io, via, 1);
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

/* The timestamp option, behind two NOPs (RFC 7323, appendix A). */
struct stamp_option {
	uint8_t nop[2], kind, len;
	uint32_t stamp[2];		/* network order */
};

/* Builds a segment of p in libnet's queue. Returns 0 or -ENOMEM. */
static int build_again(struct signal_io *io, const struct sock_desc *p, const struct tcp_segment *s)
{
	const struct stamp_option o = { .nop = { TCPOPT_NOP, TCPOPT_NOP },
					.kind = TCPOPT_TIMESTAMP, .len = TCPOLEN_TIMESTAMP,
					.stamp = { htonl(s->stamp[0]), htonl(s->stamp[1]) } };
	uint32_t len = LIBNET_TCP_H + (s->stamped ? sizeof(o) : 0) + s->len;
	libnet_t *net = signal_io_libnet(io);
	struct libnet_in6_addr src, dst;

	memcpy(&src, &p->local, sizeof(src));
	memcpy(&dst, &p->foreign, sizeof(dst));
	libnet_clear_packet(net);
	if (s->stamped && libnet_build_tcp_options((const uint8_t *)&o, sizeof(o), net, 0) < 0)
		return -ENOMEM;
	if (libnet_build_tcp(p->lport, p->fport, s->seq, s->ack, s->len ? TH_ACK | TH_PUSH : TH_ACK,
			     s->window, 0, 0, (uint16_t)len, s->data, s->len, net, 0) < 0)
		return -ENOMEM;
	return libnet_build_ipv6(0, 0, (uint16_t)len, IPPROTO_TCP, 64, src, dst, NULL, 0, net,
				 0) < 0 ? -ENOMEM : 0;
}

int tcp_inject_again(struct signal_io *io, const struct sock_desc *p, const struct tcp_segment *s)
{
	int r;

	if (p->proto != IPPROTO_TCP || !p->established || s->len > TCP_AGAIN_MAX)
		return -EINVAL;
	r = build_again(io, p, s);
	return r ? r : signal_io_send_built(io, &p->local, 1);
}
