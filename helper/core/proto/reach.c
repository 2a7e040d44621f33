/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verifying reachability (homelessv6 3.4.2, X5): a Challenge to the Tentative address itself, and
 * the Response to it.
 *
 *	Challenge = HMAC(K, ADDR | TIME)	TIME is a nonce here
 *	Response  = HMAC(K, Challenge | ADDR)
 *
 * K is the key of the SA that protected the BU: the verifier's inbound, the claimant's outbound
 * one.
 */
#include "reach.h"

#include <openssl/crypto.h>
#include <string.h>

#include "action.h"
#include "addr.h"
#include "budget.h"
#include "foreign.h"
#include "local.h"
#include "pair.h"
#include "pcb.h"
#include "retry.h"
#include "send.h"

#define PROOF_TRIES	6	/* Challenges to an Active address, which the next Update repeats */
#define CHALLENGE_INTERVAL_MAX	(64 * USEC_PER_SEC)
#define CHALLENGE_TRIES		10	/* unless something is heard, or it is announced again */
#define CHALLENGE_PAUSE		USEC_PER_SEC	/* when there are too many */

static bool reach_begin(struct core *c, struct foreign_addr *fa)
{
	uint8_t time[CHALLENGE_LEN];

	nonce_draw(c, time);
	if (ah_hmac128(&fa->hce->sa->in.key, &fa->addr, sizeof(fa->addr), time, sizeof(time),
		       fa->reach.challenge) < 0)
		return false;
	fa->reach.running = true;
	fa->reach.sent = 0;
	return true;
}

static void reach_arm(struct core *c, struct foreign_addr *fa, usec_t now)
{
	usec_t wait = retry_timeout(fa->hce);

	for (unsigned i = 0; i < fa->reach.sent && wait < CHALLENGE_INTERVAL_MAX; i++)
		wait *= 2;
	fa->reach.sent++;
	fa->reach.last = now;
	fa->reach.next = usec_add(now,
				  wait < CHALLENGE_INTERVAL_MAX ? wait : CHALLENGE_INTERVAL_MAX);
	hce_arm(c, fa->hce, fa->reach.next);
	c->counter[COUNT_CHALLENGES]++;
}

uint32_t reach_lifetime(const struct foreign_addr *fa, usec_t now)
{
	usec_t left = (fa->reach.grants ? fa->reach.grants : usec_until(fa->expires, now)) /
		      USEC_PER_SEC;

	if (fa->expires == USEC_NEVER && !fa->reach.grants)
		return SIGNAL_INFINITE;
	return left ? (uint32_t)left : 1;
}

void reach_fill(struct core *c, struct foreign_addr *fa, struct binding_ack *ba, usec_t now)
{
	ba->lifetime = ba->refresh = reach_lifetime(fa, now);
	ba->has_challenge = true;
	memcpy(ba->challenge, fa->reach.challenge, sizeof(ba->challenge));
	reach_arm(c, fa, now);
}

bool reach_ask(struct core *c, struct foreign_addr *fa, const struct in6_addr *from, uint16_t seq)
{
	if (!fa->reach.running && !reach_begin(c, fa))
		return false;
	fa->reach.from = *from;
	fa->reach.seq = seq;
	return true;
}

void reach_send(struct core *c, struct foreign_addr *fa, usec_t now)
{
	const struct local_addr *l = local_find(c, &fa->reach.from);
	struct signal s = { .dst = fa->addr, .n_ba = 1 };

	if (!ratelimit_take(&fa->hce->ask_limit, now)) {
		fa->reach.next = ratelimit_next(&fa->hce->ask_limit);
		hce_arm(c, fa->hce, fa->reach.next);
		return;
	}
	if (!budget_take(c, BUDGET_CHALLENGES, &fa->addr, NULL, now) ||
	    !budget_take(c, BUDGET_ALL_CHALLENGES, &fa->addr, NULL, now)) {
		fa->reach.next = usec_add(now, CHALLENGE_PAUSE);
		hce_arm(c, fa->hce, fa->reach.next);
		return;
	}
	if (!l || !l->usable)
		l = retry_source(c, fa->hce);
	if (!l) {
		reach_arm(c, fa, now);
		return;
	}
	s.src = l->addr;
	s.ba[0].seq = fa->reach.seq;
	reach_fill(c, fa, &s.ba[0], now);
	core_send(c, fa->hce, &s, now);
}

void reach_prove(struct core *c, struct foreign_addr *fa, usec_t now)
{
	if (fa->reach.running)
		reach_hurry(c, fa, now);
	else if (reach_ask(c, fa, &fa->hce->pair.local, fa->hce->seq_in))
		reach_send(c, fa, now);
}

void reach_expire(struct core *c, struct foreign_addr *fa, usec_t now)
{
	if (!fa->reach.running)
		return;
	if (now < fa->reach.next)
		hce_arm(c, fa->hce, fa->reach.next);
	else if (fa->state == ADDR_ACTIVE && fa->reach.sent >= PROOF_TRIES)
		foreign_end_check(fa);	/* the next Update asks again */
	else if (fa->reach.sent >= CHALLENGE_TRIES)
		fa->reach.next = USEC_NEVER;	/* a Response may still come */
	else
		reach_send(c, fa, now);
}

bool reach_under_way(const struct foreign_addr *fa, usec_t now)
{
	return fa->reach.running && now < usec_add(fa->reach.last, retry_timeout(fa->hce));
}

bool reach_is_due(const struct foreign_addr *fa, usec_t now)
{
	return !fa->reach.sent || (fa->reach.sent >= CHALLENGE_TRIES &&
				   now >= usec_add(fa->reach.last, CHALLENGE_INTERVAL_MAX));
}

void reach_hurry(struct core *c, struct foreign_addr *fa, usec_t now)
{
	/*
	 * Packets from an unproven address, or a flapping route, must not set our rate of sending.
	 */
	if (!fa->reach.running || reach_under_way(fa, now))
		return;
	fa->reach.sent = 0;
	reach_send(c, fa, now);
}

void reach_problem(struct core *c, const struct signal *quoted, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &quoted->dst);
	struct hce *h = fa ? fa->hce : NULL;

	if (!h || !h->sa || h->sa->class != SA_ANONYMOUS || !fa->reach.running || fa->conflict ||
	    !quoted->ba[0].has_challenge ||
	    memcmp(quoted->ba[0].challenge, fa->reach.challenge, CHALLENGE_LEN))
		return;
	/* Who answered AAP there may have lost the keys: the initiator's next run shows it. */
	if (h->initiated && addr_equal(&h->pair.foreign, &fa->addr)) {
		h->refused = now;
		hce_arm(c, h, now);
		return;
	}
	event_emit(c, EVENT_CONFLICT, h, &quoted->src, &fa->addr, 0,
		   "nobody of that kind is there: its entry loses it");
	pcb_detach_unmoved(c, h, &fa->addr);
	foreign_remove(c, fa);
	pair_update(c, h, now);
}

bool reach_is_response(const struct hce *h, const uint8_t challenge[static CHALLENGE_LEN],
		       const struct in6_addr *addr, const struct binding_update *bu)
{
	uint8_t want[CHALLENGE_LEN];

	if (ah_hmac128(&h->sa->in.key, challenge, CHALLENGE_LEN, addr, sizeof(*addr), want) < 0)
		return false;
	return !CRYPTO_memcmp(want, bu->challenge, sizeof(want));
}

bool reach_verify(const struct foreign_addr *fa, const struct binding_update *bu)
{
	return fa->reach.running && reach_is_response(fa->hce, fa->reach.challenge, &fa->addr, bu);
}
