/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handles the requests of control_server.h: hmipctl's, and those of programs about their sockets.
 * Each function calls the core; the caller then calls apply_actions().
 */
#ifndef HMIP_CONTROL_HANDLERS_H
#define HMIP_CONTROL_HANDLERS_H

#include "ipc_proto.h"

#include <jansson.h>

struct daemon;

/* Makes the report named what ("status", ...). Returns a new reference, or NULL. */
json_t *control_report(struct daemon *d, const char *what);

/*
 * Prefers addr, or the addresses of the interface if addr is NULL. Returns 0, or -EADDRNOTAVAIL if
 * this host has no such usable address.
 */
int control_prefer(struct daemon *d, const struct in6_addr *addr, const char *interface);

/* These depart (core_depart()), or do not, if departs is false. Returns as above. */
int control_depart(struct daemon *d, const struct in6_addr *addr, const char *interface,
		   bool departs);

/* Registers the socket fd of a program. fd stays the caller's; errors go to the debug log. */
void control_registered(struct daemon *d, int fd, const struct control_register *reg);

/*
 * Answers verb about the socket fd of user uid. fd stays the caller's. Fills *ret, which is all 0.
 */
void control_asked(struct daemon *d, int fd, enum control_verb verb, uid_t uid,
		   struct control_answer *ret);

#endif
