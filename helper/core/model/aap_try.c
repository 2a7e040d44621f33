/* SPDX-License-Identifier: BSD-2-Clause */
#include "aap_try.h"

#include <stdlib.h>

void aap_abort(struct hce *h)
{
	if (!h->aap)
		return;
	aap_keypair_wipe(&h->aap->own);
	free(h->aap);
	h->aap = NULL;
}

void aap_confirmed(struct hce *h)
{
	if (h->aap && h->aap->confirming)
		aap_abort(h);
}
