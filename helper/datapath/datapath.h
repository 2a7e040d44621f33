/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The eBPF datapath: loads the programs, attaches them to interfaces, keeps the maps. One per
 * network namespace.
 *
 * Programs are attached with tcx where the kernel has it (6.6), first in line and returning "next",
 * else as classic filters on clsact. Nothing is pinned: an attachment holds its program, which
 * holds the maps, so that data keeps flowing when the helper dies. The next helper fills maps of
 * its own from its state file, attaches its programs before the old ones, and only then removes
 * those. Both may run at once: a packet that one has rewritten passes the other unchanged.
 */
#ifndef HMIP_DATAPATH_H
#define HMIP_DATAPATH_H

#include "core.h"
#include "dp_abi.h"

#include <stdbool.h>

struct datapath;

struct datapath_config {
	unsigned max_pcbs;	/* size of the maps of connections */
	unsigned max_entries;	/* size of the maps of entries; 0: max_foreign */
	unsigned max_foreign;	/* size of the map of their addresses */
	bool classic;		/* clsact filters even where the kernel has tcx */
};

/*
 * Loads the programs with empty maps; attaches nothing. Needs CAP_NET_ADMIN, CAP_BPF and
 * CAP_PERFMON. Returns 0 or a negative errno (logged, with the missing kernel option or
 * capability).
 */
int datapath_open(const struct datapath_config *config, struct datapath **ret);

/* Makes datapath_close() leave the programs attached, with their maps. NULL is fine. */
void datapath_leave(struct datapath *dp);

/*
 * Detaches from every interface, removes a clsact qdisc that hmip made if it is empty, frees. NULL
 * is fine.
 */
void datapath_close(struct datapath *dp);

/*
 * Attaches to one interface, then removes the programs that an earlier helper left there, which it
 * finds by their names. With tcx this needs CAP_SYS_ADMIN: attach to existing interfaces before
 * dropping it. Programs, filters and qdiscs of others are not touched. Loopback and link types of
 * unknown header length are skipped. hatype: ARPHRD_*. Returns 0 (also if skipped or attached
 * already) or a negative errno (logged, except -ENODEV).
 */
int datapath_attach(struct datapath *dp, unsigned ifindex, unsigned short hatype);

/*
 * Detaches from an interface, which may have been removed. Programs of an earlier helper that are
 * there stay.
 */
void datapath_detach(struct datapath *dp, unsigned ifindex);

/* The descriptor of one of the four programs, for test runs by bpf(2). dp owns it. */
int datapath_program(const struct datapath *dp, bool egress, bool ethernet);

/* "tcx" or "clsact". */
const char *datapath_kind(const struct datapath *dp);

/*
 * Writes ACTION_PAIR*, FOREIGN*, LOCAL*, PCB*, BOUND* and SPI* to the maps; ignores other actions.
 * Returns 0 or a negative errno (logged).
 */
int datapath_action(struct datapath *dp, const struct action *a);

/*
 * Requests one DP_EVENT_HEARD for the next packet received from hce (B1). Returns 0 or a negative
 * errno (logged).
 */
int datapath_notify(struct datapath *dp, uint32_t hce);

/*
 * Sets the cookie of the socket that sends packets with MASQUERADE_NEXTHDR (masquerade.h), which
 * the program replaces by No Next Header. 0: no socket does.
 */
void datapath_set_sender(struct datapath *dp, uint64_t cookie);

/* UDP to that port is signalling (encap.h), and no data of connections; 0: none is. */
void datapath_set_signal_port(struct datapath *dp, uint16_t port);

/*
 * Sets after how many seconds of sending without receiving DP_EVENT_SILENT is reported
 * (path_timeout); 0: never.
 */
void datapath_watch(struct datapath *dp, uint32_t seconds);

