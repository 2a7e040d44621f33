/* SPDX-License-Identifier: BSD-2-Clause */
/* Answering Challenges. */
#ifndef HMIP_REACH_REPLY_H
#define HMIP_REACH_REPLY_H

#include "core_data.h"

/* A Challenge came to our address to, from the peer's address from: sends the Response. */
void reach_respond(struct core *c, struct hce *h, const struct in6_addr *to,
		   const struct in6_addr *from, const struct binding_ack *ba, usec_t now);

#endif
