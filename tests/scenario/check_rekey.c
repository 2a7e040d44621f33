/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Generic SAs that come and go while the hosts talk, as those of IKE do (X3): a newer one is used
 * at once, the earlier one is understood until it is dropped, and without any nothing is said.
 */
#include "two_hosts.h"

#include "mip6.h"

#include <errno.h>
#include <string.h>

static uint32_t spi[2];			/* of the last packet each host sent */
static struct action kept[2];		/* ... and that packet */

static void tap(struct world *world UNUSED, const struct packet_in_flight *p)
{
	struct signal s;

	ck_assert_int_eq(signal_parse(p->send.send.packet, p->send.send.len, &s), 0);
	if (p->from > SERVER || !s.has_ah)
		return;
	spi[p->from] = s.spi;
	kept[p->from] = p->send;
}

/* Both hosts have met, and the client has a second address. */
static void meet(void)
{
	w.tap = tap;
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_up(&w, CLIENT, C1);
	world_run(&w, 3 * USEC_PER_SEC);
	ck_assert_int_eq(entry(CLIENT)->status, PEER_HOMELESS);
}

/* The key of the SA number n, sent by host. */
static struct sa_half half(unsigned host, unsigned n)
{
	struct sa_half h = { 0x4000 + 0x100 * host + n, { .alg = AH_HMAC_SHA256_128, .len = 32 } };

	memset(h.key.key, (int)(0x10 * host + n), h.key.len);
	return h;
}

static const char *peer_of(unsigned host)
{
	return w.host[host].peer.name;
}

/* host uses inbound SA number in and outbound SA number out. */
static int renew(unsigned host, unsigned in, unsigned out)
{
	struct sa_half i = half(!host, in), o = half(host, out);
	int r = core_peer_renew(w.host[host].core, peer_of(host), &i, &o, w.now);

	world_collect(&w);
	return r;
}

static void moves(unsigned host, const char *from, const char *to, const char *peer)
{
	world_down(&w, host, from);
	world_run(&w, 2 * USEC_PER_SEC);
	assert_pair(host, to, peer);
	assert_pair(!host, peer, to);
}

START_TEST(x3_a_newer_sa_is_used_at_once_and_by_the_same_entry)
{
	uint32_t id;

	meet();
	id = entry(SERVER)->id;
	ck_assert_int_eq(renew(SERVER, 1, 1), 0);
	ck_assert_int_eq(renew(CLIENT, 1, 1), 0);
	moves(CLIENT, C0, C1, S0);
	ck_assert_uint_eq(spi[CLIENT], half(CLIENT, 1).spi);
	ck_assert_uint_eq(spi[SERVER], half(SERVER, 1).spi);
	ck_assert_uint_eq(entry(SERVER)->id, id);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_UNKNOWN_SPI), 0);
}
END_TEST

/* IKE's responder has the new inbound SA before it may use the outbound one. */
START_TEST(x3_an_earlier_inbound_sa_is_understood_until_it_is_dropped)
{
	struct core *server = w.host[SERVER].core;
	uint32_t earlier = w.host[SERVER].peer.in.spi;

	meet();
	ck_assert_int_eq(renew(SERVER, 1, 1), 0);
	world_up(&w, CLIENT, C2);
	world_run(&w, 2 * USEC_PER_SEC);
	ck_assert_uint_eq(spi[CLIENT], earlier);
	ck_assert_ptr_nonnull(world_foreign(&w, SERVER, C2));
	ck_assert_uint_eq(core_counter(server, COUNT_BAD_ICV), 0);

	/* A replay is one under an earlier SA, too. */
	core_packet(server, kept[CLIENT].send.packet, kept[CLIENT].send.len, w.now);
	ck_assert_uint_eq(core_counter(server, COUNT_REPLAYED) +
			  core_counter(server, COUNT_COPIES), 1);
	ck_assert_uint_eq(core_counter(server, COUNT_UNKNOWN_SPI), 0);

	ck_assert_int_eq(core_peer_drop(server, peer_of(SERVER), earlier), 0);
	ck_assert_int_eq(core_peer_drop(server, peer_of(SERVER), earlier), -ENOENT);
	core_packet(server, kept[CLIENT].send.packet, kept[CLIENT].send.len, w.now);
	ck_assert_uint_eq(core_counter(server, COUNT_UNKNOWN_SPI), 1);
}
END_TEST

START_TEST(x3_the_sa_in_use_is_not_dropped_as_an_earlier_one)
{
	meet();
	ck_assert_int_eq(renew(SERVER, 1, 1), 0);
	ck_assert_int_eq(core_peer_drop(w.host[SERVER].core, peer_of(SERVER), half(CLIENT, 1).spi),
			 -ENOENT);
	ck_assert_int_eq(core_peer_drop(w.host[SERVER].core, "nobody", 1), -ENOENT);
}
END_TEST

