/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and further addresses of peers. */
#ifndef HMIP_PEER_NAMES_H
#define HMIP_PEER_NAMES_H

#include "core_data.h"

#define SEARCH_STEP_MIN	USEC_PER_SEC

/* Forgets h's names. */
void rendezvous_free(struct hce *h);

/* The name of h's peer that was resolved last; NULL if none was. */
const char *rendezvous_name(const struct hce *h);

/* Puts name before the others. */
void rendezvous_add_name(struct rendezvous *r, const char *name);

/* Makes a list of those of addr that are worth trying. Returns whether any is not in r. */
bool rendezvous_sift(struct core *c, const struct rendezvous *r, const struct in6_addr *addr,
		     unsigned n, struct rendezvous *ret);

/* Lets a list that rendezvous_sift() made be r's. */
void rendezvous_replace(struct rendezvous *r, const struct rendezvous *by);

/* Whether there are more. */
bool rendezvous_due(const struct hce *h);

/*
 * Takes the next of the addresses that are to be tried now. Returns false, and leaves *ret, if
 * there are no more.
 */
bool rendezvous_take(struct core *c, struct hce *h, struct in6_addr *ret);

/* h's peer has all our news: no search goes on. */
void rendezvous_rest(struct hce *h);

/* A way may have opened: the search begins anew, if one is going on. */
void rendezvous_hurry(struct hce *h, usec_t now);

#endif
