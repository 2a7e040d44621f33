/* SPDX-License-Identifier: BSD-2-Clause */
/* hmipctl ping: a peer is asked by each pair of addresses. */
#ifndef HMIP_CTL_PING_H
#define HMIP_CTL_PING_H

#include <jansson.h>
#include <netinet/in.h>

struct options;

/*
 * Has the helper at path ask the peer that has addr, and waits for two seconds at most. Returns an
 * object (hmipctl(8), JSON OUTPUT); or NULL with the exit code, after printing why.
 */
json_t *ping_at(const char *path, const struct in6_addr *addr, int *ret_exit);

/* The command. Returns the exit code: 0 if a pair was answered. */
int run_ping(const char *path, char **argument, const struct options *options);

#endif
