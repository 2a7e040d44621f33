/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two doors of ipc_proto.h, seen from the helper: shims show sockets, hmipctl asks. The number
 * of clients, what waits to be sent to each, and the time each may take are bounded; a client
 * beyond its bound is let go of.
 *
 * A request that cannot be answered gets {"error": "a sentence"}.
 */
#ifndef HMIP_CONTROL_SERVER_H
#define HMIP_CONTROL_SERVER_H

#include "ipc_proto.h"

#include <event2/event.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

#define CONTROL_CLIENTS_MAX	64	/* at each door */
#define CONTROL_QUEUE_MAX	1024	/* packets waiting for one client */

struct control_handler {
	/* "status", "cache", "sockets" or "sa". Returns a new reference or NULL. */
	json_t *(*report)(void *ctx, const char *what);
	/*
	 * Moves to addr, or to the interface of that name if addr is NULL. Returns 0 or a negative
	 * errno.
	 */
	int (*prefer)(void *ctx, const struct in6_addr *addr, const char *interface);
	/*
	 * A program tells of a socket (what is not answered, ipc_proto.h). fd stays the caller's.
	 */
	void (*registered)(void *ctx, int fd, const struct control_register *reg);
	/*
	 * A program of user uid asks something else about one (ipc_proto.h). Fills *ret, which is
	 * all 0.
	 */
	void (*asked)(void *ctx, int fd, enum control_verb verb, uid_t uid,
		      struct control_answer *ret);
	void *ctx;
};

struct control_server;

/*
 * Opens the doors for path, as unix_listener.h; logs what is wrong and who is in the way. Returns 0
 * or a negative errno.
 */
int control_server_open(struct event_base *base, const char *path,
			const struct control_handler *handler, struct control_server **ret);

/* Closes the doors, drops the clients, removes the socket file. NULL is fine. */
void control_server_close(struct control_server *c);

/* Names the group whose members may do what root may; NULL: root only. Copied. */
void control_server_set_group(struct control_server *c, const char *group);

/* Whether a monitor is connected. */
bool control_server_watched(const struct control_server *c);

/* Sends an event to every monitor. Takes the reference. */
void control_server_event(struct control_server *c, json_t *event);

#endif
