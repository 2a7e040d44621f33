/* SPDX-License-Identifier: BSD-2-Clause */
/* AAP, the initiator's role. */
#ifndef HMIP_AAP_INITIATOR_H
#define HMIP_AAP_INITIATOR_H

#include "core_data.h"

/* Begins a run with h's peer if there is reason to: a reply came, there is no SA, nothing speaks against it. */
void aap_start(struct core *c, struct hce *h, usec_t now);

/* Sends the next message of h's run, ends it, or begins a new one, if it is due. */
void aap_expire(struct core *c, struct hce *h, usec_t now);

/* A host said that it cannot read the Init quoted in its Parameter Problem. */
void aap_problem(struct core *c, const struct signal *quoted, usec_t now);

#endif
