/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities (libcap): what start-up needs, and what little is kept once everything is open.
 */
#ifndef HMIP_PRIVILEGES_H
#define HMIP_PRIVILEGES_H

/*
 * Whether this process may start a helper. Returns 0, or -EPERM and says in *why (to be freed)
 * which capabilities are missing and what to do.
 */
int privileges_check(char **why);

/*
 * Keeps CAP_NET_ADMIN (routes, filters, sock_diag), CAP_NET_RAW (signalling) and CAP_BPF (maps),
 * drops every other capability from all sets and the bounding set, sets no_new_privs, and proves
 * it: what was dropped is asked for again, and getting it is the failure. Before any thread is
 * started: capabilities belong to threads. Returns 0 or a negative errno.
 */
int privileges_drop(void);

#endif
