/* SPDX-License-Identifier: BSD-2-Clause */
/* hmipctl leave: an address is about to be lost, and peers are waited for. */
#ifndef HMIP_CTL_LEAVE_H
#define HMIP_CTL_LEAVE_H

struct options;

/*
 * The command. Returns the exit code: 0 if the helper was told and, of options->wait, all peers
 * have moved.
 */
int run_leave(const char *path, char **argument, const struct options *options);

#endif
