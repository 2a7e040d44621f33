/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose address is it? Mallory was on the path to a plain host for some seconds, and proved then
 * that its address F0 were his. He is elsewhere since, where he answers and signals as a peer does.
 * The client's later connections to F0 are not his to move.
 */
#include "core.h"
#include "model/entry.h"
#include "addr.h"
#include "suite.h"
#include "two_hosts.h"
#include "unmoved.h"
#include "unused.h"

#include <string.h>
#include <utlist.h>

#define F0		"2001:db8:f0::1"
#define M1		"2001:db8:f1::1"
#define M2		"2001:db8:f2::1"
#define MALLORY		2
#define LATER		4711		/* a connection that the client begins */

/* Mallory is not on the path any more: what is at F0 is a plain host, and silent. */
static bool lose_at_f0(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr f0 = world_addr(F0);

	return addr_equal(&p->send.send.src, &f0) || addr_equal(&p->send.send.dst, &f0);
}

static bool lose_at_s0(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr s0 = world_addr(S0);

	return addr_equal(&p->send.send.src, &s0) || addr_equal(&p->send.send.dst, &s0);
}

static void prefer(unsigned host, const char *addr)
{
	struct in6_addr a = world_addr(addr);

	ck_assert_int_eq(core_prefer(w.host[host].core, &a, 0, w.now), 0);
	world_collect(&w);
}

static enum addr_state state_of(unsigned host, const char *addr)
{
	const struct foreign_addr *fa = world_foreign(&w, host, addr);

	return fa ? fa->state : ADDR_TENTATIVE;
}

static void begin_with_mallory(void)
{
	begin_strangers();
	ck_assert_uint_eq(world_stranger(&w, "Mallory"), MALLORY);
	world_up(&w, MALLORY, F0);
	world_up(&w, MALLORY, M1);
	world_connect(&w, MALLORY, F0, CLIENT, C0, 1000);
	world_run(&w, 5 * USEC_PER_SEC);
	prefer(MALLORY, M1);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(state_of(CLIENT, F0), ADDR_ACTIVE);
	ck_assert_int_eq(state_of(CLIENT, M1), ADDR_ACTIVE);
	w.lose = lose_at_f0;
}

/* The client connects to host's address. The connection is established after a round trip. */
static struct pcb *begin_from(const char *from, const char *to)
{
	struct pcb p = { .cookie = LATER, .local = world_addr(from), .foreign = world_addr(to),
			 .lport = 3000, .fport = 80, .proto = IPPROTO_TCP, .origin = PCB_CONNECT };
	struct pcb *q;

	ck_assert_int_eq(core_pcb_open(w.host[CLIENT].core, &p, w.now), 0);
	world_collect(&w);
	q = connection(CLIENT, LATER);
	ck_assert_ptr_nonnull(q);
	return q;
}

static struct pcb *begin(const char *to)
{
	return begin_from(C0, to);
}

static void establish(void)
{
	core_pcb_established(w.host[CLIENT].core, LATER, w.now);
	world_collect(&w);
}

/* Whatever Mallory does now, the later connection stays as it was born. */
static void assert_out_of_reach(void)
{
	establish();
	prefer(MALLORY, M1);
	world_up(&w, MALLORY, M2);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, LATER), AS_BORN);
	prefer(MALLORY, M2);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, LATER), AS_BORN);
	world_down(&w, MALLORY, F0);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, LATER), AS_BORN);
	world_down(&w, MALLORY, M1);
	world_run(&w, 2000 * USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, LATER), AS_BORN);
}

/* X5: he renews F0 from elsewhere, for as long as he likes; it lives as long as was granted. */
START_TEST(x5_an_address_is_not_renewed_by_who_is_not_there)
{
	begin_with_mallory();
	world_run(&w, 900 * USEC_PER_SEC);
	ck_assert_int_eq(state_of(CLIENT, M1), ADDR_ACTIVE);
	ck_assert_int_ne(state_of(CLIENT, F0), ADDR_ACTIVE);
	ck_assert_ptr_null(begin(F0)->hce);
	assert_out_of_reach();
}
END_TEST

