/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs ask about their own connections, by hmip.h. */
#include "config.h"

#include "addr.h"
#include "helper_private.h"

#include <utlist.h>

static void describe(struct helper *h, const struct pcb *p, struct control_answer *ret)
{
	const struct hce *e = p->hce;
	const struct foreign_addr *f;
	const struct pcb *each;

	ret->flags = CONTROL_KNOWN | (e->sa && e->status == PEER_HOMELESS ? CONTROL_HOMELESS : 0) |
		     (e->trusted ? CONTROL_TRUSTED : 0);
	DL_FOREACH(e->addrs, f)
		ret->addresses += f->state == ADDR_ACTIVE;
	DL_FOREACH(e->pcbs, each)
		ret->connections += each->forget == USEC_NEVER;
	ret->local = ret->local_now = p->local;
	ret->foreign = ret->foreign_now = p->foreign;
	if (p->gen == e->pair.gen)
		return;
	ret->local_now = e->pair.local;
	ret->foreign_now = e->pair.foreign;
	if (!addr_equal(&p->local, &e->pair.local) || !addr_equal(&p->foreign, &e->pair.foreign))
		ret->flags |= CONTROL_MOVED;
}

void helper_asked(void *ctx, int fd, enum control_verb verb, uid_t uid, struct control_answer *ret)
{
	struct helper *h = ctx;
	struct pcb p, *known;

	ret->result = sockdiag_describe(fd, &p);
	if (ret->result < 0)
		return;
	/* It may be too young to have been found, and whose it is may not have been known then. */
	adopt_now(h, false);
	p.care = PCB_ADOPTED;
	if (h->conf->adopt && !sockdiag_prevented(fd))
		core_pcb_open(h->core, &p, helper_now());
	known = helper_pcb(h, p.cookie);
	if (verb == CONTROL_TRUST)
		ret->result = core_trust(h->core, p.cookie);
	else if (verb == CONTROL_FORGET)
		ret->result = core_forget(h->core, p.cookie, uid, helper_now());
	else if (known && known->hce)
		describe(h, known, ret);
	h->save_later |= verb == CONTROL_TRUST;
	helper_carry(h);
}
