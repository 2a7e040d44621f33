/* SPDX-License-Identifier: BSD-2-Clause */
/* hostmap.h: what readers see while the writer writes, dies, and is followed by another. */
#define _GNU_SOURCE	/* unshare() */
#include "hostmap.h"
#include "suite.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64];
static struct hostmap *map;

static void setup(void)
{
	snprintf(path, sizeof(path), "check_hostmap.%d", (int)getpid());
	map = hostmap_create(path, NULL, 0);
	ck_assert_ptr_nonnull(map);
}

static void teardown(void)
{
	hostmap_close(map, path);
	ck_assert_int_ne(access(path, F_OK), 0);
}

/* 2001:db8::x:y. */
static struct in6_addr addr(unsigned x, unsigned y)
{
	struct in6_addr a = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8 } };

	a.s6_addr[12] = x >> 8;
	a.s6_addr[13] = x;
	a.s6_addr[14] = y >> 8;
	a.s6_addr[15] = y;
	return a;
}

static bool says(const struct hostmap *v, enum hostmap_side side, struct in6_addr known,
		 struct in6_addr now)
{
	struct hostmap_row r;

	return hostmap_lookup(v, side, &known, &r) && IN6_ARE_ADDR_EQUAL(&r.now, &now);
}

static bool silent(const struct hostmap *v, enum hostmap_side side, struct in6_addr known)
{
	struct hostmap_row r = { .now = addr(9, 9) }, before = r;

	return !hostmap_lookup(v, side, &known, &r) && memcmp(&r, &before, sizeof(r)) == 0;
}

START_TEST(a_new_map_knows_nothing)
{
	const struct hostmap *v = hostmap_map(path);

	ck_assert_ptr_nonnull(v);
	ck_assert(hostmap_live(v));
	ck_assert(v->netns != 0);
	ck_assert(silent(v, HOSTMAP_FOREIGN, addr(1, 1)));
	ck_assert(silent(NULL, HOSTMAP_FOREIGN, addr(1, 1)));
	hostmap_unmap(v);
}
END_TEST

START_TEST(rows_are_found_whatever_their_order)
{
	enum { N = 1000 };
	static struct hostmap_row row[N];
	const struct hostmap *v = hostmap_map(path);

	for (unsigned i = 0; i < N; i++) {
		unsigned k = i * 377 % N;	/* 377 and 1000 have no common factor: each once */

		row[i] = (struct hostmap_row){ addr(1, k), addr(2, k), k + 1, HOSTMAP_FOREIGN, 0 };
	}
	hostmap_write(map, row, N);
	for (unsigned i = 0; i < N; i++)
		ck_assert(says(v, HOSTMAP_FOREIGN, addr(1, i), addr(2, i)));
	ck_assert(silent(v, HOSTMAP_FOREIGN, addr(1, N)));
	ck_assert(silent(v, HOSTMAP_FOREIGN, addr(0, 5)));
	hostmap_write(map, row, 0);
	ck_assert(silent(v, HOSTMAP_FOREIGN, addr(1, 5)));
	hostmap_unmap(v);
}
END_TEST

START_TEST(the_sides_are_told_apart)
{
	const struct hostmap_row row[] = {
		{ addr(1, 1), addr(2, 1), 0, HOSTMAP_LOCAL, 0 },
		{ addr(1, 1), addr(3, 1), 7, HOSTMAP_FOREIGN, 0 },
		{ addr(1, 2), addr(4, 1), 0, HOSTMAP_LOCAL, 0 },
	};
	const struct hostmap *v = hostmap_map(path);

	hostmap_write(map, row, 3);
	ck_assert(says(v, HOSTMAP_LOCAL, addr(1, 1), addr(2, 1)));
	ck_assert(says(v, HOSTMAP_FOREIGN, addr(1, 1), addr(3, 1)));
	ck_assert(silent(v, HOSTMAP_FOREIGN, addr(1, 2)));
	hostmap_unmap(v);
}
END_TEST

/* Row i of many. */
static struct hostmap_row nth(unsigned i)
{
	return (struct hostmap_row){ addr(i >> 16, i), addr(0xff00 | i >> 16, i), 1,
				     HOSTMAP_FOREIGN, 0 };
}

static bool holds(const struct hostmap *v, unsigned i)
{
	struct hostmap_row row = nth(i);

	return says(v, HOSTMAP_FOREIGN, row.known, row.now);
}

static struct hostmap_row many[HOSTMAP_ROWS_MAX + 1];

static void write_many(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		many[i] = nth(i);
	hostmap_write(map, many, n);
}

