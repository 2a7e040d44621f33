/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens and closes the parts of the helper, and passes what they receive to the core as events. */
#include "config.h"

#include "daemon.h"
#include "adopt.h"
#include "apply.h"
#include "array.h"
#include "clock.h"
#include "conf.h"
#include "conf_apply.h"
#include "control_handlers.h"
#include "control_server.h"
#include "core.h"
#include "daemon_private.h"
#include "datapath.h"
#include "delivered.h"
#include "dns.h"
#include "hostmap.h"
#include "hostmap_sync.h"
#include "ifmon.h"
#include "ipc_proto.h"
#include "kernel_sa.h"
#include "log.h"
#include "loop.h"
#include "meet.h"
#include "ping.h"
#include "privileges.h"
#include "resume.h"
#include "route_sync.h"
#include "saving.h"
#include "sd_notify.h"
#include "signal_io.h"
#include "signal_record.h"
#include "sock_events.h"
#include "sock_monitor.h"
#include "state.h"
#include "tcp_hold.h"
#include "udp_bound_scan.h"
#include "unix_listener.h"
#include "unused.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#define STATE_DIR	LOCALSTATEDIR "/lib/hmip"

/* ---- events for the core ---- */

static void on_address_up(void *ctx, const struct in6_addr *addr, unsigned ifindex, bool spare,
			  usec_t valid_until)
{
	struct daemon *d = ctx;

	core_local_personality(d->core, addr, conf_personality(d->conf, addr,
							       ifmon_name(d->ifmon, ifindex)),
								       clock_boottime());
	core_local_spare(d->core, addr, spare, clock_boottime());
	core_local_up(d->core, addr, ifindex, valid_until, clock_boottime());
	entry_set_add_all(&d->source_of);
	meet_hurry(d);
}

static void on_address_down(void *ctx, const struct in6_addr *addr)
{
	struct daemon *d = ctx;
	const struct local_addr *la = core_local(d->core, addr);
	struct interface *i;

	LL_FOREACH(d->interfaces, i)
		i->lost |= la && la->ifindex == i->ifindex;
	d->links_lost = true;
	adopt_scan_if_needed(d);
	udp_bound_scan(d, addr);
	core_local_down(d->core, addr, clock_boottime());
	entry_set_add_all(&d->source_of);
}

static void on_interface(void *ctx, unsigned ifindex, const char *name, unsigned short hatype,
			 bool port)
{
	struct daemon *d = ctx;
	struct interface *i = calloc(1, sizeof(*i));

	if (!i) {
		log_warnx("out of memory: the datapath is not attached to %s, and connections "
			  "through it will not survive moves",
			  name);
		return;
	}
	*i = (struct interface){ .ifindex = ifindex, .hatype = hatype, .port = port };
	LL_APPEND(d->interfaces, i);
	if (d->attached && !port)
		datapath_attach(d->datapath, ifindex, hatype);
}

static void on_interface_gone(void *ctx, unsigned ifindex)
{
	struct daemon *d = ctx;
	struct interface *i, *tmp;

	datapath_detach(d->datapath, ifindex);
	LL_FOREACH_SAFE(d->interfaces, i, tmp)
		if (i->ifindex == ifindex) {
			LL_DELETE(d->interfaces, i);
			free(i);
		}
}

static void on_routes(void *ctx)
{
	struct daemon *d = ctx;
	int r = route_sync_rules(d->route_sync);

	if (r < 0)
		log_warnx("cannot read the routing policy rules: %s, using those read before",
			  strerror(-r));
	core_routes_changed(d->core, clock_boottime());
	delivered_recheck(d);
	d->routes_now = true;
	entry_set_add_all(&d->source_of);
	meet_hurry(d);
}

/* What this host removed is computed anew for nothing; what others removed is needed. */
static void on_own_route_gone(void *ctx)
{
	struct daemon *d = ctx;

	d->routes_lost = d->routes_later = true;
}

static void on_resolved(void *ctx, uint32_t hce, const struct in6_addr *addr, unsigned n)
{
	struct daemon *d = ctx;

	if (hce >= MEET_ID_FIRST)
		meet_resolved(d, hce, addr, n);
	else
		core_resolved(d->core, hce, addr, n, clock_boottime());
	apply_actions(d);
}

