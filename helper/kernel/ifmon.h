/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Monitors interfaces, addresses and routes by rtnetlink (libmnl), and reports what the core needs:
 * which addresses are usable, on which interface and until when.
 *
 * An address is usable (C3) if it has global scope (unique-local addresses included), is not
 * tentative unless optimistic, has not failed duplicate address detection, and if its interface is
 * up, has carrier, and is no port. It is spare if the host receives there, but new connections
 * should not come from it: it is deprecated (preferred lifetime 0), or on the loopback interface,
 * as service addresses are.
 *
 * A port hands all that it receives to another interface of this host: the bridge, bond, team or
 * switch that it is part of, or its only macvlan (passthru).
 *
 * A burst of messages is reported as the difference between the states before and after it: first
 * interfaces, then addresses lost, then addresses gained, then routes. Handlers may call
 * ifmon_name() and ifmon_index(), but no other function of this file.
 */
#ifndef HMIP_IFMON_H
#define HMIP_IFMON_H

#include "usec.h"
#include <netinet/in.h>
#include <stdbool.h>

struct ifmon_handler {
	/*
	 * An address became usable, or its lifetime or interface changed, or whether it is spare.
	 * valid_until: CLOCK_BOOTTIME, or USEC_NEVER. An address on several interfaces is reported
	 * with one, which stays the same while the address is usable there and no other has it as
	 * more than a spare one.
	 */
	void (*address_up)(void *ctx, const struct in6_addr *addr, unsigned ifindex, bool spare,
			   usec_t valid_until);
	/* An address is not usable any more. */
	void (*address_down)(void *ctx, const struct in6_addr *addr);
	/*
	 * An interface was added or removed, up or not. hatype: ARPHRD_*. Renaming is not reported.
	 * One that becomes a port, or is none any more, is reported as gone and then as added.
	 */
	void (*interface)(void *ctx, unsigned ifindex, const char *name, unsigned short hatype,
			  bool port);
	void (*interface_gone)(void *ctx, unsigned ifindex);
	/*
	 * IPv6 routes not tagged ROUTE_PROTO, routing rules or carriers changed. Called once for a
	 * burst, and not by ifmon_sync().
	 */
	void (*routes)(void *ctx);
	/* A route tagged ROUTE_PROTO was removed, perhaps by others. Once for a burst. */
	void (*own_route_gone)(void *ctx);
	void *ctx;
};

struct ifmon;

/*
 * Opens the sockets and subscribes; reports nothing yet. Call ifmon_sync() next. handler is copied.
 * Returns 0 or a negative errno.
 */
int ifmon_open(const struct ifmon_handler *handler, struct ifmon **ret);

/* Closes the sockets and frees; reports nothing. NULL is fine. */
void ifmon_close(struct ifmon *mon);

/*
 * Dumps interfaces and addresses and reports the differences to what was reported before. Call it
 * once at the start; ifmon_read() does the same after an overrun (ENOBUFS). Returns 0 or a negative
 * errno.
 */
int ifmon_sync(struct ifmon *mon);

/* A descriptor to poll: it is readable when something changed. Then call ifmon_read(). */
int ifmon_fd(const struct ifmon *mon);

/* Reads the queued messages and reports the changes. Returns 0 or a negative errno. */
int ifmon_read(struct ifmon *mon);

/*
 * The current name of an interface, or NULL if there is none. Valid until the next ifmon_read() or
 * ifmon_sync().
 */
const char *ifmon_name(const struct ifmon *mon, unsigned ifindex);

/* Whether the interface is up and has carrier. */
bool ifmon_works(const struct ifmon *mon, unsigned ifindex);

/* Whether any interface has addr, usable or not. */
bool ifmon_has(const struct ifmon *mon, const struct in6_addr *addr);

/* The index of the interface of that name, 0 if there is none. */
unsigned ifmon_index(const struct ifmon *mon, const char *name);

#endif
