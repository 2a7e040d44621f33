/* SPDX-License-Identifier: BSD-2-Clause */
/* state.h: what a helper knew, its successor knows, and what is wrong with a file does no harm. */
#define _GNU_SOURCE
#include "restore.h"
#include "state.h"
#include "state_context.h"
#include "state_record.h"
#include "state_store.h"
#include "addr.h"
#include "suite.h"
#include "unused.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#define CLIENT	0
#define SERVER	1
#define C0	"2001:db8:1::c"
#define C1	"2001:db8:11::c"
#define S0	"2001:db8:2::5"
#define S1	"2001:db8:22::5"

static struct world w;
static char path[64], numbers_path[80];
static struct state *live;	/* the client's, from the beginning */

/* As the helper does. */
static void acted(struct world *world, unsigned host, const struct action *a)
{
	if (host != CLIENT || !live)
		return;
	state_note(live, a);
	if (a->type == ACTION_RESERVE)
		ck_assert_int_eq(state_write(live, world->host[CLIENT].core, world->now), 0);
}

static void setup(void)
{
	world_init(&w);
	snprintf(path, sizeof(path), "/tmp/hmip-check-state-%d", (int)getpid());
	snprintf(numbers_path, sizeof(numbers_path), "%s" STATE_NUMBERS, path);
	ck_assert_int_eq(state_open(w.host[CLIENT].core, path, w.now, &live), 0);
	w.acted = acted;
	world_up(&w, CLIENT, C1);
	world_up(&w, SERVER, S1);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
}

static void teardown(void)
{
	state_close(live, NULL, 0);
	live = NULL;
	world_free(&w);
	unlink(path);
	unlink(numbers_path);
}

/* Kills the client's helper. With save, what it knows is saved first. */
static void end(bool save)
{
	world_collect(&w);
	if (save)
		ck_assert_int_eq(state_write(live, w.host[CLIENT].core, w.now), 0);
	state_close(live, NULL, w.now);
	live = NULL;
	world_renew(&w, CLIENT);
}

static int load(void)
{
	int numbers, r = state_load(w.host[CLIENT].core, path, w.now, &numbers);

	if (r == 0)
		ck_assert_int_eq(numbers, 0);
	return r;
}

static void begin(void)
{
	ck_assert_int_eq(state_open(w.host[CLIENT].core, path, w.now, &live), 0);
	world_collect(&w);
}

/* The client's helper is replaced by one that has its state and down seconds less to live. */
static int restart(unsigned down)
{
	int r;

	end(true);
	world_up(&w, CLIENT, C1);
	w.now += down * USEC_PER_SEC;
	r = load();
	begin();
	return r;
}

START_TEST(b10_a_moved_connection_goes_on_after_a_restart)
{
	struct pair before = w.host[CLIENT].pair;
	struct pcb *p = core_pcbs(w.host[CLIENT].core);
	uint32_t gen = p->gen;

	p->source = PCB_ADOPTED;
	p->mark = 0x1234;
	state_note(live, &(struct action){ .type = ACTION_SOCKET, .cookie = p->cookie });
	ck_assert_int_eq(restart(5), 0);
	ck_assert(addr_equal(&w.host[CLIENT].pair.local, &before.local));
	ck_assert(addr_equal(&w.host[CLIENT].pair.foreign, &before.foreign));
	p = core_pcbs(w.host[CLIENT].core);
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_nonnull(p->hce);
	ck_assert_uint_eq(p->gen, gen);
	ck_assert_uint_ne(p->gen, p->hce->pair.gen);
	ck_assert(p->established);
	ck_assert_uint_eq(p->mark, 0x1234);
	ck_assert_str_eq(addr_text(&p->local).s, C0);
	ck_assert_int_eq(p->source, PCB_ADOPTED);
	struct in6_addr c0 = world_addr(C0);
	struct local_addr *l;
	HASH_FIND(hh, core_locals(w.host[CLIENT].core), &c0, sizeof(c0), l);
	ck_assert_ptr_nonnull(l);
	ck_assert(!l->usable);
	ck_assert_uint_eq(l->n_pcb, 1);
}
END_TEST

