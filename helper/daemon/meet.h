/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosts that are met although no program connects to them: those of the configuration (meet), for
 * as long as it names them, and those of hmipctl meet.
 *
 * A host of the configuration is tried when the helper starts, when an address of this host becomes
 * usable, and then at growing intervals until it is Homeless; what becomes of it is looked at once
 * a minute. A name is resolved anew for each try, and its addresses take turns.
 */
#ifndef HMIP_MEET_H
#define HMIP_MEET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct daemon;

/* Ids of questions to the resolver (dns.h) that are of this file; ids of entries are lower. */
#define MEET_ID_FIRST	UINT32_C(0xffff0000)

/* Makes the timer. Nothing is sent before meet_configure(). Returns 0 or -ENOMEM. */
int meet_open(struct daemon *d);

/* Begins with the hosts that d's configuration names, and ends with those of the one before. */
void meet_configure(struct daemon *d);

/* An address of this host is usable now, or routes changed: tries again soon. */
void meet_hurry(struct daemon *d);

/* The addresses that question id of the resolver brought. The caller then calls apply_actions(). */
void meet_resolved(struct daemon *d, uint32_t id, const struct in6_addr *addr, unsigned n);

/*
 * Meets the host at addr once: core_meet() from the source that the kernel would choose. Returns
 * what that returns, -ENETUNREACH if there is no route, or -EADDRNOTAVAIL if this host may not
 * announce the source. The caller then calls apply_actions().
 */
int meet_once(struct daemon *d, const struct in6_addr *addr, bool keep, uint32_t *ret_entry);

/* Frees. */
void meet_close(struct daemon *d);

#endif
