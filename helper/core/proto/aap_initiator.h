/* SPDX-License-Identifier: BSD-2-Clause */
/* AAP, the initiator's role. */
#ifndef HMIP_AAP_INITIATOR_H
#define HMIP_AAP_INITIATOR_H

#include "core_data.h"

/*
 * Begins a run with h's peer if there is reason to: a reply came, there is no SA, nothing speaks
 * against it.
 */
void aap_start(struct core *c, struct hce *h, usec_t now);

/* Sends the next message of h's run, ends it, or begins a new one, if it is due. */
void aap_expire(struct core *c, struct hce *h, usec_t now);

/* A Retry came: the Init is sent again with its cookie. */
void aap_receive_retry(struct core *c, const struct signal *s, usec_t now);

/*
 * The Response makes the initiator's SA; from then on its packets bear the Confirm until one is
 * acknowledged.
 */
struct peer *aap_receive_response(struct core *c, const struct signal *s, const uint8_t *pkt,
				  size_t len, usec_t now);

/* A host said that it cannot read the Init quoted in its Parameter Problem. */
void aap_problem(struct core *c, const struct signal *quoted, usec_t now);

#endif
