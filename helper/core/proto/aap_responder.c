/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The responder of the Anonymous Authentication Protocol (homelessv6 2.4.3, A.2; hmip-aap(7)),
 * which makes a pair of SAs between hosts that share no keys. It keeps no state before the Confirm
 * (X4).
 */
#include "aap_responder.h"

#include <errno.h>
#include <string.h>

#include "aap_initiator.h"
#include "aap_secrets.h"
#include "aap_try.h"
#include "action.h"
#include "addr.h"
#include "addr_conflict.h"
#include "bu_send.h"
#include "budget.h"
#include "bul.h"
#include "entry.h"
#include "foreign.h"
#include "lifecycle.h"
#include "local.h"
#include "nonpeer.h"
#include "peer.h"
#include "send.h"

#define AAP_BUSY	200			/* Inits a second above which a cookie
						 * is asked for first */
#define COOKIE_PAUSE	(900 * USEC_PER_MSEC)	/* an Init is repeated after a second */
#define RIVAL_AGE	(10 * USEC_PER_SEC)	/* for how long a Confirm of a second run may
						 * be under way */

static bool busy(struct core *c, usec_t now)
{
	if (now >= usec_add(c->inits_since, USEC_PER_SEC)) {
		c->inits_since = now;
		c->inits = 0;
	}
	return ++c->inits > AAP_BUSY;
}

static void send_retry(struct core *c, const struct signal *s, usec_t now)
{
	struct signal r = { .src = s->dst, .dst = s->src, .has_aap = true };

	r.aap.kind = AAP_RETRY;
	if (aap_retry_make(c->retry_secret, &s->src, &s->dst, &s->aap.init, now,
			   &r.aap.retry) < 0 ||
	    core_send_open(c, NULL, &r, now) < 0)
		return;
	c->counter[COUNT_AAP_RETRIES]++;
}

/*
 * Whether who sends from src to dst may learn all addresses of ours: it has a connection with this
 * host. Any other learns the one it speaks to, which it knows.
 */
static bool may_learn(struct core *c, const struct in6_addr *dst, const struct in6_addr *src)
{
	const struct foreign_addr *fa = foreign_find(c, src);

	return (fa && fa->state == ADDR_ACTIVE && !hce_is_passing(fa->hce)) ||
	       (addr_equal(&c->connected.local, dst) && addr_equal(&c->connected.foreign, src));
}

/* Adds the Initial BU to a Response: the local addresses only, as there is no entry yet. */
static void put_initial_bu(struct core *c, struct signal *s, uint16_t seq, bool known, usec_t now)
{
	struct binding_update *bu = &s->bu[s->n_bu++];
	const struct local_addr *src = local_find(c, &s->src);
	struct local_addr *l, *next;

	s->has_home = !known;
	s->home = s->src;
	bu->flags = BU_ACK;
	bu->seq = seq;
	bu->lifetime = bul_lifetime(c, &s->src, now);
	bu->homeless = !known;
	bu->names_source = true;
	if (!may_learn(c, &s->src, &s->dst))
		return;
	HASH_ITER(hh, c->locals, l, next) {
		uint32_t t = bul_lifetime(c, &l->addr, now);

		if (!l->usable || l->spare || !src || l->personality != src->personality ||
		    addr_equal(&l->addr, &s->src) || bu->n_addr == BU_ADDRS_MAX)
			continue;
		bu->addr[bu->n_addr++] = l->addr;
		if (t < bu->lifetime)
			bu->lifetime = t;
	}
}

/*
 * A Response must not be longer than its Init (amplification): a later BU has the other addresses.
 */
static void fit(struct signal *r, size_t limit)
{
	uint8_t buf[SIGNAL_MTU];

	while (r->bu[0].n_addr &&
	       signal_build(r, ah_icv_len(AH_HMAC_SHA256_128), buf, limit) == -EMSGSIZE)
		r->bu[0].n_addr--;
}

static unsigned personality_of(struct core *c, const struct in6_addr *local)
{
	const struct local_addr *l = local_find(c, local);

	return l ? l->personality : 0;
}

