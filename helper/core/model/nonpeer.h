/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts that are known not to run hmip. */
#ifndef HMIP_NONPEER_H
#define HMIP_NONPEER_H

#include "core_data.h"

/* A host that is known not to take part, until then. */
struct nonpeer {
	struct in6_addr addr;
	usec_t until;
	UT_hash_handle hh;
};

/* Whether AAP may be run with addr, by configuration. */
bool aap_allowed(const struct core *c, const struct in6_addr *addr);

/* Notes that addr does not take part, for as long as configured; and asks. */
void nonpeer_add(struct core *c, const struct in6_addr *addr, usec_t now);

/* Those that were left alone for long enough may be asked again. */
void nonpeer_expire(struct core *c, usec_t now);

/* Returns whether addr is a host that does not run hmip, as far as is known. */
bool nonpeer_find(struct core *c, const struct in6_addr *addr, usec_t now);

#endif
