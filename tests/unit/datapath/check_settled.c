/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs handle one packet of a connection in each tick of the coarse clock in full, and
 * others like it by what that left: what changes within the tick takes effect with the next packet
 * all the same. Needs root. Addresses and connections are those of entry.h.
 */
#include "array.h"
#include "entry.h"
#include "need_bpf.h"
#include "suite.h"

#include <time.h>

static unsigned n_heard, n_silent;

static void see(void *ctx, const struct dp_event *e)
{
	(void)ctx;
	n_heard += e->type == DP_EVENT_HEARD;
	n_silent += e->type == DP_EVENT_SILENT;
}

static void poll_events(void)
{
	n_heard = n_silent = 0;
	ck_assert_int_ge(datapath_events(dp, see, NULL), 0);
}

/* Returns when a tick has just begun: what the test does next is done within it. */
static void begin_tick(void)
{
	struct timespec was, is;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &was);
	do
		clock_gettime(CLOCK_MONOTONIC_COARSE, &is);
	while (was.tv_sec == is.tv_sec && was.tv_nsec == is.tv_nsec);
}

static void pass(unsigned ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static void send_through(bool egress, const struct packet *p)
{
	struct frame out, f = frame_of(p);

	run(egress, false, &f, &out);
}

/* Of a peer that is followed. */
static void set_homeless(const char *l, const char *f, uint32_t gen)
{
	act(&(struct action){ .type = ACTION_PAIR, .hce = HCE,
			      .pair = { .local = addr(l), .foreign = addr(f), .gen = gen,
					.homeless = true } });
}

static void block_moved(void)
{
	act(&(struct action){ .type = ACTION_PAIR, .hce = HCE,
			      .pair = { addr(L1), addr(F1), 2, BLOCK_REWRITTEN, false, true } });
}

static void block_all(void)
{
	act(&(struct action){ .type = ACTION_PAIR, .hce = HCE,
			      .pair = { addr(L0), addr(F0), 1, BLOCK_ALL, false, true } });
}

static void move(void)
{
	set_homeless(L1, F1, 2);
}

static void make_tentative(void)
{
	set_foreign(F1, ADDR_TENTATIVE);
}

static void forget_source(void)
{
	act(&(struct action){ .type = ACTION_FOREIGN_GONE, .hce = HCE,
			      .foreign = { .addr = addr(F1) } });
}

static void lose_local(void)
{
	act(&(struct action){ .type = ACTION_LOCAL_GONE, .local = { .addr = addr(L1) } });
}

/* Another host's traffic has the ports of the connection. */
static void forward(void)
{
	struct packet p = OUT(L1, FD, TCP);

	run_ingress = 1;
	send_through(true, &p);
	run_ingress = 0;
}

/* The peer sends from F0 again: the pair follows. */
static void come_back(void)
{
	struct packet p = IN(F0, L1, TCP);

	send_through(false, &p);
}

/* The peer has moved to F1, and its first packet from there shows it. */
static void follow(void)
{
	struct packet p = IN(F1, L0, TCP);

	send_through(false, &p);
}

#define UNMOVED	L0, F0, 1
#define MOVED	L1, F1, 2

static const struct {
	const char *l, *f;		/* the pair at first */
	uint32_t gen;
	struct row before;		/* twice */
	void (*change)(void);
	struct row after;
} change[] = {
	{ UNMOVED,
	  { "out, unmoved", true, OUT(L0, F0, TCP), NULL, NULL, NONE, false },
	  move,
	  { "moved", true, OUT(L0, F0, TCP), L1, F1, DP_OUT_REWRITTEN, false } },
	{ UNMOVED,
	  { "out, unmoved", true, OUT(L0, F0, UDP), NULL, NULL, NONE, false },
	  block_all,
	  { "held", true, OUT(L0, F0, UDP), NULL, NULL, DP_HELD, true } },
	{ UNMOVED,
	  { "out, unmoved", true, OUT(L0, F0, TCP), NULL, NULL, NONE, false },
	  follow,
	  { "moved", true, OUT(L0, F0, TCP), L0, F1, DP_OUT_REWRITTEN, false } },
	{ MOVED,
	  { "out, moved", true, OUT(L0, F0, TCP), L1, F1, DP_OUT_REWRITTEN, false },
	  block_moved,
	  { "held", true, OUT(L0, F0, TCP), NULL, NULL, DP_HELD, true } },
	{ MOVED,
	  { "in, moved", false, IN(F1, L1, TCP), F0, L0, DP_IN_REWRITTEN, false },
	  make_tentative,
	  { "from a Tentative address", false, IN(F1, L1, TCP), NULL, NULL,
	    DP_IN_TENTATIVE_DROPPED, true } },
	{ MOVED,
	  { "in, moved", false, IN(F1, L1, TCP), F0, L0, DP_IN_REWRITTEN, false },
	  forget_source,
	  { "from a stranger", false, IN(F1, L1, TCP), NULL, NULL, NONE, false } },
	{ MOVED,
	  { "in, moved", false, IN(F1, L1, UDP), F0, L0, DP_IN_REWRITTEN, false },
	  lose_local,
	  { "to another host", false, IN(F1, L1, UDP), NULL, NULL, NONE, false } },
	{ MOVED,
	  { "in, moved", false, IN(FD, L1, TCP), F0, L0, DP_IN_REWRITTEN, false },
	  forward,
	  { "another's", false, IN(FD, L1, TCP), NULL, NULL, NONE, false } },
	{ MOVED,
	  { "in, moved", false, IN(F1, L1, TCP), F0, L0, DP_IN_REWRITTEN, false },
	  come_back,
	  { "out", true, OUT(L0, F0, TCP), L1, F0, DP_OUT_REWRITTEN, false } },
};

START_TEST(what_changes_takes_effect_at_once)
{
	set_homeless(change[_i].l, change[_i].f, change[_i].gen);
	begin_tick();
	check_row(&change[_i].before, false);
	check_row(&change[_i].before, false);
	change[_i].change();
	check_row(&change[_i].after, false);
}
END_TEST

static void forget_birth(void)
{
	act(&(struct action){ .type = ACTION_FOREIGN_GONE, .hce = HCE,
			      .foreign = { .addr = addr(F0) } });
}

static void close_pcb(uint8_t proto)
{
	struct action a = pcb_action(ACTION_PCB_GONE, proto);

	act(&a);
}

/*
 * The first test of the programs is whether an address is known: it is as long as it is a peer's
 * or in the birth pair of a connection, however often it was announced.
 */
START_TEST(what_is_in_use_stays_known)
{
	struct row tcp = { "tcp", true, OUT(L0, F0, TCP), L1, F1, DP_OUT_REWRITTEN, false };
	struct row udp = { "udp", true, OUT(L0, F0, UDP), L1, F1, DP_OUT_REWRITTEN, false };
	struct row in = { "in", false, IN(F0, L0, UDP), NULL, NULL, NONE, false };
	struct in6_addr f0 = addr(F0);
	struct action again = pcb_action(ACTION_PCB, IPPROTO_TCP);

	move();
	set_foreign(F0, ADDR_DEPRECATED);
	act(&again);
	forget_birth();
	forget_birth();
	check_row(&tcp, false);
	close_pcb(IPPROTO_TCP);
	close_pcb(IPPROTO_TCP);
	check_row(&udp, false);
	set_foreign(F0, ADDR_ACTIVE);
	close_pcb(IPPROTO_UDP);
	check_row(&in, false);
	ck_assert_uint_ne(datapath_heard(dp, &f0), 0);
}
END_TEST

/* The peer moves to and fro: each packet makes the pair follow. */
START_TEST(c11_each_change_of_the_source_is_followed)
{
	struct packet in[] = { IN(F1, L1, TCP), IN(F0, L1, TCP) };
	struct row out[] = {
		{ "to F1", true, OUT(L0, F0, TCP), L1, F1, DP_OUT_REWRITTEN, false },
		{ "to F0", true, OUT(L0, F0, TCP), L1, F0, DP_OUT_REWRITTEN, false },
	};

	move();
	begin_tick();
	for (unsigned i = 0; i < 6; i++) {
		send_through(false, &in[i % 2]);
		check_row(&out[i % 2], false);
	}
}
END_TEST

START_TEST(every_acknowledgement_is_noted)
{
	struct pcb p = pcb_action(ACTION_PCB, IPPROTO_TCP).pcb;

	set_homeless(L0, F0, 1);
	begin_tick();
	for (uint32_t n = 1; n < 5; n++) {
		struct packet in = IN(F0, L0, TCP, .ack = n);
		uint32_t acked;

		send_through(false, &in);
		ck_assert_int_eq(datapath_acked(dp, HCE, &p, &acked), 0);
		ck_assert_uint_eq(acked, n);
	}
}
END_TEST

/* The peer has forgotten the connection, which only lingers here. */
START_TEST(r3_a_new_connection_with_the_same_ports_is_not_taken_for_the_old)
{
	struct row old = { "old", false, IN(F1, L1, TCP, .ack = 5), F0, L0, DP_IN_REWRITTEN,
			   false };
	struct row syn = { "new", false, IN(F1, L1, TCP, .syn = true), NULL, NULL, NONE, false };

	move();
	begin_tick();
	check_row(&old, false);
	check_row(&old, false);
	check_row(&syn, false);
}
END_TEST

START_TEST(b1_a_packet_is_told_of_though_it_is_not_the_first_of_its_tick)
{
	struct packet in = IN(F0, L0, TCP);

	set_homeless(L0, F0, 1);
	begin_tick();
	send_through(false, &in);	/* after a silence: told */
	send_through(false, &in);
	poll_events();
	ck_assert_uint_eq(n_heard, 1);
	ck_assert_int_eq(datapath_notify(dp, HCE), 0);
	ck_assert_int_eq(datapath_notify(dp, HCE), 0);
	send_through(false, &in);	/* within a millisecond of what was recorded */
	pass(1);
	send_through(false, &in);
	poll_events();
	ck_assert_uint_eq(n_heard, 1);
	pass(10);
	send_through(false, &in);
	poll_events();
	ck_assert_uint_eq(n_heard, 0);
}
END_TEST

/* An acknowledgement awaits nothing; the data behind it do. */
START_TEST(silence_is_told_of_data_behind_an_acknowledgement)
{
	struct packet ack = OUT(L0, F0, TCP, .ack = 1, .empty = true),
		      sent = OUT(L0, F0, TCP, .ack = 1);

	datapath_watch(dp, 1);
	set_homeless(L0, F0, 1);
	begin_tick();
	send_through(true, &ack);
	send_through(true, &ack);
	send_through(true, &sent);
	pass(1050);
	send_through(true, &ack);
	poll_events();
	ck_assert_uint_eq(n_silent, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("settled");
	TCase *tc = tcase_create("settled");

	if (need_bpf())
		return 77;
	tcase_add_checked_fixture(tc, entry_setup, entry_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, what_changes_takes_effect_at_once, 0, ARRAY_LEN(change));
	tcase_add_test(tc, what_is_in_use_stays_known);
	tcase_add_test(tc, c11_each_change_of_the_source_is_followed);
	tcase_add_test(tc, every_acknowledgement_is_noted);
	tcase_add_test(tc, r3_a_new_connection_with_the_same_ports_is_not_taken_for_the_old);
	tcase_add_test(tc, b1_a_packet_is_told_of_though_it_is_not_the_first_of_its_tick);
	tcase_add_test(tc, silence_is_told_of_data_behind_an_acknowledgement);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
