/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens and closes what a helper consists of, and turns what the shells hear into events of the core. */
#include "config.h"

#include "daemon.h"
#include "addr.h"
#include "adopt.h"
#include "apply.h"
#include "clock.h"
#include "conf.h"
#include "conf_apply.h"
#include "control_handlers.h"
#include "control_server.h"
#include "core.h"
#include "daemon_private.h"
#include "datapath.h"
#include "dns.h"
#include "hostmap.h"
#include "hostmap_sync.h"
#include "icmp_inject.h"
#include "ifmon.h"
#include "ipc_proto.h"
#include "log.h"
#include "privileges.h"
#include "route_sync.h"
#include "sd_notify.h"
#include "signal_io.h"
#include "sock_events.h"
#include "sock_info.h"
#include "sock_monitor.h"
#include "state_file.h"
#include "udp_bound_scan.h"
#include "unix_listener.h"
#include "unused.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utlist.h>

#define SOCK_PAUSE_MS		10	/* between readings of which sockets ended: of every program of the host, one by one */
#define STATE_DIR	LOCALSTATEDIR "/lib/hmip"

/* ---- what the shells hear ---- */

static void on_address_up(void *ctx, const struct in6_addr *addr, unsigned ifindex, usec_t valid_until)
{
	struct daemon *h = ctx;

	core_local_personality(h->core, addr, conf_personality(h->conf, addr,
							       ifmon_name(h->ifmon, ifindex)),
								       clock_boottime());
	core_local_up(h->core, addr, ifindex, valid_until, clock_boottime());
	h->route_now = true;
}

static void on_address_down(void *ctx, const struct in6_addr *addr)
{
	struct daemon *h = ctx;

	adopt_scan_if_needed(h, false);
	udp_bound_scan(h, addr);
	core_local_down(h->core, addr, clock_boottime());
	h->route_now = true;
}

static void on_interface(void *ctx, unsigned ifindex, const char *name, unsigned short hatype)
{
	struct daemon *h = ctx;
	struct interface *i = calloc(1, sizeof(*i));

	if (!i) {
		log_warnx("no memory to attach to %s, ignoring", name);
		return;
	}
	*i = (struct interface){ .ifindex = ifindex, .hatype = hatype };
	LL_APPEND(h->interfaces, i);
	if (h->attached)
		datapath_attach(h->datapath, ifindex, hatype);
}

static void on_interface_gone(void *ctx, unsigned ifindex)
{
	struct daemon *h = ctx;
	struct interface *i, *tmp;

	datapath_interface_gone(h->datapath, ifindex);
	LL_FOREACH_SAFE(h->interfaces, i, tmp)
		if (i->ifindex == ifindex) {
			LL_DELETE(h->interfaces, i);
			free(i);
		}
}

static void on_routes(void *ctx)
{
	struct daemon *h = ctx;

	if (route_sync_rules(h->route_sync) < 0)
		log_warnx("cannot read the policy rules, ignoring: those read before count");
	core_routes_changed(h->core, clock_boottime());
	h->route_now = h->routes_now = true;
}

static void on_packet(void *ctx, const uint8_t *pkt, size_t len, unsigned ifindex UNUSED)
{
	struct daemon *h = ctx;

	adopt_scan_if_needed(h, true);	/* it may be a Binding Update that gives an address up */
	core_packet(h->core, pkt, len, clock_boottime());
}

/* The datapath does not let a connection begin (R3): its program need not wait for what will not come. */
static void on_refused(struct daemon *h, const struct dp_event *e)
{
	const struct hce *entry = core_entry(h->core, e->hce);
	struct sock_desc s = { .proto = IPPROTO_TCP, .local = e->addr, .lport = ntohs(e->lport), .fport = ntohs(e->fport) };

	if (!entry)
		return;
	s.foreign = entry->pair.foreign;
	log_debug("a connection from port %u to [%s]:%u was refused: another has its ports", s.lport,
		  addr_text(&s.foreign).s, s.fport);
	icmp_inject_refuse(h->signal_io, &s, e->gen);
}

