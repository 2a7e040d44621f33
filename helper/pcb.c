/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections, and the Host Cache Entries they belong to: the draft's Figure 1. */
#include "core.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "bu_send.h"
#include "bul.h"
#include "connection.h"
#include "entry.h"
#include "foreign.h"
#include "lifecycle.h"
#include "local.h"
#include "pair.h"
#include "pcb.h"
#include "peer.h"
#include "udp_bound.h"
#include "udp_sender.h"

/* Twice Linux's TIME-WAIT would be no better: a late segment of a moved connection finds its PCB this long. */
#define PCB_LINGER		(60 * USEC_PER_SEC)

const char *pcb_care_name(enum pcb_care c)
{
	return c == PCB_ADOPTED ? "adopted" : "preload";
}

static void pcb_act(struct core *c, enum action_type type, const struct pcb *p)
{
	core_act(c, type, p->hce)->pcb = *p;
}

static struct pcb *pcb_by_cookie(struct core *c, uint64_t cookie)
{
	struct pcb *p;

	HASH_FIND(hh, c->pcbs, &cookie, sizeof(cookie), p);
	return p;
}

struct pcb *core_pcb(struct core *c, uint64_t cookie)
{
	return pcb_by_cookie(c, cookie);
}

static struct pcb *pcb_find_ports(struct core *c, const struct pcb_ports *ports)
{
	struct pcb *p;

	HASH_FIND(hh_ports, c->ports, ports, sizeof(*ports), p);
	return p;
}

static struct pcb_ports pcb_key(const struct hce *h, const struct pcb *p)
{
	return (struct pcb_ports){ .hce = h->id, .lport = p->lport, .fport = p->fport, .proto = p->proto };
}

static void pcb_unbind(struct core *c, struct pcb *p)
{
	if (!p->hce)
		return;
	pcb_act(c, ACTION_PCB_GONE, p);
	HASH_DELETE(hh_ports, c->ports, p);
	DL_DELETE(p->hce->pcbs, p);
	p->hce->n_pcb--;
	core_wake(c, 0);	/* it may have been what kept the entry (C10) */
	p->hce = NULL;
}

/* Takes p out of everything and frees it. */
static void pcb_drop(struct core *c, struct pcb *p)
{
	struct local_addr *l = local_find(c, &p->local);

	pcb_unbind(c, p);
	HASH_DELETE(hh, c->pcbs, p);
	local_release(c, l);
	free(p);
}

/* Another connection, which is left alone, has the ports of p: the datapath is to look twice at what bears them. */
static void pcb_share(struct core *c, struct pcb *p)
{
	if (p->shared)
		return;
	p->shared = true;
	pcb_act(c, ACTION_PCB, p);
}

/* Two connections of one entry may not have the same ports (R3). One that only lingers gives way. */
static int pcb_make_way(struct core *c, const struct pcb_ports *ports)
{
	struct pcb *other = pcb_find_ports(c, ports);

	if (!other)
		return 0;
	if (other->forget == USEC_NEVER) {
		/* Counted once: what is left alone may be found again and again. */
		c->counter[COUNT_PCB_CLASH] += !other->shared;
		pcb_share(c, other);
		return -EEXIST;
	}
	pcb_drop(c, other);
	return 0;
}

static int pcb_bind(struct core *c, struct pcb *p, struct hce *h, uint32_t gen)
{
	struct pcb_ports ports = pcb_key(h, p);
	int r = pcb_make_way(c, &ports);

	if (r < 0)
		return r;
	pair_begin(c, h, &p->local, &p->foreign);
	p->hce = h;
	p->gen = gen;
	p->ports = ports;
	h->n_pcb++;
	DL_APPEND(h->pcbs, p);
	HASH_ADD(hh_ports, c->ports, ports, sizeof(p->ports), p);
	if (p->origin == PCB_ACCEPT && p->established)
		h->trusted = true;	/* X8: the third ACK proves that it can hear us */
	pcb_act(c, ACTION_PCB, p);
	core_tell(c, EVENT_PCB_NEW, h, &p->local, &p->foreign, 0, NULL);
	return 0;
}

/* Makes the record of a connection, born with local address l. */
static struct pcb *pcb_add(struct core *c, const struct pcb *from, struct local_addr *l, usec_t now)
{
	struct pcb *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->cookie = from->cookie;
	p->local = from->local;
	p->foreign = from->foreign;
	p->lport = from->lport;
	p->fport = from->fport;
	p->proto = from->proto;
	p->origin = from->origin;
	p->care = from->care;
	p->uid = from->uid;
	p->mark = from->mark;
	p->established = from->established;
	p->opened = now;
	p->forget = USEC_NEVER;
	HASH_ADD(hh, c->pcbs, cookie, sizeof(p->cookie), p);
	l->n_pcb++;
	return p;
}

