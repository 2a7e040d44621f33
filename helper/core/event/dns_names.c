/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of peers, and what they resolve to (C5). */
#include "core.h"

#include <stdlib.h>

#include "bu_send.h"
#include "peer_names.h"
#include "peer_search.h"

void core_alternatives(struct core *c, uint32_t id, const char *name, const struct in6_addr *addr,
		       unsigned n)
{
	struct hce *h = core_entry(c, id);
	struct rendezvous more = { 0 };

	if (h && !h->rendezvous)
		h->rendezvous = calloc(1, sizeof(*h->rendezvous));
	if (!h || !h->rendezvous)
		return;
	rendezvous_add_name(h->rendezvous, name);
	rendezvous_sift(c, h->rendezvous, addr, n, &more);
	rendezvous_replace(h->rendezvous, &more);
}

void core_resolved(struct core *c, uint32_t id, const struct in6_addr *addr, unsigned n, usec_t now)
{
	struct hce *h = core_entry(c, id);
	struct rendezvous *r = h ? h->rendezvous : NULL, found = { 0 };

	if (!r || (!rendezvous_is_lost(h) && !h->path.running))
		return;
	if (!rendezvous_sift(c, r, addr, n, &found))
		return;		/* all that is known already is tried at every step */
	rendezvous_replace(r, &found);
	/*
	 * The peer is there, perhaps: if the first packet is lost, the next shall not be long in
	 * coming.
	 */
	r->due = SEARCH_TRIES * r->n_addr;
	bu_send_to_alternates(c, h, now);
}