/* ... and in that time what begins there is not attached. connect() does not wait. */
START_TEST(x5_a_connection_is_attached_where_its_peer_is_proven)
{
	begin_with_mallory();
	world_run(&w, (_i ? 59 : 200) * USEC_PER_SEC);
	ck_assert_int_eq(state_of(CLIENT, F0), ADDR_ACTIVE);
	struct pcb *p = begin(F0);

	ck_assert_ptr_null(p->hce);
	ck_assert_str_eq(pcb_reason(p), "unproven");
	world_run(&w, 10 * USEC_PER_SEC);
	ck_assert_ptr_null(p->hce);
	assert_out_of_reach();
}
END_TEST

/* C4: he called, so the client has never asked for him. It asks for each connection, at once. */
START_TEST(x5_who_called_proves_each_address_when_it_is_connected_to)
{
	begin_with_mallory();
	struct pcb *p = begin(F0);

	ck_assert_ptr_null(p->hce);
	ck_assert_str_eq(pcb_reason(p), "unproven");
	assert_out_of_reach();
}
END_TEST

/* Host calls the client, without any connection. */
static void call(unsigned host, const char *from)
{
	struct in6_addr l = world_addr(from), f = world_addr(C0);
	uint32_t id;

	ck_assert_int_eq(core_meet(w.host[host].core, &l, &f, true, w.now, &id), 0);
	world_collect(&w);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(state_of(CLIENT, from), ADDR_ACTIVE);
}

/* From now on the client tells nobody but who is at F0 that it has C1. */
static void assert_not_told(struct world *world UNUSED, const struct packet_in_flight *p)
{
	const struct in6_addr c1 = world_addr(C1), f0 = world_addr(F0);
	struct signal s;

	if (p->from != CLIENT)
		return;
	ck_assert_int_eq(signal_parse(p->send.send.packet, p->send.send.len, &s), 0);
	ck_assert(!addr_equal(&s.src, &c1) || addr_equal(&s.dst, &f0));
	for (unsigned i = 0; i < s.n_bu; i++)
		for (unsigned k = 0; k < s.bu[i].n_addr; k++)
			ck_assert(!addr_equal(&s.bu[i].addr[k], &c1));
}

/* A connection to where he was once is no reason to tell him where this host is (X8). */
START_TEST(x8_who_called_learns_nothing_from_a_connection_with_who_is_there_now)
{
	begin_strangers();
	ck_assert_uint_eq(world_stranger(&w, "Mallory"), MALLORY);
	world_up(&w, MALLORY, F0);
	world_up(&w, MALLORY, M1);
	call(MALLORY, F0);
	w.lose = lose_at_f0;
	w.tap = assert_not_told;
	world_up(&w, CLIENT, C1);
	if (_i)		/* the client has moved, which he did not hear of */
		world_down(&w, CLIENT, C0);
	world_run(&w, 5 * USEC_PER_SEC);
	struct pcb *p = begin_from(_i ? C1 : C0, F0);

	establish();
	world_run(&w, 30 * USEC_PER_SEC);
	ck_assert(!p->hce || !world_foreign(&w, CLIENT, M1) ||
		  world_foreign(&w, CLIENT, M1)->hce != p->hce);
	ck_assert_int_eq(egress(CLIENT, LATER), AS_BORN);
}
END_TEST

/* Nor from datagrams that a program sends there. */
START_TEST(x8_who_called_learns_nothing_from_datagrams_to_who_is_there_now)
{
	struct pcb p = { .cookie = LATER, .local = world_addr(C0), .foreign = world_addr(F0) };

	begin_strangers();
	ck_assert_uint_eq(world_stranger(&w, "Mallory"), MALLORY);
	world_up(&w, MALLORY, F0);
	world_up(&w, MALLORY, M1);
	call(MALLORY, F0);
	w.lose = lose_at_f0;
	w.tap = assert_not_told;
	world_up(&w, CLIENT, C1);
	for (unsigned i = 0; i < 10; i++) {
		ck_assert_int_eq(core_datagram_sent(w.host[CLIENT].core, &p, w.now), 0);
		world_collect(&w);
		world_run(&w, 5 * USEC_PER_SEC);
	}
	ck_assert_uint_eq(world_foreign(&w, CLIENT, F0)->hce->n_sender, 0);
}
END_TEST

