/* SPDX-License-Identifier: BSD-2-Clause */
/* The initiator of AAP (hmip-aap(7)): its run lives in the entry it makes an SA for (aap_try). */
#include "aap_initiator.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "aap_secrets.h"
#include "aap_try.h"
#include "action.h"
#include "addr.h"
#include "bul.h"
#include "entry.h"
#include "foreign.h"
#include "lifecycle.h"
#include "local.h"
#include "nonpeer.h"
#include "pair.h"
#include "pcb.h"
#include "peer.h"
#include "retry.h"
#include "send.h"
#include "status.h"

#define AAP_TRIES	4			/* Inits without an answer before the
						 * peer counts as plain */
#define AAP_TIMEOUT	USEC_PER_SEC		/* for the first; then doubled */
#define AAP_BAD_RESPONSES	8		/* that may fail before the run ends */
#define RENEW_PACKETS	(UINT32_C(1) << 31)	/* keys that sent more are replaced */
#define RENEW_AGE_MIN	(10 * USEC_PER_SEC)
#define RENEW_RETRY	(3600 * USEC_PER_SEC)
#define CONFIRM_LIFETIME	(60 * USEC_PER_SEC)	/* for how long a Confirm is repeated */
#define RECOVER_AFTER	(5 * USEC_PER_SEC)	/* Updates unanswered for so long; then doubled */

static void send_init(struct core *c, struct hce *h, usec_t now)
{
	struct aap_try *t = h->aap;
	struct signal s = { .src = t->src, .dst = t->dst, .has_aap = true };

	s.aap.kind = AAP_INIT;
	s.aap.init = t->init;
	t->next = usec_add(now, AAP_TIMEOUT << t->sent++);
	hce_arm(c, h, t->next);
	if ((t->renewing ? core_send_under(c, h, h->sa, &s, now)
			 : core_send_open(c, h, &s, now)) == 0)
		aap_emit(c, h, &s, "Init sent");
}

static bool may_start(struct core *c, const struct hce *h, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &h->pair.foreign);

	if (h->sa || h->aap || !h->may_announce || !h->initiated || (fa && fa->conflict) ||
	    !(status_may(h->status) & STATUS_MAY_ASK))
		return false;
	return aap_allowed(c, &h->pair.foreign) && !nonpeer_find(c, &h->pair.foreign, now);
}

static void begin(struct core *c, struct hce *h, const struct in6_addr *dst, bool renewing,
		  usec_t now)
{
	const struct local_addr *l = retry_source(c, h);
	uint8_t random[AAP_SHARE_LEN];
	struct aap_try *t = l ? calloc(1, sizeof(*t)) : NULL;

	if (!t)
		return;
	h->aap = t;
	t->renewing = renewing;
	aap_random(c, random, sizeof(random));
	if (aap_keypair_make(random, &t->own) < 0) {
		aap_abort(h);
		return;
	}
	t->src = l->addr;
	t->dst = *dst;
	t->init.spi = aap_draw_spi(c, h->personality, now);
	aap_random(c, t->init.nonce, sizeof(t->init.nonce));
	memcpy(t->init.share, t->own.share, sizeof(t->init.share));
	send_init(c, h, now);
}

void aap_start(struct core *c, struct hce *h, usec_t now)
{
	if (!may_start(c, h, now))
		return;
	hce_status_event(c, h, STATUS_ASKED);
	begin(c, h, &h->pair.foreign, false, now);
}

/* Whether a host is at fa, though not one that the SA means something to. */
static bool is_there_without(const struct hce *h, const struct foreign_addr *fa, usec_t now)
{
	if (h->refused)
		return true;
	if (h->answered && addr_equal(&h->answered_at, &fa->addr))
		return now >= usec_add(h->answered, RECOVER_AFTER);
	return h->unanswered_since && now >= usec_add(h->unanswered_since, RECOVER_AFTER) &&
	       fa->heard > h->unanswered_since;
}

