/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unconnected UDP sockets that are bound to a lost address of this host. Datagrams that peers send
 * to their ports at another address are delivered to them; no connection says so.
 */
#include "udp_bound.h"

#include <stdlib.h>

#include "action.h"
#include "addr.h"
#include "local.h"

struct bound *bound_find_port(struct core *c, uint16_t port)
{
	struct bound *b, *next;

	HASH_ITER(hh, c->bound, b, next)
		if (b->port == port)
			return b;
	return NULL;
}

void bound_publish(struct core *c, enum action_type type, const struct bound *b)
{
	struct action *a = action_push(c, type, NULL);

	a->bound.addr = b->local;
	a->bound.port = b->port;
}

static void bound_drop(struct core *c, struct bound *b)
{
	struct local_addr *l = local_find(c, &b->local);

	HASH_DEL(c->bound, b);
	if (!bound_find_port(c, b->port))
		bound_publish(c, ACTION_BOUND_GONE, b);
	local_release(c, l);
	free(b);
}

void bound_close(struct core *c, uint64_t cookie)
{
	struct bound *b;

	HASH_FIND(hh, c->bound, &cookie, sizeof(cookie), b);
	if (b)
		bound_drop(c, b);
}

void bound_close_addr(struct core *c, const struct in6_addr *addr)
{
	struct bound *b, *next;

	HASH_ITER(hh, c->bound, b, next)
		if (addr_equal(&b->local, addr))
			bound_drop(c, b);
}

void bound_free_all(struct core *c)
{
	struct bound *b, *next;

	HASH_ITER(hh, c->bound, b, next) {
		HASH_DEL(c->bound, b);
		free(b);
	}
}