/* Sends the Response. old has the SA under which the Init came, to be replaced; NULL: none. */
static void send_response(struct core *c, const struct signal *s, const struct peer *old,
			  size_t limit, usec_t now)
{
	struct signal r = { .src = s->dst, .dst = s->src, .has_aap = true };
	struct aap_response *resp = &r.aap.response;
	unsigned personality = personality_of(c, &s->dst);
	const struct aap_keypair *own = &c->share[personality].pair;
	struct aap_run run = {
		.initiator = s->src, .responder = s->dst, .init = &s->aap.init, .response = resp
	};
	struct aap_state st = { .time = now, .spi_i = s->aap.init.spi };
	uint8_t nonce[AAP_SEAL_NONCE_LEN];
	/* Its one number is not reserved, as nothing is kept. */
	struct sa sa = { .class = SA_ANONYMOUS, .out_limit = UINT32_MAX };
	struct aap_keys keys, was;

	r.aap.kind = AAP_RESPONSE;
	resp->spi = st.spi_r = aap_draw_spi(c, personality, now);
	aap_random(c, resp->nonce, sizeof(resp->nonce));
	memcpy(resp->share, own->share, sizeof(resp->share));
	aap_random(c, (uint8_t *)&st.bu_seq, sizeof(st.bu_seq));
	if (old) {
		was = (struct aap_keys){ .ir = old->sa.in.key, .ri = old->sa.out.key };
		run.old = &was;
		st.old_spi = old->sa.in.spi;
		st.bu_seq = peer_next_bu(c, old->hce);
	}
	aap_random(c, nonce, sizeof(nonce));
	if (aap_secret_responder(own, &run, st.prk) < 0 ||
	    aap_keys_expand(st.prk, &keys) < 0 ||
	    aap_seal(c->seal[0].key, nonce, &s->src, &s->dst, &st, &resp->sealed) < 0) {
		aap_refuse(c, s, "AAP Init with a share that makes no key");
		return;
	}
	put_initial_bu(c, &r, st.bu_seq, old, now);
	sa.out = (struct sa_half){ st.spi_i, keys.ri };
	r.has_ah = true;
	fit(&r, limit);
	core_send_under(c, NULL, &sa, &r, now);
	aap_emit(c, NULL, &r, "Response sent");
	sa_wipe(&sa);
	aap_keys_wipe(&keys);
	aap_state_wipe(&st);
}

/* Whether the Init s is to be answered though the run t of ours, NULL: none, goes on. */
static bool outranks(const struct aap_try *t, const struct signal *s)
{
	return !t || aap_precedence(t->init.nonce, s->aap.init.nonce) < 0;
}

/*
 * If both initiate at once, the greater nonce stays initiator. Returns whether to answer the Init.
 */
static bool yields(struct core *c, const struct signal *s)
{
	struct foreign_addr *fa = foreign_find(c, &s->src);

	return outranks(fa ? fa->hce->aap : NULL, s);
}

/*
 * Returns whether an Init that comes while others are many is to be answered: it has a good cookie,
 * so its sender receives where it says, and its /64 has not had too many. A cookie is good for one
 * answer, until the initiator may have missed that.
 */
static bool has_cookie(struct core *c, const struct signal *s, usec_t now)
{
	const struct aap_init *init = &s->aap.init;
	struct answered *a;

	if (aap_retry_check(c->retry_secret, &s->src, &s->dst, init, now) < 0) {
		if (budget_take(c, BUDGET_RETRIES, &s->src, NULL, now))
			send_retry(c, s, now);
		return false;
	}
	a = &c->answered[init->cookie[AAP_COOKIE_LEN - 1] % COOKIES_MAX];
	if (now < a->until && !memcmp(a->cookie, init->cookie, sizeof(a->cookie))) {
		budget_exceeded(c, BUDGET_INITS, &s->src, NULL, now);
		return false;
	}
	if (!budget_take(c, BUDGET_INITS, &s->src, NULL, now) ||
	    !budget_take(c, BUDGET_ALL_INITS, &s->src, NULL, now))
		return false;
	memcpy(a->cookie, init->cookie, sizeof(a->cookie));
	a->until = usec_add(now, COOKIE_PAUSE);
	return true;
}

/*
 * A peer that was not told of our address s->dst takes it for another host's, and would end with
 * two entries for this one: it is told, under the SA there is. Returns whether it may not know yet;
 * if it repeats its Init nevertheless, it may have lost that SA.
 */