/*
 * Returns where somebody is though nothing comes under the SA: the peer may have lost its state,
 * and the SA with it. NULL: nowhere. That is where the entry's data goes, if there may be any: who
 * is elsewhere must not get it.
 */
static const struct in6_addr *sa_may_be_lost(struct core *c, const struct hce *h, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &h->pair.foreign);

	if (h->answered && !hce_in_use(h))
		fa = foreign_find(c, &h->answered_at);
	if (now < h->recover_at || !fa || fa->hce != h || !is_there_without(h, fa, now))
		return NULL;
	return &fa->addr;
}

static void recover(struct core *c, struct hce *h, const struct in6_addr *dst, usec_t now)
{
	usec_t wait = h->recover_wait ? 2 * h->recover_wait : RECOVER_AFTER;

	h->recover_wait = wait < RENEW_RETRY ? wait : RENEW_RETRY;
	h->recover_at = usec_add(now, h->recover_wait);
	if (peer_swap(c, h) && h->peer->made > peer_by_spi(c, h->peer->alternate)->made) {
		bul_reannounce(h);	/* bu_flush() asks under the newer ones first */
		return;
	}
	begin(c, h, dst, true, now);
	if (h->aap)
		h->aap->recovering = true;
}

/*
 * The peer chooses its numbers, and whether a run fails: neither makes the next one follow at once.
 */
static void note_used_up(struct peer *p)
{
	if (p->used_up || (p->sa.out_seq < RENEW_PACKETS && p->sa.replay.top < RENEW_PACKETS))
		return;
	p->used_up = true;
	p->renew_at = usec_add(p->made, RENEW_AGE_MIN);
}

/* The initiator replaces keys that are old, or much used, by a run under the present SA. */
static void renew(struct core *c, struct hce *h, usec_t now)
{
	struct peer *p = h->peer;
	const struct in6_addr *lost_at;

	if (!p || p->sa.class != SA_ANONYMOUS || !h->initiated)
		return;
	lost_at = sa_may_be_lost(c, h, now);
	if (lost_at) {
		recover(c, h, lost_at, now);
		return;
	}
	if (h->answered && now < usec_add(h->answered, RECOVER_AFTER))
		hce_arm(c, h, usec_add(h->answered, RECOVER_AFTER));
	else if (h->answered && now < h->recover_at)
		hce_arm(c, h, h->recover_at);
	note_used_up(p);
	if (now >= p->renew_at)
		begin(c, h, &h->pair.foreign, true, now);
	else
		hce_arm(c, h, p->renew_at);
}

/* The Confirm was not answered: the peer may have it nevertheless, so both pairs of keys stay. */
static void return_to_old(struct core *c, struct hce *h, usec_t now)
{
	const struct aap_try *t = h->aap;
	struct peer *old = t->confirming ? peer_by_spi(c, t->old_spi) : NULL;

	if (!old || old->hce != h)
		return;
	event_emit(c, EVENT_AAP, h, &t->src, &t->dst, 0,
		   "Confirm not answered: back to the earlier keys");
	peer_return(c, h, old, usec_add(now, RENEW_RETRY));
}

/* The run failed. A host without an SA enters the negative cache (S7), a renewal is tried later. */
static void give_up(struct core *c, struct hce *h, usec_t now, enum status_event why)
{
	return_to_old(c, h, now);
	if (h->aap->recovering) {
		aap_abort(h);
		return;
	}
	if (h->aap->renewing) {
		h->peer->renew_at = usec_add(now, RENEW_RETRY);
		aap_abort(h);
		return;
	}
	nonpeer_add(c, &h->aap->dst, now);
	aap_abort(h);
	hce_status_event(c, h, why);
}

/*
 * The keys of a first contact, which the peer never acknowledged, go, and with them what it named
 * and nobody can prove without keys.
 */
