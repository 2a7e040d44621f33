/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections. */
#ifndef HMIP_PCB_H
#define HMIP_PCB_H

#include "core_data.h"

/* Puts back a connection of an earlier helper; h is its entry, NULL if it had none. Returns 0 or -ENOMEM. */
int pcb_restore(struct core *c, const struct pcb *from, struct hce *h, uint32_t gen, usec_t now);

/* Drops closed connections whose time is over. */
void pcb_expire(struct core *c, usec_t now);

/* addr became Active in h: the connections with it that have no entry belong to h from now on. */
void pcb_bind_foreign(struct core *c, struct hce *h, const struct in6_addr *addr);

/* Takes the connections with addr that were opened since then off h: it is another's now. */
void pcb_unbind_foreign(struct core *c, struct hce *h, const struct in6_addr *addr, usec_t since);

/* Takes all connections off h, which is about to go. */
void pcb_unbind_all(struct core *c, struct hce *h);

#endif
