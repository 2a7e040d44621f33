/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "loop.h"
#include "addr.h"
#include "adopt.h"
#include "apply.h"
#include "array.h"
#include "clock.h"
#include "conf.h"
#include "conf_apply.h"
#include "core.h"
#include "daemon_private.h"
#include "datapath.h"
#include "delivered.h"
#include "icmp_inject.h"
#include "ifmon.h"
#include "log.h"
#include "meet.h"
#include "sd_notify.h"
#include "sock_events.h"
#include "sock_info.h"
#include "sock_monitor.h"
#include "state.h"
#include "unix_listener.h"
#include "unused.h"

#include <errno.h>
#include <netinet/ip6.h>
#include <signal.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utlist.h>

#define WALL_REST		(365 * 86400)	/* seconds until the clock is looked at anyway */
#define WALL_JUMP		(3600 * (int64_t)USEC_PER_SEC)	/* no mere correction */
#define SOCK_PAUSE_MS		10	/* between reads of destroy events */

/* The datapath drops the first segments of a connection (R3): makes its connect() fail at once. */
static void on_refused(struct daemon *d, const struct dp_event *e)
{
	const struct hce *entry = core_entry(d->core, e->hce);
	struct sock_desc s = { .proto = IPPROTO_TCP, .local = e->addr, .lport = ntohs(e->lport),
			       .fport = ntohs(e->fport) };

	if (!entry)
		return;
	s.foreign = entry->pair.foreign;
	log_debug("refused a connection from port %u to [%s]:%u: another has its ports", s.lport,
		  addr_text(&s.foreign).s, s.fport);
	icmp_inject_refuse(d->signal_io, &s, e->gen);
}

static void on_datapath(void *ctx, const struct dp_event *e)
{
	struct daemon *d = ctx;
	struct hce *hce;

	if (e->type == DP_EVENT_HEARD) {
		hce = core_entry(d->core, e->hce);
		if (hce)
			sock_events_sync_entry(d, hce);
		core_heard(d->core, e->hce, &e->addr, clock_boottime());
		state_note_entry(d->state, e->hce);
		d->save_later = true;
	}
	if (e->type == DP_EVENT_NEW_CONN)
		adopt_schedule(d, false);
	if (e->type == DP_EVENT_DATAGRAM)
		core_datagram_heard(d->core, e->hce, &e->addr, &e->local, clock_boottime());
	if (e->type == DP_EVENT_REFUSED)
		on_refused(d, e);
	if (e->type == DP_EVENT_SILENT)
		core_silent(d->core, e->hce, clock_boottime());
	if (e->type == DP_EVENT_FOLLOWED)
		core_followed(d->core, e->hce, &e->addr, e->gen, clock_boottime());
}

/* Whether addresses that are lost are still assigned: that may change after they are reported. */
static void report_unassigned(struct daemon *d)
{
	for (const struct local_addr *l = core_locals(d->core); l; l = l->hh.next)
		if (!l->usable)
			core_local_assigned(d->core, &l->addr, ifmon_has(d->ifmon, &l->addr));
}

static void ifmon_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *d = ptr;
	int r = ifmon_read(d->ifmon);

	if (r < 0)
		log_warnx("cannot read changes of addresses and routes: %s, continuing",
			  strerror(-r));
	report_unassigned(d);
	apply_actions(d);
}

static void on_packet(void *ctx, const uint8_t *pkt, size_t len, unsigned ifindex)
{
	struct in6_addr local, foreign;
	struct daemon *d = ctx;

	apply_record(d, pkt, len);
	if (len >= sizeof(struct ip6_hdr)) {
		memcpy(&local, pkt + offsetof(struct ip6_hdr, ip6_dst), sizeof(local));
		delivered_note(d, &local, ifindex);
	}
	/* Connections that bear what is withdrawn must be known; a stranger causes no scan. */
	if (adopt_scan_is_due(d, true) && core_packet_withdraws(d->core, pkt, len))
		adopt_scan(d);
	if (core_packet_asks(d->core, pkt, len, clock_boottime(), &local, &foreign) &&
	    sock_monitor_connected(d->sock_monitor, &local, &foreign))
		core_connected(d->core, &local, &foreign);
	core_packet(d->core, pkt, len, clock_boottime());
}

