/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a peer with good keys, and one without, may try against a server: the small forms of what
 * peers/misbehave.py found. Alice has configured keys, Mallory ran AAP.
 */
#include "core.h"
#include "lifecycle.h"
#include "peer.h"
#include "addr.h"
#include "suite.h"
#include "unused.h"
#include "world.h"

#include <string.h>
#include <utlist.h>

#define A0	"2001:db8:1::c"		/* as world_init() has it */
#define A1	"2001:db8:11::c"
#define S0	"2001:db8:2::5"
#define S1	"2001:db8:22::5"
#define M0	"2001:db8:3::3"
#define D0	"2001:db8:4::d"
#define X0	"2001:db8:5::e"

enum { ALICE, SERVER, MALLORY };

static struct world w;

static void setup(void)
{
	world_init(&w);
	w.delay = 10 * USEC_PER_MSEC;
	ck_assert_uint_eq(world_stranger(&w, "Mallory"), MALLORY);
	world_up(&w, MALLORY, M0);
	world_connect(&w, ALICE, A0, SERVER, S0, 1000);
	world_connect(&w, MALLORY, M0, SERVER, S0, 2000);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, M0)->state, ADDR_ACTIVE);
	ck_assert_int_eq(world_foreign(&w, SERVER, A0)->state, ADDR_ACTIVE);
}

static void teardown(void)
{
	world_free(&w);
}

static uint64_t count(enum core_counter n)
{
	return core_counter(w.host[SERVER].core, n);
}

static struct hce *entry(unsigned host)
{
	return core_entries(w.host[host].core);
}

/* A Binding Update from Mallory in good order, to be spoiled. */
static struct signal update(const char *src)
{
	struct signal s = { .src = world_addr(src), .dst = world_addr(S0), .n_bu = 1 };

	s.bu[0] = (struct binding_update){ .flags = BU_ACK, .seq = ++entry(MALLORY)->seq_out,
					   .lifetime = 600 };
	return s;
}

/* Builds s under Mallory's SA. Returns its length. */
static size_t build(struct signal *s, uint8_t pkt[static SIGNAL_MTU])
{
	struct sa *sa = entry(MALLORY)->sa;

	s->has_ah = true;
	s->spi = sa->out.spi;
	s->ah_seq = sa_next_seq(sa);
	int len = signal_build(s, ah_icv_len(sa->out.key.alg), pkt, SIGNAL_MTU);

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(ah_sign(pkt, (size_t)len, &sa->out.key), 0);
	return (size_t)len;
}

static void say(struct signal *s)
{
	uint8_t pkt[SIGNAL_MTU];
	size_t len = build(s, pkt);

	core_packet(w.host[SERVER].core, pkt, len, w.now);
	world_collect(&w);
}

static void name(struct signal *s, const char *addr)
{
	s->bu[0].addr[s->bu[0].n_addr++] = world_addr(addr);
}

START_TEST(r5_nothing_is_answered_to_an_address_that_cannot_be_anybodys)
{
	static const char *const odd[] = { "ff02::1", "::1", "fe80::1", "::", "::ffff:192.0.2.1" };
	struct signal s = update(odd[_i]);
	unsigned sends = w.host[SERVER].sends;

	name(&s, M0);
	say(&s);
	ck_assert_uint_eq(count(COUNT_REFUSED_ADDR), 1);
	s = update(M0);
	s.has_home = true;
	s.home = world_addr(odd[_i]);
	say(&s);
	ck_assert_uint_eq(count(COUNT_REFUSED_ADDR), 2);
	ck_assert_uint_eq(w.host[SERVER].sends, sends);
}
END_TEST

START_TEST(r5_who_asks_for_a_home_agent_is_told_that_this_is_none)
{
	struct signal s = update(M0), answer;

	s.bu[0].flags |= BU_HOME;
	s.bu[0].lifetime = _i ? 600 : 0;
	name(&s, X0);
	say(&s);
	ck_assert_int_eq(signal_parse(w.host[SERVER].last_send.send.packet,
				      w.host[SERVER].last_send.send.len, &answer), 0);
	ck_assert_uint_eq(answer.n_ba, 1);
	ck_assert_uint_eq(answer.ba[0].status, _i ? BA_NO_HOME_REG : BA_NOT_HOME_AGENT);
	ck_assert_uint_eq(answer.ba[0].seq, s.bu[0].seq);
	ck_assert_ptr_null(world_foreign(&w, SERVER, X0));
	s = update(M0);
	name(&s, X0);
	say(&s);		/* the number counts, and the next Update is as any */
	ck_assert_ptr_nonnull(world_foreign(&w, SERVER, X0));
}
END_TEST

