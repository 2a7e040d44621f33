/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What rtnetlink says of interfaces, addresses and routes (libmnl), boiled down to what the core wants to know: this
 * address is usable here until then, that one is not any more.
 *
 * Usable (C3, and DAD): scope global (ULAs count), not tentative unless optimistic, no DAD failure, not
 * temporary-deprecated (preferred lifetime 0), on an interface that is up and has carrier and is not the loopback,
 * which leads nowhere.
 *
 * A burst of messages comes out as the difference between before and after: first interfaces, then
 * addresses lost, then addresses gained, then routes. Handlers may call ifmon_name() and
 * ifmon_index(), but none of the others.
 */
#ifndef HMIP_IFMON_H
#define HMIP_IFMON_H

#include "usec.h"
#include <netinet/in.h>
#include <stdbool.h>

struct ifmon_handler {
	/*
	 * An address is usable, or its lifetime or interface changed. valid_until as in struct local_addr. Of an
	 * address that stands on several interfaces one is told, the same as long as it can be used there.
	 */
	void (*address_up)(void *ctx, const struct in6_addr *addr, unsigned ifindex, usec_t valid_until);
	void (*address_down)(void *ctx, const struct in6_addr *addr);
	/*
	 * An interface exists / is gone (for attaching the datapath). hatype: ARPHRD_*. Told once, not when it is
	 * renamed.
	 */
	void (*interface)(void *ctx, unsigned ifindex, const char *name, unsigned short hatype);
	void (*interface_gone)(void *ctx, unsigned ifindex);
	/*
	 * IPv6 routes other than ours, routing rules or carriers changed. Called once for a burst, not by
	 * ifmon_sync().
	 */
	void (*routes)(void *ctx);
	void *ctx;
};

struct ifmon;

/*
 * Opens the sockets and subscribes; ifmon_sync() then reports all there is. handler is copied.
 * Returns 0 or a negative errno.
 */
int ifmon_open(const struct ifmon_handler *handler, struct ifmon **ret);

/* Reports nothing. NULL is fine. */
void ifmon_close(struct ifmon *mon);

/*
 * Dumps everything and reports the differences to what was reported before: at the start, and by itself after an
 * overrun (ENOBUFS). Returns 0 or a negative errno.
 */
int ifmon_sync(struct ifmon *mon);

/*
 * Readable when something changed: poll it, then call ifmon_read(), which returns 0 or a negative
 * errno.
 */
int ifmon_fd(const struct ifmon *mon);
int ifmon_read(struct ifmon *mon);

/*
 * The name of an interface as last heard, or NULL. Valid until the next ifmon_read() or
 * ifmon_sync().
 */
const char *ifmon_name(const struct ifmon *mon, unsigned ifindex);

/* The index of the interface of that name, 0 if there is none. */
unsigned ifmon_index(const struct ifmon *mon, const char *name);

#endif
