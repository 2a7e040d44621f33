/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the eBPF programs and the helper agree on: keys and values of the maps. Compiled for both; every struct has the
 * same layout on both sides and no hidden padding. Addresses and ports are in network order.
 *
 *   egress:  (l, f, lport, fport, proto) --dp_pcb_out--> hce, gen --dp_hce--> (l*, f*): rewritten unless gen is current
 *   ingress: source --dp_foreign--> hce, state;  (hce, lport, fport, proto) --dp_pcb_in--> birth pair
 */
#ifndef HMIP_DP_ABI_H
#define HMIP_DP_ABI_H

#include <linux/types.h>
#include <linux/in6.h>

struct dp_pcb_out_key {
	struct in6_addr l, f;		/* the birth pair */
	__be16 lport, fport;
	__u8 proto, zero[3];
};

struct dp_pcb_out {
	__u32 hce, gen;
};

/* Whether the way that packets take carries them. CLOCK_MONOTONIC ns, coarse; written by the programs. */
struct dp_path {
	__u64 waiting;			/* since then an answer is due, if that is after heard; */
	__u64 heard;			/* and when one was heard last */
};

struct dp_pcb_in_key {
	__u32 hce;
	__be16 lport, fport;
	__u8 proto, zero[3];
};

struct dp_pcb_in {
	/* of the birth pair, if it is used and not today's. First, as compilers add an offset before they look for NULL */
	struct dp_path path;
	struct in6_addr l, f;		/* the birth pair */
	__u32 gen;			/* as in dp_pcb_out */
	__u32 acked;			/* TCP: last acknowledgement number heard, host order; written by the program */
	__u32 shared;			/* another connection has its ports, or may have; written by the program, too */
	__u32 zero;
};

enum dp_foreign_state {			/* the values of enum addr_state */
	DP_TENTATIVE = 0,
	DP_ACTIVE = 1,
	DP_DEPRECATED = 2,
};

struct dp_foreign {
	__u32 hce;
	__u32 state;			/* enum dp_foreign_state */
	__u64 heard;			/* CLOCK_BOOTTIME ns of the last packet; written by the program */
	__u64 packets;			/* received, counted once a millisecond at most; written by the program */
};

#define DP_HCE_HOLD	0x01		/* drop what connections send: there is nowhere it may go */
#define DP_HCE_HOLD_MOVED	0x02	/* ... but for what would leave as it is */
#define DP_HCE_HOMELESS	0x04		/* the peer may use addresses that are not known yet, or any more: no resets */

struct dp_hce {
	struct in6_addr l, f;		/* today's pair; an unspecified l or f: leave packets alone */
	__u32 gen;			/* connections with this gen keep their birth pair */
	__u32 flags;
	struct dp_path path;		/* of today's pair */
	__u64 unproven;			/* CLOCK_MONOTONIC ns, coarse: until then the peer may not know where we are */
};

/* Which entry has a connection with these ports; if several have, that of the youngest. */
struct dp_ports_key {
	__be16 lport, fport;
	__u8 proto, zero[3];
};

struct dp_local {
	__u32 usable;			/* 0: lost, but connections still bear it */
};

/* A connection with an adopted peer that was begun a moment ago: the helper registers it at its next scan of the sockets. */
struct dp_young {
	struct in6_addr l, f;		/* the pair it was begun with */
	__u64 noted;			/* CLOCK_MONOTONIC ns, coarse */
	__u32 scan;			/* the number of the scan that registers it */
	__u32 half;			/* a SYN was answered: that scan may be too early */
};

/* Datagrams of no connection wait, that is are dropped, while the peer would not know whose they are; but no longer than this. */
#define DP_DATAGRAM_WAIT_NS	3000000000ULL

/* An anonymous SA's SPI is ours if its upper half is: the lower half is zero in the map then. */
#define DP_SPI_RANGE		0xffff0000u

/*
 * The other maps: "bound" has, for the UDP ports (network order) of sockets bound to a lost address, that address; "spi"
 * (SPI, network order), "notify" (hce: the next packet heard is told, once: B1) and "adopting" (hce: connections with it are
 * taken without being shown) are sets;
 * "fragments", "young" and "others" are the programs' own: (source, destination, identification) of a first fragment -> the pair
 * it was given; (hce, ports) as in dp_pcb_in_key -> dp_young; and a set of the pairs and ports, as in dp_pcb_out_key, of traffic
 * that is translated or forwarded by this host and has the ports of a connection of the same peer. All three evict the oldest.
 */
struct dp_fragment_key {
	struct in6_addr src, dst;
	__be32 id;
};

struct dp_addrs {			/* as they lie in the IPv6 header */
	struct in6_addr src, dst;
};

/* Ring buffer: what the helper is told without asking. */
enum dp_event_type {
	DP_EVENT_HEARD = 1,		/* a packet of hce came from addr, which was asked for ("notify") or which had
					 * been silent for DP_SILENCE_NS */
	DP_EVENT_SILENT = 3,		/* for path_timeout hce has sent data by one pair and heard nothing there */
	DP_EVENT_NEW_CONN =
		5,		/* a connection that is not registered was begun with addr, of hce; once a scan */
	DP_EVENT_REFUSED = 6,		/* a connection from addr was not begun, as another has its ports; gen is the number of
					 * its first segment */
	DP_EVENT_FOLLOWED = 2,		/* the pair of hce now has f = addr; gen is the new one (C11) */
	DP_EVENT_DATAGRAM = 4,		/* one for no connection came from addr to local, and hce has no pair */
};

#define DP_SILENCE_NS	1000000000ULL

struct dp_event {
	__u32 type, hce, gen;
	__be16 lport, fport;		/* of DP_EVENT_REFUSED */
	struct in6_addr addr, local;
};

/* Per-CPU counters, index into the map "counters". */
enum dp_counter {
	DP_OUT_REWRITTEN,
	DP_IN_REWRITTEN,
	DP_IN_TENTATIVE_DROPPED,
	DP_SIGNALLING,			/* AH with an SPI of ours taken off the way of the stack */
	DP_ICMP_TRANSLATED,
	DP_FRAGMENTS,			/* non-first fragments rewritten */
	DP_FOLLOWED,
	DP_TOO_DEEP,			/* header chains longer than the walker's bound: passed */
	DP_OUT_REFUSED,			/* connections not begun: another, which was moved, has their ports */
	DP_HELD,			/* dropped: their address is another host's now, or nobody knows whose */
	DP_REFUSALS,			/* dropped: resets and the like of this host that would end a connection of its own */
	DP_COUNTER_MAX,
};

#endif
