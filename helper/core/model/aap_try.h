/* SPDX-License-Identifier: BSD-2-Clause */
/* The initiator's run of AAP, as an entry keeps it. */
#ifndef HMIP_AAP_TRY_H
#define HMIP_AAP_TRY_H

#include "core_data.h"

/* Frees h's run, if there is one, and wipes its private key. */
void aap_abort(struct hce *h);

/*
 * A BA of h's peer came under its newest SA: it has received the Confirm, which is not piggybacked
 * any more, and the SA before that retires.
 */
void aap_confirmed(struct core *c, struct hce *h, usec_t now);

#endif
