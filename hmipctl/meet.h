/* SPDX-License-Identifier: BSD-2-Clause */
/* hmipctl meet: begins mobility with a host and waits for the outcome. */
#ifndef HMIP_MEET_H
#define HMIP_MEET_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdint.h>

#define MEET_ADDRS_MAX	4	/* of a name that are tried */

struct options;

/*
 * Resolves host. Returns how many IPv6 addresses were found, at most MEET_ADDRS_MAX; or 0, with
 * *why in static text.
 */
unsigned meet_resolve(const char *host, struct in6_addr ret[static MEET_ADDRS_MAX],
		      const char **why);

/*
 * Has the helper at path meet the host at addr, and waits: until it is known to be Homeless or
 * plain, at most for some 20 seconds. With a port (0: none), it opens a TCP connection there
 * meanwhile, because a host tells a stranger that has no connection with it no address but the one
 * that the stranger knows. Returns an object (hmipctl(8), JSON OUTPUT); or NULL with the exit code,
 * after printing why.
 */
json_t *meet_at(const char *path, const struct in6_addr *addr, uint16_t port, int *ret_exit);

/* The command. Returns the exit code: 0 if the host is Homeless. */
int run_meet(const char *path, char **argument, const struct options *options);

#endif
