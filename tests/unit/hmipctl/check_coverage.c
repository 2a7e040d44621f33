/* SPDX-License-Identifier: BSD-2-Clause */
/* What hmipctl uncovered finds out: which connections are at risk, why, and whose they are. */
#include "config.h"

#include "array.h"
#include "coverage.h"
#include "own_netns.h"

#include <net/if.h>
#include <stdlib.h>
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
				   "  'reason': 'policy-rule'},"
				   " {'cookie': 6, 'hce': 7, 'proto': 'tcp', 'local': "
				   "'[2001:db8:a::1]:4004', 'foreign': '[2001:db8:b::1]:80',"
				   "  'reason': 'policy-forbids'},"
				   " {'cookie': 5, 'hce': 7, 'proto': 'tcp', 'local': "
				   "'[2001:db8:a::1]:4201', 'foreign': '[2001:db8:b::1]:80',"
				   "  'reason': null}]";

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

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

#define HERE	"2001:db8:a::1"
#define THERE	"2001:db8:b::1"

static const struct risk {
	const char *what, *reason;	/* NULL: covered, or of no concern */
	const char *local, *foreign;
	unsigned cookie, lport;
	struct proc_info process;
	unsigned device;
	bool udp, prevented, mptcp;
} risk[] = {
	{ "shown", NULL, HERE, THERE, 1, 4000, { .pid = 5 }, 0, false, false, false },
	{ "shown, bound to an interface", "device", HERE, THERE, 1, 4000, { .pid = 5 },
	  3, false, false, false },
	{ "with an unknown host", NULL, HERE, "2001:db8:d::1", 9, 4100, { .pid = 5 },
	  0, false, false, false },
	{ "with a host that takes no part", NULL, HERE, "2001:db8:c::1", 9, 4100, { .pid = 5 },
	  0, false, false, false },
	{ "prevented", "prevented", HERE, THERE, 9, 4100, { .pid = 5 }, 0, false, true, false },
	{ "R3: with another's ports", "port-clash", HERE, "2001:db8:b::2", 9, 4000, { .pid = 5 },
	  0, false, false, false },
	{ "with those of another protocol", "not-preloaded", HERE, THERE, 9, 4000, { .pid = 5 },
	  0, true, false, false },
	{ "X9: of another personality", "personality", "2001:db8:a::2",
	  THERE, 9, 4100, { .pid = 5 }, 0, false, false, false },
	{ "from an address that is not ours", "address", "2001:db8:a::3",
	  THERE, 9, 4100, { .pid = 5 }, 0, false, false, false },
	{ "of a process one may not look into", "hidden", HERE, THERE, 9, 4100, { .pid = 0 },
	  0, false, false, false },
	{ "of a static program", "static", HERE, THERE, 9, 4100,
	  { .pid = 5, .file.kind = EXECFILE_STATIC, .file.go = true }, 0, false, false, false },
	{ "of a foreign program", "foreign",
	  HERE, THERE, 9, 4100, { .pid = 5, .file.kind = EXECFILE_FOREIGN },
	  0, false, false, false },
	{ "of a set-uid program", "set-uid", HERE, THERE, 9, 4100, { .pid = 5, .secure = true },
	  0, false, false, false },
	{ "of a Go program", "go",
	  HERE, THERE, 9, 4100, { .pid = 5, .file.go = true, .preloaded = true },
	  0, false, false, false },
	{ "of an unprepared program", "not-preloaded", HERE, THERE, 9, 4100, { .pid = 5 },
	  0, false, false, false },
	{ "of Multipath TCP", "mptcp", HERE, THERE, 9, 4100, { .pid = 5, .preloaded = true },
	  0, false, false, true },
	{ "of Multipath TCP, adopted", NULL, HERE, THERE, 1, 4000, { .pid = 5 },
	  0, false, false, true },
	{ "C11: kept where it is by a policy rule", "policy-rule", HERE, THERE, 4, 4003,
	  { .pid = 5 }, 0, false, false, false },
	{ "S1: forbidden to leave by another link", "policy-forbids", HERE, THERE, 6, 4004,
	  { .pid = 5 }, 0, false, false, false },
	{ "translated, from inside", "translated", HERE, THERE, 9, 4200, { .pid = 5 },
	  0, false, false, false },
	{ "translated, and shown", "translated", HERE, THERE, 5, 4201, { .pid = 5 },
	  0, false, false, false },
	{ "with the ports of a translated one, by UDP", "not-preloaded", HERE, THERE, 9, 4200,
	  { .pid = 5 }, 0, true, false, false },
	{ "older than the helper", "older",
	  HERE, THERE, 9, 4100, { .pid = 5, .preloaded = true, .age = 200 },
	  0, false, false, false },
	{ "not registered", "not-registered",
	  HERE, THERE, 9, 4100, { .pid = 5, .preloaded = true, .age = 50 },
	  0, false, false, false },
	{ "known, and there was no room", "table-full", HERE, THERE, 3, 4002, { .pid = 5 },
	  0, false, false, false },
	{ "known, but of no entry", "not-preloaded", HERE, THERE, 2, 4001, { .pid = 5 },
	  0, false, false, false },
};

