/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which processes hold given sockets, and whether a preload reaches them: what /proc tells, to root of all of them, to others
 * of their own.
 */
#ifndef HMIP_PROC_INFO_H
#define HMIP_PROC_INFO_H

#include "execfile.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_info {
	pid_t pid;		/* 0: none that could be looked into holds the socket */
	char command[32];
	bool preloaded;		/* libhmip.so is mapped */
	bool secure;		/* has more rights than who started it, so the dynamic linker took no preload */
	struct execfile file;
	double age;		/* seconds since it was started */
};

struct sock_owner {
	uint32_t inode;		/* of a socket; asked for */
	struct proc_info process;	/* answered: of several processes the one with the lowest id */
};

/*
 * Fills in the processes of n sockets, which it sorts by inode. Returns 0, or a negative errno if /proc cannot be read.
 * What a process does in the meantime may be missed.
 */
int proc_info_find(struct sock_owner *owner, size_t n);

#endif
