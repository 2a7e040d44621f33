/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys that AAP made are replaced, and what is lost meanwhile must not part the two hosts: they end
 * with the same keys, and a connection that was moved goes on.
 */
#include "core.h"
#include "model/entry.h"
#include "model/peer.h"
#include "addr.h"
#include "suite.h"
#include "unmoved.h"
#include "unused.h"

#include <string.h>
#include <utlist.h>

#define RENEWAL		(24 * 3600 * USEC_PER_SEC)	/* after that time */

static unsigned sent_by[2];	/* packets, since lose_later() */

/* The client's Init and the server's Response arrive; then all that the client sends is lost. */
static bool lose_the_confirm(struct world *world UNUSED, const struct packet_in_flight *p)
{
	return p->from == CLIENT && sent_by[CLIENT]++;
}

/* The Confirm arrives as well; then all that the server sends is lost. */
static bool lose_the_ack(struct world *world UNUSED, const struct packet_in_flight *p)
{
	return p->from == SERVER && sent_by[SERVER]++;
}

static bool lose_both_later(struct world *world UNUSED, const struct packet_in_flight *p)
{
	return sent_by[p->from]++;
}

/* The client's keys are used up: it asks for new ones at its next timer. */
static void use_up_keys(void)
{
	struct sa *sa = entry(CLIENT)->sa;

	sa->out_seq = sa->out_limit = UINT32_C(1) << 31;
	sent_by[CLIENT] = sent_by[SERVER] = 0;
	while (!entry(CLIENT)->aap)
		world_run(&w, USEC_PER_MSEC);
}

static bool agree(void)
{
	const struct sa *c = entry(CLIENT)->sa, *s = entry(SERVER)->sa;

	return c && s && c->in.spi == s->out.spi && c->out.spi == s->in.spi;
}

static void meet(void)
{
	begin_strangers();
	world_up(&w, CLIENT, C1);
	open_nth(0, C0, S0);
	world_run(&w, 3 * USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_run(&w, 3 * USEC_PER_SEC);
	ck_assert(agree());
	ck_assert_int_eq(egress(CLIENT, open_one[0]), MOVED);
}

/* Data goes both ways for d, on the pair that the connection was moved to. */
static void talk(usec_t d)
{
	for (usec_t end = w.now + d; w.now < end; world_run(&w, USEC_PER_SEC)) {
		heard(SERVER, open_one[0], &w.host[SERVER].pair.foreign);
		heard(CLIENT, open_one[0], &w.host[CLIENT].pair.foreign);
		ck_assert_int_eq(egress(CLIENT, open_one[0]), MOVED);
		ck_assert_int_eq(egress(SERVER, open_one[0]), MOVED);
	}
}

static bool (*const losses[])(struct world *, const struct packet_in_flight *) = {
	NULL, lose_the_confirm, lose_the_ack, lose_both_later,
};

/* X4: for 70 s, which is longer than a Confirm is repeated. */
START_TEST(x4_a_renewal_that_is_cut_off_leaves_both_with_the_same_keys)
{
	bool quiet = _i & 1;

	meet();
	w.lose = losses[_i / 2];
	use_up_keys();
	if (quiet)
		world_run(&w, 70 * USEC_PER_SEC);
	else
		talk(70 * USEC_PER_SEC);
	w.lose = NULL;
	if (quiet)
		world_run(&w, 320 * USEC_PER_SEC);	/* the next refresh */
	else
		talk(30 * USEC_PER_SEC);
	ck_assert(agree());
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_CONFLICTS), 0);
	world_up(&w, CLIENT, C2);
	world_run(&w, 3 * USEC_PER_SEC);
	world_down(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	assert_pair(SERVER, S0, C2);
	/* What failed is tried again, in time, and keys that are used up do not stay. */
	world_run(&w, 2 * 3600 * USEC_PER_SEC);
	ck_assert(agree());
	ck_assert_uint_lt(entry(CLIENT)->sa->out_seq, UINT32_C(1) << 31);
}
END_TEST

static bool lose_aap(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct signal s;

	return p->send.send.len && signal_parse(p->send.send.packet, p->send.send.len, &s) == 0 &&
	       s.has_aap;
}

