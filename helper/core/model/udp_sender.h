/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP sockets that send without being connected. */
#ifndef HMIP_UDP_SENDER_H
#define HMIP_UDP_SENDER_H

#include "core_data.h"

/* Records that the socket of that cookie and user sends to h. Returns 0 or -ENOMEM. */
int sender_restore(struct core *c, uint64_t cookie, uint32_t uid, struct hce *h);

/* Removes the socket of that cookie, if there is one: it was closed. */
void sender_close(struct core *c, uint64_t cookie);

/* Removes h, which is about to be freed, from all sockets that send to it. */
void sender_leave_all(struct core *c, struct hce *h);

/* Returns whether a socket of another user than uid sends to h. */
bool sender_is_others(struct core *c, const struct hce *h, uint32_t uid);

/* Frees all, without actions. */
void sender_free_all(struct core *c);

#endif
