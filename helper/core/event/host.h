/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HMIP_HOST_H
#define HMIP_HOST_H

#include "core_data.h"

/* Lets addresses, and at last the entry, expire. Returns false if h is gone. */
bool hce_expire(struct core *c, struct hce *h, usec_t now);

#endif
