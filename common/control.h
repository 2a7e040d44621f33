/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What passes between a preloaded program, hmipctl and the helper.
 *
 * There are two doors to one helper, both SOCK_SEQPACKET:
 *
 *   @hmip:PATH   abstract, so reachable from a chroot and gone with its namespace: shims register sockets here.
 *                One struct control_register with the socket's descriptor in SCM_RIGHTS, then close; no answer.
 *                The shim sends only to a listener whose SO_PEERCRED says root or its own user: an abstract
 *                name can be taken by anybody.
 *   PATH         in the file system (default HMIP_SOCKET_DEFAULT): hmipctl. One JSON object as request,
 *                {"command": "cache", ...}; the answer is a JSON text cut into as many packets as it takes, ended
 *                by end of file; for "monitor" one JSON object a packet until the client closes.
 *
 * The same PATH with ".view" behind it is the file the view (view.h) is mapped from.
 */
#ifndef HMIP_CONTROL_H
#define HMIP_CONTROL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#define HMIP_SOCKET_DEFAULT	"/run/hmip/helper.sock"
#define HMIP_SOCKET_ENV		"HMIP_SOCKET"

#define CONTROL_MAGIC		UINT32_C(0x686d6970)	/* "hmip" */
#define CONTROL_VERSION		1
#define CONTROL_PACKET_MAX	32768			/* octets of JSON in one packet */

enum control_origin {
	CONTROL_CONNECT = 1,	/* this side initiated: may create a Foreign Host Cache Entry (C4) */
	CONTROL_ACCEPT = 2,	/* this side answered: marks an entry trusted (X8), creates none */
};

/* A socket is shown to the helper. Host byte order: it never leaves the machine. */
struct control_register {
	uint32_t magic, version;
	uint32_t origin;	/* enum control_origin */
	uint32_t reserved;	/* 0 */
};

/*
 * Checks len octets received at the shims' door. Returns 0 and fills *ret, or -EPROTO if they are anything else
 * than one well-formed message of this version.
 */
int control_register_parse(const void *buf, size_t len, struct control_register *ret);

/* The socket path in force: the argument if not NULL, else the environment (not for set-uid programs), else the default. */
const char *control_path(const char *option);

/* Fills the address of the file system door. Returns its length, or -ENAMETOOLONG. */
int control_address(const char *path, struct sockaddr_un *ret);

/* Fills the address of the shims' abstract door. Returns its length, or -ENAMETOOLONG. */
int control_shim_address(const char *path, struct sockaddr_un *ret);

#endif
