/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is not honest. Attacker i is a peer of the hosts of one group, with an SA and an address of
 * its own, which it proves; it names others' addresses, forges Challenges and Responses, and
 * floods. Without any key it forges packets that seem to come from others, and sends again whatever
 * it captured.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "addr.h"

#define FLOOD	200

struct attacker {
	unsigned id;			/* as a host's, from s->n_host on */
	struct in6_addr addr;		/* its own */
	struct in6_addr nobodys[16];	/* nobody has them, nobody will */
	uint32_t *ah_seq;		/* to each host */
	uint16_t *bu_seq;
};

void attack_begin(struct sim *s)
{
	if (!s->config.attacks)
		return;
	s->n_attacker = s->n_host / s->config.group;
	s->attacker = calloc(s->n_attacker, sizeof(*s->attacker));
	if (!s->attacker)
		abort();
	for (unsigned i = 0; i < s->n_attacker; i++) {
		struct attacker *a = &s->attacker[i];

		a->id = s->n_host + i;
		a->addr = place_fresh(s, a->id);
		place_find(s, &a->addr)->host = a->id;
		for (unsigned k = 0; k < 16; k++)
			a->nobodys[k] = place_fresh(s, a->id);
		a->ah_seq = calloc(s->n_host, sizeof(*a->ah_seq));
		a->bu_seq = calloc(s->n_host, sizeof(*a->bu_seq));
		if (!a->ah_seq || !a->bu_seq)
			abort();
	}
}

void attack_end(struct sim *s)
{
	for (unsigned i = 0; i < s->n_attacker; i++) {
		free(s->attacker[i].ah_seq);
		free(s->attacker[i].bu_seq);
	}
	free(s->attacker);
	for (unsigned i = 0; i < CAPTURED; i++)
		packet_put(s->captured[i]);
}

void attack_capture(struct sim *s, struct packet *p)
{
	struct packet **at = &s->captured[rng_below(&s->rng, CAPTURED)];

	if (!s->config.attacks)
		return;
	packet_put(*at);
	*at = p;
	p->refs++;
}

/* Sends g to victim under the key of from, or a wrong one. */
static void emit(struct sim *s, struct signal *g, unsigned from, unsigned victim, bool forged)
{
	struct sa_half sa = sim_sa(s, from, victim);
	uint8_t buf[SIGNAL_MTU];
	int len;

	if (forged)
		sa.key.key[0] ^= 1;
	g->has_ah = true;
	g->spi = sa.spi;
	len = signal_build(g, ah_icv_len(sa.key.alg), buf, sizeof(buf));
	if (len < 0 || ah_sign(buf, (size_t)len, &sa.key) < 0)
		return;
	sim_transmit(s, NULL,
		     packet_new(buf, (size_t)len, &g->dst, forged ? NOBODY : from,
				forged ? NOBODY : victim));
}

/*
 * An address some host holds of another peer, or that no one has, or the victim's own, or nonsense.
 */
static struct in6_addr anothers(struct sim *s, struct attacker *a, struct host *victim)
{
	struct hce *e;
	struct foreign_addr *fa;

	switch (rng_below(&s->rng, 4)) {
	case 0:
		return a->nobodys[rng_below(&s->rng, 16)];
	case 1:
		for (unsigned i = 0; i < s->config.slots; i++)
			if (victim->slot[i].up)
				return victim->slot[i].addr;
		break;
	case 2:
		return (struct in6_addr){ .s6_addr = { 0xff, 0x0e, [15] = 1 } };
	default:
		for (e = victim->core ? core_entries(victim->core) : NULL; e; e = e->hh.next)
			if (sim_peer(s, victim, e) != a->id && sim_peer(s, victim, e) != NOBODY &&
			    rng_chance(&s->rng, 0.5))
				DL_FOREACH(e->addrs, fa)
					if (fa->state == ADDR_ACTIVE)
						return fa->addr;
	}
	return a->nobodys[0];
}

static struct host *pick_victim(struct sim *s, struct attacker *a)
{
	unsigned group = (a->id - s->n_host) * s->config.group;

	return &s->host[group + rng_below(&s->rng, s->config.group)];
}

static bool victims_addr(struct sim *s, struct host *victim, struct in6_addr *ret)
{
	unsigned from = rng_below(&s->rng, s->config.slots);

	for (unsigned i = 0; i < s->config.slots; i++) {
		struct slot *l = &victim->slot[(from + i) % s->config.slots];

		if (l->up) {
			*ret = l->addr;
			return true;
		}
	}
	return false;
}