static void on_datapath(void *ctx, const struct dp_event *e)
{
	struct daemon *h = ctx;

	if (e->type == DP_EVENT_HEARD) {
		sock_events_sync_established(h);
		core_heard(h->core, e->hce, &e->addr, clock_boottime());
	}
	if (e->type == DP_EVENT_NEW_CONN)
		adopt_schedule(h, false);
	if (e->type == DP_EVENT_DATAGRAM)
		core_datagram_heard(h->core, e->hce, &e->addr, &e->local, clock_boottime());
	if (e->type == DP_EVENT_REFUSED)
		on_refused(h, e);
	if (e->type == DP_EVENT_SILENT)
		core_silent(h->core, e->hce, clock_boottime());
	if (e->type == DP_EVENT_FOLLOWED)
		core_followed(h->core, e->hce, &e->addr, e->gen, clock_boottime());
}

static void on_resolved(void *ctx, uint32_t hce, const struct in6_addr *addr, unsigned n)
{
	struct daemon *h = ctx;

	core_resolved(h->core, hce, addr, n, clock_boottime());
	apply_actions(h);
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

static void on_registered(void *ctx, int fd, const struct control_register *reg)
{
	control_registered(ctx, fd, reg);
	apply_actions(ctx);
}

static void on_asked(void *ctx, int fd, enum control_verb verb, uid_t uid, struct control_answer *ret)
{
	control_asked(ctx, fd, verb, uid, ret);
	apply_actions(ctx);
}

/* ---- the loop's events ---- */

static void ifmon_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *h = ptr;
	int r = ifmon_read(h->ifmon);

	if (r < 0)
		log_warnx("cannot read what rtnetlink says: %s, ignoring", strerror(-r));
	apply_actions(h);
}

static void signal_io_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *h = ptr;
	int r = signal_io_read(h->signal_io);

	if (r < 0)
		log_warnx("cannot read what was captured: %s, ignoring", strerror(-r));
	apply_actions(h);
}

static void sock_monitor_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *h = ptr;

	sock_events_drain(h);
	apply_actions(h);
	event_del(h->ev_sock_monitor);
	event_add(h->ev_sock_pause, &(struct timeval){ .tv_usec = SOCK_PAUSE_MS * 1000 });
}

static void sock_pause_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *h = ptr;

	event_add(h->ev_sock_monitor, NULL);
}

static void datapath_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *h = ptr;
	int r = datapath_events(h->datapath, on_datapath, h);

	if (r < 0)
		log_warnx("cannot read what the datapath heard: %s, ignoring", strerror(-r));
	apply_actions(h);
}

/*
 * C6, C9: what would expire for silence, or does not answer Updates, the datapath may have heard all
 * the time.
 */
static void refresh_heard(struct daemon *h, usec_t now)
{
	for (struct hce *e = core_entries(h->core), *next; e; e = next) {
		struct foreign_addr *f;

		next = e->hh.next;
		DL_FOREACH(e->addrs, f) {
			usec_t heard = 0;

			if (f->state != ADDR_TENTATIVE && (f->expires <= now || e->asked || f->contest))
				heard = datapath_heard(h->datapath, &f->addr);
			if (heard > f->heard)
				core_heard(h->core, e->id, &f->addr, heard);
		}
	}
}