int pcb_restore(struct core *c, const struct pcb *from, struct hce *h, uint32_t gen, usec_t now)
{
	struct local_addr *l = local_find(c, &from->local);
	struct pcb *p;

	if (pcb_by_cookie(c, from->cookie))
		return 0;
	if (!l) {
		l = local_add(c, &from->local, now);
		if (!l)
			return -ENOMEM;
		local_act(c, l);
	}
	p = pcb_add(c, from, l, now);
	if (!p)
		return -ENOMEM;
	p->opened = 0;
	if (h && pcb_bind(c, p, h, gen) < 0)
		pcb_drop(c, p);
	return 0;
}

/* Whether p's local address is of h's personality: else the peer must not learn that both are one host's (X9). */
static bool pcb_suits(struct core *c, const struct pcb *p, const struct hce *h)
{
	const struct local_addr *l = local_find(c, &p->local);

	return l && l->personality == h->personality;
}

bool core_adopts(struct core *c, const struct pcb *p)
{
	const struct foreign_addr *fa = foreign_find(c, &p->foreign);
	const struct local_addr *l = local_find(c, &p->local);

	return fa && fa->state == ADDR_ACTIVE && hce_homeless(fa->hce) && l && l->usable && pcb_suits(c, p, fa->hce);
}

struct hce *pcb_entry(struct core *c, const struct pcb *p, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &p->foreign);
	struct peer *peer, *next, *of = NULL;
	struct hce *h;

	/* Nobody but the silence of its host has said that it is not good any more: a program using it says that it is. */
	if (fa && fa->state == ADDR_DEPRECATED && !fa->hce->sa && p->origin == PCB_CONNECT) {
		foreign_set_state(c, fa, ADDR_ACTIVE, now);
		foreign_renew(c, fa, fa->kind, fa->lifetime, now);
	}
	if (fa)
		return fa->state == ADDR_ACTIVE && pcb_suits(c, p, fa->hce) && !hce_doubted(fa->hce, now) ?
		       fa->hce : NULL;
	if (p->origin != PCB_CONNECT)
		return NULL;

	HASH_ITER(hh, c->peers, peer, next)
		for (unsigned i = 0; i < peer->n_addr; i++)
			if (addr_equal(&peer->addr[i], &p->foreign))
				of = peer;
	h = of && of->hce ? of->hce : hce_create(c, of, &p->local, true, now);
	if (!h || !pcb_suits(c, p, h))
		return NULL;
	/* C5, C6: what the program connects to is in use as it is, for as long as it is heard */
	if (!foreign_add(c, h, &p->foreign, ADDR_ACTIVE, LIFETIME_ACTIVITY, c->config.default_lifetime * USEC_PER_SEC,
			 now)) {
		if (!h->addrs)
			hce_destroy(c, h, now);
		return NULL;
	}
	binding_want_all(c, h, now);
	return h;
}

/* What more is known of p now than when it was opened. */
static void pcb_learn(struct core *c, struct pcb *p, const struct pcb *from, usec_t now)
{
	if (p->uid == PCB_UID_UNKNOWN)
		p->uid = from->uid;
	p->mark = from->mark;
	if (p->care == PCB_ADOPTED && from->care == PCB_SHOWN) {
		p->care = PCB_SHOWN;
		p->origin = from->origin;
		if (p->hce && p->origin == PCB_ACCEPT && p->established)
			p->hce->trusted = true;		/* X8 */
	}
	if (from->established)
		core_pcb_established(c, p->cookie, now);
}

/*
 * p's handshake is over. Its moves will rely on the peer's keys: a peer that has not used them lately
 * is asked to.
 */
static void pcb_begins(struct core *c, struct pcb *p, usec_t now)
{
	struct hce *h = p->hce;

	if (p->origin == PCB_CONNECT && hce_homeless(h) && !h->asked && !hce_proved_lately(h, now)) {
		binding_renew(c, h, now);
		binding_sync(c, h, now);
	}
	hce_answered(c, h, now);
}

/* p was not attached, as its peer is silent: it belongs to no other, whoever has the address later. */
static void pcb_wait(struct core *c, struct pcb *p, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &p->foreign);

	if (fa && fa->state == ADDR_ACTIVE && hce_doubted(fa->hce, now))
		p->waits_for = fa->hce->id;
}

