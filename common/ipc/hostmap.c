/* SPDX-License-Identifier: BSD-2-Clause */
/* The helper writes the host map; programs read it, and must not crash whatever it holds. */
#include "hostmap.h"
#include "netns.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The order of memcmp(3), faster: each datagram of a program pays for this. */
static int row_compare(const struct in6_addr *a, uint32_t aside, const struct in6_addr *b,
		       uint32_t bside)
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
	const struct hostmap_row *x = a, *y = b;

	return row_compare(&x->known, x->side, &y->known, y->side);
}

/* What a map of any version begins with. */
#define HEADER_SIZE	offsetof(struct hostmap, table)

/* Whether the file fd has that size at least, and is of root or our own user. */
static bool hostmap_plausible(int fd, size_t size)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size >= (off_t)size &&
	       (st.st_uid == 0 || st.st_uid == geteuid());
}

/* Marks the host map in the open file fd dead, so that readers look for another. Closes fd. */
static void hostmap_invalidate(int fd)
{
	if (fd < 0)
		return;
	if (hostmap_plausible(fd, HEADER_SIZE)) {
		struct hostmap *map = mmap(NULL, HEADER_SIZE, PROT_READ | PROT_WRITE,
					   MAP_SHARED, fd, 0);

		if (map != MAP_FAILED) {
			if (map->magic == HOSTMAP_MAGIC)
				__atomic_store_n(&map->live, 0, __ATOMIC_RELEASE);
			munmap(map, HEADER_SIZE);
		}
	}
	close(fd);
}

/*
 * Puts the new file tmp in the place of path, and buries the map that was there. In this order:
 * readers that find theirs dead find the new one. Returns 0 or a negative errno.
 */
static int hostmap_publish(const char *tmp, const char *path)
{
	int old = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (rename(tmp, path)) {
		int r = -errno;

		if (old >= 0)
			close(old);
		return r;
	}
	hostmap_invalidate(old);
	return 0;
}

/* Allocates the first blocks of both tables: on a full file system a write would raise SIGBUS. */
static int hostmap_allocate(int fd)
{
	int r = 0;

	if (ftruncate(fd, sizeof(struct hostmap)) < 0)
		return -errno;
	for (int i = 0; r == 0 && i < 2; i++) {
		off_t from = offsetof(struct hostmap, table[i]),
		      to = offsetof(struct hostmap, table[i].row[HOSTMAP_ROWS_FIRST]);

		if (i == 0)
			from = 0;
		r = -posix_fallocate(fd, from, to - from);
	}
	return r;
}

struct hostmap *hostmap_create(const char *path, const struct hostmap_row *rows, unsigned n)
{
	struct hostmap *map = MAP_FAILED;
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
	r = fchmod(fd, 0644) ? -errno : hostmap_allocate(fd);
	if (r)
		goto out;
	map = mmap(NULL, sizeof(*map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		r = -errno;
		goto out;
	}
	map->magic = HOSTMAP_MAGIC;
	map->version = HOSTMAP_VERSION;
	map->live = 1;
	map->room = HOSTMAP_ROWS_FIRST;
	map->netns = netns;
	hostmap_write(map, rows, n);
	r = hostmap_publish(tmp, path);
out:
	if (fd >= 0)
		close(fd);
	if (!r)
		return map;
	if (map != MAP_FAILED)
		munmap(map, sizeof(*map));
	if (fd >= 0)
		unlink(tmp);
	errno = -r;
	return NULL;
}

void hostmap_close(struct hostmap *map, const char *path)
{
	if (!map)
		return;
	__atomic_store_n(&map->live, 0, __ATOMIC_RELEASE);
	unlink(path);
	munmap(map, sizeof(*map));
}

void hostmap_leave(struct hostmap *map)
{
	if (map)
		munmap(map, sizeof(*map));
}

/* Takes memory for the rows from to to of a table. Fails where a write would raise SIGBUS. */
static int table_populate(struct hostmap_table *t, unsigned from, unsigned to)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE),
		  at = (uintptr_t)&t->row[from] & ~(page - 1);

	return madvise((void *)at, (uintptr_t)&t->row[to] - at, MADV_POPULATE_WRITE);
}

