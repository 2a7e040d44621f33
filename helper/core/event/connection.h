/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections and sockets, as events. */
#ifndef HMIP_CONNECTION_H
#define HMIP_CONNECTION_H

#include "core_data.h"

/* The peer has answered: sends our Initial BU (B1), or begins AAP. */
void hce_answered(struct core *c, struct hce *h, usec_t now);

#endif
