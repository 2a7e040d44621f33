/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's security associations, its SAD, over XFRM netlink: those that IKE makes for AH in
 * transport mode between two hosts. They are only read.
 */
#ifndef HMIP_SAD_H
#define HMIP_SAD_H

#include "ah.h"

#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* One direction of an AH SA. */
struct sad_sa {
	struct in6_addr src, dst;
	uint32_t spi, reqid;		/* host order */
	uint64_t added;			/* s since 1970 */
	uint64_t packets;		/* that the kernel itself sent or received under it */
	struct ah_key key;		/* if refused is NULL */
	const char *refused;		/* why hmip cannot use it, static text, or NULL */
};

struct sad;

/* Called with each SA; sa is valid during the call. Return 0, or a negative errno: no more come. */
typedef int sad_fn(void *ctx, const struct sad_sa *sa);

/*
 * Opens a socket for requests and one that is told of changes. Needs CAP_NET_ADMIN. Returns 0 or a
 * negative errno: -EPROTONOSUPPORT if the kernel has no XFRM.
 */
int sad_open(struct sad **ret);

/* Closes and frees. NULL is fine. */
void sad_close(struct sad *s);

/* Becomes readable when something changes: call sad_changed() then. */
int sad_fd(const struct sad *s);

/*
 * Reads what changed. Returns 1 if it may have been an AH SA: call sad_list(); 0 if not; or a
 * negative errno.
 */
int sad_changed(struct sad *s);

/*
 * Calls fn for each AH SA in transport mode between IPv6 addresses, in the kernel's order: the
 * newest first. Returns 0, the negative errno of fn or the kernel's. Nothing of the keys is left in
 * buffers.
 */
int sad_list(struct sad *s, sad_fn *fn, void *ctx);

/*
 * Reads an SA out of a message of a dump or a notification, which comes from the kernel but is not
 * relied upon. Returns 0; -ENOMSG if it is no such SA, or one without keys yet; -EBADMSG if it is
 * malformed.
 */
int sad_parse(const struct nlmsghdr *nlh, struct sad_sa *ret);

/* Whether a notification may be about an AH SA. */
bool sad_matters(const struct nlmsghdr *nlh);

#endif
