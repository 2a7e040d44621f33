/* SPDX-License-Identifier: BSD-2-Clause */
/* Applies a configuration to the running daemon: the first one, or another after SIGHUP. */
#ifndef HMIP_CONF_APPLY_H
#define HMIP_CONF_APPLY_H

struct conf;
struct daemon;

/* Reads the configuration file again and applies it. On an error (logged) the old one stays. */
void conf_reload(struct daemon *d);

/*
 * Adds to the core the peers of conf that are not in old (may be NULL) or differ there. Tries all
 * of them. Returns 0 or the first negative errno (logged).
 */
int conf_declare_peers(struct daemon *d, const struct conf *conf, const struct conf *old);

#endif