START_TEST(rows_beyond_the_limit_are_cut)
{
	const struct hostmap *v = hostmap_map(path);

	write_many(HOSTMAP_ROWS_MAX + 1);
	ck_assert(holds(v, 0));
	ck_assert(holds(v, HOSTMAP_ROWS_MAX - 1));
	ck_assert(!holds(v, HOSTMAP_ROWS_MAX));
	hostmap_unmap(v);
}
END_TEST

START_TEST(memory_is_taken_for_the_rows_that_there_are)
{
	const struct hostmap *v = hostmap_map(path);
	struct stat before, after;

	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_uint_lt((unsigned long)before.st_blocks * 512, sizeof(*map) / 8);
	write_many(HOSTMAP_ROWS_FIRST);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(after.st_blocks, before.st_blocks);
	write_many(3 * HOSTMAP_ROWS_FIRST);
	ck_assert(holds(v, 3 * HOSTMAP_ROWS_FIRST - 1));
	hostmap_unmap(v);
}
END_TEST

/* On a file system of 2 MiB, which has room for the first rows and some more, not for many. */
START_TEST(rows_that_the_file_system_has_no_room_for_are_cut)
{
	char dir[80], there[96];
	const struct hostmap *v;

	snprintf(dir, sizeof(dir), "%s.d", path);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=2m") < 0) {
		rmdir(dir);
		return;		/* not as root */
	}
	snprintf(there, sizeof(there), "%s/map", dir);
	hostmap_close(map, path);
	map = hostmap_create(there, NULL, 0);
	ck_assert_ptr_nonnull(map);
	v = hostmap_map(there);
	ck_assert_uint_eq(hostmap_make_room(map, 4 * HOSTMAP_ROWS_FIRST), HOSTMAP_ROWS_FIRST);
	write_many(4 * HOSTMAP_ROWS_FIRST);
	ck_assert(holds(v, HOSTMAP_ROWS_FIRST - 1));
	ck_assert(!holds(v, HOSTMAP_ROWS_FIRST));
	hostmap_unmap(v);
	hostmap_close(map, there);
	map = NULL;
	ck_assert_int_eq(umount(dir), 0);
	rmdir(dir);
}
END_TEST

/*
 * Every version maps 1:i to 3:g where g is the version, for all i: a reader that mixes two of them
 * would show.
 */
enum { TORN_ROWS = 64, TORN_VERSIONS = 50000 };

static void write_version(unsigned g, bool last)
{
	static struct hostmap_row row[TORN_ROWS + 1];

	for (unsigned i = 0; i < TORN_ROWS; i++) {
		struct in6_addr now = addr(g, g);

		memset(&now, g, 12);
		row[i] = (struct hostmap_row){ addr(1, i), now, 1, HOSTMAP_FOREIGN, 0 };
	}
	row[TORN_ROWS] = (struct hostmap_row){ addr(1, 0xffff), addr(1, 1), 0, HOSTMAP_FOREIGN, 0 };
	hostmap_write(map, row, TORN_ROWS + last);
}

/* Looks until the writer says 1:ffff, then leaves: 0 if all it saw was whole. */
static int read_versions(void)
{
	const struct hostmap *v = hostmap_map(path);
	unsigned long looks = 0;

	for (unsigned i = 0;; i++) {
		struct in6_addr known = addr(1, i % TORN_ROWS), end = addr(1, 0xffff), now, r;
		struct hostmap_row row;

		if (hostmap_lookup(v, HOSTMAP_FOREIGN, &end, &row))
			return looks ? 0 : 2;
		if (!hostmap_lookup(v, HOSTMAP_FOREIGN, &known, &row))
			return 3;
		r = now = row.now;
		memset(&r, now.s6_addr[13], 12);
		r.s6_addr[12] = r.s6_addr[14] = now.s6_addr[12];
		r.s6_addr[15] = now.s6_addr[13];
		if (!IN6_ARE_ADDR_EQUAL(&r, &now))
			return 1;
		looks++;
	}
}