static void signal_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *d = ptr;
	int r = datapath_signals(d->datapath, on_packet, d);

	if (r < 0)
		log_warnx("cannot read signalling from the datapath: %s, continuing", strerror(-r));
	apply_actions(d);
}

static void sock_monitor_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *d = ptr;

	sock_events_drain(d);
	apply_actions(d);
	event_del(d->ev_sock_monitor);
	event_add(d->ev_sock_pause, &(struct timeval){ .tv_usec = SOCK_PAUSE_MS * 1000 });
}

static void sock_pause_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *d = ptr;

	event_add(d->ev_sock_monitor, NULL);
}

static void datapath_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *d = ptr;
	int r = datapath_events(d->datapath, on_datapath, d);

	if (r < 0)
		log_warnx("cannot read events of the datapath: %s, continuing", strerror(-r));
	apply_actions(d);
}

static void refresh_entry(struct daemon *d, struct hce *hce, usec_t now)
{
	usec_t half = d->conf->core.default_lifetime * USEC_PER_SEC / 2;
	struct foreign_addr *f;

	DL_FOREACH(hce->addrs, f) {
		usec_t heard = 0;

		if (f->state != ADDR_TENTATIVE &&
		    (f->expires <= now || hce->unanswered_since || f->conflict ||
		     (hce->conversed && now - hce->conversed >= half)))
			heard = datapath_heard(d->datapath, &f->addr);
		if (heard <= f->heard)
			continue;
		core_heard(d->core, hce->id, &f->addr, heard);
		state_note_entry(d->state, hce->id);
		d->save_later = true;
	}
}

/*
 * Passes the datapath's time of the last packet to the core for addresses that are about to expire
 * for silence, or are in doubt (C6, C9), or whose datagrams keep an entry (X8). Only entries whose
 * timers have expired can have one.
 */
static void refresh_heard(struct daemon *d, usec_t now)
{
	const uint32_t *id;
	unsigned n = core_due(d->core, now, &id);

	for (unsigned i = 0; i < n; i++) {
		struct hce *hce = core_entry(d->core, id[i]);

		if (hce)
			refresh_entry(d, hce, now);
	}
}

static void timer_event(evutil_socket_t fd, short what UNUSED, void *ptr)
{
	struct daemon *d = ptr;
	uint64_t n;

	if (read(fd, &n, sizeof(n)) < 0)
		return;		/* the timer was set again in the meantime */
	refresh_heard(d, clock_boottime());
	core_tick(d->core, clock_boottime());
	apply_actions(d);
}

/* Has the kernel say when the time of day is set, and not when it passes. */
static int watch_wall(struct daemon *d)
{
	usec_t wall = clock_wall();
	const struct itimerspec late = {
		.it_value.tv_sec = (time_t)(wall / USEC_PER_SEC) + WALL_REST
	};

	d->wall_ahead = (int64_t)wall - (int64_t)clock_boottime();
	return timerfd_settime(d->wall_timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &late,
			       NULL) ? -errno : 0;
}

/* A host without a clock of its own gets the time from the network, after the helper began. */
static void wall_event(evutil_socket_t fd, short what UNUSED, void *ptr)
{
	struct daemon *d = ptr;
	int64_t was = d->wall_ahead;
	uint64_t times;
	unsigned n;

	if (read(fd, &times, sizeof(times)) < 0 && errno != ECANCELED)
		return;
	watch_wall(d);
	if (d->wall_ahead - was < WALL_JUMP)
		return;
	n = core_clock_set(d->core, (uint32_t)(clock_wall() / USEC_PER_SEC), clock_boottime());
	if (n)
		log_info("the time of day was set %lld s forward: sequence numbers with %u "
			 "configured peer%s go on from there, so that they are not taken for "
			 "replays", (long long)(d->wall_ahead - was) / (int64_t)USEC_PER_SEC, n,
			 n == 1 ? "" : "s");
	apply_actions(d);
}

static void deferred_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	apply_deferred(ptr);
}

static void scan_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	adopt_scan(ptr);
	apply_actions(ptr);
}

