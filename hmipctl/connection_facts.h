/* SPDX-License-Identifier: BSD-2-Clause */
/* Which connections hmipctl doctor is asked about: the facts of connection_checks.h. */
#ifndef HMIP_CONNECTION_FACTS_H
#define HMIP_CONNECTION_FACTS_H

#include <jansson.h>

/*
 * Gathers them for target, the id of a process or an end [ADDRESS]:PORT of connections. host:
 * those of host_facts.h, of which parts are used again. Returns a new object.
 */
json_t *connection_facts(const char *target, json_t *host);

#endif
