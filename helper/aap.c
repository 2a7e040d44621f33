/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Anonymous Authentication Protocol (homelessv6 2.4.3, A.2; hmip-aap(7)): how a pair of SAs comes to be between hosts that
 * share no keys. The initiator's half lives in its entry; the responder's half keeps nothing before the Confirm (X4).
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "aap_initiator.h"
#include "aap_responder.h"
#include "aap_secrets.h"
#include "aap_try.h"
#include "action.h"
#include "addr.h"
#include "addr_conflict.h"
#include "bu_send.h"
#include "bul.h"
#include "foreign.h"
#include "lifecycle.h"
#include "local.h"
#include "nonpeer.h"
#include "peer.h"
#include "retry.h"
#include "send.h"

#define AAP_TRIES	4			/* Inits without an answer before the peer counts as plain */
#define AAP_TIMEOUT	USEC_PER_SEC		/* for the first; then doubled */
#define AAP_BAD_RESPONSES	8		/* that may fail before the run ends */
#define AAP_BUSY	200			/* Inits a second above which a cookie is asked for first */
#define RENEW_AGE	(24 * 3600 * USEC_PER_SEC)	/* what is older, or has sent more, gets new keys */
#define RENEW_PACKETS	(UINT32_C(1) << 31)
#define RENEW_RETRY	(3600 * USEC_PER_SEC)
#define CONFIRM_LIFETIME	(60 * USEC_PER_SEC)	/* for how long a Confirm is repeated */
#define REVIVE_AFTER	(5 * USEC_PER_SEC)	/* Updates unanswered for so long; then doubled */

static void aap_random(struct core *c, uint8_t *buf, size_t len)
{
	uint8_t nonce[CHALLENGE_LEN];

	while (len > 0) {
		size_t n = len < sizeof(nonce) ? len : sizeof(nonce);

		core_nonce(c, nonce);
		memcpy(buf, nonce, n);
		buf += n;
		len -= n;
	}
}

static void aap_emit(struct core *c, const struct hce *h, const struct signal *s, const char *what)
{
	core_tell(c, EVENT_AAP, h, &s->src, &s->dst, 0, what);
}

static void aap_refuse(struct core *c, const struct signal *s, const char *why)
{
	c->counter[COUNT_AAP_REFUSED]++;
	core_tell(c, EVENT_DROPPED, NULL, &s->dst, &s->src, 0, why);
}

/*
 * An SPI nobody has. All anonymous ones of a host share their upper half, so that the datapath can tell AH that is ours
 * before there is state for it.
 */
static uint32_t aap_draw_spi(struct core *c, usec_t now)
{
	uint16_t low;
	uint32_t spi;

	do {
		aap_random(c, (uint8_t *)&low, sizeof(low));
		spi = c->spi_range | low;
	} while (!low || peer_by_spi(c, spi) || peer_ended(c, spi, now));
	return spi;
}

void aap_open(struct core *c)
{
	uint16_t high;

	/* IKE daemons draw theirs from 0xc0000000 on; below 0x40000000 is where people configure by hand. */
	aap_random(c, (uint8_t *)&high, sizeof(high));
	c->spi_range = 0x40000000 | (uint32_t)(high & 0x3fff) << 16;
	core_act(c, ACTION_SPI, NULL)->spi = c->spi_range;
	aap_random(c, c->retry_secret, sizeof(c->retry_secret));
}

/* Keys for sealing, and the shares of Responses, are used for so long and no longer. */
static bool aap_refresh_secrets(struct core *c, usec_t now)
{
	uint8_t random[AAP_SHARE_LEN];

	if (!c->seal[0].until || now >= c->seal[0].until) {
		c->seal[1] = c->seal[0];
		aap_random(c, c->seal[0].key, sizeof(c->seal[0].key));
		c->seal[0].until = usec_add(now, AAP_STATE_LIFETIME * USEC_PER_SEC);
	}
	if (!c->share_until || now >= c->share_until) {
		aap_random(c, random, sizeof(random));
		if (aap_keypair_make(random, &c->share) < 0)
			return false;
		c->share_until = usec_add(now, AAP_SHARE_LIFETIME * USEC_PER_SEC);
	}
	return true;
}

/* Initiator */

static void send_init(struct core *c, struct hce *h, usec_t now)
{
	struct aap_try *t = h->aap;
	struct signal s = { .src = t->src, .dst = t->dst, .has_aap = true };

	s.aap.kind = AAP_INIT;
	s.aap.init = t->init;
	t->next = usec_add(now, AAP_TIMEOUT << t->sent++);
	core_wake(c, t->next);
	if ((t->renewing ? core_send_under(c, h, h->sa, &s) : core_send_open(c, h, &s)) == 0)
		aap_emit(c, h, &s, "Init sent");
}

