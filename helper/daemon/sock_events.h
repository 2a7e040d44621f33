/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel and the datapath say of connections: which sockets are gone, which handshakes are
 * over.
 */
#ifndef HMIP_SOCK_EVENTS_H
#define HMIP_SOCK_EVENTS_H

#include "core.h"
#include "sock_info.h"

#include <stdint.h>

struct daemon;

/* Called by the socket monitor: the socket with that cookie is gone. ctx is the daemon. */
void sock_events_gone(void *ctx, uint64_t cookie);

/* Reports the sockets that ended to the core: their ports may be others' by now. */
void sock_events_drain(struct daemon *d);

/* Reports connections to the core whose handshake is over according to the datapath. */
void sock_events_sync_established(struct daemon *d);

/* What the kernel says of a socket, as the core takes it. */
struct pcb pcb_from_sock(const struct sock_desc *s, enum pcb_care care);

/* A connection of the core, as the kernel has it. */
struct sock_desc sock_from_pcb(const struct pcb *p);

/*
 * Compares the sockets the core knows with those there are, and reports those that are gone.
 * Returns 0 or a negative errno.
 */
int sock_events_resync(struct daemon *d);

#endif
