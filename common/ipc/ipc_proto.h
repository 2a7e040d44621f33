/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages between preloaded programs, hmipctl and the helper.
 *
 * A helper has two listeners, both SOCK_SEQPACKET:
 *
 *   @hmip:PATH   abstract, so it can be reached from a chroot and ends with its namespace: shims
 *                register sockets here. One struct control_register with the socket's descriptor in
 *                SCM_RIGHTS. Requests (control_is_answered()) get one struct control_answer, after
 *                which the helper closes. The shim sends only to a listener whose SO_PEERCRED says
 *                root or its own user, because any user can bind an abstract name.
 *   PATH         in the file system (default HMIP_SOCKET_DEFAULT): hmipctl. One JSON object as
 *                request, {"command": "cache", ...}; the answer is a JSON text cut into as many
 *                packets as it takes, up to end of file; for "monitor" one JSON object a packet
 *                until the client closes.
 *
 * PATH with ".view" appended is the file that holds the host map (hostmap.h).
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
	CONTROL_CONNECT = 1,	/* this side connects: may create an entry (C4) */
	CONTROL_ACCEPT = 2,	/* this side accepts: marks an entry trusted (X8), creates none */
	CONTROL_TRUST = 3,	/* mark the entry of this connection trusted (X8) */
	CONTROL_FORGET = 4,	/* remove that entry */
	CONTROL_INFO = 5,	/* ask for what the helper knows of this connection */
	CONTROL_SEND = 6,	/* an unconnected socket sends to "to": as CONTROL_CONNECT */
};

/*
 * hmip_prevent() sets this option (level IPPROTO_IP) to exclude a socket and those it accepts (X8).
 * The kernel keeps and inherits it: it holds across fork(2) and execve(2), and for a helper that
 * starts later. The option itself concerns ICMP and has no effect over IPv6.
 */
#define CONTROL_PREVENTED	IP_RECVERR_RFC4884

/*
 * A registration or request; the descriptor sent along proves access to the socket. Host byte
 * order.
 */
struct control_register {
	uint32_t magic, version;
	uint32_t verb;					/* enum control_verb */
	uint32_t n_other;				/* for CONTROL_CONNECT and
							 * CONTROL_SEND; else 0 */
	struct in6_addr to;				/* for CONTROL_SEND; else unspecified */
	struct in6_addr other[CONTROL_OTHERS_MAX];	/* further addresses of the name
							 * (C5); unused: 0 */
	char name[CONTROL_NAME_MAX];			/* the DNS name that the program
							 * resolved; or all 0 */
};

#define CONTROL_KNOWN		1	/* attached to an entry; if not, all else is 0 */
#define CONTROL_HOMELESS	2
#define CONTROL_TRUSTED		4
#define CONTROL_MOVED		8	/* local_now, foreign_now differ from local, foreign */
#define CONTROL_FLAGS		15

/* Whether a message with that verb is answered. */
bool control_is_answered(enum control_verb verb);

/* The answer. Host byte order. */
struct control_answer {
	uint32_t magic, version;
	int32_t result;		/* 0 or a negative errno */
	uint32_t flags;		/* CONTROL_KNOWN, ... */
	uint32_t addresses;	/* of the peer, usable now */
	uint32_t connections;	/* of this host with the peer */
	struct in6_addr local, foreign, local_now, foreign_now;
};

/*
 * Whether name can be a DNS name: letters, digits, "-", "_" and ".", shorter than CONTROL_NAME_MAX.
 * Numeric IPv6 addresses are not.
 */
bool control_name_good(const char *name);

/*
 * Checks len octets received at the shims' listener. Returns 0 and fills *ret; or -EPROTO if they
 * are not exactly one well-formed message of this version.
 */
int control_register_parse(const void *buf, size_t len, struct control_register *ret);

/* The same for an answer of the helper. */
int control_answer_parse(const void *buf, size_t len, struct control_answer *ret);

/*
 * The socket path in force: the argument if not NULL, else the environment (not for set-uid
 * programs), else the default.
 */
const char *control_path(const char *option);

/* Fills the address of the listener for hmipctl. Returns its length, or -ENAMETOOLONG. */
int control_address(const char *path, struct sockaddr_un *ret);

/* Fills the address of the shims' listener. Returns its length, or -ENAMETOOLONG. */
int control_shim_address(const char *path, struct sockaddr_un *ret);

#endif
