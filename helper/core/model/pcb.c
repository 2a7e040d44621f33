/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections, and the Host Cache Entries they belong to: the draft's Figure 1. */
#include "pcb.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "bul.h"
#include "entry.h"
#include "local.h"
#include "pair.h"
#include "pcb_wire.h"

const char *pcb_source_name(enum pcb_source c)
{
	return c == PCB_ADOPTED ? "adopted" : "preload";
}

const char *pcb_reason(const struct pcb *p)
{
	static const char *const word[] = {
		[PCB_WAITS_PEER] = "peer-silent",
		[PCB_WAITS_PROOF] = "unproven",
		[PCB_WAITS_ROOM] = "table-full",
		[PCB_REFUSED] = "datapath",
	};

	if (p->hce && p->forbidden)
		return "policy-forbids";
	if (p->hce)
		return p->hce->policy_routed ? "policy-rule" : NULL;
	return word[p->waits];
}

static void pcb_publish(struct core *c, enum action_type type, struct pcb *p)
{
	action_push(c, type, p->hce)->pcb = *p;
	p->published = type == ACTION_PCB;
	p->stale = false;
}

void pcb_repeat(struct core *c, struct hce *h)
{
	struct pcb *p;

	DL_FOREACH(h->pcbs, p)
		if (p->stale)
			pcb_publish(c, ACTION_PCB, p);
}

void pcb_changed(struct core *c, const struct pcb *p)
{
	action_push(c, ACTION_SOCKET, p->hce)->cookie = p->cookie;
}

struct pcb *pcb_by_cookie(struct core *c, uint64_t cookie)
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
	return (struct pcb_ports){
		.hce = h->id, .lport = p->lport, .fport = p->fport, .proto = p->proto
	};
}

struct pcb *pcb_unattached(struct core *c, const struct in6_addr *foreign)
{
	struct pcb *first;

	HASH_FIND(hh_foreign, c->unattached, foreign, sizeof(*foreign), first);
	return first;
}

/* p has no entry from now on: it is found by its peer's address. */
static void unattached_add(struct core *c, struct pcb *p)
{
	struct pcb *first;

	HASH_FIND(hh_foreign, c->unattached, &p->foreign, sizeof(p->foreign), first);
	if (!first)
		HASH_ADD(hh_foreign, c->unattached, foreign, sizeof(p->foreign), p);
	DL_APPEND2(first, p, same_prev, same_next);
}

static void unattached_remove(struct core *c, struct pcb *p)
{
	struct pcb *first;
	bool was_first;

	HASH_FIND(hh_foreign, c->unattached, &p->foreign, sizeof(p->foreign), first);
	was_first = first == p;
	if (was_first)
		HASH_DELETE(hh_foreign, c->unattached, p);
	DL_DELETE2(first, p, same_prev, same_next);
	if (was_first && first)
		HASH_ADD(hh_foreign, c->unattached, foreign, sizeof(first->foreign), first);
}

/* Puts p into the list of those that h leaves out, NULL: into none. */
static void pcb_set_left(struct core *c, struct pcb *p, struct hce *h)
{
	if (p->left_of == h)
		return;
	if (p->left_of) {
		DL_DELETE(p->left_of->left, p);
		DL_DELETE2(c->left, p, left_prev, left_next);
		hce_arm(c, p->left_of, 0);	/* p may have been what kept it from a move */
	}
	if (h) {
		DL_APPEND(h->left, p);
		DL_APPEND2(c->left, p, left_prev, left_next);
		c->full_news = true;
	}
	p->left_of = h;
	host_arm(c, 0);
}

/* Why p is not attached from now on, and to which entry it may be. It must not be attached. */
static void pcb_set_wait(struct core *c, struct pcb *p, enum pcb_wait why, uint32_t entry)
{
	bool left = why == PCB_WAITS_ROOM || why == PCB_REFUSED;
	struct hce *h = left ? core_entry(c, entry) : NULL;
	bool gone = left && !h;

	why = gone ? PCB_WAITS_NOT : why;
	entry = gone ? 0 : entry;
	if (p->waits != why || p->waits_for != entry)
		pcb_changed(c, p);
	p->waits = why;
	p->waits_for = entry;
	pcb_set_left(c, p, h);
}

void pcb_wait_for_peer(struct core *c, struct pcb *p, const struct hce *h)
{
	pcb_set_wait(c, p, PCB_WAITS_PEER, h->id);
}

static void pcb_set_proves(struct core *c, struct pcb *p, bool proves)
{
	hce_trust(c, p->hce, proves - p->proves, false);
	p->proves = proves;
}

void pcb_note_trust(struct core *c, struct pcb *p)
{
	if (p->hce)
		pcb_set_proves(c, p, p->linger_until == USEC_NEVER &&
				     (p->origin == PCB_CONNECT || p->established));
}

