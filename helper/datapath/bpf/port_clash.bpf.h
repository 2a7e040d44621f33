/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two connections with one peer that have the same ports (R3): one is looked after, the other is left alone. While packets of
 * both differ in their addresses, the kernel's own table tells whose they are; where they would not, the younger one is
 * refused before its first segment leaves, as the peer would take it for the older.
 *
 * The other may have no socket here: this host translates and forwards it, or gives it to a local socket under other ports.
 * It is known by what it sends, which is never refused: an outgoing packet with the ports of a registered connection and
 * neither its birth pair nor today's. What comes back by the same pair is passed as it is.
 */
#ifndef HMIP_SHARE_BPF_H
#define HMIP_SHARE_BPF_H

#include <linux/bpf.h>
#include "headers.bpf.h"

/* Whether the kernel has a connection that takes what comes with addrs and ports. */
static __always_inline bool lives(struct __sk_buff *skb, __u8 proto, const struct dp_addrs *addrs, __be16 sport, __be16 dport)
{
	struct bpf_sock_tuple t;
	struct bpf_sock *sk;
	__u32 state;

	__builtin_memcpy(t.ipv6.saddr, addrs, sizeof(*addrs));	/* and daddr */
	t.ipv6.sport = sport;
	t.ipv6.dport = dport;
	/* The verifier wants the two kinds of sockets kept apart, and the compiler is kept from merging the branches. */
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
	/* A UDP socket that is not connected is in CLOSE, and waits for nobody in particular. */
	return state != BPF_TCP_LISTEN && state != BPF_TCP_TIME_WAIT && state != BPF_TCP_CLOSE;
}

/* Whether a socket of this namespace, listeners aside, sends with the addresses and ports of an outgoing packet. */
static __always_inline bool has_socket(struct __sk_buff *skb, const struct headers *h, const struct ports *port)
{
	struct dp_addrs back = { .src = h->addrs.dst, .dst = h->addrs.src };

	return lives(skb, h->proto, &back, port->dst, port->src);
}

/* The same for the way back, with what is local in dst. */
static __always_inline bool is_noted(__u8 proto, const struct dp_addrs *back, __be16 sport, __be16 dport)
{
	struct dp_pcb_out_key key = { .l = back->dst, .f = back->src, .lport = dport, .fport = sport, .proto = proto };

	return bpf_map_lookup_elem(&others, &key);
}

/* Whether the pair, of outgoing packets, is today's of a moved connection: nobody else's then. */
static __always_inline bool is_todays(const struct dp_pcb_in *pcb, __u32 id, const struct dp_addrs *addrs)
{
	struct dp_hce *e = bpf_map_lookup_elem(&hce, &id);

	return e && e->gen != pcb->gen && same_addr(&e->l, &addrs->src) && same_addr(&e->f, &addrs->dst);
}

/* Whether an outgoing packet has a socket, or is the kernel's refusal of one that has none. */
static __always_inline bool is_own_socket_or_reset(struct __sk_buff *skb, const struct headers *h, const struct ports *port)
{
	__u8 flags = 0;

	if (h->proto == IPPROTO_TCP &&
	    bpf_skb_load_bytes(skb, h->l4 + TCP_FLAGS_AT, &flags, sizeof(flags)))
		return true;
	return flags & FLAG_RST || has_socket(skb, h, port);
}

/*
 * An outgoing packet to an address of an entry is of no registered connection: forwarded, or by a socket whose addresses or ports
 * are translated. Notes it if it could be taken for one on its way back.
 */
static __always_inline void note_other(struct __sk_buff *skb, const struct headers *h, const struct ports *port,
				       const struct dp_foreign *f)
{
	struct dp_pcb_in_key in = { .hce = f->hce, .lport = port->src, .fport = port->dst, .proto = h->proto };
	struct dp_pcb_in *pcb = bpf_map_lookup_elem(&pcb_in, &in);
	__u8 yes = 1;

	if (!pcb && (h->proto != IPPROTO_UDP || is_own(skb) || !bpf_map_lookup_elem(&bound, &port->src)))
		return;
	if (pcb && is_todays(pcb, in.hce, &h->addrs))
		return;
	struct dp_pcb_out_key key = {
		.l = h->addrs.src, .f = h->addrs.dst, .lport = port->src, .fport = port->dst, .proto = h->proto,
	};

	if (!bpf_map_lookup_elem(&local, &key.l) || bpf_map_lookup_elem(&others, &key) ||
	    (is_own(skb) && is_own_socket_or_reset(skb, h, port)))
		return;
	if (pcb)
		pcb->shared = 1;
	bpf_map_update_elem(&others, &key, &yes, BPF_ANY);
}

