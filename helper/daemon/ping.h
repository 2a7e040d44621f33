/* SPDX-License-Identifier: BSD-2-Clause */
/* hmipctl ping: a peer is asked by all pairs of addresses. */
#ifndef HMIP_PING_H
#define HMIP_PING_H

#include <jansson.h>
#include <netinet/in.h>

struct daemon;

/*
 * core_ping() of the peer that has addr. Returns an object with hce, sent (the time of day) and
 * pairs; or NULL and *ret_error, as core_ping(). The caller then calls apply_actions().
 */
json_t *ping_peer(struct daemon *d, const struct in6_addr *addr, int *ret_error);

#endif
