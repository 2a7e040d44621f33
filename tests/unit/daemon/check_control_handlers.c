/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control_handlers.h: what becomes of the descriptors that programs pass, with a real core and real
 * sockets. The datapath, the scan and the names of interfaces are fakes.
 */
#include "config.h"

#include "adopt.h"
#include "clock.h"
#include "conf.h"
#include "control_handlers.h"
#include "core/host.h"
#include "daemon_private.h"
#include "datapath.h"
#include "ifmon.h"
#include "own_netns.h"
#include "route_sync.h"
#include "sock_monitor.h"
#include "unused.h"

#include <errno.h>
#include <sys/socket.h>

static unsigned scans;

void adopt_scan_if_needed(struct daemon *d UNUSED)
{
	scans++;
}

int datapath_acked(struct datapath *dp UNUSED, uint32_t hce UNUSED, const struct pcb *p UNUSED,
		   uint32_t *ret UNUSED)
{
	return -ENOENT;
}

usec_t datapath_heard(struct datapath *dp UNUSED, const struct in6_addr *addr UNUSED)
{
	return 0;
}

const char *datapath_kind(const struct datapath *dp UNUSED)
{
	return "tcx";
}

const char *datapath_counter_name(enum dp_counter n UNUSED)
{
	return "n";
}

uint64_t datapath_counter(struct datapath *dp UNUSED, enum dp_counter n UNUSED)
{
	return 0;
}

const char *ifmon_name(const struct ifmon *mon UNUSED, unsigned ifindex UNUSED)
{
	return NULL;
}

unsigned ifmon_index(const struct ifmon *mon UNUSED, const char *name)
{
	return strcmp(name, "wlan0") ? 0 : 7;
}

#define PORT	7000

static struct daemon *d;
static struct conf conf;
static int listener;

static void on_gone(void *ctx UNUSED, uint64_t cookie UNUSED)
{
}

static int bound(int type, const char *text, uint16_t port)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_addr = a(text),
				     .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void setup_daemon(void)
{
	netns_new();
	run("ip addr add " L0 "/128 dev lo nodad && ip addr add " F0 "/128 dev lo nodad");
	settle();
	setup();
	h->addrs->proven = clock_boottime();	/* the requests' clock */
	listener = bound(SOCK_STREAM, F0, PORT);
	ck_assert_int_eq(listen(listener, 8), 0);
	conf = (struct conf){ .adopt = false };
	d = calloc(1, sizeof(*d));
	ck_assert_ptr_nonnull(d);
	d->conf = &conf;
	d->core = c;
	ck_assert_int_eq(sock_monitor_open(on_gone, NULL, &d->sock_monitor), 0);
	ck_assert_int_eq(route_sync_open(&d->route_sync), 0);
}

static void teardown_daemon(void)
{
	route_sync_close(d->route_sync);
	sock_monitor_close(d->sock_monitor);
	free(d);
	teardown();
}

/* A connection from L0 to the peer. */
static int connected(void)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = a(F0),
				   .sin6_port = htons(PORT) };
	int fd = bound(SOCK_STREAM, L0, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void show(int fd, enum control_verb verb)
{
	control_registered(d, fd, &(struct control_register){ .verb = verb, .to = a(F0) });
}

static struct control_answer ask(int fd, enum control_verb verb, uid_t uid)
{
	struct control_answer answer = { 0 };

	control_asked(d, fd, verb, uid, &answer);
	return answer;
}

static void prevent(int fd)
{
	int on = 1;

	ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, CONTROL_PREVENTED, &on, sizeof(on)), 0);
}

START_TEST(a_connection_that_is_shown_belongs_to_its_peer)
{
	show(connected(), _i ? CONTROL_ACCEPT : CONTROL_CONNECT);
	ck_assert_uint_eq(h->n_pcb, 1);
	ck_assert_uint_eq(h->pcbs->fport, PORT);
	ck_assert_int_eq(h->pcbs->origin, _i ? PCB_ACCEPT : PCB_CONNECT);
	ck_assert_int_eq(h->pcbs->source, PCB_REGISTERED);
	ck_assert(h->pcbs->established);
	ck_assert_ptr_null(h->names);
	ck_assert(!d->save_later && !d->view_later);
}
END_TEST

START_TEST(c5_the_name_it_was_found_by_is_learned)
{
	struct control_register reg = { .verb = CONTROL_CONNECT, .n_other = 1,
					.other = { a(F1) }, .name = "server.example" };

	control_registered(d, connected(), &reg);
	ck_assert_ptr_nonnull(h->names);
	ck_assert_str_eq(h->names->name[0], "server.example");
	ck_assert_uint_eq(h->names->n_addr, 1);
	ck_assert(d->save_later && d->view_later);
}
END_TEST

