/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two hosts claim one address (X6, homelessv6 3.4.2). Challenges are sent there to both, each under
 * its own SA. The one that answers gets the address; if both do, both entries are removed. Until
 * then the address stays with the entry that has it.
 */
#include "addr_conflict.h"

#include <stdlib.h>
#include <string.h>

#include "aap_initiator.h"
#include "aap_try.h"
#include "action.h"
#include "addr.h"
#include "budget.h"
#include "foreign.h"
#include "lifecycle.h"
#include "local.h"
#include "pair.h"
#include "pcb.h"
#include "reach.h"
#include "retry.h"
#include "send.h"

#define CONFLICT_TRIES		3
#define CONFLICT_INTERVAL	USEC_PER_SEC

enum { OWNER, CLAIMANT };

static struct hce *party(struct core *c, const struct foreign_addr *fa, int who)
{
	return who == OWNER ? fa->hce : core_entry(c, fa->conflict->claimant);
}

static void challenge(struct core *c, struct foreign_addr *fa, int who, usec_t now)
{
	struct hce *h = party(c, fa, who);
	const struct local_addr *l = who == OWNER && h ? local_find(c, &h->pair.local) : NULL;
	struct signal s = { .dst = fa->addr, .n_ba = 1 };

	/* The owner may not have the address that received the claim as ours: use the pair's. */
	if (!l || !l->usable)
		l = local_find(c, &fa->conflict->from);
	if (!h || !h->sa || !l || !l->usable || fa->conflict->answered[who])
		return;
	s.src = l->addr;
	s.ba[0].seq = h->seq_in;	/* lifetime 0: the claim is not granted yet */
	s.ba[0].has_challenge = true;
	memcpy(s.ba[0].challenge, fa->conflict->challenge[who], CHALLENGE_LEN);
	core_send(c, h, &s, now);
}

static void challenge_both(struct core *c, struct foreign_addr *fa, usec_t now)
{
	/* The first round waits for one round trip only: its outcome is provisional. */
	fa->conflict->next =
		usec_add(now, fa->conflict->sent++ ? CONFLICT_INTERVAL : retry_timeout(fa->hce));
	hce_arm(c, fa->hce, fa->conflict->next);
	challenge(c, fa, OWNER, now);
	challenge(c, fa, CLAIMANT, now);
}

/* Returns whether connections on their birth pair received data from fa since the claim. */
static bool is_answering(const struct foreign_addr *fa)
{
	const struct hce *h = fa->hce;

	return h->sa && fa->heard > fa->conflict->since &&
	       addr_equal(&fa->addr, &h->pair.foreign) && pcb_any_on_birth_pair(h);
}

/*
 * Only the claimant has answered so far: until the conflict is decided no data of the entry is sent
 * to fa, and data from fa is not the entry's (A3). A claim without a Response, which any peer could
 * send, has no such effect.
 */
static void suspend(struct core *c, struct foreign_addr *fa, usec_t now)
{
	struct hce *h = fa->hce;

	if (fa->state != ADDR_ACTIVE || !h->sa || is_answering(fa))
		return;
	foreign_set_state(c, fa, ADDR_TENTATIVE, "only the claimant answers", now);
	pair_update(c, h, now);
	if (addr_equal(&h->pair.foreign, &fa->addr))
		pair_block(c, h, BLOCK_ALL);
}

void conflict_open(struct core *c, struct foreign_addr *fa, struct hce *claimant,
		   const struct in6_addr *from, usec_t now)
{
	struct conflict *t;

	if (fa->conflict ||
	    !budget_take(c, BUDGET_CLAIMS, claimant ? NULL : &fa->addr, claimant, now))
		return;
	t = calloc(1, sizeof(*t));
	if (!t)
		return;
	fa->conflict = t;
	t->claimant = claimant ? claimant->id : 0;
	if (claimant)
		claimant->n_claim++;
	t->answered[CLAIMANT] = !claimant;
	t->from = *from;
	t->since = now;
	nonce_draw(c, t->challenge[OWNER]);
	nonce_draw(c, t->challenge[CLAIMANT]);
	c->counter[COUNT_CONFLICTS]++;
	event_emit(c, EVENT_CONFLICT, fa->hce, NULL, &fa->addr, 0, "two hosts claim it");
	/*
	 * AAP with the host at fa may have begun with this very claimant: settle the conflict
	 * first.
	 */
	if (claimant && !fa->hce->sa)
		aap_abort(fa->hce);
	challenge_both(c, fa, now);
}