unsigned hostmap_make_room(struct hostmap *map, unsigned n)
{
	unsigned room = map->room;

	if (n <= room)
		return n;
	/* Twice as much, so that it seldom happens. */
	while (room < n && room < HOSTMAP_ROWS_MAX)
		room *= 2;
	for (int i = 0; i < 2; i++)
		if (table_populate(&map->table[i], map->room, room) < 0)
			return map->room;
	map->room = room;
	return n < room ? n : room;
}

void hostmap_write(struct hostmap *map, const struct hostmap_row *rows, unsigned n)
{
	uint32_t seq = map->seq + 1;
	struct hostmap_table *t = &map->table[seq & 1];

	n = hostmap_make_room(map, n);
	/*
	 * Readers of this table must see the earlier change of seq before they see the table
	 * change.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	t->n = n;
	if (t->n) {
		memcpy(t->row, rows, t->n * sizeof(*rows));
		qsort(t->row, t->n, sizeof(*rows), row_order);
	}
	__atomic_store_n(&map->seq, seq, __ATOMIC_RELEASE);
}

void hostmap_set_adopting(struct hostmap *map, bool on)
{
	__atomic_store_n(&map->adopting, on, __ATOMIC_RELEASE);
}

const struct hostmap *hostmap_map(const char *path)
{
	/* By number, because open(2) and close(2) of libc are cancellation points. */
	int fd = syscall(SYS_openat, AT_FDCWD, path,
			 O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const struct hostmap *map = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (hostmap_plausible(fd, sizeof(*map)))
		map = mmap(NULL, sizeof(*map), PROT_READ, MAP_SHARED, fd, 0);
	syscall(SYS_close, fd);
	if (map == MAP_FAILED)
		return NULL;
	if (map->magic == HOSTMAP_MAGIC && map->version == HOSTMAP_VERSION && hostmap_live(map))
		return map;
	hostmap_unmap(map);
	return NULL;
}

void hostmap_unmap(const struct hostmap *map)
{
	munmap((void *)map, sizeof(*map));
}

struct in6_addr hostmap_personality(const char *name)
{
	struct in6_addr a = { 0 };

	memcpy(&a, name, strnlen(name, sizeof(a)));
	return a;
}

struct in6_addr hostmap_entry(uint32_t hce)
{
	struct in6_addr a = { 0 };

	memcpy(&a, &hce, sizeof(hce));
	return a;
}

bool hostmap_live(const struct hostmap *map)
{
	return __atomic_load_n(&map->live, __ATOMIC_ACQUIRE);
}

bool hostmap_adopting(const struct hostmap *map)
{
	return map && __atomic_load_n(&map->adopting, __ATOMIC_ACQUIRE);
}

/* Binary search in a table that may be changing: stays within it, whatever it holds. */
static bool table_search(const struct hostmap_table *t, enum hostmap_side side,
			 const struct in6_addr *known, struct hostmap_row *ret)
{
	unsigned low = 0, high = __atomic_load_n(&t->n, __ATOMIC_RELAXED);

	if (high > HOSTMAP_ROWS_MAX)
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

bool hostmap_lookup(const struct hostmap *map, enum hostmap_side side, const struct in6_addr *known,
		    struct hostmap_row *ret)
{
	for (unsigned i = 0; map && i < HOSTMAP_TRIES; i++) {
		uint32_t seq = __atomic_load_n(&map->seq, __ATOMIC_ACQUIRE);
		struct hostmap_row row;
		bool found = table_search(&map->table[seq & 1], side, known, &row);

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&map->seq, __ATOMIC_RELAXED) != seq)
			continue;
		if (found)
			*ret = row;
		return found;
	}
	return false;
}