START_TEST(x8_a_socket_that_opted_out_is_not_registered)
{
	int fd = connected();

	prevent(fd);
	show(fd, CONTROL_CONNECT);
	conf.adopt = true;
	ck_assert_int_eq(ask(fd, CONTROL_INFO, 0).result, 0);
	ck_assert_uint_eq(h->n_pcb, 0);
	ck_assert_uint_eq(HASH_COUNT(core_pcbs(c)), 0);
}
END_TEST

/* What a program may pass instead of a connection. */
static int odd(unsigned which)
{
	struct sockaddr_in lo = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				  .sin_port = htons(9) };
	int fd;

	switch (which) {
	case 0:
		return open("/dev/null", O_RDONLY);
	case 1:
		return socket(AF_INET6, SOCK_STREAM, 0);
	case 2:
		return listener;
	case 3:
		return socket(AF_UNIX, SOCK_STREAM, 0);
	default:
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		ck_assert_int_eq(connect(fd, (struct sockaddr *)&lo, sizeof(lo)), 0);
		return fd;
	}
}

START_TEST(r9_what_is_no_connection_over_ipv6_changes_nothing)
{
	int fd = odd(_i);

	ck_assert_int_ge(fd, 0);
	show(fd, CONTROL_CONNECT);
	ck_assert_int_lt(ask(fd, CONTROL_INFO, 0).result, 0);
	ck_assert_int_lt(ask(fd, CONTROL_FORGET, 0).result, 0);
	if (_i != 2)
		show(fd, CONTROL_SEND);
	ck_assert_uint_eq(HASH_COUNT(core_pcbs(c)), 0);
	ck_assert_uint_eq(h->n_sender, 0);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);	/* it is the caller's */
}
END_TEST

START_TEST(a_sender_is_known_by_its_own_address_or_else_by_the_kernels_choice)
{
	struct control_register reg = { .verb = CONTROL_SEND, .to = a(F1) };

	at(F1, ADDR_ACTIVE);
	/* L1 is no address that the core knows, so only L0 as a source makes a sender. */
	run("ip addr add " L1 "/128 dev lo nodad && ip link add d0 type veth peer d1"
	    " && ip link set d0 up && ip link set d1 up");
	settle();
	run("ip -6 route add " F1 "/128 dev d0 src %s", _i == 2 ? L1 : L0);
	control_registered(d, bound(SOCK_DGRAM, _i ? "::" : L0, 5000), &reg);
	ck_assert_uint_eq(h->n_sender, _i < 2);
}
END_TEST

START_TEST(what_is_asked_of_a_connection_that_nobody_showed_is_answered_with_nothing)
{
	struct control_answer answer = ask(connected(), CONTROL_INFO, 0);

	ck_assert_int_eq(answer.result, 0);
	ck_assert_uint_eq(answer.flags, 0);
	ck_assert_uint_eq(scans, 1);	/* a scan might find it */
	ck_assert_int_eq(ask(connected(), CONTROL_TRUST, 0).result, -ENOENT);
	ck_assert_int_eq(ask(connected(), CONTROL_FORGET, 0).result, -ENOENT);
}
END_TEST

START_TEST(where_the_helper_adopts_the_question_is_reason_enough)
{
	int fd = connected();

	conf.adopt = true;
	ck_assert(ask(fd, CONTROL_INFO, 0).flags & CONTROL_KNOWN);
	ck_assert_int_eq(h->pcbs->source, PCB_ADOPTED);
}
END_TEST

START_TEST(an_answer_counts_what_is_open_and_proven)
{
	struct in6_addr l0 = a(L0), l1 = a(L1), f0 = a(F0);
	struct control_answer answer;
	int fd = connected();

	show(fd, CONTROL_CONNECT);
	connection(L0, F0, 999)->linger_until = now;
	at(F1, ADDR_TENTATIVE);
	at(F2, ADDR_ACTIVE);
	answer = ask(fd, CONTROL_INFO, 0);
	ck_assert_uint_eq(answer.connections, 1);
	ck_assert_uint_eq(answer.addresses, 2);
	ck_assert(!(answer.flags & (CONTROL_MOVED)));
	ck_assert(addr_equal(&answer.local, &l0) && addr_equal(&answer.local_now, &l0));

	h->pair.local = l1;
	h->pair.gen++;
	answer = ask(fd, CONTROL_INFO, 0);
	ck_assert(answer.flags & CONTROL_MOVED);
	ck_assert(addr_equal(&answer.local, &l0) && addr_equal(&answer.local_now, &l1));
	ck_assert(addr_equal(&answer.foreign, &f0) && addr_equal(&answer.foreign_now, &f0));
}
END_TEST

