/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program file, as far as it matters whether libhmip.so can be preloaded into it, and whether that is of use.
 */
#ifndef HMIP_EXECFILE_H
#define HMIP_EXECFILE_H

#include <limits.h>
#include <stdbool.h>

#define EXECFILE_SCRIPTS_MAX	5	/* scripts run by scripts, more than the kernel follows */

enum execfile_kind {
	EXECFILE_FINE,		/* dynamic, or what we cannot judge */
	EXECFILE_STATIC,		/* position-independent or not */
	EXECFILE_FOREIGN,	/* for another processor or word size */
	EXECFILE_SETUID,
	EXECFILE_CAPABLE,	/* has file capabilities */
};

struct execfile {
	enum execfile_kind kind;
	bool elf;
	bool go;		/* written in Go: calls the kernel, not libc, for its connections */
};

/*
 * Finds what execvp(3) would run for command. Returns 0 and fills ret; -ENOENT, -EACCES, -ENAMETOOLONG.
 */
int execfile_find(const char *command, char ret[static PATH_MAX]);

/*
 * Whether the file at path is a script. If it is, ret is what runs it: the interpreter its first line names, or, if that is
 * env(1), the program that env would find.
 */
bool execfile_interpreter(const char *path, char ret[static PATH_MAX]);

/* What the file at path is, and what stands in the way of a preload for the calling user. */
struct execfile execfile_look(const char *path);

/* The same as far as it depends on what is in the file alone, which fd can read. */
struct execfile execfile_read(int fd);

/* A sentence that goes on after the program's path: what it is and what to do instead. NULL for EXECFILE_FINE. */
const char *execfile_reason(enum execfile_kind kind);

#endif
