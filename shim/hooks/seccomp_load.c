/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seccomp_load(3) of libseccomp: notices that the program enters a sandbox, because libseccomp does
 * not use libc's wrapper for the system call. Programs without libseccomp do not call this.
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

/*
 * libseccomp's function. A plugin loaded with dlopen(3) brings libraries that RTLD_NEXT does not
 * find. NULL if there is none.
 */
static load_fn *real_load(void)
{
	void *f = dlsym(RTLD_NEXT, "seccomp_load"),
	     *library = f ? NULL : dlopen(LIBRARY, RTLD_LAZY | RTLD_NOLOAD);

	if (!library)
		return (load_fn *)f;
	f = dlsym(library, "seccomp_load");
	dlclose(library);	/* drops the reference of dlopen() only */
	return (load_fn *)f;
}

int seccomp_load(void *filter)
{
	load_fn *load = real_load();
	int r = load ? load(filter) : -ENOSYS;

	if (!r)
		client_disable();
	return r;
}
