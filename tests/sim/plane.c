/* SPDX-License-Identifier: BSD-2-Clause */
#include "plane.h"

#include <stdlib.h>
#include <string.h>

#include "addr.h"

#define SILENCE	USEC_PER_SEC

static void *must_calloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

static void set_pair(struct plane *p, const struct action *a)
{
	struct plane_pair *e;

	HASH_FIND(hh, p->pairs, &a->hce, sizeof(a->hce), e);
	if (!e) {
		e = must_calloc(sizeof(*e));
		e->hce = a->hce;
		HASH_ADD(hh, p->pairs, hce, sizeof(e->hce), e);
	}
	e->pair = a->pair;
	e->path = (struct plane_path){ 0 };
}

static void drop_pair(struct plane *p, uint32_t hce)
{
	struct plane_pair *e;

	HASH_FIND(hh, p->pairs, &hce, sizeof(hce), e);
	if (!e)
		return;
	HASH_DEL(p->pairs, e);
	free(e);
}

static void set_foreign(struct plane *p, const struct action *a, usec_t now)
{
	struct plane_foreign *f;

	HASH_FIND(hh, p->foreign, &a->foreign.addr, sizeof(f->addr), f);
	if (!f) {
		f = must_calloc(sizeof(*f));
		f->addr = a->foreign.addr;
		f->state = ADDR_DEPRECATED;
		HASH_ADD(hh, p->foreign, addr, sizeof(f->addr), f);
	}
	if (a->foreign.state == ADDR_TENTATIVE && f->state != ADDR_TENTATIVE)
		f->tentative_since = now;
	f->hce = a->hce;
	f->state = a->foreign.state;
}

static void drop_foreign(struct plane *p, const struct in6_addr *addr)
{
	struct plane_foreign *f;

	HASH_FIND(hh, p->foreign, addr, sizeof(*addr), f);
	if (!f)
		return;
	HASH_DEL(p->foreign, f);
	free(f);
}

static struct flow flow_of(const struct pcb *b)
{
	return (struct flow){ .local = b->local, .foreign = b->foreign, .lport = b->lport,
			      .fport = b->fport, .proto = b->proto };
}

static void set_pcb(struct plane *p, const struct action *a)
{
	struct flow birth = flow_of(&a->pcb);
	struct plane_pcb *b;

	HASH_FIND(hh_out, p->out, &birth, sizeof(birth), b);
	if (b)
		HASH_DELETE(hh_in, p->in, b);
	else {
		b = must_calloc(sizeof(*b));
		b->birth = birth;
		HASH_ADD(hh_out, p->out, birth, sizeof(b->birth), b);
	}
	b->gen = a->pcb.gen;
	b->ports = (struct pcb_ports){
		.hce = a->hce, .lport = birth.lport, .fport = birth.fport, .proto = birth.proto
	};
	HASH_ADD(hh_in, p->in, ports, sizeof(b->ports), b);
}

static void drop_pcb(struct plane *p, const struct action *a)
{
	struct flow birth = flow_of(&a->pcb);
	struct plane_pcb *b;

	HASH_FIND(hh_out, p->out, &birth, sizeof(birth), b);
	if (!b)
		return;
	HASH_DELETE(hh_out, p->out, b);
	HASH_DELETE(hh_in, p->in, b);
	free(b);
}

static void set_local(struct plane *p, const struct in6_addr *addr, bool there)
{
	struct plane_local *l;

	HASH_FIND(hh, p->locals, addr, sizeof(*addr), l);
	if (there && !l) {
		l = must_calloc(sizeof(*l));
		l->addr = *addr;
		HASH_ADD(hh, p->locals, addr, sizeof(l->addr), l);
	} else if (!there && l) {
		HASH_DEL(p->locals, l);
		free(l);
	}
}

void plane_action(struct plane *p, const struct action *a, usec_t now)
{
	switch (a->type) {
	case ACTION_PAIR:
		set_pair(p, a);
		break;
	case ACTION_PAIR_GONE:
		drop_pair(p, a->hce);
		break;
	case ACTION_FOREIGN:
		set_foreign(p, a, now);
		break;
	case ACTION_FOREIGN_GONE:
		drop_foreign(p, &a->foreign.addr);
		break;
	case ACTION_LOCAL:
	case ACTION_LOCAL_GONE:
		set_local(p, &a->local.addr, a->type == ACTION_LOCAL);
		break;
	case ACTION_PCB:
		set_pcb(p, a);
		break;
	case ACTION_PCB_GONE:
		drop_pcb(p, a);
		break;
	default:
		break;
	}
}

void plane_clear(struct plane *p)
{
	while (p->pairs)
		drop_pair(p, p->pairs->hce);
	while (p->foreign)
		drop_foreign(p, &p->foreign->addr);
	while (p->locals)
		set_local(p, &p->locals->addr, false);

	struct plane_pcb *b, *next;

	HASH_CLEAR(hh_in, p->in);
	HASH_ITER(hh_out, p->out, b, next) {
		HASH_DELETE(hh_out, p->out, b);
		free(b);
	}
}

