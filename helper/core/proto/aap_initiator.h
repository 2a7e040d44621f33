/* SPDX-License-Identifier: BSD-2-Clause */
/* AAP, the initiator's role. */
#ifndef HMIP_AAP_INITIATOR_H
#define HMIP_AAP_INITIATOR_H

#include "core_data.h"

/*
 * Begins a run with h's peer if a reply came, there is no SA, and neither configuration, the
 * negative cache nor an address conflict forbids it.
 */
void aap_start(struct core *c, struct hce *h, usec_t now);

/* Runs the timer of h: sends the next message, ends the run, or begins one to renew keys. */
void aap_expire(struct core *c, struct hce *h, usec_t now);

/* A Retry came: sends the Init again, with its cookie. */
void aap_receive_retry(struct core *c, const struct signal *s, usec_t now);

/*
 * A Response came: makes the initiator's SA. The Confirm is piggybacked from then on, until a BA
 * comes. Returns the new peer, NULL if the Response is not accepted (counted).
 */
struct peer *aap_receive_response(struct core *c, const struct signal *s, const uint8_t *pkt,
				  size_t len, usec_t now);

/* An ICMPv6 Parameter Problem quotes an Init: the host does not know AAP, so its run ends. */
void aap_problem(struct core *c, const struct signal *quoted, usec_t now);

/*
 * A Parameter Problem quotes an Update of ours, the packet pkt: if that was under the SA of an
 * entry whose Updates are not answered, its peer may have lost the SA, and is asked by AAP at once.
 */
void aap_update_refused(struct core *c, const struct signal *quoted, const uint8_t *pkt, size_t len,
			usec_t now);

#endif
