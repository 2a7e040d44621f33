/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hmip.h - what a program may say to, and learn from, the hmip helper about its own connections; see libhmip(3).
 * Link with -lhmip: that does what hmip-run(1) does, and a program that hmip-run(1) starts gets the same library.
 *
 * All return 0, or -1 with errno set. A socket is one of TCP or a connected one of UDP, over IPv6.
 */
#ifndef HMIP_H
#define HMIP_H

#include <netinet/in.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HMIP_KNOWN	1	/* the helper has an entry for the peer of this connection */
#define HMIP_HOMELESS	2	/* the peer takes part: the connection survives moves of both hosts */
#define HMIP_TRUSTED	4	/* the entry stays when others must make room */
#define HMIP_MOVED	8	/* the addresses of today are not those the connection was born with */

struct hmip_info {
	uint32_t flags;				/* if HMIP_KNOWN is not among them, all else is 0 */
	uint32_t addresses;			/* of the peer, that can be used today */
	uint32_t connections;			/* of this host with that peer */
	uint32_t reserved;			/* 0 */
	struct in6_addr local, foreign;		/* as the kernel has them: the birth pair */
	struct in6_addr local_now, foreign_now;	/* on the wire */
};

/* What the helper knows of the connection fd. */
int hmip_info(int fd, struct hmip_info *info);

/* Who is at the other end of fd is honest: has given a password, say. */
int hmip_trust(int fd);

/*
 * Nothing is to be kept of the peer of fd any longer. This and all other connections with it are left alone from now
 * on, so one that has moved ends. Fails with EPERM if other users have connections with that peer, unless root asks.
 */
int hmip_forget(int fd);

/* The socket fd, not connected yet, or all that the listening socket fd will accept from now on, is to be left alone. */
int hmip_prevent(int fd);

#ifdef __cplusplus
}
#endif

#endif
