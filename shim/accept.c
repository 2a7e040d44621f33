/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accept(2) and accept4(2): show what came in to the helper. The program is told the kernel's name of its peer.
 */
#include "helper.h"
#include "libc.h"
#include "raw.h"

#include <errno.h>

#define EXPORT	__attribute__((visibility("default")))

/* A GNU extension; <sys/socket.h> would declare it with argument types that only calls can be written for. */
int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);

/*
 * fd came out of an accept. Its peer is asked for anew: the program need not have had room for the whole name. Clobbers
 * nothing.
 */
static void accepted(int fd)
{
	struct sockaddr_storage name;
	struct sockaddr_in6 peer;
	socklen_t len = sizeof(name);
	int saved = errno;

	if (helper_known() && !raw_getpeername(fd, (struct sockaddr *)&name, &len) &&
	    helper_eligible((struct sockaddr *)&name, len, &peer))
		helper_show(fd, CONTROL_ACCEPT);
	errno = saved;
}

EXPORT int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	int r = libc()->accept(fd, addr, len);

	if (r >= 0)
		accepted(r);
	return r;
}

EXPORT int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	int r = libc()->accept4(fd, addr, len, flags);

	if (r >= 0)
		accepted(r);
	return r;
}
