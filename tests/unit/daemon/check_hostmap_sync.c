/* SPDX-License-Identifier: BSD-2-Clause */
/* hostmap_sync.h: which rows programs find for what the core knows. Policy rules are a fake. */
#include "clock.h"
#include "conf.h"
#include "core/host.h"
#include "daemon_private.h"
#include "hostmap_sync.h"
#include "nonpeer.h"
#include "route_sync.h"
#include "unused.h"

#include <sys/mman.h>
#include <unistd.h>

static struct daemon *d;
static struct conf conf;
static bool ruled;

bool route_sync_ruled(const struct route_sync *s UNUSED)
{
	return ruled;
}

static void setup_daemon(void)
{
	setup();
	d = calloc(1, sizeof(*d));
	ck_assert_ptr_nonnull(d);
	conf = (struct conf){ .adopt = false };
	d->conf = &conf;
	d->core = c;
	c->config.max_entries = HOSTMAP_ROWS_MAX;
	ruled = false;
}

static void teardown_daemon(void)
{
	free(d);
	teardown();
}

/* The row of a side for an address, after an update; NULL: none. Each key has at most one. */
static const struct hostmap_row *row(enum hostmap_side side, const struct in6_addr *known)
{
	const struct hostmap_row *found = NULL;

	hostmap_sync(d);
	for (unsigned i = 0; i < d->n_row; i++)
		if (d->row[i].side == side && addr_equal(&d->row[i].known, known)) {
			ck_assert_ptr_null(found);
			found = &d->row[i];
		}
	return found;
}

static const struct hostmap_row *foreign_row(const char *text)
{
	struct in6_addr addr = a(text);

	return row(HOSTMAP_FOREIGN, &addr);
}

static void assert_now(const struct hostmap_row *r, const char *now_text)
{
	struct in6_addr addr = a(now_text);

	ck_assert_ptr_nonnull(r);
	ck_assert_str_eq(addr_text(&r->now).s, addr_text(&addr).s);
}

START_TEST(a_homeless_peer_is_there_by_its_addresses_and_its_id)
{
	struct in6_addr id = hostmap_entry(h->id);
	const struct hostmap_row *r = foreign_row(F0);

	assert_now(r, F0);
	ck_assert_uint_eq(r->hce, h->id);
	ck_assert_uint_eq(r->flags, HOSTMAP_NO_DNS_NAME);
	assert_now(row(HOSTMAP_ENTRY, &id), F0);
	ck_assert_uint_eq(d->n_row, 2);
}
END_TEST

START_TEST(what_waits_for_an_update_does_not_any_more)
{
	d->view_now = d->view_later = true;
	hostmap_sync(d);
	ck_assert(!d->view_now && !d->view_later);
}
END_TEST

START_TEST(a_peer_of_unknown_capability_is_not_there)
{
	h->status = PEER_UNKNOWN;
	ck_assert_ptr_null(foreign_row(F0));
	ck_assert_uint_eq(d->n_row, 0);
}
END_TEST

START_TEST(a_peer_without_a_pair_is_not_there)
{
	h->pair.foreign = in6addr_any;
	ck_assert_ptr_null(foreign_row(F0));
	ck_assert_uint_eq(d->n_row, 0);
}
END_TEST

START_TEST(x5_programs_are_not_sent_to_an_address_that_is_not_proven)
{
	at(F1, ADDR_TENTATIVE);
	ck_assert_ptr_null(foreign_row(F1));
	ck_assert_ptr_nonnull(foreign_row(F0));
}
END_TEST

/* Makes the peer leave F0 for F1. */
static void leave(void)
{
	struct foreign_addr *fa = h->addrs;

	at(F1, ADDR_ACTIVE);
	fa->state = ADDR_DEPRECATED;
	h->pair.foreign = a(F1);
	h->pair.gen++;
}

START_TEST(c9_who_asks_for_an_address_that_the_peer_left_gets_the_one_in_use)
{
	const struct hostmap_row *r;

	leave();
	r = foreign_row(F0);
	assert_now(r, F1);
	ck_assert(r->flags & HOSTMAP_MOVED);
	ck_assert(!(r->flags & HOSTMAP_REDIRECTS));
	h->addrs->redirects_until = USEC_NEVER;
	ck_assert(foreign_row(F0)->flags & HOSTMAP_REDIRECTS);
	r = foreign_row(F1);
	assert_now(r, F1);
	ck_assert(!(r->flags & HOSTMAP_MOVED));
}
END_TEST

