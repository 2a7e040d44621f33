/* SPDX-License-Identifier: BSD-2-Clause */
/* Filters on the hooks of a clsact qdisc, for the datapath and hmipctl. */
#ifndef HMIP_TC_FILTER_H
#define HMIP_TC_FILTER_H

#include "netlink.h"

#include <stdbool.h>

/*
 * Lists the filters on one hook of an interface, by priority. An interface without clsact has none.
 * fn and again (may be NULL) are those of netlink_dump(); tc_filter() reads a message. Returns 0 or
 * a negative errno.
 */
int tc_filter_dump(unsigned ifindex, bool egress, netlink_fn *fn, void (*again)(void *ctx),
		   void *ctx);

/* What a message of a dump is about. The texts are the message's. */
struct tc_filter {
	uint32_t priority, handle;	/* handle 0: the message is about a priority, no filter */
	const char *kind, *name;	/* name: of a bpf filter's program; or NULL */
};

/* Reads a message. Returns false, with *ret unchanged, if it is about no filter. */
bool tc_filter(const struct nlmsghdr *nlh, struct tc_filter *ret);

#endif
