/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP sockets that are bound to lost addresses. */
#ifndef HMIP_UDP_BOUND_H
#define HMIP_UDP_BOUND_H

#include "core_data.h"

/* Returns a socket of that port, NULL if there is none. */
struct bound *bound_find_port(struct core *c, uint16_t port);

/* Publishes b with an action of type ACTION_BOUND or ACTION_BOUND_GONE. */
void bound_publish(struct core *c, enum action_type type, const struct bound *b);

/* Removes the socket of that cookie, if there is one: it was closed. */
void bound_close(struct core *c, uint64_t cookie);

/* Removes the sockets that are bound to addr, which is usable again. */
void bound_close_addr(struct core *c, const struct in6_addr *addr);

/* Frees all, without actions. */
void bound_free_all(struct core *c);

#endif
