/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Finds the IPv6 header of a frame and the header behind its extension headers. Everything is read
 * by bpf_skb_load_bytes(), which checks the length and reads non-linear data, so that payload is
 * never pulled or copied.
 */
#ifndef HMIP_HEADERS_BPF_H
#define HMIP_HEADERS_BPF_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "maps.bpf.h"

#define MAX_VLANS	2
#define MAX_HEADERS	6	/* extension headers walked */

/*
 * Offsets into the TCP header; the octet with the data offset is followed by that with the flags.
 */
#define TCP_SEQ_AT	offsetof(struct tcphdr, seq)
#define TCP_ACK_AT	offsetof(struct tcphdr, ack_seq)
#define TCP_DOFF_AT	(TCP_ACK_AT + sizeof(__be32))
#define TCP_FLAGS_AT	(TCP_DOFF_AT + 1)

#define FLAG_SYN	0x02	/* in the octet at TCP_FLAGS_AT */
#define FLAG_RST	0x04
#define FLAG_ACK	0x10

#define AH_SPI_AT	4	/* offset into the AH (RFC 4302, 2) */

struct headers {
	__u32 l3, l4;		/* offsets into the frame */
	__u32 proto_at;		/* offset of the Next Header field that has proto */
	__be32 frag_id;
	__u8 proto;		/* of the header at l4 */
	bool frag;		/* is a fragment */
	bool later;		/* is a fragment but not the first: there is no header at l4 */
	struct dp_addrs addrs;
};

struct ext_header {
	__u8 next, len;		/* len in units of 8 octets, without the first */
	__u8 type, left;	/* Routing header: its type, Segments Left */
};

struct frag_header {
	__u8 next, reserved;
	__be16 offset;		/* in the upper 13 bits */
	__be32 id;
};

static __always_inline bool is_vlan(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

/* The offset of the IPv6 header behind up to MAX_VLANS tags, or -1 if there is none. */
static __always_inline int find_ipv6(struct __sk_buff *skb, bool ethernet)
{
	int off = offsetof(struct ethhdr, h_proto);
	__be16 type;

	if (!ethernet)
		return 0;
	for (int i = 0; i <= MAX_VLANS; i++) {
		if (bpf_skb_load_bytes(skb, off, &type, sizeof(type)))
			return -1;
		off += sizeof(type);
		if (type == bpf_htons(ETH_P_IPV6))
			return off;
		if (!is_vlan(type))
			return -1;
		off += 2;	/* the tag */
	}
	return -1;
}

/*
 * Reads the IPv6 header at off and skips its extension headers. Returns 0, or -1: let the packet
 * pass (no IPv6, truncated, an unfinished Routing header, or too many headers).
 */
static __always_inline int parse_ipv6(struct __sk_buff *skb, __u32 off, struct headers *h)
{
	struct ipv6hdr ip;

	if (bpf_skb_load_bytes(skb, off, &ip, sizeof(ip)) || ip.version != 6)
		return -1;
	*h = (struct headers){ .l3 = off,
			       .proto = ip.nexthdr,
			       .proto_at = off + offsetof(struct ipv6hdr, nexthdr) };
	__builtin_memcpy(&h->addrs, &ip.saddr, sizeof(h->addrs));
	off += sizeof(ip);
	for (int i = 0; i <= MAX_HEADERS; i++) {
		struct ext_header ext;
		struct frag_header fh;

		h->l4 = off;
		switch (h->proto) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_DSTOPTS:
		case IPPROTO_ROUTING:
			if (bpf_skb_load_bytes(skb, off, &ext, sizeof(ext)))
				return -1;
			if (h->proto == IPPROTO_ROUTING && ext.left)
				return -1;	/* the destination is an intermediate node */
			h->proto = ext.next;
			h->proto_at = off;
			off += (ext.len + 1) * 8;
			break;
		case IPPROTO_FRAGMENT:
			if (h->frag || bpf_skb_load_bytes(skb, off, &fh, sizeof(fh)))
				return -1;
			h->proto = fh.next;
			h->proto_at = off;
			h->frag = true;
			h->frag_id = fh.id;
			off += sizeof(fh);
			if (fh.offset & bpf_htons(0xfff8)) {
				h->later = true;
				h->l4 = off;
				return 0;
			}
			break;
		default:
			return 0;
		}
	}
	count(DP_TOO_DEEP);
	return -1;
}

/*
 * Whether an outgoing packet comes from this host's own stack: packets that it forwards or bridges
 * were received on an interface. A fragment of a forwarded packet passes this test, but has no
 * socket (is_of_own_socket()).
 */
static __always_inline bool is_own(const struct __sk_buff *skb)
{
	return !skb->ingress_ifindex;
}

static __always_inline bool is_of_own_socket(struct __sk_buff *skb)
{
	return is_own(skb) && skb->sk;
}

/* Reads the ports. Returns 0, or -1 if the packet is neither TCP nor UDP, or is truncated. */
static __always_inline int parse_ports(struct __sk_buff *skb, const struct headers *h,
				       struct ports *ret)
{
	if (h->proto != IPPROTO_TCP && h->proto != IPPROTO_UDP)
		return -1;
	return bpf_skb_load_bytes(skb, h->l4, ret, sizeof(*ret)) ? -1 : 0;
}

static __always_inline bool same_addr(const struct in6_addr *a, const struct in6_addr *b)
{
	return a->s6_addr32[0] == b->s6_addr32[0] && a->s6_addr32[1] == b->s6_addr32[1] &&
	       a->s6_addr32[2] == b->s6_addr32[2] && a->s6_addr32[3] == b->s6_addr32[3];
}

static __always_inline bool unspecified(const struct in6_addr *a)
{
	return !(a->s6_addr32[0] | a->s6_addr32[1] | a->s6_addr32[2] | a->s6_addr32[3]);
}

static __always_inline bool same_addrs(const struct dp_addrs *a, const struct dp_addrs *b)
{
	return same_addr(&a->src, &b->src) && same_addr(&a->dst, &b->dst);
}

#endif
