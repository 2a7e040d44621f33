/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold after every event, judged by what the simulation knows and the hosts do not. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "addr.h"

#define LARGE		32	/* entries from which on only some are looked at each time */
#define PENDING_MAX	16	/* B10: five at once and one a second */
#define CHALLENGES_MAX	512	/* beyond one for each Binding Update heard */

struct relation *check_relation(struct host *h, unsigned peer)
{
	struct relation *r;

	HASH_FIND(hh, h->relations, &peer, sizeof(peer), r);
	if (r)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	r->peer = peer;
	HASH_ADD(hh, h->relations, peer, sizeof(r->peer), r);
	return r;
}

static void roll(struct relation *r, usec_t now)
{
	if (now < r->window + RATE_WINDOW)
		return;
	r->window = now;
	r->heard = r->challenged = r->news = r->acks = r->responses = r->challenges = 0;
}

void check_heard(struct sim *s, struct host *h, unsigned from, const struct packet *p)
{
	struct relation *r = check_relation(h, from);
	struct signal g;

	roll(r, s->now);
	if (signal_parse(p->octets, p->len, &g) < 0)
		return;
	r->heard += g.n_bu > 0;
	for (unsigned i = 0; i < g.n_ba; i++)
		r->challenged += g.ba[i].has_challenge;
}

/* A Response is a proof if the address is its sender's at that time. */
static void note_responses(struct sim *s, struct host *h, unsigned peer, const struct signal *g)
{
	const struct binding_update *bu = &g->bu[0];
	const struct in6_addr *a = bu->names_source ? &g->src : &bu->addr[0];

	if (g->n_bu && bu->has_challenge && place_find(s, a)->host == h->id)
		proof_note(s, h->id, peer, a);
}

static void check_rate(struct sim *s, struct host *h, struct relation *r, const struct signal *g)
{
	bool response = g->n_bu && g->bu[0].has_challenge;

	roll(r, s->now);
	r->news += g->n_bu && !response;
	r->responses += response;
	for (unsigned i = 0; i < g->n_ba; i++)
		(*(g->ba[i].has_challenge ? &r->challenges : &r->acks))++;
	if (r->news > PENDING_MAX)
		sim_fail(s, h, "B10: %u Binding Updates to h%u in ten seconds", r->news, r->peer);
	if (r->responses > r->challenged)
		sim_fail(s, h, "%u Responses to h%u, which sent %u Challenges", r->responses,
			 r->peer, r->challenged);
	if (r->acks > r->heard)
		sim_fail(s, h, "%u Acknowledgements to h%u, which sent %u packets", r->acks,
			 r->peer, r->heard);
	if (r->challenges > r->heard + CHALLENGES_MAX)
		sim_fail(s, h, "%u Challenges for h%u, which sent %u packets", r->challenges,
			 r->peer, r->heard);
}

static void check_send(struct sim *s, struct host *h, const struct action *a)
{
	struct hce *e = core_entry(h->core, a->hce);
	struct relation *r;
	struct signal g;

	if (signal_parse(a->send.packet, a->send.len, &g) < 0) {
		sim_fail(s, h, "sends what cannot be parsed");
		return;
	}
	if (!e)
		return;
	r = check_relation(h, sim_named(e));
	if (g.ah_seq <= r->ah_seq)
		sim_fail(s, h, "AH sequence number %u after %u to h%u", g.ah_seq, r->ah_seq,
			 r->peer);
	r->ah_seq = g.ah_seq;
	for (unsigned i = 0; i < g.n_bu; i++) {
		if (r->bu_valid && (int16_t)(g.bu[i].seq - r->bu_seq) <= 0)
			sim_fail(s, h, "BU sequence number %u after %u to h%u", g.bu[i].seq,
				 r->bu_seq, r->peer);
		r->bu_seq = g.bu[i].seq;
		r->bu_valid = true;
	}
	note_responses(s, h, r->peer, &g);
	if (node_slot(h, &g.src))
		check_rate(s, h, r, &g);
}

