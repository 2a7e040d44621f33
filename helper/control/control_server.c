/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "control_server.h"
#include "array.h"
#include "fd_disposer.h"
#include "log.h"
#include "unix_listener.h"
#include "unused.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>
#include <utlist.h>

#define PATIENCE_S	10	/* for the request, and for each packet of an answer */
#define RETRY_MS	50	/* while fd_disposer_busy() */
#define REQUEST_MAX	1024

struct packet {
	STAILQ_ENTRY(packet) next;
	size_t len;
	char data[];
};

enum client_kind {
	CLIENT_SHIM,
	CLIENT_CTL,
};

struct client {
	struct control_server *server;
	enum client_kind kind;
	int fd;
	struct ucred peer;
	struct event *ev;
	STAILQ_HEAD(, packet) out;
	unsigned n_out;
	bool answered;		/* a request was received */
	bool monitor;		/* receives events */
	bool ending;		/* to be closed when that cannot block */
	bool waiting;		/* nothing is read while fd_disposer_busy() */
	struct client *prev, *next;
};

struct listener {
	struct control_server *server;
	enum client_kind kind;
	int fd;
	struct event *ev;
	unsigned n;
	struct client *clients;	/* utlist DL, oldest first */
};

struct control_server {
	struct event_base *base;
	struct control_handler handler;
	char *path, *group;
	struct listener listener[2];	/* by enum client_kind */
	unsigned n_monitor;
};

static void client_event(evutil_socket_t fd, short what, void *ptr);

/* Sets the events and the timeout that a client waits for. */
static void client_arm(struct client *cl)
{
	struct timeval patience = { .tv_sec = PATIENCE_S }, retry = { .tv_usec = RETRY_MS * 1000 };
	short what;

	cl->waiting = fd_disposer_busy() || cl->ending;
	what = cl->waiting ? 0 : EV_READ | (STAILQ_EMPTY(&cl->out) ? 0 : EV_WRITE);
	event_del(cl->ev);
	event_assign(cl->ev, cl->server->base, cl->fd, what, client_event, cl);
	event_add(cl->ev, cl->waiting ? &retry :
			  cl->monitor && STAILQ_EMPTY(&cl->out) ? NULL : &patience);
}

/* From now on the client gets events. */
static void client_monitor(struct client *cl)
{
	cl->monitor = true;
	cl->server->n_monitor++;
}

/* Disconnects a client. If closing could block, the client stays in the list and is tried again. */
static void client_end(struct client *cl)
{
	struct listener *d = &cl->server->listener[cl->kind];
	struct packet *p;

	if (cl->monitor)
		cl->server->n_monitor--;
	cl->monitor = false;
	cl->ending = true;
	while ((p = STAILQ_FIRST(&cl->out))) {
		STAILQ_REMOVE_HEAD(&cl->out, next);
		free(p);
	}
	if (unix_listener_end(cl->fd) == -EBUSY) {
		client_arm(cl);
		return;
	}
	event_free(cl->ev);
	DL_DELETE(d->clients, cl);
	/* The listener was full: accept again. */
	if (d->n-- == CONTROL_CLIENTS_MAX)
		event_add(d->ev, NULL);
	free(cl);
}

/* Queues one packet. Returns 0, -ENOBUFS if the queue is full, or -ENOMEM. */
static int client_put(struct client *cl, const char *data, size_t len)
{
	struct packet *p;

	if (cl->n_out >= CONTROL_QUEUE_MAX)
		return -ENOBUFS;
	p = malloc(sizeof(*p) + len);
	if (!p)
		return -ENOMEM;
	p->len = len;
	memcpy(p->data, data, len);
	STAILQ_INSERT_TAIL(&cl->out, p, next);
	cl->n_out++;
	return 0;
}

/*
 * Sends queued packets without blocking. Returns 0, -EAGAIN if some are left, or a negative errno.
 */
