/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a peer may be that is nowhere to be found: nothing that goes to its addresses is answered, for it has moved at the same
 * moment as this host, or out of reach. The draft leaves this to "other means of providing accessibility information, e.g.,
 * Dynamic DNS": programs found the peer by a name, and that name may lead to it again.
 *
 * A search is made of steps, a second apart, then ever longer. The first tries the addresses that came with the name, those after
 * it have the name resolved anew. To try an address is to send what the peer has not acknowledged there, under the peer's
 * SA: only the peer can answer, and only what it answers is believed (C5).
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "bu_send.h"
#include "entry.h"
#include "foreign.h"
#include "local.h"
#include "peer_names.h"
#include "peer_search.h"
#include "retry.h"

#define SEARCH_TRIES		3			/* without an answer */
#define SEARCH_STEP_MIN	USEC_PER_SEC
#define SEARCH_STEP_MAX	(60 * USEC_PER_SEC)

void rendezvous_free(struct hce *h)
{
	free(h->rendezvous);
	h->rendezvous = NULL;
}

const char *rendezvous_name(const struct hce *h)
{
	const struct rendezvous *r = h->rendezvous;

	return r && r->asked ? r->name[(r->asked - 1) % r->n_name] : NULL;
}

/* Puts name before the others. */
static void rendezvous_add_name(struct rendezvous *r, const char *name)
{
	char copy[RENDEZVOUS_NAME_MAX] = "";
	unsigned at = 0;

	strncpy(copy, name, sizeof(copy) - 1);
	while (at < r->n_name && strcmp(r->name[at], copy))
		at++;
	if (at == r->n_name && at < RENDEZVOUS_NAMES)
		r->n_name++;
	if (at == RENDEZVOUS_NAMES)
		at--;
	memmove(r->name[1], r->name[0], at * sizeof(r->name[0]));
	memcpy(r->name[0], copy, sizeof(copy));
}

/* Whether there is any sense in trying addr: it is neither ours nor another peer's, and the peer is not tried there anyway. */
static bool worth_trying(struct core *c, const struct in6_addr *addr)
{
	return addr_usable(addr) && !local_ours(c, addr) && !foreign_find(c, addr);
}

static bool among(const struct in6_addr *addr, unsigned n, const struct in6_addr *one)
{
	while (n && !addr_equal(&addr[n - 1], one))
		n--;
	return n;
}

/* Makes a list of those of addr that are worth trying. Returns whether any is not in r. */
static bool rendezvous_sift(struct core *c, const struct rendezvous *r, const struct in6_addr *addr, unsigned n, struct rendezvous *ret)
{
	bool any = false;

	for (unsigned i = 0; i < n && ret->n_addr < RENDEZVOUS_ADDRS; i++) {
		if (!worth_trying(c, &addr[i]) || among(ret->addr, ret->n_addr, &addr[i]))
			continue;
		any |= !among(r->addr, r->n_addr, &addr[i]);
		ret->addr[ret->n_addr++] = addr[i];
	}
	return any;
}

/* Lets a list that rendezvous_sift() made be r's. */
static void rendezvous_replace(struct rendezvous *r, const struct rendezvous *by)
{
	memcpy(r->addr, by->addr, sizeof(r->addr));
	r->n_addr = by->n_addr;
	r->due = 0;
}

void core_alternatives(struct core *c, uint32_t id, const char *name, const struct in6_addr *addr, unsigned n)
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

bool rendezvous_due(const struct hce *h)
{
	return h->rendezvous && h->rendezvous->due;
}

bool rendezvous_take(struct core *c, struct hce *h, struct in6_addr *ret)
{
	struct rendezvous *r = h->rendezvous;

	while (rendezvous_due(h)) {
		const struct in6_addr *addr = &r->addr[r->n_addr - 1 - --r->due % r->n_addr];

		if (!worth_trying(c, addr))
			continue;
		*ret = *addr;
		return true;
	}
	return false;
}

void rendezvous_rest(struct hce *h)
{
	if (h->rendezvous)
		h->rendezvous->due = 0;
}

void rendezvous_hurry(struct hce *h, usec_t now)
{
	struct rendezvous *r = h->rendezvous;

	if (!r)
		return;
	r->wait = 0;
	if (r->next > usec_add(now, SEARCH_STEP_MIN))
		r->next = usec_add(now, SEARCH_STEP_MIN);
}

static void ask(struct core *c, struct hce *h)
{
	struct rendezvous *r = h->rendezvous;

	if (!c->config.resolve || !r->n_name)
		return;
	r->asked++;
	c->counter[COUNT_RESOLVED]++;
	core_tell(c, EVENT_RESOLVING, h, NULL, NULL, 0, NULL);
	strcpy(core_act(c, ACTION_RESOLVE, h)->name, rendezvous_name(h));
}

void rendezvous_seek(struct core *c, struct hce *h, usec_t now)
{
	struct rendezvous *r = h->rendezvous;
	bool first;

	if (!r || !hce_wanted(h) || !hce_homeless(h) || now < r->next || !binding_source(c, h))
		return;
	first = !r->wait || now - r->next > SEARCH_STEP_MAX;
	r->wait = first ? SEARCH_STEP_MIN : 2 * r->wait < SEARCH_STEP_MAX ? 2 * r->wait : SEARCH_STEP_MAX;
	r->next = usec_add(now, r->wait);
	r->due = r->n_addr;
	if (!first || !r->n_addr)
		ask(c, h);
	if (r->due)
		binding_elsewhere(c, h, now);
}

/* Whether what the peer is to be told went to each of its addresses in vain, more than once. */
static bool rendezvous_is_lost(const struct hce *h)
{
	const struct foreign_addr *fa;
	unsigned n = 1;

	DL_FOREACH(h->addrs, fa)
		n += fa->state == ADDR_ACTIVE && !addr_equal(&fa->addr, &h->pair.foreign);
	return h->rt.tries > SEARCH_TRIES && h->rt.tries > 2 * n;
}

void core_resolved(struct core *c, uint32_t id, const struct in6_addr *addr, unsigned n, usec_t now)
{
	struct hce *h = core_entry(c, id);
	struct rendezvous *r = h ? h->rendezvous : NULL, found = { 0 };

	if (!r || (!rendezvous_is_lost(h) && !h->explore.running))
		return;
	if (!rendezvous_sift(c, r, addr, n, &found))
		return;		/* all that is known already is tried at every step */
	rendezvous_replace(r, &found);
	/* The peer is there, perhaps: if the first packet is lost, the next shall not be long in coming. */
	r->due = SEARCH_TRIES * r->n_addr;
	binding_elsewhere(c, h, now);
}

void rendezvous_expire(struct core *c, struct hce *h, usec_t now)
{
	struct rendezvous *r = h->rendezvous;

	if (!r || !rendezvous_is_lost(h))
		return;
	rendezvous_seek(c, h, now);
	if (r->next > now)
		core_wake(c, r->next);
}
