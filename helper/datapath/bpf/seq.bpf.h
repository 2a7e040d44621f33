/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The sequence numbers of a TCP connection as this host's kernel has them, and its last small
 * segments. The helper runs this program with BPF_PROG_RUN; no packet passes it.
 */
#ifndef HMIP_SEQ_BPF_H
#define HMIP_SEQ_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "flight.bpf.h"

struct dp_seq seq;
struct dp_flight flight;

/* Copies what is kept of sk to flight; nothing, if it is being written at the moment. */
static __always_inline void read_flight(struct bpf_sock *sk)
{
	struct dp_flight *f = bpf_sk_storage_get(&flights, sk, NULL, 0);
	__u64 *to = (void *)&flight, *from = (void *)f;
	__u32 version;

	if (!f)
		return;
	version = __sync_fetch_and_add(&f->version, 0);
	for (unsigned i = 0; i < sizeof(flight) / sizeof(*to); i++)
		to[i] = from[i];
	if (version % 2 || __sync_fetch_and_add(&f->version, 0) != version)
		flight.start = flight.end = 0;
}

SEC("tc")
int hmip_seq(struct __sk_buff *skb)
{
	struct bpf_sock_tuple t = { 0 };
	struct bpf_tcp_sock *tcp;
	struct bpf_sock *sk;

	/* As a packet of the peer has them. */
	__builtin_memcpy(t.ipv6.saddr, &seq.f, sizeof(t.ipv6.saddr));
	__builtin_memcpy(t.ipv6.daddr, &seq.l, sizeof(t.ipv6.daddr));
	t.ipv6.sport = seq.fport;
	t.ipv6.dport = seq.lport;
	seq.found = 0;
	flight.start = flight.end = 0;
	sk = bpf_sk_lookup_tcp(skb, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return 0;
	tcp = bpf_tcp_sock(sk);
	/* A socket that listens at the port has no peer. */
	if (tcp && sk->dst_port == seq.fport) {
		seq.una = tcp->snd_una;
		seq.nxt = tcp->snd_nxt;
		seq.rcv_nxt = tcp->rcv_nxt;
		seq.found = 1;
		read_flight(sk);
	}
	bpf_sk_release(sk);
	return 0;
}

#endif