static bool may_start(struct core *c, const struct hce *h, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &h->pair.foreign);

	if (h->sa || h->aap || !h->may_announce || !h->initiated || (fa && fa->contest))
		return false;
	return core_probes(c, &h->pair.foreign) && !plain_find(c, &h->pair.foreign, now);
}

static void begin(struct core *c, struct hce *h, bool renewing, usec_t now)
{
	const struct local_addr *l = binding_source(c, h);
	uint8_t random[AAP_SHARE_LEN];
	struct aap_try *t = l ? calloc(1, sizeof(*t)) : NULL;

	if (!t)
		return;
	h->aap = t;
	t->renewing = renewing;
	aap_random(c, random, sizeof(random));
	if (aap_keypair_make(random, &t->own) < 0) {
		aap_forget(h);
		return;
	}
	t->src = l->addr;
	t->dst = h->pair.foreign;
	t->init.spi = aap_draw_spi(c, now);
	aap_random(c, t->init.nonce, sizeof(t->init.nonce));
	memcpy(t->init.share, t->own.share, sizeof(t->init.share));
	send_init(c, h, now);
}

void aap_start(struct core *c, struct hce *h, usec_t now)
{
	if (!may_start(c, h, now))
		return;
	hce_set_status(c, h, PEER_UNKNOWN);
	begin(c, h, false, now);
}

/*
 * Connections hear something on the pair, but no Update is answered: the peer may have lost its
 * state, and the SA with it.
 */
static bool is_lost(struct core *c, const struct hce *h, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &h->pair.foreign);

	return h->asked && now >= usec_add(h->asked, REVIVE_AFTER) && now >= h->revive && fa && fa->hce == h &&
	       fa->heard > h->asked;
}

static void revive(struct core *c, struct hce *h, usec_t now)
{
	usec_t wait = h->revive_wait ? 2 * h->revive_wait : REVIVE_AFTER;

	h->revive_wait = wait < RENEW_RETRY ? wait : RENEW_RETRY;
	h->revive = usec_add(now, h->revive_wait);
	begin(c, h, true, now);
	if (h->aap)
		h->aap->reviving = true;
}

/* Keys do not last for ever: who asked for them asks for new ones, under the old. */
static void renew(struct core *c, struct hce *h, usec_t now)
{
	const struct peer *p = h->peer;
	usec_t due;

	if (!p || p->sa.class != SA_ANONYMOUS || !h->initiated)
		return;
	if (is_lost(c, h, now)) {
		revive(c, h, now);
		return;
	}
	due = usec_add(p->made, RENEW_AGE);
	if (p->sa.out_seq >= RENEW_PACKETS || p->sa.replay.top >= RENEW_PACKETS)
		due = now;
	if (now >= due)
		begin(c, h, true, now);
	else
		core_wake(c, due);
}

/* S7: what stays silent, or answers without being able to go on, is left alone for a while. */
static void give_up(struct core *c, struct hce *h, usec_t now)
{
	if (h->aap->reviving) {
		aap_forget(h);
		return;
	}
	if (h->aap->renewing) {
		h->peer->made = now - RENEW_AGE + RENEW_RETRY;
		aap_forget(h);
		return;
	}
	plain_note(c, &h->aap->dst, now);
	aap_forget(h);
	hce_set_status(c, h, PEER_PLAIN);
}

void aap_expire(struct core *c, struct hce *h, usec_t now)
{
	struct aap_try *t = h->aap;
	const struct local_addr *l = t ? local_find(c, &t->src) : NULL;

	if (!t) {
		renew(c, h, now);
		return;
	}
	if (now < t->next) {
		core_wake(c, t->next);
		return;
	}
	if (t->confirming) {
		/* the peer never heard a Confirm, or does not want us */
		if (!t->renewing)
			peer_detach(c, h, now);
		give_up(c, h, now);
	} else if (!l || !l->usable) {
		bool renewing = t->renewing, reviving = t->reviving;

		aap_forget(h);
		begin(c, h, renewing, now);
		if (h->aap)
			h->aap->reviving = reviving;
	} else if (t->sent >= AAP_TRIES) {
		give_up(c, h, now);
	} else {
		send_init(c, h, now);
	}
}

static struct hce *try_by_spi(struct core *c, uint32_t spi)
{
	struct hce *h, *next;

