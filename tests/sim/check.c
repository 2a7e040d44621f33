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

/*
 * A Response is a proof if the address is its sender's at that time, and so is one of AAP, of the
 * address that was asked.
 */
static void note_responses(struct sim *s, struct host *h, unsigned peer, const struct signal *g)
{
	const struct binding_update *bu = &g->bu[0];
	const struct in6_addr *a = bu->names_source ? &g->src : &bu->addr[0];

	if (g->n_bu && bu->has_challenge && place_find(s, a)->host == h->id)
		proof_note(s, h->id, peer, a);
	if (g->has_aap && g->aap.kind == AAP_RESPONSE && place_find(s, &g->src)->host == h->id)
		proof_note(s, h->id, peer, &g->src);
}

static bool knows(const struct host *h, unsigned peer, const struct in6_addr *addr)
{
	struct known key = { .key = { .peer = peer, .addr = *addr } }, *k;

	HASH_FIND(hh, h->known, &key.key, sizeof(key.key), k);
	return k;
}

/* Notes that h has connections with peer, or with an address that is peer's by now. */
static bool is_linked(struct sim *s, struct host *h, unsigned peer)
{
	struct relation *r = check_relation(h, peer);

	for (const struct sock *k = h->socks; k && !r->linked; k = k->hh.next)
		r->linked = place_find(s, &k->flow.foreign)->host == peer;
	return r->linked;
}

/*
 * A packet tells its receiver that addr is h's, too: a stranger without a connection learns none
 * but those that it has sent to (X8), and nobody one of another personality (X9).
 */
static void check_address_told(struct sim *s, struct host *h, unsigned peer, const struct signal *g,
			       const struct in6_addr *addr)
{
	if (place_find(s, addr)->personality != place_find(s, &g->src)->personality)
		sim_fail(s, h, "X9: h%u learns %s besides %s", peer, addr_text(addr).s,
			 addr_text(&g->src).s);
	if (sim_is_mallory(s, peer) && !is_linked(s, h, peer) && !knows(h, peer, addr))
		sim_fail(s, h, "X8: h%u, without a connection, learns %s", peer, addr_text(addr).s);
}

static void check_told(struct sim *s, struct host *h, unsigned peer, const struct signal *g)
{
	if (!s->config.strangers || sim_is_mallory(s, h->id) || !node_slot(h, &g->src))
		return;
	check_address_told(s, h, peer, g, &g->src);
	if (g->has_home)
		check_address_told(s, h, peer, g, &g->home);
	for (unsigned i = 0; i < g->n_bu; i++)
		for (unsigned k = 0; k < g->bu[i].n_addr; k++)
			check_address_told(s, h, peer, g, &g->bu[i].addr[k]);
}

/* Where the numbers of e are: with the peer's, or an entry's if others of the peer may follow. */
static struct relation *numbers(struct host *h, const struct hce *e, struct relation *r)
{
	return e->name ? r : check_relation(h, RELATION_OF_ENTRY + e->id);
}

static void check_ah(struct sim *s, struct host *h, const struct hce *e, struct relation *r,
		     const struct signal *g)
{
	struct kin *k = e->sa && e->sa->out.spi == g->spi ? node_kin(h, e->sa) : NULL;
	uint32_t *last = k ? &k->ah_seq : &r->ah_seq;

	if (!g->has_ah || (!e->name && !k))
		return;
	if (g->ah_seq <= *last)
		sim_fail(s, h, "AH sequence number %u after %u to h%u", g->ah_seq, *last, r->peer);
	*last = g->ah_seq;
}