static json_t *on_report(void *ctx, const char *what)
{
	json_t *report = control_report(ctx, what);

	apply_actions(ctx);
	return report;
}

static int on_prefer(void *ctx, const struct in6_addr *addr, const char *interface)
{
	int r = control_prefer(ctx, addr, interface);

	apply_actions(ctx);
	return r;
}

static int on_depart(void *ctx, const struct in6_addr *addr, const char *interface, bool departs)
{
	int r = control_depart(ctx, addr, interface, departs);

	apply_actions(ctx);
	return r;
}

static int on_meet(void *ctx, const struct in6_addr *addr, uint32_t *ret_entry)
{
	int r = meet_once(ctx, addr, false, ret_entry);

	apply_actions(ctx);
	return r;
}

static json_t *on_ping(void *ctx, const struct in6_addr *addr, int *ret_error)
{
	json_t *answer = ping_peer(ctx, addr, ret_error);

	apply_actions(ctx);
	return answer;
}

static void on_registered(void *ctx, int fd, const struct control_register *reg)
{
	control_registered(ctx, fd, reg);
	apply_actions(ctx);
}

static void on_asked(void *ctx, int fd, enum control_verb verb, uid_t uid,
		     struct control_answer *ret)
{
	control_asked(ctx, fd, verb, uid, ret);
	apply_actions(ctx);
}

/* ---- start and stop ---- */

static int read_conf(struct daemon *d)
{
	char *why;
	int r = conf_read(d->conf_path, &d->conf, &why);

	if (r < 0)
		log_warnx("%s", why ? why : strerror(-r));
	free(why);
	return r;
}

/* Names the host map and the state file: as configured, or derived from the socket's path. */
static int name_files(struct daemon *d)
{
	int r = unix_listener_mkdir(d->socket);

	if (r < 0) {
		log_warnx("cannot make the directory of %s: %s; choose another path with -s",
			  d->socket, strerror(-r));
		return r;
	}
	if (asprintf(&d->view_path, "%s" HOSTMAP_SUFFIX, d->socket) < 0) {
		d->view_path = NULL;
		return -ENOMEM;
	}
	if (d->conf->state) {
		d->state_path = strdup(d->conf->state);
		return d->state_path ? 0 : -ENOMEM;
	}
	if (asprintf(&d->state_path, STATE_DIR "/%s.state", d->socket) < 0) {
		d->state_path = NULL;
		return -ENOMEM;
	}
	for (char *c = d->state_path + strlen(STATE_DIR) + 1; *c; c++)
		if (*c == '/')
			*c = '-';
	if (mkdir(STATE_DIR, 0700) < 0 && errno != EEXIST)
		log_warn("cannot make %s, continuing although the state will not survive a restart",
			 STATE_DIR);
	return 0;
}

static int take_lock(struct daemon *d)
{
	pid_t pid;
	uid_t uid;

	d->lock = unix_listener_lock(&pid, &uid);
	if (d->lock == -EADDRINUSE) {
		log_warnx("a helper runs in this network namespace already: process %d", (int)pid);
		return -EADDRINUSE;
	}
	if (d->lock == -EACCES)
		log_warnx("abstract socket @hmip-helper is held by process %d of user %d, which is "
			  "no helper: cannot detect a second helper, continuing",
			  (int)pid, (int)uid);
	else if (d->lock < 0)
		log_warnx("cannot open the abstract socket @hmip-helper: %s", strerror(-d->lock));
	return d->lock < 0 && d->lock != -EACCES ? d->lock : 0;
}

static int open_record(struct daemon *d)
{
	const char *why = NULL;
	int r = d->record_path ? signal_record_open(d->record_path, &d->record, &why) : 0;

	if (r < 0)
		log_warnx("cannot record signalling: %s", why);
	return r;
}

