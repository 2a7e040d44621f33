/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "hmipctl uncovered": connections with Homeless peers that would not survive a move, and why not.
 * It compares the helper's answers with what the kernel has: sockets (sock_list.h), the processes
 * that hold them (proc_info.h) and connections that are translated (translated.h).
 */
#ifndef HMIP_COVERAGE_H
#define HMIP_COVERAGE_H

#include "proc_info.h"
#include "sock_list.h"
#include "translated.h"

#include <jansson.h>

/* The helper's answers to the commands of these names. References are the caller's. */
struct coverage_helper {
	json_t *status, *cache, *sockets;
};

/* What this host has now. The arrays are the caller's. */
struct coverage_host {
	const struct sock_entry *sock;
	size_t n_sock;
	/* A row for each of their inodes, sorted as proc_info_find() leaves it; without a row the
	 * process counts as hidden. */
	const struct sock_owner *owner;
	size_t n_owner;
	const struct translated *translated;
	size_t n_translated;
};

/*
 * Finds the connections that are not covered; while no peer is Homeless, all that have an address
 * which the helper announces. Returns a new reference to an array of objects, described in
 * hmipctl(8), or NULL if memory is short.
 */
json_t *coverage_judge(const struct coverage_helper *helper, const struct coverage_host *host);

/*
 * The same for the connections that this host has now; without CAP_NET_ADMIN, translated ones are
 * not recognised. Returns a new reference, or NULL with errno set and *why the operation that
 * failed (a constant string).
 */
json_t *coverage_find(const struct coverage_helper *helper, const char **why);

/*
 * Sets the reason of those of the helper's sockets (the answer to the command "sockets") that are
 * among the n translated connections: what the program's socket has is not what is on the wire.
 */
void coverage_mark_translated(json_t *sockets, const struct translated *t, size_t n);

#endif
