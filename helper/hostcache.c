/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign Host Cache Entries: how they come (2.1.1), how their addresses live and expire (2.1.3, 2.1.4), how they go (2.1.5). */
#include <utlist.h>

#include "aap_initiator.h"
#include "bu_send.h"
#include "connection.h"
#include "entry.h"
#include "packet.h"
#include "pair.h"
#include "pcb.h"

void hce_proved(struct core *c, struct hce *h, usec_t now)
{
	bool doubted = hce_doubted(h, now);
	struct foreign_addr *fa;

	h->proved = now;
	h->asked = h->revive_wait = 0;
	DL_FOREACH(h->addrs, fa)
		if (doubted && fa->state == ADDR_ACTIVE)
			pcb_bind_foreign(c, h, &fa->addr);
	if (!doubted && !h->wants_move)
		return;
	h->wants_move = false;
	pair_update(c, h, now);
}

void hce_answered(struct core *c, struct hce *h, usec_t now)
{
	if (!h->may_announce) {
		h->may_announce = true;
		binding_sync(c, h, now);
	}
	aap_start(c, h, now);
}
