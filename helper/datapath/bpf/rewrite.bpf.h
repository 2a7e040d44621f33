/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Replaces a packet's address pair and corrects its checksum. Later fragments get the pair of the
 * first.
 */
#ifndef HMIP_REWRITE_BPF_H
#define HMIP_REWRITE_BPF_H

#include <linux/udp.h>
#include "headers.bpf.h"

#define CSUM_IPV6	(1ULL << 7)	/* BPF_F_IPV6, Linux 6.16 and stable kernels */

const volatile __u64 csum_ipv6 = CSUM_IPV6;	/* tests clear it */

/*
 * Corrects the checksum at off after addresses of its pseudo-header changed by diff. If skb->csum
 * covers the whole packet (CHECKSUM_COMPLETE), the changes of addresses and checksum cancel out in
 * it. Kernels without CSUM_IPV6, which refuse that flag, assume IPv4, whose header has a checksum
 * of its own, and subtract diff from skb->csum: bpf_csum_update() adds it back, and does nothing in
 * the other modes. Returns 0 or -1.
 */
static __always_inline int mend_checksum(struct __sk_buff *skb, __u32 off, __u64 diff, __u64 flags)
{
	flags |= BPF_F_PSEUDO_HDR;
	if (csum_ipv6 && !bpf_l4_csum_replace(skb, off, 0, diff, flags | csum_ipv6))
		return 0;
	if (bpf_l4_csum_replace(skb, off, 0, diff, flags))
		return -1;
	bpf_csum_update(skb, diff);
	return 0;
}

/* What bpf_csum_diff() returns; a call of it takes longer than all the additions. */
static __always_inline __s64 addrs_diff(const struct dp_addrs *from, const struct dp_addrs *to)
{
	const __u32 *old = from->src.s6_addr32, *new = to->src.s6_addr32;	/* and dst */
	__u64 sum = 0;

	for (unsigned i = 0; i < sizeof(*from) / sizeof(*old); i++)
		sum += (__u64)(__u32)~old[i] + new[i];
	sum = (__u32)sum + (sum >> 32);
	return (__u32)((__u32)sum + (sum >> 32));
}

static __always_inline int store_addrs(struct __sk_buff *skb, __u32 l3, const struct dp_addrs *to)
{
	return bpf_skb_store_bytes(skb, l3 + offsetof(struct ipv6hdr, saddr), to, sizeof(*to), 0) ?
	       -1 : 0;
}

/*
 * Whether a UDP datagram has no checksum: then nothing cancels the change of addresses in
 * skb->csum.
 */
static __always_inline bool no_udp_checksum(struct __sk_buff *skb, __u32 off)
{
	__be16 sum;

	return !bpf_skb_load_bytes(skb, off, &sum, sizeof(sum)) && !sum;
}

/*
 * Replaces the address pair of a TCP or UDP packet, or of a first fragment, by to. Returns 0, or -1
 * on an error; if the checksum could not be corrected, the packet is unchanged.
 */
static __always_inline int rewrite(struct __sk_buff *skb, struct headers *h, struct dp_addrs *to)
{
	bool tcp = h->proto == IPPROTO_TCP;
	__u32 sum = h->l4 + (tcp ? offsetof(struct tcphdr, check) : offsetof(struct udphdr, check));
	__s64 diff = addrs_diff(&h->addrs, to);

	if (!tcp && no_udp_checksum(skb, sum))
		bpf_csum_update(skb, diff);
	else if (mend_checksum(skb, sum, diff, tcp ? 0 : BPF_F_MARK_MANGLED_0))
		return -1;
	if (h->frag) {
		struct dp_fragment_key key = { .src = h->addrs.src, .dst = h->addrs.dst,
					       .id = h->frag_id };

		bpf_map_update_elem(&fragments, &key, to, BPF_ANY);
	}
	return store_addrs(skb, h->l3, to);
}

/* Gives a later fragment the pair that the first fragment was given, if it was rewritten. */
static __always_inline void rewrite_later(struct __sk_buff *skb, struct headers *h)
{
	struct dp_fragment_key key = { .src = h->addrs.src, .dst = h->addrs.dst, .id = h->frag_id };
	struct dp_addrs *found = bpf_map_lookup_elem(&fragments, &key);

	if (!found)
		return;
	struct dp_addrs to = *found;

	bpf_csum_update(skb, addrs_diff(&h->addrs, &to));
	if (!store_addrs(skb, h->l3, &to))
		count(DP_FRAGMENTS);
}

#endif
