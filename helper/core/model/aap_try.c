/* SPDX-License-Identifier: BSD-2-Clause */
#include "aap_try.h"

#include <stdlib.h>

#include "peer.h"

void aap_abort(struct hce *h)
{
	if (!h->aap)
		return;
	aap_keypair_wipe(&h->aap->own);
	free(h->aap);
	h->aap = NULL;
}

void aap_confirmed(struct core *c, struct hce *h, usec_t now)
{
	struct peer *old;

	if (!h->aap || !h->aap->confirming)
		return;
	old = peer_by_spi(c, h->aap->old_spi);
	if (old && old->hce == h)
		peer_retire(c, old, now);
	aap_abort(h);
}
