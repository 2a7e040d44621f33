/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's names for network namespaces (SO_NETNS_COOKIE): unique until the next boot, and
 * never 0.
 */
#ifndef HMIP_BASE_NETNS_H
#define HMIP_BASE_NETNS_H

#include <stdint.h>

/*
 * The cookie of the calling thread's network namespace. Returns 0, or a negative errno and leaves
 * *ret alone.
 */
int netns_cookie(uint64_t *ret);

#endif
