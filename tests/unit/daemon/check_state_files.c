/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h: files that are damaged, of another version or another boot, or cannot be written. What
 * is wrong with a file does no harm.
 */
#define _GNU_SOURCE
#include "state_context.h"
#include "state_record.h"
#include "state_store.h"
#include "state_world.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void write_file(const char *to, const void *data, size_t len)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
}

/* Nothing of the file is known, and the helper that could not read it goes about its work. */
static void works_without(int r)
{
	ck_assert_int_eq(load(), r);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
	ck_assert_ptr_null(core_pcbs(w.host[CLIENT].core));
	begin();
	world_up(&w, CLIENT, C1);
	world_connect(&w, CLIENT, C1, SERVER, S1, 1001);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(restart(1), 0);
	ck_assert_ptr_nonnull(core_pcbs(w.host[CLIENT].core));
}

static size_t file_size(const char *of)
{
	struct stat st;

	ck_assert_int_eq(stat(of, &st), 0);
	return (size_t)st.st_size;
}

START_TEST(a_truncated_file_is_told_and_does_no_harm)
{
	static const size_t keep[] = { 0, 1, 100, 4096, 8192, 12288 };

	end(true);
	ck_assert_uint_gt(file_size(path), keep[_i]);
	ck_assert_int_eq(truncate(path, (off_t)keep[_i]), 0);
	works_without(-EBADMSG);
}
END_TEST

START_TEST(a_file_of_anything_is_told_and_does_no_harm)
{
	static uint8_t noise[65536];

	end(true);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * i >> 3);
	write_file(path, noise, sizeof(noise));
	works_without(-EBADMSG);
}
END_TEST

/* Each octet of the file in turn: what does not change anything that is read may be. */
START_TEST(a_file_with_a_changed_octet_is_told_or_read_as_before)
{
	static uint8_t b[1 << 20];
	static struct listing before, after;
	size_t len;
	unsigned told = 0;
	int fd;

	end(true);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	len = (size_t)read(fd, b, sizeof(b));
	close(fd);
	list(path, &before);
	for (size_t i = (size_t)_i; i < len; i += 389) {
		int numbers, r;

		b[i] ^= 0x41;
		write_file(path, b, len);
		b[i] ^= 0x41;
		world_renew(&w, CLIENT);
		r = state_load(w.host[CLIENT].core, path, w.now, &numbers);
		ck_assert(r <= 0);
		ck_assert(!r || !core_entries(w.host[CLIENT].core));
		told += r < 0;
		if (r == 0) {
			list(path, &after);
			ck_assert_uint_eq(after.len, before.len);
			ck_assert_mem_eq(after.b, before.b, before.len);
		}
	}
	ck_assert_uint_gt(told, 0);
}
END_TEST

static void put(struct state_store *s, const struct state_bytes *b)
{
	ck_assert_int_eq(state_store_put(s, b->b, b->key_len, b->b + b->key_len,
					 b->len - b->key_len), 0);
}

static int copy_one(void *ctx, const void *key, size_t key_len, const void *value, size_t len)
{
	return state_store_put(ctx, key, key_len, value, len);
}

static int check_none(void *ctx, const void *key, size_t key_len, const void *value, size_t len)
{
	return ctx && key && value && key_len && len ? 0 : -EBADMSG;
}

/* Replaces the first record by one of another boot, and of that version. */
static void put_meta(uint8_t version)
{
	struct state_record r = { .kind = STATE_META, .meta = { "another boot", 1 } };
	struct state_store *s;
	struct state_bytes b;

	ck_assert_int_eq(state_store_create(path, false, &s), 0);
	ck_assert_int_eq(state_store_read(path, check_none, copy_one, s), 0);
	ck_assert_int_eq(state_record_encode(&r, &b), 0);
	b.b[b.key_len] = version;
	put(s, &b);
	ck_assert_int_eq(state_store_commit(s), 0);
	ck_assert_int_eq(state_store_publish(s), 0);
	state_store_close(s);
}

START_TEST(a_file_of_another_version_is_told_and_does_no_harm)
{
	end(true);
	put_meta(STATE_VERSION + 1);
	works_without(-EPROTONOSUPPORT);
}
END_TEST

START_TEST(numbers_that_are_damaged_are_told_and_the_rest_is_restored)
{
	int numbers;

	end(true);
	write_file(numbers_path, "nonsense", 8);
	ck_assert_int_eq(state_load(w.host[CLIENT].core, path, w.now, &numbers), 0);
	ck_assert_int_eq(numbers, -EBADMSG);
	ck_assert_ptr_nonnull(core_entries(w.host[CLIENT].core));
}
END_TEST