static struct tuple tuple(const char *src, unsigned sport, const char *dst, unsigned dport)
{
	return (struct tuple){ in6(src), in6(dst), sport, dport };
}

static json_t *judge_host(const char *status, const char *cache, const struct coverage_host *host)
{
	struct coverage_helper h = { load(status), load(cache), load(sockets_text) };
	json_t *all = coverage_judge(&h, host);

	ck_assert_ptr_nonnull(all);
	json_decref(h.status);
	json_decref(h.cache);
	json_decref(h.sockets);
	return all;
}

/* A host with this one connection, which redirects port 8080 to 4200 and 4201. */
static json_t *judge(const struct risk *r, const char *status, const char *cache)
{
	struct sock_entry c = {
		.cookie = r->cookie, .local = in6(r->local), .foreign = in6(r->foreign),
		.lport = r->lport, .fport = 80, .proto = r->udp ? IPPROTO_UDP : IPPROTO_TCP,
		.uid = 3, .inode = 50, .device = r->device, .prevented = r->prevented,
		.mptcp = r->mptcp,
	};
	struct sock_owner owner[] = { { .inode = 20 }, { .inode = 50, .process = r->process },
				      { .inode = 60 } };
	struct translated t[] = {
		{ tuple(THERE, 80, HERE, 8080), tuple(HERE, 4200, THERE, 80), IPPROTO_TCP },
		{ tuple(THERE, 80, HERE, 8080), tuple(HERE, 4201, THERE, 80), IPPROTO_TCP },
	};
	struct coverage_host host = { &c, 1, owner, ARRAY_LEN(owner), NULL, 0 };

	if (r->lport == 4200 || r->lport == 4201) {
		host.translated = &t[r->lport - 4200];
		host.n_translated = !r->udp;
	}
	return judge_host(status, cache, &host);
}

static const char *member(json_t *all, const char *key)
{
	return json_string_value(json_object_get(json_array_get(all, 0), key));
}

START_TEST(each_connection_at_risk_has_its_reason)
{
	const struct risk *r = &risk[_i];
	json_t *all = judge(r, status_text, cache_text);

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
	json_t *all = judge(&r, status_text, cache_text), *row = json_array_get(all, 0);

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
	json_t *all = judge(&r, "{'adopting': true, 'addresses': [{'address': '2001:db8:a::1'}]}",
			    cache_text);

	ck_assert_str_eq(member(all, "reason"), "not-found");
	json_decref(all);
}
END_TEST

/* A host that has nothing but one translated connection. */
static json_t *judge_translated(struct tuple original, struct tuple reply)
{
	struct translated t = { original, reply, IPPROTO_TCP };
	struct coverage_host host = { .translated = &t, .n_translated = 1 };

	return judge_host(status_text, cache_text, &host);
}

/* Two hosts: one that is not known, and one of a container. */
#define STRANGER	"2001:db8:d::1"
#define INSIDE		"fd00::2"

static const struct published {
	const char *what, *local, *foreign;	/* NULL: not listed */
	const char *original[2], *reply[2];	/* source, destination */
} published[] = {
	{ "a port of this host, published", "[" HERE "]:2", "[" THERE "]:1",
	  { THERE, HERE }, { INSIDE, THERE } },
	{ "a container's connection, masqueraded", "[" HERE "]:4", "[" THERE "]:3",
	  { INSIDE, THERE }, { THERE, HERE } },
	{ "from a stranger to a container", NULL, NULL, { STRANGER, HERE }, { INSIDE, STRANGER } },
	{ "of a peer, to an address that is not this host's", NULL, NULL,
	  { THERE, STRANGER }, { INSIDE, THERE } },
	{ "between two addresses of this host", NULL, NULL,
	  { HERE, "2001:db8:a::2" }, { HERE, HERE } },
};

START_TEST(what_no_socket_has_is_listed_as_it_is_on_the_wire)
{
	const struct published *p = &published[_i];
	json_t *all = judge_translated(tuple(p->original[0], 1, p->original[1], 2),
				       tuple(p->reply[0], 3, p->reply[1], 4)),
	       *row = json_array_get(all, 0);

	ck_assert_msg(json_array_size(all) == (p->local ? 1 : 0), "%s: %zu rows", p->what,
		      json_array_size(all));
	if (p->local) {
		ck_assert_str_eq(member(all, "reason"), "translated");
		ck_assert_str_eq(member(all, "local"), p->local);
		ck_assert_str_eq(member(all, "foreign"), p->foreign);
		ck_assert_str_eq(member(all, "name"), "server");
		ck_assert(json_is_null(json_object_get(row, "pid")));
		ck_assert(json_is_null(json_object_get(row, "uid")));
	}
	json_decref(all);
}
END_TEST

