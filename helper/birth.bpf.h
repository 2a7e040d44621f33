/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Connections with Homeless peers that the helper does not know yet, since nobody showed them. It looks for such among
 * the kernel's sockets a moment after it was told that there are some: once for however many. Until then the peer may move.
 */
#ifndef HMIP_BIRTH_BPF_H
#define HMIP_BIRTH_BPF_H

#include <linux/bpf.h>
#include <linux/tcp.h>
#include "headers.bpf.h"

#define FLAGS_AT	13	/* in the TCP header */

__u32 look;	/* how often the helper has looked; 0: it does not */
__u32 born;	/* the value of that when a connection was begun last: it will be found by the next look */

static __always_inline bool is_adopted(const struct dp_foreign *f)
{
	__u32 id = f->hce;

	return bpf_map_lookup_elem(&adopting, &id);
}

/* Whether the packet, which is of no connection known, begins one: of connected UDP every packet may. */
static __always_inline bool begins(struct __sk_buff *skb, const struct headers *h)
{
	struct bpf_sock *sk;
	__u8 flags;

	if (h->proto == IPPROTO_TCP)
		return !bpf_skb_load_bytes(skb, h->l4 + FLAGS_AT, &flags, sizeof(flags)) && flags & FLAG_SYN;
	sk = skb->sk;
	if (sk)
		sk = bpf_sk_fullsock(sk);
	return sk && sk->state == BPF_TCP_ESTABLISHED;
}

/* An outgoing packet is of no connection known. */
static __always_inline void note_birth(struct __sk_buff *skb, const struct headers *h)
{
	struct dp_foreign *f;

	if (born == look || !begins(skb, h))
		return;
	f = bpf_map_lookup_elem(&foreign, &h->addrs.dst);
	if (!f || f->state != DP_ACTIVE || !is_adopted(f))
		return;
	born = look;
	tell(DP_EVENT_BORN, f->hce, 0, &h->addrs.dst);
}

/* Whether sk, which listens, waits for this very segment: it has no other memory of the handshake than its cookie. */
static __always_inline bool completes_handshake(struct __sk_buff *skb, const struct headers *h, struct bpf_sock *sk)
{
	struct ipv6hdr ip;
	struct tcphdr tcp;

	if (bpf_skb_load_bytes(skb, h->l3, &ip, sizeof(ip)) || bpf_skb_load_bytes(skb, h->l4, &tcp, sizeof(tcp)))
		return false;
	return !bpf_tcp_check_syncookie(sk, &ip, sizeof(ip), &tcp, sizeof(tcp));
}

static __always_inline bool has_socket(struct __sk_buff *skb, const struct headers *h, const struct ports *port)
{
	struct bpf_sock_tuple t;
	struct bpf_sock *sk;
	bool has;

	__builtin_memcpy(t.ipv6.saddr, &h->addrs, sizeof(h->addrs));	/* and daddr */
	t.ipv6.sport = port->src;
	t.ipv6.dport = port->dst;
	sk = bpf_skc_lookup_tcp(skb, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return false;
	has = sk->state != BPF_TCP_LISTEN || completes_handshake(skb, h, sk);
	bpf_sk_release(sk);
	return has;
}

/*
 * Whether an incoming packet from f, of no connection known, may be of one that was begun a moment ago and has moved since:
 * the kernel would reset that. TCP sends it again, when the helper has looked.
 */
static __always_inline bool is_early(struct __sk_buff *skb, const struct headers *h, const struct ports *port,
				     const struct dp_foreign *f)
{
	__u8 flags;

	if (!look || born != look || h->proto != IPPROTO_TCP || !is_adopted(f))
		return false;
	if (bpf_skb_load_bytes(skb, h->l4 + FLAGS_AT, &flags, sizeof(flags)) || flags & FLAG_RST ||
	    (flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN)
		return false;
	return !has_socket(skb, h, port);
}

#endif