/* Both parties receive packets to the address, so it cannot be attributed to either. */
static void flush_both(struct core *c, struct foreign_addr *fa, usec_t now)
{
	struct hce *owner = fa->hce, *claimant = party(c, fa, CLAIMANT);

	event_emit(c, EVENT_CONFLICT, owner, NULL, &fa->addr, 0,
		   "both answer: both entries are flushed");
	if (claimant)
		hce_retire(c, claimant, now);
	hce_retire(c, owner, now);
}

/*
 * Connections to the address that were opened since then are the new owner's. The others stay with
 * the entry; if that has no other address they are blocked, so that the new owner does not receive
 * their data (A3).
 */
static void remove_addr(struct core *c, struct foreign_addr *fa, usec_t since, const char *why,
			usec_t now)
{
	struct in6_addr addr = fa->addr;
	struct hce *h = fa->hce;

	event_emit(c, EVENT_CONFLICT, h, NULL, &addr, 0, why);
	pcb_detach_foreign(c, h, &addr, since);
	foreign_remove(c, fa);
	pair_update(c, h, now);
	if (addr_equal(&h->pair.foreign, &addr))
		pair_block(c, h, BLOCK_ALL);
}

void conflict_remove_addr(struct core *c, struct foreign_addr *fa, const char *why, usec_t now)
{
	remove_addr(c, fa, USEC_NEVER, why, now);
}

/*
 * From which time on do connections to this address belong to the claimant? A known claimant: since
 * its claim. An unknown one, just authenticated by AAP: since the old entry was last authenticated.
 * If the old entry never had an SA: all of them.
 */
static usec_t claimed_since(const struct foreign_addr *fa)
{
	if (!fa->hce->sa)
		return 0;
	return fa->conflict->claimant ? fa->conflict->since : fa->hce->authenticated;
}

/* Only the claimant has answered: gives it the address. */
static void hand_over(struct core *c, struct foreign_addr *fa, usec_t now)
{
	struct hce *h = party(c, fa, CLAIMANT);
	struct in6_addr addr = fa->addr;

	remove_addr(c, fa, claimed_since(fa), "its entry did not answer and loses it", now);
	if (!h)
		return;		/* AAP's next Confirm makes its entry */
	fa = foreign_add(c, h, &addr, ADDR_ACTIVE, LIFETIME_ABSOLUTE,
			 c->config.default_lifetime * USEC_PER_SEC, "only the claimant answers",
			 now);
	if (fa) {
		foreign_prove(c, fa, NULL, now);
		/* Its Update was acknowledged without the address: a Challenge says more. */
		reach_prove(c, fa, now);
	}
	pair_update(c, h, now);
}

bool conflict_response(struct core *c, struct foreign_addr *fa, const struct hce *h,
		       const struct binding_update *bu, usec_t now)
{
	int who = h == fa->hce ? OWNER : CLAIMANT;
	bool right = party(c, fa, who) == h &&
		     reach_is_response(h, fa->conflict->challenge[who], &fa->addr, bu);

	/* The owner's Response to the Challenge of the regular check proves as much. */
	if (!right && who == OWNER)
		right = reach_verify(fa, bu);
	if (!right) {
		c->counter[COUNT_BAD_RESPONSE] += who == CLAIMANT;
		return true;
	}
	fa->conflict->answered[who] = true;
	if (who == CLAIMANT && (fa->state == ADDR_DEPRECATED || !fa->hce->sa)) {
		/* The owner withdrew it, or let it expire, or has no SA: decide now. */
		fa->conflict->sent = CONFLICT_TRIES;
		fa->conflict->next = now;
		hce_arm(c, fa->hce, now);
	}
	if (!fa->conflict->answered[OWNER] || !fa->conflict->answered[CLAIMANT])
		return true;
	flush_both(c, fa, now);
	return false;
}

void conflict_expire(struct core *c, struct foreign_addr *fa, usec_t now)
{
	if (now < fa->conflict->next) {
		hce_arm(c, fa->hce, fa->conflict->next);
		return;
	}
	if (fa->conflict->answered[CLAIMANT])
		suspend(c, fa, now);
	if (fa->conflict->sent < CONFLICT_TRIES) {
		challenge_both(c, fa, now);
		return;
	}
	if (fa->conflict->answered[CLAIMANT] && !is_answering(fa)) {
		hand_over(c, fa, now);
		return;
	}
	event_emit(c, EVENT_CONFLICT, fa->hce, NULL, &fa->addr, 0, "its entry keeps it");
	conflict_end(c, fa);
	aap_start(c, fa->hce, now);
}
