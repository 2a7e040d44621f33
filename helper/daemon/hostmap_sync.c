/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "hostmap_sync.h"
#include "addr.h"
#include "clock.h"
#include "conf.h"
#include "core.h"
#include "daemon_private.h"
#include "hostmap.h"
#include "route_sync.h"

#include <utlist.h>

#define REST		9	/* times as long as an update took, before the next */
#define REST_MAX	(100 * USEC_PER_MSEC)

/*
 * The address by which programs know the peer of hce: the foreign birth address of its oldest open
 * connection. NULL unless it is a Deprecated address of the peer, which must be translated.
 */
static const struct in6_addr *birth_address(const struct hce *hce)
{
	const struct foreign_addr *f;
	const struct pcb *p = hce->pcbs;

	while (p && p->linger_until != USEC_NEVER)
		p = p->next;
	if (!p)
		return NULL;
	DL_FOREACH(hce->addrs, f)
		if (f->state == ADDR_DEPRECATED && addr_equal(&f->addr, &p->foreign))
			return &f->addr;
	return NULL;
}

static void add_row(struct daemon *d, enum hostmap_side side, const struct in6_addr *known,
		    const struct in6_addr *now,
		    uint32_t hce, unsigned flags)
{
	if (d->n_row < HOSTMAP_ROWS_MAX)
		d->row[d->n_row++] = (struct hostmap_row){ .known = *known, .now = *now, .hce = hce,
			.side = side,
			.flags = flags };
	else
		d->rows_cut += side != HOSTMAP_PLAIN;	/* those are dispensable */
}

/*
 * Whether a connection made to addr now may have another birth pair than one that the entry has.
 * The kernel may give both the same ports, since their pairs differ; on the wire both have the pair
 * of the entry and would be the same (R3).
 */
static bool hostmap_ports_may_clash(const struct hce *hce, const struct in6_addr *addr, bool ruled)
{
	bool routed = !IN6_IS_ADDR_UNSPECIFIED(&hce->routed);
	const struct pcb *p;

	if (ruled && hce->pcbs)
		return true;	/* rules may give another connection another source */
	DL_FOREACH(hce->pcbs, p)
		if (!addr_equal(&p->foreign, addr) || !addr_equal(&p->local, &hce->pair.local) ||
		    (routed && !addr_equal(&p->local, &hce->routed)))
			return true;
	return false;
}

static bool is_active(const struct hce *hce, const struct in6_addr *addr)
{
	const struct foreign_addr *f;

	DL_FOREACH(hce->addrs, f)
		if (addr_equal(&f->addr, addr))
			return f->state == ADDR_ACTIVE;
	return false;
}

static void add_entry_rows(struct daemon *d, const struct hce *hce)
{
	const struct in6_addr *name = birth_address(hce), *now = &hce->pair.foreign;
	struct in6_addr id = hostmap_entry(hce->id);
	const struct foreign_addr *f;

	add_row(d, HOSTMAP_ENTRY, &id, now, hce->id, 0);
	DL_FOREACH(hce->addrs, f) {
		/*
		 * If the pair in use is not Active either (the peer was silent), addr is as good.
		 */
		bool elsewhere = f->state != ADDR_ACTIVE && is_active(hce, now);

		/* Any host can claim an address: do not redirect programs before it is proven. */
		if (f->state == ADDR_TENTATIVE)
			continue;
		add_row(d, HOSTMAP_FOREIGN, &f->addr, now, hce->id,
			(elsewhere ? HOSTMAP_MOVED : 0) |
			(elsewhere && f->redirects_until ? HOSTMAP_REDIRECTS : 0) |
			(d->conf->adopt ? HOSTMAP_AUTO_REGISTERED : 0) |
			(hce->names ? 0 : HOSTMAP_NO_DNS_NAME) |
			(hostmap_ports_may_clash(hce, elsewhere ? now : &f->addr,
						 route_sync_ruled(d->route_sync)) ?
							 HOSTMAP_UNIQUE_PORT : 0));
		if (f->state == ADDR_ACTIVE && name)
			add_row(d, HOSTMAP_NAME, &f->addr, name, hce->id, 0);
	}
}

/*
 * Adds hosts that do not support hmip, so that programs need not register connections with them.
 * Only with adoption, which finds those connections if such a host starts to support hmip.
 */
static void add_plain_rows(struct daemon *d)
{
	unsigned n = d->conf->adopt ? core_nonpeers(d->core, d->plain, PLAIN_ROWS_MAX) : 0;

	for (unsigned i = 0; i < n; i++)
		add_row(d, HOSTMAP_PLAIN, &d->plain[i], &d->plain[i], 0, 0);
}

/* Entries that are in use, or those that are not. */
static void add_entries(struct daemon *d, bool used)
{
	for (const struct hce *hce = core_entries(d->core); hce; hce = hce->hh.next)
		if (hce->status == PEER_HOMELESS && !IN6_IS_ADDR_UNSPECIFIED(&hce->pair.foreign) &&
		    (hce->n_pcb || hce->n_sender) == used)
			add_entry_rows(d, hce);
}

static void add_local_rows(struct daemon *d)
{
	for (const struct local_addr *la = core_locals(d->core); la; la = la->hh.next) {
		const struct local_addr *best = la->usable ? NULL :
			core_local_for(d->core, la->personality, &la->addr);

		if (best)
			add_row(d, HOSTMAP_LOCAL, &la->addr, &best->addr, 0, 0);
	}
	for (unsigned i = 1; i <= d->conf->core.n_personality; i++) {
		const struct local_addr *best = core_local_for(d->core, i, &in6addr_any);
		struct in6_addr name = hostmap_personality(core_personality_name(d->core, i));

		if (best)
			add_row(d, HOSTMAP_PERSONALITY, &name, &best->addr, 0, 0);
	}
}

/* Leaves out what there is no memory for, the rows that matter least. */
static void cut_rows(struct daemon *d)
{
	unsigned room = d->view ? hostmap_make_room(d->view, d->n_row) : d->n_row;

	for (unsigned i = room; i < d->n_row; i++)
		d->rows_cut += d->row[i].side != HOSTMAP_PLAIN;
	d->n_row = room;
}

bool hostmap_may_sync(const struct daemon *d)
{
	return clock_boottime() >= d->view_next;
}

void hostmap_sync(struct daemon *d)
{
	usec_t began = clock_thread(), rest;

	d->n_row = d->rows_cut = 0;
	d->view_now = d->view_later = false;
	/* In the order in which they matter: what strangers cause does not displace the rest. */
	add_local_rows(d);
	add_entries(d, true);
	add_entries(d, false);
	add_plain_rows(d);
	cut_rows(d);
	core_hostmap_cut(d->core, d->rows_cut, clock_boottime());
	if (d->view)
		hostmap_write(d->view, d->row, d->n_row);
	/* On a busy machine it may take much longer by the clock: that is no reason to wait. */
	rest = REST * (clock_thread() - began);
	d->view_next = clock_boottime() + (rest < REST_MAX ? rest : REST_MAX);
}
