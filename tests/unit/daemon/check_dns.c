/* SPDX-License-Identifier: BSD-2-Clause */
/* dns.h: names are looked up in the background, as /etc/resolv.conf and /etc/hosts say today. */
#include "dns.h"
#include "addr.h"
#include "dns_server.h"
#include "own_netns.h"
#include "unused.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

static const struct dns_record record[] = {
	{ .name = "one.example", .in6 = { "2001:db8::1" } },
	{ .name = "both.example", .in4 = true, .in6 = { "2001:db8::1", "2001:db8::2" } },
	{ .name = "old.example", .in4 = true },
	{ .name = "many.example", .many = 40 },
	{ .name = "broken.example", .rcode = 2 },
	{ .name = "silent.example", .silent = true },
	{ .name = "host.search.example", .in6 = { "2001:db8::3" } },
	{ 0 },
};

static struct event_base *base;
static struct dns *dns;

/* What was answered last. */
static unsigned answers, count;
static uint32_t asker;
static struct in6_addr found[DNS_ADDRS_MAX];

static void on_resolved(void *ctx, uint32_t id, const struct in6_addr *addr, unsigned n)
{
	ck_assert_ptr_eq(ctx, &answers);
	ck_assert_uint_ge(n, 1);
	ck_assert_uint_le(n, DNS_ADDRS_MAX);
	answers++;
	asker = id;
	count = n;
	memcpy(found, addr, n * sizeof(*addr));
}

/* What is put at path from now on is seen by this process only. */
static void cover(const char *path)
{
	char own[64];
	FILE *f;

	snprintf(own, sizeof(own), "/tmp/check-resolve-%d", (int)getpid());
	f = fopen(own, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	ck_assert_int_eq(mount(own, path, NULL, MS_BIND, NULL), 0);
	unlink(own);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void setup(void)
{
	netns_new();
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cover("/etc/resolv.conf");
	cover("/etc/hosts");
	put("/etc/resolv.conf", "nameserver 127.0.0.1\nsearch search.example\n");
	put("/etc/hosts", "2001:db8::4 file.example\n");
	dns_start(record, 53);
	base = event_base_new();
	ck_assert_int_eq(dns_open(base, on_resolved, &answers, &dns), 0);
}

static void teardown(void)
{
	dns_close(dns);
	event_base_free(base);
}

static void stop(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	*(bool *)ptr = true;
}

/*
 * Runs the loop until so many answers came, or if that is no more, for that time. Returns whether
 * there are just so many.
 */
static bool answered(unsigned n, unsigned ms)
{
	struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	unsigned before = answers;
	bool late = false;
	struct event *timer = event_new(base, -1, 0, stop, &late);

	event_add(timer, &t);
	while (!late && (answers < n || n == before))
		event_base_loop(base, EVLOOP_ONCE);
	event_free(timer);
	return answers == n;
}

static bool was_found(const char *text)
{
	struct in6_addr a = in6(text);

	for (unsigned i = 0; i < count; i++)
		if (addr_equal(&found[i], &a))
			return true;
	return false;
}

START_TEST(a_name_gives_its_ipv6_addresses)
{
	static const struct {
		const char *name, *addr[2];
		unsigned n;
	} row[] = {
		{ "one.example", { "2001:db8::1" }, 1 }, { "ONE.Example.", { "2001:db8::1" }, 1 },
		{ "both.example", { "2001:db8::1", "2001:db8::2" }, 2 },
			{ "many.example", { "2001:db8:5::1" }, DNS_ADDRS_MAX },
		{ "host", { "2001:db8::3" }, 1 }, { "file.example", { "2001:db8::4" }, 1 },
	};

	dns_ask(dns, 7 + (uint32_t)_i, row[_i].name);
	/* never at once: the asker is in the middle of something */
	ck_assert_uint_eq(answers, 0);
	ck_assert(answered(1, 500));
	ck_assert_uint_eq(asker, 7 + (uint32_t)_i);
	ck_assert_uint_eq(count, row[_i].n);
	for (unsigned i = 0; i < 2 && row[_i].addr[i]; i++)
		ck_assert(was_found(row[_i].addr[i]));
}
END_TEST

START_TEST(what_comes_to_nothing_is_not_told)
{
	static const char *const name[] = { "old.example", "nowhere.example", "broken.example",
					    "silent.example", "" };

	dns_ask(dns, 1, name[_i]);
	ck_assert(answered(0, 300));
}
END_TEST

START_TEST(the_last_question_of_an_asker_is_the_one_that_counts)
{
	dns_ask(dns, 1, "silent.example");
	dns_ask(dns, 2, "both.example");
	dns_ask(dns, 1, "both.example");
	dns_ask(dns, 1, "one.example");
	ck_assert(answered(2, 500));
	dns_ask(dns, 1, "one.example");
	ck_assert(answered(3, 500));
	ck_assert_uint_eq(asker, 1);
	ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(another_resolver_is_asked_as_soon_as_it_is_named)
{
	put("/etc/resolv.conf", "nameserver 127.0.0.2\n");
	dns_ask(dns, 1, "one.example");
	ck_assert(answered(0, 300));
	put("/etc/resolv.conf", "nameserver 127.0.0.1\n");
	put("/etc/hosts", "2001:db8::5 file.example\n");
	dns_ask(dns, 1, "one.example");
	ck_assert(answered(1, 500));
	dns_ask(dns, 1, "file.example");
	ck_assert(answered(2, 500));
	ck_assert(was_found("2001:db8::5"));
}
END_TEST

START_TEST(without_a_usable_resolver_nothing_happens)
{
	static const char *const text[] = { "", "nonsense\n", "nameserver 2001:db8:9::1\n",
					    "nameserver x\noptions timeout:y\n" };

	put("/etc/resolv.conf", text[_i]);
	dns_ask(dns, 1, "elsewhere.test");
	ck_assert(answered(0, 300));
}
END_TEST

START_TEST(of_too_many_questions_some_are_not_looked_into_and_all_are_taken_back)
{
	for (unsigned i = 0; i < 3 * DNS_QUESTIONS_MAX; i++)
		dns_ask(dns, i, "silent.example");
	ck_assert(answered(0, 100));
	/* the end is teardown()'s, and the sanitizer's */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dns");
	TCase *tc = tcase_create("dns");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_name_gives_its_ipv6_addresses, 0, 6);
	tcase_add_loop_test(tc, what_comes_to_nothing_is_not_told, 0, 5);
	tcase_add_test(tc, the_last_question_of_an_asker_is_the_one_that_counts);
	tcase_add_test(tc, another_resolver_is_asked_as_soon_as_it_is_named);
	tcase_add_loop_test(tc, without_a_usable_resolver_nothing_happens, 0, 4);
	tcase_add_test(tc, of_too_many_questions_some_are_not_looked_into_and_all_are_taken_back);
	suite_add_tcase(s, tc);
	return netns_suite_run(s);
}
