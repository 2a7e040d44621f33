/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another preload that hooks connect(2), for check_preload: it notes each call in the file
 * $OTHER_LOG, passes it on, and has a constructor that makes one before any other library's has
 * run.
 */
#define _GNU_SOURCE	/* RTLD_NEXT */
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
	const char *path = getenv("OTHER_LOG");
	int log = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	if (log >= 0 && write(log, "c", 1) != 1)
		abort();
	close(log);
	return next(fd, addr, len);
}

__attribute__((constructor(101))) static void early(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = 9,
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		abort();
	close(fd);
}
