/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The tc programs. The kernel's connections keep their birth pair for life; on the wire their
 * packets have the pair in use of their Host Cache Entry. A packet passes unchanged unless it
 * belongs to a registered connection, or the comments below say otherwise.
 */
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include "masquerade.h"
#include "new_conn.bpf.h"
#include "udp_unconn.bpf.h"
#include "icmp.bpf.h"
#include "refusal.bpf.h"
#include "flight.bpf.h"
#include "seq.bpf.h"
#include "settled.bpf.h"
#include "signals.bpf.h"

#define VLAN_ID_MASK	0x0fff

char _license[] SEC("license") = "Dual BSD/GPL";

__u64 path_timeout;	/* ns; 0: silence is not reported */
__u64 sender;	/* socket cookie of the helper's raw socket; 0: MASQUERADE_NEXTHDR is not in use */

/* Replaces MASQUERADE_NEXTHDR by No Next Header in signalling of this host (masquerade.h). */
static __always_inline void end_signalling(struct __sk_buff *skb, struct headers *h)
{
	__u8 none = IPPROTO_NONE, ah[2];

	if (!sender || bpf_get_socket_cookie(skb) != sender)
		return;
	if (h->proto == IPPROTO_AH) {
		if (bpf_skb_load_bytes(skb, h->l4, ah, sizeof(ah)))
			return;
		h->proto = ah[0];
		h->proto_at = h->l4;
		h->l4 += (ah[1] + 2) * 4;
	}
	if (h->proto == IPPROTO_DSTOPTS) {
		h->proto_at = h->l4;
		if (bpf_skb_load_bytes(skb, h->l4, &h->proto, sizeof(h->proto)))
			return;
	}
	if (h->proto == MASQUERADE_NEXTHDR)
		bpf_skb_store_bytes(skb, h->proto_at, &none, sizeof(none), 0);
}

#define KEEPALIVE_NS	500000000ULL	/* TCP waits at least a second before it asks */

/* Whether a packet calls for an answer: any datagram may, a TCP segment does if it has data. */
static __always_inline bool wants_answer(struct __sk_buff *skb, struct headers *h)
{
	struct segment t;

	if (h->proto != IPPROTO_TCP)
		return true;
	return !parse_segment(skb, h, &t) && skb->len > h->l4 + (t.offset >> 4) * 4;
}

/*
 * Whether TCP asks if its peer is alive: what it sends without data otherwise has the next number.
 * Linux asks with the one before that.
 */
static __always_inline bool is_keepalive(struct __sk_buff *skb, const struct headers *h)
{
	struct bpf_sock *sk = skb->sk;
	struct bpf_tcp_sock *tcp;
	__be32 seq;

	if (h->proto != IPPROTO_TCP ||
	    bpf_skb_load_bytes(skb, h->l4 + TCP_SEQ_AT, &seq, sizeof(seq)))
		return false;
	sk = sk ? bpf_sk_fullsock(sk) : NULL;
	tcp = sk ? bpf_tcp_sock(sk) : NULL;
	return tcp && bpf_ntohl(seq) == tcp->snd_una - 1;
}

static __always_inline bool is_pair(const struct dp_hce *e, const struct in6_addr *l,
				    const struct in6_addr *f)
{
	return same_addr(&e->l, l) && same_addr(&e->f, f);
}

/*
 * Records since when an answer is due, and reports DP_EVENT_SILENT after path_timeout. The record
 * is that of the pair in use or, for a connection that keeps another birth pair, its own, because
 * an answer by one pair does not show that the other works. now is the coarse clock's, which makes
 * writes rare.
 */
static __always_inline void note_sent(struct __sk_buff *skb, struct headers *h, struct dp_hce *e,
				      const struct dp_pcb_out *pcb,
				      const struct dp_pcb_out_key *birth, __u64 now)
{
	struct dp_pcb_in_key key = {
		.hce = pcb->hce, .lport = birth->lport, .fport = birth->fport, .proto = birth->proto
	};
	struct dp_path *path = &e->path;

	if (!path_timeout)
		return;
	if (e->gen == pcb->gen && !is_pair(e, &birth->l, &birth->f)) {
		struct dp_pcb_in *in = bpf_map_lookup_elem(&pcb_in, &key);

		if (!in)
			return;
		path = &in->path;
	}
	if (path->waiting <= path->heard) {
		/* Where something was received lately, nobody asks: bulk costs no more. */
		if (path->waiting != now &&
		    (wants_answer(skb, h) ||
		     (now - path->heard > KEEPALIVE_NS && is_keepalive(skb, h))))
			path->waiting = now;
	} else if (now - path->waiting > path_timeout) {
		path->waiting = now;
		tell(DP_EVENT_SILENT, key.hce, 0, &e->f);
	}
}

