/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core, two hosts at a time: the draft's exchanges from the first Binding Update to the last
 * move.
 */
#include "core.h"
#include "acquainted.h"
#include "addr.h"
#include "suite.h"
#include "unused.h"

#include <errno.h>
#include <string.h>
#include <utlist.h>

START_TEST(c4_no_entry_is_made_by_who_only_answers)
{
	struct pcb q = { .cookie = 7, .local = world_addr(S0), .foreign = world_addr(C0),
			 .lport = 80, .fport = 1, .proto = IPPROTO_TCP, .origin = PCB_ACCEPT,
			 .established = true };

	ck_assert_int_eq(core_pcb_open(w.host[SERVER].core, &q, w.now), 0);
	ck_assert_ptr_null(core_entries(w.host[SERVER].core));
}
END_TEST

START_TEST(b1_nothing_is_sent_before_the_peer_replied)
{
	struct pcb p = { .cookie = 7, .local = world_addr(C0), .foreign = world_addr(S0),
			 .lport = 1, .fport = 80, .proto = IPPROTO_TCP, .origin = PCB_CONNECT };

	ck_assert_int_eq(core_pcb_open(w.host[CLIENT].core, &p, w.now), 0);
	world_collect(&w);
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].sends, 0);
	core_pcb_established(w.host[CLIENT].core, 7, w.now);
	world_collect(&w);
	ck_assert_uint_eq(w.host[CLIENT].sends, 1);
}
END_TEST

START_TEST(b3_the_initial_bu_has_its_source_as_home_address_and_homeless_support)
{
	struct signal s;
	const struct action *a = &w.host[CLIENT].last_send;

	world_up(&w, CLIENT, C1);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	ck_assert_int_eq(signal_parse(a->send.packet, a->send.len, &s), 0);
	ck_assert(s.has_home && addr_equal(&s.home, &s.src) && s.has_ah);
	ck_assert_uint_eq(s.n_bu, 1);
	ck_assert(s.bu[0].homeless && (s.bu[0].flags & BU_ACK) && s.bu[0].names_source);
	ck_assert_uint_eq(s.bu[0].n_addr, 1);
	struct in6_addr c1 = world_addr(C1);
	ck_assert(addr_equal(&s.bu[0].addr[0], &c1));
}
END_TEST

START_TEST(a1_both_initial_bus_make_both_hosts_homeless_and_all_addresses_active)
{
	world_up(&w, CLIENT, C1);
	world_up(&w, SERVER, S1);
	acquaint();
	ck_assert_int_eq(entry(CLIENT)->status, PEER_HOMELESS);
	ck_assert_int_eq(entry(SERVER)->status, PEER_HOMELESS);
	ck_assert(entry(SERVER)->trusted);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	assert_state(SERVER, C1, ADDR_ACTIVE);
	assert_state(CLIENT, S0, ADDR_ACTIVE);
	assert_state(CLIENT, S1, ADDR_ACTIVE);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->kind, LIFETIME_ABSOLUTE);	/* C7 */
	assert_pair(CLIENT, C0, S0);
	assert_pair(SERVER, S0, C0);
	ck_assert_uint_eq(w.host[CLIENT].events[EVENT_SWITCHED], 0);
	ck_assert_uint_eq(count(CLIENT, COUNT_UNEXPECTED_BA) + count(SERVER, COUNT_UNEXPECTED_BA),
			  0);
}
END_TEST

START_TEST(x5_only_a_response_makes_an_address_active)
{
	world_up(&w, CLIENT, C1);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, w.delay);
	assert_state(SERVER, C0, ADDR_TENTATIVE);
	assert_state(SERVER, C1, ADDR_TENTATIVE);
	world_run(&w, 2 * w.delay);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	assert_state(SERVER, C1, ADDR_ACTIVE);
}
END_TEST

