/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel_sa.h, X3: what the core has of a SAD that changes. The SAD is a fake, the core is real. */
#include "core/host.h"

#include "apply.h"
#include "array.h"
#include "conf.h"
#include "daemon_private.h"
#include "kernel_sa.h"
#include "sad.h"
#include "unused.h"

#include <errno.h>
#include <unistd.h>

#define P0	"2001:db8:b0::20"
#define P1	"2001:db8:b1::20"
#define OTHER	"2001:db8:b9::20"

static struct sad_sa table[32];		/* the newest first, as the kernel lists them */
static unsigned n_table, reads, opened;
static int told[2], list_error;
static struct daemon *d;
static struct conf conf;

struct sad {
	int unused;
};
static struct sad sad;

int sad_open(struct sad **ret)
{
	ck_assert_int_eq(pipe(told), 0);
	opened++;
	*ret = &sad;
	return 0;
}

void sad_close(struct sad *s)
{
	if (!s)
		return;
	close(told[0]);
	close(told[1]);
	opened--;
}

int sad_fd(const struct sad *s UNUSED)
{
	return told[0];
}

int sad_changed(struct sad *s UNUSED)
{
	char byte;

	return read(told[0], &byte, 1) == 1 && byte == '!';
}

int sad_list(struct sad *s UNUSED, sad_fn *fn, void *ctx)
{
	reads++;
	for (unsigned i = 0; i < n_table; i++) {
		int r = fn(ctx, &table[i]);

		if (r < 0)
			return r;
	}
	return list_error;
}

static unsigned applied;

void apply_actions(struct daemon *daemon UNUSED)
{
	applied++;
	take(ACTION_EVENT, NULL);
}

/* The newest SA now. */
static struct sad_sa *add(const char *src, const char *dst, uint32_t spi, uint64_t added)
{
	struct sad_sa sa = { .src = a(src), .dst = a(dst), .spi = spi, .reqid = 60, .added = added,
			     .key = { .alg = AH_HMAC_SHA256_128, .len = 32 } };

	memset(sa.key.key, (int)(spi & 0xff), 32);
	memmove(table + 1, table, n_table++ * sizeof(table[0]));
	table[0] = sa;
	return &table[0];
}

static void delete(uint32_t spi)
{
	unsigned i = 0;

	while (table[i].spi != spi)
		ck_assert_uint_lt(++i, n_table);
	memmove(table + i, table + i + 1, (--n_table - i) * sizeof(table[0]));
}

static void in(uint32_t spi, uint64_t added)
{
	add(P0, L0, spi, added);
}

static void out(uint32_t spi, uint64_t added)
{
	add(L0, P0, spi, added);
}

static void look(void)
{
	kernel_sas_configure(d);
}

/* The core has the SA, to send to the peer and for what comes from it. */
static void assert_uses(uint32_t spi_in, uint32_t spi_out)
{
	struct peer *p = peer_by_name(c, "p");

	ck_assert_ptr_nonnull(p);
	ck_assert(!p->ended);
	ck_assert_uint_eq(p->sa.in.spi, spi_in);
	ck_assert_uint_eq(p->sa.out.spi, spi_out);
	ck_assert_uint_eq(p->sa.out.key.key[0], spi_out & 0xff);
	ck_assert_int_eq(p->sa.class, SA_GENERIC);
}

static bool understands(uint32_t spi)
{
	const struct peer *p = peer_by_spi(c, spi);

	return p && !p->ended && (p->heir ? p->heir : p) == peer_by_name(c, "p");
}

static void setup_sas(void)
{
	static struct core_peer peer[2];
	static uint32_t reqid[2];

	setup();
	d = calloc(1, sizeof(*d));
	ck_assert_ptr_nonnull(d);
	peer[0] = (struct core_peer){ .name = "p", .n_addr = 1, .addr = { a(P0) } };
	peer[1] = (struct core_peer){ .name = "q", .n_addr = 1, .addr = { a(OTHER) } };
	reqid[0] = 60;
	reqid[1] = 0;
	conf = (struct conf){ .n_peer = 2, .peer = peer, .reqid = reqid };
	d->core = c;
	d->conf = &conf;
	d->base = event_base_new();
	ck_assert_ptr_nonnull(d->base);
	n_table = reads = 0;
}

static void teardown_sas(void)
{
	kernel_sas_close(d);
	ck_assert_uint_eq(opened, 0);
	event_base_free(d->base);
	free(d);
	teardown();
}

START_TEST(x3_a_pair_of_sas_makes_a_peer)
{
	in(0x5001, 1);
	look();
	ck_assert_ptr_null(peer_by_name(c, "p"));	/* one direction is of no use */
	out(0x6001, 1);
	look();
	assert_uses(0x5001, 0x6001);
	ck_assert_ptr_null(peer_by_name(c, "q"));
}
END_TEST

