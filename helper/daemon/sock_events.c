/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "daemon_private.h"
#include "log.h"

#include <errno.h>
#include <string.h>

void on_socket_gone(void *ctx, uint64_t cookie)
{
	struct helper *h = ctx;

	core_pcb_close(h->core, cookie, helper_now());
}

void helper_ends(struct helper *h)
{
	int r = sockdiag_read(h->sockdiag);

	if (r == -ENOBUFS)
		r = sockdiag_sync(h->sockdiag, h->core);
	if (r < 0)
		log_warnx("cannot read which sockets ended: %s, ignoring", strerror(-r));
}

void helper_settle(struct helper *h)
{
	for (struct pcb *p = core_pcbs(h->core), *next; p; p = next) {
		uint32_t acked;

		next = p->hh.next;
		if (p->proto == IPPROTO_TCP && p->hce && !p->established &&
		    datapath_acked(h->datapath, p->hce->id, p, &acked) == 0 && acked)
			core_pcb_established(h->core, p->cookie, helper_now());
	}
}
