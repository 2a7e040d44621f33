/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP sockets that are bound to lost addresses. */
#ifndef HMIP_UDP_BOUND_H
#define HMIP_UDP_BOUND_H

#include "core_data.h"

/* A socket of that port; NULL if there is none. */
struct bound *bound_find_port(struct core *c, uint16_t port);

/* Publishes b. */
void bound_publish(struct core *c, enum action_type type, const struct bound *b);

/* The socket is gone; or the address is back. */
void bound_close(struct core *c, uint64_t cookie);

/* Forgets the sockets that are bound to addr, which is ours again. */
void bound_close_addr(struct core *c, const struct in6_addr *addr);

/* Removes all. */
void bound_free_all(struct core *c);

#endif
