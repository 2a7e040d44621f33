/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the ingress program learns from data and tells the helper: whom it heard and when, where the
 * peer is now, what it acknowledged. Needs root. Addresses and connections are those of entry.h.
 */
#include "array.h"
#include "entry.h"
#include "need_bpf.h"
#include "suite.h"

#include <string.h>
#include <time.h>

static struct dp_event seen[8];
static unsigned n_seen;

static void see(void *ctx, const struct dp_event *e)
{
	ck_assert_ptr_eq(ctx, &n_seen);
	ck_assert_uint_lt(n_seen, 8);
	seen[n_seen++] = *e;
}

static void poll_events(void)
{
	n_seen = 0;
	ck_assert_int_ge(datapath_events(dp, see, &n_seen), 0);
}

static void hear(const char *src, const char *dst, uint32_t ack)
{
	struct packet p = IN(src, dst, TCP, .ack = ack);
	struct frame out, f = frame_of(&p);

	run(false, false, &f, &out);
}

/* The time an address was heard is written once a millisecond. */
static void pass_a_millisecond(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1500000 }, NULL);
}

static void set_homeless(const char *l, const char *f, uint32_t gen)
{
	act(&(struct action){ .type = ACTION_PAIR, .hce = HCE,
			      .pair = { .local = addr(l), .foreign = addr(f), .gen = gen,
					.homeless = true } });
}

START_TEST(c11_egress_follows_an_active_source)
{
	struct row out = { "follows", true, OUT(L0, F0, TCP), L0, F1, DP_OUT_REWRITTEN, false };
	struct in6_addr f1 = addr(F1);

	set_homeless(L0, F0, 1);
	hear(F1, L0, 9);
	check_row(&out, false);
	poll_events();
	ck_assert_uint_eq(n_seen, 2);
	ck_assert_uint_eq(seen[0].type, DP_EVENT_HEARD);
	ck_assert_uint_eq(seen[1].type, DP_EVENT_FOLLOWED);
	ck_assert_uint_eq(seen[1].hce, HCE);
	ck_assert_uint_eq(seen[1].gen, 2);
	ck_assert_mem_eq(&seen[1].addr, &f1, sizeof(f1));
	hear(F1, L0, 9);		/* once */
	poll_events();
	ck_assert_uint_eq(n_seen, 0);
}
END_TEST

START_TEST(c11_nobody_follows)
{
	static const struct {
		const char *what, *src;
		bool homeless;
	} row[] = {
		{ "a Deprecated source", FD, true },
		{ "a Tentative source", FT, true },
		{ "a peer that is not Homeless", F0, false },
	};
	struct row out = { row[_i].what, true, OUT(L0, F0, TCP), L1, F1, DP_OUT_REWRITTEN, false };

	(row[_i].homeless ? set_homeless : set_pair)(L1, F1, 2);
	hear(row[_i].src, L0, 9);
	check_row(&out, false);
	ck_assert_uint_eq(datapath_counter(dp, DP_FOLLOWED), 0);
}
END_TEST

START_TEST(c11_a_peer_that_came_back_to_its_birth_address_is_followed)
{
	struct row out = {
		"follows back", true, OUT(L0, F0, TCP), L1, F0, DP_OUT_REWRITTEN, false
	};

	set_homeless(L1, F1, 2);
	hear(F0, L0, 9);
	check_row(&out, false);
	ck_assert_uint_eq(datapath_counter(dp, DP_FOLLOWED), 1);
}
END_TEST

static void hear_stamped(const char *src, uint32_t stamp)
{
	struct packet p = IN(src, L0, TCP, .ack = 9, .stamp = stamp);
	struct frame out, f = frame_of(&p);

	run(false, false, &f, &out);
}

/* The peer has moved to a faster path, and what it sent before comes behind what it sends now. */
START_TEST(c11_nobody_follows_what_comes_late)
{
	set_homeless(L0, F0, 1);
	hear_stamped(F0, 90);
	hear_stamped(F1, 100);
	ck_assert_uint_eq(datapath_counter(dp, DP_FOLLOWED), 1);
	hear_stamped(F0, 91);
	hear_stamped(F1, 101);
	hear_stamped(F0, 99);
	ck_assert_uint_eq(datapath_counter(dp, DP_FOLLOWED), 1);
	hear_stamped(F0, 101);		/* it moved back within a tick of its clock */
	ck_assert_uint_eq(datapath_counter(dp, DP_FOLLOWED), 2);
	hear_stamped(F1, 101 - (1 << 21));
	ck_assert_uint_eq(datapath_counter(dp, DP_FOLLOWED), 3);
}
END_TEST

