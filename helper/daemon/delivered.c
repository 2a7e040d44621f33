/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "delivered.h"
#include "addr.h"
#include "clock.h"
#include "conf.h"
#include "core.h"
#include "daemon_private.h"
#include "fib.h"
#include "netlink.h"
#include "ratelimit.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#define ROWS_MAX	64
#define LOOKUPS		32		/* at once, and then one an interval */
#define LOOKUP_INTERVAL	(USEC_PER_SEC / 20)

struct row {
	struct in6_addr addr;
	unsigned by;			/* interface; 0: none was noted */
	bool learned;			/* no interface has it */
	usec_t used;
};

struct delivered {
	struct netlink *nl;
	struct ratelimit lookups;
	struct row row[ROWS_MAX];
	unsigned n;
};

int delivered_open(struct daemon *d)
{
	struct delivered *t = calloc(1, sizeof(*t));
	int r = t ? netlink_open(NETLINK_ROUTE, &t->nl) : -ENOMEM;

	if (r < 0) {
		free(t);
		return r;
	}
	t->lookups = ratelimit_make(LOOKUPS, LOOKUP_INTERVAL, clock_boottime());
	d->delivered = t;
	return 0;
}

void delivered_close(struct daemon *d)
{
	if (!d->delivered)
		return;
	netlink_close(d->delivered->nl);
	free(d->delivered);
	d->delivered = NULL;
}

static struct row *find(const struct delivered *t, const struct in6_addr *addr)
{
	for (unsigned i = 0; i < t->n; i++)
		if (addr_equal(&t->row[i].addr, addr))
			return (struct row *)&t->row[i];
	return NULL;
}

/* The row that was not used for longest, of those that no connection needs; NULL: none. */
static struct row *oldest(struct daemon *d)
{
	struct row *r, *old = NULL;

	for (unsigned i = 0; i < d->delivered->n; i++) {
		r = &d->delivered->row[i];
		const struct local_addr *l = r->learned ? core_local(d->core, &r->addr) : NULL;

		if ((!l || !l->n_pcb) && (!old || r->used < old->used))
			old = r;
	}
	return old;
}

/* r's address goes, if it was learned and no interface has it by now. */
static void forget(struct daemon *d, const struct row *r)
{
	const struct local_addr *l = core_local(d->core, &r->addr);

	if (r->learned && l && !l->ifindex)
		core_local_down(d->core, &r->addr, clock_boottime());
}

/* The row of addr, a new one if there is none; NULL: all are needed. */
static struct row *row_for(struct daemon *d, const struct in6_addr *addr)
{
	struct delivered *t = d->delivered;
	struct row *r = find(t, addr);

	if (!r && t->n < ROWS_MAX) {
		r = &t->row[t->n++];
		*r = (struct row){ .addr = *addr };
	} else if (!r) {
		r = oldest(d);
		if (!r)
			return NULL;
		forget(d, r);
		*r = (struct row){ .addr = *addr };
	}
	r->used = clock_boottime();
	return r;
}

static bool is_delivered(const struct delivered *t, const struct in6_addr *addr)
{
	struct fib_match m;

	return fib_get(t->nl, addr, NULL, 0, NULL, &m) == 0 && m.type == RTN_LOCAL;
}

bool delivered_learn(struct daemon *d, const struct in6_addr *addr)
{
	const struct local_addr *l = core_local(d->core, addr);
	usec_t now = clock_boottime();
	struct row *r;

	/* A lost address that connections have is delivered by our own route. */
	if ((l && (l->usable || l->n_pcb)) || !addr_usable(addr) ||
	    !ratelimit_take(&d->delivered->lookups, now) || !is_delivered(d->delivered, addr))
		return false;
	r = row_for(d, addr);
	if (!r)
		return false;
	r->learned = true;
	core_local_personality(d->core, addr, conf_personality(d->conf, addr, NULL), now);
	core_local_spare(d->core, addr, true, now);
	core_local_up(d->core, addr, 0, USEC_NEVER, now);
	return true;
}

void delivered_note(struct daemon *d, const struct in6_addr *addr, unsigned ifindex)
{
	const struct local_addr *l = core_local(d->core, addr);
	struct row *r;

	if ((!l || !l->usable) && !delivered_learn(d, addr))
		return;
	l = core_local(d->core, addr);
	r = !l || l->ifindex == ifindex ? find(d->delivered, addr) : row_for(d, addr);
	if (r)
		r->by = ifindex;
}

unsigned delivered_by(const struct daemon *d, const struct in6_addr *addr)
{
	const struct row *r = find(d->delivered, addr);

	return r ? r->by : 0;
}

void delivered_recheck(struct daemon *d)
{
	struct delivered *t = d->delivered;

	for (unsigned i = t->n; i--;) {
		struct row *r = &t->row[i];
		const struct local_addr *l = core_local(d->core, &r->addr);

		/* An interface may have it by now. */
		if (!r->learned || (l && l->ifindex) || is_delivered(t, &r->addr))
			continue;
		forget(d, r);
		*r = t->row[--t->n];
	}
}
