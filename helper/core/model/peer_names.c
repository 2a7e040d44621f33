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

void rendezvous_add_name(struct rendezvous *r, const char *name)
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

/*
 * Whether there is any sense in trying addr: it is neither ours nor another peer's, and the peer is
 * not tried there anyway.
 */
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

bool rendezvous_sift(struct core *c, const struct rendezvous *r, const struct in6_addr *addr,
		     unsigned n, struct rendezvous *ret)
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

void rendezvous_replace(struct rendezvous *r, const struct rendezvous *by)
{
	memcpy(r->addr, by->addr, sizeof(r->addr));
	r->n_addr = by->n_addr;
	r->due = 0;
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
