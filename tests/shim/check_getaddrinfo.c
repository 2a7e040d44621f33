/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * getaddrinfo(3), gethostbyname2(3) and gethostbyname2_r(3) under the shim: the results are libc's,
 * and what a name gave is told with the connection (C5). The names are those of a server of our
 * own, on IPv4's loopback.
 */
#define _GNU_SOURCE
#include "rig.h"
#include "dns_server.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * What the server knows. n1.example, n2.example, ... have an address each that ends with that
 * number.
 */
static const struct dns_record record[] = {
	{ .name = "one.example", .in6 = { HERE } },
	{ .name = "both.example", .in4 = true, .in6 = { HERE, "2001:db8:6::1", ULA } },
	{ .name = "old.example", .in4 = true },
	{ .name = "mixed.example", .in6 = { "fe80::1", "::1", "2001:db8:6::2", HERE, "ff02::1" } },
	{ .name = "moved.example", .in6 = { ONCE, "2001:db8:6::3" } },
	{ .name = "many.example", .in6 = { HERE }, .many = 30 },
	{ .name = "local.example", .in6 = { "::1" } },
	{ .name = "broken.example", .rcode = 2 },
	{ 0 },
};

static struct sockaddr_in dns;

/* The resolver of the calling thread asks our server and no other. */
static void ask_ours(void)
{
	ck_assert_int_eq(res_init(), 0);
	_res.nscount = 1;
	_res.nsaddr_list[0] = dns;
	_res.options &= ~(RES_DNSRCH | RES_DEFNAMES);
}

static void setup(void)
{
	/* lest the server's own calls find the host map of an earlier test */
	rig_helper(RIG_NONE);
	dns = dns_start(record, 0);
	ask_ours();
}

/* Whose shall be compared with the shim's: the C library's. */
static int libc_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
			    struct addrinfo **res)
{
	static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);

	*(void **)&real = dlsym(libc, "getaddrinfo");
	ck_assert_ptr_nonnull((void *)real);
	ck_assert_ptr_ne((void *)real, (void *)getaddrinfo);
	return real(name, service, hints, res);
}

static void assert_same_list(const struct addrinfo *a, const struct addrinfo *b)
{
	for (; a && b; a = a->ai_next, b = b->ai_next) {
		ck_assert_int_eq(a->ai_family, b->ai_family);
		ck_assert_int_eq(a->ai_socktype, b->ai_socktype);
		ck_assert_uint_eq(a->ai_addrlen, b->ai_addrlen);
		ck_assert_mem_eq(a->ai_addr, b->ai_addr, a->ai_addrlen);
	}
	ck_assert_ptr_null(a);
	ck_assert_ptr_null(b);
}

