/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbour entries that would hold up a handover. A Neighbour Solicitation is sent from the source of the packet that
 * needs it, if that is an address of the link, else from the link-local address, if that has passed duplicate address
 * detection. A segment of a moved connection has neither for a moment: its birth address is gone, and the kernel then waits a
 * whole second before it asks again, our first Binding Update with it.
 */
#ifndef HMIP_NEIGH_H
#define HMIP_NEIGH_H

#include "netlink.h"

/* Removes what is unresolved or failed on the interface: the next packet asks anew, at once. Returns 0 or a negative errno. */
int neigh_flush_unresolved(struct netlink *n, unsigned ifindex);

#endif
