/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding a way to the peer when the one in use does not carry packets (what RFC 5534 does for shim6).
 *
 * Signalling that nobody answers goes to the peer's other addresses in turn.
 */
#include "core_private.h"

#include <utlist.h>

#include "addr.h"

/* The n-th address of h but the pair's: Active ones come first. NULL if there are not so many. */
static const struct in6_addr *other_foreign(const struct hce *h, unsigned n)
{
	const struct foreign_addr *fa;

	for (int active = 1; active >= 0; active--)
		DL_FOREACH(h->addrs, fa)
			if ((fa->state == ADDR_ACTIVE) == active && !addr_equal(&fa->addr, &h->pair.foreign) && !n--)
				return &fa->addr;
	return NULL;
}

/* How many addresses of h are good for trying: all, or the pair's and the Active ones. */
static unsigned count_foreign(const struct hce *h, bool all)
{
	const struct foreign_addr *fa;
	unsigned n = IN6_IS_ADDR_UNSPECIFIED(&h->pair.foreign) ? 0 : 1;

	DL_FOREACH(h->addrs, fa)
		n += (all || fa->state == ADDR_ACTIVE) && !addr_equal(&fa->addr, &h->pair.foreign);
	return n ? n : 1;
}

struct in6_addr explore_target(const struct hce *h, unsigned tries)
{
	bool paired = !IN6_IS_ADDR_UNSPECIFIED(&h->pair.foreign);
	unsigned good = count_foreign(h, false), n = tries % good;
	const struct in6_addr *a;

	/* What is not Active is no more than a last resort. */
	if (tries >= 2 * good)
		n = (tries - 2 * good) % count_foreign(h, true);
	if (paired && !n)
		return h->pair.foreign;
	a = other_foreign(h, paired ? n - 1 : n);
	return a ? *a : h->pair.foreign;
}

bool explore_round(const struct hce *h, unsigned tries)
{
	return tries % count_foreign(h, false) == 0;
}
