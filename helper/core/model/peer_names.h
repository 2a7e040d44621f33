/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and further addresses of peers. */
#ifndef HMIP_PEER_NAMES_H
#define HMIP_PEER_NAMES_H

#include "core_data.h"

/* Forgets h's names. */
void rendezvous_free(struct hce *h);

/* The name of h's peer that was resolved last; NULL if none was. */
const char *rendezvous_name(const struct hce *h);

/* Whether there are more. */
bool rendezvous_due(const struct hce *h);

/* Takes the next of the addresses that are to be tried now. Returns false, and leaves *ret, if there are no more. */
bool rendezvous_take(struct core *c, struct hce *h, struct in6_addr *ret);

/* h's peer has all our news: no search goes on. */
void rendezvous_rest(struct hce *h);

/* A way may have opened: the search begins anew, if one is going on. */
void rendezvous_hurry(struct hce *h, usec_t now);

#endif
