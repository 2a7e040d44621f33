/* SPDX-License-Identifier: BSD-2-Clause */
/* apply.h: in which order actions are carried out. What carries them out only notes it. */
#include "config.h"

#include "action.h"
#include "adopt.h"
#include "apply.h"
#include "core/host.h"
#include "daemon_private.h"
#include "datapath.h"
#include "dns.h"
#include "event_log.h"
#include "fib.h"
#include "hostmap_sync.h"
#include "icmp_inject.h"
#include "resume.h"
#include "route_sync.h"
#include "saving.h"
#include "signal_io.h"
#include "sock_events.h"
#include "state.h"
#include "suite.h"
#include "tcp_hold.h"
#include "unused.h"

#include <stdio.h>
#include <string.h>

static struct daemon *d;
static char done[512];	/* words */
static bool wanted;	/* connections are to resume */
static bool resting;	/* the host map was updated just now */
static enum via refused;	/* ways that the kernel has no way for */
static unsigned dropped;	/* packets that left by no way */

static void note(const char *word)
{
	size_t len = strlen(done);

	snprintf(done + len, sizeof(done) - len, "%s%s", len ? " " : "", word);
}

int datapath_action(struct datapath *dp UNUSED, const struct action *act)
{
	static const char *const word[] = { [ADDR_TENTATIVE] = "tentative",
					    [ADDR_ACTIVE] = "active",
					    [ADDR_DEPRECATED] = "deprecated" };

	if (act->type == ACTION_FOREIGN)
		note(word[act->foreign.state]);
	else
		note(act->type == ACTION_PAIR ? "pair" : "other");
	return 0;
}

void resume_want(struct daemon *dm UNUSED, uint32_t id UNUSED, unsigned what UNUSED)
{
	wanted = true;
}

void resume_run(struct daemon *dm UNUSED, unsigned max UNUSED)
{
	if (wanted)
		note("resume");
	wanted = false;
}

int route_sync_update(struct route_sync *s UNUSED, struct core *core UNUSED)
{
	note("routes");
	return 0;
}

int route_sync_entry(struct route_sync *s UNUSED, struct core *core UNUSED,
		     const struct hce *hce UNUSED)
{
	note("routes");
	return 0;
}

int route_sync_sweep(struct route_sync *s UNUSED, struct core *core UNUSED)
{
	note("sweep");
	return 0;
}

int signal_io_send(struct signal_io *io UNUSED, const uint8_t *pkt UNUSED, size_t len UNUSED,
		   unsigned ifindex UNUSED)
{
	note("send");
	return refused & VIA_NATIVE ? -EPERM : 0;
}

int signal_io_send_udp(struct signal_io *io UNUSED, const uint8_t *pkt UNUSED, size_t len UNUSED,
		       unsigned ifindex UNUSED)
{
	note("udp");
	return refused & VIA_UDP ? -EPERM : 0;
}

int signal_io_keepalive(struct signal_io *io UNUSED, const struct in6_addr *src UNUSED,
			const struct in6_addr *dst UNUSED, unsigned ifindex UNUSED)
{
	note("keep-alive");
	return 0;
}

void saving_write(struct daemon *dm)
{
	dm->save_now = dm->save_later = false;
	note("save");
}

/* What the rest of apply.c needs. */

int datapath_acked(struct datapath *dp UNUSED, uint32_t hce UNUSED, const struct pcb *p UNUSED,
		   uint32_t *ret UNUSED)
{
	return -1;
}

int datapath_notify(struct datapath *dp UNUSED, uint32_t hce UNUSED)
{
	return 0;
}

bool route_sync_apart(struct route_sync *s UNUSED, const struct pcb *p UNUSED)
{
	return false;
}

bool route_sync_ruled(const struct route_sync *s UNUSED)
{
	return false;
}

bool route_sync_forbids(struct route_sync *s UNUSED, struct core *core UNUSED,
			const struct pcb *p UNUSED, const struct in6_addr *local UNUSED,
			const struct in6_addr *foreign UNUSED)
{
	return false;
}

struct flow route_sync_flow(const struct route_sync *s UNUSED, const struct pcb *p UNUSED)
{
	return (struct flow){ 0 };
}

void route_sync_flush_neighbours(struct route_sync *s UNUSED, unsigned ifindex UNUSED)
{
}

int route_source(struct route_sync *s UNUSED, const struct in6_addr *dst UNUSED,
		 const struct flow *flow UNUSED, struct in6_addr *ret UNUSED)
{
	return -1;
}

void adopt_status(struct daemon *dm UNUSED, uint32_t hce UNUSED)
{
}

void adopt_schedule(struct daemon *dm UNUSED, bool at_once UNUSED)
{
}

void adopt_carried(struct daemon *dm UNUSED)
{
}

void dns_ask(struct dns *r UNUSED, uint32_t id UNUSED, const char *name UNUSED)
{
}

void event_log(struct daemon *dm UNUSED, const struct action *act)
{
	dropped += act->event.event == EVENT_DROPPED;
}

bool hostmap_may_sync(const struct daemon *dm UNUSED)
{
	return !resting;
}

void hostmap_sync(struct daemon *dm)
{
	dm->view_now = dm->view_later = false;
}

int icmp_inject_unreachable(struct signal_io *io UNUSED, const struct sock_desc *p UNUSED,
			    uint32_t seq UNUSED, const struct in6_addr *via UNUSED)
{
	return 0;
}

void sock_events_sync_entry(struct daemon *dm UNUSED, struct hce *hce2 UNUSED)
{
}

struct sock_desc sock_from_pcb(const struct pcb *p UNUSED)
{
	return (struct sock_desc){ 0 };
}