	HASH_ITER(hh, c->entries, h, next)
		if (h->aap && !h->aap->confirming && h->aap->init.spi == spi)
			return h;
	return NULL;
}

static void aap_receive_retry(struct core *c, const struct signal *s, usec_t now)
{
	const struct aap_retry *r = &s->aap.retry;
	struct foreign_addr *fa = foreign_find(c, &s->src);
	struct aap_try *t = fa ? fa->hce->aap : NULL;

	/* One cookie a run: whoever sees our Init must not make us send it for ever. */
	if (!t || t->confirming || t->init.has_cookie || memcmp(r->nonce, t->init.nonce, sizeof(r->nonce)) ||
	    !addr_equal(&t->dst, &s->src) || !addr_equal(&t->src, &s->dst)) {
		aap_refuse(c, s, "unexpected Retry");
		return;
	}
	t->init.has_cookie = true;
	memcpy(t->init.cookie, r->cookie, sizeof(t->init.cookie));
	t->sent = 0;
	send_init(c, fa->hce, now);
}

/* The first round trip with a peer: what comes next is repeated at its rate. Karn: what was sent twice measures nothing. */
static void measure(struct hce *h, usec_t now)
{
	usec_t sent = h->aap->next - AAP_TIMEOUT;

	if (!h->srtt && h->aap->sent == 1 && now > sent)
		h->srtt = now - sent;
}

static int verify_response(const struct aap_try *t, const struct aap_run *run, const uint8_t *pkt, size_t len,
			   struct aap_keys *ret)
{
	uint8_t prk[AAP_PRK_LEN];
	int r = aap_secret_initiator(&t->own, run, prk);

	if (r == 0)
		r = aap_keys_expand(prk, ret);
	OPENSSL_cleanse(prk, sizeof(prk));
	return r < 0 ? r : ah_verify(pkt, len, &ret->ri);
}

/* h's peer does not have the old SA, so it has lost all it knew of us, and where its numbers were. */
static void begin_anew(struct core *c, struct hce *h, usec_t now)
{
	h->seq_in_valid = false;
	h->knows_us = false;
	binding_forget(c, h, now);
}

/* The Response makes the initiator's SA; from then on its packets bear the Confirm until one is acknowledged. */
static struct peer *aap_receive_response(struct core *c, const struct signal *s, const uint8_t *pkt, size_t len, usec_t now)
{
	struct hce *h = try_by_spi(c, s->spi);
	struct aap_try *t = h ? h->aap : NULL;
	struct aap_run run = { .initiator = s->dst, .responder = s->src, .response = &s->aap.response };
	struct aap_keys keys, old;
	struct peer *p = NULL, *replaced;
	bool forgotten = false;
	int r;

	if (!t || !addr_equal(&t->src, &s->dst) || !addr_equal(&t->dst, &s->src)) {
		aap_refuse(c, s, "unexpected AAP Response");
		return NULL;
	}
	run.init = &t->init;
	if (t->renewing) {
		old = (struct aap_keys){ .ir = h->sa->out.key, .ri = h->sa->in.key };
		run.old = &old;
	}
	r = verify_response(t, &run, pkt, len, &keys);
	if (r < 0 && t->reviving && h->asked) {
		run.old = NULL;
		r = verify_response(t, &run, pkt, len, &keys);
		forgotten = r == 0;
	}
	if (r < 0) {
		aap_refuse(c, s, "AAP Response with wrong ICV");
		if (++t->bad == AAP_BAD_RESPONSES)
			give_up(c, h, now);	/* each costs us a multiplication */
		goto out;
	}
	measure(h, now);
	replaced = h->peer;
	p = peer_make_anonymous(c, h, &(struct sa_half){ t->init.spi, keys.ri },
				&(struct sa_half){ s->aap.response.spi, keys.ir }, now);
	if (!p)
		goto out;
	if (replaced)
		peer_retire(c, replaced, now);
	ah_replay_update(&p->sa.replay, s->ah_seq);
	t->confirming = true;
	t->sealed = s->aap.response.sealed;
	t->next = usec_add(now, CONFIRM_LIFETIME);
	core_wake(c, t->next);
	aap_keypair_wipe(&t->own);
	binding_want_all(c, h, now);
	if (forgotten)
		begin_anew(c, h, now);
	else if (t->renewing)
		binding_renew(c, h, now);	/* something must carry the Confirm */
	aap_emit(c, h, s, "Response heard");
out:
	aap_keys_wipe(&keys);
	return p;
}

