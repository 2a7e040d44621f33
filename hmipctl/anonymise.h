/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses, names of hosts and personalities, and comments are replaced in JSON, the same by the
 * same: who reads it sees which are equal, which share a /64, and of what kind each is, but not
 * which they are.
 */
#ifndef HMIP_ANONYMISE_H
#define HMIP_ANONYMISE_H

#include <jansson.h>

/* Returns a copy of j in which all strings and keys are replaced so; NULL if memory is short. */
json_t *anonymise(json_t *j);

/*
 * Replaces in place by "*" each run of 32 hexadecimal digits or more, which may be a key, and what
 * a configuration assigns to key_in and key_out, whatever it is.
 */
void anonymise_keys(char *text);

#endif
