/* SPDX-License-Identifier: BSD-2-Clause */
/* AAP, the responder's role. */
#ifndef HMIP_AAP_RESPONDER_H
#define HMIP_AAP_RESPONDER_H

#include "core_data.h"

/*
 * Returns whether s is an Init whose answer depends on whether this host has a connection with its
 * sender, and the kernel may be asked: that costs a look at all sockets.
 */
bool aap_asks(struct core *c, const struct signal *s, usec_t now);

/* An Init of len bytes came under p's SA, to replace its keys: answers it. */
void aap_renewal(struct core *c, const struct peer *p, const struct signal *s, size_t len,
		 usec_t now);

/*
 * An AAP message came. Returns the peer whose SA it made, under which the packet was verified, or
 * NULL.
 */
struct peer *aap_receive(struct core *c, const struct signal *s, const uint8_t *pkt, size_t len,
			 usec_t now);

#endif
