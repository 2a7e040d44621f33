/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the UDP sockets that are bound to a lost address of this host. If another socket has the
 * same port and another address, or none, the socket is skipped, because datagrams to that port may
 * be for the other.
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

struct sock_vec {
	struct sock_desc *socket;
	size_t n, room;
};

static int sock_vec_add(void *ctx, const struct sock_desc *p)
{
	struct sock_vec *sock_vec = ctx;

	if (sock_vec->n == sock_vec->room) {
		size_t room = sock_vec->room ? 2 * sock_vec->room : 64;
		struct sock_desc *more = reallocarray(sock_vec->socket, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		sock_vec->socket = more;
		sock_vec->room = room;
	}
	sock_vec->socket[sock_vec->n++] = *p;
	return 0;
}

static int by_port(const void *a, const void *b)
{
	const struct sock_desc *x = a, *y = b;

	return x->lport - y->lport;
}

/*
 * Whether addr is the address lost or, if that is NULL, any unicast address this host does not
 * have.
 */
static bool scan_is_lost(struct daemon *d, const struct in6_addr *addr, const struct in6_addr *lost)
{
	const struct local_addr *la = core_local(d->core, addr);

	if (lost)
		return addr_equal(addr, lost);
	return addr_usable(addr) && !(la && la->usable);
}

/* Reports the n sockets of one port to the core if they all have one lost address. */
static void scan_port(struct daemon *d, const struct sock_desc *socket, size_t n,
		      const struct in6_addr *lost)
{
	for (size_t i = 0; i < n; i++)
		if (!addr_equal(&socket[i].local, &socket[0].local))
			return;
	for (size_t i = 0; i < n && scan_is_lost(d, &socket[i].local, lost); i++) {
		struct pcb p = pcb_from_sock(&socket[i], PCB_REGISTERED);

		core_bound_open(d->core, &p, clock_boottime());
	}
}

void udp_bound_scan(struct daemon *d, const struct in6_addr *lost)
{
	struct sock_vec sock_vec = { 0 };
	int r = core_entries(d->core) ? sock_monitor_unconnected(d->sock_monitor, sock_vec_add,
								 &sock_vec) :
		0;

	if (r < 0)
		log_warnx("cannot list UDP sockets: %s, continuing; those bound to a lost address "
			  "are not served",
			  strerror(-r));
	if (sock_vec.n)
		qsort(sock_vec.socket, sock_vec.n, sizeof(*sock_vec.socket), by_port);
	for (size_t i = 0, n; i < sock_vec.n; i += n) {
		n = 1;
		while (i + n < sock_vec.n &&
		       sock_vec.socket[i + n].lport == sock_vec.socket[i].lport)
			n++;
		scan_port(d, &sock_vec.socket[i], n, lost);
	}
	free(sock_vec.socket);
}
