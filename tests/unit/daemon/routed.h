/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two hosts, and the routes that a moved connection of one gets, in the kernel's own words.
 * The core is a fake: lists of local addresses and connections.
 *
 *   here: a0 2001:db8:1::1 ---- b0 2001:db8:1::2 :there     default of here: via a0 (metric 10),
 *                                                           via a1 (metric 20)
 *         a1 2001:db8:2::1 ---- b1 2001:db8:2::2             lo of there: 2001:db8:9::9,
 *                                                            2001:db8:9::a
 */
#ifndef HMIP_ROUTED_H
#define HMIP_ROUTED_H

#include "route_sync.h"
#include "own_netns.h"
#include "unused.h"

#include <net/if.h>
#include <stdio.h>

#define L0	"2001:db8:1::1"
#define L1	"2001:db8:2::1"
#define F0	"2001:db8:9::9"
#define F1	"2001:db8:9::a"

static struct local_addr *locals, l0, l1;
static struct pcb *pcbs, pcb;
static struct hce hce;

struct local_addr *core_locals(struct core *c UNUSED)
{
	return locals;
}

struct local_addr *core_local(struct core *c, const struct in6_addr *addr)
{
	struct local_addr *l;

	HASH_FIND(hh, core_locals(c), addr, sizeof(*addr), l);
	return l;
}

struct pcb *core_pcbs(struct core *c UNUSED)
{
	return pcbs;
}

static struct netns here, there;
static struct route_sync *s;

static inline void local(struct local_addr *l, const char *addr, const char *ifname, unsigned n_pcb)
{
	*l = (struct local_addr){
		.addr = in6(addr), .ifindex = if_nametoindex(ifname), .usable = true, .n_pcb = n_pcb
	};
	HASH_ADD(hh, locals, addr, sizeof(l->addr), l);
}

/* A connection born with (L0, F0). */
static inline void setup(void)
{
	/* Who has a tentative link-local address only would wait a second to solicit. */
	here = netns_new();
	run("sysctl -qw net.ipv6.conf.default.accept_dad=0");
	there = netns_new();
	run("sysctl -qw net.ipv6.conf.default.accept_dad=0");
	netns_cable(&here, "a0", &there, "b0");
	netns_cable(&here, "a1", &there, "b1");
	run("ip addr add " L0 "/64 dev a0 nodad && ip addr add " L1 "/64 dev a1 nodad");
	run("ip route add default via 2001:db8:1::2 dev a0 metric 10");
	run("ip route add default via 2001:db8:2::2 dev a1 metric 20");
	netns_enter(&there);
	run("ip addr add 2001:db8:1::2/64 dev b0 nodad && ip addr add 2001:db8:2::2/64 dev b1 "
	    "nodad");
	run("ip addr add " F0 "/128 dev lo && ip addr add " F1 "/128 dev lo");
	settle();
	netns_enter(&here);
	settle();
	local(&l0, L0, "a0", 1);
	local(&l1, L1, "a1", 0);
	hce = (struct hce){ .id = 1, .pair = { .local = in6(L0), .foreign = in6(F0), .gen = 1 } };
	pcb = (struct pcb){ .cookie = 1, .local = in6(L0), .foreign = in6(F0), .proto = IPPROTO_TCP,
			    .gen = 1, .hce = &hce };
	HASH_ADD(hh, pcbs, cookie, sizeof(pcb.cookie), &pcb);
	hce.pcbs = &pcb;
	ck_assert_int_eq(route_sync_open(&s), 0);
}

static inline void teardown(void)
{
	route_sync_close(s);
}

static inline void move(const char *local, const char *foreign)
{
	hce.pair = (struct pair){ .local = in6(local), .foreign = in6(foreign),
				  .gen = hce.pair.gen + 1 };
}

static bool of_entry;	/* only what changed is updated */

static inline void update(void)
{
	if (!of_entry) {
		ck_assert_int_eq(route_sync_update(s, NULL), 0);
		return;
	}
	ck_assert_int_eq(route_sync_entry(s, NULL, &hce), 0);
	ck_assert_int_eq(route_sync_sweep(s, NULL), 0);		/* a little later */
}

/* Whether we have routes in any table. */
static inline bool any(void)
{
	return shows("ip -6 route show table all proto 109", "2001:db8");
}

/* Whether we have a route by which packets leave. */
static inline bool any_way_out(void)
{
	return shows("ip -6 route show table all proto 109 type unicast", "2001:db8");
}

static inline bool leads(const char *args, const char *where)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "ip -6 route get %s 2>&1", args);
	return shows(cmd, where);
}

#endif