/* A packet that this host forwards or bridges passes unchanged. */
static __always_inline int forwarded(struct __sk_buff *skb, const struct headers *h,
				     const struct ports *port)
{
	struct dp_foreign *f = bpf_map_lookup_elem(&foreign, &h->addrs.dst);

	if (f)
		note_other(skb, h, port, f, same_ports(h, port, f));
	return PASS;
}

/* A packet of this host's stack to an address that is no peer's. */
static __always_inline int to_stranger(struct __sk_buff *skb, const struct headers *h,
				       const struct ports *port)
{
	if (h->proto != IPPROTO_TCP)
		return PASS;
	note_stranger(skb, h);
	return reset_out(skb, h, port, NULL);
}

/* A packet of this host's stack that has no registered connection's birth pair and ports. */
static __always_inline int unregistered(struct __sk_buff *skb, struct headers *h,
					const struct ports *port)
{
	struct dp_foreign *f = bpf_map_lookup_elem(&foreign, &h->addrs.dst);
	struct dp_pcb_in *other;

	if (!f)
		return to_stranger(skb, h, port);
	if (is_signal_port(h, port))
		return PASS;
	other = same_ports(h, port, f);
	if (other && h->proto == IPPROTO_TCP && is_refused(skb, h, port, f, other))
		return DROP;
	note_other(skb, h, port, f, other);
	note_birth(skb, h, port, f);
	if (h->proto == IPPROTO_UDP)
		return datagram_out(skb, h, f);
	return h->proto == IPPROTO_TCP ? reset_out(skb, h, port, f) : PASS;
}

/*
 * Whether the packet would leave from an address that is not this host's any more. It is swallowed,
 * as if lost on its way: an error would make TCP try every half second instead of backing off, and
 * only a connection that backs off is made to retransmit when there is a pair (RFC 6069).
 */
static __always_inline bool has_no_source(const struct dp_hce *e, const struct dp_pcb_out *pcb,
					  const struct in6_addr *src)
{
	return e->flags & DP_HCE_NO_SOURCE && (e->gen != pcb->gen || same_addr(&e->l, src));
}

/* A packet of a registered connection, to which key and pcb belong. */
static __always_inline int registered(struct __sk_buff *skb, struct headers *h,
				      const struct dp_pcb_out_key *key, struct dp_pcb_out *pcb)
{
	__u64 now = bpf_ktime_get_coarse_ns(), token = token_of(now);
	struct dp_hce *e = NULL;
	/* Only of packets that pass unchanged. */
	bool settled = pcb->settled == (token | TOKEN_ASKED) ||
		       (pcb->settled == token && !wants_answer(skb, h));

	if (!settled) {
		e = bpf_map_lookup_elem(&hce, &pcb->hce);
		pcb->record = recording && e && e->flags & DP_HCE_HOMELESS;
	}
	if (pcb->record && is_small(skb, h))
		record(skb, h);
	if (settled)
		return PASS;
	if (e && e->flags & DP_HCE_HOLD) {
		count(DP_HELD);
		return DROP;
	}
	if (e && has_no_source(e, pcb, &h->addrs.src)) {
		count(DP_HELD);
		return bpf_redirect(0, 0);	/* to no interface */
	}
	if (e)
		note_sent(skb, h, e, pcb, key, now);
	if (!e || e->gen == pcb->gen || unspecified(&e->l) || unspecified(&e->f)) {
		pcb->settled = wants_answer(skb, h) ? token | TOKEN_ASKED : token;
		return PASS;
	}
	struct dp_addrs to = { .src = e->l, .dst = e->f };

	if (same_addrs(&to, &h->addrs))
		return PASS;
	if (e->flags & DP_HCE_HOLD_MOVED) {
		count(DP_HELD);
		return DROP;
	}
	if (!rewrite(skb, h, &to))
		count(DP_OUT_REWRITTEN);
	return PASS;
}

static __always_inline int egress(struct __sk_buff *skb, bool ethernet)
{
	struct headers h;
	struct ports port;

	if (parse(skb, ethernet, &h))
		return PASS;
	if (h.later) {
		if (is_of_own_socket(skb))
			rewrite_later(skb, &h);
		return PASS;
	}
	if (h.proto == IPPROTO_AH || h.proto == MASQUERADE_NEXTHDR)
		end_signalling(skb, &h);
	if (parse_ports(skb, &h, &port))
		return h.proto == IPPROTO_ICMPV6 ? unreachable_out(skb, &h) : PASS;
	if (!is_known(&h.addrs.dst))
		return is_own(skb) ? to_stranger(skb, &h, &port) : PASS;
	if (!is_own(skb))
		return forwarded(skb, &h, &port);

	struct dp_pcb_out_key key = {
		.l = h.addrs.src, .f = h.addrs.dst, .lport = port.src, .fport = port.dst,
		.proto = h.proto,
	};
	struct dp_pcb_out *pcb = bpf_map_lookup_elem(&pcb_out, &key);

	return pcb ? registered(skb, &h, &key, pcb) : unregistered(skb, &h, &port);
}

