/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses by which the kernel delivers packets to this host although no interface has them: those
 * of a prefix that is local as a whole (AnyIP). rtnetlink tells the prefix only, so they are
 * learned as packets and connections use them, as spare ones (core_local_spare()).
 *
 * And by which interface packets to an address come, if that is not the one that has it: there is
 * the way back.
 */
#ifndef HMIP_DELIVERED_H
#define HMIP_DELIVERED_H

#include <netinet/in.h>
#include <stdbool.h>

struct daemon;
struct delivered;

/* Opens the netlink socket. Returns 0 or a negative errno. */
int delivered_open(struct daemon *d);

/* Closes and frees. An unopened one is fine. */
void delivered_close(struct daemon *d);

/*
 * Signalling came to addr by interface ifindex: notes that, and learns addr as
 * delivered_learn() does.
 */
void delivered_note(struct daemon *d, const struct in6_addr *addr, unsigned ifindex);

/*
 * If the core does not know addr as usable and the kernel delivers it to this host, makes it known.
 * So many are learned at most, and so many looked up in a second; of those that no connection has,
 * the one that was not used for longest makes room. Returns whether it was learned.
 */
bool delivered_learn(struct daemon *d, const struct in6_addr *addr);

/* The interface by which signalling to addr came last, if addr is on another one; 0: it is not. */
unsigned delivered_by(const struct daemon *d, const struct in6_addr *addr);

/* Routes changed: what is not delivered any more is lost. */
void delivered_recheck(struct daemon *d);

#endif