/* Somebody else's data keeps his entry as long as the address was granted to him at most. */
START_TEST(x8_data_from_where_he_was_is_no_conversation_with_him_for_long)
{
	const struct in6_addr f0 = world_addr(F0);

	begin_strangers();
	ck_assert_uint_eq(world_stranger(&w, "Mallory"), MALLORY);
	world_up(&w, MALLORY, F0);
	world_up(&w, MALLORY, M1);
	call(MALLORY, F0);
	w.lose = lose_at_f0;
	for (unsigned i = 0; i < 500; i++) {
		struct foreign_addr *fa = world_foreign(&w, CLIENT, F0);

		if (fa)
			core_heard(w.host[CLIENT].core, fa->hce->id, &f0, w.now);
		world_collect(&w);
		world_run(&w, 5 * USEC_PER_SEC);
	}
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
}
END_TEST

/* Who called and is still there has a connection, wherever this host has moved to meanwhile. */
START_TEST(x8_who_called_and_is_there_is_found_from_another_address)
{
	begin_strangers();
	call(SERVER, S0);
	world_up(&w, CLIENT, C1);
	if (_i)
		world_down(&w, CLIENT, C0);
	world_run(&w, 5 * USEC_PER_SEC);
	struct pcb *p = begin_from(C1, S0);

	establish();
	world_run(&w, 2 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(p->hce);
	ck_assert_int_eq(state_of(CLIENT, S0), ADDR_ACTIVE);
	ck_assert_int_eq(state_of(SERVER, C1), ADDR_ACTIVE);
	ck_assert_int_eq(egress(CLIENT, LATER), AS_BORN);
}
END_TEST

START_TEST(x5_who_called_and_is_there_has_the_connection_a_round_trip_later)
{
	begin_strangers();
	open_nth(0, C0, S0);
	world_run(&w, 3 * USEC_PER_SEC);
	open_by(1, SERVER, C0, S0);
	ck_assert_ptr_null(connection(SERVER, open_one[1])->hce);
	world_run(&w, 2 * w.delay);
	ck_assert_ptr_nonnull(connection(SERVER, open_one[1])->hce);
	ck_assert_ptr_nonnull(connection(CLIENT, open_one[1])->hce);
}
END_TEST

/*
 * C9: what begins at an address that its peer left goes elsewhere while it is known whose it was.
 */
START_TEST(x5_an_address_that_was_left_redirects_for_a_minute)
{
	begin_strangers();
	open_nth(0, C0, S0);
	world_run(&w, (_i ? 61 : 59) * USEC_PER_SEC);
	world_down(&w, SERVER, S0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(state_of(CLIENT, S0), ADDR_DEPRECATED);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->redirects_until > w.now, !_i);
	ck_assert_uint_eq(world_foreign(&w, SERVER, C0)->redirects_until, 0);
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_uint_eq(world_foreign(&w, CLIENT, S0)->redirects_until, 0);
}
END_TEST

/* ... not where who called says that it was there, */
START_TEST(x5_an_address_of_who_called_redirects_nothing)
{
	begin_with_mallory();
	world_down(&w, MALLORY, F0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(state_of(CLIENT, F0), ADDR_DEPRECATED);
	ck_assert_uint_eq(world_foreign(&w, CLIENT, F0)->redirects_until, 0);
}
END_TEST

/* ... and always where keys were configured. */
START_TEST(x5_an_address_of_a_configured_peer_redirects_until_it_is_forgotten)
{
	memset(open_one, 0, sizeof(open_one));
	world_init(&w);
	world_up(&w, SERVER, S1);
	open_nth(0, C0, S0);
	world_run(&w, 200 * USEC_PER_SEC);
	world_down(&w, SERVER, S0);
	world_run(&w, 200 * USEC_PER_SEC);
	ck_assert_int_eq(state_of(CLIENT, S0), ADDR_DEPRECATED);
	ck_assert_uint_eq(world_foreign(&w, CLIENT, S0)->redirects_until, USEC_NEVER);
}
END_TEST

/*
 * Mallory names S0, where he is not. The client's connection there begins before that is found out,
 * and has its entry as soon as it is.
 */
START_TEST(c4_an_address_that_another_named_is_met_when_it_is_free)
{
	begin_strangers();
	ck_assert_uint_eq(world_stranger(&w, "Mallory"), MALLORY);
	world_up(&w, MALLORY, M1);
	world_connect(&w, MALLORY, M1, CLIENT, C0, 1000);
	world_run(&w, 3 * USEC_PER_SEC);
	w.lose = lose_at_s0;
	world_up(&w, MALLORY, S0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->state, ADDR_TENTATIVE);
	open_nth(0, C0, S0);
	ck_assert_ptr_null(connection(CLIENT, open_one[0])->hce);
	world_down(&w, MALLORY, S0);
	w.lose = NULL;
	world_run(&w, 12 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(connection(CLIENT, open_one[0])->hce);
	ck_assert_int_eq(world_foreign(&w, CLIENT, S0)->state, ADDR_ACTIVE);
	ck_assert(hce_homeless(world_foreign(&w, CLIENT, S0)->hce));
}
END_TEST

/* What has nothing to hide notices a round trip at most. */
START_TEST(x5_who_is_there_is_asked_and_has_the_connection)
{
	begin_strangers();
	open_nth(0, C0, S0);
	world_run(&w, 30 * USEC_PER_SEC);
	open_nth(1, C0, S0);
	ck_assert_ptr_nonnull(connection(CLIENT, open_one[1])->hce);
	world_run(&w, 150 * USEC_PER_SEC);
	struct pcb *p = begin(S0);
	unsigned sends = w.host[CLIENT].sends;

	ck_assert_ptr_null(p->hce);
	establish();
	world_run(&w, 2 * w.delay);
	ck_assert_ptr_eq(p->hce, entry(CLIENT));
	ck_assert_uint_le(w.host[CLIENT].sends - sends, 2);
	open_nth(2, C0, S0);
	ck_assert_ptr_nonnull(connection(CLIENT, open_one[2])->hce);
	world_down(&w, CLIENT, C0);
	world_up(&w, CLIENT, C1);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, LATER), MOVED);
}
END_TEST

/* Others of this host to the same address, unmoved and answered, are as good as a proof. */
START_TEST(x5_an_address_that_answers_other_connections_is_not_asked)
{
	begin_strangers();
	open_nth(0, C0, S0);
	world_run(&w, 3 * USEC_PER_SEC);
	for (unsigned i = 0; i < 40; i++, world_run(&w, 5 * USEC_PER_SEC))
		heard(CLIENT, open_one[0], &server_addr[0]);
	unsigned sends = w.host[CLIENT].sends;

	ck_assert_ptr_nonnull(begin(S0)->hce);
	ck_assert_uint_eq(w.host[CLIENT].sends, sends);
}
END_TEST

/* C4: what the peer opens is attached as ever. */
START_TEST(x5_a_connection_that_the_peer_opens_needs_no_proof)
{
	begin_strangers();
	open_nth(0, C0, S0);
	world_run(&w, 100 * USEC_PER_SEC);
	open_by(1, CLIENT, C0, S0);
	ck_assert_ptr_nonnull(connection(SERVER, open_one[1])->hce);
}
END_TEST

/* A refresh is proven once, on the BA that answers it; addresses that are alive live on. */
START_TEST(x5_a_refresh_has_one_challenge_for_each_address)
{
	begin_strangers();
	open_nth(0, C0, S0);
	world_run(&w, 100 * USEC_PER_SEC);
	uint64_t asked = core_counter(w.host[CLIENT].core, COUNT_CHALLENGES);

	world_run(&w, 6000 * USEC_PER_SEC);
	asked = core_counter(w.host[CLIENT].core, COUNT_CHALLENGES) - asked;
	ck_assert_uint_ge(asked, 2 * 18);	/* two addresses, every 300 s */
	ck_assert_uint_le(asked, 2 * 22);
	ck_assert_int_eq(state_of(CLIENT, S0), ADDR_ACTIVE);
	ck_assert_int_eq(state_of(CLIENT, S1), ADDR_ACTIVE);
	ck_assert_int_eq(state_of(SERVER, C0), ADDR_ACTIVE);
	ck_assert_uint_eq(w.host[CLIENT].events[EVENT_PATH], 0);
	ck_assert_uint_eq(w.host[SERVER].events[EVENT_PATH], 0);
}
END_TEST

/* C12: nothing is granted for longer than an hour, and the BA says what is. */
START_TEST(c7_no_lifetime_is_granted_for_longer_than_an_hour)
{
	struct core_config config = core_config_default;
	struct foreign_addr *fa;

	begin_strangers();
	config.binding_lifetime = _i ? SIGNAL_INFINITE : 7200;
	core_reconfigure(w.host[CLIENT].core, &config);
	open_nth(0, C0, S0);
	world_run(&w, 301 * USEC_PER_SEC);	/* it is trusted when it refreshes */
	fa = world_foreign(&w, SERVER, C0);
	ck_assert_int_eq(fa->state, ADDR_ACTIVE);
	ck_assert_uint_gt(fa->expires, w.now + 3500 * USEC_PER_SEC);
	ck_assert_uint_le(fa->expires, w.now + 3600 * USEC_PER_SEC);
	world_run(&w, 20000 * USEC_PER_SEC);
	ck_assert_int_eq(state_of(SERVER, C0), ADDR_ACTIVE);
	ck_assert_uint_eq(w.host[SERVER].events[EVENT_BR_SENT], 0);
}
END_TEST

enum { UNREACHABLE = 1, PROBLEM = 4 };	/* types of ICMPv6 (RFC 4443) */

/* The client's last packet, quoted in an ICMPv6 error from where it went; flip spoils a bit. */
static void quote(uint8_t type, uint8_t code, uint8_t flip)
{
	const struct action *a = &w.host[CLIENT].last_send;
	uint8_t pkt[48 + SIGNAL_MTU] = { 0x60, [6] = IPPROTO_ICMPV6, [40] = type, [41] = code };
	struct signal s;

	memcpy(pkt + 8, &a->send.dst, 16);
	memcpy(pkt + 24, &a->send.src, 16);
	memcpy(pkt + 48, a->send.packet, a->send.len);
	ck_assert_int_eq(signal_parse(a->send.packet, a->send.len, &s), 0);
	for (uint8_t *at = pkt + 48; at < pkt + 48 + a->send.len - CHALLENGE_LEN; at++)
		if (!memcmp(at, s.ba[0].challenge, CHALLENGE_LEN))
			*at ^= flip;
	core_packet(w.host[CLIENT].core, pkt, 48u + a->send.len, w.now);
	world_collect(&w);
}

/* The receiver does not know the next header. */
static void problem(uint8_t flip)
{
	quote(PROBLEM, 1, flip);
}

/* A plain host tells that it does not know what it was asked: it is nobody's entry. */
START_TEST(x5_who_does_not_understand_a_challenge_is_nobody_of_that_kind)
{
	begin_with_mallory();
	world_run(&w, 100 * USEC_PER_SEC);
	struct pcb *p = begin(F0);

	problem(1);
	ck_assert_int_eq(state_of(CLIENT, F0), ADDR_ACTIVE);
	problem(0);
	ck_assert_ptr_null(world_foreign(&w, CLIENT, F0));
	ck_assert_int_eq(state_of(CLIENT, M1), ADDR_ACTIVE);
	ck_assert_ptr_null(p->hce);
	assert_out_of_reach();
}
END_TEST

/* ... unless it answered AAP there: then it may have lost the keys, and gets others. */
START_TEST(x3_who_lost_its_keys_is_given_others_before_anything_relies_on_them)
{
	begin_strangers();
	open_nth(0, C0, S0);
	world_run(&w, 100 * USEC_PER_SEC);
	w.host[SERVER].peer.name = NULL;
	world_renew(&w, SERVER);
	world_up(&w, SERVER, S0);
	struct pcb *p = begin(S0);

	problem(0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_ptr_nonnull(p->hce);
	ck_assert_ptr_nonnull(core_entries(w.host[SERVER].core));
	ck_assert_int_eq(state_of(SERVER, C0), ADDR_ACTIVE);
	ck_assert_int_eq(egress(CLIENT, open_one[0]), AS_BORN);
}
END_TEST

/* What does not fit on AAP's Response is announced as soon as there are keys. */
/* A path that is missing says nothing of who is there, and may be back in a moment. */
START_TEST(x5_a_challenge_that_found_no_way_changes_nothing)
{
	bool called = _i % 2;	/* the peer did, or this host */
	const char *where = called ? F0 : S0;
	struct foreign_addr *fa, before;
	unsigned sends;

	if (called)
		begin_with_mallory();
	else
		begin_strangers();
	open_nth(0, C0, S0);
	world_run(&w, 100 * USEC_PER_SEC);
	w.lose = called ? lose_at_f0 : lose_at_s0;
	struct pcb *p = begin(where);

	fa = world_foreign(&w, CLIENT, where);
	memcpy(&before, fa, sizeof(before));
	sends = w.host[CLIENT].sends;
	quote(UNREACHABLE, (uint8_t)(_i / 2), 0);
	world_run(&w, USEC_PER_MSEC);
	ck_assert_ptr_eq(world_foreign(&w, CLIENT, where), fa);
	ck_assert_mem_eq(fa, &before, sizeof(before));
	ck_assert_uint_eq(w.host[CLIENT].sends, sends);
	ck_assert_ptr_null(p->hce);
	w.lose = NULL;
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(p->hce);
}
END_TEST

static bool lose_confirms(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct signal s;

	return p->from == CLIENT && !signal_parse(p->send.send.packet, p->send.send.len, &s) &&
	       s.has_ah;
}

/* A server that answers and never hears more: without keys it has no address but the one asked. */
START_TEST(x5_an_address_that_came_with_keys_goes_with_them)
{
	const struct in6_addr s0 = world_addr(S0);

	begin_strangers();
	w.lose = lose_confirms;
	open_nth(0, C0, S0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_ptr_nonnull(world_foreign(&w, CLIENT, S1));
	ck_assert_ptr_nonnull(entry(CLIENT)->sa);
	for (unsigned i = 0; i < 40; i++) {
		heard(CLIENT, open_one[0], &s0);
		world_routes(&w, CLIENT);
		world_run(&w, 5 * USEC_PER_SEC);
	}
	ck_assert_ptr_null(entry(CLIENT)->sa);
	ck_assert_ptr_null(world_foreign(&w, CLIENT, S1));
	ck_assert_int_eq(egress(CLIENT, open_one[0]), AS_BORN);
	w.lose = NULL;
	world_run(&w, 4000 * USEC_PER_SEC);
}
END_TEST

START_TEST(b2_all_addresses_are_announced_at_first_contact)
{
	static const char *const more[] = { "2001:db8:31::51", "2001:db8:32::52",
					    "2001:db8:33::53", "2001:db8:34::54" };

	begin_strangers();
	for (unsigned i = 0; i < 4; i++)
		world_up(&w, SERVER, more[i]);
	open_nth(0, C0, S0);
	world_run(&w, USEC_PER_SEC);
	ck_assert_int_eq(state_of(CLIENT, S1), ADDR_ACTIVE);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_msg(state_of(CLIENT, more[i]) == ADDR_ACTIVE, "%s", more[i]);
}
END_TEST

#define S2	"2001:db8:23::5"

static bool lose_to_s2(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct in6_addr s2 = world_addr(S2);

	return addr_equal(&p->send.send.dst, &s2);
}

/* A connection that the client moved to C1; both hosts have one address. */
static void move_client(void)
{
	memset(open_one, 0, sizeof(open_one));
	world_init(&w);
	open_nth(0, C0, S0);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_up(&w, CLIENT, C1);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, open_one[0]), MOVED);
}

/* The peer has left, and is not proven elsewhere yet: another host may be where it was. */
START_TEST(c9_a3_nothing_moved_goes_to_an_address_that_was_withdrawn)
{
	struct in6_addr s0 = world_addr(S0);

	move_client();
	w.lose = lose_to_s2;
	world_down(&w, SERVER, S0);
	world_up(&w, SERVER, S2);
	world_run(&w, 5 * USEC_PER_SEC);
	ck_assert_int_eq(state_of(CLIENT, S0), ADDR_DEPRECATED);
	ck_assert_int_eq(egress(CLIENT, open_one[0]), HELD);
	if (_i) {	/* what comes from there all the same shows who is there */
		heard(CLIENT, open_one[0], &s0);
		ck_assert_int_eq(egress(CLIENT, open_one[0]), MOVED);
		assert_pair(CLIENT, C1, S0);
	}
	w.lose = NULL;
	world_run(&w, 30 * USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, open_one[0]), MOVED);
	assert_pair(CLIENT, C1, S2);
}
END_TEST

