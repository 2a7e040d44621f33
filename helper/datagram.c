/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets that exchange datagrams without being connected: no PCB says whom with, so the programs and the datapath do. An
 * entry is needed by those that send on their own account (C4, C10), not by those that answer.
 */
#include "core.h"

#include <errno.h>

#include "addr.h"
#include "connection.h"
#include "foreign.h"
#include "local.h"
#include "pair.h"
#include "udp_sender.h"

int core_datagram_sent(struct core *c, const struct pcb *p, usec_t now)
{
	struct pcb as = *p;
	struct hce *h;

	if (!local_find(c, &p->local) || !addr_usable(&p->foreign) || local_ours(c, &p->foreign))
		return -EINVAL;
	as.origin = PCB_CONNECT;
	h = pcb_entry(c, &as, now);
	if (!h)
		return 0;
	/* One socket can send to the whole world: unlike what it would have to connect to, that gives way (X8). */
	if (!h->sa && !h->n_pcb)
		h->trusted = false;
	pair_begin(c, h, &p->local, &p->foreign);
	return sender_restore(c, p->cookie, p->uid, h);
}

void core_datagram_heard(struct core *c, uint32_t id, const struct in6_addr *src, const struct in6_addr *dst, usec_t now)
{
	struct hce *h = core_entry(c, id);
	const struct foreign_addr *fa = foreign_find(c, src);
	const struct local_addr *l = local_find(c, dst);

	if (h && fa && fa->hce == h && fa->state == ADDR_ACTIVE && local_good_for(l, h))
		pair_begin(c, h, dst, src);
	core_heard(c, id, src, now);
}