/* Whether a packet begins a TCP connection; *seq is its first number then. */
static __always_inline bool is_first(struct __sk_buff *skb, const struct headers *h, __u32 *seq)
{
	__be32 n;
	__u8 flags;

	if (h->proto != IPPROTO_TCP ||
	    bpf_skb_load_bytes(skb, h->l4 + TCP_FLAGS_AT, &flags, sizeof(flags)) ||
	    (flags & (FLAG_SYN | FLAG_ACK)) != FLAG_SYN ||
	    bpf_skb_load_bytes(skb, h->l4 + TCP_SEQ_AT, &n, sizeof(n)))
		return false;
	*seq = bpf_ntohl(n);
	return true;
}

/*
 * An outgoing segment is of no connection that is looked after. Returns true if it begins one that would be taken for
 * another, which is looked after and has been moved to this very pair: that one goes on, this one cannot be.
 */
static __always_inline bool is_refused(struct __sk_buff *skb, const struct headers *h, const struct ports *port,
				       const struct dp_foreign *f)
{
	struct dp_pcb_in *other;
	struct dp_hce *e;
	__u32 seq;

	if (!is_first(skb, h, &seq))
		return false;
	struct dp_pcb_in_key key = { .hce = f->hce, .lport = port->src, .fport = port->dst, .proto = h->proto };

	other = bpf_map_lookup_elem(&pcb_in, &key);
	e = bpf_map_lookup_elem(&hce, &key.hce);
	if (!other || !e)
		return false;
	struct dp_addrs birth = { .src = other->f, .dst = other->l };

	/* One that only lingers stands in nobody's way. A translated one has nobody who could be told. */
	if (e->gen == other->gen || !same_addr(&e->l, &h->addrs.src) || !same_addr(&e->f, &h->addrs.dst) ||
	    !lives(skb, h->proto, &birth, port->dst, port->src) || !has_socket(skb, h, port)) {
		other->shared = 1;
		return false;
	}
	count(DP_OUT_REFUSED);
	tell_refused(key.hce, seq, port, &h->addrs.src);
	return true;
}

/* Packets come in by addrs, with the ports of pcb but not its birth pair: whether they are another connection's. */
static __always_inline bool is_anothers(struct __sk_buff *skb, __u8 proto, const struct dp_addrs *addrs, const struct ports *port,
					const struct dp_pcb_in *pcb, __u32 id)
{
	struct dp_addrs out = { .src = addrs->dst, .dst = addrs->src };

	if (!pcb->shared)
		return false;
	return (is_noted(proto, addrs, port->src, port->dst) && !is_todays(pcb, id, &out)) ||
	       lives(skb, proto, addrs, port->src, port->dst);
}

/*
 * The same for the segment that begins another: by then the kernel has nothing yet. One by the pair in use is not let
 * through while the connection lives: it can only be from a peer that has forgotten it, which a reset will tell. When it
 * only lingers its ports may be used anew.
 */
static __always_inline bool begins_another(struct __sk_buff *skb, const struct headers *h, const struct ports *port,
					   const struct dp_hce *e, struct dp_pcb_in *pcb, __u8 flags)
{
	struct dp_addrs birth = { .src = pcb->f, .dst = pcb->l };

	if ((flags & (FLAG_SYN | FLAG_ACK)) != FLAG_SYN)
		return false;
	if (e && e->gen != pcb->gen && same_addr(&e->f, &h->addrs.src) && same_addr(&e->l, &h->addrs.dst) &&
	    lives(skb, h->proto, &birth, port->src, port->dst))
		return false;
	pcb->shared = 1;
	return true;
}

#endif