static void timer_event(evutil_socket_t fd, short what UNUSED, void *ptr)
{
	struct daemon *h = ptr;
	uint64_t n;

	if (read(fd, &n, sizeof(n)) < 0)
		return;		/* set anew in the meantime */
	refresh_heard(h, clock_boottime());
	core_tick(h->core, clock_boottime());
	apply_actions(h);
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

/* Whoever looks whether the lock is held is let go of. */
static void lock_event(evutil_socket_t fd, short what UNUSED, void *ptr UNUSED)
{
	struct ucred who;
	int client = unix_listener_accept(fd, &who);

	if (client >= 0)
		unix_listener_end(client);
}

static void stop_event(evutil_socket_t sig, short what UNUSED, void *ptr)
{
	struct daemon *h = ptr;

	h->clean = sig == SIGINT;
	log_info("stopping on signal %d, %s", (int)sig, h->clean ? "cleaning up" :
		 "leaving the datapath in place for the next helper");
	event_base_loopbreak(h->base);
}

static void reload_event(evutil_socket_t sig UNUSED, short what UNUSED, void *ptr)
{
	conf_reload(ptr);
	apply_actions(ptr);
}

/* ---- start and stop ---- */

static int read_conf(struct daemon *h)
{
	char *why;
	int r = conf_read(h->conf_path, &h->conf, &why);

	if (r < 0)
		log_warnx("%s", why ? why : strerror(-r));
	free(why);
	return r;
}

/* Names the host map and the state: configured, or made of the socket's path, so that every helper has its own. */
static int name_files(struct daemon *h)
{
	int r = unix_listener_mkdir(h->socket);

	if (r < 0) {
		log_warnx("cannot make the directory of %s: %s; choose another path with -s", h->socket, strerror(-r));
		return r;
	}
	if (asprintf(&h->view_path, "%s" HOSTMAP_SUFFIX, h->socket) < 0) {
		h->view_path = NULL;
		return -ENOMEM;
	}
	if (h->conf->state) {
		h->state = strdup(h->conf->state);
		return h->state ? 0 : -ENOMEM;
	}
	if (asprintf(&h->state, STATE_DIR "/%s.state", h->socket) < 0) {
		h->state = NULL;
		return -ENOMEM;
	}
	for (char *c = h->state + strlen(STATE_DIR) + 1; *c; c++)
		if (*c == '/')
			*c = '-';
	if (mkdir(STATE_DIR, 0700) < 0 && errno != EEXIST)
		log_warn("cannot make %s: the state will not survive a restart, ignoring", STATE_DIR);
	return 0;
}

static int take_lock(struct daemon *h)
{
	pid_t pid;
	uid_t uid;

	h->lock = unix_listener_lock(&pid, &uid);
	if (h->lock == -EADDRINUSE) {
		log_warnx("a helper runs in this network namespace already: process %d", (int)pid);
		return -EADDRINUSE;
	}
	if (h->lock == -EACCES)
		log_warnx("process %d of user %d holds the name that tells helpers of each other and is none: end it, "
			  "ignoring", (int)pid, (int)uid);
	else if (h->lock < 0)
		log_warnx("cannot take the name that tells helpers of each other: %s", strerror(-h->lock));
	return h->lock < 0 && h->lock != -EACCES ? h->lock : 0;
}

static int open_core(struct daemon *h)
{
	uint8_t seed[32];

	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		return -errno;
	h->core = core_new(&h->conf->core, seed, clock_wall() / USEC_PER_SEC);
	OPENSSL_cleanse(seed, sizeof(seed));
	return h->core ? conf_declare_peers(h, h->conf, NULL) : -ENOMEM;
}

static int log_failed(int r, const char *what)
{
	if (r < 0)
		log_warnx("cannot open %s: %s", what, strerror(-r));
	return r;
}

static int open_shells(struct daemon *h)
{
	const struct ifmon_handler handler = { .address_up = on_address_up,
		.address_down = on_address_down,
		.interface = on_interface, .interface_gone = on_interface_gone, .routes = on_routes, .ctx = h };
	const char *why = NULL;
	int r = log_failed(ifmon_open(&handler, &h->ifmon), "rtnetlink");

	if (r == 0)
		r = datapath_open(&h->conf->datapath, &h->datapath);
	if (r == 0) {
		r = signal_io_open(on_packet, h, &h->signal_io, &why);
		if (r < 0)
			log_warnx("cannot open the capture or the sender: %s", why ? why : strerror(-r));
	}
	if (r == 0)
		r = log_failed(sock_monitor_open(sock_events_gone, h, &h->sock_monitor),
			       "sock_diag");
	if (r == 0)
		r = log_failed(route_sync_open(&h->route_sync), "the routing table");
	if (r == 0)
		r = log_failed(dns_open(h->base, on_resolved, h, &h->dns), "the resolver");
	return r;
}

/* Takes the place of an earlier helper's, which programs go by until they find this one: so it is filled at once. */
static int open_view(struct daemon *h)
{
	h->view = hostmap_create(h->view_path);
	if (!h->view) {
		int r = -errno;

		log_warn("cannot make %s", h->view_path);
		return r;
	}
	hostmap_sync(h);
	return 0;
}

/* The addresses and connections there are, those the last helper knew of included; then the interfaces. */
static int restore(struct daemon *h)
{
	struct interface *i;
	int r = log_failed(ifmon_sync(h->ifmon), "the list of addresses");

	if (r < 0)
		return r;
	r = state_file_load(h->core, h->state, clock_boottime(), clock_wall());
	if (r == 0)
		log_info("took up the state in %s", h->state);
	else if (r != -ENOENT)
		log_warnx("cannot take up the state in %s: %s, beginning anew", h->state,
			  r == -EBADMSG ? "it is damaged" : strerror(-r));
	r = log_failed(sock_events_resync(h), "the list of sockets");
	if (r < 0)
		return r;
	adopt_scan(h);
	core_prune(h->core, clock_boottime());
	udp_bound_scan(h, NULL);
	apply_actions(h);
	r = open_view(h);
	if (r < 0)
		return r;
	LL_FOREACH(h->interfaces, i)
		datapath_attach(h->datapath, i->ifindex, i->hatype);
	h->attached = true;
	datapath_watch(h->datapath, h->conf->core.path_timeout);
	datapath_set_sender(h->datapath, signal_io_masquerade(h->signal_io));
	adopt_configure(h);
	return 0;
}

static int add_event(struct daemon *h, int fd, short what, event_callback_fn fn, struct event **ret)
{
	*ret = event_new(h->base, fd, what | EV_PERSIST, fn, h);
	return *ret && event_add(*ret, NULL) == 0 ? 0 : -ENOMEM;
}

static int open_loop(struct daemon *h)
{
	h->base = event_base_new();
	h->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (h->timer < 0)
		return -errno;
	h->ev_later = h->base ? event_new(h->base, -1, EV_TIMEOUT, deferred_event, h) : NULL;
	h->ev_sock_pause = h->base ? evtimer_new(h->base, sock_pause_event, h) : NULL;
	return h->ev_later && h->ev_sock_pause ? adopt_open(h, scan_event) : -ENOMEM;
}

static int add_events(struct daemon *h)
{
	int r = h->lock >= 0 ? add_event(h, h->lock, EV_READ, lock_event, &h->ev_lock) : 0;

	if (r == 0)
		r = add_event(h, h->timer, EV_READ, timer_event, &h->ev_timer);
	if (r == 0)
		r = add_event(h, ifmon_fd(h->ifmon), EV_READ, ifmon_event, &h->ev_ifmon);
	if (r == 0)
		r = add_event(h, signal_io_fd(h->signal_io), EV_READ, signal_io_event,
			      &h->ev_signal_io);
	if (r == 0)
		r = add_event(h, sock_monitor_fd(h->sock_monitor), EV_READ, sock_monitor_event,
			      &h->ev_sock_monitor);
	if (r == 0)
		r = add_event(h, datapath_event_fd(h->datapath), EV_READ, datapath_event, &h->ev_datapath);
	if (r == 0)
		r = add_event(h, SIGTERM, EV_SIGNAL, stop_event, &h->ev_term);
	if (r == 0)
		r = add_event(h, SIGINT, EV_SIGNAL, stop_event, &h->ev_int);
	if (r == 0)
		r = add_event(h, SIGHUP, EV_SIGNAL, reload_event, &h->ev_hup);
	return r;
}

/* Descriptors that programs show come on top of our own (unix_listener.h). */
static void raise_limits(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < 4096) {
		l.rlim_cur = l.rlim_max < 4096 ? l.rlim_max : 4096;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int check_privilege(void)
{
	char *why;
	int r = privileges_check(&why);

	if (r < 0)
		log_warnx("%s", why ? why : strerror(-r));
	free(why);
	return r;
}

int daemon_start(const struct daemon_options *options, struct daemon **ret)
{
	struct daemon *h = calloc(1, sizeof(*h));
	const struct control_handler handler = { .report = on_report, .prefer = on_prefer,
		.registered = on_registered,
		.asked = on_asked, .ctx = h };
	int r;

	if (!h)
		return -ENOMEM;
	h->conf_path = options->conf;
	h->socket = options->socket;
	h->lock = h->timer = -1;
	h->started = clock_boottime();
	raise_limits();

	r = read_conf(h);
	if (r == 0)
		r = check_privilege();
	if (r == 0)
		r = take_lock(h);
	if (r == 0)
		r = name_files(h);
	if (r == 0)
		r = open_loop(h);
	/* First of what others can see: whose doors these are, his are the host map and the state. */
	if (r == 0)
		r = control_server_open(h->base, h->socket, &handler, &h->control_server);
	if (r == 0)
		r = open_core(h);
	if (r == 0)
		r = open_shells(h);
	if (r == 0)
		r = restore(h);
	if (r == 0) {
		control_server_set_group(h->control_server, h->conf->control_group);
		r = add_events(h);
	}
	if (r == 0)
		r = log_failed(privileges_drop(), "a sandbox: privileges could not be dropped");
	if (r < 0) {
		daemon_stop(h);
		return r;
	}
	*ret = h;
	return 0;
}

int daemon_run(struct daemon *h)
{
	int r;

	sd_notify_send("READY=1\nSTATUS=Connections to Homeless peers survive moves");
	log_info("ready at %s, datapath %s", h->socket, datapath_kind(h->datapath));
	r = event_base_dispatch(h->base);
	sd_notify_send("STOPPING=1");
	return r < 0 ? -EIO : 0;
}

static void free_event(struct event *ev)
{
	if (ev)
		event_free(ev);
}

/* Leaves in the kernel, and to programs, what the next helper takes over. */
static void leave(struct daemon *h)
{
	hostmap_leave(h->view);
	h->view = NULL;
	datapath_leave(h->datapath);
	route_sync_leave(h->route_sync);
}

void daemon_stop(struct daemon *h)
{
	struct interface *i, *tmp;

	if (!h)
		return;
	if (h->attached)
		state_file_save(h->core, h->state, clock_boottime(), clock_wall());
	control_server_close(h->control_server);
	if (!h->clean)
		leave(h);
	if (h->view)
		hostmap_close(h->view, h->view_path);
	free_event(h->ev_lock);
	free_event(h->ev_timer);
	free_event(h->ev_ifmon);
	free_event(h->ev_signal_io);
	free_event(h->ev_sock_monitor);
	free_event(h->ev_datapath);
	free_event(h->ev_term);
	free_event(h->ev_int);
	free_event(h->ev_hup);
	free_event(h->ev_later);
	free_event(h->ev_sock_pause);
	dns_close(h->dns);
	adopt_close(h);
	datapath_close(h->datapath);
	route_sync_close(h->route_sync);
	signal_io_close(h->signal_io);
	sock_monitor_close(h->sock_monitor);
	ifmon_close(h->ifmon);
	core_free(h->core);
	if (h->base)
		event_base_free(h->base);
	if (h->timer >= 0)
		close(h->timer);
	if (h->lock >= 0)
		close(h->lock);
	LL_FOREACH_SAFE(h->interfaces, i, tmp)
		free(i);
	conf_free(h->conf);
	free(h->state);
	free(h->view_path);
	free(h);
}