START_TEST(c10_a_socket_that_sends_keeps_its_entry_after_a_restart)
{
	struct pcb p = {
		.cookie = 4711, .uid = 1000, .local = world_addr(C1), .foreign = world_addr(S0)
	};

	ck_assert_int_eq(core_datagram_sent(w.host[CLIENT].core, &p, w.now), 0);
	core_pcb_close(w.host[CLIENT].core, core_pcbs(w.host[CLIENT].core)->cookie, w.now);
	w.now += 120 * USEC_PER_SEC;
	core_tick(w.host[CLIENT].core, w.now);
	ck_assert_ptr_null(core_pcbs(w.host[CLIENT].core));
	ck_assert_int_eq(restart(5), 0);
	core_prune(w.host[CLIENT].core, w.now);
	struct hce *h = core_entries(w.host[CLIENT].core);
	ck_assert_ptr_nonnull(h);
	ck_assert_uint_eq(h->n_sender, 1);
	ck_assert_uint_eq(core_senders(w.host[CLIENT].core)->uid, 1000);
	core_pcb_close(w.host[CLIENT].core, 4711, w.now);
	ck_assert_uint_eq(h->n_sender, 0);
}
END_TEST

START_TEST(c10_a_peer_that_is_only_answered_is_known_after_a_restart)
{
	core_pcb_close(w.host[CLIENT].core, core_pcbs(w.host[CLIENT].core)->cookie, w.now);
	w.now += 120 * USEC_PER_SEC;
	core_tick(w.host[CLIENT].core, w.now);
	world_collect(&w);
	world_run(&w, USEC_PER_SEC);
	core_entries(w.host[CLIENT].core)->initiated = false;
	state_note_entry(live, core_entries(w.host[CLIENT].core)->id);
	ck_assert_int_eq(restart(5), 0);
	core_prune(w.host[CLIENT].core, w.now);
	ck_assert_ptr_nonnull(core_entries(w.host[CLIENT].core));
	ck_assert_int_eq(restart(1200), 0);
	core_tick(w.host[CLIENT].core, w.now);
	core_prune(w.host[CLIENT].core, w.now);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
}
END_TEST

START_TEST(s7_a_peer_this_host_went_to_is_met_anew_after_a_restart)
{
	core_pcb_close(w.host[CLIENT].core, core_pcbs(w.host[CLIENT].core)->cookie, w.now);
	w.now += 120 * USEC_PER_SEC;
	core_tick(w.host[CLIENT].core, w.now);
	world_collect(&w);
	ck_assert_int_eq(restart(5), 0);
	ck_assert(core_entries(w.host[CLIENT].core)->initiated);
	core_prune(w.host[CLIENT].core, w.now);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
}
END_TEST

START_TEST(x1_the_peer_takes_the_successors_signalling_for_genuine)
{
	uint64_t replayed = core_counter(w.host[SERVER].core, COUNT_REPLAYED);

	ck_assert_int_eq(restart(5), 0);
	world_run(&w, USEC_PER_SEC);
	world_up(&w, CLIENT, "2001:db8:12::c");
	world_down(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_REPLAYED), replayed);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_OLD_SEQ), 0);
	ck_assert_str_eq(addr_text(&w.host[SERVER].pair.foreign).s, "2001:db8:12::c");
}
END_TEST

/* Killed: what the helper sent since it saved last, its successor must not send again. */
START_TEST(x1_numbers_used_after_the_last_save_are_not_used_again)
{
	struct core *server = w.host[SERVER].core;

	ck_assert_int_eq(state_write(live, w.host[CLIENT].core, w.now), 0);
	/* fewer numbers than are reserved at once */
	for (unsigned i = 0; i < 14; i++) {
		world_up(&w, CLIENT, "2001:db8:12::c");
		world_run(&w, 10 * USEC_PER_SEC);
		world_down(&w, CLIENT, "2001:db8:12::c");
		world_run(&w, 10 * USEC_PER_SEC);
	}
	end(false);
	world_up(&w, CLIENT, C1);
	ck_assert_int_eq(load(), 0);
	begin();
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_uint_eq(core_counter(server, COUNT_REPLAYED), 0);
	ck_assert_uint_eq(core_counter(server, COUNT_OLD_SEQ), 0);
	ck_assert_uint_eq(core_counter(w.host[CLIENT].core, COUNT_REPLAYED), 0);
}
END_TEST

