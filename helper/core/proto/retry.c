/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The retry order: which source and destination signalling uses next, and how long to wait for the
 * answer.
 */
#include "retry.h"

#include <utlist.h>

#include "addr.h"
#include "array.h"
#include "bul.h"
#include "local.h"
#include "pair.h"

const struct in6_addr *retry_other_foreign(const struct hce *h, unsigned n)
{
	/* X2: no signalling to a Tentative address but Challenges. */
	static const enum addr_state order[] = { ADDR_ACTIVE, ADDR_DEPRECATED };
	const struct foreign_addr *fa;

	for (unsigned i = 0; i < ARRAY_LEN(order); i++)
		DL_FOREACH(h->addrs, fa)
			if (fa->state == order[i] && !addr_equal(&fa->addr, &h->pair.foreign) &&
			    !n--)
				return &fa->addr;
	return NULL;
}

unsigned retry_count_foreign(const struct hce *h, bool all)
{
	const struct foreign_addr *fa;
	unsigned n = IN6_IS_ADDR_UNSPECIFIED(&h->pair.foreign) ? 0 : 1;

	DL_FOREACH(h->addrs, fa)
		n += (fa->state == ADDR_ACTIVE || (all && fa->state == ADDR_DEPRECATED)) &&
		     !addr_equal(&fa->addr, &h->pair.foreign);
	return n ? n : 1;
}

struct in6_addr retry_target(const struct hce *h, unsigned tries)
{
	bool paired = !IN6_IS_ADDR_UNSPECIFIED(&h->pair.foreign);
	unsigned good = retry_count_foreign(h, false), bad = retry_count_foreign(h, true) - good,
		 n = tries % good;
	unsigned late = tries - 2 * good;
	const struct in6_addr *a;

	/* Deprecated addresses are a last resort, and may be many: use them for every other try. */
	if (tries >= 2 * good && bad)
		n = late % 2 ? late / 2 % good : good + late / 2 % bad;
	if (paired && !n)
		return h->pair.foreign;
	a = retry_other_foreign(h, paired ? n - 1 : n);
	return a ? *a : h->pair.foreign;
}

bool retry_round(const struct hce *h, unsigned tries)
{
	return tries % retry_count_foreign(h, false) == 0;
}

bool retry_late(const struct hce *h, unsigned tries)
{
	return tries / (2 * retry_count_foreign(h, false)) % 2;
}

const struct local_addr *retry_source(struct core *c, struct hce *h)
{
	const struct local_addr *l = local_find(c, &h->pair.local);

	if (local_good_for(l, h))
		return l;
	l = pair_best_local(c, h);
	return l ? l : local_best(c, h, h->personality, &h->pair.foreign);
}

/* Returns the n-th source besides but, unproven ones first; NULL if there are fewer. */
static const struct local_addr *other_source(struct core *c, const struct hce *h,
					     const struct local_addr *but, unsigned n)
{
	const struct local_addr *l;
	const struct binding *b;

	for (int proven = 0; proven < 2; proven++)
		DL_FOREACH(h->bindings, b) {
			if (!b->wanted || (b->state >= BINDING_RESPONDED) != proven)
				continue;
			l = local_find(c, &b->addr);
			if (l != but && local_good_for(l, h) && !n--)
				return l;
		}
	return NULL;
}

unsigned retry_count_other_sources(struct core *c, struct hce *h)
{
	const struct local_addr *first = retry_source(c, h);
	unsigned n = 0;

	while (first && other_source(c, h, first, n))
		n++;
	return n;
}

const struct local_addr *retry_update_source(struct core *c, struct hce *h)
{
	const struct local_addr *first = retry_source(c, h), *next = NULL;
	const struct binding *b;
	unsigned round = h->rt.tries / retry_count_foreign(h, false);
	unsigned n = retry_count_other_sources(c, h);

	if (!n)
		return first;
	if (h->rt.no_route)
		return other_source(c, h, first, (h->rt.no_route - 1) % n);
	/*
	 * One lost packet is no dead path, and the peer would follow a proven source (C11): these
	 * wait for another round.
	 */
	b = bul_find(h, &other_source(c, h, first, 0)->addr);
	if (round && round % 2 == (b->state < BINDING_RESPONDED))
		next = other_source(c, h, first, (round - 1) / 2 % n);
	return next ? next : first;
}

usec_t retry_timeout(const struct hce *h)
{
	usec_t t = 2 * h->srtt + 10 * USEC_PER_MSEC;

	if (!h->srtt || t > INITIAL_BINDACK_TIMEOUT)
		return INITIAL_BINDACK_TIMEOUT;
	return t < MIN_BINDACK_TIMEOUT ? MIN_BINDACK_TIMEOUT : t;
}