static void lose_keys(struct core *c, struct hce *h, usec_t now)
{
	struct foreign_addr *fa, *next;

	DL_FOREACH_SAFE(h->addrs, fa, next) {
		if (fa->state == ADDR_TENTATIVE)
			foreign_remove(c, fa);
		else
			foreign_end_check(fa);
	}
	peer_detach(c, h, now);
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
		hce_arm(c, h, t->next);
		return;
	}
	if (t->confirming) {
		/* No Confirm arrived, or the peer refuses the SA. */
		if (!t->renewing)
			lose_keys(c, h, now);
		give_up(c, h, now, STATUS_SILENT);
	} else if (!l || !l->usable) {
		bool renewing = t->renewing, recovering = t->recovering;
		struct in6_addr dst = t->dst;

		aap_abort(h);
		begin(c, h, &dst, renewing, now);
		if (h->aap)
			h->aap->recovering = recovering;
	} else if (t->sent >= AAP_TRIES) {
		give_up(c, h, now, STATUS_SILENT);
	} else {
		send_init(c, h, now);
	}
}

/* Returns the entry whose Init s answers, as its addresses and SPI say; NULL if there is none. */
static struct hce *asked_by(struct core *c, const struct signal *s)
{
	const struct foreign_addr *fa = foreign_find(c, &s->src);
	const struct aap_try *t = fa ? fa->hce->aap : NULL;

	return t && !t->confirming && t->init.spi == s->spi && addr_equal(&t->src, &s->dst) &&
	       addr_equal(&t->dst, &s->src) ? fa->hce : NULL;
}

void aap_receive_retry(struct core *c, const struct signal *s, usec_t now)
{
	const struct aap_retry *r = &s->aap.retry;
	struct foreign_addr *fa = foreign_find(c, &s->src);
	struct aap_try *t = fa ? fa->hce->aap : NULL;

	/* One cookie a run: a host that sees our Init must not make us send without end. */
	if (!t || t->confirming || t->init.has_cookie ||
	    memcmp(r->nonce, t->init.nonce, sizeof(r->nonce)) || !addr_equal(&t->dst, &s->src) ||
	    !addr_equal(&t->src, &s->dst)) {
		aap_refuse(c, s, "unexpected Retry");
		return;
	}
	t->init.has_cookie = true;
	memcpy(t->init.cookie, r->cookie, sizeof(t->init.cookie));
	t->sent = 0;
	send_init(c, fa->hce, now);
}

/* Initial estimate of the round trip. Karn's algorithm: no measurement of a retransmitted Init. */
static void measure(struct hce *h, usec_t now)
{
	usec_t sent = h->aap->next - AAP_TIMEOUT;

	if (!h->srtt && h->aap->sent == 1 && now > sent)
		h->srtt = now - sent;
}

static int verify_response(const struct aap_try *t, const struct aap_run *run, const uint8_t *pkt,
			   size_t len, struct aap_keys *ret)
{
	uint8_t prk[AAP_PRK_LEN];
	int r = aap_secret_initiator(&t->own, run, prk);

	if (r == 0)
		r = aap_keys_expand(prk, ret);
	OPENSSL_cleanse(prk, sizeof(prk));
	return r < 0 ? r : ah_verify(pkt, len, &ret->ri);
}

/* Who answers an Init, whose nonce nobody could guess, is where that was sent. */
static void prove_target(struct core *c, struct hce *h, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &h->aap->dst);

	if (fa && fa->hce == h && fa->state == ADDR_ACTIVE)
		foreign_prove(c, fa, NULL, now);
}

/*
 * Who answered has lost its state, or is another host by now: all that is known of it is that it is
 * where the Init went.
 */
