/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Refusals: this host's kernel answers a packet for which it has no socket with a TCP reset, or
 * with a Port Unreachable for UDP. The packet may belong to a connection of this host whose peer
 * sends from another address: one that is not proven yet, one that has expired or, while the
 * connection is not registered, any of its addresses. The refusal would end that connection. It is
 * dropped if such a connection is found. Refusals of other hosts that this one forwards pass
 * unchanged.
 */
#ifndef HMIP_REFUSAL_BPF_H
#define HMIP_REFUSAL_BPF_H

#include <linux/icmpv6.h>
#include <linux/pkt_cls.h>
#include "new_conn.bpf.h"

#define RESET_MAX	24		/* octets: no timestamp, perhaps MPTCP's reset reason */
#define PORT_UNREACHABLE	0x0104	/* type and code */
#define WINDOW		(1U << 26)	/* most that two acknowledgement numbers differ */

/* Whether a refusal sent with addrs would end a connection in the map "young". */
static __always_inline bool ends_young(const struct dp_pcb_in_key *key,
				       const struct dp_addrs *addrs, const struct dp_foreign *f)
{
	struct dp_young *y = bpf_map_lookup_elem(&young, key);

	if (!y || (same_addr(&y->l, &addrs->src) && same_addr(&y->f, &addrs->dst)))
		return false;
	if (is_pending(y))
		return true;
	if (!y->half)
		return false;
	scan_again(y, f, &addrs->dst);
	return true;
}

/*
 * The registered connection that a refusal with the ports of key would end, if its peer is
 * Homeless, else NULL. f is the row of the refusal's destination; if it is NULL, key->hce is set to
 * the entry that has these ports.
 */
static __always_inline struct dp_pcb_in *refused_pcb(struct dp_pcb_in_key *key,
						     const struct dp_foreign *f)
{
	struct dp_ports_key all = { .lport = key->lport, .fport = key->fport, .proto = key->proto };
	struct dp_hce *e;
	__u32 *id;

	if (!f) {
		id = bpf_map_lookup_elem(&ports, &all);
		if (!id)
			return NULL;
		key->hce = *id;
	}
	e = bpf_map_lookup_elem(&hce, &key->hce);
	return e && e->flags & DP_HCE_HOMELESS ? bpf_map_lookup_elem(&pcb_in, key) : NULL;
}

/*
 * Drops a refusal, with addresses addrs, that would end a connection; passes others. seq is the
 * sequence number of a reset, which is the acknowledgement number of the segment it answers; NULL
 * for UDP.
 */
static __always_inline int refuse(const struct dp_addrs *addrs, struct dp_pcb_in_key *key,
				  const struct dp_foreign *f, const __u32 *seq)
{
	struct dp_addrs back = { .src = addrs->dst, .dst = addrs->src };
	struct dp_pcb_in *pcb;

	if (!bpf_map_lookup_elem(&local, &addrs->src))
		return TC_ACT_UNSPEC;
	pcb = refused_pcb(key, f);
	if (pcb) {
		if (is_noted(key->proto, &back, key->fport, key->lport))
			return TC_ACT_UNSPEC;
		/* A packet from an unknown address may be another host's: its number must fit. */
		if (!f && seq && pcb->acked && *seq - pcb->acked + WINDOW > 2 * WINDOW)
			return TC_ACT_UNSPEC;
	} else if (!f || !ends_young(key, addrs, f)) {
		return TC_ACT_UNSPEC;
	}
	count(DP_REFUSALS);
	return TC_ACT_SHOT;
}

/* For a segment of no registered connection. f: the row of its destination, or NULL. */
static __always_inline int reset_out(struct __sk_buff *skb, const struct headers *h,
				     const struct ports *port, const struct dp_foreign *f)
{
	struct dp_pcb_in_key key = {
		.hce = f ? f->hce : 0, .lport = port->src, .fport = port->dst, .proto = IPPROTO_TCP
	};
	struct segment t;
	__u32 seq;
	__be32 n;

	/*
	 * A reset with ACK answers a SYN or ends a connection of this host. The length excludes
	 * most other segments without reading them.
	 */
	if (skb->len > h->l4 + RESET_MAX ||
	    parse_segment(skb, h, &t) || (t.flags & (FLAG_RST | FLAG_ACK)) != FLAG_RST ||
	    bpf_skb_load_bytes(skb, h->l4 + TCP_SEQ_AT, &n, sizeof(n)))
		return TC_ACT_UNSPEC;
	seq = bpf_ntohl(n);
	return refuse(&h->addrs, &key, f, &seq);
}

/* For an outgoing ICMPv6 message: drops a Port Unreachable that would end a connection. */
static __always_inline int unreachable_out(struct __sk_buff *skb, const struct headers *h)
{
	__u32 quoted = h->l4 + sizeof(struct icmp6hdr);
	struct dp_foreign *f;
	struct ports port;
	__be16 kind;
	__u8 inner;

	if (!is_own(skb) || bpf_skb_load_bytes(skb, h->l4, &kind, sizeof(kind)) ||
	    kind != bpf_htons(PORT_UNREACHABLE) ||
	    bpf_skb_load_bytes(skb, quoted + offsetof(struct ipv6hdr, nexthdr), &inner,
			       sizeof(inner)) ||
	    inner != IPPROTO_UDP ||
	    bpf_skb_load_bytes(skb, quoted + sizeof(struct ipv6hdr), &port, sizeof(port)))
		return TC_ACT_UNSPEC;
	f = bpf_map_lookup_elem(&foreign, &h->addrs.dst);
	struct dp_pcb_in_key key = {
		.hce = f ? f->hce : 0, .lport = port.dst, .fport = port.src, .proto = IPPROTO_UDP
	};

	return refuse(&h->addrs, &key, f, NULL);
}

#endif
