/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The addresses of peers, their states and lifetimes (2.1.3, 2.1.4). An address belongs to one
 * entry.
 */
#include "foreign.h"

#include <stdlib.h>
#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "entry.h"
#include "local.h"
#include "pair.h"
#include "pcb.h"

#define UNPROVEN_MAX		32	/* addresses of a peer: more than a packet of ours names */
#define WITHDRAWN_LINGER	(10 * USEC_PER_SEC)

struct foreign_addr *foreign_find(struct core *c, const struct in6_addr *addr)
{
	struct foreign_addr *fa;

	HASH_FIND(hh, c->foreign, addr, sizeof(*addr), fa);
	return fa;
}

struct hce *core_entry_of(struct core *c, const struct in6_addr *foreign)
{
	const struct foreign_addr *fa = foreign_find(c, foreign);

	return fa ? fa->hce : NULL;
}

/*
 * The only writer of an address's state. was is the name of the one before, NULL: it is new.
 * Publishes it and reports it.
 */
static void state_write(struct core *c, struct foreign_addr *fa, const char *was,
			enum addr_state state, const char *why, usec_t now)
{
	struct action *a = action_push(c, ACTION_FOREIGN, fa->hce);

	fa->state = state;
	fa->was_active |= state == ADDR_ACTIVE;
	a->foreign.addr = fa->addr;
	a->foreign.state = state;
	event_change(c, EVENT_FOREIGN_STATE, fa->hce, NULL, &fa->addr, was, addr_state_name(state),
		     why);
	if (state == ADDR_ACTIVE)
		pcb_attach_foreign(c, fa, now);
}

/* If h is full, removes the address that has been Deprecated longest. */
static void make_room(struct core *c, struct hce *h)
{
	struct foreign_addr *fa, *oldest = NULL;
	unsigned n;

	DL_COUNT(h->addrs, fa, n);
	if (n < c->config.max_addresses)
		return;
	DL_FOREACH(h->addrs, fa)
		if (fa->state == ADDR_DEPRECATED && !addr_equal(&fa->addr, &h->pair.foreign) &&
		    (!oldest || fa->expires < oldest->expires))
			oldest = fa;
	if (oldest)
		foreign_remove(c, oldest);
}

/* How many addresses of h were never proven: its peer may have made them up. */
static unsigned count_unproven(const struct hce *h)
{
	const struct foreign_addr *fa;
	unsigned n = 0;

	DL_FOREACH(h->addrs, fa)
		n += !fa->was_active;
	return n;
}

struct foreign_addr *foreign_add(struct core *c, struct hce *h, const struct in6_addr *addr,
				 enum addr_state state, enum lifetime_kind kind, usec_t lifetime,
				 const char *why, usec_t now)
{
	struct foreign_addr *fa, *each;
	unsigned n;

	make_room(c, h);
	DL_COUNT(h->addrs, each, n);
	fa = n < c->config.max_addresses &&
			     (state != ADDR_TENTATIVE || count_unproven(h) < UNPROVEN_MAX) &&
			     HASH_COUNT(c->foreign) < c->config.max_foreign
		     ? calloc(1, sizeof(*fa)) : NULL;
	if (!fa) {
		c->counter[COUNT_NO_ROOM]++;
		return NULL;
	}
	fa->addr = *addr;
	fa->hce = h;
	fa->was_active = state != ADDR_TENTATIVE;
	fa->reach.next = USEC_NEVER;
	HASH_ADD(hh, c->foreign, addr, sizeof(fa->addr), fa);
	local_drop_if_idle(c, addr);
	DL_APPEND(h->addrs, fa);
	foreign_renew(c, fa, kind, lifetime, now);
	state_write(c, fa, NULL, state, why, now);
	return fa;
}

void foreign_remove(struct core *c, struct foreign_addr *fa)
{
	struct hce *h = fa->hce;

	action_push(c, ACTION_FOREIGN_GONE, h)->foreign.addr = fa->addr;
	if (!fa->was_active && pcb_unattached(c, &fa->addr)) {
		c->given_back[c->n_given_back++ % GIVEN_BACK_MAX] = fa->addr;
		host_arm(c, 0);
	}
	HASH_DELETE(hh, c->foreign, fa);
	DL_DELETE(h->addrs, fa);
	conflict_end(c, fa);
	hce_arm(c, h, 0);	/* it may expire without fa (C10) */
	free(fa);
}

