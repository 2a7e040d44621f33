/* SPDX-License-Identifier: BSD-2-Clause */
/* hmipctl genpeer: the sections of two hosts that share keys, made here. */
#ifndef HMIP_GENPEER_H
#define HMIP_GENPEER_H

struct options;

/*
 * The command: argument is the name of the other host and its addresses, and then NULL. Prints both
 * sections of hmip.conf(5). The helper is not asked. Returns the exit code.
 */
int run_genpeer(const char *path, char **argument, const struct options *options);

#endif
