/* SPDX-License-Identifier: BSD-2-Clause */
/* Both ends of the view: the helper's, which writes it, and the programs', which must not trip over anything. */
#include "hostmap.h"
#include "netns.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As memcmp(3) would, but that each datagram of a program pays for this. */
static int row_compare(const struct in6_addr *a, uint32_t aside, const struct in6_addr *b, uint32_t bside)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	for (int i = 0; i < 2; i++)
		if (x[i] != y[i])
			return be64toh(x[i]) < be64toh(y[i]) ? -1 : 1;
	return (aside > bside) - (aside < bside);
}

static int row_order(const void *a, const void *b)
{
	const struct view_row *x = a, *y = b;

	return row_compare(&x->known, x->side, &y->known, y->side);
}

/* Whether the file behind fd is large enough to be looked into and belongs to somebody whose word counts. */
static bool view_plausible(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size >= (off_t)sizeof(struct view) &&
	       (st.st_uid == 0 || st.st_uid == geteuid());
}

/* Tells the readers of the view at path, if there is one, that it is history. */
static void view_bury(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return;
	if (view_plausible(fd)) {
		struct view *v = mmap(NULL, sizeof(*v), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		if (v != MAP_FAILED) {
			if (v->magic == VIEW_MAGIC)
				__atomic_store_n(&v->live, 0, __ATOMIC_RELEASE);
			munmap(v, sizeof(*v));
		}
	}
	close(fd);
}

struct view *view_create(const char *path)
{
	struct view *v = MAP_FAILED;
	char tmp[PATH_MAX];
	uint64_t netns;
	int fd = -1, r = netns_cookie(&netns);

	if (r)
		goto out;
	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp)) {
		r = -ENAMETOOLONG;
		goto out;
	}
	unlink(tmp);
	fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0) {
		r = -errno;
		goto out;
	}
	/* Room is taken now: a full file system would otherwise show as SIGBUS at a later write. */
	r = fchmod(fd, 0644) ? -errno : -posix_fallocate(fd, 0, sizeof(*v));
	if (r)
		goto out;
	v = mmap(NULL, sizeof(*v), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (v == MAP_FAILED) {
		r = -errno;
		goto out;
	}
	v->magic = VIEW_MAGIC;
	v->version = VIEW_VERSION;
	v->live = 1;
	v->netns = netns;
	view_bury(path);
	if (rename(tmp, path))
		r = -errno;
out:
	if (fd >= 0)
		close(fd);
	if (!r)
		return v;
	if (v != MAP_FAILED)
		munmap(v, sizeof(*v));
	if (fd >= 0)
		unlink(tmp);
	errno = -r;
	return NULL;
}

void view_close(struct view *v, const char *path)
{
	if (!v)
		return;
	__atomic_store_n(&v->live, 0, __ATOMIC_RELEASE);
	unlink(path);
	munmap(v, sizeof(*v));
}

void view_leave(struct view *v)
{
	if (v)
		munmap(v, sizeof(*v));
}

void view_write(struct view *v, const struct view_row *rows, unsigned n)
{
	uint32_t seq = v->seq + 1;
	struct view_table *t = &v->table[seq & 1];

	/* Who reads this table still must be able to see that seq has left it before he sees it change. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	t->n = n < VIEW_ROWS_MAX ? n : VIEW_ROWS_MAX;
	if (t->n) {
		memcpy(t->row, rows, t->n * sizeof(*rows));
		qsort(t->row, t->n, sizeof(*rows), row_order);
	}
	__atomic_store_n(&v->seq, seq, __ATOMIC_RELEASE);
}

void view_set_adopting(struct view *v, bool on)
{
	__atomic_store_n(&v->adopting, on, __ATOMIC_RELEASE);
}

const struct view *view_map(const char *path)
{
	/* By number: open(2) and close(2) would be cancellation points in a thread that must keep its descriptors. */
	int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const struct view *v = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (view_plausible(fd))
		v = mmap(NULL, sizeof(*v), PROT_READ, MAP_SHARED, fd, 0);
	syscall(SYS_close, fd);
	if (v == MAP_FAILED)
		return NULL;
	if (v->magic == VIEW_MAGIC && v->version == VIEW_VERSION && view_live(v))
		return v;
	view_unmap(v);
	return NULL;
}

void view_unmap(const struct view *v)
{
	munmap((void *)v, sizeof(*v));
}

struct in6_addr view_personality(const char *name)
{
	struct in6_addr a = { 0 };

	memcpy(&a, name, strnlen(name, sizeof(a)));
	return a;
}

struct in6_addr view_entry(uint32_t hce)
{
	struct in6_addr a = { 0 };

	memcpy(&a, &hce, sizeof(hce));
	return a;
}

bool view_live(const struct view *v)
{
	return __atomic_load_n(&v->live, __ATOMIC_ACQUIRE);
}

bool view_adopting(const struct view *v)
{
	return v && __atomic_load_n(&v->adopting, __ATOMIC_ACQUIRE);
}

/* Searches a table that may be changing: stays within it, whatever is there. */
static bool table_search(const struct view_table *t, enum view_side side, const struct in6_addr *known,
			 struct view_row *ret)
{
	unsigned low = 0, high = __atomic_load_n(&t->n, __ATOMIC_RELAXED);

	if (high > VIEW_ROWS_MAX)
		return false;
	while (low < high) {
		unsigned mid = low + (high - low) / 2;
		int d = row_compare(known, side, &t->row[mid].known, t->row[mid].side);

		if (!d) {
			*ret = t->row[mid];
			return true;
		}
		if (d < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

bool view_lookup(const struct view *v, enum view_side side, const struct in6_addr *known, struct view_row *ret)
{
	for (unsigned i = 0; v && i < VIEW_TRIES; i++) {
		uint32_t seq = __atomic_load_n(&v->seq, __ATOMIC_ACQUIRE);
		struct view_row row;
		bool found = table_search(&v->table[seq & 1], side, known, &row);

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&v->seq, __ATOMIC_RELAXED) != seq)
			continue;
		if (found)
			*ret = row;
		return found;
	}
	return false;
}