static int open_core(struct daemon *d)
{
	uint8_t seed[32];

	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		return -errno;
	d->core = core_new(&d->conf->core, seed, clock_wall() / USEC_PER_SEC);
	OPENSSL_cleanse(seed, sizeof(seed));
	return d->core ? conf_declare_peers(d, d->conf, NULL) : -ENOMEM;
}

/* Before the state is restored: that says how far each SA was used. */
static int open_kernel_sas(struct daemon *d)
{
	kernel_sas_configure(d);
	return 0;
}

static int log_failed(int r, const char *what)
{
	if (r < 0)
		log_warnx("cannot %s: %s", what, strerror(-r));
	return r;
}

/* Signalling in UDP is one way of two: without the port the helper runs all the same. */
static void open_udp(struct daemon *d)
{
	struct core_config *conf = &d->conf->core;
	int r;

	if (conf->encapsulate == ENCAPSULATE_NEVER)
		return;
	r = signal_io_encapsulate(d->signal_io, (uint16_t)conf->encapsulate_port);
	if (r == 0)
		return;
	log_warnx("cannot use UDP port %u for signalling: %s, continuing without signalling in UDP",
		  conf->encapsulate_port, strerror(-r));
	conf->encapsulate = ENCAPSULATE_NEVER;
	core_reconfigure(d->core, conf);
}

/* The port of signalling in UDP, 0: none is in use. */
static uint16_t udp_port(const struct daemon *d)
{
	const struct core_config *conf = &d->conf->core;

	return conf->encapsulate == ENCAPSULATE_NEVER ? 0 : (uint16_t)conf->encapsulate_port;
}

static int open_shells(struct daemon *d)
{
	const struct ifmon_handler handler = { .address_up = on_address_up,
		.address_down = on_address_down,
		.interface = on_interface, .interface_gone = on_interface_gone, .routes = on_routes,
		.own_route_gone = on_own_route_gone, .ctx = d };
	const char *why = NULL;
	int r = log_failed(ifmon_open(&handler, &d->ifmon), "open rtnetlink");

	if (r < 0)
		return r;
	r = datapath_open(&d->conf->datapath, &d->datapath);
	if (r < 0)
		return r;
	r = signal_io_open(&d->signal_io, &why);
	if (r < 0) {
		log_warnx("cannot open the raw socket: %s", why ? why : strerror(-r));
		return r;
	}
	open_udp(d);
	r = log_failed(sock_monitor_open(sock_events_gone, d, &d->sock_monitor), "open sock_diag");
	if (r < 0)
		return r;
	r = log_failed(route_sync_open(&d->route_sync), "open the routing table");
	if (r < 0)
		return r;
	r = log_failed(resume_open(d), "open sock_diag");
	if (r < 0)
		return r;
	r = log_failed(tcp_hold_open(d), "open sock_diag");
	if (r < 0)
		return r;
	r = log_failed(delivered_open(d), "open the routing table");
	if (r < 0)
		return r;
	r = meet_open(d);
	if (r < 0)
		return r;
	return log_failed(dns_open(d->base, on_resolved, d, &d->dns), "open the resolver");
}

/* Replaces the host map of an earlier helper. Programs switch to it as soon as it appears. */
static int open_view(struct daemon *d)
{
	hostmap_sync(d);
	d->view = hostmap_create(d->view_path, d->row, d->n_row);
	if (!d->view) {
		int r = -errno;

		log_warn("cannot make the host map %s", d->view_path);
		return r;
	}
	return 0;
}

/*
 * Reads the addresses and connections there are, and those in the state file, then attaches the
 * datapath: its maps are complete before it sees a packet.
 */
static int restore(struct daemon *d)
{
	struct interface *i;
	int r = log_failed(ifmon_sync(d->ifmon), "list the addresses");

	if (r < 0)
		return r;
	saving_restore(d);
	r = log_failed(sock_events_resync(d), "list the sockets");
	if (r < 0)
		return r;
	adopt_scan(d);
	core_prune(d->core, clock_boottime());
	udp_bound_scan(d, NULL);
	r = saving_begin(d);
	if (r < 0)
		return r;
	apply_actions(d);
	r = open_view(d);
	if (r < 0)
		return r;
	LL_FOREACH(d->interfaces, i) {
		datapath_attach(d->datapath, i->ifindex, i->hatype);
		if (i->port)
			datapath_detach(d->datapath, i->ifindex);	/* an earlier one, too */
	}
	d->attached = true;
	datapath_watch(d->datapath, d->conf->core.path_timeout);
	datapath_record(d->datapath, d->conf->resend);
	datapath_set_sender(d->datapath, signal_io_masquerade(d->signal_io));
	datapath_set_signal_port(d->datapath, udp_port(d));
	adopt_configure(d);
	meet_configure(d);
	return 0;
}

