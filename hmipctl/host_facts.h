/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hmipctl doctor looks at on this host, as one JSON object, so that checks (host_checks.h) are
 * functions of that alone. What cannot be found out is null.
 *
 *	version, now (time of day), root (whether we are)
 *	socket, same_namespace; helper: { status, cache, sockets }, null if it does not answer
 *	interfaces: [{ name, optimistic_dad, disable_ipv6, accept_dad, in: [NAME], out: [NAME] }]
 *	routes: { ADDRESS: whether packets from it have a way off its own link by its interface }
 *	forwarding, tcp_loose
 *	nft: the ruleset; legacy: whether ip6tables-legacy has tables
 *	library: { path, error }
 *	uncovered: as hmipctl uncovered
 */
#ifndef HMIP_HOST_FACTS_H
#define HMIP_HOST_FACTS_H

#include <jansson.h>

/* Gathers them; path is the helper's socket. Returns a new object. */
json_t *host_facts(const char *path);

#endif