START_TEST(where_nothing_can_be_written_the_helper_goes_on_and_tries_again)
{
	struct core *c = w.host[CLIENT].core;
	char in[80], file[96];

	snprintf(in, sizeof(in), "%s.d", path);
	snprintf(file, sizeof(file), "%s/state", in);
	state_close(live, NULL, w.now);
	ck_assert_int_eq(state_open(c, file, w.now, &live), -ENOENT);
	w.acted = NULL;
	ck_assert_int_eq(state_write(live, c, w.now), -ENOENT);
	ck_assert_int_eq(mkdir(in, 0700), 0);
	ck_assert_int_eq(state_write(live, c, w.now), -ENOENT);	/* not yet */
	ck_assert_int_eq(state_write(live, c, w.now + 10 * USEC_PER_SEC), 0);
	ck_assert_uint_gt(file_size(file), 0);
	unlink(file);
	strcat(file, STATE_NUMBERS);
	unlink(file);
	rmdir(in);
}
END_TEST

/* All is written when the file can be: until then, what changes is not remembered. */
START_TEST(x8_what_cannot_be_written_fills_no_memory)
{
	struct core *c = w.host[CLIENT].core;
	char file[96];
	size_t before;

	snprintf(file, sizeof(file), "%s.d/state", path);
	state_close(live, NULL, w.now);
	ck_assert_int_eq(state_open(c, file, w.now, &live), -ENOENT);
	before = mallinfo2().uordblks;
	for (uint64_t cookie = 0; cookie < 10000; cookie++)
		state_note(live, &(struct action){ .type = ACTION_SOCKET, .cookie = cookie });
	ck_assert_uint_le(mallinfo2().uordblks, before + 10000);
}
END_TEST

/* What was saved before the disk was full is still there, and what comes after it has room. */
START_TEST(a_full_disk_loses_nothing_that_was_saved)
{
	struct core *c = w.host[CLIENT].core;
	char in[80], file[96], stuffing[100];
	static uint8_t block[4096];
	int fd, numbers, r = 0;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
		return;
	snprintf(in, sizeof(in), "%s.d", path);
	ck_assert_int_eq(mkdir(in, 0700), 0);
	ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("none", in, "tmpfs", 0, "size=256k"), 0);
	snprintf(file, sizeof(file), "%s/state", in);
	snprintf(stuffing, sizeof(stuffing), "%s/stuffing", in);
	state_close(live, NULL, w.now);
	ck_assert_int_eq(state_open(c, file, w.now, &live), 0);
	w.acted = NULL;
	fd = open(stuffing, O_WRONLY | O_CREAT, 0600);
	while (write(fd, block, sizeof(block)) > 0)
		;
	for (uint64_t cookie = 100; r == 0 && cookie < 2000; cookie++) {
		struct pcb p = { .cookie = cookie, .local = world_addr(C1),
				 .foreign = world_addr(S1), .lport = (uint16_t)cookie,
				 .fport = 80, .proto = IPPROTO_TCP };

		ck_assert_int_eq(core_pcb_open(c, &p, w.now), 0);
		state_note(live, &(struct action){ .type = ACTION_SOCKET, .cookie = cookie });
		r = state_write(live, c, w.now);
	}
	ck_assert_int_eq(r, -ENOSPC);
	ck_assert_ptr_nonnull(core_entries(c));
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	close(fd);
	ck_assert_int_eq(state_write(live, c, w.now + 10 * USEC_PER_SEC), 0);
	end(false);
	world_up(&w, CLIENT, C1);
	ck_assert_int_eq(state_load(w.host[CLIENT].core, file, w.now, &numbers), 0);
	ck_assert_int_eq(numbers, 0);
	ck_assert_ptr_nonnull(core_pcb(w.host[CLIENT].core, 100));
	ck_assert_int_eq(umount2(in, MNT_DETACH), 0);
	rmdir(in);
}
END_TEST

/* ---- version 1 ---- */

START_TEST(a_document_of_version_1_that_cannot_be_understood_restores_nothing)
{
	static const char *const bad[] = {
		"{",
		"{\"version\": 2}",
		"{\"version\":1,\"origin\":\"\",\"last_id\":1,\"peers\":[],\"entries\":[{\"id\":1}]"
		",\"connections\":[]}",
		"{\"version\":1,\"origin\":\"\",\"last_id\":1,\"peers\":[],\"entries\":[],"
		"\"connections\":[{\"cookie\":1,\"entry\":0,"
		"\"local\":\"nonsense\",\"lport\":1,\"foreign\":\"2001:db8::1\",\"fport\":1,"
		"\"proto\":6,\"origin\":0,"
		"\"established\":true,\"gen\":0}]}",
	};

	end(true);
	write_file(path, bad[_i], strlen(bad[_i]));
	works_without(-EBADMSG);
}
END_TEST

