/* SPDX-License-Identifier: BSD-2-Clause */
/* Which addresses a connection's packets have on the wire: pcb_wire_pair() in core_types.h. */
#ifndef HMIP_PCB_WIRE_H
#define HMIP_PCB_WIRE_H

#include "core_data.h"

/*
 * Whether p, which has an entry, has that entry's pair on the wire, whatever it was born with:
 * false until the pair next changes after p was attached.
 */
bool pcb_follows_pair(const struct pcb *p);

/* Whether p's own addresses are those of pair. */
bool pcb_born_with(const struct pcb *p, const struct pair *pair);

#endif