void pcb_wait_for_proof(struct core *c, struct pcb *p)
{
	pcb_set_wait(c, p, PCB_WAITS_PROOF, 0);
}

/* Whether what p sends to addr leaves as it was born, and is answered: nobody else is there. */
static bool vouches(const struct pcb *p, const struct in6_addr *addr)
{
	return p->origin == PCB_CONNECT && p->proto == IPPROTO_TCP && p->established &&
	       p->linger_until == USEC_NEVER && addr_equal(&p->foreign, addr) &&
	       !pcb_wire_pair(p, NULL, NULL);
}

/*
 * How old the proof of an address may be where this host begins a connection. Who called us may
 * have done so from another's address: it has to prove that it is there for each connection anew.
 */
static usec_t proof_to_begin(const struct hce *h)
{
	return h->initiated || h->sa->class == SA_GENERIC ? PROOF_TO_BEGIN : 1;
}

bool pcb_may_begin(const struct foreign_addr *fa, usec_t now)
{
	const struct pcb *p;

	if (!hce_homeless(fa->hce) || foreign_proven_since(fa, proof_to_begin(fa->hce), now))
		return true;
	if (!fa->heard || now >= usec_add(fa->heard, PROOF_TO_BEGIN))
		return false;
	DL_FOREACH(fa->hce->pcbs, p)
		if (vouches(p, &fa->addr))
			return true;
	return false;
}

static void pcb_detach(struct core *c, struct pcb *p)
{
	if (!p->hce)
		return;
	pcb_set_proves(c, p, false);
	pcb_publish(c, ACTION_PCB_GONE, p);
	HASH_DELETE(hh_ports, c->ports, p);
	DL_DELETE(p->hce->pcbs, p);
	hce_count_pcb(c, p->hce, -1);
	if (!p->hce->n_pcb)
		p->hce->conversed = 0;
	hce_arm(c, p->hce, 0);	/* it may expire without p (C10) */
	if (c->left)
		host_arm(c, 0);	/* there is room for another */
	p->hce = NULL;
	unattached_add(c, p);
}

void pcb_drop(struct core *c, struct pcb *p)
{
	struct local_addr *l = local_find(c, &p->local);

	pcb_detach(c, p);
	pcb_set_wait(c, p, PCB_WAITS_NOT, 0);
	pcb_changed(c, p);
	timer_end(&c->pcb_timers, &p->timer);
	unattached_remove(c, p);
	HASH_DELETE(hh, c->pcbs, p);
	local_release(c, l);
	free(p);
}

/* A connection that is not handled has p's ports: the datapath checks addresses as well. */
static void pcb_mark_clash(struct core *c, struct pcb *p)
{
	if (p->ports_clash)
		return;
	p->ports_clash = true;
	pcb_publish(c, ACTION_PCB, p);
}

/* Two connections of one entry must not have the same ports (R3). A lingering one is dropped. */
static int pcb_evict_lingering(struct core *c, const struct pcb_ports *ports)
{
	struct pcb *other = pcb_find_ports(c, ports);

	if (!other)
		return 0;
	if (other->linger_until == USEC_NEVER) {
		/* Count it once: scans find the other connection again and again. */
		c->counter[COUNT_PCB_CLASH] += !other->ports_clash;
		pcb_mark_clash(c, other);
		return -EEXIST;
	}
	pcb_drop(c, other);
	return 0;
}

/* The tables of the datapath hold so many, closed connections that linger included. */
bool pcb_has_room(const struct core *c)
{
	return HASH_CNT(hh_ports, c->ports) < c->config.max_connections;
}

/* p's address may be one that h's peer has not been told of, because others are better sources. */
static void announce_birth(struct core *c, struct hce *h, const struct pcb *p)
{
	const struct local_addr *l = local_find(c, &p->local);

	if (h->may_announce && l && l->spare && local_good_for(l, h))
		bul_want(c, h, &l->addr, true);
}

int pcb_attach(struct core *c, struct pcb *p, struct hce *h, uint32_t gen)
{
	struct pcb_ports ports = pcb_key(h, p);
	int r = pcb_evict_lingering(c, &ports);

	if (r < 0)
		return r;
	if (!pcb_has_room(c)) {
		c->counter[COUNT_TABLE_FULL] += p->waits != PCB_WAITS_ROOM;
		pcb_set_wait(c, p, PCB_WAITS_ROOM, h->id);
		return -ENOSPC;
	}
	pcb_set_wait(c, p, PCB_WAITS_NOT, 0);
	pair_init(c, h, &p->local, &p->foreign);
	unattached_remove(c, p);
	p->hce = h;
	p->gen = gen;
	p->forbidden = false;
	p->ports = ports;
	hce_count_pcb(c, h, 1);
	hce_arm(c, h, 0);	/* it may learn more, and is in use, from now on */
	DL_APPEND(h->pcbs, p);
	announce_birth(c, h, p);
	HASH_ADD(hh_ports, c->ports, ports, sizeof(p->ports), p);
	pcb_note_trust(c, p);
	pcb_publish(c, ACTION_PCB, p);
	event_emit(c, EVENT_PCB_NEW, h, &p->local, &p->foreign, 0, NULL);
	return 0;
}