void foreign_renew(struct core *c, struct foreign_addr *fa, enum lifetime_kind kind,
		   usec_t lifetime, usec_t now)
{
	fa->kind = kind;
	fa->lifetime = lifetime;
	fa->expires = usec_add(now, lifetime);
	hce_arm(c, fa->hce, fa->expires);
}

void foreign_end_check(struct foreign_addr *fa)
{
	fa->reach.running = false;
	fa->reach.next = USEC_NEVER;
	fa->reach.grants = 0;
}

/*
 * fa's peer has left it, as it says, or is silent. Programs that connect there mean who has it: the
 * peer, if it proved that it was its own when it did, for a while; another host, later.
 */
static void redirect(struct foreign_addr *fa, usec_t now)
{
	const struct hce *h = fa->hce;

	if (h->sa && h->sa->class == SA_GENERIC)
		fa->redirects_until = USEC_NEVER;
	else
		fa->redirects_until = h->initiated && pcb_may_begin(fa, now) ?
				      usec_add(now, PROOF_TO_BEGIN) : 0;
}

void foreign_end_redirect(struct core *c, struct foreign_addr *fa, usec_t now)
{
	struct action *a;

	if (!fa->redirects_until || fa->redirects_until == USEC_NEVER)
		return;
	if (now < fa->redirects_until) {
		hce_arm(c, fa->hce, fa->redirects_until);
		return;
	}
	fa->redirects_until = 0;
	a = action_push(c, ACTION_FOREIGN, fa->hce);
	a->foreign.addr = fa->addr;
	a->foreign.state = fa->state;
}

void foreign_set_state(struct core *c, struct foreign_addr *fa, enum addr_state state,
		       const char *why, usec_t now)
{
	if (fa->state == state)
		return;
	foreign_end_check(fa);
	if (state == ADDR_DEPRECATED) {
		/* C9 */
		redirect(fa, now);
		fa->expires = usec_add(now, c->config.maximum_expired_lifetime * USEC_PER_SEC);
		hce_arm(c, fa->hce, fa->expires);
	} else {
		fa->withdrawn = false;
		fa->redirects_until = 0;
	}
	state_write(c, fa, addr_state_name(fa->state), state, why, now);
}

bool foreign_confirm(struct core *c, struct foreign_addr *fa, usec_t now)
{
	if (!fa->left_alone || fa->state != ADDR_ACTIVE)
		return false;
	pcb_attach_foreign(c, fa, now);
	return fa->left_alone;
}

void foreign_prove(struct core *c, struct foreign_addr *fa, const char *why, usec_t now)
{
	fa->proven = now;
	if (fa->state != ADDR_ACTIVE) {
		foreign_set_state(c, fa, ADDR_ACTIVE, why, now);
		return;
	}
	foreign_end_check(fa);
	foreign_confirm(c, fa, now);
}

void foreign_deprecate(struct core *c, struct foreign_addr *fa, const char *why, usec_t now)
{
	if (fa->state == ADDR_DEPRECATED || !fa->was_active)
		foreign_remove(c, fa);
	else
		foreign_set_state(c, fa, ADDR_DEPRECATED, why, now);
}

void foreign_withdraw(struct core *c, struct foreign_addr *fa, usec_t now)
{
	struct in6_addr addr = fa->addr;
	struct hce *h = fa->hce;

	if (fa->state != ADDR_TENTATIVE || fa->was_active || !fa->reach.sent) {
		fa->withdrawn = true;
		fa->withdrawn_at = now;
		foreign_deprecate(c, fa, "withdrawn", now);
		pair_migrate_from(c, h, &addr);
	} else if (!fa->given_up) {
		fa->given_up = true;
		fa->reach.running = false;
		foreign_renew(c, fa, LIFETIME_ABSOLUTE, WITHDRAWN_LINGER, now);
	}
}

void conflict_end(struct core *c, struct foreign_addr *fa)
{
	struct hce *claimant = fa->conflict ? core_entry(c, fa->conflict->claimant) : NULL;

	if (claimant) {
		claimant->n_claim--;
		hce_arm(c, claimant, 0);	/* it may have been for the claim only */
	}
	free(fa->conflict);
	fa->conflict = NULL;
}
