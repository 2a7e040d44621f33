/* SPDX-License-Identifier: BSD-2-Clause */
/* What is right and wrong on this host, by the facts of host_facts.h alone. */
#ifndef HMIP_HOST_CHECKS_H
#define HMIP_HOST_CHECKS_H

#include <jansson.h>

/* Appends the findings (finding.h) about this host to all. */
void host_check(json_t *facts, json_t *all);

/* What can be done about a connection with that word of hmipctl uncovered; NULL: nothing. */
const char *host_remedy(const char *reason);

#endif
