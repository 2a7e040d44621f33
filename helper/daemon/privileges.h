/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities (libcap): checks those that start-up needs, and drops all but three when everything
 * is open.
 */
#ifndef HMIP_PRIVILEGES_H
#define HMIP_PRIVILEGES_H

/*
 * Checks that this process has the capabilities that are kept. Returns 0; -EPERM, with *why naming
 * the missing ones and a remedy; or another negative errno. *why is NULL or a text that the caller
 * frees.
 */
int privileges_check(char **why);

/*
 * Keeps CAP_NET_ADMIN (routes, filters, sock_diag), CAP_NET_RAW (signalling) and CAP_BPF (maps),
 * drops every other capability from all sets and the bounding set, and sets no_new_privs. Then
 * tries to regain each dropped capability; success is an error. Call before any thread is started,
 * because capabilities belong to threads. Returns 0, -ENOTRECOVERABLE if a capability was regained,
 * or another negative errno.
 */
int privileges_drop(void);

#endif
