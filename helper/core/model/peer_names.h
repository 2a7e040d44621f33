/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and further addresses of peers. */
#ifndef HMIP_PEER_NAMES_H
#define HMIP_PEER_NAMES_H

#include "core_data.h"

#define SEARCH_STEP_MIN	USEC_PER_SEC

/* Forgets h's names. */
void peer_names_free(struct hce *h);

/* The name of h's peer that was resolved last; NULL if none was. */
const char *peer_names_current(const struct hce *h);

/* Puts name before the others. */
void peer_names_add(struct peer_names *r, const char *name);

/* Makes a list of those of addr that are worth trying. Returns whether any is not in r. */
bool peer_names_filter(struct core *c, const struct peer_names *r, const struct in6_addr *addr,
		       unsigned n, struct peer_names *ret);

/* Lets a list that peer_names_filter() made be r's. */
void peer_names_replace(struct peer_names *r, const struct peer_names *by);

/* Whether there are more. */
bool peer_names_due(const struct hce *h);

/*
 * Takes the next of the addresses that are to be tried now. Returns false, and leaves *ret, if
 * there are no more.
 */
bool peer_names_next_addr(struct core *c, struct hce *h, struct in6_addr *ret);

/* h's peer has all our news: no search goes on. */
void peer_names_stop(struct hce *h);

/* A way may have opened: the search begins anew, if one is going on. */
void peer_names_hurry(struct hce *h, usec_t now);

#endif