void aap_problem(struct core *c, const struct signal *quoted, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &quoted->dst);
	struct aap_try *t = fa ? fa->hce->aap : NULL;

	/* Who has lost the SA cannot read the AH of an Init under it, and its kernel says so. */
	if (!t || t->confirming || t->reviving || !quoted->has_aap || quoted->aap.kind != AAP_INIT ||
	    memcmp(quoted->aap.init.nonce, t->init.nonce, sizeof(t->init.nonce)))
		return;
	core_tell(c, EVENT_AAP, fa->hce, &quoted->src, &quoted->dst, 0, "Parameter Problem heard");
	give_up(c, fa->hce, now);
}

/* Responder */

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
	if (aap_retry_make(c->retry_secret, &s->src, &s->dst, &s->aap.init, now, &r.aap.retry) < 0 ||
	    core_send_open(c, NULL, &r) < 0)
		return;
	c->counter[COUNT_AAP_RETRIES]++;
}

/* The Initial BU that goes with a Response is made of nothing but the local addresses: there is no entry to keep it in. */
static void put_initial_bu(struct core *c, struct signal *s, uint16_t seq, bool known, usec_t now)
{
	struct binding_update *bu = &s->bu[s->n_bu++];
	const struct local_addr *src = local_find(c, &s->src);
	struct local_addr *l, *next;

	s->has_home = !known;
	s->home = s->src;
	bu->flags = BU_ACK;
	bu->seq = seq;
	bu->lifetime = binding_lifetime(c, &s->src, now);
	bu->homeless = !known;
	bu->names_source = true;
	HASH_ITER(hh, c->locals, l, next) {
		uint32_t t = binding_lifetime(c, &l->addr, now);

		if (!l->usable || !src || l->personality != src->personality || addr_equal(&l->addr, &s->src) ||
		    bu->n_addr == BU_ADDRS_MAX)
			continue;
		bu->addr[bu->n_addr++] = l->addr;
		if (t < bu->lifetime)
			bu->lifetime = t;
	}
}

/* No Response is longer than its Init, lest we amplify: if need be it names fewer addresses, and a later BU the rest. */
static void fit(struct signal *r, size_t limit)
{
	uint8_t buf[SIGNAL_MTU];

	while (r->bu[0].n_addr && signal_build(r, ah_icv_len(AH_HMAC_SHA256_128), buf, limit) == -EMSGSIZE)
		r->bu[0].n_addr--;
}

/* old: whose SA the Init came under, to be replaced; NULL: nobody's. */
static void send_response(struct core *c, const struct signal *s, const struct peer *old, size_t limit, usec_t now)
{
	struct signal r = { .src = s->dst, .dst = s->src, .has_aap = true };
	struct aap_response *resp = &r.aap.response;
	struct aap_run run = { .initiator = s->src, .responder = s->dst, .init = &s->aap.init, .response = resp };
	struct aap_state st = { .time = now, .spi_i = s->aap.init.spi };
	uint8_t nonce[AAP_SEAL_NONCE_LEN];
	struct sa sa = { .class = SA_ANONYMOUS };
	struct aap_keys keys, was;

	r.aap.kind = AAP_RESPONSE;
	resp->spi = st.spi_r = aap_draw_spi(c, now);
	aap_random(c, resp->nonce, sizeof(resp->nonce));
	memcpy(resp->share, c->share.share, sizeof(resp->share));
	aap_random(c, (uint8_t *)&st.bu_seq, sizeof(st.bu_seq));
	if (old) {
		was = (struct aap_keys){ .ir = old->sa.in.key, .ri = old->sa.out.key };
		run.old = &was;
		st.old_spi = old->sa.in.spi;
		st.bu_seq = ++old->hce->seq_out;
	}
	aap_random(c, nonce, sizeof(nonce));
	if (aap_secret_responder(&c->share, &run, st.prk) < 0 || aap_keys_expand(st.prk, &keys) < 0 ||
	    aap_seal(c->seal[0].key, nonce, &s->src, &s->dst, &st, &resp->sealed) < 0) {
		aap_refuse(c, s, "AAP Init with a share that makes no key");
		return;
	}
	put_initial_bu(c, &r, st.bu_seq, old, now);
	sa.out = (struct sa_half){ st.spi_i, keys.ri };
	r.has_ah = true;
	fit(&r, limit);
	core_send_under(c, NULL, &sa, &r);
	aap_emit(c, NULL, &r, "Response sent");
	sa_wipe(&sa);
	aap_keys_wipe(&keys);
	aap_state_wipe(&st);
}

