/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "sock_events.h"
#include "clock.h"
#include "core_types.h"
#include "daemon_private.h"
#include "datapath.h"
#include "log.h"
#include "sock_monitor.h"
#include "usec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(SOCK_UID_UNKNOWN == PCB_UID_UNKNOWN, "one value for both");

struct pcb pcb_from_sock(const struct sock_desc *s, enum pcb_source source)
{
	return (struct pcb){ .cookie = s->cookie, .local = s->local, .foreign = s->foreign,
			     .lport = s->lport, .fport = s->fport, .proto = s->proto,
			     .established = s->established, .uid = s->uid, .mark = s->mark,
			     .source = source, .origin = s->accepted ? PCB_ACCEPT : PCB_CONNECT };
}

struct sock_desc sock_from_pcb(const struct pcb *p)
{
	return (struct sock_desc){ .cookie = p->cookie, .local = p->local, .foreign = p->foreign,
				   .lport = p->lport, .fport = p->fport, .proto = p->proto,
				   .established = p->established, .uid = p->uid, .mark = p->mark };
}

void sock_events_gone(void *ctx, uint64_t cookie)
{
	struct daemon *d = ctx;

	core_pcb_close(d->core, cookie, clock_boottime());
}

int sock_events_resync(struct daemon *d)
{
	struct pcb *pcbs = core_pcbs(d->core);
	struct sender *senders = core_senders(d->core);
	uint64_t *cookie = calloc(HASH_COUNT(pcbs) + HASH_COUNT(senders) + 1, sizeof(*cookie));
	size_t n = 0;
	int r;

	if (!cookie)
		return -ENOMEM;
	for (const struct pcb *p = pcbs; p; p = p->hh.next)
		if (p->linger_until == USEC_NEVER)
			cookie[n++] = p->cookie;
	for (const struct sender *s = senders; s; s = s->hh.next)
		cookie[n++] = s->cookie;
	r = sock_monitor_sync(d->sock_monitor, cookie, n);
	free(cookie);
	return r;
}

void sock_events_drain(struct daemon *d)
{
	int r = sock_monitor_read(d->sock_monitor);

	if (r == -ENOBUFS)
		r = sock_events_resync(d);
	if (r < 0)
		log_warnx("cannot read which sockets were closed: %s, continuing", strerror(-r));
}

void sock_events_sync_entry(struct daemon *d, struct hce *hce)
{
	for (struct pcb *p = hce->pcbs, *next; p; p = next) {
		uint32_t acked;

		next = p->next;
		if (p->proto == IPPROTO_TCP && !p->established &&
		    datapath_acked(d->datapath, hce->id, p, &acked) == 0 && acked)
			core_pcb_established(d->core, p->cookie, clock_boottime());
	}
}

void sock_events_sync_established(struct daemon *d)
{
	for (struct hce *h = core_entries(d->core), *next; h; h = next) {
		next = h->hh.next;
		sock_events_sync_entry(d, h);
	}
}
