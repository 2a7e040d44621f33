/* SPDX-License-Identifier: BSD-2-Clause */
#include "progress.h"

#include <err.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

struct progress *progress_create(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct progress *p;

	if (fd < 0 || ftruncate(fd, sizeof(*p)))
		err(1, "%s", path);
	p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
	p->began_ms = now_ms();
	return p;
}

const struct progress *progress_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const struct progress *p;

	if (fd < 0)
		err(1, "%s", path);
	p = mmap(NULL, sizeof(*p), PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
	return p;
}

void progress_add(struct progress *p, size_t n)
{
	int64_t ms = now_ms() - p->began_ms;

	if (ms >= 0 && ms < PROGRESS_MS)
		p->octets[ms] += n;
}