/* Its server has no room for all its addresses, and says so. */
START_TEST(b10_what_is_rejected_is_repeated_ever_more_seldom)
{
	struct core_config config = core_config_default;
	uint64_t before;

	config.max_addresses = 1;
	core_reconfigure(w.host[SERVER].core, &config);
	world_up(&w, ALICE, A1);
	world_run(&w, 5 * USEC_PER_SEC);
	before = core_counter(w.host[ALICE].core, COUNT_BU_SENT);
	world_run(&w, 3600 * USEC_PER_SEC);
	ck_assert_uint_le(core_counter(w.host[ALICE].core, COUNT_BU_SENT) - before, 100);
	ck_assert_int_eq(world_foreign(&w, SERVER, A0)->state, ADDR_ACTIVE);
	core_reconfigure(w.host[SERVER].core, &core_config_default);
	world_run(&w, 300 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, A1)->state, ADDR_ACTIVE);
}
END_TEST

/* What Alice last said to the server. */
static struct action said;

static void keep_alices(struct world *world UNUSED, const struct packet_in_flight *p)
{
	if (p->from == ALICE)
		said = p->send;
}

START_TEST(x1_a_peer_that_is_taken_out_and_put_in_again_has_its_numbers)
{
	static const struct sa_half other = { .spi = 0x3001, .key = { .alg = AH_HMAC_SHA256_128,
								      .len = 32 } };
	struct core *c = w.host[SERVER].core;
	struct core_peer alice = w.host[SERVER].peer, was = alice;
	uint32_t sent = world_foreign(&w, SERVER, A0)->hce->sa->out_seq;
	uint64_t replayed = count(COUNT_REPLAYED);

	w.tap = keep_alices;
	world_up(&w, ALICE, A1);
	world_run(&w, USEC_PER_SEC);
	w.tap = NULL;
	ck_assert_uint_gt(said.send.len, 0);
	if (_i) {			/* other keys, and the same again */
		alice.in = alice.out = other;
		ck_assert_int_eq(core_peer_add(c, &alice, w.now), 0);
	} else {
		ck_assert_int_eq(core_peer_remove(c, alice.name, w.now), 0);
	}
	ck_assert_int_eq(core_peer_add(c, &was, w.now), 0);
	core_packet(c, said.send.packet, said.send.len, w.now);
	ck_assert_uint_eq(count(COUNT_REPLAYED), replayed + 1);
	ck_assert_uint_gt(peer_by_spi(c, was.in.spi)->sa.out_seq, sent);
}
END_TEST

START_TEST(a3_nothing_is_answered_to_an_address_of_the_host_itself)
{
	struct signal s = update(S0);
	unsigned sends = w.host[SERVER].sends;

	name(&s, M0);
	say(&s);
	s = update(M0);
	s.has_home = true;
	s.home = world_addr(S0);
	say(&s);
	ck_assert_uint_eq(count(COUNT_WRONG_ENTRY), 2);
	ck_assert_uint_eq(w.host[SERVER].sends, sends);
}
END_TEST

/* What is sent to where Alice will be does not reach Mallory. */
static bool lose_at_a1(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr a1 = world_addr(A1);

	return p->from == MALLORY && addr_equal(&p->send.send.src, &a1);
}

START_TEST(x6_who_comes_to_an_address_a_squatter_named_gets_it)
{
	struct signal s = update(M0);

	w.lose = lose_at_a1;
	name(&s, A1);
	s.bu[0].names_source = true;
	say(&s);
	ck_assert_int_eq(world_foreign(&w, SERVER, A1)->state, ADDR_TENTATIVE);
	world_down(&w, ALICE, A0);
	world_up(&w, ALICE, A1);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, A1)->state, ADDR_ACTIVE);
	ck_assert_str_eq(world_foreign(&w, SERVER, A1)->hce->name, "client");
}
END_TEST

START_TEST(x6_who_has_no_entry_yet_may_claim_a_squatted_address_too)
{
	struct sa_half in = { .spi = 0x2001, .key = { .alg = AH_HMAC_SHA1_96, .len = 20 } };
	struct sa_half out = { .spi = 0x2002, .key = { .alg = AH_HMAC_SHA1_96, .len = 20 } };
	struct core_peer at_server = {
		.name = "dave", .n_addr = 1, .addr = { world_addr(D0) }, .in = in, .out = out
	};
	unsigned dave = world_stranger(&w, "Dave");
	struct signal s = update(M0);

	ck_assert_int_eq(core_peer_add(w.host[SERVER].core, &at_server, w.now), 0);
	w.host[dave].peer = (struct core_peer){
		.name = "server", .n_addr = 1, .addr = { world_addr(S0) }, .in = out, .out = in
	};
	world_renew(&w, dave);
	name(&s, D0);
	say(&s);
	ck_assert_int_eq(world_foreign(&w, SERVER, D0)->state, ADDR_TENTATIVE);
	world_up(&w, dave, D0);
	world_connect(&w, dave, D0, SERVER, S0, 4000);
	world_run(&w, 20 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, D0)->state, ADDR_ACTIVE);
	ck_assert_str_eq(world_foreign(&w, SERVER, D0)->hce->name, "dave");
}
END_TEST

