/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seccomp_load(3) of libseccomp, only to hear of it: programs that lock themselves in by it make the system call behind
 * it without libc. Who is not linked with libseccomp does not call it.
 */
#define _GNU_SOURCE	/* RTLD_NEXT */
#include "client.h"
#include "export.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

typedef int load_fn(void *filter);

EXPORT load_fn seccomp_load;

#define LIBRARY	"libseccomp.so.2"

/* Plugins that are loaded with dlopen(3) bring libraries that are behind them, but not behind us. NULL if there is none. */
static load_fn *behind(void)
{
	void *f = dlsym(RTLD_NEXT, "seccomp_load"), *library = f ? NULL : dlopen(LIBRARY, RTLD_LAZY | RTLD_NOLOAD);

	if (!library)
		return (load_fn *)f;
	f = dlsym(library, "seccomp_load");
	dlclose(library);	/* as often as opened: others have it open */
	return (load_fn *)f;
}

int seccomp_load(void *filter)
{
	load_fn *load = behind();
	int r = load ? load(filter) : -ENOSYS;

	if (!r)
		client_disable();
	return r;
}
