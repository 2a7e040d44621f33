/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What rtnetlink says of interfaces, addresses and routes (libmnl), boiled down to what the core wants to know: this
 * address is usable here until then, that one is not any more.
 *
 * Usable (C3, and DAD): scope global (ULAs count), not tentative unless optimistic, no DAD failure, not
 * temporary-deprecated (preferred lifetime 0), on an interface that is up and has carrier.
 */
#ifndef HMIP_LINK_H
#define HMIP_LINK_H

#include "usec.h"
#include <netinet/in.h>
#include <stdbool.h>

struct link_handler {
	/* An address is usable, or its lifetime changed. valid_until as in struct local_addr. */
	void (*address_up)(void *ctx, const struct in6_addr *addr, unsigned ifindex, usec_t valid_until);
	void (*address_down)(void *ctx, const struct in6_addr *addr);
	/* An interface exists / is gone (for attaching the datapath). hatype: ARPHRD_*. */
	void (*interface)(void *ctx, unsigned ifindex, const char *name, unsigned short hatype);
	void (*interface_gone)(void *ctx, unsigned ifindex);
	/* IPv6 routes other than ours changed. Called once for a burst. */
	void (*routes)(void *ctx);
	void *ctx;
};

struct link_watch;

/* Opens the sockets and subscribes; link_sync() then reports all there is. Returns 0 or a negative errno. */
int link_open(const struct link_handler *handler, struct link_watch **ret);
void link_close(struct link_watch *l);

/* Dumps everything and reports the differences to what was reported before: at the start, and by itself after an overrun (ENOBUFS). */
int link_sync(struct link_watch *l);

/* Readable when something changed: poll it, then call link_read(). */
int link_fd(const struct link_watch *l);
int link_read(struct link_watch *l);

/* The name of an interface as last heard, or NULL. */
const char *link_name(const struct link_watch *l, unsigned ifindex);

/* The index of the interface of that name, 0 if there is none. */
unsigned link_index(const struct link_watch *l, const char *name);

#endif