START_TEST(x7_who_only_claims_an_address_has_none_to_be_told_at)
{
	struct signal s = update(M0);
	struct hce *h = world_foreign(&w, SERVER, M0)->hce;
	struct foreign_addr *fa;
	uint32_t id = h->id;

	/* All its addresses are deleted and run out; a claim keeps the entry. */
	s.bu[0].lifetime = 0;
	name(&s, M0);
	say(&s);
	DL_FOREACH(h->addrs, fa)
		fa->expires = w.now;
	s = update(A0);
	s.bu[0].names_source = true;
	say(&s);
	ck_assert_uint_eq(count(COUNT_CONFLICTS), 1);
	core_tick(w.host[SERVER].core, w.now);
	world_collect(&w);
	h = core_entry(w.host[SERVER].core, id);
	ck_assert_ptr_nonnull(h);
	ck_assert_ptr_null(h->addrs);
	h->pair.foreign = in6addr_any;
	world_up(&w, SERVER, S1);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, SERVER, A0)->state, ADDR_ACTIVE);
}
END_TEST

START_TEST(x4_keys_are_renewed_between_proven_addresses_only)
{
	struct signal s = { .src = world_addr(_i ? M0 : "2001:db8:5::5"), .dst = world_addr(S0),
			    .has_aap = true };
	unsigned sends = w.host[SERVER].sends;

	s.aap.kind = AAP_INIT;
	s.aap.init.spi = 0x5000;
	memset(s.aap.init.share, 9, sizeof(s.aap.init.share));
	say(&s);
	ck_assert_uint_eq(w.host[SERVER].sends, sends + _i);
	ck_assert_uint_eq(count(COUNT_AAP_REFUSED), 1 - _i);
}
END_TEST

START_TEST(a3_an_address_that_was_never_proven_is_not_kept)
{
	struct signal s = update(M0);

	name(&s, X0);
	s.bu[0].lifetime = _i ? 600 : 5;
	say(&s);
	ck_assert_int_eq(world_foreign(&w, SERVER, X0)->state, ADDR_TENTATIVE);
	if (_i) {
		s = update(M0);
		name(&s, X0);
		s.bu[0].lifetime = 0;
		say(&s);
		/* data sent after a Response may be on its way */
		ck_assert_int_eq(world_foreign(&w, SERVER, X0)->state, ADDR_TENTATIVE);
		world_run(&w, 5 * USEC_PER_SEC);
		s.bu[0].seq++;
		say(&s);
	}
	world_run(&w, 6 * USEC_PER_SEC);
	ck_assert_ptr_null(world_foreign(&w, SERVER, X0));
}
END_TEST

/* The Confirm that made Mallory's SA. */
static struct action confirm;

static void keep_confirm(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct signal s;

	if (signal_parse(p->send.send.packet, p->send.send.len, &s) == 0 && s.has_aap &&
	    s.aap.kind == AAP_CONFIRM)
		confirm = p->send;
}

START_TEST(x4_a_confirm_is_not_taken_again_however_many_sas_have_ended_since)
{
	struct core *c = w.host[SERVER].core;
	unsigned x = world_stranger(&w, "Xavier");

	w.tap = keep_confirm;
	world_up(&w, x, X0);
	world_connect(&w, x, X0, SERVER, S0, 3000);
	world_run(&w, USEC_PER_SEC);
	w.tap = NULL;
	ck_assert_uint_gt(confirm.send.len, 0);
	core_packet(c, confirm.send.packet, confirm.send.len, w.now);
	ck_assert_uint_eq(count(COUNT_REPLAYED), 1);

	uint64_t made = count(COUNT_AAP_CONFIRMED);

	hce_destroy(c, world_foreign(&w, SERVER, X0)->hce, w.now);
	for (uint32_t i = 1; i <= (uint32_t)_i * REVOKED_MAX; i++) {
		struct hce *h = hce_create(c, NULL, &in6addr_any, false, w.now);

		ck_assert_ptr_nonnull(peer_make_anonymous(c, h, &(struct sa_half){ .spi = i },
							  &(struct sa_half){ .spi = i }, w.now));
		hce_destroy(c, h, w.now);
	}
	world_collect(&w);
	core_packet(c, confirm.send.packet, confirm.send.len, w.now);
	ck_assert_uint_eq(count(COUNT_AAP_CONFIRMED), made);
	ck_assert_uint_eq(count(COUNT_AAP_REFUSED), 1);
}
END_TEST

