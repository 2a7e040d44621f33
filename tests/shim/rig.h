/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the shim's tests stand on: the program runs preloaded, in a network namespace of its own
 * whose loopback has the addresses below, and plays the helper itself. "Without the shim" is the
 * same call made by number.
 */
#ifndef HMIP_RIG_H
#define HMIP_RIG_H

#include "array.h"
#include "ipc_proto.h"
#include "raw.h"
#include "suite.h"
#include "hostmap.h"

#include <netinet/in.h>
#include <stdbool.h>

#define HERE	"2001:db8::1"		/* on loopback */
#define THERE	"2001:db8::2"		/* on loopback, too: where the peer is now */
#define ULA	"fd00::1"		/* on loopback */
#define ONCE	"2001:db8:9::1"		/* nowhere: where the peer was */
#define LOST	"2001:db8:8::1"		/* nowhere: an address of ours that is gone */

#define PERSONALITY	"work"			/* connects from ULA */

/* AddressSanitizer makes system calls, must be loaded first, and knows only the threads' stacks. */
#ifdef __SANITIZE_ADDRESS__
#define RIG_ASAN	true
#else
#define RIG_ASAN	false
#endif

/*
 * Runs the suite make() returns, preloaded and in its own namespace. Exit status; 77 (skip) if that
 * may not be done.
 */
int rig_main(char **argv, Suite *(*make)(void));

enum rig_helper {
	RIG_NONE,		/* there is no helper */
	RIG_LIVE,
	RIG_DEAF,		/* killed: its host map is live but nobody is at the door */
	RIG_STOPPED,		/* ended in order: its host map, which we had mapped, is dead */
	RIG_STUCK,		/* lives, but answers no more and its door's queue is full */
	RIG_IMPOSTOR,		/* somebody else took the door's name */
	RIG_HELPERS,
};

/* Becomes that kind of helper. Its host map has ONCE -> THERE, named ONCE, and LOST -> HERE. */
void rig_helper(enum rig_helper kind);

/* From now on the host map says that sockets of HERE and THERE and accepted ones are adopted. */
void rig_adopt(void);

/* The host map the rig's helper writes, NULL for RIG_NONE and RIG_STOPPED. */
extern struct hostmap *rig_hostmap;

/* What was shown at the door since last asked. */
struct rig_shown {
	unsigned n;			/* messages, all well-formed */
	enum control_verb verb;		/* of the last one */
	uint64_t cookie;
	struct in6_addr to;
	struct control_register text;
};
struct rig_shown rig_shown(void);

/* The door itself, listening and not blocking; -1 if the helper has none. */
int rig_door(void);

uint64_t rig_cookie(int fd);

/* text as an address with port, IPv4 or IPv6 by its looks; NULL is an unspecified IPv6 address. */
struct sockaddr_storage rig_addr(const char *text, unsigned port);

/* A listening TCP socket on address text, of any port; *port is told. */
int rig_listen(const char *text, int backlog, unsigned *port);

/* Whether the name in addr is text and port. */
bool rig_is(const struct sockaddr_storage *addr, const char *text, unsigned port);

/* The kernel's and the program's idea of names. */
struct sockaddr_storage rig_peer(int fd), rig_peer_raw(int fd),
	rig_own(int fd), rig_own_raw(int fd);

/* Descriptors in use: a call must leave none behind. */
unsigned rig_descriptors(void);

#endif