START_TEST(what_a_program_believes_to_be_another_peer_leads_to_its_process)
{
	struct translated t = { tuple(HERE, 4300, "2001:db8:99::9", 80),
				tuple(THERE, 81, HERE, 4300), IPPROTO_TCP };
	struct sock_entry c = { .cookie = 9, .local = in6(HERE), .foreign = in6("2001:db8:99::9"),
				.lport = 4300, .fport = 80, .proto = IPPROTO_TCP, .uid = 3,
				.inode = 50 };
	struct sock_owner owner = { .inode = 50, .process = { .pid = 5, .command = "nc" } };
	struct coverage_host host = { &c, 1, &owner, 1, &t, 1 };
	json_t *all = judge_host(status_text, cache_text, &host);

	ck_assert_uint_eq(json_array_size(all), 1);
	ck_assert_str_eq(member(all, "reason"), "translated");
	ck_assert_str_eq(member(all, "command"), "nc");
	ck_assert_str_eq(member(all, "local"), "[" HERE "]:4300");
	ck_assert_str_eq(member(all, "foreign"), "[" THERE "]:81");
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(all, 0), "uid")), 3);
	json_decref(all);
}
END_TEST

static const struct lonely {
	const char *what, *local, *foreign;
	bool listed;
} lonely[] = {
	{ "with any host", HERE, STRANGER, true },
	{ "with one that might be a peer", HERE, "2001:db8:c::1", true },
	{ "of this host with itself", HERE, "2001:db8:a::2", false },
	{ "from an address that the helper does not announce", "2001:db8:a::3", STRANGER, false },
	{ "on the link", HERE, "fe80::1", false },
	{ "on the loopback", "::1", "::1", false },
};

START_TEST(while_no_peer_is_homeless_all_that_could_move_are_listed)
{
	const struct lonely *l = &lonely[_i];
	struct risk r = { .local = l->local, .foreign = l->foreign, .cookie = 9, .lport = 4100,
			  .process = { .pid = 5, .command = "nc" } };
	json_t *all = judge(&r, status_text, "[{'id': 8, 'status': 'unknown', 'addresses': "
			    "[{'address': '2001:db8:c::1'}]}]"), *row = json_array_get(all, 0);

	ck_assert_msg(json_array_size(all) == l->listed, "%s", l->what);
	if (l->listed) {
		ck_assert_str_eq(member(all, "reason"), "no-peers");
		ck_assert_str_eq(member(all, "command"), "nc");
		ck_assert(json_is_null(json_object_get(row, "hce")));
		ck_assert(json_is_null(json_object_get(row, "name")));
	}
	json_decref(all);
}
END_TEST

START_TEST(sockets_with_translated_ports_are_marked)
{
	struct translated t = { tuple(THERE, 80, HERE, 8080), tuple(HERE, 4201, THERE, 80),
				IPPROTO_TCP };
	json_t *all = load(sockets_text), *o;
	size_t i;

	coverage_mark_translated(all, &t, 1);
	json_array_foreach(all, i, o) {
		bool it = json_integer_value(json_object_get(o, "cookie")) == 5;
		const char *why = json_string_value(json_object_get(o, "reason"));

		ck_assert_msg(it == (why && !strcmp(why, "translated")), "row %zu", i);
	}
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

START_TEST(a_subflow_of_multipath_tcp_is_known_by_it)
{
	struct netns ns = netns_new();
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = in6("2001:db8::1"),
				   .sin6_port = htons(9) };
	int lfd = socket(AF_INET6, SOCK_STREAM, 0),
	    mptcp = socket(AF_INET6, SOCK_STREAM, IPPROTO_MPTCP);
	struct sock_entry *c;
	size_t n;

	(void)ns;
	if (mptcp < 0)
		return;		/* not in this kernel */
	run("ip addr add 2001:db8::1/128 dev lo nodad");
	settle();
	ck_assert_int_eq(bind(lfd, (struct sockaddr *)&to, sizeof(to)), 0);
	ck_assert_int_eq(listen(lfd, 1), 0);
	ck_assert_int_eq(connect(mptcp, (struct sockaddr *)&to, sizeof(to)), 0);
	ck_assert_int_ge(accept(lfd, NULL, NULL), 0);
	ck_assert_int_eq(sock_list(&c, &n), 0);
	ck_assert_uint_eq(n, 2);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(c[i].mptcp, c[i].fport == 9);
	free(c);
}
END_TEST

