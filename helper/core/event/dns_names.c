/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS names of peers, and the addresses that they resolve to (C5). */
#include "core.h"

#include <stdlib.h>

#include "action.h"
#include "bu_send.h"
#include "peer_names.h"
#include "peer_search.h"

void core_alternatives(struct core *c, uint32_t id, const char *name, const struct in6_addr *addr,
		       unsigned n)
{
	struct hce *h = core_entry(c, id);
	struct peer_names more = { 0 };

	if (h && !h->names)
		h->names = calloc(1, sizeof(*h->names));
	if (!h || !h->names)
		return;
	peer_names_add(h->names, name);
	peer_names_filter(c, h->names, addr, n, &more);
	peer_names_replace(h->names, &more);
	hce_arm(c, h, 0);	/* it may be looked for */
}

void core_resolved(struct core *c, uint32_t id, const struct in6_addr *addr, unsigned n, usec_t now)
{
	struct hce *h = core_entry(c, id);
	struct peer_names *r = h ? h->names : NULL, found = { 0 };

	if (!r || (!search_is_needed(h) && !h->path.running))
		return;
	if (!peer_names_filter(c, r, addr, n, &found))
		return;		/* every step tries the known ones */
	peer_names_replace(r, &found);
	/* The peer may be there: send several times, in case the first packet is lost. */
	r->due = SEARCH_TRIES * r->n_addr;
	bu_send_to_alternates(c, h, now);
}
