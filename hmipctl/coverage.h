/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "hmipctl uncovered": connections with Homeless peers that would not survive a move, and why not. Judged from what the helper
 * says (report.h), what the kernel lists (sock_list.h) and what is known of the processes (proc_info.h).
 */
#ifndef HMIP_COVERAGE_H
#define HMIP_COVERAGE_H

#include "sock_list.h"
#include "proc_info.h"

#include <jansson.h>

/* The helper's answers. */
struct coverage_helper {
	json_t *status, *cache, *sockets;
};

/*
 * The connections out of n that nothing covers. owner has a row for each inode among them and is sorted (proc_info_find()).
 * Returns a new array of objects, as hmipctl(8) tells, or NULL if memory is short.
 */
json_t *coverage_judge(const struct coverage_helper *helper, const struct sock_entry *c, size_t n,
			const struct sock_owner *owner, size_t n_owner);

/* The same of this host, now. Returns a new reference; NULL with errno set and, in *why, what could not be done. */
json_t *coverage_find(const struct coverage_helper *helper, const char **why);

#endif