int core_pcb_open(struct core *c, const struct pcb *from, usec_t now)
{
	struct local_addr *l = local_find(c, &from->local);
	struct pcb *p = pcb_by_cookie(c, from->cookie);
	struct hce *h;
	int r = 0;

	if (p) {
		pcb_learn(c, p, from, now);
		return 0;
	}
	/* C4, R9: user data only */
	if (from->proto != IPPROTO_TCP && from->proto != IPPROTO_UDP)
		return -EINVAL;
	if (from->care == PCB_ADOPTED && !core_adopts(c, from))
		return -ENOENT;
	if (!l || !addr_usable(&from->foreign) || local_ours(c, &from->foreign))
		return -EINVAL;
	p = pcb_add(c, from, l, now);
	if (!p)
		return -ENOMEM;
	h = pcb_entry(c, p, now);
	if (!h)
		pcb_wait(c, p, now);
	if (h && !p->hce)	/* a new entry took it in by itself */
		r = pcb_bind(c, p, h, h->pair.gen);
	if (r < 0) {
		pcb_drop(c, p);
		return r;
	}
	if (from->care == PCB_ADOPTED)
		c->counter[COUNT_ADOPTED]++;
	if (h && p->origin == PCB_CONNECT)
		h->trusted = true;
	if (p->hce && p->established)
		pcb_begins(c, p, now);
	return 0;
}

void core_pcb_established(struct core *c, uint64_t cookie, usec_t now)
{
	struct pcb *p = pcb_by_cookie(c, cookie);

	if (!p || p->established)
		return;
	p->established = true;
	if (p->hce)
		pcb_begins(c, p, now);
}

int core_trust(struct core *c, uint64_t cookie)
{
	struct pcb *p = pcb_by_cookie(c, cookie);

	if (!p || !p->hce)
		return -ENOENT;
	p->hce->trusted = true;
	return 0;
}

int core_forget(struct core *c, uint64_t cookie, uint32_t uid, usec_t now)
{
	struct pcb *p = pcb_by_cookie(c, cookie), *other;

	if (!p || !p->hce)
		return -ENOENT;
	DL_FOREACH(p->hce->pcbs, other)
		if (uid != 0 && other->uid != uid && other->forget == USEC_NEVER)
			return -EPERM;
	if (uid != 0 && sender_is_others(c, p->hce, uid))
		return -EPERM;
	hce_destroy(c, p->hce, now);
	return 0;
}

void core_pcb_close(struct core *c, uint64_t cookie, usec_t now)
{
	struct pcb *p = pcb_by_cookie(c, cookie);

	sender_close(c, cookie);
	bound_close(c, cookie);
	if (!p || p->forget != USEC_NEVER)
		return;
	if (p->hce)
		core_tell(c, EVENT_PCB_GONE, p->hce, &p->local, &p->foreign, 0, NULL);
	/* The TIME-WAIT of a moved connection still talks, by way of the pair. */
	if (p->hce && p->proto == IPPROTO_TCP && p->gen != p->hce->pair.gen) {
		p->forget = usec_add(now, PCB_LINGER);
		core_wake(c, p->forget);
		return;
	}
	pcb_drop(c, p);
}

void pcb_expire(struct core *c, usec_t now)
{
	struct pcb *p, *next;

	HASH_ITER(hh, c->pcbs, p, next) {
		if (now >= p->forget)
			pcb_drop(c, p);
		else
			core_wake(c, p->forget);
	}
}

void pcb_bind_foreign(struct core *c, struct hce *h, const struct in6_addr *addr)
{
	struct pcb *p, *next;

	HASH_ITER(hh, c->pcbs, p, next)
		if (!p->hce && (!p->waits_for || p->waits_for == h->id) && p->forget == USEC_NEVER &&
		    addr_equal(&p->foreign, addr) && pcb_suits(c, p, h))
			pcb_bind(c, p, h, h->pair.gen);
}

void pcb_unbind_foreign(struct core *c, struct hce *h, const struct in6_addr *addr, usec_t since)
{
	struct pcb *p, *next;

	HASH_ITER(hh, c->pcbs, p, next)
		if (p->hce == h && p->opened >= since && addr_equal(&p->foreign, addr))
			pcb_unbind(c, p);
}

void pcb_unbind_all(struct core *c, struct hce *h)
{
	struct pcb *p, *next;

	HASH_ITER(hh, c->pcbs, p, next)
		if (p->hce == h)
			pcb_unbind(c, p);
}