/* The peer is taken out of the configuration. C0 may be another host's by now. */
START_TEST(a3_what_was_moved_does_not_go_back_because_its_entry_goes)
{
	move_client();
	ck_assert_int_eq(core_peer_remove(w.host[CLIENT].core, "server", w.now), 0);
	world_collect(&w);
	ck_assert_int_eq(egress(CLIENT, open_one[0]), HELD);
	ck_assert_uint_eq(w.host[CLIENT].unreachable, 1);
	world_run(&w, 5000 * USEC_PER_SEC);
	ck_assert_int_eq(egress(CLIENT, open_one[0]), HELD);
	core_pcb_close(w.host[CLIENT].core, open_one[0], w.now);
	world_run(&w, 100 * USEC_PER_SEC);
	ck_assert_ptr_null(core_entries(w.host[CLIENT].core));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("trust");
	TCase *tc = tcase_create("whose address");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, x5_an_address_is_not_renewed_by_who_is_not_there);
	tcase_add_loop_test(tc, x5_a_connection_is_attached_where_its_peer_is_proven, 0, 2);
	tcase_add_test(tc, x5_who_called_proves_each_address_when_it_is_connected_to);
	tcase_add_loop_test(
		tc, x8_who_called_learns_nothing_from_a_connection_with_who_is_there_now, 0, 2);
	tcase_add_test(tc, x8_who_called_learns_nothing_from_datagrams_to_who_is_there_now);
	tcase_add_test(tc, x8_data_from_where_he_was_is_no_conversation_with_him_for_long);
	tcase_add_loop_test(tc, x8_who_called_and_is_there_is_found_from_another_address, 0, 2);
	tcase_add_test(tc, x5_who_called_and_is_there_has_the_connection_a_round_trip_later);
	tcase_add_loop_test(tc, x5_an_address_that_was_left_redirects_for_a_minute, 0, 2);
	tcase_add_test(tc, x5_an_address_of_who_called_redirects_nothing);
	tcase_add_test(tc, x5_an_address_of_a_configured_peer_redirects_until_it_is_forgotten);
	tcase_add_test(tc, c4_an_address_that_another_named_is_met_when_it_is_free);
	tcase_add_test(tc, x5_who_is_there_is_asked_and_has_the_connection);
	tcase_add_test(tc, x5_an_address_that_answers_other_connections_is_not_asked);
	tcase_add_test(tc, x5_a_connection_that_the_peer_opens_needs_no_proof);
	tcase_add_test(tc, x5_a_refresh_has_one_challenge_for_each_address);
	tcase_add_loop_test(tc, c7_no_lifetime_is_granted_for_longer_than_an_hour, 0, 2);
	tcase_add_test(tc, x5_who_does_not_understand_a_challenge_is_nobody_of_that_kind);
	tcase_add_test(tc, x3_who_lost_its_keys_is_given_others_before_anything_relies_on_them);
	tcase_add_loop_test(tc, x5_a_challenge_that_found_no_way_changes_nothing, 0, 14);
	tcase_add_test(tc, x5_an_address_that_came_with_keys_goes_with_them);
	tcase_add_test(tc, b2_all_addresses_are_announced_at_first_contact);
	tcase_add_loop_test(tc, c9_a3_nothing_moved_goes_to_an_address_that_was_withdrawn, 0, 2);
	tcase_add_test(tc, a3_what_was_moved_does_not_go_back_because_its_entry_goes);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