/* n: of the entry; a new one begins with new credit. */
static void check_rate(struct sim *s, struct host *h, struct relation *r, struct relation *n,
		       const struct signal *g)
{
	bool response = g->n_bu && g->bu[0].has_challenge;

	roll(r, s->now);
	roll(n, s->now);
	n->news += g->n_bu && !response;
	r->responses += response;
	for (unsigned i = 0; i < g->n_ba; i++)
		(*(g->ba[i].has_challenge ? &r->challenges : &r->acks))++;
	if (n->news > PENDING_MAX)
		sim_fail(s, h, "B10: %u Binding Updates to h%u in ten seconds", n->news, r->peer);
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
	struct relation *r, *n;
	unsigned peer;
	struct signal g;

	if (signal_parse(a->send.packet, a->send.len, &g) < 0) {
		sim_fail(s, h, "sends what cannot be parsed");
		return;
	}
	peer = e && (e->sa || e->name) ? sim_peer(s, h, e) : place_find(s, &g.dst)->host;
	note_responses(s, h, peer, &g);
	check_told(s, h, peer, &g);
	if (!e)
		return;
	r = check_relation(h, peer);
	n = numbers(h, e, r);
	if (!e->name && e->sa && node_kin(h, e->sa) != n->kin)
		n->bu_valid = false;	/* who has other keys may begin anew */
	check_ah(s, h, e, r, &g);
	for (unsigned i = 0; i < g.n_bu; i++) {
		if (n->bu_valid && (int16_t)(g.bu[i].seq - n->bu_seq) <= 0)
			sim_fail(s, h, "BU sequence number %u after %u to h%u", g.bu[i].seq,
				 n->bu_seq, r->peer);
		n->bu_seq = g.bu[i].seq;
		n->bu_valid = true;
	}
	if (node_slot(h, &g.src))
		check_rate(s, h, r, n, &g);
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
	if (!e || (!e->name && !e->sa) || (f && f->hce == a->hce && f->state == ADDR_ACTIVE) ||
	    (h->opening && !f && addr_equal(h->opening, &a->foreign.addr)))
		return;
	p = proof_find(s, sim_peer(s, h, e), h->id, &a->foreign.addr);
	/*
	 * What the last helper held Active, its successor may: by proof or because it connected
	 * there.
	 */
	if (h->loading)
		return;
	if (!p || (f && p->sent < f->tentative_since))
		sim_fail(s, h, "X5: %s of h%u is Active without a Response",
			 addr_text(&a->foreign.addr).s, sim_peer(s, h, e));
}

static void note_acknowledged(struct sim *s, struct host *h, const struct in6_addr *from)
{
	struct plane_foreign *f;

	HASH_FIND(hh, h->plane.foreign, from, sizeof(*from), f);
	if (f)
		f->acknowledged = s->now;
}

void check_action(struct sim *s, struct host *h, const struct action *a)
{
	if (a->type == ACTION_SEND)
		check_send(s, h, a);
	else if (a->type == ACTION_FOREIGN && a->foreign.state == ADDR_ACTIVE)
		check_active(s, h, a);
	else if (a->type == ACTION_EVENT && a->event.event == EVENT_BA_HEARD)
		note_acknowledged(s, h, &a->event.foreign);
}

#define ACTIONS_MAX	1000	/* an Update may name 64 addresses */
#define SENDS_MAX	100

void check_work(struct sim *s, struct host *h, uint64_t actions, uint64_t sends)
{
	if (actions > ACTIONS_MAX || sends > SENDS_MAX)
		sim_fail(s, h, "%u actions and %u packets follow from one packet",
			 (unsigned)actions, (unsigned)sends);
}

#define PROOF_MAX	(UINT64_C(3720) * USEC_PER_SEC)	/* an hour, and what a proof may be old */
#define ANSWERED	(60 * USEC_PER_SEC)

/* C5: who connects to an address takes it for its peer's. */
static bool was_connected_to(struct sim *s, const struct host *h, const struct in6_addr *addr)
{
	for (unsigned i = 0; i < s->n_conn; i++) {
		const struct conn_end *e = &s->conn[i].end[0];

		if (e->host == h->id && addr_equal(&e->flow.foreign, addr))
			return true;
	}
	return false;
}

/*
 * X5, C9: it goes where the peer has proved to be lately, or was heard just now: by data, or with
 * an Acknowledgement of what was sent there. (An address that a connection was made to is as good
 * as without a helper.)
 */
