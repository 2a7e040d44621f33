/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names by which programs found a peer, and the addresses these resolved to (C5). Data only:
 * peer_search.c uses it.
 */
#include "peer_names.h"

#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "foreign.h"
#include "local.h"

void peer_names_free(struct hce *h)
{
	free(h->names);
	h->names = NULL;
}

const char *peer_names_current(const struct hce *h)
{
	const struct peer_names *r = h->names;

	return r && r->n_resolved ? r->name[(r->n_resolved - 1) % r->n_name] : NULL;
}

void peer_names_add(struct peer_names *r, const char *name)
{
	char copy[PEER_NAME_SIZE] = "";
	unsigned at = 0;

	strncpy(copy, name, sizeof(copy) - 1);
	while (at < r->n_name && strcmp(r->name[at], copy))
		at++;
	if (at == r->n_name && at < PEER_NAMES_MAX)
		r->n_name++;
	if (at == PEER_NAMES_MAX)
		at--;
	memmove(r->name[1], r->name[0], at * sizeof(r->name[0]));
	memcpy(r->name[0], copy, sizeof(copy));
}

/* Returns whether addr may be the peer's: it is not ours, and no entry has it. */
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

bool peer_names_filter(struct core *c, const struct peer_names *r, const struct in6_addr *addr,
		       unsigned n, struct peer_names *ret)
{
	bool any = false;

	for (unsigned i = 0; i < n && ret->n_addr < PEER_NAME_ADDRS; i++) {
		if (!worth_trying(c, &addr[i]) || among(ret->addr, ret->n_addr, &addr[i]))
			continue;
		any |= !among(r->addr, r->n_addr, &addr[i]);
		ret->addr[ret->n_addr++] = addr[i];
	}
	return any;
}

void peer_names_replace(struct peer_names *r, const struct peer_names *by)
{
	memcpy(r->addr, by->addr, sizeof(r->addr));
	r->n_addr = by->n_addr;
	r->due = 0;
}

bool peer_names_due(const struct hce *h)
{
	return h->names && h->names->due;
}

bool peer_names_next_addr(struct core *c, struct hce *h, struct in6_addr *ret)
{
	struct peer_names *r = h->names;

	while (peer_names_due(h)) {
		const struct in6_addr *addr = &r->addr[r->n_addr - 1 - --r->due % r->n_addr];

		if (!worth_trying(c, addr))
			continue;
		*ret = *addr;
		return true;
	}
	return false;
}

void peer_names_stop(struct hce *h)
{
	if (h->names)
		h->names->due = 0;
}

void peer_names_hurry(struct hce *h, usec_t now)
{
	struct peer_names *r = h->names;

	if (!r)
		return;
	r->wait = 0;
	if (r->next > usec_add(now, SEARCH_STEP_MIN))
		r->next = usec_add(now, SEARCH_STEP_MIN);
}
