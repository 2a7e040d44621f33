/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "adopt.h"
#include "array.h"
#include "clock.h"
#include "conf.h"
#include "core.h"
#include "daemon_private.h"
#include "datapath.h"
#include "delivered.h"
#include "hostmap.h"
#include "log.h"
#include "sock_events.h"
#include "sock_info.h"
#include "sock_monitor.h"

#include <errno.h>
#include <string.h>

#define PAUSE_MS	20
#define PAUSE_MAX_MS	320
#define SHARE		10	/* scans use one part in so many of the time */
#define STRANGERS	32	/* hosts that are asked at once, and then one an interval */
#define STRANGER_INTERVAL	(USEC_PER_SEC / 10)
#define HALVES_MAX	6	/* scans for incomplete handshakes without another reason */

static void note_found(struct adoption *a, uint64_t cookie)
{
	a->found = true;
	if (a->n_fresh < ARRAY_LEN(a->fresh))
		a->fresh[a->n_fresh++] = cookie;
}

/*
 * Whether p begins mobility with a host that is not known. How often is limited: a host that starts
 * with many connections asks no crowd at once. What is left over waits for the next scan.
 */
static bool initiates(struct daemon *d, const struct pcb *p)
{
	struct adoption *a = &d->adoption;
	usec_t now = clock_boottime();

	if (core_pcb(d->core, p->cookie) || !core_initiates(d->core, p, now))
		return false;
	if (ratelimit_take(&a->strangers, now))
		return true;
	a->postponed = true;
	return false;
}

static void on_found(void *ctx, const struct sock_desc *s, bool half)
{
	struct daemon *d = ctx;
	struct pcb p = pcb_from_sock(s, PCB_ADOPTED);
	bool known = core_pcb(d->core, p.cookie);

	/* A peer's connection to an address that no interface has. */
	if (core_entry_of(d->core, &p.foreign) && !core_local(d->core, &p.local))
		delivered_learn(d, &p.local);
	if (!core_adopts(d->core, &p) && !initiates(d, &p))
		return;
	/* An incomplete handshake may answer a spoofed SYN: wait until it is complete. */
	if (half)
		d->adoption.half = true;
	else if (core_pcb_open(d->core, &p, clock_boottime()) == 0 && !known)
		note_found(&d->adoption, p.cookie);
}

/*
 * Notes whether any of what the last successful scan found is still open. Connections that come and
 * go are no reason to look often: those that a change would end are looked for before it.
 */
static void note_brief(struct daemon *d)
{
	struct adoption *a = &d->adoption;

	if (!a->n_fresh)
		return;
	a->brief = true;
	for (unsigned i = 0; i < a->n_fresh; i++) {
		const struct pcb *p = core_pcb(d->core, a->fresh[i]);

		if (p && p->linger_until == USEC_NEVER)
			a->brief = false;
	}
	a->n_fresh = 0;
}

/* Schedules a scan as adopt_schedule(), without resetting the count of halves. */
static void soon(struct daemon *d, bool at_once)
{
	struct adoption *a = &d->adoption;
	usec_t now = clock_boottime(), due = at_once ? now :
		usec_add(now, a->pause_ms * USEC_PER_MSEC), wait;
	struct timeval t;

	if (!d->conf->adopt)
		return;
	datapath_mark_unscanned(d->datapath);
	if (!at_once && event_pending(a->ev, EV_TIMEOUT, NULL))
		return;
	wait = usec_until(due > a->next_allowed ? due : a->next_allowed, now);
	t = (struct timeval){ .tv_sec = wait / USEC_PER_SEC, .tv_usec = wait % USEC_PER_SEC };
	event_add(a->ev, &t);
}

void adopt_scan(struct daemon *d)
{
	struct adoption *a = &d->adoption;
	usec_t began = clock_boottime(), ended;
	int r;

	if (!d->conf->adopt)
		return;
	event_del(a->ev);
	a->found = a->half = a->postponed = false;
	datapath_scan_begin(d->datapath);
	sock_events_drain(d);
	note_brief(d);
	r = sock_monitor_list(d->sock_monitor, on_found, d);
	if (r < 0)
		log_warnx("cannot scan the sockets for connections to adopt: %s, continuing",
			  strerror(-r));
	ended = clock_boottime();
	a->next_allowed = usec_add(ended, (ended - began) * (SHARE - 1));
	a->scans++;
	if (a->found && !a->brief)
		a->pause_ms = a->pause_ms / 2 > PAUSE_MS ? a->pause_ms / 2 : PAUSE_MS;
	else if (a->pause_ms < PAUSE_MAX_MS)
		a->pause_ms *= 2;
	a->carried = false;
	/*
	 * A handshake takes a round trip. The datapath reports those that are completed after these
	 * scans.
	 */
	if (a->half && a->halves < HALVES_MAX) {
		a->halves++;
		soon(d, false);
	}
	if (a->postponed)
		soon(d, false);
}

void adopt_schedule(struct daemon *d, bool at_once)
{
	d->adoption.halves = 0;
	soon(d, at_once);
}

void adopt_carried(struct daemon *d)
{
	if (!d->adoption.carried)
		datapath_looked(d->datapath);
	d->adoption.carried = true;
}

bool adopt_scan_is_due(struct daemon *d, bool budgeted)
{
	return (datapath_unscanned(d->datapath) || d->adoption.half) &&
	       (!budgeted || clock_boottime() >= d->adoption.next_allowed);
}

void adopt_scan_if_needed(struct daemon *d)
{
	if (adopt_scan_is_due(d, false))
		adopt_scan(d);
}

int adopt_open(struct daemon *d, event_callback_fn due)
{
	d->adoption.pause_ms = PAUSE_MS;
	d->adoption.carried = true;
	d->adoption.strangers = ratelimit_make(STRANGERS, STRANGER_INTERVAL, clock_boottime());
	d->adoption.ev = evtimer_new(d->base, due, d);
	return d->adoption.ev ? 0 : -ENOMEM;
}

void adopt_close(struct daemon *d)
{
	if (d->adoption.ev)
		event_free(d->adoption.ev);
}

void adopt_configure(struct daemon *d)
{
	datapath_adopt(d->datapath, d->conf->adopt);
	datapath_initiate(d->datapath, d->conf->core.n_initiate > 0);
	hostmap_set_adopting(d->view, d->conf->adopt);
	d->view_now = true;
	adopt_schedule(d, true);
}

void adopt_status(struct daemon *d, uint32_t hce)
{
	const struct hce *e = core_entry(d->core, hce);

	if (!e)
		return;
	datapath_adopt_from(d->datapath, hce, e->status == PEER_HOMELESS);
	d->view_now = true;
	if (e->status == PEER_HOMELESS)
		adopt_schedule(d, true);
}
