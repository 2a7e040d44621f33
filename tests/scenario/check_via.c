/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signalling natively and in UDP (via.h): networks that pass one, both or none of them, in one
 * direction or both; and what comes in UDP and is refused.
 */
#include "acquainted.h"
#include "array.h"
#include "encap.h"

#include <string.h>

/* What the network between the hosts drops: ways, from the client and from the server. */
static enum via drops[2];
static unsigned flown[2][VIA_BOTH];	/* packets that left, by host and way */

static bool network(struct world *world UNUSED, const struct packet_in_flight *p)
{
	if (p->send.send.len)	/* no data of connections */
		flown[p->from][p->way]++;
	return p->way & drops[p->from];
}

static void network_drops(enum via from_client, enum via from_server)
{
	drops[CLIENT] = from_client;
	drops[SERVER] = from_server;
	w.lose = network;
	memset(flown, 0, sizeof(flown));
}

static void begin(void)
{
	setup();
	world_encapsulate(&w, ENCAPSULATE_AUTO);
	network_drops(VIA_NONE, VIA_NONE);
}

static void begin_strangers(void)
{
	memset(&w, 0, sizeof(w));
	w.now = 1000 * USEC_PER_SEC;
	w.delay = 10 * USEC_PER_MSEC;
	w.encapsulate = ENCAPSULATE_AUTO;
	ck_assert_uint_eq(world_stranger(&w, "Alice"), CLIENT);
	ck_assert_uint_eq(world_stranger(&w, "Bob"), SERVER);
	world_up(&w, CLIENT, C0);
	world_up(&w, SERVER, S0);
	network_drops(VIA_NONE, VIA_NONE);
}

static enum via via(unsigned host, const char *local, const char *foreign)
{
	struct in6_addr l = world_addr(local), f = world_addr(foreign);
	const struct via_path *p = core_via(entry(host), &l, &f);

	return p ? via_path_now(p, w.now) : VIA_NONE;
}

static void assert_via(unsigned host, const char *local, const char *foreign, enum via want)
{
	enum via is = via(host, local, foreign);

	ck_assert_msg(is == want, "%s: %s - %s is %s, not %s", w.host[host].name, local, foreign,
		      via_name(is), via_name(want));
}

/*
 * The client moves from C0 to C1, of which nothing was known. Returns how long the server's
 * connections take to follow, USEC_NEVER: not within a minute.
 */
static usec_t move(void)
{
	struct in6_addr c1 = world_addr(C1);
	usec_t start = w.now;

	world_down(&w, CLIENT, C0);
	world_up(&w, CLIENT, C1);
	while (!addr_equal(&w.host[SERVER].pair.foreign, &c1)) {
		if (w.now - start > 60 * USEC_PER_SEC)
			return USEC_NEVER;
		world_run(&w, USEC_PER_MSEC);
	}
	return w.now - start;
}

/* Enough for every verdict: some refreshes of bindings. */
static void settle(void)
{
	world_run(&w, 1800 * USEC_PER_SEC);
}

START_TEST(where_both_get_through_the_native_way_is_used)
{
	acquaint();
	ck_assert_uint_eq(move(), 3 * w.delay);
	settle();
	assert_via(CLIENT, C1, S0, VIA_NATIVE);
	assert_via(SERVER, S0, C1, VIA_NATIVE);
	ck_assert_uint_le(flown[CLIENT][VIA_UDP] + flown[SERVER][VIA_UDP], 12);
	memset(flown, 0, sizeof(flown));
	settle();
	ck_assert_uint_gt(flown[CLIENT][VIA_NATIVE], 0);
	ck_assert_uint_eq(flown[CLIENT][VIA_UDP] + flown[SERVER][VIA_UDP], 0);
	ck_assert_uint_eq(w.host[CLIENT].keepalives + w.host[SERVER].keepalives, 0);
}
END_TEST

/* Each row is a network that passes something in each direction: the move takes as long as ever. */
static const struct {
	enum via from_client, from_server;	/* dropped */
	enum via client;			/* the client's way then */
} passes[] = {
	{ VIA_NONE, VIA_NONE, VIA_NATIVE },
	{ VIA_UDP, VIA_UDP, VIA_NATIVE },
	{ VIA_NATIVE, VIA_NATIVE, VIA_UDP },
	{ VIA_NATIVE, VIA_NONE, VIA_UDP },
	{ VIA_NONE, VIA_NATIVE, VIA_UDP },	/* natively it would arrive, too */
	{ VIA_UDP, VIA_NONE, VIA_NATIVE },
	{ VIA_NONE, VIA_UDP, VIA_NATIVE },
	{ VIA_NATIVE, VIA_UDP, VIA_UDP },
	{ VIA_UDP, VIA_NATIVE, VIA_NATIVE },
};