START_TEST(b6_a_lost_address_moves_connections_to_an_announced_one_at_once)
{
	world_up(&w, CLIENT, C1);
	acquaint();
	world_down(&w, CLIENT, C0);
	assert_pair(CLIENT, C1, S0);
	ck_assert_uint_eq(w.host[CLIENT].kicks > 0, 1);
	world_run(&w, w.delay);
	assert_pair(SERVER, S0, C1);
	assert_state(SERVER, C0, ADDR_DEPRECATED);
}
END_TEST

/* The client's last switch was to that source and reported that loss, 0: none. */
static void assert_switch(const char *local, usec_t lost)
{
	const struct action *a = &w.host[CLIENT].last_switch;
	struct in6_addr l = world_addr(local);

	ck_assert_str_eq(addr_text(&a->event.local).s, addr_text(&l).s);
	ck_assert_uint_eq(a->event.lost, lost);
}

static void prefer(const char *addr)
{
	struct in6_addr a = world_addr(addr);

	ck_assert_int_eq(core_prefer(w.host[CLIENT].core, &a, 0, w.now), 0);
	world_collect(&w);
}

static struct in6_addr first_source;

static void note_first_source(struct world *world UNUSED, const struct packet_in_flight *p)
{
	if (IN6_IS_ADDR_UNSPECIFIED(&first_source))
		first_source = p->send.send.src;
}

/* The peer has acknowledged none of them: no data may have it as a source yet, signalling must. */
START_TEST(s1_signalling_too_leaves_from_what_an_administrator_prefers)
{
	struct in6_addr c2 = world_addr(C2);

	acquaint();
	w.lose = lose_all;
	world_up(&w, CLIENT, C1);
	world_up(&w, CLIENT, C2);
	prefer(C2);
	w.tap = note_first_source;
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	ck_assert_str_eq(addr_text(&first_source).s, addr_text(&c2).s);
}
END_TEST

