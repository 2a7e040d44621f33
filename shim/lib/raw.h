/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls by number, for the shim itself. Unlike libc's functions they are no cancellation
 * points (a thread that is cancelled here would leak a connection), and bypass our wrappers and
 * other preloads. All set errno as libc does.
 */
#ifndef HMIP_RAW_H
#define HMIP_RAW_H

#include "array.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static inline int raw_socket(int family, int type)
{
	return syscall(SYS_socket, family, type, 0);
}

static inline int raw_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return syscall(SYS_connect, fd, addr, len);
}

static inline int raw_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	return syscall(SYS_accept4, fd, addr, len, flags);
}

static inline int raw_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	return raw_accept4(fd, addr, len, 0);	/* some machines have only this one */
}

static inline int raw_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return syscall(SYS_bind, fd, addr, len);
}

static inline int raw_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	return syscall(SYS_getpeername, fd, addr, len);
}

static inline int raw_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return syscall(SYS_getsockname, fd, addr, len);
}

static inline int raw_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	return syscall(SYS_getsockopt, fd, level, name, value, len);
}

static inline int raw_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return syscall(SYS_setsockopt, fd, level, name, value, len);
}

struct mmsghdr;

static inline ssize_t raw_sendto(int fd, const void *buf, size_t n, int flags,
				 const struct sockaddr *addr, socklen_t len)
{
	return syscall(SYS_sendto, fd, buf, n, flags, addr, len);
}

static inline ssize_t raw_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return syscall(SYS_sendmsg, fd, msg, flags);
}

static inline int raw_sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags)
{
	return syscall(SYS_sendmmsg, fd, msgs, n, flags);
}

static inline ssize_t raw_recvfrom(int fd, void *buf, size_t n, int flags, struct sockaddr *addr,
				   socklen_t *len)
{
	return syscall(SYS_recvfrom, fd, buf, n, flags, addr, len);
}

/* As libc's: room is the size of buf that the compiler knows (_FORTIFY_SOURCE). */
static inline ssize_t raw_recvfrom_chk(int fd, void *buf, size_t n, size_t room, int flags,
				       struct sockaddr *addr, socklen_t *len)
{
	if (n > room)
		__builtin_trap();
	return raw_recvfrom(fd, buf, n, flags, addr, len);
}

static inline ssize_t raw_recvmsg(int fd, struct msghdr *msg, int flags)
{
	return syscall(SYS_recvmsg, fd, msg, flags);
}

static inline int raw_recvmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags,
			       struct timespec *timeout)
{
	return syscall(SYS_recvmmsg, fd, msgs, n, flags, timeout);
}

static inline int raw_recv(int fd, void *buf, size_t size)
{
	return syscall(SYS_recvfrom, fd, buf, size, MSG_DONTWAIT, NULL, NULL);
}

static inline int raw_prctl(int option, ...)
{
	unsigned long arg[4];
	va_list ap;

	va_start(ap, option);
	for (unsigned i = 0; i < 4; i++)
		arg[i] = va_arg(ap, unsigned long);
	va_end(ap);
	return syscall(SYS_prctl, option, arg[0], arg[1], arg[2], arg[3]);
}

/* The kernel's set of signals, which is shorter than libc's. */
struct raw_signals {
	unsigned long bits[(_NSIG - 1) / 8 / sizeof(unsigned long)];
};

/*
 * All signals but those for faults of the thread itself, which kill the process if they are
 * blocked.
 */
static inline struct raw_signals raw_signals_from_others(void)
{
	static const int fault[] = { SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP };
	struct raw_signals s;

	memset(&s, 0xff, sizeof(s));
	for (unsigned i = 0; i < ARRAY_LEN(fault); i++)
		s.bits[0] &= ~(1UL << (fault[i] - 1));
	return s;
}

/*
 * Blocks these signals and no others, libc's two internal ones included. *ret is the previous set;
 * it may be NULL.
 */
static inline int raw_block(const struct raw_signals *set, struct raw_signals *ret)
{
	return syscall(SYS_rt_sigprocmask, SIG_SETMASK, set, ret, sizeof(*set));
}

/* Waits up to ms until fd can be read. Returns as poll(2). */
static inline int raw_wait(int fd, unsigned ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	return syscall(SYS_ppoll, &p, 1, &t, NULL, 0);
}

static inline int raw_close(int fd)
{
	return syscall(SYS_close, fd);
}

#endif
