/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel and the datapath say of connections: which sockets are gone, which handshakes are over. */
#ifndef HMIP_SOCK_EVENTS_H
#define HMIP_SOCK_EVENTS_H

#include "core.h"
#include "sock_info.h"

#include <stdint.h>

struct helper;

/* Called by the socket monitor: the socket with that cookie is gone. ctx is the daemon. */
void on_socket_gone(void *ctx, uint64_t cookie);

/* Reports the sockets that ended to the core: their ports may be others' by now. */
void helper_ends(struct helper *h);

/* Reports connections to the core whose handshake is over according to the datapath. */
void helper_settle(struct helper *h);

/* What the kernel says of a socket, as the core takes it. */
struct pcb pcb_of(const struct sock_desc *s, enum pcb_care care);

/* A connection of the core, as the kernel has it. */
struct sock_desc sock_of(const struct pcb *p);

/* Compares the sockets the core knows with those there are, and reports those that are gone. Returns 0 or a negative errno. */
int helper_sync_sockets(struct helper *h);

#endif
