/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "adopt.h"
#include "clock.h"
#include "conf.h"
#include "core.h"
#include "daemon_private.h"
#include "datapath.h"
#include "hostmap.h"
#include "log.h"
#include "sock_events.h"
#include "sock_info.h"
#include "sock_monitor.h"

#include <errno.h>
#include <string.h>

#define PAUSE_MS	20
#define PAUSE_MAX_MS	320
#define SHARE		10	/* of the time, one part is for scans */
#define HALVES_MAX	6	/* scans on account of handshakes under way, without another reason */

static void on_found(void *ctx, const struct sock_desc *s, bool half)
{
	struct daemon *h = ctx;
	struct pcb p = pcb_from_sock(s, PCB_ADOPTED);
	bool known = core_pcb(h->core, p.cookie);

	if (!core_adopts(h->core, &p))
		return;
	/* What answers to a spoofed SYN stays such a half, and is none of ours. */
	if (half)
		h->adoption.half = true;
	else if (core_pcb_open(h->core, &p, clock_boottime()) == 0 && !known)
		h->adoption.found = true;
}

static void soon(struct daemon *h, bool at_once)
{
	struct adoption *a = &h->adoption;
	usec_t now = clock_boottime(), due = at_once ? now :
		usec_add(now, a->pause_ms * USEC_PER_MSEC), wait;
	struct timeval t;

	if (!h->conf->adopt)
		return;
	datapath_mark_unscanned(h->datapath);
	if (!at_once && event_pending(a->ev, EV_TIMEOUT, NULL))
		return;
	wait = usec_until(due > a->next_allowed ? due : a->next_allowed, now);
	t = (struct timeval){ .tv_sec = wait / USEC_PER_SEC, .tv_usec = wait % USEC_PER_SEC };
	event_add(a->ev, &t);
}

void adopt_scan(struct daemon *h)
{
	struct adoption *a = &h->adoption;
	usec_t began = clock_boottime(), ended;
	int r;

	if (!h->conf->adopt)
		return;
	event_del(a->ev);
	a->found = a->half = false;
	datapath_scan_begin(h->datapath);
	sock_events_drain(h);
	r = sock_monitor_list(h->sock_monitor, on_found, h);
	if (r < 0)
		log_warnx("cannot list the sockets: %s, ignoring", strerror(-r));
	ended = clock_boottime();
	a->next_allowed = usec_add(ended, (ended - began) * (SHARE - 1));
	a->scans++;
	if (a->found)
		a->pause_ms = PAUSE_MS;
	else if (a->pause_ms < PAUSE_MAX_MS)
		a->pause_ms *= 2;
	a->carried = false;
	/* A handshake takes a round trip. One that nobody completes is none of ours; the datapath reports what comes of it later. */
	if (a->half && a->halves < HALVES_MAX) {
		a->halves++;
		soon(h, false);
	}
}

void adopt_schedule(struct daemon *h, bool at_once)
{
	h->adoption.halves = 0;
	soon(h, at_once);
}

void adopt_carried(struct daemon *h)
{
	if (!h->adoption.carried)
		datapath_looked(h->datapath);
	h->adoption.carried = true;
}

void adopt_scan_if_needed(struct daemon *h, bool budgeted)
{
	if ((datapath_unscanned(h->datapath) || h->adoption.half) &&
	    (!budgeted || clock_boottime() >= h->adoption.next_allowed))
		adopt_scan(h);
}

int adopt_open(struct daemon *h, event_callback_fn due)
{
	h->adoption.pause_ms = PAUSE_MS;
	h->adoption.carried = true;
	h->adoption.ev = evtimer_new(h->base, due, h);
	return h->adoption.ev ? 0 : -ENOMEM;
}

void adopt_close(struct daemon *h)
{
	if (h->adoption.ev)
		event_free(h->adoption.ev);
}

void adopt_configure(struct daemon *h)
{
	datapath_adopt(h->datapath, h->conf->adopt);
	hostmap_set_adopting(h->view, h->conf->adopt);
	h->view_now = true;
	adopt_schedule(h, true);
}

void adopt_status(struct daemon *h, uint32_t hce)
{
	const struct hce *e = core_entry(h->core, hce);

	if (!e)
		return;
	datapath_adopt_from(h->datapath, hce, e->status == PEER_HOMELESS);
	h->view_now = true;
	if (e->status == PEER_HOMELESS)
		adopt_schedule(h, true);
}