/*
 * Drops AH with a registered SPI, which was handed over to the helper: the kernel would answer with
 * a Parameter Problem.
 */
static __always_inline int signalling(struct __sk_buff *skb, struct headers *h)
{
	__be32 n, range;

	if (h->frag || bpf_skb_load_bytes(skb, h->l4 + AH_SPI_AT, &n, sizeof(n)))
		return PASS;
	range = n & bpf_htonl(DP_SPI_RANGE);
	if (!bpf_map_lookup_elem(&spi, &n) && !bpf_map_lookup_elem(&spi, &range))
		return PASS;
	if (!bpf_map_lookup_elem(&local, &h->addrs.dst))
		return PASS;
	count(DP_SIGNALLING);
	return DROP;
}

/* Records an answer for the pair that it came by; only that pair is known to work. */
static __always_inline void note_answer(struct dp_hce *e, struct dp_pcb_in *pcb, bool moved,
					const struct dp_addrs *addrs, __u64 now)
{
	bool own = e->gen == pcb->gen;

	if (!path_timeout || (own && moved))
		return;
	if (is_pair(e, &addrs->dst, &addrs->src)) {
		if (e->path.heard != now)
			e->path.heard = now;
	} else if (own && pcb->path.heard != now) {
		pcb->path.heard = now;
	}
}

#define LATE_TICKS	(1U << 20)
#define LATE_NS		1000000000ULL

/* The timestamp of a TCP segment, if it is the first option, behind padding; else 0. */
static __always_inline __u32 stamp_of(struct __sk_buff *skb, const struct headers *h,
				      const struct segment *t)
{
	__be32 option[2];

	if (h->proto != IPPROTO_TCP || t->offset >> 4 < 8 ||
	    bpf_skb_load_bytes(skb, h->l4 + sizeof(struct tcphdr), option, sizeof(option)) ||
	    option[0] != TIMESTAMP)
		return 0;
	return bpf_ntohl(option[1]);
}

/*
 * Whether the peer sent a segment with that timestamp before one that was looked at already: it
 * comes by a slower path, on which the peer sent before it moved. A segment that TCP repeats has a
 * new timestamp. What is much older, or silence from where the peer is now, refutes that. Else
 * notes the timestamp.
 */
static __always_inline bool is_late(const struct dp_hce *e, struct dp_pcb_in *pcb, __u32 stamp,
				    __u64 now)
{
	if (!stamp)
		return false;
	if (pcb->stamp && pcb->stamp != stamp && pcb->stamp - stamp < LATE_TICKS &&
	    now - e->path.heard < LATE_NS)
		return true;
	if (pcb->stamp != stamp)
		pcb->stamp = stamp;
	return false;
}

/*
 * Makes the last source address of the peer the foreign address of the pair in use (C11). A packet
 * of a connection that keeps its birth pair under the current gen changes nothing: with two such
 * connections, born with two addresses of the peer, the pair would change at every packet. A
 * peer that is not Homeless does not move, or not any more.
 */
static __always_inline void follow(struct dp_hce *e, __u32 id, const struct dp_pcb_in *pcb,
				   bool moved, const struct dp_addrs *addrs, __u64 now)
{
	const struct in6_addr *src = &addrs->src;

	if (!(e->flags & DP_HCE_HOMELESS) || same_addr(&e->f, src) ||
	    (!moved && e->gen == pcb->gen))
		return;
	struct dp_hce next = *e;

	next.f = *src;
	next.gen++;
	next.path = (struct dp_path){ .heard = same_addr(&e->l, &addrs->dst) ? now : 0 };
	if (bpf_map_update_elem(&hce, &id, &next, BPF_EXIST))
		return;
	__sync_fetch_and_add(&changes, 1);
	count(DP_FOLLOWED);
	tell(DP_EVENT_FOLLOWED, id, next.gen, src);
}

#define DELIVER	TC_ACT_OK	/* of examine() alone */

/*
 * For a packet with the ports of pcb: records what it shows, and has the pair follow it. Returns
 * DELIVER if it belongs to pcb, else PASS or DROP. Leaves token if the next such packet needs no
 * more.
 */
