/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recvmmsg(2): as recvmsg(2) for each message, except that addresses which are cut are the
 * kernel's: to have room for all of them would take more stack than a signal handler may have.
 */
#define _GNU_SOURCE	/* struct mmsghdr */
#include "client.h"
#include "export.h"
#include "libc.h"
#include "message.h"

#include <limits.h>
#include <string.h>

#define MESSAGES_MAX	1024	/* UIO_MAXIOV, the kernel's maximum per call */

EXPORT int recvmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags, struct timespec *timeout)
{
	uint8_t whole[MESSAGES_MAX / CHAR_BIT];
	int r;

	if (!client_active() || !msgs)
		return libc()->recvmmsg(fd, msgs, n, flags, timeout);
	if (n > MESSAGES_MAX)
		n = MESSAGES_MAX;
	memset(whole, 0, sizeof(whole));
	for (unsigned i = 0; i < n; i++)
		if (msgs[i].msg_hdr.msg_namelen >= sizeof(struct sockaddr_in6))
			whole[i / CHAR_BIT] |= 1 << i % CHAR_BIT;
	r = libc()->recvmmsg(fd, msgs, n, flags, timeout);
	for (int i = 0; i < r; i++)
		message_received(fd, &msgs[i].msg_hdr, whole[i / CHAR_BIT] & 1 << i % CHAR_BIT ?
				 sizeof(struct sockaddr_in6) : 0, flags);
	return r;
}
