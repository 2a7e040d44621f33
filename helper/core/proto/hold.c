/* SPDX-License-Identifier: BSD-2-Clause */
#include "hold.h"

#include <utlist.h>

#include "action.h"
#include "entry.h"
#include "foreign.h"
#include "local.h"
#include "pair.h"

/* A move takes less; TCP gives nothing up so soon. */
#define HOLD_AFTER	USEC_PER_SEC
/* Binding Updates are sent at once, and again, and Linux waits for 120 s. */
#define HOLD_AFTER_RESTART	(3 * USEC_PER_SEC)

/* Whether the kernel cannot send what h's connections have to say. */
static bool has_no_source(struct core *c, const struct hce *h)
{
	const struct local_addr *l = local_find(c, &h->pair.local);

	return !l || !l->usable;
}

static bool has_tcp(const struct hce *h)
{
	const struct pcb *p;

	DL_FOREACH(h->pcbs, p)
		if (p->proto == IPPROTO_TCP && p->linger_until == USEC_NEVER)
			return true;
	return false;
}

/* The only writer of held_since: 0, or when the outage began. */
static void hold_set(struct core *c, struct hce *h, usec_t since, const char *why)
{
	h->held_since = since;
	action_push(c, ACTION_HOLD, h);
	event_change(c, EVENT_HOLD, h, &h->pair.local, &h->pair.foreign,
		     since ? "free" : "held", since ? "held" : "free", why);
}

void hold_soon(struct core *c, struct hce *h, usec_t now)
{
	if (!c->config.hold || h->held_since || h->hold_at || !has_no_source(c, h))
		return;
	h->hold_at = usec_add(now, HOLD_AFTER);
	hce_arm(c, h, h->hold_at);
}

void hold_restored(struct core *c, struct hce *h, usec_t now)
{
	h->hold_unheard = true;
	h->hold_at = has_no_source(c, h) ? now : usec_add(now, HOLD_AFTER_RESTART);
	hce_arm(c, h, h->hold_at);
}

void hold_begin(struct core *c, struct hce *h, const char *why, usec_t now)
{
	if (!c->config.hold || h->held_since || h->hold_over || !hce_homeless(h) || !has_tcp(h))
		return;
	hold_set(c, h, now, why);
	hce_arm(c, h, usec_add(now, c->config.hold * USEC_PER_SEC));
}

void hold_end(struct core *c, struct hce *h)
{
	if (has_no_source(c, h))
		return;
	h->hold_at = 0;
	h->hold_over = h->hold_unheard = false;
	if (!h->held_since)
		return;
	hold_set(c, h, 0, "the peer is heard");
	pair_resume(c, h, true);
}

void hold_signalled(struct core *c, struct hce *h)
{
	const struct foreign_addr *fa = foreign_find(c, &h->pair.foreign);

	if (fa && fa->hce == h && !fa->withdrawn && !h->pair.unconfirmed &&
	    h->pair.block == BLOCK_NONE)
		hold_end(c, h);
}

void hold_expire(struct core *c, struct hce *h, usec_t now)
{
	usec_t until = usec_add(h->held_since, c->config.hold * USEC_PER_SEC);

	if (h->hold_at && now < h->hold_at) {
		hce_arm(c, h, h->hold_at);
	} else if (h->hold_at) {
		h->hold_at = 0;
		if (has_no_source(c, h))
			hold_begin(c, h, "no address of this host is usable", now);
		else if (h->hold_unheard)
			hold_begin(c, h, "the peer was not heard since the restart", now);
	} else if (h->held_since && now < until) {
		hce_arm(c, h, until);
	} else if (h->held_since) {
		h->hold_over = true;
		hold_set(c, h, 0, "longer than the setting allows");
	}
}