static __always_inline int examine(struct __sk_buff *skb, const struct headers *h,
				   const struct ports *port, struct dp_foreign *f,
				   struct dp_pcb_in *pcb, const struct segment *t, bool moved,
				   __u64 now, __u64 token)
{
	__u32 id = f->hce;
	struct dp_hce *e;
	bool recorded;

	if (!bpf_map_lookup_elem(&local, &h->addrs.dst))
		return PASS;
	if (moved && is_anothers(skb, h->proto, &h->addrs, port, pcb, id))
		return PASS;
	if (moved && f->state == DP_TENTATIVE) {
		count(DP_IN_TENTATIVE_DROPPED);
		return DROP;
	}
	recorded = note_heard(f, &h->addrs.src);
	e = bpf_map_lookup_elem(&hce, &id);
	if (moved && begins_another(skb, h, port, e, pcb, t->flags))
		return PASS;
	if (e)
		note_answer(e, pcb, moved, &h->addrs, now);
	/* Before packets with the birth pair pass: the peer may have moved back to it. */
	if (e && f->state == DP_ACTIVE) {
		if (is_late(e, pcb, stamp_of(skb, h, t), now))
			return DELIVER;
		follow(e, id, pcb, moved, &h->addrs, now);
	}
	if (recorded || !watched)
		pcb->settled = token;
	return DELIVER;
}

/* Delivers a TCP segment or UDP datagram of a registered connection with its birth pair. */
static __always_inline int data(struct __sk_buff *skb, struct headers *h)
{
	struct segment t = { 0 };
	struct dp_foreign *f;
	struct dp_pcb_in *pcb;
	struct ports port;
	__u64 now, token;

	if (!is_known(&h->addrs.src) || parse_ports(skb, h, &port))
		return PASS;
	now = bpf_ktime_get_coarse_ns();
	token = token_of(now);
	f = bpf_map_lookup_elem(&foreign, &h->addrs.src);
	if (!f)
		return PASS;
	struct dp_pcb_in_key key = {
		.hce = f->hce, .lport = port.dst, .fport = port.src, .proto = h->proto
	};

	pcb = bpf_map_lookup_elem(&pcb_in, &key);
	if (!pcb && is_signal_port(h, &port))
		return PASS;
	if (!pcb)
		return h->proto == IPPROTO_UDP ? datagram_in(skb, h, f, &port) : PASS;
	if (h->proto == IPPROTO_TCP && parse_segment(skb, h, &t))
		return PASS;
	struct dp_addrs birth = { .src = pcb->f, .dst = pcb->l };
	bool moved = !same_addrs(&birth, &h->addrs);

	if (moved)
		token = token_with(token, &h->addrs);
	if (pcb->settled != token || pcb->shared || t.flags & FLAG_SYN) {
		int r = examine(skb, h, &port, f, pcb, &t, moved, now, token);

		if (r != DELIVER)
			return r;
	}
	if (t.flags & FLAG_ACK && pcb->acked != bpf_ntohl(t.ack))
		pcb->acked = bpf_ntohl(t.ack);
	if (moved && !rewrite(skb, h, &birth))
		count(DP_IN_REWRITTEN);
	return PASS;
}

/*
 * Whether another interface of this host, above this one, receives the packet as well: a VLAN's,
 * whose tag the kernel has taken from the frame, or a macvlan's, which has a hardware address of
 * its own. It is judged there, once. A tag of VLAN 0 has a priority only.
 */
static __always_inline bool is_for_another(const struct __sk_buff *skb)
{
	return skb->pkt_type == PACKET_OTHERHOST ||
	       (skb->vlan_present && skb->vlan_tci & VLAN_ID_MASK);
}

static __always_inline int ingress(struct __sk_buff *skb, bool ethernet)
{
	struct headers h;
	int r;

	if (ethernet && is_for_another(skb))
		return PASS;
	r = parse(skb, ethernet, &h);
	if (may_be_signalling(skb, &h))
		hand_over(skb, &h);
	if (r)
		return PASS;
	if (h.later) {
		rewrite_later(skb, &h);
		return PASS;
	}
	if (h.proto == IPPROTO_AH)
		return signalling(skb, &h);
	if (h.proto == IPPROTO_ICMPV6) {
		translate_icmp(skb, &h);
		return PASS;
	}
	return data(skb, &h);
}

/*
 * The names begin with ATTACH_NAME (attach.h), by which the next helper finds the programs of an
 * earlier one. The kernel keeps 15 characters.
 */
SEC("tc")
int hmip_in_ether(struct __sk_buff *skb)
{
	return ingress(skb, true);
}

SEC("tc")
int hmip_in_ip(struct __sk_buff *skb)
{
	return ingress(skb, false);
}

SEC("tc")
int hmip_out_ether(struct __sk_buff *skb)
{
	return egress(skb, true);
}

SEC("tc")
int hmip_out_ip(struct __sk_buff *skb)
{
	return egress(skb, false);
}
