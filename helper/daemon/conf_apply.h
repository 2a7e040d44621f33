/* SPDX-License-Identifier: BSD-2-Clause */
/* Applies a configuration to the running daemon: the first one, or another after SIGHUP. */
#ifndef HMIP_CONF_APPLY_H
#define HMIP_CONF_APPLY_H

struct conf;
struct daemon;

/* Reads the configuration again. If that fails the one in force is kept. */
void conf_reload(struct daemon *d);

/*
 * Declares the peers of conf that are not in old as they are now. Returns 0 or the first negative
 * errno.
 */
int conf_declare_peers(struct daemon *d, const struct conf *conf, const struct conf *old);

#endif
