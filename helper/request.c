/* SPDX-License-Identifier: BSD-2-Clause */
/* Binding Requests (draft-13 5.3, 8.6 and 10.13; B10): asking for what is about to end, and answering who asks. */
#include "action.h"
#include "bu_send.h"
#include "bul.h"
#include "entry.h"
#include "retry.h"
#include "send.h"

#define REQUEST_AHEAD	(30 * USEC_PER_SEC)	/* how long before the end it is asked for more */

void binding_requested(struct core *c, struct hce *h, const uint16_t *id, usec_t now)
{
	if (id) {
		h->has_echo = true;
		h->echo = *id;
	}
	binding_renew(c, h, now);
	binding_sync(c, h, now);
}

void binding_request(struct core *c, struct foreign_addr *fa, usec_t now)
{
	struct hce *h = fa->hce;
	const struct local_addr *l;
	usec_t from;

	if (fa->state != ADDR_ACTIVE || fa->kind != LIFETIME_ABSOLUTE || !hce_homeless(h) || !hce_wanted(h) ||
	    fa->expires == USEC_NEVER)
		return;
	from = fa->expires - (fa->lifetime < REQUEST_AHEAD * 4 ? fa->lifetime / 4 : REQUEST_AHEAD);
	if (h->requested && usec_add(h->requested, SLOW_UPDATE_INTERVAL) > from)
		from = usec_add(h->requested, SLOW_UPDATE_INTERVAL);
	if (now < from) {
		core_wake(c, from);
		return;
	}
	h->requested = now;
	core_wake(c, usec_add(now, SLOW_UPDATE_INTERVAL));
	l = binding_source(c, h);
	if (!l)
		return;

	struct signal s = { .src = l->addr, .dst = fa->addr, .has_br = true };

	core_send(c, h, &s);
}
