/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ICMPv6 errors about rewritten packets: the kernel knows the birth pair only, so the quoted
 * packet's addresses are replaced by it. The error's own destination is replaced too, because
 * connection tracking compares it with the quoted source.
 */
#ifndef HMIP_ICMP_BPF_H
#define HMIP_ICMP_BPF_H

#include <linux/icmpv6.h>
#include "rewrite.bpf.h"
#include "port_clash.bpf.h"

/*
 * Types 1 to 4. Errors yet to be defined (up to 127) may have another header before the quotation.
 */
static __always_inline bool is_icmp_error(struct __sk_buff *skb, __u32 off)
{
	__u8 type = 0;

	bpf_skb_load_bytes(skb, off, &type, sizeof(type));
	return type >= ICMPV6_DEST_UNREACH && type <= ICMPV6_PARAMPROB;
}

/*
 * Finds the birth pair of the connection that the quoted packet q belongs to. Returns 0, or -1 if
 * there is none or q has that pair already.
 */
static __always_inline int quoted_birth(struct __sk_buff *skb, struct headers *q,
					struct dp_addrs *ret)
{
	struct dp_foreign *f;
	struct dp_pcb_in *pcb;
	struct ports port;

	if (q->later || parse_ports(skb, q, &port))
		return -1;
	f = bpf_map_lookup_elem(&foreign, &q->addrs.dst);
	if (!f)
		return -1;
	struct dp_pcb_in_key key = {
		.hce = f->hce, .lport = port.src, .fport = port.dst, .proto = q->proto
	};

	pcb = bpf_map_lookup_elem(&pcb_in, &key);
	if (!pcb)
		return -1;
	struct dp_addrs back = { .src = q->addrs.dst, .dst = q->addrs.src };
	struct ports swapped = { .src = port.dst, .dst = port.src };

	ret->src = pcb->l;
	ret->dst = pcb->f;
	return same_addrs(ret, &q->addrs) ||
			       is_anothers(skb, q->proto, &back, &swapped, pcb, key.hce) ?
				   -1 : 0;
}

/* Translates an ICMPv6 error that quotes a rewritten packet; leaves others as they are. */
static __always_inline void translate_icmp(struct __sk_buff *skb, struct headers *h)
{
	__u32 sum = h->l4 + offsetof(struct icmp6hdr, icmp6_cksum);
	struct dp_addrs birth;
	struct headers q;
	__s64 inner, outer;

	if (h->frag || !is_icmp_error(skb, h->l4) || !bpf_map_lookup_elem(&local, &h->addrs.dst))
		return;
	if (parse_ipv6(skb, h->l4 + sizeof(struct icmp6hdr), &q) ||
	    !same_addr(&q.addrs.src, &h->addrs.dst))
		return;
	if (quoted_birth(skb, &q, &birth))
		return;
	inner = addrs_diff(&q.addrs, &birth);
	outer = bpf_csum_diff((__be32 *)&h->addrs.dst, sizeof(struct in6_addr),
			      (__be32 *)&birth.src, sizeof(struct in6_addr), 0);
	/*
	 * The quotation is payload to the checksum; the error's destination is in its
	 * pseudo-header.
	 */
	if (bpf_l4_csum_replace(skb, sum, 0, inner, 0) || store_addrs(skb, q.l3, &birth) ||
	    mend_checksum(skb, sum, outer, 0))
		return;
	if (!bpf_skb_store_bytes(skb, h->l3 + offsetof(struct ipv6hdr, daddr), &birth.src,
				 sizeof(birth.src), 0))
		count(DP_ICMP_TRANSLATED);
}

#endif