START_TEST(hosts_move_through_what_passes_either_way_without_delay)
{
	network_drops(passes[_i].from_client, passes[_i].from_server);
	acquaint();
	assert_state(SERVER, C0, ADDR_ACTIVE);
	ck_assert_uint_eq(move(), 3 * w.delay);
	assert_state(SERVER, C1, ADDR_ACTIVE);
	assert_pair(CLIENT, C1, S0);
}
END_TEST

START_TEST(the_way_that_works_is_found_and_used_alone)
{
	network_drops(passes[_i].from_client, passes[_i].from_server);
	acquaint();
	move();
	settle();
	settle();
	assert_via(CLIENT, C1, S0, passes[_i].client);
	memset(flown, 0, sizeof(flown));
	world_run(&w, 2000 * USEC_PER_SEC);
	ck_assert_uint_gt(flown[CLIENT][passes[_i].client], 0);
	assert_state(SERVER, C1, ADDR_ACTIVE);
}
END_TEST

START_TEST(strangers_meet_through_what_passes_either_way_without_delay)
{
	/* An Init is answered by the way it came, so one way has to pass both directions. */
	if (!(VIA_BOTH & ~(passes[_i].from_client | passes[_i].from_server)))
		return;
	network_drops(passes[_i].from_client, passes[_i].from_server);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, 6 * w.delay);
	assert_state(SERVER, C0, ADDR_ACTIVE);
	ck_assert_int_eq(entry(CLIENT)->status, PEER_HOMELESS);
	ck_assert_uint_eq(move(), 3 * w.delay);
	ck_assert_uint_eq(count(CLIENT, COUNT_BAD_ICV) + count(SERVER, COUNT_BAD_ICV), 0);
	ck_assert_uint_eq(count(CLIENT, COUNT_REPLAYED) + count(SERVER, COUNT_REPLAYED), 0);
}
END_TEST

/* Firewalls forget a flow of UDP after 30 seconds: both ends keep theirs open, while needed. */
START_TEST(a_way_that_needs_udp_is_kept_open_while_there_are_connections)
{
	uint64_t cookie;

	network_drops(VIA_NATIVE, VIA_NATIVE);
	cookie = world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	settle();
	assert_via(CLIENT, C0, S0, VIA_UDP);
	unsigned n = w.host[CLIENT].keepalives;
	world_run(&w, 100 * USEC_PER_SEC);
	ck_assert_uint_ge(w.host[CLIENT].keepalives, n + 3);
	ck_assert_uint_le(w.host[CLIENT].keepalives, n + 4);
	ck_assert_uint_eq(count(CLIENT, COUNT_KEEPALIVES), w.host[CLIENT].keepalives);
	core_pcb_close(w.host[CLIENT].core, cookie, w.now);
	core_pcb_close(w.host[SERVER].core, cookie, w.now);
	world_collect(&w);
	world_run(&w, 300 * USEC_PER_SEC);
	n = w.host[CLIENT].keepalives + w.host[SERVER].keepalives;
	world_run(&w, 300 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].keepalives + w.host[SERVER].keepalives, n);
}
END_TEST

/* A router on the way begins to drop AH. */
START_TEST(a_way_that_falls_silent_is_not_the_only_one_any_more)
{
	acquaint();
	settle();
	assert_via(CLIENT, C0, S0, VIA_NATIVE);
	network_drops(VIA_NATIVE, VIA_NATIVE);
	world_up(&w, CLIENT, C1);
	/* the news goes by the old pair, natively, and a timeout later by both ways */
	world_run(&w, 2 * USEC_PER_SEC);
	assert_state(SERVER, C1, ADDR_ACTIVE);
	settle();
	assert_via(CLIENT, C0, S0, VIA_UDP);
	/* ... and stops dropping it: within an hour or so that is noticed */
	network_drops(VIA_NONE, VIA_NONE);
	world_run(&w, 6000 * USEC_PER_SEC);
	assert_via(CLIENT, C0, S0, VIA_NATIVE);
}
END_TEST