/* A peer chooses its AH numbers, and may make keys look used up: that is no reason to hurry. */
START_TEST(x4_keys_that_are_used_up_are_renewed_no_faster_than_others)
{
	unsigned inits;

	meet();
	w.lose = lose_aap;
	use_up_keys();
	inits = w.host[CLIENT].events[EVENT_AAP];
	talk(1800 * USEC_PER_SEC);
	ck_assert_uint_le(w.host[CLIENT].events[EVENT_AAP] - inits, 4);
	w.lose = NULL;
	talk(1900 * USEC_PER_SEC);
	ck_assert(agree());
	ck_assert_uint_lt(entry(CLIENT)->sa->out_seq, UINT32_C(1) << 31);
}
END_TEST

/* The server claims that it has used up each key that it is given. */
START_TEST(x4_who_uses_up_keys_at_once_gets_no_others_at_once)
{
	struct ratelimit *budget;	/* it answers as often as it is asked */
	unsigned runs = 0;
	uint32_t spi;

	meet();
	budget = w.host[SERVER].core->budget[BUDGET_RENEWALS];
	spi = entry(CLIENT)->sa->in.spi;
	for (unsigned i = 0; i < 60; i++) {
		entry(SERVER)->sa->out_seq |= UINT32_C(1) << 31;
		entry(SERVER)->sa->out_limit = UINT32_MAX;
		memset(budget, 0, sizeof(w.host[SERVER].core->budget[0]));
		(i % 2 ? world_down : world_up)(&w, SERVER, S1);
		world_run(&w, USEC_PER_SEC);
		runs += entry(CLIENT)->sa->in.spi != spi;
		spi = entry(CLIENT)->sa->in.spi;
	}
	ck_assert_uint_gt(runs, 0);
	ck_assert_uint_le(runs, 7);
	ck_assert(agree());
}
END_TEST

static usec_t first_confirm;

/* The first Confirms are lost, so many as the answers to earlier Updates cause. */
static bool lose_first_confirms(struct world *world UNUSED, const struct packet_in_flight *p)
{
	const struct aap_try *t = entry(CLIENT)->aap;

	if (p->from != CLIENT || !t || !t->confirming)
		return false;
	if (!first_confirm)
		first_confirm = w.now;
	return w.now < first_confirm + w.delay;
}

/* The run is over when its own Confirm is answered, not by what the old keys still bring. */
START_TEST(x4_a_late_acknowledgement_under_the_old_keys_confirms_nothing)
{
	meet();
	use_up_keys();
	world_up(&w, CLIENT, C2);	/* an Update under the old keys, right after the Init */
	w.lose = lose_first_confirms;
	talk(3 * USEC_PER_SEC);
	ck_assert_uint_gt(w.lost, 0);
	ck_assert(agree());
	ck_assert_ptr_null(entry(CLIENT)->aap);
}
END_TEST

/* Both initiated, so both renew, and their Inits cross; one of them by up to 40 ms later. */
START_TEST(x4_renewals_that_cross_leave_both_with_the_same_keys)
{
	struct pcb p = { .cookie = 900, .local = world_addr(S0), .foreign = world_addr(C0),
			 .lport = 5, .fport = 6, .proto = IPPROTO_TCP, .origin = PCB_CONNECT,
			 .established = true };
	unsigned late = _i / 9;
	uint32_t spi;

	begin_strangers();
	open_nth(0, C0, S0);
	ck_assert_int_eq(core_pcb_open(w.host[SERVER].core, &p, w.now), 0);
	world_collect(&w);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert(entry(CLIENT)->initiated && entry(SERVER)->initiated && agree());
	spi = entry(SERVER)->sa->in.spi;
	entry(late)->peer->renew_at += (usec_t)(_i % 9) * 5 * USEC_PER_MSEC;
	world_run(&w, RENEWAL + USEC_PER_SEC);
	ck_assert(agree());
	ck_assert_uint_ne(entry(SERVER)->sa->in.spi, spi);
	ck_assert_ptr_null(entry(CLIENT)->aap);
	ck_assert_ptr_null(entry(SERVER)->aap);
	world_up(&w, CLIENT, C2);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, C2)->state, ADDR_ACTIVE);
}
END_TEST

/* The server begins anew, without its state; its kernel says nothing of packets under AH. */
static void lose_state(void)
{
	world_renew(&w, SERVER);
	world_up(&w, SERVER, S0);
	world_up(&w, SERVER, S1);
}

static void close_on(unsigned host, unsigned n)
{
	core_pcb_close(w.host[host].core, open_one[n], w.now);
	world_collect(&w);
}

/*
 * A server loses its state while a connection with it is idle, or none is open. The next one shows
 * that somebody is there, whom the keys mean nothing: new ones are agreed on.
 */
