/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP sockets that are bound to an address of ours which is lost, and not connected: what peers send to the address in its place
 * is for them. There is no PCB that says so.
 */
#include "core.h"

#include <errno.h>
#include <stdlib.h>

#include "addr.h"
#include "local.h"
#include "udp_bound.h"

int core_bound_open(struct core *c, const struct pcb *p, usec_t now)
{
	struct local_addr *l = local_find(c, &p->local);
	struct bound *b, *other = bound_find_port(c, p->lport);

	HASH_FIND(hh, c->bound, &p->cookie, sizeof(p->cookie), b);
	if (b)
		return 0;
	if (!addr_usable(&p->local))
		return -EINVAL;
	if (other && !addr_equal(&other->local, &p->local))
		return -EEXIST;
	if (HASH_COUNT(c->bound) >= BOUND_MAX)
		return -ENOSPC;
	if (!l) {
		l = local_add(c, &p->local, now);
		if (!l)
			return -ENOMEM;
		local_act(c, l);
	}
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->cookie = p->cookie;
	b->local = p->local;
	b->port = p->lport;
	HASH_ADD(hh, c->bound, cookie, sizeof(b->cookie), b);
	l->n_pcb++;
	if (!other)
		bound_act(c, ACTION_BOUND, b);
	return 0;
}