/* What is known of an address is forgotten with it: it may come back in another network. */
START_TEST(an_address_that_returns_is_tried_both_ways)
{
	network_drops(VIA_NATIVE, VIA_NATIVE);
	acquaint();
	settle();
	assert_via(CLIENT, C0, S0, VIA_UDP);
	move();
	network_drops(VIA_UDP, VIA_UDP);
	world_down(&w, CLIENT, C1);
	world_up(&w, CLIENT, C0);
	world_run(&w, 10 * w.delay);
	assert_pair(SERVER, S0, C0);
	settle();
	assert_via(CLIENT, C0, S0, VIA_NATIVE);
}
END_TEST

/* More pairs than are remembered are asked at once: that in use is not forgotten for them. */
START_TEST(the_way_of_the_pair_in_use_outlives_signalling_by_many_others)
{
	struct path_pair pair[PATH_PAIRS_MAX];
	char addr[] = "2001:db8:1::a0";

	network_drops(VIA_NATIVE, VIA_NATIVE);
	acquaint();
	settle();
	assert_via(SERVER, S0, C0, VIA_UDP);
	for (; addr[sizeof(addr) - 2] <= '9'; addr[sizeof(addr) - 2]++)
		world_up(&w, CLIENT, addr);
	world_run(&w, 5 * USEC_PER_SEC);
	assert_pair(SERVER, S0, C0);
	ck_assert_int_gt(core_ping(w.host[SERVER].core, entry(SERVER)->id, w.now, pair),
			 VIA_PATHS_MAX);
	world_collect(&w);
	world_run(&w, 2 * w.delay);
	assert_via(SERVER, S0, C0, VIA_UDP);
}
END_TEST

/* How many packets both hosts send in vain within half an hour, and what becomes of the move. */
static unsigned sent_in_vain(enum encapsulate encapsulate)
{
	setup();
	world_encapsulate(&w, encapsulate);
	network_drops(VIA_NONE, VIA_NONE);
	acquaint();
	network_drops(VIA_BOTH, VIA_BOTH);
	world_up(&w, CLIENT, C1);
	settle();
	assert_pair(CLIENT, C0, S0);
	assert_pair(SERVER, S0, C0);
	if (encapsulate == ENCAPSULATE_AUTO)
		assert_via(CLIENT, C0, S0, VIA_NONE);
	teardown();
	return flown[CLIENT][VIA_NATIVE] + flown[CLIENT][VIA_UDP] + flown[SERVER][VIA_NATIVE] +
	       flown[SERVER][VIA_UDP];
}

START_TEST(where_nothing_gets_through_the_connection_stays_and_little_is_sent)
{
	unsigned never = sent_in_vain(ENCAPSULATE_NEVER), both = sent_in_vain(ENCAPSULATE_AUTO);

	ck_assert_uint_gt(never, 0);
	ck_assert_uint_le(both, 2 * never);
	setup();	/* for teardown() */
}
END_TEST

START_TEST(a_stranger_that_hears_neither_is_plain_as_soon_as_ever)
{
	network_drops(VIA_BOTH, VIA_BOTH);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, 16 * USEC_PER_SEC);
	ck_assert_int_eq(entry(CLIENT)->status, PEER_PLAIN);
	ck_assert_uint_eq(flown[CLIENT][VIA_NATIVE], 4);
	ck_assert_uint_eq(flown[CLIENT][VIA_UDP], 4);
}
END_TEST

static uint64_t all_counts(unsigned host)
{
	static const enum core_counter same[] = {
		COUNT_BU_HEARD, COUNT_BA_HEARD, COUNT_VERIFIED, COUNT_SWITCHED, COUNT_REPLAYED,
		COUNT_OLD_SEQ, COUNT_BAD_ICV, COUNT_UNEXPECTED_BA, COUNT_BAD_RESPONSE,
		COUNT_MALFORMED, COUNT_CHALLENGES,
	};
	uint64_t sum = 0;

	for (unsigned i = 0; i < ARRAY_LEN(same); i++)
		sum = sum * 31 + count(host, same[i]);
	return sum;
}

/* Copies that arrive before, behind, or long behind the packet itself. */
static const usec_t lateness[][2] = {
	{ 0, 0 }, { 0, 3 * USEC_PER_MSEC }, { 3 * USEC_PER_MSEC, 0 }, { 0, 900 * USEC_PER_MSEC },
};