/* The newest is deleted and an earlier one is left: its window against replays goes on. */
START_TEST(x3_an_earlier_inbound_sa_can_be_the_newest_again)
{
	struct core *server = w.host[SERVER].core;
	uint32_t top;

	meet();
	ck_assert_int_eq(renew(SERVER, 1, 1), 0);
	ck_assert_int_eq(renew(CLIENT, 1, 1), 0);
	world_up(&w, CLIENT, C2);
	world_run(&w, 2 * USEC_PER_SEC);
	top = entry(SERVER)->sa->replay.top;
	ck_assert_int_eq(renew(SERVER, 2, 1), 0);
	ck_assert_uint_eq(entry(SERVER)->sa->replay.top, 0);
	ck_assert_int_eq(renew(SERVER, 1, 1), 0);
	ck_assert_uint_eq(entry(SERVER)->sa->replay.top, top);
	core_packet(server, kept[CLIENT].send.packet, kept[CLIENT].send.len, w.now);
	ck_assert_uint_eq(core_counter(server, COUNT_REPLAYED) +
			  core_counter(server, COUNT_COPIES), 1);
	moves(CLIENT, C0, C1, S0);
}
END_TEST

START_TEST(x3_without_an_sa_nothing_is_said_and_what_was_moved_goes_on)
{
	unsigned sends;

	meet();
	moves(CLIENT, C0, C1, S0);
	for (unsigned i = CLIENT; i <= SERVER; i++)
		ck_assert_int_eq(core_peer_end(w.host[i].core, peer_of(i)), 0);
	world_collect(&w);
	sends = w.host[CLIENT].sends + w.host[SERVER].sends;
	world_up(&w, CLIENT, C2);
	world_run(&w, 60 * USEC_PER_SEC);
	ck_assert_uint_eq(w.host[CLIENT].sends + w.host[SERVER].sends, sends);
	assert_pair(CLIENT, C1, S0);
	ck_assert(world_data(&w, CLIENT));
	ck_assert(world_data(&w, SERVER));

	core_packet(w.host[SERVER].core, kept[CLIENT].send.packet, kept[CLIENT].send.len, w.now);
	ck_assert_uint_eq(core_counter(w.host[SERVER].core, COUNT_UNKNOWN_SPI), 1);

	/* IKE is back, and so is what the client could not say meanwhile. */
	ck_assert_int_eq(renew(SERVER, 1, 1), 0);
	ck_assert_int_eq(renew(CLIENT, 1, 1), 0);
	world_run(&w, 3 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(world_foreign(&w, SERVER, C2));
	moves(CLIENT, C1, C2, S0);
}
END_TEST

START_TEST(x7_an_sa_of_another_peer_is_not_taken)
{
	struct sa_half in = half(CLIENT, 1), out = half(SERVER, 1);
	struct core_peer third = { .name = "third", .n_addr = 1, .addr = { world_addr(C2) },
				   .in = half(CLIENT, 3), .out = out };

	meet();
	ck_assert_int_eq(core_peer_add(w.host[SERVER].core, &third, w.now), 0);
	in.spi = third.in.spi;
	ck_assert_int_eq(core_peer_renew(w.host[SERVER].core, peer_of(SERVER), &in, &out, w.now),
			 -EEXIST);
	ck_assert_int_eq(renew(SERVER, 1, 1), 0);
	/* An earlier one is no peer of its own, either. */
	third.in.spi = w.host[SERVER].peer.in.spi;
	ck_assert_int_eq(core_peer_add(w.host[SERVER].core, &third, w.now), -EEXIST);
	ck_assert_int_eq(core_peer_remove(w.host[SERVER].core, peer_of(SERVER), w.now), 0);
	ck_assert_int_eq(core_peer_add(w.host[SERVER].core, &third, w.now), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rekey");
	TCase *tc = tcase_create("rekey");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, x3_a_newer_sa_is_used_at_once_and_by_the_same_entry);
	tcase_add_test(tc, x3_an_earlier_inbound_sa_is_understood_until_it_is_dropped);
	tcase_add_test(tc, x3_the_sa_in_use_is_not_dropped_as_an_earlier_one);
	tcase_add_test(tc, x3_an_earlier_inbound_sa_can_be_the_newest_again);
	tcase_add_test(tc, x3_without_an_sa_nothing_is_said_and_what_was_moved_goes_on);
	tcase_add_test(tc, x7_an_sa_of_another_peer_is_not_taken);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