START_TEST(c9_an_address_of_a_peer_that_is_silent_everywhere_is_as_good_as_any)
{
	leave();
	h->addrs->next->state = ADDR_DEPRECATED;
	ck_assert(!(foreign_row(F0)->flags & HOSTMAP_MOVED));
}
END_TEST

START_TEST(programs_know_a_peer_by_the_birth_address_of_its_oldest_open_connection)
{
	struct in6_addr f1 = a(F1);
	struct pcb *first = connection(L0, F0, 1), *second;

	second = connection(L0, F0, 2);
	ck_assert_ptr_null(row(HOSTMAP_NAME, &f1));	/* there is no other */
	leave();
	assert_now(row(HOSTMAP_NAME, &f1), F0);
	first->linger_until = now;
	assert_now(row(HOSTMAP_NAME, &f1), F0);
	second->linger_until = now;
	ck_assert_ptr_null(row(HOSTMAP_NAME, &f1));
}
END_TEST

START_TEST(r3_a_port_of_its_own_is_needed_where_pairs_differ)
{
	ck_assert(!(foreign_row(F0)->flags & HOSTMAP_UNIQUE_PORT));
	connection(L0, F0, 1);
	ck_assert(!(foreign_row(F0)->flags & HOSTMAP_UNIQUE_PORT));
	/* The kernel would choose another source for the next connection. */
	h->routed = a(L1);
	ck_assert(foreign_row(F0)->flags & HOSTMAP_UNIQUE_PORT);
	h->routed = a(L0);
	ck_assert(!(foreign_row(F0)->flags & HOSTMAP_UNIQUE_PORT));
	/* The new one would be made to another address of the peer. */
	at(F1, ADDR_ACTIVE);
	ck_assert(foreign_row(F1)->flags & HOSTMAP_UNIQUE_PORT);
	ck_assert(!(foreign_row(F0)->flags & HOSTMAP_UNIQUE_PORT));
	/* Other users may have another source. */
	ruled = true;
	ck_assert(foreign_row(F0)->flags & HOSTMAP_UNIQUE_PORT);
	/* ... but without a connection there is none to clash with. */
	h->pcbs->linger_until = now;
	pcb_drop(c, h->pcbs);
	ck_assert(!(foreign_row(F0)->flags & HOSTMAP_UNIQUE_PORT));
}
END_TEST

START_TEST(c5_who_knows_a_name_is_asked_for_it_as_long_as_there_is_none)
{
	ck_assert(foreign_row(F0)->flags & HOSTMAP_NO_DNS_NAME);
	core_alternatives(c, h->id, "server.example", NULL, 0);
	ck_assert(!(foreign_row(F0)->flags & HOSTMAP_NO_DNS_NAME));
}
END_TEST

START_TEST(c2_a_lost_address_leads_to_one_of_its_personality)
{
	struct in6_addr l1 = a(L1);
	struct local_addr *lost = up(L1), *other = up(L2);

	ck_assert_ptr_null(row(HOSTMAP_LOCAL, &l1));
	lost->usable = false;
	lost->personality = 1;
	ck_assert_ptr_null(row(HOSTMAP_LOCAL, &l1));	/* the others are of none */
	other->personality = 1;
	assert_now(row(HOSTMAP_LOCAL, &l1), L2);
	other->usable = false;
	ck_assert_ptr_null(row(HOSTMAP_LOCAL, &l1));
}
END_TEST

START_TEST(hosts_without_hmip_are_listed_only_with_adoption_and_last)
{
	struct in6_addr f2 = a(F2);

	nonpeer_add(c, &f2, clock_boottime());
	ck_assert_ptr_null(row(HOSTMAP_PLAIN, &f2));
	conf.adopt = true;
	assert_now(row(HOSTMAP_PLAIN, &f2), F2);
	ck_assert_uint_eq(d->row[d->n_row - 1].side, HOSTMAP_PLAIN);
	ck_assert(foreign_row(F0)->flags & HOSTMAP_AUTO_REGISTERED);
	conf.adopt = false;
	ck_assert(!(foreign_row(F0)->flags & HOSTMAP_AUTO_REGISTERED));
}
END_TEST

static void add_peers(unsigned n, unsigned addresses)
{
	struct in6_addr l0 = a(L0), f = a("2001:db8:ffff::");

	for (unsigned i = 0; i < n; i++) {
		struct hce *e = hce_create(c, NULL, &l0, true, now);

		ck_assert_ptr_nonnull(e);
		for (unsigned k = 0; k < addresses; k++) {
			f.s6_addr32[2] = htonl(k);
			f.s6_addr32[3] = htonl(i + 1);
			ck_assert_ptr_nonnull(foreign_add(c, e, &f, ADDR_ACTIVE, LIFETIME_ABSOLUTE,
							  600 * USEC_PER_SEC, "test", now));
		}
		pair_init(c, e, &l0, &f);
		hce_status_event(c, e, STATUS_SUPPORTS);
		take(ACTION_EVENT, NULL);
	}
}