START_TEST(copies_change_nothing)
{
	uint64_t want[2];

	for (unsigned run = 0; run < 2; run++) {
		teardown();
		setup();
		world_encapsulate(&w, run ? ENCAPSULATE_AUTO : ENCAPSULATE_NEVER);
		/* the first of two copies is as fast as the only one */
		w.late[VIA_NATIVE] = run ? lateness[_i][0] : 0;
		w.late[VIA_UDP] = lateness[_i][1];
		acquaint();
		move();
		world_run(&w, 20 * USEC_PER_SEC);
		for (unsigned host = 0; host < 2 && !run; host++)
			want[host] = all_counts(host);
	}
	ck_assert_uint_gt(count(SERVER, COUNT_COPIES), 0);
	ck_assert_uint_eq(all_counts(CLIENT), want[CLIENT]);
	ck_assert_uint_eq(all_counts(SERVER), want[SERVER]);
	ck_assert_uint_eq(w.host[SERVER].events[EVENT_DROPPED], 0);
}
END_TEST

/* The packet that the client sent last, in UDP, as the server gets it. */
static uint8_t datagram[SIGNAL_MTU];

static size_t last_in_udp(void)
{
	const struct action *a = &w.host[CLIENT].last_send;
	int n = encap_build(a->send.packet, a->send.len, ENCAP_PORT, datagram, sizeof(datagram));

	ck_assert_int_gt(n, 0);
	return (size_t)n;
}

static void server_gets(size_t len)
{
	core_packet(w.host[SERVER].core, datagram, len, w.now);
	world_collect(&w);
}

#define SPORT_AT	41
#define DPORT_AT	43
#define OUTER_SRC_AT	23

/* Any user may send from a port that is not privileged, so AAP from there speaks for nobody. */
START_TEST(aap_is_taken_from_the_privileged_port_only)
{
	size_t len;

	network_drops(VIA_BOTH, VIA_BOTH);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	len = last_in_udp();
	datagram[SPORT_AT]++;
	server_gets(len);
	ck_assert_uint_eq(count(SERVER, COUNT_AAP_INITS), 0);
	ck_assert_uint_eq(count(SERVER, COUNT_UNPRIVILEGED), 1);
	datagram[SPORT_AT]--;
	server_gets(len);
	ck_assert_uint_eq(count(SERVER, COUNT_AAP_INITS), 1);
	ck_assert_uint_eq(count(SERVER, COUNT_UNPRIVILEGED), 1);
}
END_TEST

/* ... and an answer goes by the way of the question alone. */
START_TEST(an_init_is_answered_by_the_way_it_came)
{
	network_drops(_i ? VIA_NATIVE : VIA_UDP, VIA_NONE);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, w.delay);
	ck_assert_uint_eq(flown[SERVER][_i ? VIA_UDP : VIA_NATIVE], 1);
	ck_assert_uint_eq(flown[SERVER][_i ? VIA_NATIVE : VIA_UDP], 0);
}
END_TEST

START_TEST(who_shares_keys_may_send_from_any_port)
{
	size_t len;

	acquaint();
	network_drops(VIA_BOTH, VIA_BOTH);
	world_up(&w, CLIENT, C1);
	len = last_in_udp();
	datagram[SPORT_AT]++;
	server_gets(len);
	ck_assert_ptr_nonnull(world_foreign(&w, SERVER, C1));
}
END_TEST

START_TEST(a_datagram_that_was_translated_or_is_for_others_is_ignored)
{
	static const size_t at[] = { DPORT_AT, OUTER_SRC_AT };
	size_t len;

	acquaint();
	network_drops(VIA_BOTH, VIA_BOTH);
	world_up(&w, CLIENT, C1);
	len = last_in_udp();
	datagram[at[_i]]++;
	server_gets(len);
	ck_assert_ptr_null(world_foreign(&w, SERVER, C1));
	ck_assert_uint_eq(count(SERVER, COUNT_TRANSLATED), _i);
	ck_assert_uint_eq(count(SERVER, COUNT_MALFORMED), 0);
}
END_TEST