/*
 * Raises the limit of descriptors: those that programs send are open for a moment (fd_disposer.h).
 */
static void raise_limits(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < 4096) {
		l.rlim_cur = l.rlim_max < 4096 ? l.rlim_max : 4096;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int check_privilege(struct daemon *d UNUSED)
{
	char *why;
	int r = privileges_check(&why);

	if (r < 0)
		log_warnx("%s", why ? why : strerror(-r));
	free(why);
	return r;
}

static int open_control(struct daemon *d)
{
	const struct control_handler handler = {
		.report = on_report, .prefer = on_prefer, .depart = on_depart,
		.meet = on_meet, .ping = on_ping, .registered = on_registered,
		.asked = on_asked, .ctx = d,
	};
	int r = control_server_open(d->base, d->socket, &handler, &d->control_server);

	if (r == 0)
		control_server_set_group(d->control_server, d->conf->control_group);
	return r;
}

static int drop_privileges(struct daemon *d UNUSED)
{
	return log_failed(privileges_drop(), "drop privileges");
}

int daemon_start(const struct daemon_options *options, struct daemon **ret)
{
	/*
	 * The listeners are opened before the host map and the state file: they are the lock for
	 * both.
	 */
	static int (*const step[])(struct daemon *d) = {
		read_conf, check_privilege, take_lock, name_files, loop_open, open_control,
		open_record, open_core, open_kernel_sas, open_shells, restore, loop_watch,
		drop_privileges,
	};
	struct daemon *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->conf_path = options->conf;
	d->socket = options->socket;
	d->record_path = options->record;
	d->lock = d->timer = d->wall_timer = -1;
	d->started = clock_boottime();
	raise_limits();
	for (size_t i = 0; i < ARRAY_LEN(step); i++) {
		int r = step[i](d);

		if (r < 0) {
			daemon_stop(d);
			return r;
		}
	}
	*ret = d;
	return 0;
}

int daemon_run(struct daemon *d)
{
	int r;

	sd_notify_send("READY=1\nSTATUS=Connections to Homeless peers survive moves");
	log_info("ready at %s, datapath %s", d->socket, datapath_kind(d->datapath));
	r = event_base_dispatch(d->base);
	return r < 0 ? -EIO : 0;
}

/* Leaves host map, datapath and routes for the next helper. */
static void leave(struct daemon *d)
{
	hostmap_leave(d->view);
	d->view = NULL;
	datapath_leave(d->datapath);
	route_sync_leave(d->route_sync);
}

void daemon_stop(struct daemon *d)
{
	struct interface *i, *tmp;

	if (!d)
		return;
	state_close(d->state, d->attached ? d->core : NULL, clock_boottime());
	control_server_close(d->control_server);
	if (!d->clean)
		leave(d);
	if (d->view)
		hostmap_close(d->view, d->view_path);
	loop_unwatch(d);
	kernel_sas_close(d);
	meet_close(d);
	delivered_close(d);
	dns_close(d->dns);
	tcp_hold_close(d);
	resume_close(d);
	adopt_close(d);
	datapath_close(d->datapath);
	route_sync_close(d->route_sync);
	signal_io_close(d->signal_io);
	signal_record_close(d->record);
	sock_monitor_close(d->sock_monitor);
	ifmon_close(d->ifmon);
	core_free(d->core);
	loop_close(d);
	if (d->lock >= 0)
		close(d->lock);
	LL_FOREACH_SAFE(d->interfaces, i, tmp)
		free(i);
	conf_free(d->conf);
	free(d->state_path);
	free(d->view_path);
	free(d);
}
