/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections and sockets, as events. */
#ifndef HMIP_CONNECTION_H
#define HMIP_CONNECTION_H

#include "core_data.h"

/* The entry a connection to p->foreign belongs to, made if this host initiates (C4). NULL: none. */
struct hce *pcb_entry(struct core *c, const struct pcb *p, usec_t now);

/* The peer has answered: our Initial BU may go (B1), or AAP begin. */
void hce_answered(struct core *c, struct hce *h, usec_t now);

#endif
