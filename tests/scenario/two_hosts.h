/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of a client and a server in a world of their own share. */
#ifndef HMIP_TWO_HOSTS_H
#define HMIP_TWO_HOSTS_H

#include "addr.h"
#include "suite.h"
#include "unused.h"
#include "world.h"

#define CLIENT		0
#define SERVER		1
#define C0		"2001:db8:1::c"
#define C1		"2001:db8:11::c"
#define C2		"2001:db8:12::c"
#define S0		"2001:db8:2::5"
#define S1		"2001:db8:22::5"

static struct world w;

static inline void setup(void)
{
	world_init(&w);
}

static inline void teardown(void)
{
	world_free(&w);
}

static inline struct hce *entry(unsigned host)
{
	ck_assert_ptr_nonnull(core_entries(w.host[host].core));
	return core_entries(w.host[host].core);
}

static inline void assert_pair(unsigned host, const char *local, const char *foreign)
{
	struct in6_addr l = world_addr(local), f = world_addr(foreign);

	ck_assert_str_eq(addr_text(&w.host[host].pair.local).s, addr_text(&l).s);
	ck_assert_str_eq(addr_text(&w.host[host].pair.foreign).s, addr_text(&f).s);
}

static inline bool lose_all(struct world *world UNUSED, const struct packet_in_flight *p UNUSED)
{
	return true;
}

#endif
