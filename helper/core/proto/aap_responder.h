/* SPDX-License-Identifier: BSD-2-Clause */
/* AAP, the responder's role. */
#ifndef HMIP_AAP_RESPONDER_H
#define HMIP_AAP_RESPONDER_H

#include "core_data.h"

/* An Init came under p's SA: its keys are to be replaced. */
void aap_renewal(struct core *c, const struct peer *p, const struct signal *s, size_t len,
		 usec_t now);

/*
 * An AAP message came. Returns the peer whose SA it made, and proved the packet authentic with;
 * NULL if none.
 */
struct peer *aap_receive(struct core *c, const struct signal *s, const uint8_t *pkt, size_t len,
			 usec_t now);

#endif
