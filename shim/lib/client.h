/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client of the helper in a program: it reads the host map (hostmap.h) and registers sockets
 * with the helper's listener (ipc_proto.h). Everything here is async-signal-safe, takes no lock,
 * does not block (except client_ask()) and keeps no descriptor open between calls. Only
 * client_lookup() and client_register() make system calls that matter; without a helper there is
 * one failing open(2) every CLIENT_RETRY_MS.
 *
 * After a map was once mapped, the listener is tried even if that map is dead: in a chroot the next
 * map cannot be opened, but the abstract name of the listener can be reached.
 */
#ifndef HMIP_CLIENT_H
#define HMIP_CLIENT_H

#include "hostmap.h"
#include "ipc_proto.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define CLIENT_RETRY_MS		100	/* between two attempts to open the host map */
#define CLIENT_ANSWER_MS	1000	/* how long client_ask() waits */
#define CLIENT_GRACE_MS		10000	/* how long a dead map is used if no other appears */

/*
 * Reads the environment and maps the host map. Idempotent; called by the constructor. Keeps errno.
 */
void client_start(void);

/*
 * Looks addr up on that side of the host map. Returns true and fills *ret if there is a row. No
 * system call while the helper lives; keeps errno. The row is valid for the helper's network
 * namespace; client_owns() says whether a socket is in it.
 */
bool client_row(enum hostmap_side side, const struct in6_addr *addr, struct hostmap_row *ret);

/*
 * Whether fd is a TCP or UDP socket in the network namespace of client_hostmap(). Clobbers errno.
 */
bool client_owns(int fd);

/*
 * Whether the helper adopts connections, so that accepted ones need not be registered. Keeps errno.
 */
bool client_adopts(void);

/*
 * Whether a connection to addr need not be registered: the helper adopts it, or the peer does not
 * support hmip. False if the program has a DNS name for the peer that the helper lacks (C5). Keeps
 * errno.
 */
bool client_auto_registered(const struct in6_addr *addr);

/*
 * client_row() and client_owns() in one: returns true and fills *ret if socket fd must use *ret
 * instead of addr. Clobbers errno.
 */
bool client_lookup(int fd, enum hostmap_side side, const struct in6_addr *addr,
		   struct in6_addr *ret);

/*
 * The address from which a program of our personality connects fd, if the environment names a
 * personality and there is a helper. Returns 1 and fills *ret; 0 if any address will do;
 * -EADDRNOTAVAIL if the personality has no address or is unknown. Clobbers errno.
 */
int client_personality(int fd, struct in6_addr *ret);

/*
 * Disables the client for this process and its children: all functions here behave as if there were
 * no helper, and make no system call. For programs that enter a sandbox. client_disabled() says
 * whether that was done.
 */
void client_disable(void);
bool client_disabled(void);

/* Whether there is or was a helper; if not, the shim has nothing to do. Keeps errno. */
bool client_active(void);

/*
 * Registers fd with the helper, or does nothing if that is not possible at once. Call only if
 * client_active(). asked is the address, as the program knows it, that it connects
 * (CONTROL_CONNECT) or sends (CONTROL_SEND) to; the DNS name that gave this address (host_names.h)
 * is sent along. NULL for all other verbs. Clobbers errno.
 */
void client_register(int fd, enum control_verb verb, const struct in6_addr *asked);

/*
 * The host map in force, for callers with several questions; NULL if there is none. After its
 * helper has stopped a map stays in force for CLIENT_GRACE_MS, so that another helper can take over
 * and programs see no address change. Maps are never unmapped, so that of another helper has
 * another pointer. Keeps errno.
 */
const struct hostmap *client_hostmap(void);

/*
 * Sends a question about fd to the helper, and waits up to CLIENT_ANSWER_MS for the answer. Returns
 * 0 and fills *ret; or a negative errno, which may be the helper's: -ENXIO if there is no helper,
 * or one of another user than root and our own; -ETIMEDOUT. Clobbers errno.
 */
int client_ask(int fd, enum control_verb verb, struct control_answer *ret);

/*
 * The kernel's cookie of socket fd, which is unique until the next boot; 0 if fd is no socket.
 * Clobbers errno.
 */
uint64_t client_cookie(int fd);

/*
 * Whether addr may belong to a peer: AF_INET6, global or ULA. If true, *ret is a copy of min(len,
 * sizeof(*ret)) octets, which has at least address and port. Keeps errno.
 */
bool client_eligible(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *ret);

#endif
