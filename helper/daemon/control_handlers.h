/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests from the control sockets (control_server.h): hmipctl's, and those of programs about
 * their sockets. Each one calls the core; the caller then has the core's actions carried out.
 */
#ifndef HMIP_CONTROL_HANDLERS_H
#define HMIP_CONTROL_HANDLERS_H

#include "ipc_proto.h"

#include <jansson.h>

struct daemon;

/* The report of that name, as a new reference; NULL if there is none. */
json_t *control_report(struct daemon *d, const char *what);

/*
 * Prefers addr, or the addresses of the interface if addr is NULL. Returns 0, or -EADDRNOTAVAIL if
 * this host has no such usable address.
 */
int control_prefer(struct daemon *d, const struct in6_addr *addr, const char *interface);

/* A program registers the socket fd, which stays the caller's. */
void control_registered(struct daemon *d, int fd, const struct control_register *reg);

/*
 * A program of user uid asks about the socket fd, which stays the caller's. Fills *ret, which is
 * all 0.
 */
void control_asked(struct daemon *d, int fd, enum control_verb verb, uid_t uid,
		   struct control_answer *ret);

#endif
