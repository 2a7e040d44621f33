/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "hmipctl uncovered": connections with Homeless peers that would not survive a move, and why not.
 * It compares the helper's answers with the kernel's list of sockets (sock_list.h) and the
 * processes that hold them (proc_info.h).
 */
#ifndef HMIP_COVERAGE_H
#define HMIP_COVERAGE_H

#include "proc_info.h"
#include "sock_list.h"

#include <jansson.h>

/* The helper's answers to the commands of these names. References are the caller's. */
struct coverage_helper {
	json_t *status, *cache, *sockets;
};

/*
 * Finds those of the n connections that are not covered. owner has a row for each of their inodes
 * and is sorted as proc_info_find() leaves it; without a row the process counts as hidden. Returns
 * a new reference to an array of objects, described in hmipctl(8), or NULL if memory is short.
 */
json_t *coverage_judge(const struct coverage_helper *helper, const struct sock_entry *c, size_t n,
			const struct sock_owner *owner, size_t n_owner);

/*
 * The same for the connections that this host has now. Returns a new reference, or NULL with errno
 * set and *why the operation that failed (a constant string).
 */
json_t *coverage_find(const struct coverage_helper *helper, const char **why);

#endif