START_TEST(x3_of_several_the_newest_is_used_and_all_are_understood)
{
	for (uint32_t n = 1; n <= 3; n++) {
		in(0x5000 + n, _i ? n : 7);	/* 7: within one second */
		out(0x6000 + n, _i ? n : 7);
	}
	look();
	assert_uses(0x5003, 0x6003);
	ck_assert(understands(0x5001) && understands(0x5002) && understands(0x5003));
}
END_TEST

/* The responder of a rekey has the new outbound SA later than the inbound one (RFC 7296, 2.8). */
START_TEST(x3_a_rekey_is_followed_step_by_step)
{
	in(0x5001, 1);
	out(0x6001, 1);
	look();
	in(0x5002, 2);
	look();
	assert_uses(0x5002, 0x6001);
	ck_assert(understands(0x5001));
	out(0x6002, 3);
	look();
	assert_uses(0x5002, 0x6002);
	ck_assert(understands(0x5001));
	delete(0x6001);
	delete(0x5001);
	look();
	assert_uses(0x5002, 0x6002);
	ck_assert(!understands(0x5001));
}
END_TEST

START_TEST(x3_the_newest_is_deleted_and_the_one_before_it_is_used)
{
	in(0x5001, 1);
	out(0x6001, 1);
	in(0x5002, 2);
	out(0x6002, 2);
	look();
	delete(0x5002);
	delete(0x6002);
	look();
	assert_uses(0x5001, 0x6001);
	ck_assert(!understands(0x5002));
}
END_TEST

START_TEST(x3_without_sas_the_peer_waits_for_others)
{
	in(0x5001, 1);
	out(0x6001, 1);
	look();
	n_table = 0;
	look();
	ck_assert_ptr_nonnull(peer_by_name(c, "p"));
	ck_assert(!understands(0x5001));
	in(0x5002, 2);
	out(0x6002, 2);
	look();
	assert_uses(0x5002, 0x6002);
	ck_assert(!understands(0x5001));
}
END_TEST

START_TEST(x3_the_same_spi_with_another_key_is_another_sa)
{
	in(0x5001, 1);
	out(0x6001, 1);
	look();
	table[0].key.key[0] = table[1].key.key[0] = 0x77;
	table[0].key.key[1] = 1;
	look();
	ck_assert_uint_eq(peer_by_name(c, "p")->sa.out.key.key[0], 0x77);
	ck_assert_uint_eq(peer_by_name(c, "p")->sa.in.key.key[0], 0x77);
}
END_TEST

static const struct {
	const char *what, *src, *dst;
	uint32_t reqid;
	uint64_t packets;
	const char *refused;
} foreign_sa[] = {
	{ "another reqid", L0, P0, 61, 0, NULL },
	{ "between others", L0, OTHER, 60, 0, NULL },
	{ "between addresses of the peer", P0, P0, 60, 0, NULL },
	{ "the kernel uses it", L0, P0, 60, 1, NULL },
	{ "it has no key of use", L0, P0, 60, 0, "because" },
};

START_TEST(x3_other_sas_are_left_alone)
{
	struct sad_sa *sa;

	in(0x5001, 1);
	out(0x6001, 1);
	sa = add(foreign_sa[_i].src, foreign_sa[_i].dst, 0x6002, 2);
	sa->reqid = foreign_sa[_i].reqid;
	sa->packets = foreign_sa[_i].packets;
	sa->refused = foreign_sa[_i].refused;
	look();
	assert_uses(0x5001, 0x6001);
	ck_assert_ptr_null(peer_by_spi(c, 0x6002));
}
END_TEST

/* IKE follows a peer that moved: its SAs have an address then that only its entry has. */
START_TEST(x3_sas_of_an_address_that_the_peer_has_proved_count)
{
	struct hce *e;
	struct in6_addr p1 = a(P1), l0 = a(L0);
	struct foreign_addr *fa;

	in(0x5001, 1);
	out(0x6001, 1);
	look();
	e = hce_create(c, peer_by_name(c, "p"), &l0, true, now);
	fa = foreign_add(c, e, &p1, ADDR_TENTATIVE, LIFETIME_ABSOLUTE, 600 * USEC_PER_SEC, "test",
			 now);
	ck_assert_ptr_nonnull(fa);
	add(P1, L0, 0x5002, 2);
	add(L0, P1, 0x6002, 2);
	look();
	assert_uses(0x5001, 0x6001);		/* anybody's address can be claimed */
	foreign_set_state(c, fa, ADDR_ACTIVE, "test", now);
	look();
	assert_uses(0x5002, 0x6002);
}
END_TEST

