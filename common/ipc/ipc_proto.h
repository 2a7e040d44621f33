/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What passes between a preloaded program, hmipctl and the helper.
 *
 * There are two doors to one helper, both SOCK_SEQPACKET:
 *
 *   @hmip:PATH   abstract, so reachable from a chroot and gone with its namespace: shims register sockets here.
 *                One struct control_register with the socket's descriptor in SCM_RIGHTS. It is not answered if it
 *                only tells of a socket; else by one struct control_answer, with which the helper closes.
 *                The shim sends only to a listener whose SO_PEERCRED says root or its own user: an abstract
 *                name can be taken by anybody.
 *   PATH         in the file system (default HMIP_SOCKET_DEFAULT): hmipctl. One JSON object as request,
 *                {"command": "cache", ...}; the answer is a JSON text cut into as many packets as it takes, ended
 *                by end of file; for "monitor" one JSON object a packet until the client closes.
 *
 * The same PATH with ".view" behind it is the file the host map (hostmap.h) is mapped from.
 */
#ifndef HMIP_IPC_PROTO_H
#define HMIP_IPC_PROTO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#define HMIP_SOCKET_DEFAULT	"/run/hmip/helper.sock"
#define HMIP_SOCKET_ENV		"HMIP_SOCKET"
#define HMIP_PERSONALITY_ENV	"HMIP_PERSONALITY"

#define CONTROL_MAGIC		UINT32_C(0x686d6970)	/* "hmip" */
#define CONTROL_VERSION		2
#define CONTROL_PACKET_MAX	32768			/* octets of JSON in one packet */
#define CONTROL_OTHERS_MAX	8
#define CONTROL_NAME_MAX	256			/* a DNS name and the NUL behind it */

enum control_verb {
	CONTROL_CONNECT = 1,	/* this side initiated: may create a Foreign Host Cache Entry (C4) */
	CONTROL_ACCEPT = 2,	/* this side answered: marks an entry trusted (X8), creates none */
	CONTROL_TRUST = 3,	/* the entry of this connection is trusted (X8) */
	CONTROL_FORGET = 4,	/* ... is to go */
	CONTROL_INFO = 5,	/* what is known of this connection */
	CONTROL_SEND = 6,	/* datagrams go to "to" from this socket, which is not connected: as CONTROL_CONNECT */
};

/*
 * A socket with this option (level IPPROTO_IP) set is to be left alone, and what comes of it: hmip_prevent() (X8). The kernel
 * keeps it, so it holds for what a listening socket accepts, after fork() and execve() and for a helper that starts
 * later, without anybody being told. It has no meaning of its own where IPv6 is spoken: it is about ICMP.
 */
#define CONTROL_PREVENTED	IP_RECVERR_RFC4884

/* A socket is shown to the helper: the descriptor proves whose it is. Host byte order: it never leaves the machine. */
struct control_register {
	uint32_t magic, version;
	uint32_t verb;					/* enum control_verb */
	uint32_t n_other;				/* for the first and CONTROL_SEND; else 0 */
	struct in6_addr to;				/* for CONTROL_SEND; else unspecified */
	struct in6_addr other[CONTROL_OTHERS_MAX];	/* what the peer's name resolved to besides (C5); unused ones 0 */
	char name[CONTROL_NAME_MAX];			/* that name, as the program asked for it; else all 0 */
};

#define CONTROL_KNOWN		1	/* the connection belongs to an entry; without, all that follows is 0 */
#define CONTROL_HOMELESS	2
#define CONTROL_TRUSTED		4
#define CONTROL_MOVED		8	/* the pairs differ */
#define CONTROL_FLAGS		15

/* Whether a message with that verb is answered. */
bool control_is_answered(enum control_verb verb);

/* The answer to those that are. */
struct control_answer {
	uint32_t magic, version;
	int32_t result;		/* 0 or a negative errno */
	uint32_t flags;		/* CONTROL_KNOWN, ... */
	uint32_t addresses;	/* of the peer, that may be used */
	uint32_t connections;	/* with it, open ones */
	struct in6_addr local, foreign, local_now, foreign_now;
};

/*
 * Whether name may be told as a host's: one that can be in the DNS, in letters, digits, "-", "_" and ".". No numeric IPv6
 * address is.
 */
bool control_name_good(const char *name);

/*
 * Checks len octets received at the shims' door. Returns 0 and fills *ret, or -EPROTO if they are anything else
 * than one well-formed message of this version.
 */
int control_register_parse(const void *buf, size_t len, struct control_register *ret);

/* The same for what the helper answers. */
int control_answer_parse(const void *buf, size_t len, struct control_answer *ret);

/* The socket path in force: the argument if not NULL, else the environment (not for set-uid programs), else the default. */
const char *control_path(const char *option);

/* Fills the address of the file system door. Returns its length, or -ENAMETOOLONG. */
int control_address(const char *path, struct sockaddr_un *ret);

/* Fills the address of the shims' abstract door. Returns its length, or -ENAMETOOLONG. */
int control_shim_address(const char *path, struct sockaddr_un *ret);

#endif