START_TEST(ten_thousand_peers_are_all_there)
{
	add_peers(10000, 1);
	assert_now(foreign_row("2001:db8:ffff::1"), "2001:db8:ffff::1");
	assert_now(foreign_row("2001:db8:ffff::2710"), "2001:db8:ffff::2710");
	ck_assert_uint_eq(d->rows_cut, 0);
	ck_assert_uint_eq(core_counter(c, COUNT_HOSTMAP_CUT), 0);
	ck_assert_uint_eq(take(ACTION_EVENT, NULL), 0);
}
END_TEST

/* A map that gets no more memory than it begins with. */
static struct hostmap *small_map(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	struct hostmap *map = mmap(NULL, sizeof(*map), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				   0);

	ck_assert_ptr_ne(map, MAP_FAILED);
	for (unsigned i = 0; i < 2; i++) {
		uintptr_t from = i ? (uintptr_t)&map->table[i] & ~(page - 1) : (uintptr_t)map,
			  to = (uintptr_t)&map->table[i].row[HOSTMAP_ROWS_FIRST];

		ck_assert_int_eq(mprotect((void *)from, to - from, PROT_READ | PROT_WRITE), 0);
	}
	map->room = HOSTMAP_ROWS_FIRST;
	return map;
}

START_TEST(rows_that_do_not_fit_are_left_out_and_counted_strangers_first)
{
	struct in6_addr l1 = a(L1), f0 = a(F0);
	struct action full;
	uint64_t cut;

	up(L1)->usable = false;		/* lost: L0 takes its place */
	d->view = small_map();
	add_peers(HOSTMAP_ROWS_FIRST / 64, 63);	/* and a row for each peer */
	connection(L0, F0, 1);
	HASH_DEL(c->entries, h);	/* the one that is in use is the last of all */
	HASH_ADD(hh, c->entries, id, sizeof(h->id), h);
	take(ACTION_EVENT, NULL);
	ck_assert_ptr_nonnull(row(HOSTMAP_LOCAL, &l1));
	ck_assert_uint_eq(d->n_row, HOSTMAP_ROWS_FIRST);
	ck_assert_uint_eq(take(ACTION_EVENT, &full), 1);
	ck_assert_int_eq(full.event.event, EVENT_TABLE_FULL);
	cut = core_counter(c, COUNT_HOSTMAP_CUT);
	ck_assert_uint_gt(cut, 0);
	ck_assert_ptr_nonnull(row(HOSTMAP_FOREIGN, &f0));
	ck_assert_uint_eq(take(ACTION_EVENT, NULL), 0);
	ck_assert_uint_eq(core_counter(c, COUNT_HOSTMAP_CUT), cut);
	munmap(d->view, sizeof(*d->view));
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("hostmap_sync");
	TCase *tc = tcase_create("rows");

	tcase_add_checked_fixture(tc, setup_daemon, teardown_daemon);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_homeless_peer_is_there_by_its_addresses_and_its_id);
	tcase_add_test(tc, what_waits_for_an_update_does_not_any_more);
	tcase_add_test(tc, a_peer_of_unknown_capability_is_not_there);
	tcase_add_test(tc, a_peer_without_a_pair_is_not_there);
	tcase_add_test(tc, x5_programs_are_not_sent_to_an_address_that_is_not_proven);
	tcase_add_test(tc, c9_who_asks_for_an_address_that_the_peer_left_gets_the_one_in_use);
	tcase_add_test(tc, c9_an_address_of_a_peer_that_is_silent_everywhere_is_as_good_as_any);
	tcase_add_test(tc, programs_know_a_peer_by_the_birth_address_of_its_oldest_open_connection);
	tcase_add_test(tc, r3_a_port_of_its_own_is_needed_where_pairs_differ);
	tcase_add_test(tc, c5_who_knows_a_name_is_asked_for_it_as_long_as_there_is_none);
	tcase_add_test(tc, c2_a_lost_address_leads_to_one_of_its_personality);
	tcase_add_test(tc, hosts_without_hmip_are_listed_only_with_adoption_and_last);
	tcase_add_test(tc, ten_thousand_peers_are_all_there);
	tcase_add_test(tc, rows_that_do_not_fit_are_left_out_and_counted_strangers_first);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return suite_run(make());
}
