/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two connections with one peer that have the same ports (R3): one is registered, the other is not.
 * While their packets differ in the addresses, the kernel's socket table shows which connection a
 * packet belongs to. If they would be the same on the wire, the first segment of the younger
 * connection is dropped, because the peer would deliver it to the older.
 *
 * The other connection may have no socket with these addresses and ports: this host forwards it or
 * translates it (NAT). It is detected by an outgoing packet with the ports of a registered
 * connection but neither its birth pair nor the pair in use; such packets are never dropped.
 * Packets received by the same pair pass unchanged.
 */
#ifndef HMIP_SHARE_BPF_H
#define HMIP_SHARE_BPF_H

#include <linux/bpf.h>
#include "headers.bpf.h"

/* Whether the kernel has a connected socket that receives packets with addrs and these ports. */
static __always_inline bool lives(struct __sk_buff *skb, __u8 proto, const struct dp_addrs *addrs,
				  __be16 sport, __be16 dport)
{
	struct bpf_sock_tuple t;
	struct bpf_sock *sk;
	__u32 state;

	__builtin_memcpy(t.ipv6.saddr, addrs, sizeof(*addrs));	/* and daddr */
	t.ipv6.sport = sport;
	t.ipv6.dport = dport;
	/*
	 * The verifier tracks the two kinds of socket separately; the barrier keeps the compiler
	 * from merging the branches.
	 */
	if (proto == IPPROTO_TCP) {
		sk = bpf_skc_lookup_tcp(skb, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
		if (!sk)
			return false;
		state = sk->state;
		asm volatile("" ::: "memory");
		bpf_sk_release(sk);
	} else {
		sk = bpf_sk_lookup_udp(skb, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
		if (!sk)
			return false;
		state = sk->state;
		bpf_sk_release(sk);
	}
	/* A UDP socket that is not connected is in CLOSE. */
	return state != BPF_TCP_LISTEN && state != BPF_TCP_TIME_WAIT && state != BPF_TCP_CLOSE;
}

/*
 * Whether a connected socket of this namespace has the addresses and ports of an outgoing packet.
 */
static __always_inline bool has_socket(struct __sk_buff *skb, const struct headers *h,
				       const struct ports *port)
{
	struct dp_addrs back = { .src = h->addrs.dst, .dst = h->addrs.src };

	return lives(skb, h->proto, &back, port->dst, port->src);
}

/* Whether incoming packets with back and these ports belong to traffic recorded by note_other(). */
static __always_inline bool is_noted(__u8 proto, const struct dp_addrs *back, __be16 sport,
				     __be16 dport)
{
	struct dp_pcb_out_key key = {
		.l = back->dst, .f = back->src, .lport = dport, .fport = sport, .proto = proto
	};

	return bpf_map_lookup_elem(&others, &key);
}

/*
 * Whether addrs, of outgoing packets, are the pair in use of entry id and pcb has been moved to it.
 */
static __always_inline bool is_todays(const struct dp_pcb_in *pcb, __u32 id,
				      const struct dp_addrs *addrs)
{
	struct dp_hce *e = bpf_map_lookup_elem(&hce, &id);

	return e && e->gen != pcb->gen && same_addr(&e->l, &addrs->src) &&
	       same_addr(&e->f, &addrs->dst);
}

/*
 * Whether an outgoing packet has a socket here, or is a reset, which the kernel sends without one.
 */
static __always_inline bool is_own_socket_or_reset(struct __sk_buff *skb, const struct headers *h,
						   const struct ports *port)
{
	__u8 flags = 0;

	if (h->proto == IPPROTO_TCP &&
	    bpf_skb_load_bytes(skb, h->l4 + TCP_FLAGS_AT, &flags, sizeof(flags)))
		return true;
	return flags & FLAG_RST || has_socket(skb, h, port);
}

/* The registered connection that has the ports of an outgoing packet to the peer of f, or NULL. */
static __always_inline struct dp_pcb_in *same_ports(const struct headers *h,
						    const struct ports *port,
						    const struct dp_foreign *f)
{
	struct dp_pcb_in_key key = {
		.hce = f->hce, .lport = port->src, .fport = port->dst, .proto = h->proto
	};

	return bpf_map_lookup_elem(&pcb_in, &key);
}

/*
 * For an outgoing packet to an address of an entry that belongs to no registered connection,
 * because it is forwarded or translated: records its pair and ports if answers could be mistaken
 * for packets of pcb, the registered connection with its ports, or of a bound socket.
 */
static __always_inline void note_other(struct __sk_buff *skb, const struct headers *h,
				       const struct ports *port, const struct dp_foreign *f,
				       struct dp_pcb_in *pcb)
{
	__u8 yes = 1;

	if (!pcb &&
	    (h->proto != IPPROTO_UDP || is_own(skb) || !bpf_map_lookup_elem(&bound, &port->src)))
		return;
	if (pcb && is_todays(pcb, f->hce, &h->addrs))
		return;
	struct dp_pcb_out_key key = {
		.l = h->addrs.src, .f = h->addrs.dst, .lport = port->src, .fport = port->dst,
		.proto = h->proto,
	};

	if (!bpf_map_lookup_elem(&local, &key.l) || bpf_map_lookup_elem(&others, &key) ||
	    (is_own(skb) && is_own_socket_or_reset(skb, h, port)))
		return;
	if (pcb)
		pcb->shared = 1;
	bpf_map_update_elem(&others, &key, &yes, BPF_ANY);
}

/* Whether a segment begins a TCP connection (SYN without ACK); *seq is its sequence number then. */
static __always_inline bool is_first(struct __sk_buff *skb, const struct headers *h, __u32 *seq)
{
	struct segment t;
	__be32 n;

	if (h->proto != IPPROTO_TCP || parse_segment(skb, h, &t) ||
	    (t.flags & (FLAG_SYN | FLAG_ACK)) != FLAG_SYN ||
	    bpf_skb_load_bytes(skb, h->l4 + TCP_SEQ_AT, &n, sizeof(n)))
		return false;
	*seq = bpf_ntohl(n);
	return true;
}

/*
 * For an outgoing segment of no registered connection: returns true, and reports DP_EVENT_REFUSED,
 * if it begins a connection that would be the same on the wire as a registered one, which has been
 * moved to this pair. The registered connection goes on; the new one cannot be made.
 */
static __always_inline bool is_refused(struct __sk_buff *skb, const struct headers *h,
				       const struct ports *port, const struct dp_foreign *f,
				       struct dp_pcb_in *other)
{
	__u32 id = f->hce, seq;
	struct dp_hce *e;

	if (!is_first(skb, h, &seq))
		return false;
	e = bpf_map_lookup_elem(&hce, &id);
	if (!e)
		return false;
	struct dp_addrs birth = { .src = other->f, .dst = other->l };

	/*
	 * A lingering connection (no socket any more) does not prevent a new one. A translated
	 * connection has no socket here to which the refusal could be reported.
	 */
	if (e->gen == other->gen || !same_addr(&e->l, &h->addrs.src) ||
	    !same_addr(&e->f, &h->addrs.dst) ||
	    !lives(skb, h->proto, &birth, port->dst, port->src) || !has_socket(skb, h, port)) {
		other->shared = 1;
		return false;
	}
	count(DP_OUT_REFUSED);
	tell_refused(id, seq, port, &h->addrs.src);
	return true;
}

/*
 * For incoming packets with addrs and the ports of pcb, but not its birth pair: whether they belong
 * to another connection.
 */
static __always_inline bool is_anothers(struct __sk_buff *skb, __u8 proto,
					const struct dp_addrs *addrs, const struct ports *port,
					const struct dp_pcb_in *pcb, __u32 id)
{
	struct dp_addrs out = { .src = addrs->dst, .dst = addrs->src };

	if (!pcb->shared)
		return false;
	return (is_noted(proto, addrs, port->src, port->dst) && !is_todays(pcb, id, &out)) ||
	       lives(skb, proto, addrs, port->src, port->dst);
}

/*
 * The same for an incoming segment that begins a connection, for which the kernel has no socket
 * yet. If it comes by the pair in use while pcb's socket exists, it is delivered to pcb: the peer
 * has lost that connection, for instance by a restart, and is answered by TCP. If pcb only lingers,
 * its ports may be used again.
 */
static __always_inline bool begins_another(struct __sk_buff *skb, const struct headers *h,
					   const struct ports *port, const struct dp_hce *e,
					   struct dp_pcb_in *pcb, __u8 flags)
{
	struct dp_addrs birth = { .src = pcb->f, .dst = pcb->l };

	if ((flags & (FLAG_SYN | FLAG_ACK)) != FLAG_SYN)
		return false;
	if (e && e->gen != pcb->gen && same_addr(&e->f, &h->addrs.src) &&
	    same_addr(&e->l, &h->addrs.dst) && lives(skb, h->proto, &birth, port->src, port->dst))
		return false;
	pcb->shared = 1;
	return true;
}

#endif
