/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place that looks symbols up, except for what no libc has (seccomp_load.c). */
#define _GNU_SOURCE	/* RTLD_NEXT */
#include "libc.h"
#include "array.h"
#include "raw.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static struct libc table;
static bool resolved;

/* The kernel resolves no names. */
static int no_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
			  struct addrinfo **res)
{
	(void)name, (void)service, (void)hints, (void)res;
	return EAI_FAIL;
}

static struct hostent *no_gethostbyname2(const char *name, int family)
{
	(void)name, (void)family;
	h_errno = NO_RECOVERY;
	return NULL;
}

static int no_gethostbyname2_r(const char *name, int family, struct hostent *entry, char *buf,
			       size_t size, struct hostent **result, int *error)
{
	(void)name, (void)family, (void)entry, (void)buf, (void)size;
	*result = NULL;
	*error = NO_RECOVERY;
	return ENOSYS;
}

/*
 * without: replaces a symbol that no library behind us has, as in a program with a libc of its own.
 */
static const struct {
	const char *name;
	size_t offset;
	void (*without)(void);
} symbol[] = {
	{ "connect", offsetof(struct libc, connect), (void (*)(void))raw_connect },
	{ "accept", offsetof(struct libc, accept), (void (*)(void))raw_accept },
	{ "accept4", offsetof(struct libc, accept4), (void (*)(void))raw_accept4 },
	{ "bind", offsetof(struct libc, bind), (void (*)(void))raw_bind },
	{ "getpeername", offsetof(struct libc, getpeername), (void (*)(void))raw_getpeername },
	{ "getsockname", offsetof(struct libc, getsockname), (void (*)(void))raw_getsockname },
	{ "prctl", offsetof(struct libc, prctl), (void (*)(void))raw_prctl },
	{ "sendto", offsetof(struct libc, sendto), (void (*)(void))raw_sendto },
	{ "sendmsg", offsetof(struct libc, sendmsg), (void (*)(void))raw_sendmsg },
	{ "sendmmsg", offsetof(struct libc, sendmmsg), (void (*)(void))raw_sendmmsg },
	{ "recvfrom", offsetof(struct libc, recvfrom), (void (*)(void))raw_recvfrom },
	{ "__recvfrom_chk", offsetof(struct libc, recvfrom_chk), (void (*)(void))raw_recvfrom_chk },
	{ "recvmsg", offsetof(struct libc, recvmsg), (void (*)(void))raw_recvmsg },
	{ "recvmmsg", offsetof(struct libc, recvmmsg), (void (*)(void))raw_recvmmsg },
	{ "getaddrinfo", offsetof(struct libc, getaddrinfo), (void (*)(void))no_getaddrinfo },
	{ "gethostbyname2", offsetof(struct libc, gethostbyname2),
	  (void (*)(void))no_gethostbyname2 },
	{ "gethostbyname2_r", offsetof(struct libc, gethostbyname2_r),
	  (void (*)(void))no_gethostbyname2_r },
};

const struct libc *libc(void)
{
	if (__builtin_expect(__atomic_load_n(&resolved, __ATOMIC_ACQUIRE), 1))
		return &table;

	/* Threads that are here at the same time write the same pointers. */
	int saved = errno;
	for (size_t i = 0; i < ARRAY_LEN(symbol); i++) {
		void *f = dlsym(RTLD_NEXT, symbol[i].name);
		void **slot = (void **)((char *)&table + symbol[i].offset);

		__atomic_store_n(slot, f ? f : (void *)symbol[i].without, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&resolved, true, __ATOMIC_RELEASE);
	errno = saved;
	return &table;
}
