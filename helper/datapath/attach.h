/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the datapath's two programs get onto an interface and off it: attach_tcx.c and attach_clsact.c, each in the kernel's way.
 * Programs of others, their filters and qdiscs stay as they are.
 */
#ifndef HMIP_ATTACH_H
#define HMIP_ATTACH_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#define ATTACH_NAME	"hmip_"		/* how our programs' names begin */

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
	uint32_t priority[ATTACH_DIRECTIONS];	/* clsact: where our filter stands */
	bool made_qdisc;			/* clsact: it was not there before us */
	UT_hash_handle hh;			/* by ifindex */
};

struct attach_kind {
	const char *name;

	/* Attaches both programs first in line, then removes what a dead helper left. Returns 0 or a negative errno,
	 * nothing of ours being attached then. */
	int (*attach)(struct attachment *a);

	/* Takes off what attach() put on. An interface that went away meanwhile is fine. */
	void (*detach)(struct attachment *a);
};

extern const struct attach_kind attach_tcx, attach_clsact;

/* Whether this kernel has tcx: 1, 0, or a negative errno if it may not be asked. */
int attach_tcx_supported(void);

#endif
