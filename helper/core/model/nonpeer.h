/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts that did not answer AAP: a negative cache. */
#ifndef HMIP_NONPEER_H
#define HMIP_NONPEER_H

#include "core_data.h"

/*
 * A host that did not answer AAP. It may have been out of reach, or the network of that time may
 * drop signalling: the first verdict lasts a minute, each that confirms it four times as long, up
 * to plain_lifetime. The record stays for plain_lifetime more.
 */
struct nonpeer {
	struct in6_addr addr;
	usec_t found;			/* when it did not answer last */
	usec_t wait, until;		/* AAP is not run for so long, until then */
	bool over;			/* until has come */
	struct timer timer;
	UT_hash_handle hh;
};

/* Returns whether the configuration allows AAP with addr. */
bool aap_allowed(const struct core *c, const struct in6_addr *addr);

/* addr did not answer. The oldest host is evicted if there are too many. */
void nonpeer_add(struct core *c, const struct in6_addr *addr, usec_t now);

/* Removes addr, if it is in the cache: somebody knows better. */
void nonpeer_forget(struct core *c, const struct in6_addr *addr);

/* Ends verdicts whose time is over, and removes hosts that have not been asked for long. */
void nonpeer_expire(struct core *c, usec_t now);

/*
 * This host has another address, so perhaps another network: verdicts end, but for those of the
 * last minute.
 */
void nonpeer_ask_again(struct core *c, usec_t now);

/* Returns whether addr is not asked now. */
bool nonpeer_find(struct core *c, const struct in6_addr *addr, usec_t now);

#endif