/* X5: Active only by a Response since it became Tentative, or because this host connects to it. */
static void check_active(struct sim *s, struct host *h, const struct action *a)
{
	struct hce *e = core_entry(h->core, a->hce);
	struct plane_foreign *f;
	struct proof *p;

	HASH_FIND(hh, h->plane.foreign, &a->foreign.addr, sizeof(struct in6_addr), f);
	/* C6: a peer that never said it is Homeless, heard where this host once connected to */
	if (e && e->status != PEER_HOMELESS && f && f->hce == a->hce && f->state == ADDR_DEPRECATED)
		return;
	if (!e || (f && f->hce == a->hce && f->state == ADDR_ACTIVE) ||
	    (h->opening && !f && addr_equal(h->opening, &a->foreign.addr)))
		return;
	p = proof_find(s, sim_named(e), h->id, &a->foreign.addr);
	/*
	 * What the last helper held Active, its successor may: by proof or because it connected
	 * there.
	 */
	if (h->loading)
		return;
	if (!p || (f && p->sent < f->tentative_since))
		sim_fail(s, h, "X5: %s of h%u is Active without a Response",
			 addr_text(&a->foreign.addr).s, sim_named(e));
}

void check_action(struct sim *s, struct host *h, const struct action *a)
{
	if (a->type == ACTION_SEND)
		check_send(s, h, a);
	else if (a->type == ACTION_FOREIGN && a->foreign.state == ADDR_ACTIVE)
		check_active(s, h, a);
}

/* Entries */

static void check_addrs(struct sim *s, struct host *h, struct hce *e, unsigned *active)
{
	struct foreign_addr *fa;
	struct plane_foreign *f;
	unsigned n = 0;

	DL_FOREACH(e->addrs, fa) {
		HASH_FIND(hh, h->plane.foreign, &fa->addr, sizeof(fa->addr), f);
		if (!f || f->hce != e->id || f->state != fa->state)
			sim_fail(s, h, "C1: the datapath holds %s otherwise than entry %u",
				 addr_text(&fa->addr).s, e->id);
		*active += fa->state == ADDR_ACTIVE;
		n++;
	}
	if (n > core_config_default.max_addresses)
		sim_fail(s, h, "entry %u has %u addresses", e->id, n);
}

/* Whether packets to e's peer could leave from a usable address the peer accepts. */
static bool has_source(struct host *h, const struct hce *e)
{
	const struct binding *b;

	DL_FOREACH(e->bindings, b)
		if (b->state >= BINDING_RESPONDED && node_slot(h, &b->addr))
			return true;
	return false;
}

#define UNRESPONSIVE_AFTER	(12 * USEC_PER_SEC)	/* hmip-helper(8) */

static void check_pair(struct sim *s, struct host *h, struct hce *e, unsigned active)
{
	struct foreign_addr *fa;
	struct plane_pair *p;
	bool good = false;

	HASH_FIND(hh, h->plane.pairs, &e->id, sizeof(e->id), p);
	if (!h->untold && !IN6_IS_ADDR_UNSPECIFIED(&e->pair.local) &&
	    (!p || p->pair.gen != e->pair.gen || !addr_equal(&p->pair.local, &e->pair.local) ||
	     !addr_equal(&p->pair.foreign, &e->pair.foreign)))
		sim_fail(s, h,
			 "the datapath's pair of entry %u, %s > %s gen %u, is not the core's, %s > "
			 "%s gen %u",
			 e->id, p ? addr_text(&p->pair.local).s : "none",
			 p ? addr_text(&p->pair.foreign).s : "", p ? p->pair.gen : 0,
			 addr_text(&e->pair.local).s, addr_text(&e->pair.foreign).s, e->pair.gen);
	if (e->status != PEER_HOMELESS || !e->sa || IN6_IS_ADDR_UNSPECIFIED(&e->pair.local))
		return;
	/* An address that expired, as its host was silent, may be as good as ever. */
	DL_FOREACH(e->addrs, fa)
		good |= addr_equal(&fa->addr, &e->pair.foreign) &&
			(fa->state == ADDR_ACTIVE || (fa->was_active && !fa->withdrawn));
	if (active && !good)
		sim_fail(s, h, "entry %u sends to %s, neither Active nor expired, while another is "
			 "Active", e->id, addr_text(&e->pair.foreign).s);
	/* A peer that answers nothing, and has no Active address, is waited for. */
	if (!active && e->unanswered_since && s->now >= e->unanswered_since + UNRESPONSIVE_AFTER)
		return;
	if (!node_slot(h, &e->pair.local) && has_source(h, e))
		sim_fail(s, h, "entry %u sends from %s, which is lost, while another is usable",
			 e->id, addr_text(&e->pair.local).s);
}

static void check_sequence(struct sim *s, struct host *h, const struct hce *e)
{
	struct relation *r = check_relation(h, sim_named(e));

	if (r->id == e->id && r->in_valid && (int16_t)(e->seq_in - r->in_seq) < 0)
		sim_fail(s, h, "R5: the number last accepted from h%u falls from %u to %u", r->peer,
			 r->in_seq, e->seq_in);
	if (r->id != e->id)
		r->window = 0;
	r->id = e->id;
	r->in_valid = e->seq_in_valid;
	r->in_seq = e->seq_in;
}