START_TEST(x8_a_peer_cannot_have_many_packets_sent_to_addresses_of_its_choice)
{
	unsigned sends = w.host[SERVER].sends;

	for (unsigned round = 0; round < 20; round++) {
		struct signal s = update(M0);

		s.bu[0].names_source = true;
		for (unsigned i = 0; i < 12; i++) {
			struct in6_addr a = world_addr("2001:db8:bad::");

			a.s6_addr[14] = (uint8_t)round;
			a.s6_addr[15] = (uint8_t)(i + 1);
			s.bu[0].addr[s.bu[0].n_addr++] = a;
		}
		say(&s);
	}
	/* an Acknowledgement for each update, and sixteen Challenges */
	ck_assert_uint_le(w.host[SERVER].sends - sends, 20 + 16);
	sends = w.host[SERVER].sends;
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_uint_le(w.host[SERVER].sends - sends, 10 * 4 + 4);
}
END_TEST

static bool withdraws(const uint8_t *pkt, size_t len)
{
	uint64_t packets = count(COUNT_PACKETS);
	bool yes = core_packet_withdraws(w.host[SERVER].core, pkt, len);
	struct action a;

	ck_assert_uint_eq(count(COUNT_PACKETS), packets);	/* it is only asked */
	ck_assert(!core_next_action(w.host[SERVER].core, &a));
	return yes;
}

/* The helper looks for connections ahead of what takes an address away: strangers must not ask. */
START_TEST(x1_only_its_owner_withdraws_an_address)
{
	uint8_t pkt[SIGNAL_MTU];
	struct signal s = update(M0);
	size_t len;

	name(&s, M0);
	len = build(&s, pkt);
	ck_assert(!withdraws(pkt, len));	/* it is announced */
	s = update(M0);
	s.bu[0].lifetime = 0;
	name(&s, A0);
	len = build(&s, pkt);
	ck_assert(!withdraws(pkt, len));	/* it is Alice's */
	s = update(M0);
	s.bu[0].lifetime = 0;
	name(&s, M0);
	len = build(&s, pkt);
	pkt[len - 1] ^= 1;
	ck_assert(!withdraws(pkt, len));	/* wrong ICV */
	pkt[len - 1] ^= 1;
	for (size_t n = 0; n < len; n++)
		ck_assert(!withdraws(pkt, n));
	ck_assert(withdraws(pkt, len));
	core_packet(w.host[SERVER].core, pkt, len, w.now);
	world_collect(&w);
	ck_assert_int_eq(world_foreign(&w, SERVER, M0)->state, ADDR_DEPRECATED);
	ck_assert(!withdraws(pkt, len));	/* again */
	s.has_ah = false;
	len = (size_t)signal_build(&s, 0, pkt, sizeof(pkt));
	ck_assert(!withdraws(pkt, len));	/* without AH */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hostile");
	TCase *tc = tcase_create("peers");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, r5_nothing_is_answered_to_an_address_that_cannot_be_anybodys, 0, 5);
	tcase_add_loop_test(tc, x1_a_peer_that_is_taken_out_and_put_in_again_has_its_numbers, 0, 2);
	tcase_add_loop_test(tc, r5_who_asks_for_a_home_agent_is_told_that_this_is_none, 0, 2);
	tcase_add_test(tc, b10_what_is_rejected_is_repeated_ever_more_seldom);
	tcase_add_test(tc, a3_nothing_is_answered_to_an_address_of_the_host_itself);
	tcase_add_test(tc, x6_who_comes_to_an_address_a_squatter_named_gets_it);
	tcase_add_test(tc, x6_who_has_no_entry_yet_may_claim_a_squatted_address_too);
	tcase_add_test(tc, x7_who_only_claims_an_address_has_none_to_be_told_at);
	tcase_add_loop_test(tc, x4_keys_are_renewed_between_proven_addresses_only, 0, 2);
	tcase_add_loop_test(tc, a3_an_address_that_was_never_proven_is_not_kept, 0, 2);
	tcase_add_loop_test(tc, x4_a_confirm_is_not_taken_again_however_many_sas_have_ended_since,
			    0, 2);
	tcase_add_test(tc, x1_only_its_owner_withdraws_an_address);
	tcase_add_test(tc, x8_a_peer_cannot_have_many_packets_sent_to_addresses_of_its_choice);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
