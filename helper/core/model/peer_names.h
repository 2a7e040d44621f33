/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and further addresses of peers. */
#ifndef HMIP_PEER_NAMES_H
#define HMIP_PEER_NAMES_H

#include "core_data.h"

#define SEARCH_STEP_MIN	USEC_PER_SEC

/* Frees h's names. */
void peer_names_free(struct hce *h);

/* Returns the name of h's peer that was last given to the resolver, NULL if none was. */
const char *peer_names_current(const struct hce *h);

/* Puts name first. The last of PEER_NAMES_MAX others is dropped. */
void peer_names_add(struct peer_names *r, const char *name);

/* Copies to ret those of the n addresses that may be tried. Returns whether any is not in r. */
bool peer_names_filter(struct core *c, const struct peer_names *r, const struct in6_addr *addr,
		       unsigned n, struct peer_names *ret);

/* Replaces r's addresses by those of by, which peer_names_filter() made. */
void peer_names_replace(struct peer_names *r, const struct peer_names *by);

/* Returns whether sendings to these addresses are left in this step of the search. */
bool peer_names_due(const struct hce *h);

/* Sets *ret to the next address to try. Returns false, and leaves *ret, if none is left. */
bool peer_names_next_addr(struct core *c, struct hce *h, struct in6_addr *ret);

/* h's peer has acknowledged everything: ends this step of the search. */
void peer_names_stop(struct hce *h);

/* A path may have come up: restarts the search, if one is under way, at its shortest interval. */
void peer_names_hurry(struct hce *h, usec_t now);

#endif