START_TEST(x7_an_spi_that_another_peer_has_is_not_taken)
{
	in(h->sa->in.spi, 1);
	out(0x6001, 1);
	look();
	ck_assert_ptr_null(peer_by_name(c, "p"));
	ck_assert_ptr_eq(peer_by_spi(c, h->sa->in.spi)->hce, h);
	in(0x5002, 2);
	look();
	ck_assert_uint_eq(peer_by_spi(c, 0x1001)->hce->id, h->id);
}
END_TEST

START_TEST(more_sas_than_are_kept_do_no_harm)
{
	out(0x6001, 1);
	for (uint32_t n = 1; n <= 30; n++)
		in(0x5000 + n, n);
	look();
	assert_uses(0x501e, 0x6001);
	ck_assert(understands(0x5017) && !understands(0x5016));
}
END_TEST

START_TEST(a_list_that_fails_changes_nothing)
{
	in(0x5001, 1);
	out(0x6001, 1);
	look();
	n_table = 0;
	list_error = -ENOBUFS;
	ck_assert_int_eq(write(told[1], "!", 1), 1);
	while (reads < 2)
		event_base_loop(d->base, EVLOOP_ONCE);
	list_error = 0;
	assert_uses(0x5001, 0x6001);
}
END_TEST

START_TEST(x3_a_change_is_read_and_what_follows_is_applied)
{
	look();
	in(0x5001, 1);
	out(0x6001, 1);
	ck_assert_int_eq(write(told[1], ".", 1), 1);	/* not about AH */
	event_base_loop(d->base, EVLOOP_ONCE);
	ck_assert_uint_eq(reads, 1);
	ck_assert_int_eq(write(told[1], "!", 1), 1);
	while (reads < 2)
		event_base_loop(d->base, EVLOOP_ONCE);
	assert_uses(0x5001, 0x6001);
	ck_assert_uint_gt(applied, 0);
}
END_TEST

/* As a reload does it. */
static void reload(const struct core_peer *peer, uint32_t reqid)
{
	struct core_peer p[] = { *peer, conf.peer[1] };
	uint32_t r[] = { reqid, 0 };
	struct conf next = { .n_peer = 2, .peer = p, .reqid = r };

	kernel_sas_forget(d, &next);
	d->conf = &next;
	kernel_sas_configure(d);
	d->conf = &conf;
}

START_TEST(a_peer_that_the_configuration_does_not_have_any_more_goes)
{
	struct core_peer was = conf.peer[0];

	in(0x5001, 1);
	out(0x6001, 1);
	look();
	reload(&was, 61);
	ck_assert_ptr_null(peer_by_name(c, "p"));
	ck_assert_uint_eq(opened, 1);
	reload(&was, 60);
	assert_uses(0x5001, 0x6001);
	reload(&was, 0);
	ck_assert_ptr_null(peer_by_name(c, "p"));
	ck_assert_uint_eq(opened, 0);
}
END_TEST

START_TEST(a_peer_with_other_addresses_keeps_its_sas)
{
	struct core_peer next = conf.peer[0];
	struct in6_addr p1 = a(P1);

	in(0x5001, 1);
	out(0x6001, 1);
	look();
	next.n_addr = 2;
	next.addr[1] = p1;
	reload(&next, 60);
	assert_uses(0x5001, 0x6001);
	ck_assert_ptr_eq(peer_by_addr(c, &p1), peer_by_name(c, "p"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kernel_sa");
	TCase *tc = tcase_create("kernel_sa");

	tcase_add_checked_fixture(tc, setup_sas, teardown_sas);
	tcase_add_test(tc, x3_a_pair_of_sas_makes_a_peer);
	tcase_add_loop_test(tc, x3_of_several_the_newest_is_used_and_all_are_understood, 0, 2);
	tcase_add_test(tc, x3_a_rekey_is_followed_step_by_step);
	tcase_add_test(tc, x3_the_newest_is_deleted_and_the_one_before_it_is_used);
	tcase_add_test(tc, x3_without_sas_the_peer_waits_for_others);
	tcase_add_test(tc, x3_the_same_spi_with_another_key_is_another_sa);
	tcase_add_loop_test(tc, x3_other_sas_are_left_alone, 0, ARRAY_LEN(foreign_sa));
	tcase_add_test(tc, x3_sas_of_an_address_that_the_peer_has_proved_count);
	tcase_add_test(tc, x7_an_spi_that_another_peer_has_is_not_taken);
	tcase_add_test(tc, more_sas_than_are_kept_do_no_harm);
	tcase_add_test(tc, a_list_that_fails_changes_nothing);
	tcase_add_test(tc, x3_a_change_is_read_and_what_follows_is_applied);
	tcase_add_test(tc, a_peer_that_the_configuration_does_not_have_any_more_goes);
	tcase_add_test(tc, a_peer_with_other_addresses_keeps_its_sas);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
