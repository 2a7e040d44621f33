/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last host of a group: his helper does what all do, but he tells it what is not so. Now and
 * then he is on the path to the plain host of his group, and has its address; when he has left he
 * goes on to say that it were his (time shifting). And he meets whom he can, without any
 * connection, to hear where they are (tracking).
 */
#include "sim.h"

#include <stdlib.h>

#include "addr.h"

#define TAKEN	2			/* his interface with the address that is not his */
/*
 * A proof counts for connections that begin within a minute, and for others while one of these is
 * answered: until the lifetime that was granted ends.
 */
#define GRACE	(3601 * USEC_PER_SEC)

struct mallory {
	bool there;		/* he has the plain host's address */
	usec_t left;		/* when he had it last, 0: never */
};

void mallory_begin(struct sim *s)
{
	s->mallory = calloc(s->n_host / s->config.group + 1, sizeof(*s->mallory));
	if (!s->mallory)
		abort();
}

void mallory_end(struct sim *s)
{
	free(s->mallory);
}

static struct mallory *of(struct sim *s, const struct host *h)
{
	return &s->mallory[h->id / s->config.group];
}

static struct slot *plain_slot(struct sim *s, const struct host *h)
{
	return &s->host[h->id - 1].slot[0];
}

/* The helper hears that the address is gone, wherever it is. */
static void give_up(struct sim *s, struct host *h)
{
	struct slot *l = &h->slot[TAKEN];

	if (!l->up)
		return;
	l->up = false;
	if (!h->core)
		return;
	core_local_down(h->core, &l->addr, s->now);
	node_settle(s, h);
}

static void come(struct sim *s, struct host *h)
{
	struct slot *theirs = plain_slot(s, h);

	if (of(s, h)->there || !theirs->up)
		return;
	give_up(s, h);
	node_down(s, &s->host[h->id - 1], 0);
	of(s, h)->there = node_up(s, h, TAKEN, &theirs->home);
}

/* His helper is not told. */
static void leave(struct sim *s, struct host *h)
{
	struct place *at = place_find(s, &h->slot[TAKEN].addr);

	if (!of(s, h)->there)
		return;
	of(s, h)->there = false;
	of(s, h)->left = s->now;
	at->host = NOBODY;
	node_up(s, &s->host[h->id - 1], 0, &plain_slot(s, h)->home);
	sim_trace(s, h, "leaves the path");
}

static void meet(struct sim *s, struct host *h)
{
	unsigned who = h->id - s->config.group + 1 + rng_below(&s->rng, s->config.group - 2);
	unsigned to = rng_below(&s->rng, s->config.slots), from = rng_below(&s->rng, TAKEN + 1);
	const struct slot *theirs = &s->host[who].slot[to];
	uint32_t entry;

	if (!h->core || !theirs->up || !h->slot[from].up)
		return;
	h->opening = &theirs->addr;
	core_meet(h->core, &h->slot[from].addr, &theirs->addr, true, s->now, &entry);
	node_settle(s, h);
	h->opening = NULL;
}

static void prefer(struct sim *s, struct host *h)
{
	unsigned i = rng_below(&s->rng, TAKEN + 1);

	if (!h->core || !h->slot[i].up)
		return;
	core_prefer(h->core, &h->slot[i].addr, 0, s->now);
	node_settle(s, h);
}

static void move(struct sim *s, struct host *h)
{
	unsigned i = rng_below(&s->rng, TAKEN);
	struct in6_addr a = place_fresh(s, h->id);

	node_down(s, h, i);
	node_up(s, h, i, &a);
}

void mallory_strike(struct sim *s, struct host *h)
{
	static void (*const what[])(struct sim *s, struct host *h) = {
		come, leave, leave, meet, meet, meet, prefer, prefer, move, give_up,
	};
	unsigned i = rng_below(&s->rng, sizeof(what) / sizeof(what[0]));

	if (what[i] != give_up || !of(s, h)->there)
		what[i](s, h);
}

void mallory_gets(struct sim *s, struct host *h, const struct in6_addr *at, unsigned conn)
{
	const struct mallory *m = of(s, h);
	const struct conn *c = &s->conn[conn];

	/* What was open while he was on the path is his: he is whom it was found to be with. */
	if (!m->there && c->opened > usec_add(m->left, GRACE))
		sim_fail(s, h, "X5: Mallory has data of connection %u, of h%u and h%u, at %s", conn,
			 c->end[0].host, c->end[1].host, addr_text(at).s);
}