START_TEST(b6_a_switch_reports_the_loss_that_caused_it_and_no_older_one)
{
	usec_t lost;

	world_up(&w, CLIENT, C1);
	acquaint();
	lost = w.now;
	world_down(&w, CLIENT, C0);
	assert_switch(C1, lost);

	/* On purpose, and back to an address whose loss was reported. */
	world_run(&w, 10 * USEC_PER_SEC);
	world_up(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	prefer(C0);
	assert_switch(C0, 0);

	/* The switch comes later, and its loss is the latest of two. */
	lost = w.now;
	world_down(&w, CLIENT, C0);
	assert_switch(C1, lost);
	world_run(&w, USEC_PER_SEC);
	lost = w.now;
	world_down(&w, CLIENT, C1);
	world_run(&w, 5 * USEC_PER_SEC);
	world_up(&w, CLIENT, C2);
	world_run(&w, 2 * w.delay);
	assert_switch(C2, lost);

	/* An address that came back is not lost any more. */
	world_down(&w, CLIENT, C2);
	world_run(&w, USEC_PER_SEC);
	world_up(&w, CLIENT, C2);
	world_up(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	prefer(C1);
	assert_switch(C1, 0);
}
END_TEST

START_TEST(b7_a_fresh_address_takes_one_and_a_half_round_trips)
{
	struct signal s;
	struct in6_addr c0 = world_addr(C0);
	const struct action *a = &w.host[CLIENT].last_send;

	acquaint();
	world_down(&w, CLIENT, C0);
	world_run(&w, 5 * USEC_PER_SEC);
	unsigned kicks = w.host[SERVER].kicks, mine = w.host[CLIENT].kicks;
	world_up(&w, CLIENT, C1);
	ck_assert_int_eq(signal_parse(a->send.packet, a->send.len, &s), 0);
	ck_assert(s.has_home && addr_equal(&s.home, &c0));
	ck_assert_uint_eq(s.n_bu, 2);		/* one adds, one deletes */
	world_run(&w, 2 * w.delay);
	assert_pair(CLIENT, C1, S0);		/* the Response is on its way */
	assert_state(SERVER, C1, ADDR_TENTATIVE);
	ck_assert_uint_eq(w.host[CLIENT].kicks, mine);
	world_run(&w, w.delay);
	assert_state(SERVER, C1, ADDR_ACTIVE);
	assert_state(SERVER, C0, ADDR_DEPRECATED);
	assert_pair(SERVER, S0, C1);
	ck_assert_uint_eq(w.host[SERVER].kicks, kicks + 1);
	world_run(&w, w.delay);
	ck_assert_uint_eq(w.host[CLIENT].kicks, mine + 1);
}
END_TEST

START_TEST(a1_the_server_may_move_too)
{
	acquaint();
	world_down(&w, SERVER, S0);
	world_up(&w, SERVER, S1);
	world_run(&w, USEC_PER_SEC);
	assert_pair(SERVER, S1, C0);
	assert_pair(CLIENT, C0, S1);
}
END_TEST

START_TEST(a1_both_ends_move_in_turn_twenty_times)
{
	static const char *const c[] = { C0, C1 }, *const s[] = { S0, S1 };

	acquaint();
	for (unsigned i = 0; i < 20; i++) {
		world_down(&w, CLIENT, c[i % 2]);
		world_run(&w, 2 * USEC_PER_SEC);
		world_up(&w, CLIENT, c[(i + 1) % 2]);
		world_run(&w, 2 * USEC_PER_SEC);
		assert_pair(CLIENT, c[(i + 1) % 2], s[i % 2]);
		assert_pair(SERVER, s[i % 2], c[(i + 1) % 2]);
		world_up(&w, SERVER, s[(i + 1) % 2]);
		world_run(&w, 2 * USEC_PER_SEC);
		world_down(&w, SERVER, s[i % 2]);
		world_run(&w, 2 * USEC_PER_SEC);
		assert_pair(CLIENT, c[(i + 1) % 2], s[(i + 1) % 2]);
		assert_pair(SERVER, s[(i + 1) % 2], c[(i + 1) % 2]);
	}
}
END_TEST

START_TEST(b13_an_address_that_comes_back_after_an_outage_needs_no_new_pair)
{
	acquaint();
	world_down(&w, CLIENT, C0);
	world_run(&w, 30 * USEC_PER_SEC);
	unsigned kicks = w.host[SERVER].kicks;
	world_up(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(CLIENT, C0, S0);
	assert_pair(SERVER, S0, C0);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	ck_assert_uint_gt(w.host[CLIENT].kicks, 0);
	ck_assert_uint_gt(w.host[SERVER].kicks, kicks);
}
END_TEST

START_TEST(c3_an_address_that_flaps_ends_where_it_began)
{
	struct in6_addr c0 = world_addr(C0);

	world_up(&w, CLIENT, C1);
	acquaint();
	core_routed(w.host[CLIENT].core, entry(CLIENT)->id, &c0, w.now);
	for (unsigned i = 0; i < 10; i++) {
		world_down(&w, CLIENT, C0);
		world_run(&w, 300 * USEC_PER_MSEC);
		world_up(&w, CLIENT, C0);
		world_run(&w, 300 * USEC_PER_MSEC);
	}
	world_run(&w, 70 * USEC_PER_SEC);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	assert_state(SERVER, C1, ADDR_ACTIVE);
	assert_pair(CLIENT, C0, S0);
	/* the first data the client sends moves the server back, too */
	core_followed(w.host[SERVER].core, entry(SERVER)->id, &c0, entry(SERVER)->pair.gen + 1,
		      w.now);
	world_collect(&w);
	assert_pair(SERVER, S0, C0);
}
END_TEST

START_TEST(c11_routes_of_others_do_not_move_what_a_policy_rule_sends_its_own_way)
{
	struct in6_addr c1 = world_addr(C1);
	struct core *c = w.host[CLIENT].core;

	world_up(&w, CLIENT, C1);
	acquaint();
	world_run(&w, 10 * USEC_PER_SEC);
	core_policy_routed(c, entry(CLIENT)->id, true, w.now);
	core_routed(c, entry(CLIENT)->id, &c1, w.now);
	world_collect(&w);
	assert_pair(CLIENT, C0, S0);
	if (_i) {
		core_policy_routed(c, entry(CLIENT)->id, false, w.now);
		world_collect(&w);
	} else {
		world_down(&w, CLIENT, C0);
	}
	assert_pair(CLIENT, C1, S0);
}
END_TEST

/* The source that the client's packets of a connection have. */
static void assert_source(uint64_t cookie, const char *addr)
{
	struct in6_addr want = world_addr(addr), l;

	pcb_wire_pair(core_pcb(w.host[CLIENT].core, cookie), &l, NULL);
	ck_assert_mem_eq(&l, &want, sizeof(l));
}

/*
 * One connection may leave from C1 only, and waits when that is lost. All with its peer go there
 * when it is back, unless rules allow the connection another by then.
 */
START_TEST(s1_what_a_policy_rule_forbids_waits_for_its_own_link)
{
	struct in6_addr c0 = world_addr(C0);
	struct core *c = w.host[CLIENT].core;
	uint64_t cookie;

	world_up(&w, CLIENT, C1);
	acquaint();
	cookie = world_connect(&w, CLIENT, C1, SERVER, S0, 2000);
	core_policy_routed(c, entry(CLIENT)->id, true, w.now);
	world_run(&w, 10 * USEC_PER_SEC);
	world_down(&w, CLIENT, C1);
	assert_source(cookie, C0);
	core_policy_forbids(c, cookie, true, w.now);
	core_policy_bars(c, entry(CLIENT)->id, &c0, true, w.now);
	assert_source(cookie, C1);
	world_run(&w, 10 * USEC_PER_SEC);
	assert_source(cookie, C1);
	assert_pair(CLIENT, C0, S0);
	ck_assert_str_eq(pcb_reason(core_pcb(c, cookie)), "policy-forbids");
	if (_i) {
		core_policy_forbids(c, cookie, false, w.now);
		core_policy_bars(c, entry(CLIENT)->id, &c0, false, w.now);
		world_collect(&w);
		assert_source(cookie, C0);
	} else {
		world_up(&w, CLIENT, C1);
		world_run(&w, USEC_PER_SEC);
		assert_pair(CLIENT, C1, S0);
		core_policy_forbids(c, cookie, false, w.now);
		assert_source(cookie, C1);
		world_run(&w, 10 * USEC_PER_SEC);
		assert_pair(CLIENT, C1, S0);
	}
	ck_assert_str_eq(pcb_reason(core_pcb(c, cookie)), "policy-rule");
}
END_TEST

static bool remembers(unsigned side, const struct in6_addr *addr)
{
	struct local_addr *all = core_locals(w.host[side].core), *l;

	HASH_FIND(hh, all, addr, sizeof(*addr), l);
	return l && !l->usable;
}

START_TEST(c9_a_lost_address_is_remembered_as_long_as_peers_do)
{
	struct in6_addr c1 = world_addr(C1);

	world_up(&w, CLIENT, C1);
	world_down(&w, CLIENT, C1);
	world_run(&w, 1799 * USEC_PER_SEC);
	ck_assert(remembers(CLIENT, &c1));
	world_run(&w, 2 * USEC_PER_SEC);
	ck_assert(!remembers(CLIENT, &c1));
	ck_assert_uint_eq(HASH_COUNT(core_locals(w.host[CLIENT].core)), 1);
}
END_TEST

START_TEST(c9_of_too_many_lost_addresses_the_oldest_is_forgotten)
{
	struct core *c = w.host[CLIENT].core;
	struct in6_addr a = world_addr(C1), first;

	for (unsigned i = 0; i < 300; i++) {
		a.s6_addr[9] = i >> 8;
		a.s6_addr[10] = i;
		if (!i)
			first = a;
		core_local_up(c, &a, 1, USEC_NEVER, w.now + i);
		core_local_down(c, &a, w.now + i);
	}
	world_collect(&w);
	ck_assert(remembers(CLIENT, &a));
	ck_assert(!remembers(CLIENT, &first));
	ck_assert_uint_eq(HASH_COUNT(core_locals(c)), 1 + LOST_MAX);
}
END_TEST

START_TEST(s6_moved_connections_are_told_when_nothing_but_deprecated_addresses_is_left)
{
	acquaint();
	world_up(&w, CLIENT, C1);
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
	assert_pair(SERVER, S0, C1);
	w.lose = lose_all;
	ck_assert_uint_eq(w.host[SERVER].unreachable, 0);
	world_run(&w, 605 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[SERVER].unreachable, 1);
}
END_TEST

START_TEST(c9_an_unrefreshed_address_is_deprecated_then_gone_and_the_entry_with_it)
{
	uint64_t cookie = world_connect(&w, CLIENT, C0, SERVER, S0, 1000);

	world_run(&w, USEC_PER_SEC);
	w.lose = lose_all;
	core_pcb_close(w.host[SERVER].core, cookie, w.now);
	world_run(&w, 601 * USEC_PER_SEC);
	assert_state(SERVER, C0, ADDR_DEPRECATED);
	world_run(&w, 1801 * USEC_PER_SEC);
	ck_assert_ptr_null(core_entries(w.host[SERVER].core));
}
END_TEST

START_TEST(c10_an_entry_stays_while_a_connection_refers_to_it)
{
	acquaint();
	w.lose = lose_all;
	world_run(&w, 3000 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(core_entries(w.host[SERVER].core));
	ck_assert_ptr_null(world_foreign(&w, SERVER, C0));
}
END_TEST

/* Hands the server the client's last packet, changed by fn. */
static void forge(void (*fn)(struct action *a))
{
	struct action a = w.host[CLIENT].last_send;

	fn(&a);
	core_packet(w.host[SERVER].core, a.send.packet, a.send.len, w.now);
	world_collect(&w);
}

static void as_it_is(struct action *a UNUSED)
{
}

static void flip_icv(struct action *a)
{
	a->send.packet[a->send.len - 1] ^= 1;
}

static void cut(struct action *a)
{
	a->send.len -= 8;
}

static void other_spi(struct action *a)
{
	struct ah_header ah;

	ck_assert_int_eq(ah_find(a->send.packet, a->send.len, &ah), 0);
	a->send.packet[ah.offset + 4] ^= 0x40;
}

START_TEST(r4_signalling_that_is_not_right_changes_nothing_and_is_counted)
{
	static const struct {
		void (*fn)(struct action *a);
		enum core_counter counter;
	} row[] = {
		{ as_it_is, COUNT_REPLAYED },
		{ flip_icv, COUNT_BAD_ICV },
		{ cut, COUNT_MALFORMED },
		{ other_spi, COUNT_UNKNOWN_SPI },
	};

	acquaint();
	world_up(&w, CLIENT, C1);
	if (row[_i].counter != COUNT_REPLAYED)
		w.n_flight = 0;		/* the original is lost, the forged one arrives */
	world_run(&w, row[_i].counter == COUNT_REPLAYED ? USEC_PER_SEC : 0);
	unsigned switched = w.host[SERVER].events[EVENT_FOREIGN_STATE];
	uint64_t before = count(SERVER, row[_i].counter);
	forge(row[_i].fn);
	ck_assert_uint_eq(count(SERVER, row[_i].counter), before + 1);
	ck_assert_uint_eq(w.host[SERVER].events[EVENT_FOREIGN_STATE], switched);
}
END_TEST

START_TEST(x7_a_peer_cannot_touch_what_belongs_to_another)
{
	struct core_peer third = {
		.name = "third", .n_addr = 1, .addr = { world_addr("2001:db8:3::3") },
		.in = { .spi = 0x2001, .key = { .alg = AH_HMAC_SHA1_96, .len = 20 } },
		.out = { .spi = 0x2002, .key = { .alg = AH_HMAC_SHA1_96, .len = 20 } }
	};
	struct signal s = { .src = world_addr("2001:db8:3::3"), .dst = world_addr(S0),
			    .has_ah = true, .spi = 0x2001, .ah_seq = 1, .n_bu = 1 };
	uint8_t pkt[SIGNAL_MTU];

	acquaint();
	ck_assert_int_eq(core_peer_add(w.host[SERVER].core, &third, w.now), 0);
	s.bu[0] = (struct binding_update){ .flags = BU_ACK, .seq = 1, .lifetime = _i ? 600 : 0,
					   .n_addr = 1, .addr = { world_addr(C0) } };
	int len = signal_build(&s, 12, pkt, sizeof(pkt));
	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(ah_sign(pkt, (size_t)len, &third.in.key), 0);
	core_packet(w.host[SERVER].core, pkt, (size_t)len, w.now);
	world_collect(&w);
	/*
	 * What its owner gave up may have another owner by now, so to give it up is no offence; it
	 * just has no effect.
	 */
	ck_assert_uint_eq(count(SERVER, COUNT_WRONG_ENTRY), _i);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	ck_assert_str_eq(world_foreign(&w, SERVER, C0)->hce->name, "client");
}
END_TEST

/* What the core says of the connection from that port, and told the datapath last. */
static bool is_shared(unsigned host, uint16_t lport)
{
	bool shared = false, told = false;
	struct action a;

	for (const struct pcb *p = core_pcbs(w.host[host].core); p; p = p->hh.next)
		if (p->lport == lport)
			shared = p->ports_clash;
	while (core_next_action(w.host[host].core, &a))
		if (a.type == ACTION_PCB && a.pcb.lport == lport)
			told = a.pcb.ports_clash;
	ck_assert(shared == told);
	return shared;
}

START_TEST(r3_ports_are_unique_within_an_entry)
{
	world_up(&w, CLIENT, C1);
	acquaint();
	struct pcb p = { .cookie = 77, .local = world_addr(C1), .foreign = world_addr(S0),
			 .lport = 1000, .fport = 80, .proto = IPPROTO_TCP, .origin = PCB_CONNECT,
			 .established = true };

	ck_assert_int_eq(core_pcb_open(w.host[CLIENT].core, &p, w.now), -EEXIST);
	ck_assert_uint_eq(count(CLIENT, COUNT_PCB_CLASH), 1);
	/* The datapath is told to look twice at what bears these ports. */
	ck_assert(is_shared(CLIENT, 1000));
	p.lport = 1001;
	ck_assert_int_eq(core_pcb_open(w.host[CLIENT].core, &p, w.now), 0);
	ck_assert(!is_shared(CLIENT, 1001));
}
END_TEST

START_TEST(c11_a_new_connection_keeps_its_birth_pair_until_the_next_move)
{
	world_up(&w, CLIENT, C1);
	acquaint();
	world_connect(&w, CLIENT, C1, SERVER, S0, 1001);
	struct pcb *p;
	unsigned pinned = 0;

	for (p = core_pcbs(w.host[CLIENT].core); p; p = p->hh.next)
		pinned += p->gen == entry(CLIENT)->pair.gen;
	ck_assert_uint_eq(pinned, 2);
	uint32_t gen = entry(CLIENT)->pair.gen;
	world_down(&w, CLIENT, C1);
	ck_assert_uint_eq(entry(CLIENT)->pair.gen, gen + 1);
	assert_pair(CLIENT, C0, S0);
}
END_TEST

START_TEST(a_preferred_address_is_moved_to_and_the_peer_follows)
{
	struct in6_addr c1 = world_addr(C1), nobody = world_addr("2001:db8:99::1");

	world_up(&w, CLIENT, C1);
	acquaint();
	ck_assert_int_eq(core_prefer(w.host[CLIENT].core, &nobody, 0, w.now), -EADDRNOTAVAIL);
	ck_assert_int_eq(core_prefer(w.host[CLIENT].core, &c1, 0, w.now), 0);
	world_collect(&w);
	assert_pair(CLIENT, C1, S0);
}
END_TEST

START_TEST(a_server_that_lost_its_memory_learns_everything_again)
{
	world_up(&w, CLIENT, C1);
	world_up(&w, SERVER, S1);
	acquaint();
	world_renew(&w, SERVER);
	world_up(&w, SERVER, S0);
	world_run(&w, 700 * USEC_PER_SEC);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	assert_state(SERVER, C1, ADDR_ACTIVE);
	ck_assert_int_eq(entry(SERVER)->status, PEER_HOMELESS);
}
END_TEST

/* Its peer has been busy: what it has to say anew waits for its turn (B10). */
START_TEST(b4_a_server_that_lost_its_memory_hears_that_its_peer_is_homeless)
{
	unsigned seed = (unsigned)_i, renew_at = 12 + (unsigned)_i % 13;

	world_up(&w, CLIENT, C1);
	acquaint();
	for (unsigned i = 0; i < 30; i++) {
		if (i == renew_at) {
			world_renew(&w, SERVER);
			world_up(&w, SERVER, S0);
		}
		seed = seed * 1103515245 + 12345;
		(i % 2 ? world_up : world_down)(&w, CLIENT, C1);
		world_run(&w, (seed >> 16) % 400 * USEC_PER_MSEC);
	}
	world_run(&w, 700 * USEC_PER_SEC);
	ck_assert_int_eq(entry(SERVER)->status, PEER_HOMELESS);
	ck_assert_int_eq(entry(CLIENT)->status, PEER_HOMELESS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("core");
	TCase *tc = tcase_create("two hosts");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, c4_no_entry_is_made_by_who_only_answers);
	tcase_add_test(tc, b1_nothing_is_sent_before_the_peer_replied);
	tcase_add_test(tc, b3_the_initial_bu_has_its_source_as_home_address_and_homeless_support);
	tcase_add_test(tc, a1_both_initial_bus_make_both_hosts_homeless_and_all_addresses_active);
	tcase_add_test(tc, x5_only_a_response_makes_an_address_active);
	tcase_add_test(tc, b6_a_lost_address_moves_connections_to_an_announced_one_at_once);
	tcase_add_test(tc, s1_signalling_too_leaves_from_what_an_administrator_prefers);
	tcase_add_test(tc, b6_a_switch_reports_the_loss_that_caused_it_and_no_older_one);
	tcase_add_test(tc, b7_a_fresh_address_takes_one_and_a_half_round_trips);
	tcase_add_test(tc, a1_the_server_may_move_too);
	tcase_add_test(tc, a1_both_ends_move_in_turn_twenty_times);
	tcase_add_test(tc, b13_an_address_that_comes_back_after_an_outage_needs_no_new_pair);
	tcase_add_test(tc, c3_an_address_that_flaps_ends_where_it_began);
	tcase_add_test(tc, c9_a_lost_address_is_remembered_as_long_as_peers_do);
	tcase_add_test(tc, c9_of_too_many_lost_addresses_the_oldest_is_forgotten);
	tcase_add_loop_test(tc,
			    c11_routes_of_others_do_not_move_what_a_policy_rule_sends_its_own_way,
			    0, 2);
	tcase_add_loop_test(tc, s1_what_a_policy_rule_forbids_waits_for_its_own_link, 0, 2);
	tcase_add_test(tc,
		s6_moved_connections_are_told_when_nothing_but_deprecated_addresses_is_left);
	tcase_add_test(tc, c9_an_unrefreshed_address_is_deprecated_then_gone_and_the_entry_with_it);
	tcase_add_test(tc, c10_an_entry_stays_while_a_connection_refers_to_it);
	tcase_add_loop_test(tc, r4_signalling_that_is_not_right_changes_nothing_and_is_counted, 0,
			    4);
	tcase_add_loop_test(tc, x7_a_peer_cannot_touch_what_belongs_to_another, 0, 2);
	tcase_add_test(tc, r3_ports_are_unique_within_an_entry);
	tcase_add_test(tc, c11_a_new_connection_keeps_its_birth_pair_until_the_next_move);
	tcase_add_test(tc, a_preferred_address_is_moved_to_and_the_peer_follows);
	tcase_add_test(tc, a_server_that_lost_its_memory_learns_everything_again);
	tcase_add_loop_test(tc, b4_a_server_that_lost_its_memory_hears_that_its_peer_is_homeless,
			    0, 300);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
