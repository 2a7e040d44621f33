/* SPDX-License-Identifier: BSD-2-Clause */
/* What hmipctl uncovered finds out: which connections are at risk, why, and whose they are. */
#include "config.h"

#include "array.h"
#include "coverage.h"
#include "own_netns.h"

#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

static const char status_text[] =
	"{'uptime': 100.0, 'addresses': [{'address': '2001:db8:a::1', 'personality': null},"
	" {'address': '2001:db8:a::2', 'personality': 'work'}]}";
static const char cache_text[] =
	"[{'id': 7, 'name': 'server', 'personality': null, 'status': 'homeless',"
	"  'addresses': [{'address': '2001:db8:b::1'}, {'address': '2001:db8:b::2'}]},"
	" {'id': 8, 'name': null, 'personality': null, 'status': 'unknown', 'addresses': "
	"[{'address': '2001:db8:c::1'}]}]";
static const char sockets_text[] = "[{'cookie': 1, 'hce': 7, 'proto': 'tcp', 'local': "
				   "'[2001:db8:a::1]:4000', 'foreign': '[2001:db8:b::1]:80'},"
				   " {'cookie': 2, 'hce': null, 'proto': 'tcp', 'local': "
				   "'[2001:db8:a::1]:4001', 'foreign': '[2001:db8:b::1]:80'},"
				   " {'cookie': 3, 'hce': null, 'proto': 'tcp', 'local': "
				   "'[2001:db8:a::1]:4002', 'foreign': '[2001:db8:b::1]:80',"
				   "  'reason': 'table-full'},"
				   " {'cookie': 4, 'hce': 7, 'proto': 'tcp', 'local': "
				   "'[2001:db8:a::1]:4003', 'foreign': '[2001:db8:b::1]:80',"
				   "  'reason': 'policy-rule'}]";

static json_t *load(const char *text)
{
	char copy[2048];
	json_t *j;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	j = json_loads(copy, JSON_DECODE_ANY, NULL);
	ck_assert_ptr_nonnull(j);
	return j;
}

#define HERE	"2001:db8:a::1"
#define THERE	"2001:db8:b::1"

static const struct risk {
	const char *what, *reason;	/* NULL: covered, or of no concern */
	const char *local, *foreign;
	unsigned cookie, lport;
	struct proc_info process;
	unsigned device;
	bool udp, prevented;
} risk[] = {
	{ "shown", NULL, HERE, THERE, 1, 4000, { .pid = 5 }, 0, false, false },
	{ "shown, bound to an interface", "device", HERE, THERE, 1, 4000, { .pid = 5 },
	  3, false, false },
	{ "with an unknown host", NULL, HERE, "2001:db8:d::1", 9, 4100, { .pid = 5 },
	  0, false, false },
	{ "with a host that takes no part", NULL, HERE, "2001:db8:c::1", 9, 4100, { .pid = 5 },
	  0, false, false },
	{ "prevented", "prevented", HERE, THERE, 9, 4100, { .pid = 5 }, 0, false, true },
	{ "R3: with another's ports", "port-clash", HERE, "2001:db8:b::2", 9, 4000, { .pid = 5 },
	  0, false, false },
	{ "with those of another protocol", "not-preloaded", HERE, THERE, 9, 4000, { .pid = 5 },
	  0, true, false },
	{ "X9: of another personality", "personality", "2001:db8:a::2",
	  THERE, 9, 4100, { .pid = 5 }, 0, false, false },
	{ "from an address that is not ours", "address", "2001:db8:a::3",
	  THERE, 9, 4100, { .pid = 5 }, 0, false, false },
	{ "of a process one may not look into", "hidden", HERE, THERE, 9, 4100, { .pid = 0 },
	  0, false, false },
	{ "of a static program", "static", HERE, THERE, 9, 4100,
	  { .pid = 5, .file.kind = EXECFILE_STATIC, .file.go = true }, 0, false, false },
	{ "of a foreign program", "foreign",
	  HERE, THERE, 9, 4100, { .pid = 5, .file.kind = EXECFILE_FOREIGN }, 0, false, false },
	{ "of a set-uid program", "set-uid", HERE, THERE, 9, 4100, { .pid = 5, .secure = true },
	  0, false, false },
	{ "of a Go program", "go",
	  HERE, THERE, 9, 4100, { .pid = 5, .file.go = true, .preloaded = true }, 0, false, false },
	{ "of an unprepared program", "not-preloaded", HERE, THERE, 9, 4100, { .pid = 5 },
	  0, false, false },
	{ "C11: kept where it is by a policy rule", "policy-rule", HERE, THERE, 4, 4003,
	  { .pid = 5 }, 0, false, false },
	{ "older than the helper", "older",
	  HERE, THERE, 9, 4100, { .pid = 5, .preloaded = true, .age = 200 }, 0, false, false },
	{ "not registered", "not-registered",
	  HERE, THERE, 9, 4100, { .pid = 5, .preloaded = true, .age = 50 }, 0, false, false },
	{ "known, and there was no room", "table-full", HERE, THERE, 3, 4002, { .pid = 5 },
	  0, false, false },
	{ "known, but of no entry", "not-preloaded", HERE, THERE, 2, 4001, { .pid = 5 },
	  0, false, false },
};

static json_t *judge(const struct risk *r, const char *status)
{
	struct coverage_helper h = { load(status), load(cache_text), load(sockets_text) };
	struct sock_entry c = {
		.cookie = r->cookie, .local = in6(r->local), .foreign = in6(r->foreign),
		.lport = r->lport, .fport = 80, .proto = r->udp ? IPPROTO_UDP : IPPROTO_TCP,
		.uid = 3, .inode = 50, .device = r->device, .prevented = r->prevented,
	};
	struct sock_owner owner[] = { { .inode = 20 }, { .inode = 50, .process = r->process },
				      { .inode = 60 } };
	json_t *all = coverage_judge(&h, &c, 1, owner, ARRAY_LEN(owner));

	json_decref(h.status);
	json_decref(h.cache);
	json_decref(h.sockets);
	return all;
}

