/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two hosts claim one address (X6, homelessv6 3.4.2): the reachability of both is verified, each under its own SA. Who answers is
 * believed; if both do, neither is, and both entries are flushed. Meanwhile the address stays with the entry that has it.
 */
#include "core_private.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"

#define CONTEST_TRIES		3
#define CONTEST_INTERVAL	USEC_PER_SEC

enum { OWNER, CLAIMANT };

static struct hce *party(struct core *c, const struct foreign_addr *fa, int who)
{
	return who == OWNER ? fa->hce : core_entry(c, fa->contest->claimant);
}

static void ask(struct core *c, struct foreign_addr *fa, int who)
{
	struct hce *h = party(c, fa, who);
	const struct local_addr *l = local_find(c, &fa->contest->from);
	struct signal s = { .dst = fa->addr, .n_ba = 1 };

	if (!h || !h->sa || !l || !l->usable || fa->contest->good[who])
		return;
	s.src = l->addr;
	s.ba[0].seq = h->seq_in;
	s.ba[0].has_challenge = true;
	memcpy(s.ba[0].challenge, fa->contest->challenge[who], CHALLENGE_LEN);
	core_send(c, h, &s);
}

static void ask_both(struct core *c, struct foreign_addr *fa, usec_t now)
{
	fa->contest->sent++;
	fa->contest->next = usec_add(now, CONTEST_INTERVAL);
	core_wake(c, fa->contest->next);
	ask(c, fa, OWNER);
	ask(c, fa, CLAIMANT);
}

void contest_claim(struct core *c, struct foreign_addr *fa, const struct hce *claimant, const struct in6_addr *from,
		   usec_t now)
{
	struct contest *t = fa->contest ? NULL : calloc(1, sizeof(*t));

	if (!t)
		return;
	fa->contest = t;
	t->claimant = claimant ? claimant->id : 0;
	t->good[CLAIMANT] = !claimant;
	t->from = *from;
	core_nonce(c, t->challenge[OWNER]);
	core_nonce(c, t->challenge[CLAIMANT]);
	c->counter[COUNT_CONFLICTS]++;
	core_tell(c, EVENT_CONFLICT, fa->hce, NULL, &fa->addr, 0, "two hosts claim it");
	ask_both(c, fa, now);
}

bool contest_claimed_by(struct core *c, const struct hce *h)
{
	struct foreign_addr *fa, *next;

	HASH_ITER(hh, c->foreign, fa, next)
		if (fa->contest && fa->contest->claimant == h->id)
			return true;
	return false;
}

void contest_end(struct foreign_addr *fa)
{
	free(fa->contest);
	fa->contest = NULL;
}

/* Both have shown that they hear what is sent there: nothing can be said of whose it is. */
static void flush_both(struct core *c, struct foreign_addr *fa, usec_t now)
{
	struct hce *owner = fa->hce, *claimant = party(c, fa, CLAIMANT);

	core_tell(c, EVENT_CONFLICT, owner, NULL, &fa->addr, 0, "both answer: both entries are flushed");
	if (claimant)
		hce_destroy(c, claimant, now);
	hce_destroy(c, owner, now);
}

bool contest_response(struct core *c, struct foreign_addr *fa, const struct hce *h, const struct binding_update *bu,
		      usec_t now)
{
	int who = h == fa->hce ? OWNER : CLAIMANT;
	uint8_t want[CHALLENGE_LEN];

	if (party(c, fa, who) != h ||
	    ah_hmac128(&h->sa->in.key, fa->contest->challenge[who], CHALLENGE_LEN, &fa->addr, sizeof(fa->addr), want) < 0 ||
	    CRYPTO_memcmp(want, bu->challenge, sizeof(want))) {
		c->counter[COUNT_BAD_RESPONSE] += who == CLAIMANT;	/* the owner's may answer another Challenge */
		return true;
	}
	fa->contest->good[who] = true;
	if (!fa->contest->good[OWNER] || !fa->contest->good[CLAIMANT])
		return true;
	flush_both(c, fa, now);
	return false;
}

/*
 * Only the claimant has answered: the address is its own. So are the connections opened there since the owner was last
 * heard under its SA, and all if it never had one. The others stay with its entry, and are held if that has no
 * other address: nobody else shall receive their data (A3).
 */
static void hand_over(struct core *c, struct foreign_addr *fa, usec_t now)
{
	struct hce *old = fa->hce, *h = party(c, fa, CLAIMANT);
	struct in6_addr addr = fa->addr;

	core_tell(c, EVENT_CONFLICT, old, NULL, &addr, 0, "its entry did not answer and loses it");
	pcb_unbind_foreign(c, old, &addr, old->sa ? old->proved : 0);
	foreign_remove(c, fa);
	pair_update(c, old, now);
	if (addr_equal(&old->pair.foreign, &addr))
		pair_hold(c, old);
	if (!h)
		return;		/* AAP's next Confirm makes its entry */
	foreign_add(c, h, &addr, ADDR_ACTIVE, LIFETIME_ABSOLUTE, c->config.default_lifetime * USEC_PER_SEC, now);
	pair_update(c, h, now);
}

void contest_expire(struct core *c, struct foreign_addr *fa, usec_t now)
{
	if (now < fa->contest->next) {
		core_wake(c, fa->contest->next);
		return;
	}
	if (fa->contest->sent < CONTEST_TRIES) {
		ask_both(c, fa, now);
		return;
	}
	if (fa->contest->good[CLAIMANT]) {
		hand_over(c, fa, now);
		return;
	}
	core_tell(c, EVENT_CONFLICT, fa->hce, NULL, &fa->addr, 0, "its entry keeps it");
	contest_end(fa);
}
