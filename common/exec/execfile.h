/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of a program: whether libhmip.so can be preloaded into it, and whether that has an
 * effect.
 */
#ifndef HMIP_EXECFILE_H
#define HMIP_EXECFILE_H

#include <limits.h>
#include <stdbool.h>

#define EXECFILE_SCRIPTS_MAX	5	/* scripts run by scripts, more than the kernel follows */

enum execfile_kind {
	EXECFILE_FINE,		/* dynamically linked, or unreadable */
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
 * Finds what execvp(3) would run for command. Returns 0 and fills ret; -ENOENT, -EACCES,
 * -ENAMETOOLONG.
 */
int execfile_find(const char *command, char ret[static PATH_MAX]);

/*
 * Whether the file at path is a script. If true, ret is its interpreter: the one its first line
 * names; or, if that is env(1), the program that env would run.
 */
bool execfile_interpreter(const char *path, char ret[static PATH_MAX]);

/* The kind of the file at path, for a start by the calling user. */
struct execfile execfile_look(const char *path);

/*
 * The same from the contents of the file alone, which fd can read: never EXECFILE_SETUID or
 * EXECFILE_CAPABLE.
 */
struct execfile execfile_read(int fd);

/*
 * Whether the files at both paths are programs or libraries for the same processor and word size.
 */
bool execfile_same_machine(const char *path, const char *other);

/*
 * The rest of a sentence that begins with the program's path: the reason and the remedy. NULL for
 * EXECFILE_FINE.
 */
const char *execfile_reason(enum execfile_kind kind);

#endif