static void check_bindings(struct sim *s, struct host *h, const struct hce *e)
{
	const struct binding *b;
	unsigned n = 0;

	DL_FOREACH(e->bindings, b)
		n++;
	if (n > 2 * BU_ADDRS_MAX + s->config.slots)
		sim_fail(s, h, "entry %u keeps %u bindings", e->id, n);
}

static void check_entry(struct sim *s, struct host *h, struct hce *e)
{
	unsigned active = 0;

	check_addrs(s, h, e, &active);
	check_pair(s, h, e, active);
	check_sequence(s, h, e);
	check_bindings(s, h, e);
}

static void check_pcbs(struct sim *s, struct host *h)
{
	unsigned open = 0;

	for (const struct pcb *p = core_pcbs(h->core); p; p = p->hh.next) {
		open += p->linger_until == USEC_NEVER;
		if (p->linger_until != USEC_NEVER && p->linger_until > s->now + 60 * USEC_PER_SEC)
			sim_fail(s, h, "a closed connection lingers for long");
	}
	if (open > HASH_COUNT(h->socks))
		sim_fail(s, h, "%u connections in the core, %u in the kernel", open,
			 HASH_COUNT(h->socks));
}

void check_host(struct sim *s, struct host *h)
{
	unsigned n = HASH_COUNT(core_entries(h->core)),
		 limit = s->config.star ? core_config_default.max_entries : 16;

	for (unsigned i = 0; i < COUNT_MAX; i++) {
		uint64_t now = core_counter(h->core, i);

		if (now < h->counter[i])
			sim_fail(s, h, "the counter %s falls", core_counter_name(i));
		h->counter[i] = now;
	}
	if (n > limit)
		sim_fail(s, h, "%u entries", n);
	if (n > LARGE && s->events % n)
		return;
	for (struct hce *e = core_entries(h->core); e; e = e->hh.next)
		check_entry(s, h, e);
	check_pcbs(s, h);
}

/* What a packet changed */

static uint64_t mix(uint64_t sum, const void *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001b3);
	return sum;
}

#define MIX(sum, field)	(sum = mix(sum, &(field), sizeof(field)))

static uint64_t entry_sum(const struct hce *e)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	const struct foreign_addr *fa;
	const struct binding *b;

	MIX(sum, e->status);
	MIX(sum, e->trusted);
	MIX(sum, e->pair.local);
	MIX(sum, e->pair.foreign);
	MIX(sum, e->seq_in);
	MIX(sum, e->n_pcb);
	if (e->sa) {
		MIX(sum, e->sa->replay.top);
		MIX(sum, e->sa->replay.seen);
	}
	/* A Deprecated address is nobody's: who proves that it is theirs may have it. */
	DL_FOREACH(e->addrs, fa) {
		if (fa->state == ADDR_DEPRECATED)
			continue;
		MIX(sum, fa->addr);
		MIX(sum, fa->state);
		MIX(sum, fa->expires);
		MIX(sum, fa->reach.challenge);
	}
	DL_FOREACH(e->bindings, b) {
		MIX(sum, b->addr);
		MIX(sum, b->state);
		MIX(sum, b->wanted);
	}
	return sum;
}

void check_picture(struct sim *s, struct host *h, struct picture *ret)
{
	unsigned every = HASH_COUNT(core_entries(h->core)) / 16 + 1, i = 0;

	ret->n = ret->last = 0;
	for (struct hce *e = core_entries(h->core); e; e = e->hh.next) {
		ret->last = e->id;
		if (ret->n < 16 && (i++ + s->events) % every == 0) {
			ret->entry[ret->n].id = e->id;
			ret->entry[ret->n++].sum = entry_sum(e);
		}
	}
}

void check_unchanged(struct sim *s, struct host *h, const struct picture *before, unsigned but_of,
		     const char *why)
{
	struct hce *last = NULL;

	for (unsigned i = 0; i < before->n; i++) {
		struct hce *e = core_entry(h->core, before->entry[i].id);

		if (!e || (entry_sum(e) != before->entry[i].sum && sim_named(e) != but_of))
			sim_fail(s, h, "X7: %s changed entry %u (%s)", why, before->entry[i].id,
				 e && e->name ? e->name : "gone");
	}
	for (struct hce *e = core_entries(h->core); e; e = e->hh.next)
		last = e;
	if (last && last->id > before->last && sim_named(last) != but_of)
		sim_fail(s, h, "X7: %s made entry %u", why, last->id);
}