static bool tells_peer(struct core *c, const struct signal *s, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &s->src);
	const struct local_addr *l = local_find(c, &s->dst);
	struct hce *h = fa && fa->state == ADDR_ACTIVE ? fa->hce : NULL;

	if (!h || !h->sa || !hce_homeless(h) || !h->may_announce || hce_is_passing(h) || !l ||
	    l->personality != h->personality || bul_find(h, &s->dst))
		return false;
	bul_want(c, h, &s->dst, true);
	bu_flush(c, h, now);
	hce_arm(c, h, now);
	return bul_find(h, &s->dst);
}

static void on_init(struct core *c, const struct signal *s, size_t len, usec_t now)
{
	c->counter[COUNT_AAP_INITS]++;
	if (!addr_usable(&s->src) || local_ours(c, &s->src) || !aap_allowed(c, &s->src) ||
	    !yields(c, s))
		return;
	if ((busy(c, now) && !has_cookie(c, s, now)) || tells_peer(c, s, now))
		return;
	if (aap_refresh_secrets(c, personality_of(c, &s->dst), now))
		send_response(c, s, NULL, len, now);
}

bool aap_asks(struct core *c, const struct signal *s, usec_t now)
{
	const struct local_addr *l = local_find(c, &s->dst);

	return s->has_aap && !s->has_ah && s->aap.kind == AAP_INIT && l && l->usable &&
	       addr_usable(&s->src) && !may_learn(c, &s->dst, &s->src) &&
	       ratelimit_take(&c->questions, now);
}

void aap_renewal(struct core *c, const struct peer *p, const struct signal *s, size_t len,
		 usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &s->src);

	c->counter[COUNT_AAP_INITS]++;
	if (!fa || fa->hce != p->hce || fa->state != ADDR_ACTIVE)
		aap_refuse(c, s, "AAP Init under AH from an address that is not proven");
	else if (p->sa.class == SA_ANONYMOUS && p->hce->peer == p && outranks(p->hce->aap, s) &&
		 budget_take(c, BUDGET_RENEWALS, NULL, p->hce, now) &&
		 aap_refresh_secrets(c, personality_of(c, &s->dst), now))
		send_response(c, s, p, len, now);
}

/*
 * Returns whether the entry h, whose peer answered our Init at an address that s names as well,
 * claims the source of s: each of the two names the other, so they are one host (C1).
 */
static bool claims(struct core *c, const struct hce *h, const struct in6_addr *src)
{
	const struct foreign_addr *fa = foreign_find(c, src);

	return fa && (fa->hce == h || (fa->conflict && fa->conflict->claimant == h->id));
}

/* Returns the entry of fa if a run of ours has just made its SA and its peer is s's sender too. */
static struct hce *rival_at(struct core *c, const struct foreign_addr *fa, const struct signal *s,
			    usec_t now)
{
	struct hce *h = fa ? fa->hce : NULL;

	if (!h || !h->peer || !h->peer->initiated || h->peer->grace_until ||
	    fa->state != ADDR_ACTIVE || now >= usec_add(h->peer->made, RIVAL_AGE))
		return NULL;
	return claims(c, h, &s->src) ? h : NULL;
}

/*
 * Two hosts that call each other in the same moment, between different pairs of addresses, run AAP
 * twice. Returns the entry that our run has made with the sender of this Confirm, NULL: none.
 */
static struct hce *rival(struct core *c, const struct signal *s, usec_t now)
{
	struct hce *h = rival_at(c, foreign_find(c, &s->src), s, now);

	for (unsigned i = 0; i < s->n_bu && !h; i++)
		for (unsigned k = 0; s->bu[i].lifetime && k < s->bu[i].n_addr && !h; k++)
			h = rival_at(c, foreign_find(c, &s->bu[i].addr[k]), s, now);
	return h;
}

/*
 * A host that completed AAP is reachable at its address. If that is in the entry of another peer,
 * a conflict is opened (X6). Returns whether the host may have the address now; if not, a later
 * Confirm finds the conflict decided.
 */
static bool settle_claim(struct core *c, const struct signal *s, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &s->src);

	if (!fa || !fa->hce->sa)
		return true;
	conflict_open(c, fa, NULL, &s->dst, now);
	return false;
}

/* Compares two pairs of SPIs, of which a host does not know who drew which. */
static int compare_spis(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	uint64_t one = a > b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a,
		 two = c > d ? (uint64_t)c << 32 | d : (uint64_t)d << 32 | c;

	return one < two ? -1 : one > two;
}

