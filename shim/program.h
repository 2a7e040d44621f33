/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program file, as far as it matters whether libhmip.so can be preloaded into it.
 */
#ifndef HMIP_PROGRAM_H
#define HMIP_PROGRAM_H

#include <limits.h>

enum program_kind {
	PROGRAM_FINE,		/* dynamic, or a script, or what we cannot judge */
	PROGRAM_STATIC,
	PROGRAM_FOREIGN,	/* for another processor or word size */
	PROGRAM_SETUID,
	PROGRAM_CAPABLE,	/* has file capabilities */
};

/*
 * Finds what execvp(3) would run for command. Returns 0 and fills ret; -ENOENT, -EACCES, -ENAMETOOLONG.
 */
int program_find(const char *command, char ret[static PATH_MAX]);

/* What stands in the way of a preload for the calling user. */
enum program_kind program_kind(const char *path);

/* A sentence that goes on after the program's path: what it is and what to do instead. NULL for PROGRAM_FINE. */
const char *program_reason(enum program_kind kind);

#endif