/* That of today's pair or, for a connection that keeps another one, its own. */
static struct plane_path *path_of(struct plane_pair *e, struct plane_pcb *own,
				  const struct in6_addr *l, const struct in6_addr *f)
{
	if (addr_equal(&e->pair.local, l) && addr_equal(&e->pair.foreign, f))
		return &e->path;
	return own ? &own->path : NULL;
}

static void note_sent(struct plane_pair *e, struct plane_pcb *b, usec_t now,
		      struct plane_news *news)
{
	struct plane_path *path = &e->path;

	if (e->pair.gen == b->gen)
		path = path_of(e, b, &b->birth.local, &b->birth.foreign);
	if (path->waiting <= path->heard) {
		path->waiting = now;
	} else if (now - path->waiting > core_config_default.path_timeout * USEC_PER_SEC) {
		path->waiting = now;
		news->silent = true;
		news->hce = e->hce;
	}
}

bool plane_egress(struct plane *p, const struct flow *socket, struct in6_addr *src,
		  struct in6_addr *dst, usec_t now, struct plane_news *news)
{
	struct plane_pcb *b;
	struct plane_pair *e = NULL;

	*src = socket->local;
	*dst = socket->foreign;
	HASH_FIND(hh_out, p->out, socket, sizeof(*socket), b);
	if (b)
		HASH_FIND(hh, p->pairs, &b->ports.hce, sizeof(b->ports.hce), e);
	if (e && e->pair.block == BLOCK_ALL)
		return false;
	if (e && news)
		note_sent(e, b, now, news);
	if (!e || e->pair.gen == b->gen || IN6_IS_ADDR_UNSPECIFIED(&e->pair.local) ||
	    IN6_IS_ADDR_UNSPECIFIED(&e->pair.foreign))
		return true;
	*src = e->pair.local;
	*dst = e->pair.foreign;
	return e->pair.block == BLOCK_NONE ||
	       (addr_equal(src, &socket->local) && addr_equal(dst, &socket->foreign));
}

/* An answer counts only if it came the way back. */
static void note_answer(struct plane_pair *e, struct plane_pcb *b, bool moved, const struct flow *f,
			usec_t now)
{
	bool own = e->pair.gen == b->gen;
	struct plane_path *path = own && moved ? NULL :
				  path_of(e, own ? b : NULL, &f->local, &f->foreign);

	if (path)
		path->heard = now;
}

static void note(struct plane *p, struct plane_foreign *f, struct plane_pcb *b, bool moved,
		 const struct flow *flow, usec_t now, struct plane_news *news)
{
	struct plane_pair *e;

	HASH_FIND(hh, p->pairs, &f->hce, sizeof(f->hce), e);
	news->heard = now - f->heard > SILENCE || (e && e->notify);
	news->hce = f->hce;
	f->heard = now;
	if (!e)
		return;
	e->notify = false;
	note_answer(e, b, moved, flow, now);
	if (f->state != ADDR_ACTIVE || addr_equal(&e->pair.foreign, &f->addr) ||
	    (!moved && e->pair.gen == b->gen))
		return;
	e->pair.foreign = f->addr;
	e->path = (struct plane_path){ 0 };
	news->gen = ++e->pair.gen;
	news->followed = true;
}

enum verdict plane_ingress(struct plane *p, struct flow *f, usec_t now, struct plane_news *news)
{
	struct plane_foreign *from;
	struct plane_local *l;
	struct plane_pcb *b;

	HASH_FIND(hh, p->foreign, &f->foreign, sizeof(f->foreign), from);
	HASH_FIND(hh, p->locals, &f->local, sizeof(f->local), l);
	if (!from || !l)
		return PLANE_PASS;

	struct pcb_ports ports = {
		.hce = from->hce, .lport = f->lport, .fport = f->fport, .proto = f->proto
	};

	HASH_FIND(hh_in, p->in, &ports, sizeof(ports), b);
	if (!b)
		return PLANE_PASS;
	bool moved = !addr_equal(&b->birth.local, &f->local) ||
		     !addr_equal(&b->birth.foreign, &f->foreign);

	if (moved && from->state == ADDR_TENTATIVE)
		return PLANE_DROP;
	if (news)
		note(p, from, b, moved, f, now, news);
	if (moved)
		*f = b->birth;
	return PLANE_PASS;
}

bool plane_keeps_reset(struct plane *p, const struct flow *f)
{
	struct plane_pcb *b, *next;
	struct plane_pair *e;

	HASH_ITER(hh_out, p->out, b, next) {
		if (b->ports.lport != f->lport || b->ports.fport != f->fport ||
		    b->ports.proto != f->proto)
			continue;
		HASH_FIND(hh, p->pairs, &b->ports.hce, sizeof(b->ports.hce), e);
		if (e && e->pair.homeless)
			return true;
	}
	return false;
}