/*
 * Of two runs between the same hosts the one with the greater SPIs stays, at both ends. Returns
 * whether that is the Confirm's, not the one that made h's SA, which retires then.
 */
static bool retires(struct core *c, struct hce *h, const struct aap_state *st, usec_t now)
{
	const struct sa *sa = &h->peer->sa;

	if (!h->aap || !h->aap->confirming ||
	    compare_spis(sa->in.spi, sa->out.spi, st->spi_i, st->spi_r) > 0)
		return false;
	peer_retire(c, h->peer, now);
	return true;
}

/* The same for a first contact: h takes the Confirm's SA, and begins anew. */
static bool yields_to_confirm(struct core *c, struct hce *h, const struct aap_state *st, usec_t now)
{
	if (!retires(c, h, st, now))
		return false;
	bul_restart(c, h);
	return true;
}

/* Returns the entry without an SA that has the address, or a new one; NULL: none. */
static struct hce *entry_for(struct core *c, const struct signal *s, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &s->src);

	if (fa && !fa->hce->sa)
		return fa->hce;
	return hce_answer(c, &s->dst, &s->src, now);
}

/*
 * Returns the entry whose SA the Confirm replaces. NULL: that was replaced already, or a run of
 * ours is about to, which stays.
 */
static struct hce *replace_old(struct core *c, const struct aap_state *st, usec_t now)
{
	struct peer *old = peer_by_spi(c, st->old_spi);
	struct hce *h = old && !old->grace_until ? old->hce : NULL;

	if (!h || (h->peer != old && !retires(c, h, st, now)))
		return NULL;
	peer_retire(c, old, now);
	return h;
}

/*
 * Even if the Update that comes along is refused, the peer's address is in its entry from now on:
 * no other is made there.
 */
static void add_source(struct core *c, struct hce *h, const struct in6_addr *src, usec_t now)
{
	if (!foreign_find(c, src))
		foreign_add(c, h, src, ADDR_TENTATIVE, LIFETIME_ABSOLUTE,
			    c->config.default_lifetime * USEC_PER_SEC, "comes with a Confirm", now);
}

static struct peer *on_confirm(struct core *c, const struct signal *s, const uint8_t *pkt,
			       size_t len, usec_t now)
{
	struct aap_state st;
	struct aap_keys keys;
	struct hce *h = NULL, *own;
	struct peer *p = NULL;

	if (!aap_unseal_confirm(c, s, now, &st)) {
		aap_refuse(c, s, "AAP Confirm with a state that is not ours, or too old");
		return NULL;
	}
	if (aap_keys_expand(st.prk, &keys) < 0 || ah_verify(pkt, len, &keys.ir) < 0) {
		aap_refuse(c, s, "AAP Confirm with wrong ICV");
		goto out;
	}
	own = st.old_spi ? NULL : rival(c, s, now);
	if (st.old_spi)
		h = replace_old(c, &st, now);
	else if (own)
		h = yields_to_confirm(c, own, &st, now) ? own : NULL;
	else if (s->n_bu && settle_claim(c, s, now))
		h = entry_for(c, s, now);
	if (!h)
		goto out;
	aap_abort(h);
	p = peer_make_anonymous(c, h, &(struct sa_half){ st.spi_r, keys.ir },
				&(struct sa_half){ st.spi_i, keys.ri }, now);
	if (!p)
		goto out;
	p->sa.out_seq = p->sa.out_limit = 1;	/* the Response's */
	add_source(c, h, &s->src, now);
	ah_replay_update(&p->sa.replay, s->ah_seq);
	if (!st.old_spi)
		bu_assume_sent(c, h, &s->dst, st.bu_seq, now);
	c->counter[COUNT_AAP_CONFIRMED]++;
	aap_emit(c, h, s, "Confirm heard");
out:
	aap_state_wipe(&st);
	aap_keys_wipe(&keys);
	return p;
}

struct peer *aap_receive(struct core *c, const struct signal *s, const uint8_t *pkt, size_t len,
			 usec_t now)
{
	switch (s->aap.kind) {
	case AAP_INIT:
		on_init(c, s, len, now);
		return NULL;
	case AAP_RETRY:
		aap_receive_retry(c, s, now);
		return NULL;
	case AAP_RESPONSE:
		return aap_receive_response(c, s, pkt, len, now);
	case AAP_CONFIRM:
		return on_confirm(c, s, pkt, len, now);
	}
	return NULL;
}