struct pcb *pcb_add(struct core *c, const struct pcb *from, struct local_addr *l, usec_t now)
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
	p->source = from->source;
	p->uid = from->uid;
	p->mark = from->mark;
	p->established = from->established;
	p->opened = now;
	p->linger_until = USEC_NEVER;
	HASH_ADD(hh, c->pcbs, cookie, sizeof(p->cookie), p);
	unattached_add(c, p);
	l->n_pcb++;
	pcb_changed(c, p);
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
		local_publish(c, l);
	}
	p = pcb_add(c, from, l, now);
	if (!p)
		return -ENOMEM;
	p->opened = 0;
	if (!h)
		pcb_set_wait(c, p, from->waits, from->waits_for);
	if (h && pcb_attach(c, p, h, gen) == -EEXIST)
		pcb_drop(c, p);
	return 0;
}

bool pcb_same_personality(struct core *c, const struct pcb *p, const struct hce *h)
{
	const struct local_addr *l = local_find(c, &p->local);

	return l && l->personality == h->personality;
}

void pcb_linger(struct core *c, struct pcb *p, usec_t until)
{
	p->linger_until = until;
	timer_arm(&c->pcb_timers, &p->timer, until);
	pcb_note_trust(c, p);
	pcb_changed(c, p);
}

void pcb_expire(struct core *c, usec_t now)
{
	struct timer *t;

	while ((t = timer_take(&c->pcb_timers, now)))
		pcb_drop(c, TIMER_OF(t, struct pcb, timer));
}

/* Whether p, which is attached to nothing and has fa's address, is to be attached to its entry. */
static bool belongs_to(struct core *c, const struct pcb *p, const struct foreign_addr *fa)
{
	return (!p->waits_for || p->waits_for == fa->hce->id) && p->linger_until == USEC_NEVER &&
	       pcb_same_personality(c, p, fa->hce);
}

void pcb_attach_foreign(struct core *c, struct foreign_addr *fa, usec_t now)
{
	bool may_begin = pcb_may_begin(fa, now);
	struct pcb *first, *p, *next;

	fa->left_alone = false;
	HASH_FIND(hh_foreign, c->unattached, &fa->addr, sizeof(fa->addr), first);
	DL_FOREACH_SAFE2(first, p, next, same_next) {
		if (!belongs_to(c, p, fa))
			continue;
		if (p->origin == PCB_CONNECT && !may_begin)
			fa->left_alone = true;
		else
			pcb_attach(c, p, fa->hce, fa->hce->pair.gen);
	}
}

void pcb_detach_foreign(struct core *c, struct hce *h, const struct in6_addr *addr, usec_t since)
{
	struct pcb *p, *next;

	DL_FOREACH_SAFE(h->pcbs, p, next)
		if (p->opened >= since && addr_equal(&p->foreign, addr))
			pcb_detach(c, p);
}

void pcb_detach_unmoved(struct core *c, struct hce *h, const struct in6_addr *addr)
{
	struct pcb *p, *next;

	DL_FOREACH_SAFE(h->pcbs, p, next)
		if ((!addr || addr_equal(&p->foreign, addr)) && !pcb_wire_pair(p, NULL, NULL))
			pcb_detach(c, p);
}

void pcb_detach_all(struct core *c, struct hce *h)
{
	struct pcb *p, *next;

	DL_FOREACH_SAFE(h->pcbs, p, next)
		pcb_detach(c, p);
	DL_FOREACH_SAFE(h->left, p, next)
		pcb_set_wait(c, p, PCB_WAITS_NOT, 0);
}

void pcb_keep_birth_pair(struct core *c, struct pcb *p)
{
	if (p->gen == p->hce->pair.gen)
		return;
	p->gen = p->hce->pair.gen;
	pcb_publish(c, ACTION_PCB, p);
}

void pcb_set_forbidden(struct core *c, struct pcb *p, bool forbidden)
{
	const struct pair *pair = &p->hce->pair;

	if (p->forbidden != forbidden)
		pcb_changed(c, p);
	p->forbidden = forbidden;
	p->confined |= forbidden;
	if (forbidden == !pcb_follows_pair(p))
		return;
	p->gen = forbidden ? pair->gen : pair->gen - 1;
	pcb_publish(c, ACTION_PCB, p);
}

void pcb_refuse(struct core *c, struct pcb *p)
{
	uint32_t entry = p->hce->id;

	pcb_detach(c, p);
	pcb_set_wait(c, p, PCB_REFUSED, entry);
}

struct pcb *core_pcbs(struct core *c)
{
	return c->pcbs;
}
