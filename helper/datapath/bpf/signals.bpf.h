/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Signalling is copied to the helper as it came, from the program that parses each packet anyway: a
 * capture would have the kernel offer it every packet of every interface.
 */
#ifndef HMIP_SIGNALS_BPF_H
#define HMIP_SIGNALS_BPF_H

#include <linux/icmpv6.h>
#include <linux/if_packet.h>
#include "refusal.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} signals SEC(".maps");

#define FIB_AF_INET6	10	/* AF_INET6; its header is libc's */

__be16 signal_port;	/* of signalling in UDP; 0: there is none */

/*
 * Whether it is signalling in UDP, handed over or sent by the helper's raw socket: it is nobody's
 * data, so it keeps its addresses and shows nothing of a path.
 */
static __always_inline bool is_signal_port(const struct headers *h, const struct ports *port)
{
	return h->proto == IPPROTO_UDP && signal_port && port->dst == signal_port;
}

/* Whether an ICMPv6 message may answer signalling. */
static __always_inline bool is_problem(struct __sk_buff *skb, const struct headers *h)
{
	const __u32 icmp = h->l3 + sizeof(struct ipv6hdr), quoted = icmp + sizeof(struct icmp6hdr);
	__be16 kind, port;
	__u8 proto;

	if (bpf_skb_load_bytes(skb, icmp, &kind, sizeof(kind)))
		return false;
	if (bpf_ntohs(kind) >> 8 == ICMPV6_PARAMPROB)
		return true;
	return signal_port && kind == bpf_htons(PORT_UNREACHABLE) &&
	       !bpf_skb_load_bytes(skb, quoted + offsetof(struct ipv6hdr, nexthdr), &proto,
				   sizeof(proto)) &&
	       proto == IPPROTO_UDP &&
	       !bpf_skb_load_bytes(skb, quoted + sizeof(struct ipv6hdr) +
				   offsetof(struct udphdr, dest), &port, sizeof(port)) &&
	       port == signal_port;
}

/* Whether an incoming packet may be signalling, by its first header. parse() may have failed. */
static __always_inline bool may_be_signalling(struct __sk_buff *skb, const struct headers *h)
{
	struct ports port;

	if (h->plain)
		return is_signal_port(h, &h->port);
	switch (h->first) {
	case IPPROTO_AH:
	case IPPROTO_DSTOPTS:
		return true;
	case IPPROTO_UDP:
		return !parse_ports(skb, h, &port) && is_signal_port(h, &port);
	case IPPROTO_ICMPV6:
		return is_problem(skb, h);
	default:
		return false;
	}
}

/*
 * Whether the kernel may deliver the packet to this host, although no interface has its address: it
 * does not forward it. A host that forwards nothing gets little else.
 */
static __always_inline bool may_be_delivered(struct __sk_buff *skb, const struct headers *h)
{
	const struct in6_addr *dst = &h->addrs.dst;
	struct bpf_fib_lookup p = { .family = FIB_AF_INET6, .ifindex = skb->ifindex };
	long r;

	if (skb->pkt_type != PACKET_HOST || dst->s6_addr[0] == 0xff ||
	    (dst->s6_addr[0] == 0xfe && (dst->s6_addr[1] & 0xc0) == 0x80))
		return false;
	__builtin_memcpy(p.ipv6_src, &h->addrs.src, sizeof(p.ipv6_src));
	__builtin_memcpy(p.ipv6_dst, dst, sizeof(p.ipv6_dst));
	r = bpf_fib_lookup(skb, &p, sizeof(p), 0);
	return r == BPF_FIB_LKUP_RET_NOT_FWDED || r == BPF_FIB_LKUP_RET_FWD_DISABLED;
}

/*
 * Copies a packet for an address of this host from its IPv6 header on, without the padding of the
 * link layer. Longer ones than any signalling are left out. Returns nothing of use.
 */
static __noinline int hand_over(struct __sk_buff *skb, const struct headers *h)
{
	struct dp_signal *s;
	__be16 payload;
	__u32 len;

	if ((!bpf_map_lookup_elem(&local, &h->addrs.dst) && !may_be_delivered(skb, h)) ||
	    bpf_skb_load_bytes(skb, h->l3 + offsetof(struct ipv6hdr, payload_len), &payload,
			       sizeof(payload)))
		return 0;
	len = sizeof(struct ipv6hdr) + bpf_ntohs(payload);
	if (len > DP_SIGNAL_MAX)
		return 0;
	s = bpf_ringbuf_reserve(&signals, sizeof(*s), 0);
	if (!s) {
		count(DP_SIGNALLING_LOST);
		return 0;
	}
	s->ifindex = skb->ifindex;
	s->len = len;
	if (bpf_skb_load_bytes(skb, h->l3, s->octets, bounded(len, DP_SIGNAL_MAX)))
		bpf_ringbuf_discard(s, 0);	/* truncated */
	else
		bpf_ringbuf_submit(s, 0);
	return 0;
}

#endif
