/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports to the core which sockets were closed and which handshakes are complete. */
#ifndef HMIP_SOCK_EVENTS_H
#define HMIP_SOCK_EVENTS_H

#include "core.h"
#include "sock_info.h"

#include <stdint.h>

struct daemon;

/*
 * Called by the socket monitor (sock_monitor_gone_fn): reports a closed socket. ctx is the daemon.
 */
void sock_events_gone(void *ctx, uint64_t cookie);

/*
 * Reports queued destroy events. Call before a socket is registered: it may have a closed one's
 * ports.
 */
void sock_events_drain(struct daemon *d);

/*
 * Reports the TCP connections that are established, because the datapath received an
 * acknowledgement.
 */
void sock_events_sync_established(struct daemon *d);

/* The same of one entry. */
void sock_events_sync_entry(struct daemon *d, struct hce *hce);

/* Converts a socket of the kernel to a connection of the core; entry and pair are not set. */
struct pcb pcb_from_sock(const struct sock_desc *s, enum pcb_source source);

/* Converts back; accepted is not set. */
struct sock_desc sock_from_pcb(const struct pcb *p);

/*
 * Reports the core's sockets that do not exist any more, by a dump. Returns 0 or a negative errno.
 */
int sock_events_resync(struct daemon *d);

#endif
