/* SPDX-License-Identifier: BSD-2-Clause */
/* Internal to the files of this folder: what the daemon has open, and actions that wait. */
#ifndef HMIP_DAEMON_PRIVATE_H
#define HMIP_DAEMON_PRIVATE_H

#include "log_budget.h"
#include "core.h"
#include "entry_set.h"
#include "handovers.h"
#include "hostmap.h"

#include <event2/event.h>
#include <stdbool.h>

struct conf;
struct control_server;
struct datapath;
struct hostmap;
struct ifmon;
struct dns;
struct resume;
struct kernel_sas;
struct meetings;
struct sock_monitor;
struct state;
struct delivered;
struct route_sync;
struct signal_io;
struct signal_record;
struct tcp_hold;

#define SENDS_MAX	64	/* packets queued until the routes are set */
#define ACTIVES_MAX	16	/* addresses of peers that are heard when connections resume */
#define PLAIN_ROWS_MAX	1024	/* of the host map */

/* An interface to which the datapath is attached, or will be, if it knows the type. */
struct interface {
	unsigned ifindex;
	unsigned short hatype;
	bool port;			/* without the datapath */
	usec_t flush_next;	/* its neighbours are not flushed before then */
	bool lost;		/* an address on it, since neighbours were last flushed */
	struct interface *next;	/* utlist LL */
};

/* The scans for connections to adopt (adopt.h). */
struct adoption {
	struct event *ev;		/* of the next scan */
	usec_t next_allowed;		/* no scan before then */
	unsigned pause_ms;		/* between a report of the datapath and the scan */
	uint64_t scans;
	bool found, half;		/* by this scan: a new connection, a handshake under way */
	bool carried;			/* what it found is in the datapath's maps */
	unsigned halves;		/* scans since the last report, for handshakes under way */
	uint64_t fresh[8];		/* cookies of the first that a scan found */
	unsigned n_fresh;
	struct ratelimit strangers;	/* hosts not known, with which it begins mobility */
	bool postponed;			/* by this scan, for lack of a token there */
	bool brief;			/* what a scan found was closed before the next one */
};

struct daemon {
	const char *conf_path, *socket, *record_path;	/* of struct daemon_options */
	char *state_path, *view_path;
	struct state *state;			/* NULL until the first one is restored */
	int state_error;			/* of the last try to save it, 0: none */
	struct conf *conf;
	struct event_base *base;
	struct core *core;
	struct ifmon *ifmon;
	struct signal_io *signal_io;
	struct signal_record *record;		/* NULL: nothing is recorded */
	struct sock_monitor *sock_monitor;
	struct datapath *datapath;
	struct route_sync *route_sync;
	struct dns *dns;
	struct kernel_sas *kernel_sas;		/* NULL: no peer has such */
	struct meetings *meetings;
	struct delivered *delivered;
	struct resume *resume;
	struct tcp_hold *tcp_hold;
	struct control_server *control_server;
	struct hostmap *view;
	struct interface *interfaces;
	bool attached;				/* attach the datapath to new interfaces */
	bool clean;				/* daemon_stop() leaves nothing in the kernel */
	int lock, timer, wall_timer;		/* descriptors */
	struct event *ev_wall;
	struct event *ev_lock, *ev_timer, *ev_ifmon, *ev_signal, *ev_sock_monitor, *ev_datapath;
	struct event *ev_term, *ev_int, *ev_hup, *ev_later, *ev_sock_pause;
	usec_t started;
	int64_t wall_ahead;	/* of the boot clock, microseconds, when last looked at */
	struct log_budget log_budget;		/* of lines about peers */

	struct action send[SENDS_MAX];
	unsigned n_send;
	struct action active[ACTIVES_MAX];	/* ACTION_FOREIGN, not in the datapath yet */
	unsigned n_active;
	struct entry_set established;		/* may be by now, which matters to resume them */
	/*
	 * Update the routes, the host map, the state file: within apply_actions(), or by
	 * apply_deferred().
	 */
	bool links_lost;			/* some interfaces' "lost" may be set */
	bool routes_gone;			/* entries have gone: remove what was theirs */
	bool routes_lost;			/* some were removed: later, all */
	bool routes_now, routes_later, view_now, view_later, save_now, save_later;
	struct entry_set routes_of;		/* update those of these, within apply_actions() */
	struct entry_set source_of;		/* report the kernel's sources for these */
	struct hostmap_row row[HOSTMAP_ROWS_MAX];	/* used within hostmap_sync() */
	unsigned n_row;
	unsigned rows_cut;	/* rows about peers that did not fit */
	usec_t view_next;	/* no update before, as hostmap_may_sync() says */
	struct in6_addr plain[PLAIN_ROWS_MAX];	/* used within hostmap_sync() */
	struct adoption adoption;
	struct handovers handovers;
};

#endif