/* A power cut: what was not synced is gone, or is what it was long ago. */
START_TEST(x1_numbers_of_configured_keys_outlive_what_is_not_synced)
{
	uint32_t sent = core_entries(w.host[CLIENT].core)->sa->out_seq;

	end(false);
	unlink(path);
	ck_assert_int_eq(load(), -ENOENT);
	begin();
	world_up(&w, CLIENT, C1);
	world_connect(&w, CLIENT, C1, SERVER, S0, 1001);
	world_run(&w, USEC_PER_SEC);
	ck_assert_uint_gt(core_entries(w.host[CLIENT].core)->sa->out_seq, sent);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_REPLAYED), 0);
}
END_TEST

/* All records of a file, one after the other, but for the meta record's origin. */
struct listing {
	uint8_t b[65536];
	size_t len;
	unsigned n;
};

static int list_one(void *ctx, const void *key, size_t key_len, const void *value, size_t len)
{
	struct listing *l = ctx;

	ck_assert_uint_le(l->len + key_len + len, sizeof(l->b));
	memcpy(l->b + l->len, key, key_len);
	memcpy(l->b + l->len + key_len, value, len);
	l->len += key_len + len;
	l->n++;
	return 0;
}

static void list(const char *of, struct listing *ret)
{
	memset(ret, 0, sizeof(*ret));
	ck_assert_int_eq(state_store_read(of, list_one, list_one, ret), 0);
}

/* What was written bit by bit is what would be written now. */
static void same_as_anew(void)
{
	static struct listing bits, anew;
	struct core *c = w.host[CLIENT].core;
	struct state *other;
	char of[80], numbers[100];

	ck_assert_int_eq(state_write(live, c, w.now), 0);
	list(path, &bits);
	snprintf(of, sizeof(of), "%s.anew", path);
	snprintf(numbers, sizeof(numbers), "%s" STATE_NUMBERS, of);
	ck_assert_int_eq(state_open(c, of, w.now, &other), 0);
	list(of, &anew);
	state_close(other, NULL, w.now);
	unlink(of);
	unlink(numbers);
	ck_assert_uint_gt(anew.n, 3);
	ck_assert_uint_eq(bits.n, anew.n);
	ck_assert_mem_eq(bits.b, anew.b, anew.len);
}

START_TEST(b10_what_is_written_bit_by_bit_is_all_there_is)
{
	struct pcb p = { .cookie = 4711, .uid = 1000, .local = world_addr(C1),
			 .foreign = world_addr(S0) };
	struct core *c = w.host[CLIENT].core;
	uint64_t cookie;

	same_as_anew();
	cookie = world_connect(&w, CLIENT, C1, SERVER, S0, 1001);
	ck_assert_int_eq(core_datagram_sent(c, &p, w.now), 0);
	world_collect(&w);
	same_as_anew();
	for (unsigned i = 0; i < 5; i++) {
		world_up(&w, CLIENT, C0);
		world_run(&w, USEC_PER_SEC);
		same_as_anew();
		world_down(&w, CLIENT, C1);
		world_run(&w, USEC_PER_SEC);
		same_as_anew();
		world_up(&w, CLIENT, C1);
		world_down(&w, CLIENT, C0);
		world_run(&w, 400 * USEC_PER_SEC);
		same_as_anew();
	}
	world_down(&w, SERVER, S0);
	world_run(&w, 2000 * USEC_PER_SEC);
	same_as_anew();
	core_pcb_close(c, cookie, w.now);
	core_pcb_close(c, 4711, w.now);
	world_run(&w, 100 * USEC_PER_SEC);
	same_as_anew();
}
END_TEST