/*
 * Starts or stops watching for new connections. While on, DP_EVENT_NEW_CONN is reported when a
 * socket of this host begins a connection that is not registered with an Active address of an
 * adopted peer: once for each datapath_scan_begin(). Until the connection is registered, or the
 * scan is complete, resets that this host's kernel sends for it to another address of that peer are
 * dropped.
 */
void datapath_adopt(struct datapath *dp, bool on);

/*
 * While adoption is on, too: whether DP_EVENT_NEW_CONN is also reported of TCP connections that
 * this host begins with addresses that are no peer's, each at most once in ten seconds.
 */
void datapath_initiate(struct datapath *dp, bool on);

/*
 * Adds the entry hce to the peers whose connections are adopted, or removes it. Returns 0 or a
 * negative errno (logged).
 */
int datapath_adopt_from(struct datapath *dp, uint32_t hce, bool on);

/* Call before all sockets are listed. Connections begun from now on are reported again. */
void datapath_scan_begin(struct datapath *dp);

/* Call when all that the scan found is in the maps. */
void datapath_looked(struct datapath *dp);

/* Makes datapath_unscanned() true, as if a connection had just begun; reports no event. */
void datapath_mark_unscanned(struct datapath *dp);

/* Whether connections may have begun since the last datapath_scan_begin(). */
bool datapath_unscanned(const struct datapath *dp);

/* A descriptor to poll: it is readable when events are queued. Then call datapath_events(). */
int datapath_event_fd(const struct datapath *dp);

/* Calls fn for each queued event. Returns their number or a negative errno. */
int datapath_events(struct datapath *dp, void (*fn)(void *ctx, const struct dp_event *e),
		    void *ctx);

/*
 * Called with each packet that may be signalling, which is untrusted: len octets from the IPv6
 * header on, as long as its Payload Length says, received on interface ifindex.
 */
typedef void datapath_signal_fn(void *ctx, const uint8_t *pkt, size_t len, unsigned ifindex);

/* A descriptor to poll: it is readable when packets are queued. Then call datapath_signals(). */
int datapath_signal_fd(const struct datapath *dp);

/*
 * Calls fn for the queued packets, up to a limit; datapath_signal_fd() stays readable while there
 * are more. They were received on an interface with the programs for an address that ACTION_LOCAL
 * named, and have an AH or Destination Options header directly behind the IPv6 header, or are UDP
 * to the port of datapath_set_signal_port(), ICMPv6 Parameter Problems, or Port Unreachable about
 * that port. Returns their number or a negative errno.
 */
int datapath_signals(struct datapath *dp, datapath_signal_fn *fn, void *ctx);

/*
 * When a packet was last received from addr, in CLOCK_BOOTTIME microseconds; 0 if never, or if addr
 * is not a peer's.
 */
usec_t datapath_heard(struct datapath *dp, const struct in6_addr *addr);

/*
 * Reads the last TCP acknowledgement number received for pcb of entry hce (host order; 0: none
 * yet). Returns 0 or -ENOENT.
 */
int datapath_acked(struct datapath *dp, uint32_t hce, const struct pcb *pcb, uint32_t *ret);

/*
 * Makes the programs keep the small segments that connections with Homeless peers send, or keep no
 * more of them. What is kept of a connection is freed with its socket.
 */
void datapath_record(struct datapath *dp, bool on);

/*
 * Reads the sequence numbers of a TCP connection of this host: the addresses and ports of *q are
 * the question, the rest of it the answer. The small segments that it sent last, if they are known
 * beyond doubt, are in *flight, which may be NULL. Returns 0; -ENOENT if there is no such
 * connection, or it is bound to an interface; or another negative errno.
 */
int datapath_seq(struct datapath *dp, struct dp_seq *q, struct dp_flight *flight);

/* Sums a counter over the CPUs; 0 if memory is short. The name is the one of hmipctl status. */
uint64_t datapath_counter(struct datapath *dp, enum dp_counter n);
const char *datapath_counter_name(enum dp_counter n);

#endif
