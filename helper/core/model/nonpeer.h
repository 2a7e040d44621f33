/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts that did not answer AAP: a negative cache. */
#ifndef HMIP_NONPEER_H
#define HMIP_NONPEER_H

#include "core_data.h"

/* A host with which AAP is not run before until. */
struct nonpeer {
	struct in6_addr addr;
	usec_t until;
	UT_hash_handle hh;
};

/* Returns whether the configuration allows AAP with addr. */
bool aap_allowed(const struct core *c, const struct in6_addr *addr);

/* Adds addr for plain_lifetime seconds. The oldest is evicted if there are too many. */
void nonpeer_add(struct core *c, const struct in6_addr *addr, usec_t now);

/* Removes addr, if it is in the cache: somebody knows better. */
void nonpeer_forget(struct core *c, const struct in6_addr *addr);

/* Removes expired hosts. */
void nonpeer_expire(struct core *c, usec_t now);

/* Returns whether addr is in the cache and has not expired. */
bool nonpeer_find(struct core *c, const struct in6_addr *addr, usec_t now);

#endif