/* Nobody makes the helper write by sending what is refused. */
START_TEST(x8_what_is_refused_writes_nothing)
{
	static struct listing before, after;
	struct packet_in_flight p = { .send = w.host[SERVER].last_send };

	ck_assert_int_eq(state_write(live, w.host[CLIENT].core, w.now), 0);
	list(path, &before);
	for (unsigned i = 0; i < 100; i++) {
		p.send.send.packet[p.send.send.len - 1] ^= 1;
		core_packet(w.host[CLIENT].core, p.send.send.packet, p.send.send.len, w.now);
	}
	world_collect(&w);
	ck_assert_uint_ge(core_counter(w.host[CLIENT].core, COUNT_BAD_ICV) +
			  core_counter(w.host[CLIENT].core, COUNT_REPLAYED), 100);
	ck_assert_int_eq(state_write(live, w.host[CLIENT].core, w.now), 0);
	list(path, &after);
	ck_assert_uint_eq(before.len, after.len);
	ck_assert_mem_eq(before.b, after.b, after.len);
}
END_TEST

START_TEST(c7_what_ran_out_while_no_helper_ran_is_not_used)
{
	ck_assert_int_eq(restart(700), 0);
	core_tick(w.host[CLIENT].core, w.now);
	world_collect(&w);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->state, ADDR_DEPRECATED);
}
END_TEST

START_TEST(b6_an_address_lost_while_no_helper_ran_is_not_sent_from)
{
	struct pcb *p;

	/* born with C2 and, since then, without a move: it keeps its birth pair */
	world_up(&w, CLIENT, "2001:db8:12::c");
	world_run(&w, USEC_PER_SEC);
	uint64_t cookie = world_connect(&w, CLIENT, "2001:db8:12::c", SERVER, S0, 1001);

	ck_assert_int_eq(restart(1), 0);	/* of its addresses only C1 is left */
	struct hce *h = core_entries(w.host[CLIENT].core);
	struct pcb *pcbs = core_pcbs(w.host[CLIENT].core);

	HASH_FIND(hh, pcbs, &cookie, sizeof(cookie), p);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_ne(p->gen, h->pair.gen);
	ck_assert_str_eq(addr_text(&h->pair.local).s, C1);
}
END_TEST

/*
 * ... but is announced when it comes back, even at once: the peer may have let it expire
 * meanwhile.
 * Here it had been acknowledged, but not yet proven.
 */
START_TEST(b10_an_address_that_comes_back_after_a_restart_is_announced)
{
	struct in6_addr c0 = world_addr(C0);
	struct binding *b;

	world_up(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	DL_FOREACH(core_entries(w.host[CLIENT].core)->bindings, b)
		if (addr_equal(&b->addr, &c0))
			b->state = BINDING_KNOWN;
	state_note_entry(live, core_entries(w.host[CLIENT].core)->id);
	end(true);
	world_run(&w, 700 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, C0)->state, ADDR_DEPRECATED);
	ck_assert_int_eq(load(), 0);
	begin();
	world_up(&w, CLIENT, C0);
	world_run(&w, 30 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, C0)->state, ADDR_ACTIVE);
}
END_TEST

/*
 * The times in the file, which another version may have written with another clock, lengthen
 * nothing.
 */
START_TEST(c7_no_restored_address_lasts_longer_than_one_granted_now)
{
	static const struct {
		enum addr_state state;
		usec_t lifetime, expires, until;
	} t[] = {
		{ ADDR_ACTIVE, 600, 1700000600, 600 },
		{ ADDR_ACTIVE, 600, 100, 100 },
		{ ADDR_TENTATIVE, 600, 601, 600 },
		{ ADDR_DEPRECATED, 600, 1700001800, 1800 },
		{ ADDR_DEPRECATED, 600, 1700, 1700 },
	};
	struct core *c = w.host[CLIENT].core;
	struct in6_addr addr = world_addr("2001:db8:33::5");
	usec_t lifetime = t[_i].lifetime * USEC_PER_SEC;
	usec_t expires = w.now + t[_i].expires * USEC_PER_SEC;

	ck_assert_int_eq(core_restore_address(c, core_entries(c), &addr, t[_i].state, false,
					      LIFETIME_ABSOLUTE, lifetime, expires, w.now), 0);
	ck_assert_uint_eq(world_foreign(&w, CLIENT, "2001:db8:33::5")->expires,
			  w.now + t[_i].until * USEC_PER_SEC);
}
END_TEST