static void add_update(struct sim *s, struct attacker *a, struct host *victim, struct signal *g)
{
	struct binding_update *bu = &g->bu[g->n_bu++];

	bu->flags = rng_chance(&s->rng, 0.9) ? BU_ACK : 0;
	bu->seq = a->bu_seq[victim->id] += 1 + rng_below(&s->rng, 3);
	bu->lifetime = rng_chance(&s->rng, 0.3) ? 0 :
		       rng_chance(&s->rng, 0.1) ? SIGNAL_INFINITE : 1 + rng_below(&s->rng, 600);
	bu->homeless = rng_chance(&s->rng, 0.5);
	bu->names_source = rng_chance(&s->rng, 0.5);
	bu->has_challenge = rng_chance(&s->rng, 0.1);
	for (unsigned n = rng_below(&s->rng, bu->has_challenge ? 2 : 12); n; n--)
		bu->addr[bu->n_addr++] = anothers(s, a, victim);
}

/* Authentic, and ill-meant. */
static void abuse(struct sim *s, struct attacker *a, struct host *victim)
{
	struct signal g = { .src = a->addr };

	if (!victims_addr(s, victim, &g.dst))
		return;
	if (rng_chance(&s->rng, 0.2))
		g.src = anothers(s, a, victim);
	g.has_home = rng_chance(&s->rng, 0.2);
	g.home = anothers(s, a, victim);
	g.ah_seq = ++a->ah_seq[victim->id];
	for (unsigned n = rng_below(&s->rng, 3); n; n--)
		add_update(s, a, victim, &g);
	if (rng_chance(&s->rng, 0.3)) {
		struct binding_ack *ba = &g.ba[g.n_ba++];

		ba->status = rng_chance(&s->rng, 0.3) ? BA_PROHIBITED : 0;
		ba->seq = (uint16_t)rng_next(&s->rng);
		ba->lifetime = ba->refresh = rng_below(&s->rng, 600);
		ba->has_challenge = rng_chance(&s->rng, 0.5);
	}
	g.has_br = rng_chance(&s->rng, 0.1);
	emit(s, &g, a->id, victim->id, false);
}

/* The attacker joins in honestly, so that its entry is an established one. */
static void behave(struct sim *s, struct attacker *a, struct host *victim)
{
	struct signal g = { .src = a->addr, .has_home = true, .home = a->addr, .n_bu = 1 };

	if (!victims_addr(s, victim, &g.dst))
		return;
	g.ah_seq = ++a->ah_seq[victim->id];
	g.bu[0] = (struct binding_update){ .flags = BU_ACK, .seq = ++a->bu_seq[victim->id],
					   .lifetime = 600, .homeless = true,
					   .names_source = true };
	emit(s, &g, a->id, victim->id, false);
}

/* Without the key, but with everything else right: SPI, addresses, numbers. */
static void forge(struct sim *s, struct attacker *a, struct host *victim)
{
	struct signal g = { .n_bu = 1 };
	struct hce *e = victim->core ? core_entries(victim->core) : NULL;

	while (e && e->hh.next && rng_chance(&s->rng, 0.5))
		e = e->hh.next;
	if (!e || sim_peer(s, victim, e) == NOBODY || !e->addrs || !victims_addr(s, victim, &g.dst))
		return;
	g.src = e->addrs->addr;
	g.ah_seq = e->sa ? e->sa->replay.top + 1 : 1;
	g.has_br = rng_chance(&s->rng, 0.2);
	g.bu[0] = (struct binding_update){ .flags = BU_ACK, .seq = e->seq_in + 1,
					   .names_source = rng_chance(&s->rng, 0.5),
					   .lifetime = rng_chance(&s->rng, 0.5) ? 600 : 0,
					   .n_addr = 1, .addr = { a->addr } };
	emit(s, &g, sim_peer(s, victim, e), victim->id, true);
}

static void garbage(struct sim *s, struct host *victim)
{
	struct packet *p = s->captured[rng_below(&s->rng, CAPTURED)], *q;
	struct in6_addr dst;

	if (!p || !victims_addr(s, victim, &dst))
		return;
	q = packet_new(p->octets, p->len, &dst, NOBODY, NOBODY);
	if (rng_chance(&s->rng, 0.5))
		memcpy(&q->octets[24], &dst, sizeof(dst));
	/* what AH does not cover is in the first eight octets */
	q->octets[8 + rng_below(&s->rng, q->len - 8)] ^= 1 << rng_below(&s->rng, 8);
	if (rng_chance(&s->rng, 0.3))
		q->len = (uint16_t)rng_below(&s->rng, q->len);
	/* Two addresses of the victim's may differ in the very bit: then it is as good as ever. */
	if (q->len == p->len && memcmp(q->octets, p->octets, q->len) == 0)
		packet_put(q);
	else
		sim_transmit(s, NULL, q);
}

