/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of hosts that the program resolved, and the addresses it was given for them: what the helper is told with a connection
 * to one of these (C5).
 *
 * A table of fixed size without locks, as that of sock_names.h: the oldest name gives way, and what a thread was writing when
 * another forked is lost to the child. All functions are async-signal-safe, make no system call and keep errno.
 */
#ifndef HMIP_HOST_NAMES_H
#define HMIP_HOST_NAMES_H

#include "ipc_proto.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define HOST_ADDRS_MAX	(1 + CONTROL_OTHERS_MAX)

struct host {
	char name[CONTROL_NAME_MAX];	/* control_name_good(), filled up with 0 */
	unsigned n;			/* of addr; 0: never used */
	uint32_t age;
	struct in6_addr addr[HOST_ADDRS_MAX];
};

/* Begins the record of name. Returns false if it is not worth one: it may be NULL, or an address in numbers. */
bool host_names_begin(struct host *h, const char *name);

/* Adds an address, unless it cannot concern us, is there already, or there is no room. */
void host_names_add(struct host *h, const struct in6_addr *addr);

/* Keeps the record, in the place of an earlier one of that name, if it has an address. */
void host_names_keep(const struct host *h);

/* Which name gave addr: the last one, if several did. Returns true and fills *ret if there is one. */
bool host_names_find(const struct in6_addr *addr, struct host *ret);

#endif
