/* SPDX-License-Identifier: BSD-2-Clause */
/* What hmipctl doctor finds out about a host: the facts of peer_checks.h. */
#ifndef HMIP_PEER_FACTS_H
#define HMIP_PEER_FACTS_H

#include <jansson.h>

/*
 * Gathers them. As root, it meets the host if that is not known to be Homeless, and pings it.
 * facts: those of host_facts.h. Returns a new object.
 */
json_t *peer_facts(const char *path, const char *host, json_t *facts);

#endif
