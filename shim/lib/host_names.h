/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of hosts that the program resolved, and their addresses. They are sent to the helper when a
 * connection to one of these addresses is registered (C5).
 *
 * A table of fixed size without locks (seqtable.h), from which the oldest name is evicted. All
 * functions are async-signal-safe, make no system call and keep errno.
 */
#ifndef HMIP_HOST_NAMES_H
#define HMIP_HOST_NAMES_H

#include "ipc_proto.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define HOST_ADDRS_MAX	(1 + CONTROL_OTHERS_MAX)

struct host {
	char name[CONTROL_NAME_MAX];	/* control_name_good(), padded with 0 */
	unsigned n;			/* addresses; 0: the row is free */
	uint32_t age;			/* seq_tick() when it was stored */
	struct in6_addr addr[HOST_ADDRS_MAX];
};

/*
 * Begins the record of a name. Returns false if name is NULL, a numeric address or no valid DNS
 * name.
 */
bool host_names_begin(struct host *h, const char *name);

/* Adds an address, unless it is not global, is there already, or HOST_ADDRS_MAX is reached. */
void host_names_add(struct host *h, const struct in6_addr *addr);

/* Stores the record, replacing an earlier one of that name. Does nothing if it has no address. */
void host_names_keep(const struct host *h);

/*
 * Finds the name that resolved to addr, the latest if there are several. Returns true and fills
 * *ret if there is one.
 */
bool host_names_find(const struct in6_addr *addr, struct host *ret);

#endif
