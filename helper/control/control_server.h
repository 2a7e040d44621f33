/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server side of ipc_proto.h: one listener to which programs send their sockets, and one for
 * the commands of hmipctl. The number of clients, the packets queued for each and the time each may
 * take are bounded; a client that exceeds a bound is disconnected.
 *
 * A request that fails is answered {"error": "a sentence"}.
 */
#ifndef HMIP_CONTROL_SERVER_H
#define HMIP_CONTROL_SERVER_H

#include "ipc_proto.h"

#include <event2/event.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

#define CONTROL_CLIENTS_MAX	64	/* of each listener */
#define CONTROL_QUEUE_MAX	1024	/* packets queued for one client */

/* Called for the requests of clients. */
struct control_handler {
	/*
	 * Makes the report named what: "status", "cache", "sockets" or "sa". Returns a new
	 * reference or NULL.
	 */
	json_t *(*report)(void *ctx, const char *what);
	/*
	 * Prefers addr or, if it is NULL, the interface of that name. Returns 0 or a negative
	 * errno.
	 */
	int (*prefer)(void *ctx, const struct in6_addr *addr, const char *interface);
	/*
	 * addr, or the interface of that name, is about to be lost, or, if departs is false, is
	 * not: that is taken back. Returns as above.
	 */
	int (*depart)(void *ctx, const struct in6_addr *addr, const char *interface, bool departs);
	/*
	 * Meets the host at addr; *ret_entry is the id of its entry. Returns 0 or a negative errno,
	 * as core_meet() and -ENETUNREACH or -EADDRNOTAVAIL.
	 */
	int (*meet)(void *ctx, const struct in6_addr *addr, uint32_t *ret_entry);
	/*
	 * Asks the peer that has addr by each pair. Returns a new reference; or NULL and
	 * *ret_error, -ENOENT or -EAGAIN. Answers of the peer are events.
	 */
	json_t *(*ping)(void *ctx, const struct in6_addr *addr, int *ret_error);
	/* A program registered its socket fd, which stays the caller's (a verb without answer). */
	void (*registered)(void *ctx, int fd, const struct control_register *reg);
	/*
	 * A program of user uid sent another verb about its socket fd. Fills *ret, which is all 0.
	 */
	void (*asked)(void *ctx, int fd, enum control_verb verb, uid_t uid,
		      struct control_answer *ret);
	void *ctx;
};

struct control_server;

/*
 * Opens both listeners for path (unix_listener.h) in the loop base. handler is copied. Returns 0 or
 * a negative errno (logged, with the process that holds the name). If another user holds the shims'
 * name, that is logged and programs cannot register.
 */
int control_server_open(struct event_base *base, const char *path,
			const struct control_handler *handler, struct control_server **ret);

/* Closes the listeners, disconnects the clients, removes the socket file. NULL is fine. */
void control_server_close(struct control_server *c);

/*
 * Sets the group whose members may use the commands that change something; NULL: root only. Copied.
 */
void control_server_set_group(struct control_server *c, const char *group);

/* Whether a client has requested events (hmipctl monitor). */
bool control_server_watched(const struct control_server *c);

/* Sends an event to every such client; disconnects one whose queue is full. Takes the reference. */
void control_server_event(struct control_server *c, json_t *event);

#endif
