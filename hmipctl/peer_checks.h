/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is right and wrong with a peer, by facts that were gathered:
 *
 *	host, why (it has no address here, or null)
 *	routes: { ADDRESS: whether this host has a route there }, of what the name resolved to
 *	entry: the peer in the helper's cache after it was met, or null
 *	met: what hmipctl meet said, or null
 *	ping: what hmipctl ping said, or null
 *	root: whether it could be asked
 *	counters: of the helper's status
 */
#ifndef HMIP_PEER_CHECKS_H
#define HMIP_PEER_CHECKS_H

#include <jansson.h>

/* Appends the findings (finding.h) to all. */
void peer_check(json_t *facts, json_t *all);

#endif
