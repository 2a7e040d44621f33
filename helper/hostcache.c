/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign Host Cache Entries: how they come (2.1.1), how their addresses live and expire (2.1.3, 2.1.4), how they go (2.1.5). */
#include <utlist.h>

#include "aap_initiator.h"
#include "action.h"
#include "addr.h"
#include "bu_send.h"
#include "connection.h"
#include "entry.h"
#include "foreign.h"
#include "host.h"
#include "lifecycle.h"
#include "packet.h"
#include "pair.h"
#include "pcb.h"

void hce_proved(struct core *c, struct hce *h, usec_t now)
{
	bool doubted = hce_doubted(h, now);
	struct foreign_addr *fa;

	h->proved = now;
	h->asked = h->revive_wait = 0;
	DL_FOREACH(h->addrs, fa)
		if (doubted && fa->state == ADDR_ACTIVE)
			pcb_bind_foreign(c, h, &fa->addr);
	if (!doubted && !h->wants_move)
		return;
	h->wants_move = false;
	pair_update(c, h, now);
}

void hce_answered(struct core *c, struct hce *h, usec_t now)
{
	if (!h->may_announce) {
		h->may_announce = true;
		binding_sync(c, h, now);
	}
	aap_start(c, h, now);
}

/*
 * S6: with nothing but Deprecated addresses left there is nowhere to send. That matters to
 * connections that were moved, and only if nothing comes back to them: those on their birth pair
 * need no address of the entry.
 */
static void tell_unreachable(struct core *c, const struct hce *h, usec_t now)
{
	const struct foreign_addr *fa;

	DL_FOREACH(h->addrs, fa)
		if (fa->state != ADDR_DEPRECATED ||
		    (addr_equal(&fa->addr, &h->pair.foreign) && foreign_answers(c, fa, now)))
			return;
	if (h->addrs && pcb_any_moved(h))
		core_act(c, ACTION_UNREACHABLE, h);
}

/*
 * An address that connections are heard from stays, to be matched (C9), though signalling is silent.
 * Returns whether fa stays.
 */
static bool foreign_lingers(struct core *c, struct foreign_addr *fa, usec_t now)
{
	usec_t until = usec_add(fa->heard, c->config.maximum_expired_lifetime * USEC_PER_SEC);

	if (fa->state != ADDR_DEPRECATED || fa->withdrawn || !fa->heard || now >= until)
		return false;
	fa->expires = until;
	core_wake(c, until);
	return true;
}

bool hce_expire(struct core *c, struct hce *h, usec_t now)
{
	struct foreign_addr *fa, *next;
	bool changed = false;

	DL_FOREACH_SAFE(h->addrs, fa, next) {
		if (now < fa->expires) {
			core_wake(c, fa->expires);
			binding_request(c, fa, now);
			continue;
		}
		if (foreign_lingers(c, fa, now))
			continue;
		changed = true;
		foreign_lose(c, fa, now);
	}
	if (!h->addrs && !hce_wanted(h) && !contest_claimed_by(c, h)) {		/* C10 */
		hce_destroy(c, h, now);
		return false;
	}
	if (changed) {
		pair_update(c, h, now);
		tell_unreachable(c, h, now);
	}
	/* C10 keeps it for its connections, but the last address could be anybody's now. */
	if (!h->addrs && hce_homeless(h))
		pair_hold(c, h, HOLD_MOVED);
	return true;
}
