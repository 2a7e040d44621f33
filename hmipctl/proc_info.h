/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which processes hold given sockets, and whether a preloaded library works in them, from /proc:
 * root sees all processes, other users their own.
 */
#ifndef HMIP_PROC_INFO_H
#define HMIP_PROC_INFO_H

#include "execfile.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_info {
	pid_t pid;		/* 0: no process that could be read holds the socket */
	char command[32];
	bool preloaded;		/* libhmip.so is mapped */
	bool secure;		/* set-uid or the like (AT_SECURE): ignores preloads */
	struct execfile file;
	double age;		/* seconds since it was started */
};

struct sock_owner {
	uint32_t inode;			/* of a socket; set by the caller */
	struct proc_info process;	/* the answer: of several processes the
					 * one with the lowest id */
};

/*
 * Fills in the processes of n sockets, and sorts owner by inode. Returns 0, or a negative errno if
 * /proc cannot be read. Sockets that are passed on while it reads may be missed.
 */
int proc_info_find(struct sock_owner *owner, size_t n);

#endif
