/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections and sockets, as events. */
#ifndef HMIP_CONNECTION_H
#define HMIP_CONNECTION_H

#include "core_data.h"

/* The peer has answered: sends our Initial BU (B1), or begins AAP. */
void hce_answered(struct core *c, struct hce *h, usec_t now);

/*
 * The entry that had addr, never proven, lost it, so that connections of this host to addr may have
 * an entry of their own (C4).
 */
void connection_address_given_back(struct core *c, const struct in6_addr *addr, usec_t now);

#endif
