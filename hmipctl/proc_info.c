/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "proc_info.h"
#include "clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define LIBRARY	"/libhmip.so"

static int by_inode(const void *va, const void *vb)
{
	const struct sock_owner *a = va, *b = vb;

	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

/* Opens a file of /proc/PID, which dir is, for reading. Returns NULL if that is not permitted. */
static FILE *open_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f && fd >= 0)
		close(fd);
	return f;
}

static bool has_library(int dir)
{
	FILE *f = open_file(dir, "maps");
	char line[PATH_MAX + 128];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		char *name = strrchr(line, '/');

		/*
		 * A version may follow; and after an upgrade " (deleted)", as the old file is still
		 * mapped.
		 */
		found = name && !strncmp(name, LIBRARY, strlen(LIBRARY)) &&
			strchr(". \n", name[strlen(LIBRARY)]);
	}
	if (f)
		fclose(f);
	return found;
}

/* AT_SECURE, as the kernel passed it to the dynamic linker. */
static bool is_secure(int dir)
{
	FILE *f = open_file(dir, "auxv");
	unsigned long a[2];	/* type, value */
	bool secure = false;

	while (f && fread(a, sizeof(a), 1, f) == 1 && a[0] != AT_NULL)
		if (a[0] == AT_SECURE)
			secure = a[1] != 0;
	if (f)
		fclose(f);
	return secure;
}

static struct execfile file_of(int dir)
{
	struct execfile p = { .kind = EXECFILE_FINE };
	int fd = openat(dir, "exe", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		p = execfile_read(fd);
		close(fd);
	}
	return p;
}

/* Seconds since the process was started. */
static double age_of(int dir)
{
	FILE *f = open_file(dir, "stat");
	unsigned long long start = 0;
	char line[1024], *p = NULL;

	if (f && fgets(line, sizeof(line), f))
		p = strrchr(line, ')');		/* a command's name may have any character in it */
	/* The 22nd field; the one behind the parenthesis is the third. */
	for (unsigned i = 3; p && i <= 22; i++)
		p = strchr(p + 1, ' ');
	if (p)
		start = strtoull(p, NULL, 10);
	if (f)
		fclose(f);
	return clock_boottime() / (double)USEC_PER_SEC - start / (double)sysconf(_SC_CLK_TCK);
}

static void proc_read(int dir, pid_t pid, struct proc_info *ret)
{
	FILE *f = open_file(dir, "comm");

	*ret = (struct proc_info){ .pid = pid };
	if (f && fgets(ret->command, sizeof(ret->command), f))
		ret->command[strcspn(ret->command, "\n")] = '\0';
	if (f)
		fclose(f);
	ret->preloaded = has_library(dir);
	ret->secure = is_secure(dir);
	ret->file = file_of(dir);
	ret->age = age_of(dir);
}

/* Searches the descriptors of a process for the sockets. */
static void search(int dir, pid_t pid, struct sock_owner *owner, size_t n)
{
	int fds = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fds < 0 ? NULL : fdopendir(fds);
	struct proc_info known = { .pid = 0 };
	struct dirent *e;

	if (!d && fds >= 0)
		close(fds);
	while (d && (e = readdir(d))) {
		char to[64];
		ssize_t len = readlinkat(fds, e->d_name, to, sizeof(to) - 1);
		struct sock_owner key, *o;

		to[len < 0 ? 0 : len] = '\0';
		if (sscanf(to, "socket:[%u]", &key.inode) != 1)
			continue;
		o = bsearch(&key, owner, n, sizeof(*owner), by_inode);
		if (!o || (o->process.pid && o->process.pid <= pid))
			continue;
		if (!known.pid)
			proc_read(dir, pid, &known);
		o->process = known;
	}
	if (d)
		closedir(d);
}

int proc_info_find(struct sock_owner *owner, size_t n)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;

	if (!proc)
		return -errno;
	qsort(owner, n, sizeof(*owner), by_inode);
	while ((e = readdir(proc))) {
		pid_t pid = atoi(e->d_name);
		int dir = pid > 0 ? openat(dirfd(proc), e->d_name,
					   O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

		if (dir < 0)
			continue;
		search(dir, pid, owner, n);
		close(dir);
	}
	closedir(proc);
	return 0;
}
