/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the UDP sockets that are bound to an address this host has lost (bound.c). One whose port other sockets use with other
 * addresses, or with any, is left alone: what comes for that port may be theirs.
 */
#include "config.h"

#include "udp_bound_scan.h"
#include "addr.h"
#include "clock.h"
#include "core.h"
#include "daemon_private.h"
#include "log.h"
#include "sock_events.h"
#include "sock_info.h"
#include "sock_monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct roll {
	struct sock_desc *socket;
	size_t n, room;
};

static int add(void *ctx, const struct sock_desc *p)
{
	struct roll *roll = ctx;

	if (roll->n == roll->room) {
		size_t room = roll->room ? 2 * roll->room : 64;
		struct sock_desc *more = reallocarray(roll->socket, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		roll->socket = more;
		roll->room = room;
	}
	roll->socket[roll->n++] = *p;
	return 0;
}

static int by_port(const void *a, const void *b)
{
	const struct sock_desc *x = a, *y = b;

	return x->lport - y->lport;
}

/* Whether addr is lost: the one in question, or if that is NULL, any that should be ours and is not. */
static bool is_lost(struct helper *h, const struct in6_addr *addr, const struct in6_addr *lost)
{
	const struct local_addr *l = core_local(h->core, addr);

	if (lost)
		return addr_equal(addr, lost);
	return addr_usable(addr) && !(l && l->usable);
}

/* The n sockets of one port. */
static void take(struct helper *h, const struct sock_desc *socket, size_t n, const struct in6_addr *lost)
{
	for (size_t i = 0; i < n; i++)
		if (!addr_equal(&socket[i].local, &socket[0].local))
			return;
	for (size_t i = 0; i < n && is_lost(h, &socket[i].local, lost); i++) {
		struct pcb p = pcb_from_sock(&socket[i], PCB_SHOWN);

		core_bound_open(h->core, &p, clock_boottime());
	}
}

void helper_find_bound(struct helper *h, const struct in6_addr *lost)
{
	struct roll roll = { 0 };
	int r = core_entries(h->core) ? sockdiag_unconnected(h->sockdiag, add, &roll) : 0;

	if (r < 0)
		log_warnx("cannot find the sockets that are bound to lost addresses: %s, ignoring", strerror(-r));
	if (roll.n)
		qsort(roll.socket, roll.n, sizeof(*roll.socket), by_port);
	for (size_t i = 0, n; i < roll.n; i += n) {
		n = 1;
		while (i + n < roll.n && roll.socket[i + n].lport == roll.socket[i].lport)
			n++;
		take(h, &roll.socket[i], n, lost);
	}
	free(roll.socket);
}
