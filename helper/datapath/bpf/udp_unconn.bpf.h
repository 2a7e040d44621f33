/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Records when peers were last heard (C6); and unconnected UDP, which has no PCB: the shim replaces
 * the addresses that programs pass, so that only sockets bound to a lost address are handled here.
 */
#ifndef HMIP_DATAGRAM_BPF_H
#define HMIP_DATAGRAM_BPF_H

#include <linux/pkt_cls.h>
#include "rewrite.bpf.h"
#include "port_clash.bpf.h"

#define PASS	TC_ACT_UNSPEC		/* also TCX_NEXT: the next program on this interface runs */
#define DROP	TC_ACT_SHOT
#define HEARD_GRAIN_NS	1000000ULL	/* between writes to a row: CPUs share its cache line */
#define TELL_EVERY	16		/* recorded datagrams for one DP_EVENT_DATAGRAM */

__u32 watched;	/* rows of the map "notify": added by the helper, removed here */

/*
 * Records that a packet was received from src (C6), and reports it if the helper requested that or
 * if src had been silent. Returns whether it was recorded: at most once in HEARD_GRAIN_NS.
 */
static __always_inline bool note_heard(struct dp_foreign *f, const struct in6_addr *src)
{
	__u64 now = bpf_ktime_get_boot_ns();
	__s64 since = now - f->heard;
	__u32 id = f->hce;

	if (since < (__s64)HEARD_GRAIN_NS)
		return false;
	f->heard = now;
	f->packets++;
	if (watched && !bpf_map_delete_elem(&notify, &id))
		__sync_fetch_and_add(&watched, -1);
	else if (since <= (__s64)DP_SILENCE_NS)
		return true;
	tell(DP_EVENT_HEARD, id, 0, src);
	return true;
}

/*
 * Whether the peer may still reject a datagram from src, because the address it expects is lost and
 * it has not accepted another yet. TCP retransmits such packets; a datagram would be delivered as
 * another host's.
 */
static __always_inline bool too_early(const struct dp_hce *e, const struct in6_addr *src)
{
	struct dp_local *l;

	if (!e->unproven || e->unproven < bpf_ktime_get_coarse_ns())
		return false;
	if (same_addr(&e->l, src))
		return true;
	l = bpf_map_lookup_elem(&local, &e->l);
	return !l || !l->usable;
}

/* For an outgoing datagram of no registered connection to an address of an entry. */
static __always_inline int datagram_out(struct __sk_buff *skb, struct headers *h,
					const struct dp_foreign *f)
{
	__u32 id = f->hce;
	struct dp_hce *e = bpf_map_lookup_elem(&hce, &id);
	struct dp_local *l;

	if (!e || unspecified(&e->l) || !is_of_own_socket(skb))
		return PASS;
	l = bpf_map_lookup_elem(&local, &h->addrs.src);
	if (!l)
		return PASS;
	if (too_early(e, &h->addrs.src)) {
		count(DP_HELD);
		return DROP;
	}
	if (l->usable)
		return PASS;
	/* The socket is bound to a lost address. */
	struct dp_addrs to = { .src = e->l, .dst = f->state == DP_ACTIVE ? h->addrs.dst : e->f };

	if (!same_addrs(&to, &h->addrs) && !rewrite(skb, h, &to))
		count(DP_OUT_REWRITTEN);
	return PASS;
}

/* Delivers a datagram to the socket that is bound to a lost address and has its port, if any. */
static __always_inline void deliver_to_lost(struct __sk_buff *skb, struct headers *h,
					    const struct ports *port)
{
	struct in6_addr *lost = bpf_map_lookup_elem(&bound, &port->dst);

	if (!lost || same_addr(lost, &h->addrs.dst) ||
	    is_noted(h->proto, &h->addrs, port->src, port->dst))
		return;
	struct dp_addrs to = { .src = h->addrs.src, .dst = *lost };

	if (!rewrite(skb, h, &to))
		count(DP_IN_REWRITTEN);
}

/*
 * For an incoming datagram of no registered connection. One from a Tentative source passes like
 * another host's, because any host can claim an address (R8).
 */
static __always_inline int datagram_in(struct __sk_buff *skb, struct headers *h,
				       struct dp_foreign *f, const struct ports *port)
{
	__u32 id = f->hce;
	struct dp_hce *e;

	if (f->state == DP_TENTATIVE || !bpf_map_lookup_elem(&local, &h->addrs.dst))
		return PASS;
	/* One in TELL_EVERY: the core may be unable to make a pair of these addresses. */
	if (note_heard(f, &h->addrs.src) && f->packets % TELL_EVERY == 1) {
		e = bpf_map_lookup_elem(&hce, &id);
		if (!e || unspecified(&e->l))
			tell_pair(DP_EVENT_DATAGRAM, id, 0, &h->addrs.src, &h->addrs.dst);
	}
	deliver_to_lost(skb, h, port);
	return PASS;
}

#endif