START_TEST(never_means_that_nothing_is_sent_or_taken_in_udp)
{
	size_t len;

	world_encapsulate(&w, ENCAPSULATE_NEVER);
	acquaint();
	ck_assert_uint_eq(flown[CLIENT][VIA_UDP] + flown[SERVER][VIA_UDP], 0);
	network_drops(VIA_BOTH, VIA_BOTH);
	world_up(&w, CLIENT, C1);
	len = last_in_udp();
	server_gets(len);
	ck_assert_ptr_null(world_foreign(&w, SERVER, C1));
	ck_assert_uint_eq(count(SERVER, COUNT_UDP_HEARD), 0);
}
END_TEST

START_TEST(always_means_that_nothing_is_sent_natively)
{
	world_encapsulate(&w, ENCAPSULATE_ALWAYS);
	acquaint();
	ck_assert_uint_eq(move(), 3 * w.delay);
	settle();
	ck_assert_uint_eq(flown[CLIENT][VIA_NATIVE] + flown[SERVER][VIA_NATIVE], 0);
	assert_state(SERVER, C1, ADDR_ACTIVE);
}
END_TEST

/* ICMPv6 Port Unreachable, from the server's address, that quotes the client's datagram. */
static void port_unreachable(size_t len)
{
	uint8_t pkt[48 + SIGNAL_MTU] = { 0x60, [6] = IPPROTO_ICMPV6, [40] = 1, [41] = 4 };

	memcpy(pkt + 48, datagram, len);
	core_packet(w.host[CLIENT].core, pkt, 48 + len, w.now);
	world_collect(&w);
}

/* A host without a helper is sent one datagram, if nobody drops its error. */
START_TEST(a_host_that_refuses_udp_is_sent_no_more_of_it)
{
	size_t len;

	network_drops(VIA_BOTH, VIA_BOTH);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	len = last_in_udp();
	if (_i)		/* a forgery, that does not know the nonce */
		datagram[48 + 40 + 4 + 4 + 4] ^= 1;
	port_unreachable(len);
	ck_assert_uint_eq(count(CLIENT, COUNT_UDP_REFUSED), 1);
	world_run(&w, 16 * USEC_PER_SEC);
	ck_assert_uint_eq(flown[CLIENT][VIA_NATIVE], 4);
	ck_assert_uint_eq(flown[CLIENT][VIA_UDP], _i ? 4 : 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("via");
	TCase *keys = tcase_create("hosts that share keys"), *aap = tcase_create("strangers");

	tcase_add_checked_fixture(keys, begin, teardown);
	tcase_add_test(keys, where_both_get_through_the_native_way_is_used);
	tcase_add_loop_test(keys, hosts_move_through_what_passes_either_way_without_delay, 0,
			    ARRAY_LEN(passes));
	tcase_add_loop_test(keys, the_way_that_works_is_found_and_used_alone, 0,
			    ARRAY_LEN(passes));
	tcase_add_test(keys, a_way_that_needs_udp_is_kept_open_while_there_are_connections);
	tcase_add_test(keys, a_way_that_falls_silent_is_not_the_only_one_any_more);
	tcase_add_test(keys, an_address_that_returns_is_tried_both_ways);
	tcase_add_test(keys, the_way_of_the_pair_in_use_outlives_signalling_by_many_others);
	tcase_add_test(keys, where_nothing_gets_through_the_connection_stays_and_little_is_sent);
	tcase_add_loop_test(keys, copies_change_nothing, 0, ARRAY_LEN(lateness));
	tcase_add_test(keys, who_shares_keys_may_send_from_any_port);
	tcase_add_loop_test(keys, a_datagram_that_was_translated_or_is_for_others_is_ignored, 0, 2);
	tcase_add_test(keys, never_means_that_nothing_is_sent_or_taken_in_udp);
	tcase_add_test(keys, always_means_that_nothing_is_sent_natively);
	suite_add_tcase(s, keys);
	tcase_add_checked_fixture(aap, begin_strangers, teardown);
	tcase_add_loop_test(aap, strangers_meet_through_what_passes_either_way_without_delay, 0,
			    ARRAY_LEN(passes));
	tcase_add_test(aap, a_stranger_that_hears_neither_is_plain_as_soon_as_ever);
	tcase_add_test(aap, aap_is_taken_from_the_privileged_port_only);
	tcase_add_loop_test(aap, an_init_is_answered_by_the_way_it_came, 0, 2);
	tcase_add_loop_test(aap, a_host_that_refuses_udp_is_sent_no_more_of_it, 0, 2);
	suite_add_tcase(s, aap);
	return suite_run(s);
}