void state_note(struct state *s UNUSED, const struct action *act UNUSED)
{
}

void tcp_hold_changed(struct daemon *dm UNUSED)
{
}

static void setup_daemon(void)
{
	setup();
	take(ACTION_SEND, NULL);
	d = calloc(1, sizeof(*d));
	ck_assert_ptr_nonnull(d);
	d->core = c;
	d->timer = -1;
	d->base = event_base_new();
	d->ev_later = evtimer_new(d->base, NULL, NULL);
	done[0] = 0;
	wanted = resting = false;
	refused = VIA_NONE;
	dropped = 0;
}

static void teardown_daemon(void)
{
	event_free(d->ev_later);
	event_base_free(d->base);
	free(d);
	teardown();
}

static void push_foreign(const char *addr, enum addr_state state)
{
	struct action *act = action_push(c, ACTION_FOREIGN, h);

	act->foreign.addr = a(addr);
	act->foreign.state = state;
}

static void push_send(enum via via)
{
	action_push(c, ACTION_SEND, h)->send.via = via;
}

START_TEST(B13_tcp_resumes_before_the_peers_new_address_is_heard)
{
	push_foreign(F1, ADDR_ACTIVE);
	push_send(VIA_NATIVE);
	action_push(c, ACTION_PAIR, h);
	action_push(c, ACTION_RETRANSMIT, h);
	apply_actions(d);
	ck_assert_str_eq(done, "pair routes resume active save send");
}
END_TEST

START_TEST(A3_the_states_of_an_address_keep_their_order)
{
	push_foreign(F1, ADDR_ACTIVE);
	push_foreign(F1, ADDR_DEPRECATED);
	push_foreign(F2, ADDR_TENTATIVE);
	push_foreign(F2, ADDR_ACTIVE);
	apply_actions(d);
	ck_assert_str_eq(done, "active deprecated tentative active save");
}
END_TEST

START_TEST(A3_of_many_addresses_none_is_forgotten)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 2 * ACTIVES_MAX + 1; i++) {
		char addr[] = "2001:db8:f1::aa";

		snprintf(addr, sizeof(addr), "2001:db8:f1::%x", i + 1);
		push_foreign(addr, ADDR_ACTIVE);
	}
	apply_actions(d);
	for (const char *at = done; (at = strstr(at, "active")); at++)
		n++;
	ck_assert_uint_eq(n, 2 * ACTIVES_MAX + 1);
}
END_TEST

START_TEST(routes_of_an_entry_that_is_gone_are_removed_before_others_are_looked_up)
{
	action_push(c, ACTION_PAIR, h);
	action_push(c, ACTION_PAIR_GONE, NULL)->hce = h->id + 1;
	apply_actions(d);
	ck_assert_str_eq(done, "pair other sweep routes save");
}
END_TEST

START_TEST(a_host_map_that_takes_long_is_updated_later)
{
	resting = true;
	action_push(c, ACTION_PAIR, h);
	apply_actions(d);
	ck_assert(d->view_now);
	ck_assert(event_pending(d->ev_later, EV_TIMEOUT, NULL));
	apply_deferred(d);
	ck_assert(!d->view_now);
}
END_TEST

/* _i: the ways that are refused. */
START_TEST(a_packet_was_sent_if_it_left_by_one_of_its_ways)
{
	refused = (enum via)_i;
	push_send(VIA_BOTH);
	apply_actions(d);
	ck_assert_str_eq(done, "send udp");
	ck_assert_uint_eq(dropped, refused == VIA_BOTH);
	push_send(VIA_UDP);
	apply_actions(d);
	ck_assert_str_eq(done, "send udp udp");
	ck_assert_uint_eq(dropped, refused == VIA_BOTH ? 2 : refused == VIA_UDP);
}
END_TEST

START_TEST(a_keepalive_is_sent_at_once)
{
	action_push(c, ACTION_KEEPALIVE, h);
	apply_actions(d);
	ck_assert_str_eq(done, "keep-alive");
}
END_TEST

/* A1: a helper that is killed later leaves to the next one what bears another pair. */
START_TEST(a1_a_connection_that_bears_another_pair_is_saved_at_once)
{
	struct pcb born = { .cookie = 2, .local = a(L1), .foreign = a(F0), .lport = 2, .fport = 80,
			    .proto = IPPROTO_TCP, .established = true };

	connection(L0, F0, 1);
	apply_actions(d);
	ck_assert_ptr_null(strstr(done, "save"));
	ck_assert(d->save_later);
	up(L1);
	ck_assert_int_eq(pcb_restore(c, &born, h, h->pair.gen - 1, now), 0);
	apply_actions(d);
	ck_assert_ptr_nonnull(strstr(done, "save"));
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("apply");
	TCase *tc = tcase_create("order");

	tcase_add_checked_fixture(tc, setup_daemon, teardown_daemon);
	tcase_add_test(tc, B13_tcp_resumes_before_the_peers_new_address_is_heard);
	tcase_add_test(tc, A3_the_states_of_an_address_keep_their_order);
	tcase_add_test(tc, A3_of_many_addresses_none_is_forgotten);
	tcase_add_test(tc, routes_of_an_entry_that_is_gone_are_removed_before_others_are_looked_up);
	tcase_add_test(tc, a_host_map_that_takes_long_is_updated_later);
	tcase_add_loop_test(tc, a_packet_was_sent_if_it_left_by_one_of_its_ways, VIA_NONE,
			    VIA_BOTH + 1);
	tcase_add_test(tc, a_keepalive_is_sent_at_once);
	tcase_add_test(tc, a1_a_connection_that_bears_another_pair_is_saved_at_once);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return suite_run(make());
}