START_TEST(a_connection_that_keeps_its_birth_pair_moves_nobody)
{
	/* today's gen is the connection's, whose birth pair is L0, F0 */
	set_homeless(L0, F1, 1);
	hear(F0, L0, 9);
	ck_assert_uint_eq(datapath_counter(dp, DP_FOLLOWED), 0);
	hear(F1, L1, 9);		/* L1 is new, the address followed already */
	ck_assert_uint_eq(datapath_counter(dp, DP_FOLLOWED), 0);
	set_homeless(L0, F1, 2);
	hear(F0, L0, 9);
	ck_assert_uint_eq(datapath_counter(dp, DP_FOLLOWED), 1);
}
END_TEST

START_TEST(an_overruled_follow_is_not_told)
{
	set_homeless(L0, F0, 1);
	hear(F1, L0, 9);
	set_homeless(L1, F0, 2);
	poll_events();
	ck_assert_uint_eq(n_seen, 1);
	ck_assert_uint_eq(seen[0].type, DP_EVENT_HEARD);
}
END_TEST

START_TEST(b1_the_next_packet_heard_is_told_when_asked_for)
{
	struct in6_addr f0 = addr(F0);

	set_pair(L0, F0, 1);
	hear(F0, L0, 1);		/* after a silence: told */
	poll_events();
	ck_assert_uint_eq(n_seen, 1);
	pass_a_millisecond();
	hear(F0, L0, 2);
	poll_events();
	ck_assert_uint_eq(n_seen, 0);
	ck_assert_int_eq(datapath_notify(dp, HCE), 0);
	pass_a_millisecond();
	hear(F0, L0, 3);
	pass_a_millisecond();
	hear(F0, L0, 4);
	poll_events();
	ck_assert_uint_eq(n_seen, 1);
	ck_assert_uint_eq(seen[0].type, DP_EVENT_HEARD);
	ck_assert_uint_eq(seen[0].hce, HCE);
	ck_assert_mem_eq(&seen[0].addr, &f0, sizeof(f0));
}
END_TEST

