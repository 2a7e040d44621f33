/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attaches the datapath's two programs to an interface and detaches them: attach_tcx.c and
 * attach_clsact.c, one for each interface of the kernel. Programs, filters and qdiscs of others are
 * not touched.
 */
#ifndef HMIP_ATTACH_H
#define HMIP_ATTACH_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#define ATTACH_NAME	"hmip_"		/* the names of hmip's programs begin so */

enum attach_direction {
	ATTACH_IN,
	ATTACH_OUT,
	ATTACH_DIRECTIONS,
};

/* One interface with our programs on it. */
struct attachment {
	unsigned ifindex;
	int fd[ATTACH_DIRECTIONS];		/* the programs, not owned */
	bool attached[ATTACH_DIRECTIONS];
	uint32_t priority[ATTACH_DIRECTIONS];	/* clsact: of hmip's filter */
	bool made_qdisc;			/* clsact: hmip added the qdisc */
	UT_hash_handle hh;			/* by ifindex */
};

struct attach_kind {
	const char *name;

	/*
	 * Attaches both programs first in line, then removes those that an earlier helper left.
	 * Returns 0 or a negative errno; on an error neither program is attached.
	 */
	int (*attach)(struct attachment *a);

	/* Detaches the programs that attach() attached. The interface may be gone. */
	void (*detach)(struct attachment *a);
};

extern const struct attach_kind attach_tcx, attach_clsact;

/* Whether this kernel has tcx: 1, 0, or -EPERM or -EACCES without the capability to ask. */
int attach_tcx_supported(void);

#endif