/* Both called at once: the one whose nonce is greater stays initiator. Returns whether the Init is to be answered. */
static bool yields(struct core *c, const struct signal *s)
{
	struct foreign_addr *fa = foreign_find(c, &s->src);
	struct aap_try *t = fa ? fa->hce->aap : NULL;

	return !t || aap_precedence(t->init.nonce, s->aap.init.nonce) < 0;
}

static void on_init(struct core *c, const struct signal *s, size_t len, usec_t now)
{
	c->counter[COUNT_AAP_INITS]++;
	if (!addr_usable(&s->src) || local_ours(c, &s->src) || !core_probes(c, &s->src) || !yields(c, s))
		return;
	if (busy(c, now) && aap_retry_check(c->retry_secret, &s->src, &s->dst, &s->aap.init, now) < 0) {
		send_retry(c, s, now);
		return;
	}
	if (aap_refresh_secrets(c, now))
		send_response(c, s, NULL, len, now);
}

void aap_renewal(struct core *c, const struct peer *p, const struct signal *s, size_t len, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &s->src);

	c->counter[COUNT_AAP_INITS]++;
	if (!fa || fa->hce != p->hce || fa->state != ADDR_ACTIVE)
		aap_refuse(c, s, "AAP Init under AH from an address that is not proven");
	else if (p->sa.class == SA_ANONYMOUS && p->hce->peer == p && aap_refresh_secrets(c, now))
		send_response(c, s, p, len, now);
}

/*
 * X6: whoever completes AAP has shown that it can be reached at its address. If that is in the entry of another peer, that
 * one is asked, too. Returns whether the newcomer may have the address now; else a later Confirm will tell.
 */
static bool settle_claim(struct core *c, const struct signal *s, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &s->src);

	if (!fa || !fa->hce->sa)
		return true;
	contest_claim(c, fa, NULL, &s->dst, now);
	return false;
}

static bool aap_unseal_confirm(struct core *c, const struct signal *s, usec_t now, struct aap_state *ret)
{
	for (unsigned i = 0; i < 2; i++)
		if (c->seal[i].until &&
		    aap_unseal(c->seal[i].key, &s->src, &s->dst, &s->aap.confirm.sealed, now, ret) == 0)
			return ret->spi_r == s->spi && !peer_ended(c, s->spi, now);
	return false;
}

/* The entry of who has been known by address only: its connections are what AAP was run for. */
static struct hce *entry_for(struct core *c, const struct signal *s, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &s->src);

	if (fa && !fa->hce->sa)
		return fa->hce;
	return hce_room(c, &s->src) ? hce_create(c, NULL, &s->dst, false, now) : NULL;
}

/* The entry whose SA a run under that SA replaces, if it is the current one still. */
static struct hce *replace_old(struct core *c, uint32_t spi, usec_t now)
{
	struct peer *old = peer_by_spi(c, spi);

	if (!old || !old->hce || old->hce->peer != old)
		return NULL;
	peer_retire(c, old, now);
	return old->hce;
}

static struct peer *on_confirm(struct core *c, const struct signal *s, const uint8_t *pkt, size_t len, usec_t now)
{
	struct aap_state st;
	struct aap_keys keys;
	struct hce *h = NULL;
	struct peer *p = NULL;

	if (!aap_unseal_confirm(c, s, now, &st)) {
		aap_refuse(c, s, "AAP Confirm with a state that is not ours, or too old");
		return NULL;
	}
	if (aap_keys_expand(st.prk, &keys) < 0 || ah_verify(pkt, len, &keys.ir) < 0) {
		aap_refuse(c, s, "AAP Confirm with wrong ICV");
		goto out;
	}
	if (st.old_spi)
		h = replace_old(c, st.old_spi, now);
	else if (s->n_bu && settle_claim(c, s, now))
		h = entry_for(c, s, now);
	if (!h)
		goto out;
	aap_forget(h);
	p = peer_make_anonymous(c, h, &(struct sa_half){ st.spi_r, keys.ir }, &(struct sa_half){ st.spi_i, keys.ri }, now);
	if (!p)
		goto out;
	p->sa.out_seq = 1;	/* the Response's */
	ah_replay_update(&p->sa.replay, s->ah_seq);
	if (!st.old_spi)
		binding_assume_sent(c, h, st.bu_seq, now);
	c->counter[COUNT_AAP_CONFIRMED]++;
	aap_emit(c, h, s, "Confirm heard");
out:
	aap_state_wipe(&st);
	aap_keys_wipe(&keys);
	return p;
}

struct peer *aap_receive(struct core *c, const struct signal *s, const uint8_t *pkt, size_t len, usec_t now)
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