void check_moved_data(struct sim *s, struct host *h, uint32_t hce, const struct in6_addr *dst)
{
	struct hce *e = h->core ? core_entry(h->core, hce) : NULL;
	const struct proof *p = e ? proof_find(s, sim_peer(s, h, e), h->id, dst) : NULL;
	struct plane_foreign *f;

	HASH_FIND(hh, h->plane.foreign, dst, sizeof(*dst), f);
	if (!e || (p && s->now <= p->sent + PROOF_MAX) ||
	    (f && f->heard && s->now <= f->heard + ANSWERED) ||
	    (f && f->acknowledged && s->now <= f->acknowledged + ANSWERED) ||
	    was_connected_to(s, h, dst))
		return;
	sim_fail(s, h, "X5: data of entry %u goes to %s, which h%u %s", hce, addr_text(dst).s,
		 sim_peer(s, h, e), p ? "proved too long ago" : "never proved");
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
	/* Nothing leaves for a stranger without a connection, or begins to. */
	if (!e->name && (!e->n_pcb || e->passing_since))
		return;
	if (!node_slot(h, &e->pair.local) && has_source(h, e))
		sim_fail(s, h, "entry %u sends from %s, which is lost, while another is usable",
			 e->id, addr_text(&e->pair.local).s);
}

static void check_sequence(struct sim *s, struct host *h, const struct hce *e)
{
	unsigned peer = sim_peer(s, h, e);
	struct relation *r = numbers(h, e, check_relation(h, peer));
	const struct kin *kin = e->sa ? node_kin(h, e->sa) : NULL;
	/* A stranger that lost the entry begins anew, with other keys. */
	bool anew = kin != r->kin;

	if (r->id == e->id && r->in_valid && !anew && (int16_t)(e->seq_in - r->in_seq) < 0)
		sim_fail(s, h, "R5: the number last accepted from h%u falls from %u to %u", peer,
			 r->in_seq, e->seq_in);
	if (r->id != e->id)
		r->window = 0;
	r->id = e->id;
	r->kin = kin;
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

#define PASSING_MAX	((usec_t)601 * USEC_PER_SEC)	/* DEFAULT-LIFETIME, and a bit */

/* An entry of a stranger without a connection ends, whatever the stranger says (X8). */
static void check_passing(struct sim *s, struct host *h, const struct hce *e)
{
	bool used = e->n_pcb || e->n_sender || e->conversed || e->trusted;
	struct passing *p;

	if (e->name || !e->sa)
		return;
	HASH_FIND(hh, h->passing, &e->id, sizeof(e->id), p);
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			abort();
		p->id = e->id;
		HASH_ADD(hh, h->passing, id, sizeof(p->id), p);
	}
	if (used)
		p->since = 0;
	else if (!p->since)
		p->since = s->now;
	else if (s->now > p->since + PASSING_MAX)
		sim_fail(s, h, "X8: entry %u is a stranger's for %u s", e->id,
			 (unsigned)((s->now - p->since) / USEC_PER_SEC));
}

static void check_entry(struct sim *s, struct host *h, struct hce *e)
{
	unsigned active = 0;

	check_addrs(s, h, e, &active);
	check_pair(s, h, e, active);
	check_sequence(s, h, e);
	check_bindings(s, h, e);
	check_passing(s, h, e);
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
			ret->entry[ret->n].peer = sim_peer(s, h, e);
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

		if (before->entry[i].peer != but_of && !sim_is_mallory(s, before->entry[i].peer) &&
		    (!e || entry_sum(e) != before->entry[i].sum))
			sim_fail(s, h, "X7: %s changed entry %u of h%u", why, before->entry[i].id,
				 e ? sim_peer(s, h, e) : before->entry[i].peer);
	}
	for (struct hce *e = core_entries(h->core); e; e = e->hh.next)
		last = e;
	if (last && last->id > before->last && sim_peer(s, h, last) != but_of)
		sim_fail(s, h, "X7: %s made entry %u", why, last->id);
}
