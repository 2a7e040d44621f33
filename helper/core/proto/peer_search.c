/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The search for a peer that answers at none of its addresses, because both hosts moved at the same
 * time, or it moved while unreachable. The draft leaves this to "other means of providing
 * accessibility information, e.g., Dynamic DNS": programs found the peer by a DNS name, and that
 * name may resolve to its new address.
 *
 * A search proceeds in steps, a second apart at first, then at growing intervals. The first step
 * tries the addresses that came with the name, later ones resolve the name again. Trying an address
 * means sending the pending bindings there under the peer's SA: only the peer can answer, and only
 * its answer is accepted (C5).
 */
#include "peer_search.h"

#include <string.h>
#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "bu_send.h"
#include "entry.h"
#include "peer_names.h"
#include "retry.h"

#define SEARCH_STEP_MAX	(60 * USEC_PER_SEC)

static void resolve_next(struct core *c, struct hce *h)
{
	struct peer_names *r = h->names;

	if (!c->config.resolve || !r->n_name)
		return;
	r->n_resolved++;
	c->counter[COUNT_RESOLVED]++;
	event_emit(c, EVENT_RESOLVING, h, NULL, NULL, 0, NULL);
	strcpy(action_push(c, ACTION_RESOLVE, h)->name, peer_names_current(h));
}

void search_step(struct core *c, struct hce *h, usec_t now)
{
	struct peer_names *r = h->names;
	bool first;

	if (!r || !hce_in_use(h) || !hce_homeless(h) || now < r->next || !retry_source(c, h))
		return;
	first = !r->wait || now - r->next > SEARCH_STEP_MAX;
	r->wait = first ? SEARCH_STEP_MIN :
		  2 * r->wait < SEARCH_STEP_MAX ? 2 * r->wait : SEARCH_STEP_MAX;
	r->next = usec_add(now, r->wait);
	r->due = r->n_addr;
	if (!first || !r->n_addr)
		resolve_next(c, h);
	if (r->due)
		bu_send_to_alternates(c, h, now);
}

bool search_is_needed(const struct hce *h)
{
	const struct foreign_addr *fa;
	unsigned n = 1;

	DL_FOREACH(h->addrs, fa)
		n += fa->state == ADDR_ACTIVE && !addr_equal(&fa->addr, &h->pair.foreign);
	return h->rt.tries > SEARCH_TRIES && h->rt.tries > 2 * n;
}

void search_expire(struct core *c, struct hce *h, usec_t now)
{
	struct peer_names *r = h->names;

	if (!r || !search_is_needed(h))
		return;
	search_step(c, h, now);
	if (r->next > now)
		hce_arm(c, h, r->next);
}
