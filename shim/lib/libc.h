/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions that our wrappers call: those of the next library in the search order, libc or
 * another preload.
 */
#ifndef HMIP_LIBC_H
#define HMIP_LIBC_H

#include <netdb.h>
#include <sys/socket.h>
#include <time.h>

struct mmsghdr;

struct libc {
	int (*connect)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*accept)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*accept4)(int fd, struct sockaddr *addr, socklen_t *len, int flags);
	int (*bind)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*getpeername)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*getsockname)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*prctl)(int option, ...);
	ssize_t (*sendto)(int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr,
			  socklen_t len);
	ssize_t (*sendmsg)(int fd, const struct msghdr *msg, int flags);
	int (*sendmmsg)(int fd, struct mmsghdr *msgs, unsigned n, int flags);
	ssize_t (*recvfrom)(int fd, void *buf, size_t n, int flags, struct sockaddr *addr,
			    socklen_t *len);
	ssize_t (*recvfrom_chk)(int fd, void *buf, size_t n, size_t room, int flags,
				struct sockaddr *addr, socklen_t *len);
	ssize_t (*recvmsg)(int fd, struct msghdr *msg, int flags);
	int (*recvmmsg)(int fd, struct mmsghdr *msgs, unsigned n, int flags,
			struct timespec *timeout);
	int (*getaddrinfo)(const char *name, const char *service, const struct addrinfo *hints,
			   struct addrinfo **res);
	struct hostent *(*gethostbyname2)(const char *name, int family);
	int (*gethostbyname2_r)(const char *name, int family, struct hostent *entry, char *buf,
				size_t size, struct hostent **result, int *error);
};

/*
 * The table, all of it set: resolved by our constructor, or by the first call if that comes
 * earlier. Keeps errno.
 */
const struct libc *libc(void);

#endif
