/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The maps; dp_abi.h describes their contents. The helper sets the sizes that are 1 here. Hash maps
 * are not preallocated: an update then replaces the element, so that a program never reads half of
 * one.
 */
#ifndef HMIP_MAPS_BPF_H
#define HMIP_MAPS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "dp_abi.h"

#define HASH_MAP(name, key_type, value_type, entries)		\
	struct {						\
		__uint(type, BPF_MAP_TYPE_HASH);		\
		__uint(map_flags, BPF_F_NO_PREALLOC);		\
		__uint(max_entries, entries);			\
		__type(key, key_type);				\
		__type(value, value_type);			\
	} name SEC(".maps")

HASH_MAP(pcb_out, struct dp_pcb_out_key, struct dp_pcb_out, 1);
HASH_MAP(pcb_in, struct dp_pcb_in_key, struct dp_pcb_in, 1);
HASH_MAP(ports, struct dp_ports_key, __u32, 1);
HASH_MAP(foreign, struct in6_addr, struct dp_foreign, 1);
HASH_MAP(hce, __u32, struct dp_hce, 1);
HASH_MAP(notify, __u32, __u8, 1);
HASH_MAP(adopting, __u32, __u8, 1);
HASH_MAP(spi, __be32, __u8, 1);
HASH_MAP(local, struct in6_addr, struct dp_local, 1);
HASH_MAP(bound, __be16, struct in6_addr, 1024);

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct dp_fragment_key);
	__type(value, struct dp_addrs);
} fragments SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct dp_pcb_in_key);
	__type(value, struct dp_young);
} young SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct in6_addr);
	__type(value, __u64);
} strangers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct dp_pcb_out_key);
	__type(value, __u8);
} others SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DP_COUNTER_MAX);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

static __always_inline void count(__u32 n)
{
	__u64 *c = bpf_map_lookup_elem(&counters, &n);

	if (c)
		(*c)++;
}

struct ports {
	__be16 src, dst;
};

/* Reports an event. A full ring drops it; the helper does not depend on events alone. */
static __always_inline void tell_pair(__u32 type, __u32 id, __u32 gen, const struct in6_addr *addr,
				      const struct in6_addr *local)
{
	struct dp_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e)
		return;
	*e = (struct dp_event){ .type = type, .hce = id, .gen = gen, .addr = *addr };
	if (local)
		e->local = *local;
	bpf_ringbuf_submit(e, 0);
}

static __always_inline void tell(__u32 type, __u32 id, __u32 gen, const struct in6_addr *addr)
{
	tell_pair(type, id, gen, addr, NULL);
}

static __always_inline void tell_refused(__u32 id, __u32 seq, const struct ports *port,
					 const struct in6_addr *from)
{
	struct dp_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e)
		return;
	*e = (struct dp_event){ .type = DP_EVENT_REFUSED,
				.hce = id,
				.gen = seq,
				.lport = port->src,
				.fport = port->dst,
				.addr = *from };
	bpf_ringbuf_submit(e, 0);
}

#endif