static const char *member(json_t *all, const char *key)
{
	return json_string_value(json_object_get(json_array_get(all, 0), key));
}

START_TEST(each_connection_at_risk_has_its_reason)
{
	const struct risk *r = &risk[_i];
	json_t *all = judge(r, status_text);

	ck_assert_msg(json_array_size(all) == (r->reason ? 1 : 0), "%s: %zu rows", r->what,
		      json_array_size(all));
	if (r->reason) {
		ck_assert_msg(!strcmp(member(all, "reason"), r->reason), "%s: %s", r->what,
			      member(all, "reason"));
		ck_assert_uint_gt(strlen(member(all, "detail")), 0);
		ck_assert_str_eq(member(all, "name"), "server");
	}
	json_decref(all);
}
END_TEST

START_TEST(a_row_says_whose_connection_it_is)
{
	struct risk r = { .local = HERE, .foreign = THERE, .cookie = 9, .lport = 4100,
			  .process = { .pid = 5, .command = "nc" } };
	json_t *all = judge(&r, status_text), *row = json_array_get(all, 0);

	ck_assert_int_eq(json_integer_value(json_object_get(row, "pid")), 5);
	ck_assert_int_eq(json_integer_value(json_object_get(row, "uid")), 3);
	ck_assert_int_eq(json_integer_value(json_object_get(row, "hce")), 7);
	ck_assert_str_eq(member(all, "command"), "nc");
	ck_assert_str_eq(member(all, "proto"), "tcp");
	ck_assert_str_eq(member(all, "local"), "[2001:db8:a::1]:4100");
	ck_assert_str_eq(member(all, "foreign"), "[2001:db8:b::1]:80");
	json_decref(all);
}
END_TEST

START_TEST(a_helper_that_adopts_has_not_got_round_to_it)
{
	struct risk r = {
		.local = HERE, .foreign = THERE, .cookie = 9, .lport = 4100, .process = { .pid = 5 }
	};
	json_t *all = judge(&r, "{'adopting': true, 'addresses': [{'address': '2001:db8:a::1'}]}");

	ck_assert_str_eq(member(all, "reason"), "not-found");
	json_decref(all);
}
END_TEST

/* What the kernel and /proc say of this very process. */
START_TEST(a_connection_is_listed_and_leads_to_its_process)
{
	struct netns ns = netns_new();
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = in6("2001:db8::1"),
				   .sin6_port = htons(9) };
	int tcp = socket(AF_INET6, SOCK_STREAM, 0), udp = socket(AF_INET6, SOCK_DGRAM, 0), on = 1;
	struct sock_entry *c;
	size_t n;

	(void)ns;
	run("ip addr add 2001:db8::1/128 dev lo nodad");
	settle();
	ck_assert_int_eq(bind(tcp, (struct sockaddr *)&to, sizeof(to)), 0);
	ck_assert_int_eq(listen(tcp, 1), 0);
	ck_assert_int_eq(setsockopt(udp, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
	ck_assert_int_eq(setsockopt(udp, IPPROTO_IP, IP_RECVERR_RFC4884, &on, sizeof(on)), 0);
	ck_assert_int_eq(connect(udp, (struct sockaddr *)&to, sizeof(to)), 0);
	tcp = socket(AF_INET6, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(tcp, (struct sockaddr *)&to, sizeof(to)), 0);

	ck_assert_int_eq(sock_list(&c, &n), 0);
	/* What listens, and what nobody has accepted yet, is nobody's connection. */
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(c[0].proto, IPPROTO_TCP);
	ck_assert_uint_eq(c[0].device, 0);
	ck_assert_uint_eq(c[0].fport, 9);
	ck_assert(!c[0].prevented);
	ck_assert(IN6_ARE_ADDR_EQUAL(&c[0].foreign, &to.sin6_addr));
	ck_assert_uint_eq(c[1].proto, IPPROTO_UDP);
	ck_assert_uint_eq(c[1].device, if_nametoindex("lo"));
	ck_assert(c[1].prevented);

	struct sock_owner owner[] = { { .inode = c[1].inode }, { .inode = c[0].inode },
				      { .inode = 1 } };
	ck_assert_int_eq(proc_info_find(owner, 3), 0);
	for (unsigned i = 0; i < 3; i++) {
		const struct proc_info *p = &owner[i].process;

		if (owner[i].inode == 1) {
			ck_assert_int_eq(p->pid, 0);
			continue;
		}
		ck_assert_int_eq(p->pid, getpid());
		ck_assert_str_ne(p->command, "");
		ck_assert(!p->preloaded && !p->secure && p->file.elf &&
			  p->file.kind == EXECFILE_FINE);
		ck_assert(p->age >= -1 && p->age < 600);
	}
	free(c);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("uncovered");
	TCase *tc = tcase_create("judge"), *host = tcase_create("host");

	tcase_add_loop_test(tc, each_connection_at_risk_has_its_reason, 0, ARRAY_LEN(risk));
	tcase_add_test(tc, a_row_says_whose_connection_it_is);
	tcase_add_test(tc, a_helper_that_adopts_has_not_got_round_to_it);
	suite_add_tcase(s, tc);
	if (!geteuid())
		tcase_add_test(host, a_connection_is_listed_and_leads_to_its_process);
	suite_add_tcase(s, host);
	return s;
}

int main(void)
{
	return suite_run(make());
}