static bool lose_all(struct world *world UNUSED, const struct packet_in_flight *p UNUSED)
{
	return true;
}

/* It began while the peer was silent; the successor attaches it when it hears the peer, too. */
START_TEST(a3_what_is_left_alone_waits_for_its_peer_across_a_restart)
{
	const struct pcb *p;
	uint64_t cookie;

	w.lose = lose_all;
	world_run(&w, 320 * USEC_PER_SEC);
	cookie = world_connect(&w, CLIENT, C1, SERVER, S0, 2000);
	ck_assert_ptr_null(core_pcb(w.host[CLIENT].core, cookie)->hce);
	ck_assert_int_eq(restart(5), 0);
	world_run(&w, 20 * USEC_PER_SEC);
	p = core_pcb(w.host[CLIENT].core, cookie);
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_null(p->hce);
	w.lose = NULL;
	world_run(&w, 20 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(p->hce);
}
END_TEST

START_TEST(c5_names_and_where_else_they_lead_are_remembered)
{
	struct in6_addr more[2] = { world_addr("2001:db8:23::5"), world_addr("2001:db8:24::5") };
	struct peer_names *r;
	uint32_t id = core_entries(w.host[CLIENT].core)->id;

	core_alternatives(w.host[CLIENT].core, id, "old.example", NULL, 0);
	core_alternatives(w.host[CLIENT].core, id, "server.example", more, 2);
	state_note_entry(live, id);
	ck_assert_int_eq(restart(5), 0);
	r = core_entries(w.host[CLIENT].core)->names;
	ck_assert_ptr_nonnull(r);
	ck_assert_uint_eq(r->n_name, 2);
	ck_assert_str_eq(r->name[0], "server.example");
	ck_assert_str_eq(r->name[1], "old.example");
	ck_assert_uint_eq(r->n_addr, 2);
	ck_assert_mem_eq(r->addr, more, sizeof(more));
}
END_TEST

START_TEST(only_its_owner_can_read_the_files)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(stat(numbers_path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

/* ---- files that are not as they should be ---- */

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
	size_t len;
	unsigned told = 0;
	int fd;

	end(true);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	len = (size_t)read(fd, b, sizeof(b));
	close(fd);
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

START_TEST(no_file_is_no_fault)
{
	int numbers;

	ck_assert_int_eq(state_load(w.host[CLIENT].core, "/tmp/hmip-there-is-no-such-file", w.now,
				    &numbers), -ENOENT);
	ck_assert_int_eq(numbers, -ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("state");
	TCase *tc = tcase_create("state");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, b10_a_moved_connection_goes_on_after_a_restart);
	tcase_add_test(tc, c10_a_socket_that_sends_keeps_its_entry_after_a_restart);
	tcase_add_test(tc, c10_a_peer_that_is_only_answered_is_known_after_a_restart);
	tcase_add_test(tc, s7_a_peer_this_host_went_to_is_met_anew_after_a_restart);
	tcase_add_test(tc, x1_the_peer_takes_the_successors_signalling_for_genuine);
	tcase_add_test(tc, x1_numbers_used_after_the_last_save_are_not_used_again);
	tcase_add_test(tc, x1_numbers_of_configured_keys_outlive_what_is_not_synced);
	tcase_add_test(tc, b10_what_is_written_bit_by_bit_is_all_there_is);
	tcase_add_test(tc, x8_what_is_refused_writes_nothing);
	tcase_add_test(tc, c7_what_ran_out_while_no_helper_ran_is_not_used);
	tcase_add_test(tc, b6_an_address_lost_while_no_helper_ran_is_not_sent_from);
	tcase_add_test(tc, b10_an_address_that_comes_back_after_a_restart_is_announced);
	tcase_add_loop_test(tc, c7_no_restored_address_lasts_longer_than_one_granted_now, 0, 5);
	tcase_add_test(tc, a3_what_is_left_alone_waits_for_its_peer_across_a_restart);
	tcase_add_test(tc, c5_names_and_where_else_they_lead_are_remembered);
	tcase_add_test(tc, only_its_owner_can_read_the_files);
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
	tcase_add_test(tc, no_file_is_no_fault);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