START_TEST(readers_never_see_half_a_write)
{
	pid_t reader[3];

	write_version(0, false);
	for (int i = 0; i < 3; i++) {
		reader[i] = fork();
		if (!reader[i])
			_exit(read_versions());
	}
	for (unsigned g = 1; g <= TORN_VERSIONS; g++)
		write_version(g, g == TORN_VERSIONS);
	for (int i = 0; i < 3; i++) {
		int status;

		ck_assert_int_eq(waitpid(reader[i], &status, 0), reader[i]);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

START_TEST(a_writer_that_died_in_the_middle_takes_nothing_away)
{
	const struct hostmap_row row = { addr(1, 1), addr(2, 1), 1, HOSTMAP_FOREIGN, 0 };
	const struct hostmap *v = hostmap_map(path);

	hostmap_write(map, &row, 1);
	/* What a write does before it is published. */
	struct hostmap_table *next = &map->table[(map->seq + 1) & 1];
	memset(next, 0xff, sizeof(*next));
	ck_assert(says(v, HOSTMAP_FOREIGN, addr(1, 1), addr(2, 1)));
	/* Garbage that is published all the same does no more harm than to be unknown. */
	map->seq++;
	ck_assert(silent(v, HOSTMAP_FOREIGN, addr(1, 1)));
	hostmap_unmap(v);
}
END_TEST

START_TEST(a_new_helper_buries_the_old_map)
{
	const struct hostmap *old = hostmap_map(path);
	struct hostmap *orphan = map;

	map = hostmap_create(path, NULL, 0);
	ck_assert_ptr_nonnull(map);
	ck_assert(!hostmap_live(old));
	const struct hostmap *v = hostmap_map(path);
	ck_assert_ptr_nonnull(v);
	ck_assert(hostmap_live(v));
	hostmap_unmap(v);
	hostmap_unmap(old);
	hostmap_unmap(orphan);
}
END_TEST

/* Programs that were started before an upgrade must not go by it for ever. */
START_TEST(a_new_map_has_its_rows_when_it_appears)
{
	const struct hostmap_row row = { .known = addr(1, 1), .now = addr(1, 2), .hce = 3,
					 .side = HOSTMAP_FOREIGN };
	struct hostmap *orphan = map;
	const struct hostmap *v;

	map = hostmap_create(path, &row, 1);
	ck_assert_ptr_nonnull(map);
	v = hostmap_map(path);
	ck_assert_uint_eq(v->seq, 1);
	ck_assert_uint_eq(v->table[1].n, 1);
	ck_assert_mem_eq(&v->table[1].row[0], &row, sizeof(row));
	hostmap_unmap(v);
	hostmap_unmap(orphan);
}
END_TEST

START_TEST(a_new_helper_buries_a_smaller_map_of_another_version)
{
	struct hostmap *orphan = map;

	map->version = 3;
	ck_assert_int_eq(truncate(path, 1 << 20), 0);
	map = hostmap_create(path, NULL, 0);
	ck_assert_ptr_nonnull(map);
	ck_assert(!hostmap_live(orphan));
	hostmap_unmap(orphan);
}
END_TEST

START_TEST(a_closed_map_is_dead_and_gone)
{
	const struct hostmap *v = hostmap_map(path);

	hostmap_close(map, path);
	map = NULL;
	ck_assert(!hostmap_live(v));
	ck_assert_ptr_null(hostmap_map(path));
	hostmap_unmap(v);
}
END_TEST

START_TEST(what_is_no_map_is_not_mapped)
{
	ck_assert_ptr_null(hostmap_map("check_hostmap.nowhere"));
	ck_assert_ptr_null(hostmap_map("/"));
	ck_assert_ptr_null(hostmap_map("/dev/null"));

	map->version++;
	ck_assert_ptr_null(hostmap_map(path));
	map->version--;
	map->magic++;
	ck_assert_ptr_null(hostmap_map(path));
	map->magic--;
	ck_assert_int_eq(truncate(path, sizeof(*map) - 1), 0);
	ck_assert_ptr_null(hostmap_map(path));
	ck_assert_int_eq(truncate(path, sizeof(*map)), 0);

	if (geteuid() == 0) {	/* somebody else's word does not count */
		ck_assert_int_eq(chown(path, 65534, 65534), 0);
		ck_assert_ptr_null(hostmap_map(path));
	}
}
END_TEST

START_TEST(everybody_may_read_it)
{
	struct stat st;

	umask(077);
	hostmap_close(map, path);
	map = hostmap_create(path, NULL, 0);
	ck_assert_ptr_nonnull(map);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0644);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("map");
	TCase *tc = tcase_create("map");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_new_map_knows_nothing);
	tcase_add_test(tc, rows_are_found_whatever_their_order);
	tcase_add_test(tc, the_sides_are_told_apart);
	tcase_add_test(tc, rows_beyond_the_limit_are_cut);
	tcase_add_test(tc, memory_is_taken_for_the_rows_that_there_are);
	tcase_add_test(tc, rows_that_the_file_system_has_no_room_for_are_cut);
	tcase_add_test(tc, readers_never_see_half_a_write);
	tcase_add_test(tc, a_writer_that_died_in_the_middle_takes_nothing_away);
	tcase_add_test(tc, a_new_helper_buries_the_old_map);
	tcase_add_test(tc, a_new_map_has_its_rows_when_it_appears);
	tcase_add_test(tc, a_new_helper_buries_a_smaller_map_of_another_version);
	tcase_add_test(tc, a_closed_map_is_dead_and_gone);
	tcase_add_test(tc, what_is_no_map_is_not_mapped);
	tcase_add_test(tc, everybody_may_read_it);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