START_TEST(x3_lost_keys_are_noticed_when_a_connection_begins)
{
	static const unsigned after[] = { 90, 400, 700 };	/* unproven; silent; expired */
	bool idle = _i & 1, elsewhere = _i & 2;

	begin_strangers();
	world_up(&w, CLIENT, C1);
	open_nth(0, C0, S0);
	world_run(&w, 10 * USEC_PER_SEC);
	lose_state();
	if (!idle)
		close_on(CLIENT, 0);
	world_run(&w, after[_i / 4] * USEC_PER_SEC);
	open_nth(1, C0, elsewhere ? S1 : S0);
	world_run(&w, 15 * USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, open_one[0]), AS_BORN);
	ck_assert_int_eq(egress(CLIENT, open_one[1]), AS_BORN);
	/* While others are attached, only who is where their data goes counts. */
	if (idle && elsewhere)
		return;
	ck_assert(agree());
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, open_one[1]), MOVED);
	ck_assert_int_eq(egress(SERVER, open_one[1]), MOVED);
}
END_TEST

/* The client's last packet, quoted in a Parameter Problem from where it went; flip spoils a bit. */
static void problem(uint8_t flip)
{
	const struct action *a = &w.host[CLIENT].last_send;
	uint8_t pkt[48 + SIGNAL_MTU] = { 0x60, [6] = IPPROTO_ICMPV6, [40] = 4, [41] = 1 };

	memcpy(pkt + 8, &a->send.dst, 16);
	memcpy(pkt + 24, &a->send.src, 16);
	memcpy(pkt + 48, a->send.packet, a->send.len);
	pkt[48 + a->send.len - 1] ^= flip;
	core_packet(w.host[CLIENT].core, pkt, 48u + a->send.len, w.now);
	world_collect(&w);
}

/* The kernel of a rebooted server says that it does not know AH: no data is needed to notice. */
START_TEST(x3_lost_keys_are_noticed_when_an_update_is_refused)
{
	begin_strangers();
	open_nth(0, C0, S0);
	world_run(&w, 10 * USEC_PER_SEC);
	lose_state();
	world_up(&w, CLIENT, C1);
	problem(1);
	world_run(&w, 100 * USEC_PER_MSEC);
	ck_assert_ptr_null(core_entries(w.host[SERVER].core));
	world_up(&w, CLIENT, C2);
	world_run(&w, 30 * USEC_PER_SEC);
	ck_assert_ptr_null(core_entries(w.host[SERVER].core));
	world_routes(&w, CLIENT);	/* sends the Update again */
	problem(0);
	world_run(&w, 100 * USEC_PER_MSEC);
	ck_assert(agree());
	ck_assert_int_eq(egress(CLIENT, open_one[0]), AS_BORN);
}
END_TEST

/*
 * Another host has the server's address, and no other of its addresses: what its keys vouch for is
 * that address only.
 */
START_TEST(x3_who_agrees_on_keys_anew_has_no_address_of_who_was_there)
{
	struct foreign_addr *fa;

	begin_strangers();
	open_nth(0, C0, S0);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S1)->state, ADDR_ACTIVE);
	world_renew(&w, SERVER);
	world_up(&w, SERVER, S0);
	close_on(CLIENT, 0);
	world_run(&w, 90 * USEC_PER_SEC);
	open_nth(1, C0, S0);
	world_run(&w, 15 * USEC_PER_SEC);
	ck_assert(agree());
	fa = world_foreign(&w, CLIENT, S1);
	ck_assert(!fa || fa->state != ADDR_ACTIVE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("renewal");
	TCase *tc = tcase_create("keys");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, x4_a_renewal_that_is_cut_off_leaves_both_with_the_same_keys, 0, 8);
	tcase_add_test(tc, x4_keys_that_are_used_up_are_renewed_no_faster_than_others);
	tcase_add_test(tc, x4_who_uses_up_keys_at_once_gets_no_others_at_once);
	tcase_add_test(tc, x4_a_late_acknowledgement_under_the_old_keys_confirms_nothing);
	tcase_add_loop_test(tc, x4_renewals_that_cross_leave_both_with_the_same_keys, 0, 18);
	tcase_add_loop_test(tc, x3_lost_keys_are_noticed_when_a_connection_begins, 0, 12);
	tcase_add_test(tc, x3_lost_keys_are_noticed_when_an_update_is_refused);
	tcase_add_test(tc, x3_who_agrees_on_keys_anew_has_no_address_of_who_was_there);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