START_TEST(whatever_the_helper_does_results_and_errors_are_libcs)
{
	static const struct {
		const char *name, *service;
		struct addrinfo hints;
		bool no_hints;
	} call[] = {
		{ .name = "one.example", .no_hints = true },
		{ .name = "both.example", .service = "80" },
		{ .name = "both.example", .service = "http",
		  .hints = { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM } },
		{ .name = "both.example", .hints = { .ai_family = AF_INET } },
		{ .name = "old.example", .no_hints = true },
		{ .name = "old.example", .hints = { .ai_family = AF_INET6 } },
		{ .name = "old.example",
		  .hints = { .ai_family = AF_INET6, .ai_flags = AI_V4MAPPED } },
		{ .name = "mixed.example", .no_hints = true },
		{ .name = "many.example", .no_hints = true },
		{ .name = "nowhere.example" },
		{ .name = "broken.example" },
		{ .name = "" },
		{ .name = "a..b" },
		{ .name = NULL, .service = "80", .hints = { .ai_flags = AI_PASSIVE } },
		{ .name = NULL },
		{ .name = HERE, .no_hints = true },
		{ .name = HERE, .hints = { .ai_flags = AI_NUMERICHOST } },
		{ .name = "one.example", .hints = { .ai_flags = AI_NUMERICHOST } },
		{ .name = "fe80::1%lo" },
		{ .name = "127.0.0.1" },
		{ .name = "one.example", .service = "no-such-service" },
		{ .name = "one.example", .hints = { .ai_flags = AI_CANONNAME } },
		{ .name = "one.example", .hints = { .ai_family = 4711 } },
		{ .name = "localhost" },
	};

	rig_helper(_i);
	for (size_t i = 0; i < ARRAY_LEN(call); i++) {
		const struct addrinfo *hints = call[i].no_hints ? NULL : &call[i].hints;
		struct addrinfo *without = NULL, *with = NULL;
		int r = libc_getaddrinfo(call[i].name, call[i].service, hints, &without),
		    err = errno;
		unsigned descriptors = rig_descriptors();

		ck_assert_int_eq(getaddrinfo(call[i].name, call[i].service, hints, &with), r);
		if (r == EAI_SYSTEM)
			ck_assert_int_eq(errno, err);
		ck_assert_uint_eq(rig_descriptors(), descriptors);
		ck_assert_uint_eq(rig_shown().n, 0);
		if (r)
			continue;
		assert_same_list(with, without);
		freeaddrinfo(with);
		freeaddrinfo(without);
	}
}
END_TEST

static bool told_other(const struct rig_shown *s, const char *text)
{
	struct in6_addr a;

	inet_pton(AF_INET6, text, &a);
	for (unsigned i = 0; i < s->text.n_other; i++)
		if (IN6_ARE_ADDR_EQUAL(&s->text.other[i], &a))
			return true;
	return false;
}

static void resolve(const char *name)
{
	struct addrinfo *ai;

	ck_assert_int_eq(getaddrinfo(name, NULL, NULL, &ai), 0);
	freeaddrinfo(ai);
}

/* What is told with a connection to text. */
static struct rig_shown connect_to(const char *text)
{
	struct sockaddr_storage a = rig_addr(text, 9);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(struct sockaddr_in6)), 0);
	close(fd);
	struct rig_shown s = rig_shown();
	ck_assert_uint_eq(s.n, 1);
	return s;
}

static void assert_told(const char *to, const char *name, unsigned others)
{
	struct rig_shown s = connect_to(to);

	ck_assert_str_eq(s.text.name, name);
	ck_assert_uint_eq(s.text.n_other, others);
	ck_assert(!told_other(&s, to));
}

START_TEST(c5_a_connection_is_told_with_the_name_and_what_else_it_gave)
{
	rig_helper(RIG_LIVE);
	assert_told(HERE, "", 0);
	resolve("one.example");
	assert_told(HERE, "one.example", 0);
	resolve("both.example");		/* the last one counts */
	assert_told(ULA, "both.example", 2);
	assert_told(HERE, "both.example", 2);
	struct rig_shown s = connect_to(HERE);
	ck_assert(told_other(&s, "2001:db8:6::1"));
	ck_assert(told_other(&s, ULA));
	assert_told(THERE, "", 0);
	resolve("one.example");
	assert_told(HERE, "one.example", 0);
	assert_told(ULA, "both.example", 2);
}
END_TEST

START_TEST(c5_who_datagrams_are_sent_to_is_told_with_the_name)
{
	struct sockaddr_storage a = rig_addr(HERE, 9);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	rig_helper(RIG_LIVE);
	resolve("both.example");
	ck_assert_int_eq(sendto(fd, "", 1, 0, (struct sockaddr *)&a, sizeof(struct sockaddr_in6)),
			 1);
	struct rig_shown s = rig_shown();
	ck_assert_uint_eq(s.n, 1);
	ck_assert_int_eq(s.verb, CONTROL_SEND);
	ck_assert_str_eq(s.text.name, "both.example");
	ck_assert_uint_eq(s.text.n_other, 2);
}
END_TEST

