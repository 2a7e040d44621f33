/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "hostmap_sync.h"
#include "addr.h"
#include "conf.h"
#include "core.h"
#include "daemon_private.h"
#include "hostmap.h"
#include "route_sync.h"

#include <utlist.h>

const struct local_addr *hostmap_best_local(struct core *c, unsigned personality,
					    const struct in6_addr *like)
{
	const struct local_addr *best = NULL;

	for (const struct local_addr *l = core_locals(c); l; l = l->hh.next) {
		if (!l->usable || l->personality != personality)
			continue;
		if (!best || l->preference > best->preference ||
		    (l->preference == best->preference &&
		     addr_common_prefix(&l->addr, like) > addr_common_prefix(&best->addr, like)))
			best = l;
	}
	return best;
}

/*
 * The address that programs know the peer of e by: the one its oldest open connection was born with. NULL if that can be
 * used to this day, or is not the peer's any more.
 */
static const struct in6_addr *birth_address(const struct hce *e)
{
	const struct foreign_addr *f;
	const struct pcb *p = e->pcbs;

	while (p && p->forget != USEC_NEVER)
		p = p->next;
	if (!p)
		return NULL;
	DL_FOREACH(e->addrs, f)
		if (f->state == ADDR_DEPRECATED && addr_equal(&f->addr, &p->foreign))
			return &f->addr;
	return NULL;
}

static void add_row(struct daemon *h, enum hostmap_side side, const struct in6_addr *known,
		    const struct in6_addr *now,
		    uint32_t hce, unsigned flags)
{
	if (h->n_row < HOSTMAP_ROWS_MAX)
		h->row[h->n_row++] = (struct hostmap_row){ .known = *known, .now = *now, .hce = hce, .side = side,
			.flags = flags };
}

/*
 * Whether a connection made to addr now may be born with another pair than one the entry has. The kernel tells both apart
 * by their pairs and may give them the same ports; on the wire both bear the pair of the entry, and are one (R3).
 */
static bool hostmap_ports_may_clash(const struct hce *e, const struct in6_addr *addr, bool ruled)
{
	bool routed = !IN6_IS_ADDR_UNSPECIFIED(&e->routed);
	const struct pcb *p;

	if (ruled && e->pcbs)
		return true;	/* another user's is born from another source */
	DL_FOREACH(e->pcbs, p)
		if (!addr_equal(&p->foreign, addr) || !addr_equal(&p->local, &e->pair.local) ||
		    (routed && !addr_equal(&p->local, &e->routed)))
			return true;
	return false;
}

static bool is_active(const struct hce *e, const struct in6_addr *addr)
{
	const struct foreign_addr *f;

	DL_FOREACH(e->addrs, f)
		if (addr_equal(&f->addr, addr))
			return f->state == ADDR_ACTIVE;
	return false;
}

static void add_entry_rows(struct daemon *h, const struct hce *e)
{
	const struct in6_addr *name = birth_address(e), *now = &e->pair.foreign;
	struct in6_addr id = hostmap_entry(e->id);
	const struct foreign_addr *f;

	add_row(h, HOSTMAP_ENTRY, &id, now, e->id, 0);
	DL_FOREACH(e->addrs, f) {
		/* Of a peer that has only been silent, every address is as good as another. */
		bool elsewhere = f->state != ADDR_ACTIVE && is_active(e, now);

		/* Anybody can claim an address: until it is proven, programs shall reach whom they would reach without us. */
		if (f->state == ADDR_TENTATIVE)
			continue;
		add_row(h, HOSTMAP_FOREIGN, &f->addr, now, e->id,
			(elsewhere ? HOSTMAP_MOVED : 0) | (h->conf->adopt ? HOSTMAP_AUTO_REGISTERED : 0) |
			(e->rendezvous ? 0 : HOSTMAP_NO_DNS_NAME) |
			(hostmap_ports_may_clash(e, elsewhere ? now : &f->addr,
						 route_sync_ruled(h->route_sync)) ?
							 HOSTMAP_UNIQUE_PORT : 0));
		if (f->state == ADDR_ACTIVE && name)
			add_row(h, HOSTMAP_NAME, &f->addr, name, e->id, 0);
	}
}

/* Hosts that take no part. If they ever do, adoption takes what was connected meanwhile; without it all must be shown. */
static void add_plain_rows(struct daemon *h)
{
	unsigned n = h->conf->adopt ? core_plain(h->core, h->plain, PLAIN_ROWS_MAX) : 0;

	for (unsigned i = 0; i < n; i++)
		add_row(h, HOSTMAP_PLAIN, &h->plain[i], &h->plain[i], 0, 0);
}

void hostmap_sync(struct daemon *h)
{
	h->n_row = 0;
	h->view_now = h->view_later = false;
	for (const struct hce *e = core_entries(h->core); e; e = e->hh.next)
		if (e->status == PEER_HOMELESS && !IN6_IS_ADDR_UNSPECIFIED(&e->pair.foreign))
			add_entry_rows(h, e);
	for (const struct local_addr *l = core_locals(h->core); l; l = l->hh.next) {
		const struct local_addr *best = l->usable ? NULL :
			hostmap_best_local(h->core, l->personality, &l->addr);

		if (best)
			add_row(h, HOSTMAP_LOCAL, &l->addr, &best->addr, 0, 0);
	}
	for (unsigned i = 1; i <= h->conf->core.n_personality; i++) {
		const struct local_addr *best = hostmap_best_local(h->core, i, &in6addr_any);
		struct in6_addr name = hostmap_personality(core_personality_name(h->core, i));

		if (best)
			add_row(h, HOSTMAP_PERSONALITY, &name, &best->addr, 0, 0);
	}
	add_plain_rows(h);	/* last: these can be spared */
	if (h->view)
		hostmap_write(h->view, h->row, h->n_row);
}
