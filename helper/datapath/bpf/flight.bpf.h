/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Keeps the last small segments of a TCP connection, which the helper sends again when a move lost
 * them (dp_abi.h). They are in the storage of the connection's socket, which the kernel frees with
 * it.
 */
#ifndef HMIP_FLIGHT_BPF_H
#define HMIP_FLIGHT_BPF_H

#include "headers.bpf.h"

#define FLAG_PSH	0x08
#define FLAGS_ECN	0xc0	/* CWR, ECE */

/* As Linux sends it: two NOPs, and the option with its length. */
#define TIMESTAMP	bpf_htonl(0x0101080a)

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct dp_flight);
} flights SEC(".maps");

bool recording;		/* set by the helper */

/* A TCP header from the sequence number on, and the only options with which segments are kept. */
struct tcp_head {
	__be32 seq, ack;
	__u8 offset, flags;
	__be16 window, sum, urgent;
	__be32 kind, stamp[2];
};

/* Reads the header, of len octets. Returns whether segments with such a header are kept. */
static __always_inline bool read_head(struct __sk_buff *skb, const struct headers *h, __u32 len,
				      struct tcp_head *ret)
{
	if (h->tcp.flags & ~(FLAG_PSH | FLAG_ACK | FLAGS_ECN))
		return false;
	if (len == sizeof(struct tcphdr))
		return !bpf_skb_load_bytes(skb, h->l4 + TCP_SEQ_AT, ret,
					   offsetof(struct tcp_head, kind));
	return len == sizeof(struct tcphdr) + DP_TIMESTAMP &&
	       !bpf_skb_load_bytes(skb, h->l4 + TCP_SEQ_AT, ret, sizeof(*ret)) &&
	       ret->kind == TIMESTAMP;
}

/*
 * Copies len octets, 1 to DP_FLIGHT_SEGMENT, to their place in the ring. Returns 0, or -1: nothing
 * is certain about it.
 */
static __always_inline int keep_octets(struct __sk_buff *skb, struct dp_flight *f, __u32 off,
				       __u32 seq, __u32 len)
{
	__u32 at = seq % DP_FLIGHT_OCTETS, over;

	/* Behind the ring there is room for a segment, so this is one copy. */
	if (bpf_skb_load_bytes(skb, off, f->octets + at, bounded(len, DP_FLIGHT_SEGMENT)))
		return -1;
	if (at + len <= DP_FLIGHT_OCTETS)
		return 0;
	over = at + len - DP_FLIGHT_OCTETS;
	return bpf_skb_load_bytes(skb, off + len - over, f->octets,
				  bounded(over, DP_FLIGHT_SEGMENT)) ? -1 : 0;
}

/*
 * Appends a segment to what is kept; its payload, of len octets, is at off. What it does not
 * continue, it takes the place of.
 */
static __always_inline void append(struct __sk_buff *skb, struct dp_flight *f,
				   const struct tcp_head *t, __u32 off, __u32 len)
{
	__u32 seq = bpf_ntohl(t->seq);

	if (seq != f->end)
		f->start = f->end = seq;
	if (keep_octets(skb, f, off, seq, len)) {
		f->start = f->end;
		return;
	}
	f->end += len;
	if (f->end - f->start > DP_FLIGHT_OCTETS)
		f->start = f->end - DP_FLIGHT_OCTETS;
	f->ack = t->ack;
	f->window = t->window;
	f->stamped = t->kind != 0;
	f->stamp[0] = t->stamp[0];
	f->stamp[1] = t->stamp[1];
}

/* Whether a segment has all of its octets in what is kept: sent again, or seen on two devices. */
static __always_inline bool is_kept(const struct dp_flight *f, __u32 seq, __u32 len)
{
	return seq - f->start + len <= f->end - f->start && seq - f->start < DP_FLIGHT_OCTETS;
}

/* The next version; no write before it is seen after it, nor the reverse. */
static __always_inline void next_version(struct dp_flight *f)
{
	__sync_lock_test_and_set(&f->version, f->version + 1);
}

/* Whether a packet may have to be kept: bulk data is told apart at once. */
static __always_inline bool is_small(const struct __sk_buff *skb, const struct headers *h)
{
	return skb->len <= h->l4 + sizeof(struct tcphdr) + DP_TIMESTAMP + DP_FLIGHT_SEGMENT &&
	       h->plain && h->proto == IPPROTO_TCP;
}

/*
 * Keeps a segment that its socket sends, or forgets what is kept because of it. The socket is
 * locked, so there is one writer. Returns nothing of use.
 */
static __noinline int record(struct __sk_buff *skb, const struct headers *h)
{
	__u32 head = (h->tcp.offset >> 4) * 4, off = h->l4 + head, len = skb->len - off;
	struct tcp_head t = { 0 };
	struct dp_flight *f;
	struct bpf_sock *sk;

	if (skb->len <= off || len > DP_FLIGHT_SEGMENT || !skb->sk)
		return 0;
	sk = bpf_sk_fullsock(skb->sk);
	if (!sk || sk->protocol != IPPROTO_TCP)		/* the helper's own socket is a raw one */
		return 0;
	f = bpf_sk_storage_get(&flights, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!f)
		return 0;
	if (!read_head(skb, h, head, &t)) {
		next_version(f);
		f->start = f->end;
		next_version(f);
	} else if (!is_kept(f, bpf_ntohl(t.seq), len)) {
		next_version(f);
		append(skb, f, &t, off, len);
		next_version(f);
	}
	return 0;
}

#endif