static void begin_anew(struct core *c, struct hce *h, usec_t now)
{
	struct foreign_addr *fa;

	bul_restart(c, h);
	DL_FOREACH(h->addrs, fa) {
		if (fa->state != ADDR_ACTIVE || addr_equal(&fa->addr, &h->aap->dst))
			continue;
		pcb_detach_unmoved(c, h, &fa->addr);
		foreign_set_state(c, fa, ADDR_TENTATIVE, "keys are agreed on anew", now);
	}
	pair_update(c, h, now);
}

struct peer *aap_receive_response(struct core *c, const struct signal *s, const uint8_t *pkt,
				  size_t len, usec_t now)
{
	struct hce *h = asked_by(c, s);
	struct aap_try *t = h ? h->aap : NULL;
	struct aap_run run = { .initiator = s->dst, .responder = s->src,
			       .response = &s->aap.response };
	struct aap_keys keys, old;
	struct peer *p = NULL, *replaced;
	bool forgotten = false;
	int r;

	if (!t) {
		aap_refuse(c, s, "unexpected AAP Response");
		return NULL;
	}
	run.init = &t->init;
	if (t->renewing) {
		old = (struct aap_keys){ .ir = h->sa->out.key, .ri = h->sa->in.key };
		run.old = &old;
	}
	r = verify_response(t, &run, pkt, len, &keys);
	if (r < 0 && t->recovering && (h->unanswered_since || h->refused || h->answered)) {
		run.old = NULL;
		r = verify_response(t, &run, pkt, len, &keys);
		forgotten = r == 0;
	}
	if (r < 0) {
		aap_refuse(c, s, "AAP Response with wrong ICV");
		/* Each costs us a multiplication. */
		if (++t->bad == AAP_BAD_RESPONSES)
			give_up(c, h, now, STATUS_WRONG);
		goto out;
	}
	measure(h, now);
	replaced = h->peer;
	p = peer_make_anonymous(c, h, &(struct sa_half){ t->init.spi, keys.ri },
				&(struct sa_half){ s->aap.response.spi, keys.ir }, now);
	if (!p)
		goto out;
	p->initiated = true;
	t->old_spi = replaced ? replaced->sa.in.spi : 0;
	ah_replay_update(&p->sa.replay, s->ah_seq);
	t->confirming = true;
	t->sealed = s->aap.response.sealed;
	t->next = usec_add(now, CONFIRM_LIFETIME);
	hce_arm(c, h, t->next);
	aap_keypair_wipe(&t->own);
	prove_target(c, h, now);
	bul_want_all(c, h);
	if (forgotten)
		begin_anew(c, h, now);
	else if (t->renewing)
		bul_reannounce(h);	/* something must carry the Confirm */
	aap_emit(c, h, s, "Response heard");
out:
	aap_keys_wipe(&keys);
	return p;
}

void aap_problem(struct core *c, const struct signal *quoted, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &quoted->dst);
	struct aap_try *t = fa ? fa->hce->aap : NULL;

	/* A peer that lost the SA cannot read an Init under it: its kernel reports that, too. */
	if (!t || t->confirming || t->recovering || !quoted->has_aap ||
	    quoted->aap.kind != AAP_INIT ||
	    memcmp(quoted->aap.init.nonce, t->init.nonce, sizeof(t->init.nonce)))
		return;
	event_emit(c, EVENT_AAP, fa->hce, &quoted->src, &quoted->dst, 0, "Parameter Problem heard");
	give_up(c, fa->hce, now, STATUS_PROBLEM);
}

void aap_update_refused(struct core *c, const struct signal *quoted, const uint8_t *pkt, size_t len,
			usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &quoted->dst);
	struct hce *h = fa ? fa->hce : NULL;

	if (!h || !h->initiated || !h->sa || h->sa->class != SA_ANONYMOUS ||
	    !addr_equal(&h->pair.foreign, &fa->addr) || quoted->spi != h->sa->out.spi ||
	    !h->unanswered_since || ah_verify(pkt, len, &h->sa->out.key) < 0)
		return;
	h->refused = now;
	hce_arm(c, h, now);
}
