/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Finds the IPv6 header of a frame and the header behind its extension headers. What is not in
 * linear data is read by bpf_skb_load_bytes(), so that payload is never pulled or copied.
 */
#ifndef HMIP_HEADERS_BPF_H
#define HMIP_HEADERS_BPF_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "maps.bpf.h"

#define MAX_VLANS	2
#define MAX_HEADERS	6	/* extension headers walked */

/* Offsets into the TCP header. */
#define TCP_SEQ_AT	offsetof(struct tcphdr, seq)
#define TCP_ACK_AT	offsetof(struct tcphdr, ack_seq)
#define TCP_FLAGS_AT	(TCP_ACK_AT + sizeof(__be32) + 1)

#define FLAG_SYN	0x02	/* in the octet at TCP_FLAGS_AT */
#define FLAG_RST	0x04
#define FLAG_ACK	0x10

#define AH_SPI_AT	4	/* offset into the AH (RFC 4302, 2) */

/* Of a TCP header, from TCP_ACK_AT on. */
struct segment {
	__be32 ack;
	__u8 offset, flags;
	__be16 window;		/* so that it is two words, without padding */
};

struct headers {
	__u32 l3, l4;		/* offsets into the frame */
	__u32 proto_at;		/* offset of the Next Header field that has proto */
	__be32 frag_id;
	__u8 first;		/* of the header behind that of IPv6; 0: parse_plain() found it */
	__u8 proto;		/* of the header at l4 */
	bool frag;		/* is a fragment */
	bool later;		/* is a fragment but not the first: there is no header at l4 */
	bool plain;		/* found by parse_plain(), which sets port and, of TCP, tcp */
	struct ports port;
	struct segment tcp;
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
 * What almost all packets are: TCP or UDP behind the IPv6 header, no tag, no extension header, in
 * linear data. Returns whether it is that. Reads it without a call, which would cost more than all
 * of this.
 */
static __always_inline bool parse_plain(const struct __sk_buff *skb, bool ethernet,
					struct headers *h)
{
	const __u32 l3 = ethernet ? sizeof(struct ethhdr) : 0, l4 = l3 + sizeof(struct ipv6hdr);
	const void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const struct ipv6hdr *ip = data + l3;
	bool tcp;

	if (data + l4 + sizeof(struct udphdr) > end || ip->version != 6 ||
	    (ethernet && ((const struct ethhdr *)data)->h_proto != bpf_htons(ETH_P_IPV6)))
		return false;
	tcp = ip->nexthdr == IPPROTO_TCP;
	if (tcp ? data + l4 + sizeof(struct tcphdr) > end : ip->nexthdr != IPPROTO_UDP)
		return false;
	*h = (struct headers){ .l3 = l3,
			       .l4 = l4,
			       .proto = ip->nexthdr,
			       .proto_at = l3 + offsetof(struct ipv6hdr, nexthdr),
			       .plain = true,
			       .port = *(const struct ports *)(data + l4) };
	if (tcp)
		h->tcp = *(const struct segment *)(data + l4 + TCP_ACK_AT);
	__builtin_memcpy(&h->addrs, &ip->saddr, sizeof(h->addrs));
	return true;
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
			       .first = ip.nexthdr,
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

/* Whether the frame is seen at once to have neither IPv6 nor a tag, as those of IPv4. */
static __always_inline bool is_foreign_type(const struct __sk_buff *skb)
{
	const struct ethhdr *eth = (void *)(long)skb->data;

	return (const void *)(eth + 1) <= (void *)(long)skb->data_end &&
	       eth->h_proto != bpf_htons(ETH_P_IPV6) && !is_vlan(eth->h_proto);
}

/* Returns 0, or -1: let the packet pass. h->first and plain are set then as well. */
static __always_inline int parse(struct __sk_buff *skb, bool ethernet, struct headers *h)
{
	int l3;

	if (parse_plain(skb, ethernet, h))
		return 0;
	h->first = 0;
	h->plain = false;
	if (ethernet && is_foreign_type(skb))
		return -1;
	l3 = find_ipv6(skb, ethernet);
	return l3 < 0 ? -1 : parse_ipv6(skb, l3, h);
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
	if (h->plain) {
		*ret = h->port;
		return 0;
	}
	if (h->proto != IPPROTO_TCP && h->proto != IPPROTO_UDP)
		return -1;
	return bpf_skb_load_bytes(skb, h->l4, ret, sizeof(*ret)) ? -1 : 0;
}

/* The same for the second part of a TCP header. */
static __always_inline int parse_segment(struct __sk_buff *skb, const struct headers *h,
					 struct segment *ret)
{
	if (h->plain) {
		*ret = h->tcp;
		return 0;
	}
	return bpf_skb_load_bytes(skb, h->l4 + TCP_ACK_AT, ret, sizeof(*ret)) ? -1 : 0;
}

/*
 * What len is, if it is from 1 to max, a power of two, in a way that the verifier of Linux 6.1
 * follows.
 */
static __always_inline __u32 bounded(__u32 len, __u32 max)
{
	len--;
	asm volatile("" : "+r"(len));	/* the compiler knows the bounds, and would drop the mask */
	return (len & (max - 1)) + 1;
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

__u64 known[DP_KNOWN_BITS / 64];	/* written by the helper */

/*
 * Whether addr may be a peer's or in the birth pair of a connection. This is asked before anything
 * is looked up: what is others' shall cost next to nothing.
 */
static __always_inline bool is_known(const struct in6_addr *addr)
{
	__u32 bit = dp_known_bit(addr);

	return known[bit / 64] >> bit % 64 & 1;
}

#endif
