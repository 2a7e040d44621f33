/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PHDRS_MAX	64	/* more than any linker makes */

static int runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ? -ENOENT : -errno;
	if (!S_ISREG(st.st_mode) || access(path, X_OK))
		return -EACCES;
	return 0;
}

int program_find(const char *command, char ret[static PATH_MAX])
{
	const char *dirs = getenv("PATH");
	int r = -ENOENT;

	if (strchr(command, '/')) {
		if (snprintf(ret, PATH_MAX, "%s", command) >= PATH_MAX)
			return -ENAMETOOLONG;
		return runnable(ret);
	}
	if (!*command)
		return -ENOENT;
	for (const char *p = dirs ? dirs : "/bin:/usr/bin";; p++) {
		int len = strcspn(p, ":");

		/* An empty one is the current directory. */
		if (snprintf(ret, PATH_MAX, "%.*s%s%s", len, p, len ? "/" : "./", command) < PATH_MAX) {
			int found = runnable(ret);

			if (!found)
				return 0;
			if (found != -ENOENT)
				r = found;
		}
		p += len;
		if (!*p)
			return r;
	}
}

/* Whether fd, whose ELF header is h, asks for a dynamic linker. */
static bool has_interpreter(int fd, const ElfW(Ehdr) *h)
{
	ElfW(Phdr) ph[PHDRS_MAX];
	unsigned n = h->e_phnum < PHDRS_MAX ? h->e_phnum : PHDRS_MAX;

	if (h->e_phentsize != sizeof(*ph) || pread(fd, ph, n * sizeof(*ph), h->e_phoff) != (ssize_t)(n * sizeof(*ph)))
		return true;	/* the kernel will say what is wrong with it */
	for (unsigned i = 0; i < n; i++)
		if (ph[i].p_type == PT_INTERP)
			return true;
	return false;
}

static enum program_kind elf_kind(int fd)
{
	ElfW(Ehdr) h, own;
	enum program_kind kind = PROGRAM_FINE;
	int self;

	if (pread(fd, &h, sizeof(h), 0) != sizeof(h) || memcmp(h.e_ident, ELFMAG, SELFMAG))
		return PROGRAM_FINE;
	self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (self >= 0 && pread(self, &own, sizeof(own), 0) == sizeof(own) &&
	    (h.e_ident[EI_CLASS] != own.e_ident[EI_CLASS] || h.e_machine != own.e_machine))
		kind = PROGRAM_FOREIGN;
	else if (!has_interpreter(fd, &h))
		kind = PROGRAM_STATIC;
	if (self >= 0)
		close(self);
	return kind;
}

enum program_kind program_kind(const char *path)
{
	enum program_kind kind = PROGRAM_FINE;
	struct stat st;
	int fd;

	/* The dynamic linker drops preloads where a program gains something its caller had not. */
	if (!stat(path, &st) && (((st.st_mode & S_ISUID) && st.st_uid != getuid()) ||
				 ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) && st.st_gid != getgid())))
		return PROGRAM_SETUID;
	if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
		return PROGRAM_CAPABLE;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return PROGRAM_FINE;
	kind = elf_kind(fd);
	close(fd);
	return kind;
}

const char *program_reason(enum program_kind kind)
{
	static const char *const reason[] = {
		[PROGRAM_STATIC] = "is statically linked, so nothing can be put between it and the kernel; run a "
				   "dynamically linked build of it",
		[PROGRAM_FOREIGN] = "is built for another processor or word size than libhmip.so; run a build for this "
				    "machine, or install hmip for that one",
		[PROGRAM_SETUID] = "is set-uid or set-gid, and such programs ignore preloads; run it as the user it "
				   "changes to (hmip-run inside, not outside, of sudo or su)",
		[PROGRAM_CAPABLE] = "has file capabilities, and such programs ignore preloads; run it as root, or a copy "
				    "of it without them",
	};

	return reason[kind];
}