static void replay(struct sim *s, struct host *victim)
{
	struct packet *p = s->captured[rng_below(&s->rng, CAPTURED)];
	struct in6_addr dst;

	if (!p || !victims_addr(s, victim, &dst))
		return;
	p->refs++;
	if (rng_chance(&s->rng, 0.7)) {
		sim_transmit(s, NULL, p);
		return;
	}
	/* to another host, as it is */
	sim_transmit(s, NULL, packet_new(p->octets, p->len, &dst, p->from, p->to));
	packet_put(p);
}

/* The Init of AAP, from wherever it seems to come. */
static void init(struct sim *s, struct attacker *a, struct host *victim)
{
	struct signal g = { .src = rng_chance(&s->rng, 0.5) ? a->addr :
				   a->nobodys[rng_below(&s->rng, 16)],
			    .has_aap = true, .aap = { .kind = AAP_INIT } };
	struct aap_init *n = &g.aap.init;
	uint8_t buf[SIGNAL_MTU];
	int len;

	if (!victims_addr(s, victim, &g.dst))
		return;
	n->spi = 256 + rng_below(&s->rng, 1 << 30);
	for (unsigned k = 0; k < AAP_NONCE_LEN; k++)
		n->nonce[k] = (uint8_t)rng_next(&s->rng);
	for (unsigned k = 0; k < AAP_SHARE_LEN; k++)
		n->share[k] = (uint8_t)rng_next(&s->rng);
	len = signal_build(&g, 0, buf, sizeof(buf));
	if (len > 0)
		sim_transmit(s, NULL, packet_new(buf, (size_t)len, &g.dst, NOBODY, NOBODY));
}

/* Strangers have no keys that an attacker shares. */
static void strike_strangers(struct sim *s, struct attacker *a, struct host *victim)
{
	unsigned n = s->config.flood && rng_chance(&s->rng, 0.1) ? FLOOD : 1;

	switch (rng_below(&s->rng, 3)) {
	case 0:
		garbage(s, victim);
		break;
	case 1:
		replay(s, victim);
		break;
	default:
		while (n--)
			init(s, a, victim);
	}
}

void attack_strike(struct sim *s, unsigned i)
{
	struct sim_event e = { .on = ON_ATTACK, .host = i };
	struct attacker *a = &s->attacker[i];
	struct host *victim = pick_victim(s, a);

	if (s->calm)
		return;
	if (s->config.strangers) {
		strike_strangers(s, a, victim);
		sim_later(s, rng_wait(&s->rng, USEC_PER_SEC), &e);
		return;
	}
	switch (rng_below(&s->rng, 5)) {
	case 0:
		behave(s, a, victim);
		break;
	case 1:
		forge(s, a, victim);
		break;
	case 2:
		garbage(s, victim);
		break;
	case 3:
		replay(s, victim);
		break;
	default:
		for (unsigned n = s->config.flood && rng_chance(&s->rng, 0.1) ? FLOOD : 1; n; n--)
			abuse(s, a, victim);
	}
	sim_later(s, rng_wait(&s->rng, USEC_PER_SEC), &e);
}

/* A Challenge to the attacker's own address: it answers, having nothing to hide about that one. */
void attack_heard(struct sim *s, unsigned host, const struct packet *p)
{
	struct attacker *a = &s->attacker[host - s->n_host];
	struct sa_half sa;
	struct signal g, r = { .src = a->addr, .n_bu = 1 };

	if (p->to != a->id || p->from >= s->n_host || signal_parse(p->octets, p->len, &g) < 0 ||
	    !g.n_ba || !g.ba[0].has_challenge || !addr_equal(&g.dst, &a->addr) ||
	    rng_chance(&s->rng, 0.2))
		return;
	sa = sim_sa(s, a->id, p->from);
	r.dst = g.src;
	r.ah_seq = ++a->ah_seq[p->from];
	r.bu[0] = (struct binding_update){ .flags = BU_ACK, .seq = ++a->bu_seq[p->from],
					   .lifetime = 600, .names_source = true,
					   .has_challenge = true };
	if (ah_hmac128(&sa.key, g.ba[0].challenge, CHALLENGE_LEN, &a->addr, sizeof(a->addr),
		       r.bu[0].challenge) < 0)
		return;
	proof_note(s, a->id, p->from, &a->addr);
	emit(s, &r, a->id, p->from, false);
}
