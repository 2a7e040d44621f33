/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * New connections with Homeless peers, or with any host if the helper wants them (initiating), that
 * no program registered. The first one is reported, and the helper scans the kernel's sockets a
 * moment later, once for all of them. If the peer moves
 * before that scan, its packets come from an address for which the kernel has no socket, and the
 * kernel's reset would end the connection. Such packets pass, because they may belong to another
 * host; the reset is dropped (refusal.bpf.h), and TCP retransmits.
 */
#ifndef HMIP_BIRTH_BPF_H
#define HMIP_BIRTH_BPF_H

#include <linux/bpf.h>
#include "port_clash.bpf.h"

#define AGAIN_NS	10000000000ULL	/* between two reports of one connected UDP socket, or of
					 * one address that is no peer's */

__u32 scan_gen;	/* number of the next scan; 0: the helper does not scan */
__u32 looked;	/* the connections that scans with lower numbers found are in the maps */
__u32 new_conn_gen;	/* scan_gen when a connection last began */
__u32 initiating;	/* 1: connections to addresses that are no peer's are reported as well */

static __always_inline bool is_adopted(const struct dp_foreign *f)
{
	__u32 id = f->hce;

	return bpf_map_lookup_elem(&adopting, &id);
}

static __always_inline struct dp_pcb_in_key
young_key(const struct dp_foreign *f, const struct headers *h, const struct ports *port)
{
	return (struct dp_pcb_in_key){
		.hce = f->hce, .lport = port->src, .fport = port->dst, .proto = h->proto
	};
}

/* Reports that the next scan will find a connection, once a scan. id: of the entry, 0: none. */
static __always_inline void expect_scan(__u32 id, const struct in6_addr *addr)
{
	if (new_conn_gen == scan_gen)
		return;
	new_conn_gen = scan_gen;
	tell(DP_EVENT_NEW_CONN, id, 0, addr);
}

/*
 * For a TCP segment of this host's stack to an address that is no peer's: if it begins a
 * connection, the next scan will find that. What repeats within AGAIN_NS is not looked at, so that
 * many short connections with one plain host cause few scans.
 */
static __always_inline void note_stranger(struct __sk_buff *skb, const struct headers *h)
{
	__u64 now, *noted;
	struct segment t;

	if (!initiating || !scan_gen || parse_segment(skb, h, &t) ||
	    (t.flags & (FLAG_SYN | FLAG_ACK)) != FLAG_SYN)
		return;
	now = bpf_ktime_get_coarse_ns();
	noted = bpf_map_lookup_elem(&strangers, &h->addrs.dst);
	if (noted && now - *noted < AGAIN_NS)
		return;
	bpf_map_update_elem(&strangers, &h->addrs.dst, &now, BPF_ANY);
	expect_scan(0, &h->addrs.dst);
}

/* Whether the scan that registers y is not complete yet. */
static __always_inline bool is_pending(const struct dp_young *y)
{
	return scan_gen && (__s32)(looked - y->scan) <= 0;
}

/* Requests one more scan for y, whose handshake was not complete at the last one. */
static __always_inline void scan_again(struct dp_young *y, const struct dp_foreign *f,
				       const struct in6_addr *addr)
{
	y->half = 0;
	y->scan = scan_gen;
	expect_scan(f->hce, addr);
}

/* An outgoing segment after a SYN+ACK of this host: the connection may not be registered yet. */
static __always_inline void note_established(const struct headers *h, const struct ports *port,
					     const struct dp_foreign *f)
{
	struct dp_pcb_in_key key = young_key(f, h, port);
	struct dp_young *y = bpf_map_lookup_elem(&young, &key);

	if (y && y->half && !is_pending(y) && same_addr(&y->l, &h->addrs.src) &&
	    same_addr(&y->f, &h->addrs.dst))
		scan_again(y, f, &h->addrs.dst);
}

/* Whether a datagram may be the first of a connected UDP socket. */
static __always_inline bool is_new_datagram(struct __sk_buff *skb, const struct dp_pcb_in_key *key)
{
	struct bpf_sock *sk = skb->sk;
	struct dp_young *y;

	if (sk)
		sk = bpf_sk_fullsock(sk);
	if (!sk || sk->state != BPF_TCP_ESTABLISHED)
		return false;
	y = bpf_map_lookup_elem(&young, key);
	return !y || (!is_pending(y) && bpf_ktime_get_coarse_ns() - y->noted > AGAIN_NS);
}

/*
 * Whether a SYN+ACK was sent before and the handshake is still incomplete: no reason for another
 * scan. note_established() handles the segment that follows.
 */
static __always_inline bool is_repeated(const struct dp_young *y, const struct dp_pcb_in_key *key)
{
	struct dp_young *old = bpf_map_lookup_elem(&young, key);

	return old && old->half && same_addr(&old->l, &y->l) && same_addr(&old->f, &y->f);
}

/*
 * For an outgoing packet of this host's stack that belongs to no registered connection: if it
 * begins one, records that in the map "young" and requests a scan. A socket of this namespace must
 * have the packet's addresses and ports; a connection that is translated (NAT) cannot be moved.
 */
static __always_inline void note_birth(struct __sk_buff *skb, const struct headers *h,
				       const struct ports *port, const struct dp_foreign *f)
{
	struct dp_pcb_in_key key = young_key(f, h, port);
	struct dp_young y = { .l = h->addrs.src, .f = h->addrs.dst, .scan = scan_gen };
	struct segment t;

	if (!scan_gen || f->state != DP_ACTIVE || !is_adopted(f))
		return;
	if (h->proto == IPPROTO_TCP) {
		if (parse_segment(skb, h, &t))
			return;
		if (!(t.flags & FLAG_SYN)) {
			note_established(h, port, f);
			return;
		}
		y.half = t.flags & FLAG_ACK;
		if (y.half && is_repeated(&y, &key))
			return;
	} else if (!is_new_datagram(skb, &key)) {
		return;
	}
	if (!has_socket(skb, h, port))
		return;
	y.noted = bpf_ktime_get_coarse_ns();
	bpf_map_update_elem(&young, &key, &y, BPF_ANY);
	expect_scan(f->hce, &h->addrs.dst);
}

#endif