/* An upgrade: the document is of this boot, and its connection has moved. */
START_TEST(b10_a_moved_connection_of_version_1_goes_on)
{
	static const char text[] =
		"{\"version\":1,\"origin\":\"%s\",\"last_id\":7,\"peers\":[{\"spi_in\":4097,"
		"\"spi_out\":4098,\"out_seq\":2000000000,\"replay_top\":12,\"replay_seen\":4095,"
		"\"bu_seq\":3}],\"entries\":[{\"id\":7,\"spi\":4097,\"status\":1,\"trusted\":true,"
		"\"initiated\":true,\"may_announce\":true,\"homeless_acked\":true,"
		"\"knows_us\":true,\"seq_in_valid\":true,\"seq_in\":5,\"seq_out\":3,\"srtt\":20000,"
		"\"pair\":{\"local\":\"" C1 "\",\"foreign\":\"" S0 "\",\"gen\":2,\"hold\":0},"
		"\"addresses\":[{\"addr\":\"" S0 "\",\"state\":1,\"withdrawn\":false,\"kind\":1,"
		"\"lifetime\":600,\"expires\":1500}],"
		"\"bindings\":[{\"addr\":\"" C1 "\",\"state\":4,"
		"\"wanted\":true}],\"names\":[\"server.example\"],\"alternatives\":[]}],"
		"\"connections\":[{\"cookie\":42,\"entry\":7,\"local\":\"" C0 "\",\"lport\":1000,"
		"\"foreign\":\"" S0 "\",\"fport\":80,\"proto\":6,\"origin\":0,"
		"\"care\":0,\"uid\":1000,\"mark\":0,\"established\":true,\"gen\":1,"
		"\"waits\":0,\"waits_for\":0}],"
		"\"senders\":[],\"lost\":[{\"addr\":\"" C0 "\",\"personality\":null,"
		"\"forget\":2000}]}";
	char document[4096], origin[STATE_ORIGIN_MAX];
	struct pcb *p;
	int numbers;

	end(true);
	unlink(numbers_path);
	ck_assert_int_eq(state_origin(origin), 0);
	snprintf(document, sizeof(document), text, origin);
	write_file(path, document, strlen(document));
	world_up(&w, CLIENT, C1);
	ck_assert_int_eq(state_load(w.host[CLIENT].core, path, w.now, &numbers), 0);
	begin();
	for (unsigned i = 0; i < 2; i++) {
		p = core_pcb(w.host[CLIENT].core, 42);
		ck_assert_ptr_nonnull(p);
		ck_assert_ptr_nonnull(p->hce);
		ck_assert_str_eq(addr_text(&p->hce->pair.local).s, C1);
		ck_assert(pcb_wire_pair(p, NULL, NULL));
		ck_assert_uint_ge(p->hce->sa->out_seq, 2000000000);
		ck_assert_str_eq(p->hce->names->name[0], "server.example");
		ck_assert_int_eq(restart(1), 0);	/* now from the store */
	}
}
END_TEST

START_TEST(connections_of_another_boot_are_not_taken_for_todays)
{
	end(true);
	world_up(&w, CLIENT, C1);
	put_meta(STATE_VERSION);
	ck_assert_int_eq(load(), 0);
	begin();
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
	ck_assert_ptr_null(core_pcbs(w.host[CLIENT].core));

	/* but the peer must not see a sequence number twice */
	world_connect(&w, CLIENT, C1, SERVER, S0, 1001);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_REPLAYED), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("state_files");
	TCase *tc = tcase_create("state_files");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_truncated_file_is_told_and_does_no_harm, 0, 6);
	tcase_add_test(tc, a_file_of_anything_is_told_and_does_no_harm);
	tcase_add_loop_test(tc, a_file_with_a_changed_octet_is_told_or_read_as_before, 0, 8);
	tcase_add_test(tc, a_file_of_another_version_is_told_and_does_no_harm);
	tcase_add_test(tc, numbers_that_are_damaged_are_told_and_the_rest_is_restored);
	tcase_add_test(tc, where_nothing_can_be_written_the_helper_goes_on_and_tries_again);
	tcase_add_test(tc, x8_what_cannot_be_written_fills_no_memory);
	tcase_add_test(tc, a_full_disk_loses_nothing_that_was_saved);
	tcase_add_loop_test(tc, a_document_of_version_1_that_cannot_be_understood_restores_nothing,
			    0, 4);
	tcase_add_test(tc, b10_a_moved_connection_of_version_1_goes_on);
	tcase_add_test(tc, connections_of_another_boot_are_not_taken_for_todays);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
