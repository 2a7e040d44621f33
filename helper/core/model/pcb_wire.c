/* SPDX-License-Identifier: BSD-2-Clause */
#include "pcb_wire.h"

#include "addr.h"

bool pcb_born_with(const struct pcb *p, const struct pair *pair)
{
	return addr_equal(&p->local, &pair->local) && addr_equal(&p->foreign, &pair->foreign);
}

bool pcb_follows_pair(const struct pcb *p)
{
	return p->gen != p->hce->pair.gen;
}

bool pcb_wire_pair(const struct pcb *p, struct in6_addr *local, struct in6_addr *foreign)
{
	bool moved = p->hce && pcb_follows_pair(p) && !pcb_born_with(p, &p->hce->pair);

	if (local)
		*local = moved ? p->hce->pair.local : p->local;
	if (foreign)
		*foreign = moved ? p->hce->pair.foreign : p->foreign;
	return moved;
}
