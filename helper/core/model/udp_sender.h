/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP sockets that send without being connected. */
#ifndef HMIP_UDP_SENDER_H
#define HMIP_UDP_SENDER_H

#include "core_data.h"

/* Puts back a sender to h of an earlier helper. Returns 0 or -ENOMEM. */
int sender_restore(struct core *c, uint64_t cookie, uint32_t uid, struct hce *h);

/* The socket is gone; or the entry. */
void sender_close(struct core *c, uint64_t cookie);

/* Takes h off all sockets that send to it. */
void sender_leave_all(struct core *c, struct hce *h);

/* Whether a socket of another user than uid sends to h. */
bool sender_is_others(struct core *c, const struct hce *h, uint32_t uid);

/* Removes all. */
void sender_free_all(struct core *c);

#endif