/*
 * Connection tracking of a host that redirects its port 9 to 7. What it does not translate is
 * tracked, too.
 */
START_TEST(connection_tracking_tells_which_connections_are_translated)
{
	struct netns ns = netns_new();
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_addr = in6("2001:db8::1"),
				   .sin6_port = htons(7) }, own = at;
	int lfd = socket(AF_INET6, SOCK_STREAM, 0), udp = socket(AF_INET6, SOCK_DGRAM, 0), fd[2],
	    question = socket(AF_INET6, SOCK_DGRAM, 0);
	socklen_t len = sizeof(own);
	struct translated *t;
	char octet;
	size_t n;

	(void)ns;
	ck_assert_int_eq(translated_list(&t, &n), 0);
	ck_assert_uint_eq(n, 0);
	run("ip addr add 2001:db8::1/128 dev lo nodad");
	run("nft 'add table ip6 n; add chain ip6 n o { type nat hook output priority -100; };"
	    " add rule ip6 n o tcp dport 9 dnat to [2001:db8::1]:7;"
	    " add rule ip6 n o udp dport 9 dnat to [2001:db8::1]:7'");
	settle();
	ck_assert_int_eq(bind(lfd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(lfd, 2), 0);
	ck_assert_int_eq(bind(udp, (struct sockaddr *)&at, sizeof(at)), 0);
	for (unsigned i = 0; i < 2; i++) {
		at.sin6_port = htons(i ? 9 : 7);
		fd[i] = socket(AF_INET6, SOCK_STREAM, 0);
		ck_assert_int_eq(connect(fd[i], (struct sockaddr *)&at, sizeof(at)), 0);
	}
	ck_assert_int_eq(translated_list(&t, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(getsockname(fd[1], (struct sockaddr *)&own, &len), 0);
	ck_assert_uint_eq(t->proto, IPPROTO_TCP);
	ck_assert_uint_eq(t->original.sport, ntohs(own.sin6_port));
	ck_assert_uint_eq(t->original.dport, 9);
	ck_assert_uint_eq(t->reply.sport, 7);
	ck_assert_uint_eq(t->reply.dport, ntohs(own.sin6_port));
	ck_assert(IN6_ARE_ADDR_EQUAL(&t->original.dst, &at.sin6_addr));
	free(t);

	/* A datagram that nobody answered is no connection. */
	ck_assert_int_eq(connect(question, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(send(question, "?", 1, 0), 1);
	ck_assert_int_eq(translated_list(&t, &n), 0);
	ck_assert_uint_eq(n, 1);
	free(t);
	len = sizeof(own);
	ck_assert_int_eq(recvfrom(udp, &octet, 1, 0, (struct sockaddr *)&own, &len), 1);
	ck_assert_int_eq(sendto(udp, "!", 1, 0, (struct sockaddr *)&own, len), 1);
	ck_assert_int_eq(translated_list(&t, &n), 0);
	ck_assert_uint_eq(n, 2);
	free(t);

	/* Nor is what was reset. */
	ck_assert_int_eq(setsockopt(fd[1], SOL_SOCKET, SO_LINGER,
				    &(struct linger){ .l_onoff = 1 }, sizeof(struct linger)), 0);
	close(fd[1]);
	ck_assert_int_eq(translated_list(&t, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(t->proto, IPPROTO_UDP);
	free(t);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("uncovered");
	TCase *tc = tcase_create("judge"), *host = tcase_create("host");

	tcase_add_loop_test(tc, each_connection_at_risk_has_its_reason, 0, ARRAY_LEN(risk));
	tcase_add_test(tc, a_row_says_whose_connection_it_is);
	tcase_add_test(tc, a_helper_that_adopts_has_not_got_round_to_it);
	tcase_add_loop_test(tc, what_no_socket_has_is_listed_as_it_is_on_the_wire, 0,
			    ARRAY_LEN(published));
	tcase_add_test(tc, what_a_program_believes_to_be_another_peer_leads_to_its_process);
	tcase_add_loop_test(tc, while_no_peer_is_homeless_all_that_could_move_are_listed, 0,
			    ARRAY_LEN(lonely));
	tcase_add_test(tc, sockets_with_translated_ports_are_marked);
	suite_add_tcase(s, tc);
	if (!geteuid())
		tcase_add_test(host, a_connection_is_listed_and_leads_to_its_process);
	if (!geteuid())
		tcase_add_test(host, a_subflow_of_multipath_tcp_is_known_by_it);
	if (!geteuid() && system("command -v nft >/dev/null") == 0)
		tcase_add_test(host, connection_tracking_tells_which_connections_are_translated);
	suite_add_tcase(s, host);
	return s;
}

int main(void)
{
	return suite_run(make());
}
