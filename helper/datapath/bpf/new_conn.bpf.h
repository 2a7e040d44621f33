/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Connections with Homeless peers that the helper has not registered yet, as no program showed them. The helper scans the
 * kernel's sockets a moment after it was told that there are some: once for however many. A peer that moves before that scan
 * sends from an address for which the kernel has no socket: it is the kernel's reset that would end the connection. Incoming
 * packets therefore pass, as they may be anybody's, and the reset is dropped (refusal.bpf.h); TCP retransmits.
 */
#ifndef HMIP_BIRTH_BPF_H
#define HMIP_BIRTH_BPF_H

#include <linux/bpf.h>
#include "port_clash.bpf.h"

#define AGAIN_NS	10000000000ULL	/* a connected UDP socket that was not registered is reported no more often */

__u32 scan_gen;	/* the number of the next scan; 0: the helper does not scan */
__u32 looked;	/* the connections of all scans with lower numbers are in the maps */
__u32 new_conn_gen;	/* the value of look when a connection was begun last */

static __always_inline bool is_adopted(const struct dp_foreign *f)
{
	__u32 id = f->hce;

	return bpf_map_lookup_elem(&adopting, &id);
}

static __always_inline struct dp_pcb_in_key young_key(const struct dp_foreign *f, const struct headers *h, const struct ports *port)
{
	return (struct dp_pcb_in_key){ .hce = f->hce, .lport = port->src, .fport = port->dst, .proto = h->proto };
}

static __always_inline void expect_scan(const struct dp_foreign *f, const struct in6_addr *addr)
{
	if (new_conn_gen == scan_gen)
		return;
	new_conn_gen = scan_gen;
	tell(DP_EVENT_NEW_CONN, f->hce, 0, addr);
}

/* Whether the scan that registers y has yet to be completed. */
static __always_inline bool is_pending(const struct dp_young *y)
{
	return scan_gen && (__s32)(looked - y->scan) <= 0;
}

/* The scan came before the handshake was complete: another follows, and is the last for y. */
static __always_inline void scan_again(struct dp_young *y, const struct dp_foreign *f, const struct in6_addr *addr)
{
	y->half = 0;
	y->scan = scan_gen;
	expect_scan(f, addr);
}

/* A segment follows a SYN that was answered, and the connection was not registered. */
static __always_inline void note_established(const struct headers *h, const struct ports *port, const struct dp_foreign *f)
{
	struct dp_pcb_in_key key = young_key(f, h, port);
	struct dp_young *y = bpf_map_lookup_elem(&young, &key);

	if (y && y->half && !is_pending(y) && same_addr(&y->l, &h->addrs.src) && same_addr(&y->f, &h->addrs.dst))
		scan_again(y, f, &h->addrs.dst);
}

/* A datagram of a socket that is connected, or seems so: every one may be its first. */
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

/* A SYN that was answered before, and nothing came of it: no reason for a scan. note_established() is for what follows. */
static __always_inline bool is_repeated(const struct dp_young *y, const struct dp_pcb_in_key *key)
{
	struct dp_young *old = bpf_map_lookup_elem(&young, key);

	return old && old->half && same_addr(&old->l, &y->l) && same_addr(&old->f, &y->f);
}

/*
 * An outgoing packet of this host's stack is of no registered connection. One that is begun by it is noted if a socket of this
 * namespace has the packet's own addresses and ports: a translated one could not be moved.
 */
static __always_inline void note_birth(struct __sk_buff *skb, const struct headers *h, const struct ports *port,
				       const struct dp_foreign *f)
{
	struct dp_pcb_in_key key = young_key(f, h, port);
	struct dp_young y = { .l = h->addrs.src, .f = h->addrs.dst, .scan = scan_gen };
	__u8 flags;

	if (!scan_gen || f->state != DP_ACTIVE || !is_adopted(f))
		return;
	if (h->proto == IPPROTO_TCP) {
		if (bpf_skb_load_bytes(skb, h->l4 + TCP_FLAGS_AT, &flags, sizeof(flags)))
			return;
		if (!(flags & FLAG_SYN)) {
			note_established(h, port, f);
			return;
		}
		y.half = flags & FLAG_ACK;
		if (y.half && is_repeated(&y, &key))
			return;
	} else if (!is_new_datagram(skb, &key)) {
		return;
	}
	if (!has_socket(skb, h, port))
		return;
	y.noted = bpf_ktime_get_coarse_ns();
	bpf_map_update_elem(&young, &key, &y, BPF_ANY);
	expect_scan(f, &h->addrs.dst);
}

#endif
