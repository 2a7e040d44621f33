/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections whose packets are followed through what the datapath of both hosts would do to them,
 * for tests in which nobody moves.
 */
#ifndef HMIP_UNMOVED_H
#define HMIP_UNMOVED_H

#include "core.h"
#include "two_hosts.h"

#include <string.h>

enum wire { AS_BORN, MOVED, HELD };

static inline struct pcb *connection(unsigned host, uint64_t cookie)
{
	struct pcb *pcbs = core_pcbs(w.host[host].core), *p;

	HASH_FIND(hh, pcbs, &cookie, sizeof(cookie), p);
	return p;
}

/* What host's datapath does to a packet that the connection sends. */
static inline enum wire egress(unsigned host, uint64_t cookie)
{
	const struct pcb *p = connection(host, cookie);
	const struct pair *now = p && p->hce ? &p->hce->pair : NULL;

	if (now && now->block == BLOCK_ALL)
		return HELD;
	if (!now || now->gen == p->gen ||
	    (addr_equal(&now->local, &p->local) && addr_equal(&now->foreign, &p->foreign)))
		return AS_BORN;
	return now->block == BLOCK_REWRITTEN ? HELD : MOVED;
}

/* host's datapath has a packet of the connection, which came from the peer's address. */
static inline void heard(unsigned host, uint64_t cookie, const struct in6_addr *from)
{
	const struct pcb *p = connection(host, cookie);

	if (p && p->hce)
		core_heard(w.host[host].core, p->hce->id, from, w.now);
	world_collect(&w);
}

#define CONNECTIONS	4

static uint64_t open_one[CONNECTIONS];		/* the first is between C0 and S0 */
static struct in6_addr client_addr[CONNECTIONS], server_addr[CONNECTIONS];

/* Opens connection n between address c of the client and s of the server; host from calls. */
static inline void open_by(unsigned n, unsigned from, const char *c, const char *s)
{
	open_one[n] = from == CLIENT ? world_connect(&w, CLIENT, c, SERVER, s, 1000 + n)
				     : world_connect(&w, SERVER, s, CLIENT, c, 1000 + n);
	client_addr[n] = world_addr(c);
	server_addr[n] = world_addr(s);
}

static inline void open_nth(unsigned n, const char *c, const char *s)
{
	open_by(n, CLIENT, c, s);
}

static inline void assert_unmoved(void)
{
	for (unsigned n = 0; n < CONNECTIONS && open_one[n]; n++)
		for (unsigned host = 0; host < 2; host++)
			ck_assert_msg(egress(host, open_one[n]) == AS_BORN,
				      "connection %u is %s at the %s, %.0f s", n,
				      egress(host, open_one[n]) == HELD ? "held" : "moved",
				      w.host[host].name, (double)(w.now / USEC_PER_SEC));
	ck_assert_uint_eq(w.host[CLIENT].unreachable + w.host[SERVER].unreachable, 0);
}

/*
 * Data goes both ways on all connections, or on none if they are quiet, until d has passed. All of
 * it must leave as it was born.
 */
static inline void let_pass(usec_t d, bool quiet)
{
	for (usec_t end = w.now + d; w.now < end; world_run(&w, 5 * USEC_PER_SEC)) {
		assert_unmoved();
		for (unsigned n = 0; n < CONNECTIONS && open_one[n] && !quiet; n++) {
			heard(SERVER, open_one[n], &client_addr[n]);
			heard(CLIENT, open_one[n], &server_addr[n]);
		}
	}
	assert_unmoved();
}

static inline void begin_strangers(void)
{
	memset(open_one, 0, sizeof(open_one));
	world_init(&w);
	w.host[CLIENT].peer.name = w.host[SERVER].peer.name = NULL;
	world_renew(&w, CLIENT);
	world_renew(&w, SERVER);
	world_up(&w, CLIENT, C0);
	world_up(&w, SERVER, S0);
	world_up(&w, SERVER, S1);
}

#endif
