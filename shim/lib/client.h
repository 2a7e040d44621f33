/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper as a program sees it: a host map to look into and a door to show sockets at. Everything here is
 * async-signal-safe, takes no lock, waits for nobody (but client_ask() does) and holds no descriptor between
 * calls. Only client_lookup() and client_register() make system calls worth counting, and none while there is no helper but for a failing open(2) every
 * CLIENT_RETRY_MS.
 *
 * Once a host map was mapped the door is tried even when that host map is dead: in a chroot the next one cannot be opened,
 * but the door's abstract name reaches everywhere.
 */
#ifndef HMIP_CLIENT_H
#define HMIP_CLIENT_H

#include "hostmap.h"
#include "ipc_proto.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define CLIENT_RETRY_MS		100
#define CLIENT_ANSWER_MS	1000
#define CLIENT_GRACE_MS		10000

/* Reads the environment and maps the host map. Idempotent; called by the constructor. Keeps errno. */
void client_start(void);

/*
 * What the host map says of addr on that side. Returns true and fills *ret if there is such a row. No system call, as long as the
 * helper lives; keeps errno. Speaks of the helper's network namespace: client_owns() tells whether that is a socket's, too.
 */
bool client_row(enum hostmap_side side, const struct in6_addr *addr, struct hostmap_row *ret);

/* Whether fd is a socket of TCP or UDP in the network namespace that client_hostmap() speaks of. Clobbers errno. */
bool client_owns(int fd);

/* Whether the helper finds by itself what is accepted, so that it need not be shown. Keeps errno. */
bool client_adopts(void);

/*
 * The same of a connection with addr; or the helper has nothing to do with it. Not if we know the peer's name, and the helper
 * does not (C5). Keeps errno.
 */
bool client_auto_registered(const struct in6_addr *addr);

/* Both in one: returns true and fills *ret if addr must be replaced for socket fd. Clobbers errno. */
bool client_lookup(int fd, enum hostmap_side side, const struct in6_addr *addr, struct in6_addr *ret);

/*
 * The address a program of our personality connects fd from, if the environment names one and there is a helper. Returns 1
 * and fills *ret; 0 if any will do; -EADDRNOTAVAIL if the personality has none, or is unknown. Clobbers errno.
 */
int client_personality(int fd, struct in6_addr *ret);

/*
 * From now on there is no helper for this process, nor for those it forks, as far as all of the above and below tell; and no
 * system call is made to find out. For programs in a sandbox.
 */
void client_disable(void);
bool client_disabled(void);

/* Whether there is, or was, a helper: else there is nothing to do for us. Keeps errno. */
bool client_active(void);

/*
 * Shows fd at the door, or does nothing if that cannot be done at once. To be called only if client_active(). asked is whom the
 * program connects (CONTROL_CONNECT) or sends (CONTROL_SEND) to, by the address it knows: the name that gave it (host_names.h) is
 * told with it. NULL for all other verbs. Clobbers errno.
 */
void client_register(int fd, enum control_verb verb, const struct in6_addr *asked);

/*
 * The host map that counts, for who has several questions: NULL if there is none. The last one counts for CLIENT_GRACE_MS after its helper
 * has stopped, so that another can take over without programs seeing names change. It stays mapped, so another helper's has
 * another address. Keeps errno.
 */
const struct hostmap *client_hostmap(void);

/*
 * Shows fd at the door with a question, and waits for the answer at most CLIENT_ANSWER_MS. Returns 0 or a negative errno,
 * the helper's own included: -ENXIO if there is none, or it is not to be trusted.
 */
int client_ask(int fd, enum control_verb verb, struct control_answer *ret);

/* The kernel's cookie of the socket fd, which names it for life; 0 if fd is no socket. Clobbers errno. */
uint64_t client_cookie(int fd);

/*
 * Whether the address may concern us: AF_INET6, global or ULA. On true *ret is a copy that may be looked into and
 * changed, of min(len, sizeof(*ret)) octets.
 */
bool client_eligible(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *ret);

#endif
