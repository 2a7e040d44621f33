/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Removes neighbour entries that would delay a move. A Neighbour Solicitation is sent from the
 * source of the packet that needs it if that is an address of the link, else from the link-local
 * address if that has passed duplicate address detection. Just after a move, a TCP segment has
 * neither: its birth address is lost, and the link-local address is still tentative. The kernel
 * then waits one second before it solicits again, and the first Binding Update waits as well.
 *
 * When a link loses its carrier, its neighbours are forgotten. A segment that leaves by it before
 * the move waits three seconds for its neighbour, and as it still waits, TCP does not send it again
 * on another link.
 */
#ifndef HMIP_NEIGH_H
#define HMIP_NEIGH_H

#include "netlink.h"

/*
 * Removes the incomplete and failed neighbour entries of the interface, and the packets that wait
 * for them, so that the next packet solicits at once. Nobody is told an error. Returns 0 or a
 * negative errno.
 */
int neigh_flush_unresolved(struct netlink *n, unsigned ifindex);

#endif
