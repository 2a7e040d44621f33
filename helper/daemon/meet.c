/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "meet.h"
#include "addr.h"
#include "apply.h"
#include "clock.h"
#include "conf.h"
#include "core.h"
#include "daemon_private.h"
#include "dns.h"
#include "log.h"
#include "route_sync.h"
#include "unused.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WAIT		(30 * USEC_PER_SEC)	/* for the outcome of the first try; then doubled */
#define LOOK_AGAIN	(60 * USEC_PER_SEC)	/* whether one that was met still is */
#define HURRY		(USEC_PER_SEC / 2)	/* after a change of addresses: more may follow */

struct meeting {
	const char *host;		/* the configuration's */
	struct in6_addr addr;		/* of the last try; unspecified: none was made */
	unsigned tries;			/* so far: the addresses of a name take turns */
	usec_t wait, next;
};

struct meetings {
	struct event *ev;
	unsigned n;
	struct meeting one[CONF_MEET_MAX];
};

static bool is_met(struct daemon *d, const struct meeting *m)
{
	const struct hce *hce = core_entry_of(d->core, &m->addr);

	return hce && hce->status == PEER_HOMELESS;
}

int meet_once(struct daemon *d, const struct in6_addr *addr, bool keep, uint32_t *ret_entry)
{
	struct in6_addr src;
	int r = route_source(d->route_sync, addr, NULL, &src);

	if (r < 0)
		return -ENETUNREACH;
	if (!core_local(d->core, &src))
		return -EADDRNOTAVAIL;
	return core_meet(d->core, &src, addr, keep, clock_boottime(), ret_entry);
}

static void try_at(struct daemon *d, struct meeting *m, const struct in6_addr *addr)
{
	uint32_t entry;
	int r = meet_once(d, addr, true, &entry);

	m->addr = *addr;
	m->tries++;
	if (r < 0)
		log_debug("cannot meet %s at %s: %s, trying again", m->host, addr_text(addr).s,
			  strerror(-r));
}

/* Tries, or looks again, if it is time, and sets the next time. */
static void step(struct daemon *d, struct meeting *m, usec_t now)
{
	usec_t most = d->conf->core.plain_lifetime * USEC_PER_SEC;
	struct in6_addr addr;

	if (now < m->next)
		return;
	if (is_met(d, m)) {
		m->wait = WAIT;
		m->next = usec_add(now, LOOK_AGAIN);
		return;
	}
	m->next = usec_add(now, m->wait);
	m->wait = 2 * m->wait < most ? 2 * m->wait : most;
	if (inet_pton(AF_INET6, m->host, &addr) == 1)
		try_at(d, m, &addr);
	else
		dns_ask(d->dns, MEET_ID_FIRST + (uint32_t)(m - d->meetings->one), m->host);
}

static void arm(struct daemon *d)
{
	struct meetings *all = d->meetings;
	usec_t now = clock_boottime(), next = USEC_NEVER, wait;

	for (unsigned i = 0; i < all->n; i++)
		if (all->one[i].next < next)
			next = all->one[i].next;
	event_del(all->ev);
	if (next == USEC_NEVER)
		return;
	wait = usec_until(next, now);
	event_add(all->ev, &(struct timeval){ .tv_sec = wait / USEC_PER_SEC,
					      .tv_usec = wait % USEC_PER_SEC });
}

static void due_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *d = ptr;
	usec_t now = clock_boottime();

	for (unsigned i = 0; i < d->meetings->n; i++)
		step(d, &d->meetings->one[i], now);
	arm(d);
	apply_actions(d);
}

int meet_open(struct daemon *d)
{
	d->meetings = calloc(1, sizeof(*d->meetings));
	if (!d->meetings)
		return -ENOMEM;
	d->meetings->ev = evtimer_new(d->base, due_event, d);
	return d->meetings->ev ? 0 : -ENOMEM;
}

void meet_configure(struct daemon *d)
{
	struct meetings *all = d->meetings;

	all->n = d->conf->n_meet;
	for (unsigned i = 0; i < all->n; i++)
		all->one[i] = (struct meeting){ .host = d->conf->meet[i], .wait = WAIT };
	arm(d);
}

void meet_hurry(struct daemon *d)
{
	usec_t soon = usec_add(clock_boottime(), HURRY);

	for (unsigned i = 0; d->meetings && i < d->meetings->n; i++) {
		struct meeting *m = &d->meetings->one[i];

		if (soon < m->next && !is_met(d, m)) {
			m->next = soon;
			m->wait = WAIT;
		}
	}
	if (d->meetings)
		arm(d);
}

void meet_resolved(struct daemon *d, uint32_t id, const struct in6_addr *addr, unsigned n)
{
	unsigned i = id - MEET_ID_FIRST;
	struct meeting *m = i < d->meetings->n ? &d->meetings->one[i] : NULL;
	const struct hce *hce;

	if (!m || is_met(d, m))
		return;
	try_at(d, m, &addr[m->tries % n]);
	hce = core_entry_of(d->core, &m->addr);
	if (hce)
		core_alternatives(d->core, hce->id, m->host, addr, n);
}

void meet_close(struct daemon *d)
{
	if (d->meetings && d->meetings->ev)
		event_free(d->meetings->ev);
	free(d->meetings);
}
