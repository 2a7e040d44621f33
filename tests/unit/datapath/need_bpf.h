/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether this process may load the datapath: tests that need it are skipped otherwise.
 */
#ifndef HMIP_NEED_BPF_H
#define HMIP_NEED_BPF_H

#include "datapath.h"

#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>

/*
 * Returns 0, or 77 (skipped): not root, or root of a container only. Prints the kernel it is about.
 */
static inline int need_bpf(void)
{
	struct datapath_config c = { .max_pcbs = 1, .max_foreign = 1 };
	struct datapath *loaded;
	struct utsname u;
	int r = datapath_open(&c, &loaded);

	uname(&u);
	printf("kernel %s\n", u.release);
	if (r == -EPERM || r == -EACCES)
		return 77;
	if (!r)
		datapath_close(loaded);
	return 0;
}

#endif