START_TEST(c5_a_peer_that_moved_is_told_by_the_name_of_the_address_asked_for)
{
	rig_helper(RIG_LIVE);
	resolve("moved.example");
	assert_told(ONCE, "moved.example", 1);
}
END_TEST

START_TEST(c5_only_what_may_be_a_peers_address_is_told)
{
	rig_helper(RIG_LIVE);
	resolve("mixed.example");
	assert_told(HERE, "mixed.example", 1);
	resolve("old.example");
	resolve("local.example");
	resolve(HERE);				/* no name */
	assert_told(HERE, "mixed.example", 1);
}
END_TEST

START_TEST(c5_of_very_many_addresses_some_are_told)
{
	rig_helper(RIG_LIVE);
	resolve("many.example");
	struct rig_shown s = connect_to(HERE);
	/* In which order libc sorts them is its own affair: HERE may not be among the first. */
	ck_assert(!*s.text.name || s.text.n_other == CONTROL_OTHERS_MAX);
}
END_TEST

START_TEST(of_very_many_names_the_last_are_known)
{
	struct hostmap_row row[200] = { 0 };
	char name[32], text[INET6_ADDRSTRLEN];

	rig_helper(RIG_LIVE);
	/* to be connected to there must be somebody */
	for (unsigned i = 1; i <= ARRAY_LEN(row); i++) {
		row[i - 1] = (struct hostmap_row){ .hce = 1, .side = HOSTMAP_FOREIGN,
						   .flags = HOSTMAP_MOVED | HOSTMAP_REDIRECTS };
		inet_pton(AF_INET6, "2001:db8:5::", &row[i - 1].known);
		row[i - 1].known.s6_addr[15] = (uint8_t)i;
		inet_pton(AF_INET6, THERE, &row[i - 1].now);
	}
	hostmap_write(rig_hostmap, row, ARRAY_LEN(row));
	resolve("one.example");
	for (unsigned i = 1; i <= ARRAY_LEN(row); i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		resolve(name);
		resolve("both.example");	/* takes the place it had */
	}
	for (unsigned i = ARRAY_LEN(row); i > ARRAY_LEN(row) - 50; i--) {
		snprintf(name, sizeof(name), "n%u.example", i);
		snprintf(text, sizeof(text), "2001:db8:5::%x", i);
		assert_told(text, name, 0);
	}
	assert_told("2001:db8:5::1", "", 0);
	assert_told(HERE, "both.example", 2);
}
END_TEST

START_TEST(what_was_resolved_before_the_helper_came_is_told)
{
	resolve("both.example");
	rig_helper(RIG_LIVE);
	assert_told(HERE, "both.example", 2);
}
END_TEST

