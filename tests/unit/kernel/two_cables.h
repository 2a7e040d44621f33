/* SPDX-License-Identifier: BSD-2-Clause */
/* Two hosts with two cables between them, and sockets for signalling in either. */
#ifndef HMIP_TWO_CABLES_H
#define HMIP_TWO_CABLES_H

#include "own_netns.h"
#include "signal_io.h"

static struct netns here, there;
static struct signal_io *opened[2];
static unsigned n_opened;

/* Opens a sender in namespace n; leaves the caller there. */
static inline struct signal_io *open_in(const struct netns *n)
{
	const char *why = "";
	struct signal_io *w;

	netns_enter(n);
	ck_assert_msg(signal_io_open(&w, &why) == 0, "%s", why);
	opened[n_opened++] = w;
	return w;
}

static inline void teardown(void)
{
	while (n_opened)
		signal_io_close(opened[--n_opened]);
}

/* Two cables, a0-b0 and a1-b1, one prefix on each, and a default route of here that prefers a0. */
static inline void setup(void)
{
	here = netns_new();
	there = netns_new();
	netns_cable(&here, "a0", &there, "b0");
	netns_cable(&here, "a1", &there, "b1");
	run("ip addr add 2001:db8:1::1/64 dev a0 nodad && ip addr add 2001:db8:2::1/64 dev a1 "
	    "nodad");
	run("ip route add default via 2001:db8:1::2 dev a0 metric 10");
	run("ip route add default via 2001:db8:2::2 dev a1 metric 20");
	netns_enter(&there);
	run("ip addr add 2001:db8:1::2/64 dev b0 nodad && ip addr add 2001:db8:2::2/64 dev b1 "
	    "nodad");
	run("ip addr add 2001:db8:9::9/128 dev lo");
	settle();
	netns_enter(&here);
	settle();
}

#endif
