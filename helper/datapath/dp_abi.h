/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The interface between the eBPF programs and the helper: keys and values of the maps. Both are
 * compiled with this file; every struct has the same layout on both sides and no hidden padding.
 * Addresses and ports are in network order. "The program" writes where a field says so; the helper
 * writes everything else.
 *
 *   egress:  (l, f, lport, fport, proto) --dp_pcb_out--> hce, gen --dp_hce--> (l*, f*): rewritten
 *            unless gen is current
 *   ingress: source --dp_foreign--> hce, state;  (hce, lport, fport, proto) --dp_pcb_in--> birth
 *                                                pair
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
	__u64 settled;			/* a token of the program, settled.bpf.h; new rows have 0 */
	__u32 record;			/* of the program: keep small segments, flight.bpf.h */
	__u32 zero;
};

/*
 * Liveness of one address pair: when data was last sent that needs an answer, and when something
 * was last received. Coarse CLOCK_MONOTONIC, ns; written by the program.
 */
struct dp_path {
	__u64 waiting;			/* since when an answer is due, if later than heard */
	__u64 heard;			/* when a packet was last received by this pair */
};

struct dp_pcb_in_key {
	__u32 hce;
	__be16 lport, fport;
	__u8 proto, zero[3];
};

struct dp_pcb_in {
	/*
	 * Of the birth pair, if the connection keeps it although the entry's pair is another. First
	 * member: compilers add a member's offset before they compare with NULL, and the verifier
	 * refuses that.
	 */
	struct dp_path path;
	struct in6_addr l, f;		/* the birth pair */
	__u32 gen;			/* as in dp_pcb_out */
	/* The program writes these two; the helper, too, writes shared. */
	__u32 acked;			/* TCP: last acknowledgement number received, host order */
	__u32 shared;			/* another connection has these ports, or may have */
	__u32 stamp;			/* the program's, TCP: last timestamp it looked at, or 0 */
	__u64 settled;			/* as in dp_pcb_out */
};

enum dp_foreign_state {			/* the values of enum addr_state */
	DP_TENTATIVE = 0,
	DP_ACTIVE = 1,
	DP_DEPRECATED = 2,
};

struct dp_foreign {
	__u32 hce;
	__u32 state;			/* enum dp_foreign_state */
	/* The program writes these two. */
	__u64 heard;			/* CLOCK_BOOTTIME of the last packet, to a tick, ns */
	__u64 packets;			/* received, at most one a millisecond is counted */
};

#define DP_HCE_HOLD	0x01		/* drop what connections send: no pair may be used */
#define DP_HCE_HOLD_MOVED	0x02	/* drop what would be rewritten, pass the rest */
#define DP_HCE_HOMELESS	0x04		/* the peer may move: follow it; it may use unknown
					 * addresses: drop resets */
#define DP_HCE_NO_SOURCE	0x08	/* l is not this host's any more: swallow what would
					 * leave from it */

struct dp_hce {
	struct in6_addr l, f;		/* the pair in use; unspecified: rewrite nothing */
	__u32 gen;			/* connections with this gen keep their birth pair */
	__u32 flags;			/* DP_HCE_* */
	struct dp_path path;		/* of the pair in use */
	/*
	 * Coarse CLOCK_MONOTONIC, ns: until then the peer may still reject l as source, and
	 * unconnected datagrams to it are dropped. 0: it accepts l.
	 */
	__u64 unproven;
};

/* Map "ports": the entry that has a connection with these ports; of several, the youngest's. */
struct dp_ports_key {
	__be16 lport, fport;
	__u8 proto, zero[3];
};

struct dp_local {
	__u32 usable;			/* 0: lost, and the birth address of connections */
};

/* A new connection with an adopted peer: the helper registers it at its next socket scan. */
struct dp_young {
	struct in6_addr l, f;		/* its birth pair */
	__u64 noted;			/* coarse CLOCK_MONOTONIC, ns */
	__u32 scan;			/* number of the scan that registers it */
	__u32 half;			/* begun by a SYN+ACK: that scan may be too early */
};

/* How long unconnected datagrams are dropped because the peer may still reject their source. */
#define DP_DATAGRAM_WAIT_NS	3000000000ULL

/*
 * SPIs of anonymous SAs are matched by their upper half: such a key of the map "spi" ends in zeros.
 */
#define DP_SPI_RANGE		0xffff0000u

/*
 * A bit of "known" is set if it is that of an address in "foreign" or of a foreign address in
 * "pcb_out". Other addresses may have the same bit.
 */
#define DP_KNOWN_BITS	32768
#define DP_KNOWN_SHIFT	(64 - 15)

