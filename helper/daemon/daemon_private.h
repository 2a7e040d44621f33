/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the helper share that know all of it:
 *
 *   daemon.c     opens, closes, hears
 *   apply.c      carries out what the core asks for
 *   control_handlers.c   what hmipctl and programs want
 *   adopt.c      connections that nobody shows
 *   conf_apply.c     the configuration
 */
#ifndef HMIP_DAEMON_PRIVATE_H
#define HMIP_DAEMON_PRIVATE_H

#include "adopt.h"
#include "clock.h"
#include "conf.h"
#include "control_handlers.h"
#include "control_server.h"
#include "daemon.h"
#include "event_log.h"
#include "hostmap_sync.h"
#include "icmp_inject.h"
#include "ifmon.h"
#include "report.h"
#include "dns.h"
#include "route_sync.h"
#include "sock_events.h"
#include "sock_info.h"
#include "sock_monitor.h"
#include "state_file.h"
#include "hostmap.h"
#include "signal_io.h"

#define SENDS_MAX	64	/* packets that wait for the routes they need */
#define KICKS_MAX	64
#define PLAIN_ROWS_MAX	1024	/* of the host map */

/* An interface the datapath is, or is to be, attached to. */
struct interface {
	unsigned ifindex;
	unsigned short hatype;
	struct interface *next;	/* utlist LL */
};

struct helper {
	const char *conf_path, *socket;		/* the caller's */
	char *state, *view_path;
	struct conf *conf;
	struct event_base *base;
	struct core *core;
	struct link_watch *link;
	struct wire *wire;
	struct sockdiag *sockdiag;
	struct datapath *datapath;
	struct steer *steer;
	struct resolve *resolve;
	struct ctl *ctl;
	struct hostmap *view;
	struct interface *interfaces;
	bool attached;				/* interfaces are attached to as they appear */
	bool clean;				/* no helper will follow: nothing is left in the kernel */
	int lock, timer;
	struct event *ev_lock, *ev_timer, *ev_link, *ev_wire, *ev_sockdiag, *ev_datapath;
	struct event *ev_term, *ev_int, *ev_hup, *ev_later, *ev_ends;
	usec_t started;

	struct action send[SENDS_MAX];
	unsigned n_send;
	uint32_t kick[KICKS_MAX];		/* ids of entries */
	unsigned n_kick;
	bool steer_now, steer_later, view_now, view_later, save_now, save_later;
	bool route_now;				/* the core is to be told which sources the kernel would choose */
	struct hostmap_row row[HOSTMAP_ROWS_MAX];	/* to be written to the host map; n_row of them */
	unsigned n_row;
	struct in6_addr plain[PLAIN_ROWS_MAX];	/* on their way there */
	struct adoption adoption;
};

/* Carries out all that the core asks for, saves what must survive, and sets the timer. */
void helper_carry(struct helper *h);

/* What can wait a moment: routes that nothing needs any more, connections that came and went. */
void helper_carry_later(struct helper *h);

/* Tells the core of UDP sockets that are bound to the address lost, or to any that is not this host's if that is NULL. */
void helper_find_bound(struct helper *h, const struct in6_addr *lost);

/* Declares the peers of conf that are not in old as they are now. Returns 0 or the first negative errno. */
int helper_declare_peers(struct helper *h, const struct conf *conf, const struct conf *old);

/* Reads the configuration again. If that fails the one in force is kept. */
void helper_reload(struct helper *h);

#endif
