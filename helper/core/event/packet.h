/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HMIP_PACKET_H
#define HMIP_PACKET_H

#include "core_data.h"

/* A packet came under the SA of h's peer. */
void hce_proved(struct core *c, struct hce *h, usec_t now);

#endif
