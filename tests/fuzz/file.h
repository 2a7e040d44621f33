/* SPDX-License-Identifier: BSD-2-Clause */
/* For targets whose subject reads a file: one in memory, which goes with the process. */
#ifndef HMIP_FUZZ_FILE_H
#define HMIP_FUZZ_FILE_H

#include "fuzz.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char file_path[64];

static inline void file_remove(void)
{
	unlink(file_path);
}

/* Writes data, mode 0600, and returns the path, the same for all of this process. */
static inline const char *file_with(const void *data, size_t size)
{
	int fd;

	if (!*file_path) {
		snprintf(file_path, sizeof(file_path), "/dev/shm/hmip-fuzz-%d", (int)getpid());
		atexit(file_remove);
	}
	fd = open(file_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
	return file_path;
}

#endif
