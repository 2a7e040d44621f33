/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The eBPF datapath: loads the programs, attaches them to interfaces, keeps the maps. One per network namespace.
 *
 * Programs are attached with tcx where the kernel has it (6.6), first in line and returning "next", else as classic
 * filters on clsact. What is attached holds the programs and those hold the maps, so data keeps flowing when the helper
 * dies, without any pin. The next helper fills maps of its own from its state file, attaches in front, and
 * only then removes what the dead one left: running both is harmless, since what one has rewritten the other passes.
 */
#ifndef HMIP_DATAPATH_H
#define HMIP_DATAPATH_H

#include "core.h"
#include "dp_abi.h"

#include <stdbool.h>

struct datapath;

struct datapath_config {
	unsigned max_pcbs;	/* map sizes */
	unsigned max_foreign;
	bool classic;		/* clsact filters even where the kernel has tcx */
};

/*
 * Loads the programs with empty maps; attaches nothing. Logs what is wrong, with the remedy (kernel option,
 * capability). Needs CAP_NET_ADMIN, CAP_BPF and CAP_PERFMON. Returns 0 or a negative errno.
 */
int datapath_open(const struct datapath_config *config, struct datapath **ret);

/* Leaves the programs on their interfaces, where they hold their tables: datapath_close() will not detach them. NULL is fine. */
void datapath_leave(struct datapath *dp);

/* Detaches from every interface, removes a clsact qdisc we made if nobody else uses it, frees. NULL is fine. */
void datapath_close(struct datapath *dp);

/*
 * Attaches to one interface, then removes programs a dead helper left there (told by their names; with tcx
 * CAP_SYS_ADMIN is needed for that, so interfaces that exist are best attached to before it is dropped). Others'
 * programs, filters and qdiscs are not touched. Loopback and link types whose header length is not known are left alone
 * (returns 0). hatype: ARPHRD_*.
 */
int datapath_attach(struct datapath *dp, unsigned ifindex, unsigned short hatype);

/* Forgets an interface that does not exist any more. */
void datapath_interface_gone(struct datapath *dp, unsigned ifindex);

/* The descriptor of a program, for bpf(2)'s test runs; owned by dp. */
int datapath_program(const struct datapath *dp, bool egress, bool ethernet);

/* "tcx" or "clsact". */
const char *datapath_kind(const struct datapath *dp);

/* Carries out ACTION_PAIR*, FOREIGN*, LOCAL*, PCB*, BOUND*, SPI*, not the others. Returns 0 or a negative errno (logged). */
int datapath_action(struct datapath *dp, const struct action *a);

/* Asks to be told of the next packet heard from hce, once. */
int datapath_notify(struct datapath *dp, uint32_t hce);

/*
 * The socket cookie of who sends with MASQUERADE_NEXTHDR (masquerade.h), to have that put right on
 * the wire.
 */
void datapath_set_sender(struct datapath *dp, uint64_t cookie);

/* How long connections may send and hear nothing before DP_EVENT_SILENT tells, seconds; 0: for ever. */
void datapath_watch(struct datapath *dp, uint32_t seconds);

/*
 * From now on, reports (DP_EVENT_NEW_CONN) when a socket of this host begins a connection, of none
 * registered, with an Active address of a peer that is adopted from: once for each
 * datapath_scan_begin(). Until it is registered, or the scan is over, this host's kernel does not
 * end it by a reset to another address of that peer. False: no more.
 */
void datapath_adopt(struct datapath *dp, bool on);

/* Whether connections with the peer of that entry are adopted. Returns 0 or a negative errno. */
int datapath_adopt_from(struct datapath *dp, uint32_t hce, bool on);

/* A scan of all sockets of the host begins: what is begun later is reported again. */
void datapath_scan_begin(struct datapath *dp);

/* That scan is over, and all that it found is in the maps. */
void datapath_looked(struct datapath *dp);

/* There may be connections that are not registered: as if one had been begun, without a report. */
void datapath_mark_unscanned(struct datapath *dp);

/* Whether there may be any, begun since the last scan. */
bool datapath_unscanned(const struct datapath *dp);

/* Readable when events wait; poll it, then call datapath_events(). */
int datapath_event_fd(const struct datapath *dp);

/* Calls fn for each event that waits. Returns their number or a negative errno. */
int datapath_events(struct datapath *dp, void (*fn)(void *ctx, const struct dp_event *e), void *ctx);

/* When addr was last heard, in CLOCK_BOOTTIME microseconds; 0 if never or unknown. */
usec_t datapath_heard(struct datapath *dp, const struct in6_addr *addr);

/* The last TCP acknowledgement number heard for pcb of entry hce. Returns 0 and fills *ret, or -ENOENT. */
int datapath_acked(struct datapath *dp, uint32_t hce, const struct pcb *pcb, uint32_t *ret);

/* Sums a counter over the CPUs. Name as hmipctl status prints it. */
uint64_t datapath_counter(struct datapath *dp, enum dp_counter n);
const char *datapath_counter_name(enum dp_counter n);

#endif
