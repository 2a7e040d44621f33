/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seccomp_load(3) of libseccomp, only to hear of it: programs that lock themselves in by it make the system call behind
 * it without libc. Who is not linked with libseccomp does not call it.
 */
#include "helper.h"
#include "libc.h"

__attribute__((visibility("default"))) int seccomp_load(void *filter);

int seccomp_load(void *filter)
{
	int r = libc()->seccomp_load(filter);

	if (!r)
		helper_shut();
	return r;
}