static int client_flush(struct client *cl)
{
	struct packet *p;

	while ((p = STAILQ_FIRST(&cl->out))) {
		if (send(cl->fd, p->data, p->len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			return -errno;
		STAILQ_REMOVE_HEAD(&cl->out, next);
		cl->n_out--;
		free(p);
	}
	return 0;
}

/* Queues a JSON text, cut into packets. Takes the reference. Returns 0 or a negative errno. */
static int client_put_json(struct client *cl, json_t *j)
{
	char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	int r = text ? 0 : -ENOMEM;

	for (size_t at = 0; r == 0 && at < len; at += CONTROL_PACKET_MAX)
		r = client_put(cl, text + at,
			       len - at < CONTROL_PACKET_MAX ? len - at : CONTROL_PACKET_MAX);
	free(text);
	json_decref(j);
	return r;
}

static json_t *answer_error(const char *sentence)
{
	return json_pack("{ss}", "error", sentence);
}

/* Whether the client is root or a member of the control group, as of when it connected. */
static bool client_may(const struct client *cl)
{
	struct group *g = cl->server->group ? getgrnam(cl->server->group) : NULL;
	gid_t of[256];
	socklen_t n = sizeof(of);

	if (cl->peer.uid == 0)
		return true;
	if (!g)
		return false;
	if (cl->peer.gid == g->gr_gid)
		return true;
	if (getsockopt(cl->fd, SOL_SOCKET, SO_PEERGROUPS, of, &n) < 0)
		return false;
	for (size_t i = 0; i < n / sizeof(gid_t); i++)
		if (of[i] == g->gr_gid)
			return true;
	return false;
}

static json_t *answer_report(struct client *cl, const char *command, json_t *request UNUSED)
{
	return cl->server->handler.report(cl->server->handler.ctx, command);
}

static json_t *answer_monitor(struct client *cl, const char *command UNUSED, json_t *request UNUSED)
{
	client_monitor(cl);
	return NULL;
}

static json_t *answer_refused(const struct client *cl)
{
	if (!cl->server->group)
		return answer_error(
			"only root may do that; control_group in hmip.conf can allow a group");
	return json_pack("{so}", "error",
			 json_sprintf("only root and members of the group \"%s\" may do that",
				      cl->server->group));
}

/*
 * Has the handler do what command says with the address or interface of the request; the answer
 * names that as word.
 */
static json_t *answer_about(struct client *cl, const char *command, json_t *request,
			    const char *word)
{
	const struct control_handler *h = &cl->server->handler;
	const char *target = json_string_value(json_object_get(request, "target"));
	struct in6_addr addr, *a;
	int r;

	if (!target || strlen(target) >= INET6_ADDRSTRLEN)
		return json_pack("{so}", "error",
				 json_sprintf("%s needs an address or the name of an interface",
					      command));
	a = inet_pton(AF_INET6, target, &addr) == 1 ? &addr : NULL;
	r = strcmp(command, "prefer") == 0 ? h->prefer(h->ctx, a, target) :
	    h->depart(h->ctx, a, target, strcmp(command, "leave") == 0);
	if (r == -EADDRNOTAVAIL)
		return json_pack("{so}", "error",
				 json_sprintf("%s is no usable address of this host, nor an "
					      "interface with one", target));
	return r < 0 ? answer_error(strerror(-r)) : json_pack("{ss}", word, target);
}

static json_t *answer_prefer(struct client *cl, const char *command, json_t *request)
{
	return answer_about(cl, command, request, "preferred");
}

static json_t *answer_leave(struct client *cl, const char *command, json_t *request)
{
	return answer_about(cl, command, request, "leaving");
}

static json_t *answer_stay(struct client *cl, const char *command, json_t *request)
{
	return answer_about(cl, command, request, "staying");
}

static const char *why_not_met(int err)
{
	switch (err) {
	case -ENETUNREACH:
		return "there is no route to it";
	case -EADDRNOTAVAIL:
		return "the address from which this host would send to it is none that status "
		       "lists";
	case -EACCES:
		return "no_probe in hmip.conf forbids to ask it";
	case -EINVAL:
		return "it is no global or unique-local unicast address of another host";
	case -EAGAIN:
		return "the host that had the address is silent now: try later, or restart the "
		       "helper";
	case -ESHUTDOWN:
		return "the helper is stopping";
	default:
		return strerror(-err);
	}
}

/* Answers with the entry; its events follow, as for monitor: the caller waits for the outcome. */
static json_t *answer_meet(struct client *cl, const char *command UNUSED, json_t *request)
{
	const char *target = json_string_value(json_object_get(request, "target"));
	struct in6_addr addr;
	uint32_t entry;
	int r;

	if (!target || inet_pton(AF_INET6, target, &addr) != 1)
		return answer_error("meet needs an IPv6 address");
	r = cl->server->handler.meet(cl->server->handler.ctx, &addr, &entry);
	if (r < 0)
		return json_pack("{so}", "error",
				 json_sprintf("cannot meet %s: %s", target, why_not_met(r)));
	client_monitor(cl);
	return json_pack("{sI}", "hce", (json_int_t)entry);
}

/* As above; what the peer answers is among the events that follow. */
static json_t *answer_ping(struct client *cl, const char *command UNUSED, json_t *request)
{
	const char *target = json_string_value(json_object_get(request, "target"));
	struct in6_addr addr;
	json_t *a;
	int err = 0;

	if (!target || inet_pton(AF_INET6, target, &addr) != 1)
		return answer_error("ping needs an IPv6 address");
	a = cl->server->handler.ping(cl->server->handler.ctx, &addr, &err);
	if (!a)
		return json_pack("{so}", "error",
				 json_sprintf(err == -ENOENT ?
					      "%s is no peer's address: hmipctl meet it" :
					      "the peer at %s is not known to be Homeless, or was "
					      "asked a moment ago", target));
	client_monitor(cl);
	return a;
}

/* The commands of hmipctl. */
static const struct command {
	const char *name;
	bool changes;		/* for root and the control group */
	json_t *(*answer)(struct client *cl, const char *command, json_t *request);
} commands[] = {
	{ "status", false, answer_report },
	{ "cache", false, answer_report },
	{ "sockets", false, answer_report },
	{ "sa", false, answer_report },
	{ "monitor", false, answer_monitor },
	{ "prefer", true, answer_prefer },
	{ "leave", true, answer_leave },
	{ "stay", true, answer_stay },
	{ "meet", true, answer_meet },
	{ "ping", true, answer_ping },
};

static json_t *answer_request(struct client *cl, const char *text, size_t len)
{
	json_t *request = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL), *a = NULL;
	const char *name = json_string_value(json_object_get(request, "command"));
	const struct command *c = NULL;

	for (size_t i = 0; name && i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			c = &commands[i];
	if (!c)
		a = answer_error("the helper has no such command (is hmipctl of another version?)");
	else if (c->changes && !client_may(cl))
		a = answer_refused(cl);
	else
		a = c->answer(cl, name, request);
	json_decref(request);
	return a;
}

/* Receives a request of hmipctl. Returns 0, or a negative errno to disconnect the client. */
static int ctl_client_read(struct client *cl)
{
	char buf[REQUEST_MAX];
	json_t *a;
	int fd;
	ssize_t n = unix_listener_receive(cl->fd, buf, sizeof(buf), &fd);

	fd_dispose(fd);
	if (n < 0)
		return n == -EAGAIN ? 0 : (int)n;
	if (cl->answered)
		return -EPROTO;		/* one request a connection */
	cl->answered = true;
	a = n > REQUEST_MAX ? answer_error("the request is too long") : answer_request(cl, buf, n);
	return a || !cl->monitor ? client_put_json(cl, a) : 0;
}

static int shim_answer(struct client *cl, int fd, enum control_verb verb)
{
	struct control_answer a = { 0 };

	cl->server->handler.asked(cl->server->handler.ctx, fd, verb, cl->peer.uid,
					  &a);
	a.magic = CONTROL_MAGIC;
	a.version = CONTROL_VERSION;
	return client_put(cl, (const char *)&a, sizeof(a));
}

/*
 * Receives a message of a shim, with one socket. Returns 0, or a negative errno to disconnect it.
 */
static int shim_read(struct client *cl)
{
	struct control_register reg;
	char buf[sizeof(reg) + 1];
	int fd;
	ssize_t n = unix_listener_receive(cl->fd, buf, sizeof(buf), &fd);

	if (n < 0)
		return n == -EAGAIN ? 0 : (int)n;
	if (fd < 0 || control_register_parse(buf, n, &reg) < 0)
		n = -EPROTO;
	else if (!control_is_answered(reg.verb))
		cl->server->handler.registered(cl->server->handler.ctx, fd, &reg);
	else
		n = shim_answer(cl, fd, reg.verb);
	fd_dispose(fd);
	return n < 0 ? (int)n : 0;
}

static void client_event(evutil_socket_t fd UNUSED, short what, void *ptr)
{
	struct client *cl = ptr;
	int r = 0;

	if (what & EV_TIMEOUT && !cl->waiting)
		r = -ETIMEDOUT;
	if (cl->ending)
		r = -ESHUTDOWN;
	if (r == 0 && what & EV_READ)
		r = cl->kind == CLIENT_SHIM ? shim_read(cl) : ctl_client_read(cl);
	if (r == 0 && !STAILQ_EMPTY(&cl->out)) {
		r = client_flush(cl);
		if (r == -EAGAIN)
			r = 0;
		else if (r == 0 && !cl->monitor)
			r = -ENOTCONN;	/* answered: the end of file ends the answer */
	}
	if (r < 0)
		client_end(cl);
	else
		client_arm(cl);
}

/*
 * The client to disconnect when a listener is full: the oldest of the user with the most clients.
 */
static struct client *heaviest(const struct listener *d)
{
	struct client *cl, *other, *ret = d->clients;
	unsigned most = 0;

	DL_FOREACH(d->clients, cl) {
		unsigned n = 0;

		DL_FOREACH(d->clients, other)
			n += other->peer.uid == cl->peer.uid && !other->ending;
		if (n > most && !cl->ending) {
			most = n;
			ret = cl;
		}
	}
	return ret;
}

static void listener_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct listener *d = ptr;
	struct client *cl = calloc(1, sizeof(*cl));
	int r;

	if (!cl)
		return;
	r = unix_listener_accept(d->fd, &cl->peer);
	if (r < 0) {
		free(cl);
		return;
	}
	*cl = (struct client){ .server = d->server, .kind = d->kind, .fd = r, .peer = cl->peer };
	STAILQ_INIT(&cl->out);
	cl->ev = event_new(d->server->base, cl->fd, EV_READ, client_event, cl);
	if (!cl->ev) {
		close(cl->fd);
		free(cl);
		return;
	}
	DL_APPEND(d->clients, cl);
	client_arm(cl);
	/* Full: stop accepting, and disconnect one, so that one user cannot keep the others out. */
	if (++d->n == CONTROL_CLIENTS_MAX) {
		event_del(d->ev);
		client_end(heaviest(d));
	}
}

static int listener_start(struct control_server *c, enum client_kind kind, int fd)
{
	struct listener *d = &c->listener[kind];

	d->server = c;
	d->kind = kind;
	d->fd = fd;
	d->ev = event_new(c->base, fd, EV_READ | EV_PERSIST, listener_event, d);
	return d->ev && event_add(d->ev, NULL) == 0 ? 0 : -ENOMEM;
}

static int open_shim_listener(struct control_server *c)
{
	pid_t pid;
	uid_t uid;
	int fd = unix_listener_open_shim(c->path, &pid, &uid);

	if (fd == -EADDRINUSE && uid != 0) {
		log_warnx("abstract socket @hmip:%s is held by process %d of user %d: programs "
			  "cannot register their sockets until you end it and restart this "
			  "helper, continuing",
			  c->path, (int)pid, (int)uid);
		return 0;
	}
	if (fd == -EADDRINUSE)
		log_warnx(
			"abstract socket @hmip:%s is held by process %d: end it, or choose another "
			"path with -s",
			c->path, (int)pid);
	else if (fd < 0)
		log_warnx("cannot open @hmip:%s: %s", c->path, strerror(-fd));
	return fd < 0 ? fd : listener_start(c, CLIENT_SHIM, fd);
}

static int open_ctl_listener(struct control_server *c)
{
	pid_t pid;
	int fd = unix_listener_open(c->path, &pid);

	if (fd == -EADDRINUSE)
		log_warnx("process %d listens at %s already: end it, or choose another path with "
			  "-s", (int)pid, c->path);
	else if (fd == -EEXIST)
		log_warnx("%s exists and is no socket: remove it, or choose another path with -s",
			  c->path);
	else if (fd < 0)
		log_warnx("cannot open %s: %s", c->path, strerror(-fd));
	return fd < 0 ? fd : listener_start(c, CLIENT_CTL, fd);
}

int control_server_open(struct event_base *base, const char *path,
			const struct control_handler *handler, struct control_server **ret)
{
	struct control_server *c = calloc(1, sizeof(*c));
	int r = -ENOMEM;

	if (!c)
		return r;
	c->base = base;
	c->handler = *handler;
	c->listener[CLIENT_SHIM].fd = c->listener[CLIENT_CTL].fd = -1;
	c->path = strdup(path);
	if (c->path)
		r = open_ctl_listener(c);
	if (r == 0)
		r = open_shim_listener(c);
	if (r < 0) {
		control_server_close(c);
		return r;
	}
	*ret = c;
	return 0;
}

void control_server_close(struct control_server *c)
{
	if (!c)
		return;
	for (int i = 0; i < 2; i++) {
		struct listener *d = &c->listener[i];
		struct client *cl, *tmp;

		DL_FOREACH_SAFE(d->clients, cl, tmp)
			client_end(cl);
		/* Connections that could block close() are closed by the exit of the process. */
		DL_FOREACH_SAFE(d->clients, cl, tmp) {
			event_free(cl->ev);
			free(cl);
		}
		if (d->ev)
			event_free(d->ev);
		if (d->fd >= 0)
			close(d->fd);
	}
	if (c->listener[CLIENT_CTL].fd >= 0)
		unlink(c->path);
	free(c->path);
	free(c->group);
	free(c);
}

void control_server_set_group(struct control_server *c, const char *group)
{
	free(c->group);
	c->group = group ? strdup(group) : NULL;
}

bool control_server_watched(const struct control_server *c)
{
	return c->n_monitor > 0;
}

void control_server_event(struct control_server *c, json_t *event)
{
	char *text = event ? json_dumps(event, JSON_COMPACT) : NULL;
	struct client *cl, *tmp;

	DL_FOREACH_SAFE(c->listener[CLIENT_CTL].clients, cl, tmp) {
		int r;

		if (!cl->monitor || !text)
			continue;
		r = client_put(cl, text, strlen(text));
		if (r == 0)
			r = client_flush(cl);
		if (r < 0 && r != -EAGAIN)
			client_end(cl);
		else
			client_arm(cl);
	}
	free(text);
	json_decref(event);
}
