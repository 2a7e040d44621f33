/* SPDX-License-Identifier: BSD-2-Clause */
#include "execfile.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PHDRS_MAX	64	/* more than any linker makes */
#define SECTIONS_MAX	256
#define NAMES_MAX	8192	/* octets of section names that are read */
#define LINE_MAX_SEEN	256	/* of a script; the kernel sees no more */

static int runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ? -ENOENT : -errno;
	if (!S_ISREG(st.st_mode) || access(path, X_OK))
		return -EACCES;
	return 0;
}

int execfile_find(const char *command, char ret[static PATH_MAX])
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
		if (snprintf(ret, PATH_MAX, "%.*s%s%s", len, p, len ? "/" : "./", command)
		    < PATH_MAX) {
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

/*
 * Finds what env(1) would run, from the rest of a script's first line. Skips options and
 * assignments.
 */
static int by_env(char *rest, char ret[static PATH_MAX])
{
	char *save = NULL;

	for (char *w = strtok_r(rest, " \t", &save); w; w = strtok_r(NULL, " \t", &save))
		if (*w != '-' && !strchr(w, '='))
			return execfile_find(w, ret);
	return -ENOENT;
}

bool execfile_interpreter(const char *path, char ret[static PATH_MAX])
{
	char line[LINE_MAX_SEEN], *word, *rest = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, line, sizeof(line) - 1, 0);

	if (fd >= 0)
		close(fd);
	if (n < 2 || line[0] != '#' || line[1] != '!')
		return false;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	word = strtok_r(line + 2, " \t", &rest);
	if (!word)
		return false;
	snprintf(ret, PATH_MAX, "%s", word);
	word = strrchr(word, '/');
	if (word && !strcmp(word, "/env"))
		by_env(rest, ret);
	return true;
}

/* Whether fd, whose ELF header is h, asks for a dynamic linker. */
static bool has_linker(int fd, const ElfW(Ehdr) *h)
{
	ElfW(Phdr) ph[PHDRS_MAX];
	unsigned n = h->e_phnum < PHDRS_MAX ? h->e_phnum : PHDRS_MAX;

	if (h->e_phentsize != sizeof(*ph) ||
	    pread(fd, ph, n * sizeof(*ph), h->e_phoff) != (ssize_t)(n * sizeof(*ph)))
		return true;	/* malformed: execve(2) will fail */
	for (unsigned i = 0; i < n; i++)
		if (ph[i].p_type == PT_INTERP)
			return true;
	return false;
}

/* Whether one of the section names between name and end is one that only Go's linker gives. */
static bool names_go(const char *name, const char *end)
{
	for (; name < end; name += strlen(name) + 1)
		if (!strcmp(name, ".go.buildinfo") || !strcmp(name, ".note.go.buildid"))
			return true;
	return false;
}

static bool is_go(int fd, const ElfW(Ehdr) *h)
{
	char names[NAMES_MAX + 1];
	ElfW(Shdr) sh;
	ssize_t n;

	if (h->e_shentsize != sizeof(sh) || h->e_shstrndx >= h->e_shnum ||
	    h->e_shnum > SECTIONS_MAX ||
	    pread(fd, &sh, sizeof(sh), h->e_shoff + h->e_shstrndx * sizeof(sh)) != sizeof(sh))
		return false;
	n = pread(fd, names, sh.sh_size < NAMES_MAX ? sh.sh_size : NAMES_MAX, sh.sh_offset);
	if (n <= 0)
		return false;
	names[n] = '\0';
	return names_go(names, names + n);
}

/* Reads the ELF header of the file at path. Returns false if it has none. */
static bool read_header(const char *path, ElfW(Ehdr) *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool read = fd >= 0 && pread(fd, ret, sizeof(*ret), 0) == sizeof(*ret) &&
		    !memcmp(ret->e_ident, ELFMAG, SELFMAG);

	if (fd >= 0)
		close(fd);
	return read;
}

/* e_machine is at the same place in both word sizes. */
static bool same_machine(const ElfW(Ehdr) *a, const ElfW(Ehdr) *b)
{
	return a->e_ident[EI_CLASS] == b->e_ident[EI_CLASS] && a->e_machine == b->e_machine;
}

bool execfile_same_machine(const char *path, const char *other)
{
	ElfW(Ehdr) a, b;

	return read_header(path, &a) && read_header(other, &b) && same_machine(&a, &b);
}

/* Whether a program with ELF header h is for the processor and word size of this one. */
static bool is_native(const ElfW(Ehdr) *h)
{
	ElfW(Ehdr) own;

	return !read_header("/proc/self/exe", &own) || same_machine(h, &own);
}

struct execfile execfile_read(int fd)
{
	struct execfile p = { .kind = EXECFILE_FINE };
	ElfW(Ehdr) h;

	if (pread(fd, &h, sizeof(h), 0) != sizeof(h) || memcmp(h.e_ident, ELFMAG, SELFMAG))
		return p;
	p.elf = true;
	if (!is_native(&h)) {
		p.kind = EXECFILE_FOREIGN;
		return p;
	}
	p.go = is_go(fd, &h);
	if (!has_linker(fd, &h))
		p.kind = EXECFILE_STATIC;
	return p;
}

struct execfile execfile_look(const char *path)
{
	struct execfile p = { .kind = EXECFILE_FINE };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0) {
		p = execfile_read(fd);
		close(fd);
	}
	/* The dynamic linker ignores preloads if execve(2) gains privileges. */
	if (!stat(path, &st) &&
	    (((st.st_mode & S_ISUID) && st.st_uid != getuid()) ||
	     ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) && st.st_gid != getgid())))
		p.kind = EXECFILE_SETUID;
	else if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
		p.kind = EXECFILE_CAPABLE;
	return p;
}

#define WITHOUT	"run it without hmip-run: once hmip-helper knows the host at the other end it " \
		"adopts the connections of " \
		"such programs (hmip-run(1))"

const char *execfile_reason(enum execfile_kind kind)
{
	static const char *const reason[] = {
		[EXECFILE_STATIC] =
			"is statically linked, so no library can be preloaded: it is run, and the "
			"dynamically linked programs that it starts are covered, but hmip-helper "
			"must adopt its own connections (hmip-run(1))",
		[EXECFILE_FOREIGN] =
			"is built for another processor or word size than libhmip.so; " WITHOUT
			", or install hmip for that one",
		[EXECFILE_SETUID] =
			"is set-uid or set-gid, and such programs ignore preloads; " WITHOUT
			", or run it as the user it changes to (hmip-run inside, not outside, of "
			"sudo or su)",
		[EXECFILE_CAPABLE] =
			"has file capabilities, and such programs ignore preloads; " WITHOUT
			", or run it as root, or a copy of it without them",
	};

	return reason[kind];
}