static inline __u32 dp_known_bit(const struct in6_addr *addr)
{
	const __u64 mix = 0x9e3779b97f4a7c15ULL;	/* odd, so that no bit is lost */
	const __u32 *word = addr->s6_addr32;
	__u64 upper = (__u64)word[0] << 32 | word[1], lower = (__u64)word[2] << 32 | word[3];

	return (upper * mix ^ lower) * mix >> DP_KNOWN_SHIFT;
}

/*
 * The other maps.
 *
 *   bound       UDP port (network order) of sockets bound to a lost address -> that address
 *   spi         set of SPIs (network order)
 *   notify      set of entries: the next packet received from one is reported, once (B1)
 *   adopting    set of entries: connections with them are found by scans
 *
 * Maps of the programs alone, which evict the oldest row when they are full:
 *
 *   fragments   (source, destination, identification) of a first fragment -> the pair it was given
 *   young       (hce, ports) as in dp_pcb_in_key -> dp_young
 *   strangers   address that is no peer's -> when a connection to it was last reported, coarse
 *               CLOCK_MONOTONIC, ns
 *   others      set of dp_pcb_out_key: translated or forwarded traffic of this host that has the
 *               ports of a connection with the same peer
 */
struct dp_fragment_key {
	struct in6_addr src, dst;
	__be32 id;
};

/* A question of the helper and its answer, in the variable "seq" (seq.bpf.h). */
struct dp_seq {
	struct in6_addr l, f;		/* the birth pair of a TCP connection of this host */
	__be16 lport, fport;
	__u32 found;			/* 0: there is no such connection */
	__u32 una, nxt;			/* first number not acknowledged, next one to be sent */
	__u32 rcv_nxt;			/* next number expected from the peer; host order */
};

/*
 * The last small segments that a TCP connection sent, as a stretch without gaps: the octet with
 * number n is at n % DP_FLIGHT_OCTETS. The rest is from the header of the last segment. Part of the
 * same answer, in the variable "flight".
 */
#define DP_FLIGHT_OCTETS	1024u	/* a power of two */
#define DP_FLIGHT_SEGMENT	256u	/* octets of data; longer segments are not kept */
#define DP_TIMESTAMP		12u	/* octets of the timestamp option with its padding */

struct dp_flight {
	__u32 version;			/* odd while the program writes */
	__u32 start, end;		/* host order; equal: there is nothing */
	__u32 stamped;			/* segments have a timestamp option: */
	__be32 stamp[2];
	__be32 ack;
	__be16 window, zero;
	__u8 octets[DP_FLIGHT_OCTETS + DP_FLIGHT_SEGMENT];	/* the end is scratch space */
};

struct dp_addrs {			/* in the order of the IPv6 header */
	struct in6_addr src, dst;
};

/* Events that the programs report to the helper through the ring buffer. */
enum dp_event_type {
	/* A packet of hce was received from addr: hce is in "notify", or addr was silent for
	 * DP_SILENCE_NS. */
	DP_EVENT_HEARD = 1,
	/* The pair of hce now has f = addr, from which a packet was received; gen is the new one
	 * (C11). */
	DP_EVENT_FOLLOWED = 2,
	/* Data was sent to hce by one pair for path_timeout, and nothing was received by it. */
	DP_EVENT_SILENT = 3,
	/* An unconnected datagram was received from addr at local, and hce has no pair. */
	DP_EVENT_DATAGRAM = 4,
	/* A connection that is not registered was begun with addr of hce, or (0) with addr, which
	 * is no peer's; at most once a scan. */
	DP_EVENT_NEW_CONN = 5,
	/* The first segment of a connection from addr was dropped, because another connection
	 * would be the same on the wire; gen is its sequence number (R3). */
	DP_EVENT_REFUSED = 6,
};

/* A packet that may be signalling, from its IPv6 header on, in the ring buffer "signals". */
#define DP_SIGNAL_MAX	2048u		/* octets: a power of two, and more than any has */

struct dp_signal {
	__u32 ifindex, len;
	__u8 octets[DP_SIGNAL_MAX];	/* behind len there is anything */
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
	DP_SIGNALLING,			/* dropped: AH that was handed over */
	DP_ICMP_TRANSLATED,
	DP_FRAGMENTS,			/* non-first fragments rewritten */
	DP_FOLLOWED,
	DP_TOO_DEEP,			/* more extension headers than MAX_HEADERS: passed */
	DP_OUT_REFUSED,			/* first segments dropped because of a port clash (R3) */
	DP_HELD,			/* dropped: DP_HCE_HOLD*, _NO_SOURCE, unproven */
	DP_REFUSALS,			/* dropped: refusals that would end a connection */
	DP_SIGNALLING_LOST,		/* the ring buffer was full */
	DP_COUNTER_MAX,
};

#endif