START_TEST(c6_the_time_an_address_was_heard_is_noted)
{
	struct in6_addr f0 = addr(F0), ft = addr(FT), other = addr(OTHER);
	struct timespec ts;
	usec_t now, heard;

	ck_assert_uint_eq(datapath_heard(dp, &f0), 0);
	hear(F0, L0, 1);
	heard = datapath_heard(dp, &f0);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	now = (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
	ck_assert_uint_le(heard, now);
	ck_assert_uint_gt(heard, now - USEC_PER_SEC);
	set_foreign(F0, ADDR_DEPRECATED);	/* and outlives a change of state */
	ck_assert_uint_eq(datapath_heard(dp, &f0), heard);
	hear(FT, L1, 1);			/* dropped data prove nothing */
	ck_assert_uint_eq(datapath_heard(dp, &ft), 0);
	ck_assert_uint_eq(datapath_heard(dp, &other), 0);
}
END_TEST

START_TEST(the_last_acknowledgement_is_noted)
{
	struct pcb p = pcb_action(ACTION_PCB, IPPROTO_TCP).pcb;
	uint32_t acked = 1;

	set_pair(L1, F1, 2);
	ck_assert_int_eq(datapath_acked(dp, HCE, &p, &acked), 0);
	ck_assert_uint_eq(acked, 0);
	hear(F0, L0, 0x01020304);
	ck_assert_int_eq(datapath_acked(dp, HCE, &p, &acked), 0);
	ck_assert_uint_eq(acked, 0x01020304);
	hear(F1, L1, 0x01020305);
	hear(F1, L1, 0);		/* a SYN: acknowledges nothing */
	ck_assert_int_eq(datapath_acked(dp, HCE, &p, &acked), 0);
	ck_assert_uint_eq(acked, 0x01020305);
	p.lport++;
	ck_assert_int_eq(datapath_acked(dp, HCE, &p, &acked), -ENOENT);
}
END_TEST

static void pass(unsigned ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static void say(const struct packet *p, bool bare)
{
	struct frame out, f = frame_of(p);

	if (bare)
		f.len -= strlen("payload");
	run(true, false, &f, &out);
}

static bool was_silent(void)
{
	bool r = false;

	poll_events();
	for (unsigned i = 0; i < n_seen; i++)
		r |= seen[i].type == DP_EVENT_SILENT && seen[i].hce == HCE;
	return r;
}

static const struct {
	const char *what;
	const char *l, *f;		/* today's pair */
	uint32_t gen;
	bool udp, bare;			/* what is sent */
	const char *src, *dst;		/* what comes back, NULL: nothing */
	bool silent;
} silence[] = {
	{ "data without an answer", L0, F0, 1, .silent = true },
	{ "data of a moved connection without an answer", L1, F1, 2, .silent = true },
	{ "datagrams without an answer", L0, F0, 1, .udp = true, .silent = true },
	{ "acknowledgements, which nobody answers", L0, F0, 1, .bare = true },
	{ "data with an answer", L0, F0, 1, .src = F0, .dst = L0 },
	{ "data of a moved connection with an answer", L1, F1, 2, .src = F1, .dst = L1 },
	{ "an answer from elsewhere", L1, F1, 2, .src = FD, .dst = L1, .silent = true },
	{ "an answer to elsewhere", L1, F1, 2, .src = F1, .dst = L0, .silent = true },
	{ "an answer by another pair than the birth pair",
	  L0, F0, 1, .src = F0, .dst = L1, .silent = true },
};

START_TEST(silence_is_told_when_something_was_to_be_heard)
{
	struct packet tcp = OUT(L0, F0, TCP), udp = OUT(L0, F0, UDP);
	const struct packet *p = silence[_i].udp ? &udp : &tcp;

	datapath_watch(dp, 1);
	set_pair(silence[_i].l, silence[_i].f, silence[_i].gen);
	say(p, silence[_i].bare);
	pass(20);			/* some ticks of the coarse clock */
	if (silence[_i].src)
		hear(silence[_i].src, silence[_i].dst, 9);
	say(p, silence[_i].bare);
	ck_assert_msg(!was_silent(), "%s: told at once", silence[_i].what);
	if (silence[_i].src) {
		pass(20);
		hear(silence[_i].src, silence[_i].dst, 9);
	}
	pass(1050);
	say(p, silence[_i].bare);
	ck_assert_msg(was_silent() == silence[_i].silent, "%s", silence[_i].what);
	say(p, silence[_i].bare);
	ck_assert_msg(!was_silent(), "%s: told twice", silence[_i].what);
}
END_TEST

START_TEST(silence_is_not_told_to_who_does_not_ask_nor_of_a_pair_just_switched_to)
{
	struct packet p = OUT(L0, F0, TCP);

	set_pair(L0, F0, 1);
	say(&p, false);
	pass(1050);
	say(&p, false);
	ck_assert(!was_silent());
	datapath_watch(dp, 1);
	say(&p, false);
	pass(1050);
	set_pair(L1, F1, 2);
	say(&p, false);
	ck_assert(!was_silent());
}
END_TEST

/*
 * One connection is moved and takes today's pair; another, younger one keeps its own. Each says
 * nothing of the other.
 */
START_TEST(a_dead_path_is_not_hidden_by_a_connection_that_has_another)
{
	struct action young = pcb_action(ACTION_PCB, IPPROTO_TCP);
	struct packet old_out = OUT(L0, F0, TCP),
		      young_out = { .src = L0, .dst = F1, TCP, .sport = 40001, .dport = FPORT };
	struct packet young_in = {
		.src = F1, .dst = L0, TCP, .sport = FPORT, .dport = 40001, .ack = 9
	};
	struct frame f = frame_of(&young_in), out;

	young.pcb.foreign = addr(F1);
	young.pcb.lport = 40001;
	young.pcb.gen = 2;
	act(&young);
	datapath_watch(dp, 1);
	set_pair(L1, F1, 2);
	say(&old_out, false);
	say(&young_out, false);
	for (int i = 0; i < 5; i++) {
		pass(210);
		if (_i)
			hear(F1, L1, 9);
		else
			run(false, false, &f, &out);
	}
	say(_i ? &old_out : &young_out, false);
	ck_assert(!was_silent());
	say(_i ? &young_out : &old_out, false);
	ck_assert(was_silent());
}
END_TEST

int main(void)
{
	Suite *s = suite_create("heard");
	TCase *tc = tcase_create("heard");

	if (need_bpf())
		return 77;
	tcase_add_checked_fixture(tc, entry_setup, entry_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, c11_egress_follows_an_active_source);
	tcase_add_loop_test(tc, c11_nobody_follows, 0, 3);
	tcase_add_test(tc, c11_nobody_follows_what_comes_late);
	tcase_add_test(tc, c11_a_peer_that_came_back_to_its_birth_address_is_followed);
	tcase_add_test(tc, a_connection_that_keeps_its_birth_pair_moves_nobody);
	tcase_add_test(tc, an_overruled_follow_is_not_told);
	tcase_add_test(tc, b1_the_next_packet_heard_is_told_when_asked_for);
	tcase_add_test(tc, c6_the_time_an_address_was_heard_is_noted);
	tcase_add_test(tc, the_last_acknowledgement_is_noted);
	tcase_add_loop_test(tc, silence_is_told_when_something_was_to_be_heard, 0,
			    ARRAY_LEN(silence));
	tcase_add_loop_test(tc, a_dead_path_is_not_hidden_by_a_connection_that_has_another, 0, 2);
	tcase_add_test(tc, silence_is_not_told_to_who_does_not_ask_nor_of_a_pair_just_switched_to);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
