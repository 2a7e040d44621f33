/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hmip.h - requests of a program to hmip-helper about its own connections; see libhmip(3). Link
 * with -lhmip: that has the effect of hmip-run(1), which preloads the same library.
 *
 * All functions return 0, or -1 with errno set. fd is a TCP socket or a connected UDP socket, over
 * IPv6.
 */
#ifndef HMIP_H
#define HMIP_H

#include <netinet/in.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HMIP_KNOWN	1	/* the helper has an entry for the peer of this connection */
#define HMIP_HOMELESS	2	/* the peer runs hmip: the connection survives both hosts' moves */
#define HMIP_TRUSTED	4	/* the entry is not evicted when the Host Cache is full */
#define HMIP_MOVED	8	/* the addresses on the wire are not those the kernel has */

struct hmip_info {
	uint32_t flags;				/* without HMIP_KNOWN all else is 0 */
	uint32_t addresses;			/* of the peer, usable now */
	uint32_t connections;			/* of this host with that peer */
	uint32_t reserved;			/* 0 */
	struct in6_addr local, foreign;		/* the kernel's: the birth pair */
	struct in6_addr local_now, foreign_now;	/* on the wire */
};

/* Fills *info with what the helper knows of the connection fd. */
int hmip_info(int fd, struct hmip_info *info);

/* Marks the peer of fd as trusted: for example, it has authenticated itself with a password. */
int hmip_trust(int fd);

/*
 * Removes the entry of the peer of fd. This and all other connections with that peer are not
 * handled any more, so those that have moved break. Fails with EPERM if other users have
 * connections with the peer, unless the caller is root.
 */
int hmip_forget(int fd);

/*
 * Excludes the socket fd, which is not connected yet, or all that the listening socket fd accepts
 * from now on.
 */
int hmip_prevent(int fd);

#ifdef __cplusplus
}
#endif

#endif