START_TEST(x8_who_vouches_for_its_peer_makes_it_trusted_and_saved)
{
	int fd = connected();

	show(fd, CONTROL_ACCEPT);
	h->vouched = d->save_later = false;
	ck_assert_int_eq(ask(fd, CONTROL_INFO, 0).result, 0);
	ck_assert(!h->vouched && !d->save_later);
	ck_assert_int_eq(ask(fd, CONTROL_TRUST, 0).result, 0);
	ck_assert(h->vouched && h->trusted && d->save_later);
}
END_TEST

START_TEST(x8_another_users_entry_cannot_be_forgotten)
{
	struct in6_addr f0 = a(F0);
	int fd = connected();

	show(fd, CONTROL_CONNECT);
	ck_assert_int_eq(ask(fd, CONTROL_FORGET, 12345).result, -EPERM);
	ck_assert_ptr_nonnull(core_entry_of(c, &f0));
	ck_assert_int_eq(ask(fd, CONTROL_FORGET, 0).result, 0);
	ck_assert_ptr_null(core_entry_of(c, &f0));
}
END_TEST

START_TEST(only_what_is_usable_can_be_preferred)
{
	struct in6_addr l0 = a(L0), l1 = a(L1), f0 = a(F0);

	up(L1)->ifindex = 7;
	ck_assert_int_eq(control_prefer(d, &f0, NULL), -EADDRNOTAVAIL);
	ck_assert_int_eq(control_prefer(d, NULL, "eth9"), -EADDRNOTAVAIL);
	ck_assert_int_eq(control_prefer(d, NULL, "wlan0"), 0);
	ck_assert_uint_gt(local_find(c, &l1)->preference, local_find(c, &l0)->preference);
	ck_assert_int_eq(control_prefer(d, &l0, NULL), 0);
	ck_assert_uint_gt(local_find(c, &l0)->preference, local_find(c, &l1)->preference);
	up(L1)->usable = false;
	ck_assert_int_eq(control_prefer(d, &l1, NULL), -EADDRNOTAVAIL);
	ck_assert_int_eq(control_prefer(d, NULL, "wlan0"), -EADDRNOTAVAIL);
}
END_TEST

START_TEST(only_what_is_usable_departs)
{
	struct in6_addr l0 = a(L0), l1 = a(L1), f0 = a(F0);

	up(L1)->ifindex = 7;
	ck_assert_int_eq(control_depart(d, &f0, NULL, true), -EADDRNOTAVAIL);
	ck_assert_int_eq(control_depart(d, NULL, "eth9", true), -EADDRNOTAVAIL);
	ck_assert_int_eq(control_depart(d, NULL, "wlan0", true), 0);
	ck_assert(local_find(c, &l1)->departing && !local_find(c, &l0)->departing);
	ck_assert_int_eq(control_depart(d, &l1, NULL, false), 0);
	ck_assert(!local_find(c, &l1)->departing);
}
END_TEST

START_TEST(a_report_is_made_by_its_whole_name)
{
	static const char *const name[] = { "status", "cache", "sockets", "sa" },
				 *const none[] = { "", "stat", "statuses", "monitor", "Status" };

	for (unsigned i = 0; i < 4; i++) {
		json_t *report = control_report(d, name[i]);

		ck_assert_msg(i ? json_is_array(report) : json_is_object(report), "%s", name[i]);
		json_decref(report);
	}
	for (unsigned i = 0; i < 5; i++)
		ck_assert_ptr_null(control_report(d, none[i]));
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("control_handlers");
	TCase *tc = tcase_create("requests");

	tcase_add_checked_fixture(tc, setup_daemon, teardown_daemon);
	tcase_add_loop_test(tc, a_connection_that_is_shown_belongs_to_its_peer, 0, 2);
	tcase_add_test(tc, c5_the_name_it_was_found_by_is_learned);
	tcase_add_test(tc, x8_a_socket_that_opted_out_is_not_registered);
	tcase_add_loop_test(tc, r9_what_is_no_connection_over_ipv6_changes_nothing, 0, 5);
	tcase_add_loop_test(tc, a_sender_is_known_by_its_own_address_or_else_by_the_kernels_choice,
			    0, 3);
	tcase_add_test(tc,
		       what_is_asked_of_a_connection_that_nobody_showed_is_answered_with_nothing);
	tcase_add_test(tc, where_the_helper_adopts_the_question_is_reason_enough);
	tcase_add_test(tc, an_answer_counts_what_is_open_and_proven);
	tcase_add_test(tc, x8_who_vouches_for_its_peer_makes_it_trusted_and_saved);
	tcase_add_test(tc, x8_another_users_entry_cannot_be_forgotten);
	tcase_add_test(tc, only_what_is_usable_can_be_preferred);
	tcase_add_test(tc, only_what_is_usable_departs);
	tcase_add_test(tc, a_report_is_made_by_its_whole_name);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return netns_suite_run(make());
}
