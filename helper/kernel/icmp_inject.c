/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "icmp_inject.h"

#include <errno.h>
#include <libnet.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#define IPV6_MIN_MTU	1280
#define QUOTE_MAX	(sizeof(struct ip6_hdr) + sizeof(struct tcphdr))

/*
 * Builds the quoted packet, by which the kernel finds the connection: headers without data, since
 * an ICMPv6 error may quote a part of a packet. Returns its length.
 */
static uint32_t quote(const struct sock_desc *p, uint32_t seq, uint8_t ret[static QUOTE_MAX])
{
	struct tcphdr tcp = { .th_sport = htons(p->lport), .th_dport = htons(p->fport),
			      .th_seq = htonl(seq) };
	struct udphdr udp = { .uh_sport = htons(p->lport), .uh_dport = htons(p->fport),
			      .uh_ulen = htons(sizeof(udp)) };
	struct ip6_hdr ip6 = { .ip6_flow = htonl(6u << 28) };
	bool is_tcp = p->proto == IPPROTO_TCP;
	uint16_t len = is_tcp ? sizeof(tcp) : sizeof(udp);

	ip6.ip6_plen = htons(len);
	ip6.ip6_nxt = p->proto;
	ip6.ip6_hlim = 64;
	ip6.ip6_src = p->local;
	ip6.ip6_dst = p->foreign;
	tcp.th_off = sizeof(tcp) / 4;
	tcp.th_flags = TH_ACK;
	memcpy(ret, &ip6, sizeof(ip6));
	memcpy(ret + sizeof(ip6), is_tcp ? (void *)&tcp : (void *)&udp, len);
	return sizeof(ip6) + len;
}

/* An error about a connection. */
struct icmp_error {
	uint8_t type, code;
	uint32_t mtu;			/* of Packet Too Big, else 0 */
};

/*
 * Builds the ICMPv6 error in libnet's queue; it quotes segment, of len octets. Returns 0 or
 * -ENOMEM.
 */
static int build_error(struct signal_io *io, const struct sock_desc *p, const struct icmp_error *e,
		       const struct in6_addr *via, uint8_t *segment,
		       uint32_t len)
{
	struct libnet_in6_addr src, dst;

	memcpy(&src, via, sizeof(src));
	memcpy(&dst, &p->local, sizeof(dst));
	libnet_clear_packet(signal_io_libnet(io));
	/* Its builder for Destination Unreachable has no MTU; this one fills the same octets. */
	if (libnet_build_icmpv6_echo(e->type, e->code, 0, (uint16_t)(e->mtu >> 16),
				     (uint16_t)e->mtu, segment, len, signal_io_libnet(io), 0) < 0)
		return -ENOMEM;
	/* Hop limit 1: if the address is not local any more, the packet does not leave the link. */
	if (libnet_build_ipv6(0, 0, (uint16_t)(LIBNET_ICMPV6_ECHO_H + len), IPPROTO_ICMPV6, 1, src,
			      dst, NULL, 0, signal_io_libnet(io), 0) < 0)
		return -ENOMEM;
	return 0;
}

/*
 * Sends an ICMPv6 error about p to the local stack n times, with source via; it quotes the segment
 * with sequence number seq. Returns 0 or a negative errno.
 */
static int inject(struct signal_io *io, const struct sock_desc *p, uint32_t seq,
		  const struct icmp_error *e, const struct in6_addr *via, unsigned n)
{
	uint8_t segment[QUOTE_MAX];
	uint32_t len = quote(p, seq, segment);
	int r = build_error(io, p, e, via, segment, len);

	return r ? r : signal_io_send_built(io, via, n);
}

static bool is_established(const struct sock_desc *p)
{
	return p->proto == IPPROTO_TCP && p->established;
}

int icmp_inject_retransmit(struct signal_io *io, const struct sock_desc *p, uint32_t seq,
			   const struct in6_addr *via, unsigned n)
{
	static const struct icmp_error e = { ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, 0 };

	return is_established(p) ? inject(io, p, seq, &e, via, n) : -EINVAL;
}

int icmp_inject_too_big(struct signal_io *io, const struct sock_desc *p, uint32_t seq,
			const struct in6_addr *via, unsigned mtu)
{
	const struct icmp_error e = { ICMP6_PACKET_TOO_BIG, 0, mtu };

	return is_established(p) && mtu >= IPV6_MIN_MTU ? inject(io, p, seq, &e, via, 1) : -EINVAL;
}

static const struct icmp_error unreachable = { ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR, 0 };

int icmp_inject_unreachable(struct signal_io *io, const struct sock_desc *p, uint32_t seq,
			    const struct in6_addr *via)
{
	if (p->proto == IPPROTO_TCP && !p->established)
		return -EINVAL;
	return inject(io, p, seq, &unreachable, via, 1);
}

int icmp_inject_refuse(struct signal_io *io, const struct sock_desc *p, uint32_t seq)
{
	return inject(io, p, seq, &unreachable, &p->local, 1);
}