/* Disconnects a process that checks whether the lock is held. */
static void lock_event(evutil_socket_t fd, short what UNUSED, void *ptr UNUSED)
{
	struct ucred who;
	int client = unix_listener_accept(fd, &who);

	if (client >= 0)
		unix_listener_end(client);
}

static void stop_event(evutil_socket_t sig, short what UNUSED, void *ptr)
{
	struct daemon *d = ptr;

	if (core_is_leaving(d->core)) {
		log_info("stopping on signal %d at once", (int)sig);
	} else {
		d->clean = sig == SIGINT;
		log_info("stopping on signal %d, %s", (int)sig,
			 d->clean ? "removing the datapath and routes: moved connections go back "
				    "to the addresses they began with"
				  : "leaving the datapath and routes for the next helper");
		sd_notify_send("STOPPING=1");
	}
	if (!d->clean) {
		event_base_loopbreak(d->base);
		return;
	}
	core_leave(d->core, clock_boottime());
	apply_actions(d);
}

static void reload_event(evutil_socket_t sig UNUSED, short what UNUSED, void *ptr)
{
	conf_reload(ptr);
	meet_configure(ptr);
	apply_actions(ptr);
}

static int add_event(struct daemon *d, int fd, short what, event_callback_fn fn, struct event **ret)
{
	*ret = event_new(d->base, fd, what | EV_PERSIST, fn, d);
	return *ret && event_add(*ret, NULL) == 0 ? 0 : -ENOMEM;
}

int loop_open(struct daemon *d)
{
	d->base = event_base_new();
	d->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	d->wall_timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (d->timer < 0 || d->wall_timer < 0)
		return -errno;
	d->ev_later = d->base ? event_new(d->base, -1, EV_TIMEOUT, deferred_event, d) : NULL;
	d->ev_sock_pause = d->base ? evtimer_new(d->base, sock_pause_event, d) : NULL;
	return d->ev_later && d->ev_sock_pause ? adopt_open(d, scan_event) : -ENOMEM;
}

int loop_watch(struct daemon *d)
{
	const struct {
		int fd;
		short what;
		event_callback_fn fn;
		struct event **ret;
	} row[] = {
		{ d->timer, EV_READ, timer_event, &d->ev_timer },
		{ d->wall_timer, EV_READ, wall_event, &d->ev_wall },
		{ ifmon_fd(d->ifmon), EV_READ, ifmon_event, &d->ev_ifmon },
		{ datapath_signal_fd(d->datapath), EV_READ, signal_event, &d->ev_signal },
		{ sock_monitor_fd(d->sock_monitor), EV_READ, sock_monitor_event,
		  &d->ev_sock_monitor },
		{ datapath_event_fd(d->datapath), EV_READ, datapath_event, &d->ev_datapath },
		{ SIGTERM, EV_SIGNAL, stop_event, &d->ev_term },
		{ SIGINT, EV_SIGNAL, stop_event, &d->ev_int },
		{ SIGHUP, EV_SIGNAL, reload_event, &d->ev_hup },
	};

	if (watch_wall(d) < 0)
		return -errno;
	if (d->lock >= 0 && add_event(d, d->lock, EV_READ, lock_event, &d->ev_lock) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		if (add_event(d, row[i].fd, row[i].what, row[i].fn, row[i].ret) < 0)
			return -ENOMEM;
	return 0;
}

static void free_event(struct event *ev)
{
	if (ev)
		event_free(ev);
}

void loop_unwatch(struct daemon *d)
{
	free_event(d->ev_lock);
	free_event(d->ev_timer);
	free_event(d->ev_wall);
	free_event(d->ev_ifmon);
	free_event(d->ev_signal);
	free_event(d->ev_sock_monitor);
	free_event(d->ev_datapath);
	free_event(d->ev_term);
	free_event(d->ev_int);
	free_event(d->ev_hup);
	free_event(d->ev_later);
	free_event(d->ev_sock_pause);
}

void loop_close(struct daemon *d)
{
	if (d->base)
		event_base_free(d->base);
	if (d->timer >= 0)
		close(d->timer);
	if (d->wall_timer >= 0)
		close(d->wall_timer);
}