START_TEST(a_child_knows_the_names_its_parent_asked_for)
{
	int status;

	rig_helper(RIG_LIVE);
	resolve("both.example");
	pid_t pid = fork();
	if (!pid) {
		struct sockaddr_storage a = rig_addr(HERE, 9);
		int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		_exit(connect(fd, (struct sockaddr *)&a, sizeof(struct sockaddr_in6)) ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(rig_shown().text.name, "both.example");
}
END_TEST

START_TEST(c5_gethostbyname2_tells_a_name_as_well)
{
	struct hostent *e = gethostbyname2("both.example", AF_INET6), entry, *result;
	char buf[4096];
	int error;

	rig_helper(RIG_LIVE);
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(e->h_addrtype, AF_INET6);
	assert_told(HERE, "both.example", 2);

	ck_assert_int_eq(gethostbyname2_r("moved.example", AF_INET6, &entry, buf, sizeof(buf),
					  &result, &error),
			 0);
	ck_assert_ptr_eq(result, &entry);
	assert_told(ONCE, "moved.example", 1);

	/* what gives nothing for us changes nothing */
	ck_assert_int_eq(gethostbyname2_r("one.example", AF_INET6, &entry, buf, 8, &result, &error),
			 ERANGE);
	ck_assert_int_eq(gethostbyname2_r("nowhere.example", AF_INET6, &entry, buf, sizeof(buf),
					  &result, &error),
			 0);
	ck_assert_ptr_null(result);
	ck_assert_int_eq(error, HOST_NOT_FOUND);
	ck_assert_ptr_null(gethostbyname2("nowhere.example", AF_INET6));
	ck_assert_int_eq(h_errno, HOST_NOT_FOUND);
	e = gethostbyname2("both.example", AF_INET);
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(e->h_addrtype, AF_INET);
	assert_told(ONCE, "moved.example", 1);
	assert_told(HERE, "both.example", 2);
}
END_TEST

static bool crowd_stop;

/* Asks for names and connects, again and again. Returns NULL if what libc said was always right. */
static void *crowd(void *unused)
{
	(void)unused;
	ask_ours();
	while (!__atomic_load_n(&crowd_stop, __ATOMIC_RELAXED)) {
		for (size_t i = 0; i < 3; i++) {
			struct sockaddr_storage a = rig_addr(HERE, 9);
			int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
			struct addrinfo *ai;

			if (getaddrinfo(record[i].name, NULL, NULL, &ai) ||
			    connect(fd, (struct sockaddr *)&a, sizeof(struct sockaddr_in6)))
				return &crowd_stop;
			freeaddrinfo(ai);
			close(fd);
		}
	}
	return NULL;
}

START_TEST(many_threads_ask_at_once_and_nothing_is_mixed_up)
{
	pthread_t thread[4];
	unsigned shown = 0;
	void *r;

	rig_helper(RIG_LIVE);
	for (size_t i = 0; i < ARRAY_LEN(thread); i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, crowd, NULL), 0);
	while (shown < 2000) {
		struct rig_shown s = rig_shown();
		const struct dns_record *is = dns_find(record, s.text.name);

		shown += s.n;
		if (!*s.text.name)
			continue;
		ck_assert_ptr_nonnull(is);
		for (unsigned i = 0; i < s.text.n_other; i++) {
			char text[INET6_ADDRSTRLEN];
			unsigned k = 0;

			inet_ntop(AF_INET6, &s.text.other[i], text, sizeof(text));
			while (is->in6[k] && strcmp(is->in6[k], text))
				k++;
			ck_assert_msg(is->in6[k], "%s is not of %s", text, is->name);
		}
	}
	__atomic_store_n(&crowd_stop, true, __ATOMIC_RELAXED);
	for (size_t i = 0; i < ARRAY_LEN(thread); i++) {
		ck_assert_int_eq(pthread_join(thread[i], &r), 0);
		ck_assert_ptr_null(r);
	}
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("getaddrinfo");
	TCase *tc = tcase_create("getaddrinfo");
	bool root = geteuid() == 0 && seteuid(65534) == 0 && seteuid(0) == 0;
	/* an impostor needs a second user */
	int helpers = root ? RIG_HELPERS : RIG_IMPOSTOR;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, whatever_the_helper_does_results_and_errors_are_libcs, 0, helpers);
	tcase_add_test(tc, c5_a_connection_is_told_with_the_name_and_what_else_it_gave);
	tcase_add_test(tc, c5_who_datagrams_are_sent_to_is_told_with_the_name);
	tcase_add_test(tc, c5_a_peer_that_moved_is_told_by_the_name_of_the_address_asked_for);
	tcase_add_test(tc, c5_only_what_may_be_a_peers_address_is_told);
	tcase_add_test(tc, c5_of_very_many_addresses_some_are_told);
	tcase_add_test(tc, of_very_many_names_the_last_are_known);
	tcase_add_test(tc, what_was_resolved_before_the_helper_came_is_told);
	tcase_add_test(tc, a_child_knows_the_names_its_parent_asked_for);
	tcase_add_test(tc, c5_gethostbyname2_tells_a_name_as_well);
	tcase_add_test(tc, many_threads_ask_at_once_and_nothing_is_mixed_up);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, make);
}
