/* SPDX-License-Identifier: BSD-2-Clause */
/* Which addresses a connection's packets have on the wire: pcb_wire_pair() in core_types.h. */
#ifndef HMIP_PCB_WIRE_H
#define HMIP_PCB_WIRE_H

#include "core_data.h"

/* Whether p's own addresses are those of pair. */
bool pcb_born_with(const struct pcb *p, const struct pair *pair);

#endif
