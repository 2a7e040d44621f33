/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hmipctl doctor says of a host, of a peer and of connections, by facts that are given; and of
 * rules of nftables. What hmipctl report leaves out.
 */
#include "config.h"

#include "anonymise.h"
#include "array.h"
#include "connection_checks.h"
#include "finding.h"
#include "firewall.h"
#include "host_checks.h"
#include "peer_checks.h"
#include "suite.h"

#include <string.h>

/* A host on which all is well. */
static const char good[] =
	"{'version': '1', 'now': 1795779431.0, 'root': true, 'socket': '/s', "
	" 'same_namespace': true, 'forwarding': 0, 'tcp_loose': 1, 'legacy': false, "
	" 'nft': {'nftables': []}, 'library': {'path': '/l', 'error': null}, 'uncovered': [], "
	" 'interfaces': [{'name': 'a0', 'optimistic_dad': 1, 'accept_dad': 1, "
	"                 'in': ['hmip_in_ether', 'other'], 'out': ['hmip_out_ether']}], "
	" 'routes': {'2001:db8::1': true, '2001:db8::2': true}, "
	" 'helper': {'status': {'version': '1', 'pid': 7, 'leaving': false, 'adopting': true, "
	"  'counters': {'table-full': 0, 'bad-icv': 0}, "
	"  'addresses': [{'address': '2001:db8::1', 'usable': true}, "
	"                {'address': '2001:db8::2', 'usable': true}]}}}";

static json_t *load(const char *text)
{
	char copy[4096];
	json_error_t e;
	json_t *j;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	j = json_loads(copy, JSON_DECODE_ANY, &e);
	ck_assert_msg(j != NULL, "%s: %s", e.text, copy);
	return j;
}

static const char *member(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* The first finding of that check which is not ok, or NULL. */
static json_t *fault(json_t *all, const char *check)
{
	json_t *f;
	size_t i;

	json_array_foreach(all, i, f)
		if (!strcmp(member(f, "check"), check) && strcmp(member(f, "result"), "ok"))
			return f;
	return NULL;
}

START_TEST(where_all_is_well_nothing_is_advised)
{
	json_t *facts = load(good), *all = json_array(), *f;
	size_t i;

	host_check(facts, all);
	ck_assert_uint_gt(json_array_size(all), 5);
	json_array_foreach(all, i, f)
		ck_assert_msg(!strcmp(member(f, "result"), "ok"), "%s", member(f, "text"));
	ck_assert_uint_eq(finding_problems(all), 0);
	json_decref(all);
	json_decref(facts);
}
END_TEST

#define DROP_AH	"{'nftables': [{'chain': {'family': 'inet', 'table': 't', 'name': 'o', " \
		"'hook': 'output', 'type': 'filter', 'policy': 'accept'}}, {'rule': {'family': " \
		"'inet', 'table': 't', 'chain': 'o', 'expr': [{'match': {'op': '==', 'left': " \
		"{'meta': {'key': 'l4proto'}}, 'right': 'ah'}}, {'drop': null}]}}]}"
#define STRICT	"{'nftables': [{'rule': {'family': 'inet', 'table': 'fw', 'chain': 'p', 'expr': " \
		"[{'match': {'op': '==', 'left': {'fib': {'result': 'oif', 'flags': ['saddr', " \
		"'iif']}}, 'right': false}}, {'drop': null}]}}]}"

static const struct {
	const char *change;		/* of the good facts */
	const char *check, *result, *text;
} ill[] = {
	{ "{'helper': null}", "helper", "problem", "no helper answers at /s" },
	{ "{'same_namespace': false}", "helper", "problem", "another network namespace" },
	{ "{'helper': {'status': {'version': '0'}}}", "helper", "problem",
	  "the helper has version 0, hmipctl 1" },
	{ "{'helper': {'status': {'leaving': true}}}", "helper", "problem", "is stopping" },
	{ "{'library': {'error': '/l: wrong ELF class: ELFCLASS32'}}", "library", "problem",
	  "wrong ELF class" },
	{ "{'now': 86400.0}", "clock", "problem", "in the past" },
	{ "{'helper': {'status': {'addresses': []}}}", "addresses", "problem",
	  "no usable address" },
	{ "{'helper': {'status': {'addresses': [{'usable': true}, {'usable': false}]}}}",
	  "addresses", "advice", "one usable address" },
	{ "{'routes': {'2001:db8::2': false}}", "routes", "problem", "sent from 2001:db8::2" },
	{ "{'interfaces': [{'name': 'a0', 'in': [], 'out': ['hmip_out_ip']}]}", "datapath",
	  "problem", "a0, in: the datapath is not attached" },
	{ "{'interfaces': [{'name': 'a0', 'in': ['hmip_in_ip'], 'out': ['x', 'hmip_out_ip']}]}",
	  "datapath", "problem", "a0, out: the datapath is not the first program: x is before" },
	{ "{'interfaces': [{'name': 'a0', 'in': ['hmip_in_ip', 'hmip_in_ip'], 'out': "
	  "['hmip_out_ip']}]}", "datapath", "problem", "attached twice" },
	{ "{'root': false}", "datapath", "advice", "not root" },
	{ "{'nft': " DROP_AH "}", "firewall", "problem", "inet t o drops signalling" },
	{ "{'nft': " STRICT ", 'routes': {'2001:db8::2': false}}", "firewall", "problem",
	  "inet fw p drops what does not come by" },
	{ "{'nft': null}", "firewall", "advice", "cannot be listed" },
	{ "{'legacy': true}", "firewall", "advice", "ip6tables-legacy" },
	{ "{'tcp_loose': 0, 'forwarding': 1}", "conntrack", "advice", "strict" },
	{ "{'interfaces': [{'name': 'a0', 'in': ['hmip_'], 'out': ['hmip_'], 'accept_dad': 1, "
	  "'optimistic_dad': 0}]}", "dad", "advice", "a0" },
	{ "{'helper': {'status': {'counters': {'table-full': 3}}}}", "tables", "problem",
	  "max_connections" },
	{ "{'helper': {'status': {'counters': {'no-room': 3}}}}", "tables", "problem",
	  "lack of room" },
	{ "{'helper': {'status': {'counters': {'bad-icv': 3}}}}", "keys", "advice",
	  "3 packets of signalling came with wrong keys" },
	{ "{'helper': {'status': {'adopting': false}}}", "adoption", "advice", "hmip-run" },
	{ "{'uncovered': [{'reason': 'go', 'detail': 'x'}, {'reason': 'go', 'detail': 'x'}]}",
	  "connections", "advice", "2 would not survive a move, or not every one: x" },
};

START_TEST(what_is_ill_is_said_with_a_remedy)
{
	json_t *facts = load(good), *change = load(ill[_i].change), *all = json_array(), *f;

	ck_assert_int_eq(json_object_update_recursive(facts, change), 0);
	host_check(facts, all);
	f = fault(all, ill[_i].check);
	ck_assert_msg(f != NULL, "nothing of %s", ill[_i].check);
	ck_assert_str_eq(member(f, "result"), ill[_i].result);
	ck_assert_msg(strstr(member(f, "text"), ill[_i].text) != NULL, "%s", member(f, "text"));
	ck_assert_str_ne(member(f, "remedy"), "");
	json_decref(all);
	json_decref(change);
	json_decref(facts);
}
END_TEST

#define CHAIN(policy)	"{'chain': {'family': 'inet', 'table': 't', 'name': 'o', 'hook': " \
			"'output', 'type': 'filter', 'policy': '" policy "'}}"
#define RULE_OF(chain, expr)	", {'rule': {'family': 'inet', 'table': 't', 'chain': '" chain \
				"', 'expr': [" expr "]}}"
#define RULE(expr)	RULE_OF("o", expr)
#define IS(key, value)	"{'match': {'op': '==', 'left': {'meta': {'key': '" key "'}}, 'right': " \
			value "}}, "
#define NOT(key, value)	"{'match': {'op': '!=', 'left': {'meta': {'key': '" key "'}}, 'right': " \
			value "}}, "
#define STATE(value)	"{'match': {'op': 'in', 'left': {'ct': {'key': 'state'}}, 'right': " value \
			"}}, "
#define DPORT		"{'match': {'op': '==', 'left': {'payload': {'protocol': 'tcp', 'field': " \
			"'dport'}}, 'right': 22}}, "
#define TO_NET		"{'match': {'op': '==', 'left': {'payload': {'protocol': 'ip6', 'field': " \
			"'daddr'}}, 'right': '2001:db8::9'}}, "
#define ACCEPT		"{'accept': null}"
#define DROP_IT		"{'drop': null}"

static const struct {
	const char *rules;
	enum firewall_verdict verdict;
} rules[] = {
	{ CHAIN("accept"), FIREWALL_PASSES },
	{ CHAIN("drop"), FIREWALL_DROPS },
	{ CHAIN("drop") RULE(IS("l4proto", "'ah'") ACCEPT), FIREWALL_PASSES },
	{ CHAIN("drop") RULE(IS("l4proto", "51") ACCEPT), FIREWALL_PASSES },
	{ CHAIN("drop") RULE(IS("l4proto", "{'set': ['tcp', 'ah', 253]}") ACCEPT),
	  FIREWALL_PASSES },
	{ CHAIN("drop") RULE(IS("l4proto", "{'set': ['tcp', 'udp']}") ACCEPT), FIREWALL_DROPS },
	{ CHAIN("drop") RULE(IS("l4proto", "'@mine'") ACCEPT), FIREWALL_MAY_DROP },
	{ CHAIN("drop") RULE(STATE("['established', 'related']") ACCEPT), FIREWALL_DROPS },
	{ CHAIN("drop") RULE(STATE("['established', 'new']") ACCEPT), FIREWALL_PASSES },
	{ CHAIN("accept") RULE(STATE("'invalid'") DROP_IT), FIREWALL_PASSES },
	{ CHAIN("accept") RULE(IS("oifname", "'a0'") DROP_IT), FIREWALL_DROPS },
	{ CHAIN("accept") RULE(IS("oifname", "'a*'") DROP_IT), FIREWALL_DROPS },
	{ CHAIN("accept") RULE(IS("oifname", "'b0'") DROP_IT), FIREWALL_PASSES },
	{ CHAIN("accept") RULE(NOT("oifname", "'lo'") DROP_IT), FIREWALL_DROPS },
	{ CHAIN("drop") RULE(DPORT ACCEPT), FIREWALL_DROPS },
	{ CHAIN("accept") RULE(DPORT DROP_IT), FIREWALL_PASSES },
	{ CHAIN("accept") RULE(TO_NET DROP_IT), FIREWALL_MAY_DROP },
	{ CHAIN("accept") RULE("{'limit': {'rate': 1}}, " DROP_IT), FIREWALL_MAY_DROP },
	{ CHAIN("accept") RULE("{'xt': null}, " DROP_IT), FIREWALL_MAY_DROP },
	{ CHAIN("accept") RULE("{'counter': null}, {'reject': null}"), FIREWALL_DROPS },
	{ CHAIN("accept") RULE("{'jump': {'target': 'x'}}") RULE_OF("x", DROP_IT),
	  FIREWALL_DROPS },
	{ CHAIN("accept") RULE("{'jump': {'target': 'x'}}") RULE_OF("x", "{'return': null}")
	  RULE_OF("x", DROP_IT), FIREWALL_PASSES },
	{ CHAIN("accept") RULE(TO_NET "{'goto': {'target': 'x'}}") RULE_OF("x", DROP_IT),
	  FIREWALL_MAY_DROP },
	{ CHAIN("accept") RULE("{'jump': {'target': 'o'}}") RULE(DROP_IT), FIREWALL_DROPS },
	{ CHAIN("drop") RULE("{'vmap': {'key': {'ct': {'key': 'state'}}, 'data': {'set': "
			     "[['invalid', {'drop': null}], ['new', {'accept': null}]]}}}"),
	  FIREWALL_PASSES },
	{ "{'chain': {'family': 'ip', 'table': 't', 'name': 'o', 'hook': 'output', 'type': "
	  "'filter', 'policy': 'drop'}}", FIREWALL_PASSES },
	{ "{'chain': {'family': 'inet', 'table': 't', 'name': 'o', 'hook': 'input', 'type': "
	  "'filter', 'policy': 'drop'}}", FIREWALL_PASSES },
	{ CHAIN("accept") ", " CHAIN("drop"), FIREWALL_DROPS },
};

START_TEST(rules_of_a_firewall_are_followed)
{
	const struct firewall_packet p = { "a0", 51, 51, "new" };
	json_t *all = json_object(), *list;
	struct firewall_answer a;
	char text[4096];

	snprintf(text, sizeof(text), "[%s]", rules[_i].rules);
	list = load(text);
	json_object_set_new(all, "nftables", list);
	a = firewall_output(all, &p);
	ck_assert_int_eq(a.verdict, rules[_i].verdict);
	ck_assert_int_eq(*a.where != 0, a.verdict != FIREWALL_PASSES);
	json_decref(all);
}
END_TEST

#define PRERAW(expr)	"{'rule': {'family': 'ip6', 'table': 'wg-quick-wg0', 'chain': 'preraw', " \
			"'expr': [" expr "]}}"
#define MATCH(op, left, right)	"{'match': {'op': '" op "', 'left': " left ", 'right': " right "}}"
/* As wg-quick(8) makes it. */
#define GUARD	PRERAW(MATCH("!=", "{'meta': {'key': 'iifname'}}", "'wg0'") ", " \
		       MATCH("==", "{'payload': {'protocol': 'ip6', 'field': 'daddr'}}", \
			     "'2001:db8::1'") ", " \
		       MATCH("!=", "{'fib': {'result': 'type', 'flags': ['saddr']}}", "'local'") \
		       ", {'drop': null}")
#define OWN	PRERAW(MATCH("==", "{'socket': {'key': 'wildcard'}}", "0") ", {'accept': null}")

static const struct {
	const char *rules, *address;
	bool guarded;
} guards[] = {
	{ GUARD, "2001:db8::1", true },
	{ GUARD, "2001:db8::2", false },
	{ OWN ", " GUARD, "2001:db8::1", false },
	{ GUARD ", " OWN, "2001:db8::1", true },
	{ PRERAW(MATCH("!=", "{'meta': {'key': 'iifname'}}", "'wg0'") ", {'drop': null}"),
	  "2001:db8::1", false },
	{ PRERAW(MATCH("==", "{'payload': {'protocol': 'ip6', 'field': 'daddr'}}",
		       "'2001:db8::1'") ", {'drop': null}"), "2001:db8::1", false },
};

START_TEST(a_rule_that_keeps_an_address_to_its_interface_is_found)
{
	json_t *all = json_object();
	char text[4096], where[128];

	snprintf(text, sizeof(text), "[%s]", guards[_i].rules);
	json_object_set_new(all, "nftables", load(text));
	ck_assert(firewall_guards_address(all, guards[_i].address, where) == guards[_i].guarded);
	if (guards[_i].guarded)
		ck_assert_str_eq(where, "ip6 wg-quick-wg0 preraw");
	json_decref(all);
}
END_TEST

START_TEST(what_is_no_ruleset_passes_all)
{
	static const char *const text[] = { "null", "{}", "{'nftables': null}",
					    "{'nftables': [null, 7, {'chain': 3}, {'rule': []}]}" };
	const struct firewall_packet p = { "a0", 51, 51, "new" };
	char where[128];

	for (unsigned i = 0; i < ARRAY_LEN(text); i++) {
		json_t *j = load(text[i]);

		ck_assert_int_eq(firewall_output(j, &p).verdict, FIREWALL_PASSES);
		ck_assert(!firewall_strict_reverse_path(j, where));
		ck_assert(!firewall_guards_address(j, "2001:db8::1", where));
		json_decref(j);
	}
}
END_TEST

#define ENTRY	"'entry': {'status': 'homeless', 'age': 100.0, 'last_heard': 1.0, 'rtt': 0.01, " \
		"'held_since': null, 'sa': {'class': 'anonymous'}, 'addresses': [{'address': " \
		"'2001:db8::9', 'state': 'active'}], 'bindings': [{'address': '2001:db8::1', " \
		"'state': 'verified', 'wanted': true}]}"
static const char good_peer[] =
	"{'host': 'h', 'why': null, 'root': true, 'routes': {'2001:db8::9': true}, 'met': null, "
	" 'counters': {}, " ENTRY ", 'ping': {'pairs': [{'local': '2001:db8::1', 'foreign': "
	"'2001:db8::9', 'rtt': 0.01, 'via': 'native'}]}}";

static const struct {
	const char *change, *check, *result, *text;
} ill_peer[] = {
	{ "{'why': 'it has an IPv4 address only'}", "name", "problem", "IPv4 address only" },
	{ "{'routes': {'2001:db8::9': false}}", "route", "problem", "no route to 2001:db8::9" },
	{ "{'entry': {'status': 'plain', 'sa': null}, 'met': {'reason': 'did not answer AAP'}}",
	  "met", "problem", "did not answer AAP" },
	{ "{'entry': null, 'met': {'reason': null}}", "met", "problem", "nothing came back" },
	{ "{'entry': null}", "met", "problem", "cannot ask" },
	{ "{'entry': null, 'root': false}", "met", "advice", "only root may ask" },
	{ "{'entry': {'status': 'unknown', 'sa': {'class': 'generic'}}}", "met", "problem",
	  "under the configured keys: no helper runs there" },
	{ "{'entry': {'status': 'unknown', 'sa': {'class': 'generic'}}, 'counters': "
	  "{'bad-icv': 2}}", "keys", "problem", "they differ at the two ends" },
	{ "{'entry': {'held_since': 3.0}}", "held", "problem", "held" },
	{ "{'entry': {'addresses': [{'address': '2001:db8::8', 'state': 'tentative'}]}}",
	  "peer-address", "problem", "2001:db8::8 is not proven" },
	{ "{'entry': {'bindings': [{'address': '2001:db8::2', 'state': 'sent', 'wanted': true}]}}",
	  "own-address", "problem", "2001:db8::2 (sent)" },
	{ "{'ping': {'pairs': [{'local': 'l', 'foreign': 'f', 'rtt': null}]}}", "pair", "problem",
	  "l - f, in use: no answer" },
};

START_TEST(what_is_ill_with_a_peer_is_said)
{
	json_t *facts = load(good_peer), *change = load(ill_peer[_i].change), *f,
	       *all = json_array();

	peer_check(facts, all);
	ck_assert_uint_eq(finding_problems(all), 0);
	json_array_clear(all);
	json_object_update_recursive(facts, change);
	peer_check(facts, all);
	f = fault(all, ill_peer[_i].check);
	ck_assert_msg(f != NULL, "nothing of %s", ill_peer[_i].check);
	ck_assert_str_eq(member(f, "result"), ill_peer[_i].result);
	ck_assert_msg(strstr(member(f, "text"), ill_peer[_i].text) != NULL, "%s",
		      member(f, "text"));
	json_decref(all);
	json_decref(change);
	json_decref(facts);
}
END_TEST

#define ENDS(l, f)	"'proto': 'tcp', 'local': '[" l "]:1', 'foreign': '[" f "]:2'"
#define L0	"2001:db8::1"
#define F0	"2001:db8::9"
static const char good_connection[] =
	"{'connections': [{" ENDS(L0, F0) "}], 'uncovered': [], 'helper': {'status': {'addresses': "
	"[{'address': '" L0 "', 'usable': true, 'personality': null}, {'address': "
	"'2001:db8::2', 'usable': true, 'personality': null}, {'address': '2001:db8::3', "
	"'usable': false}, {'address': '2001:db8::4', 'usable': true, 'personality': 'work'}, "
	"{'address': '2001:db8::5', 'usable': true}]}, 'cache': [{'id': 3, 'personality': null, "
	"'status': 'homeless', 'pair': {'local': '" L0 "', 'foreign': '" F0 "'}, 'addresses': "
	"[{'address': '" F0 "', 'state': 'active'}, {'address': '2001:db8::8', 'state': "
	"'tentative'}, {'address': '2001:db8::7', 'state': 'deprecated'}], 'bindings': "
	"[{'address': '" L0 "', 'state': 'verified'}, {'address': '2001:db8::2', 'state': "
	"'verified'}, {'address': '2001:db8::5', 'state': 'sent'}]}], 'sockets': [{" ENDS(L0, F0)
	", 'wire_local': '[" L0 "]:1', 'wire_foreign': '[" F0 "]:2', 'hce': 3, 'known_by': "
	"'adopted'}]}}";

static bool says(json_t *all, const char *text)
{
	json_t *f;
	size_t i;

	json_array_foreach(all, i, f)
		if (strstr(member(f, "text"), text))
			return true;
	return false;
}

START_TEST(each_pair_of_a_connection_has_its_reason)
{
	static const char *const text[] = {
		"is covered (adopted), on the addresses it began with",
		"2001:db8::2 - " F0 ", not in use: routing prefers the other",
		"2001:db8::3 - " F0 ", not in use: the address of this host is lost",
		"2001:db8::4 - " F0 ", not in use: the address of this host is of another",
		"2001:db8::5 - " F0 ", not in use: the peer has no proof",
		L0 " - 2001:db8::8, not in use: the peer has not proven",
		L0 " - 2001:db8::7, not in use: the peer withdrew",
	};
	json_t *facts = load(good_connection), *all = json_array();

	connection_check(facts, all);
	ck_assert_uint_eq(finding_problems(all), 0);
	for (unsigned i = 0; i < ARRAY_LEN(text); i++)
		ck_assert_msg(says(all, text[i]), "not: %s", text[i]);
	ck_assert(!says(all, L0 " - " F0 ", not"));
	json_decref(all);
	json_decref(facts);
}
END_TEST

START_TEST(a_connection_that_is_not_covered_has_a_remedy)
{
	static const struct {
		const char *change, *text;
	} lost[] = {
		{ "{'connections': []}", "no such connection over IPv6" },
		{ "{'helper': {'cache': [{'id': 3, 'status': 'plain'}]}}",
		  "not known to be Homeless" },
		{ "{'helper': {'sockets': []}}", "not known to be Homeless" },
		{ "{'uncovered': [{" ENDS(L0, F0) ", 'reason': 'prevented', 'detail': 'why'}]}",
		  "why" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(lost); i++) {
		json_t *facts = load(good_connection), *change = load(lost[i].change),
		       *all = json_array(), *f;

		json_object_update_recursive(facts, change);
		connection_check(facts, all);
		ck_assert_uint_eq(finding_problems(all), 1);
		f = fault(all, "connection");
		ck_assert_ptr_nonnull(strstr(member(f, "text"), lost[i].text));
		ck_assert_str_ne(member(f, "remedy"), "");
		json_decref(all);
		json_decref(change);
		json_decref(facts);
	}
}
END_TEST

START_TEST(addresses_are_replaced_the_same_by_the_same)
{
	json_t *j = load("{'a': '[2a02:1:2:3::5]:80 from 2a02:1:2:3::9', 'b': '2a02:1:2:4::5', "
			 "'c': 'fe80::5', 'd': ['fd12::5', '::1', 'ff02::1', '10.1.2.3'], "
			 "'e': '12:34:56 add bad face', 'routes': {'2a02:1:2:3::5': true}, "
			 "'dns': ['secret.example', 'other.example', 'secret.example']}");
	json_t *want = load("{'a': '[2001:db8:0:1::1]:80 from 2001:db8:0:1::2', "
			    "'b': '2001:db8:0:2::1', 'c': 'fe80::1', 'd': ['fd00:0:0:3::1', '::1', "
			    "'ff02::1', '192.0.2.1'], 'e': '12:34:56 add bad face', "
			    "'routes': {'2001:db8:0:1::1': true}, "
			    "'dns': ['host-1', 'host-2', 'host-1']}");
	json_t *got = anonymise(j);
	char *text = json_dumps(got, JSON_COMPACT);

	ck_assert_msg(json_equal(got, want), "%s", text);
	free(text);
	json_decref(got);
	json_decref(want);
	json_decref(j);
}
END_TEST

/* What a report has, and what an anonymous one has instead. */
static const char *const anonymous[][2] = {
	{ "{'t': '2a02:1:2:3::5: no answer, nor 2a02:1:2:3::9.'}",
	  "{'t': '2001:db8:0:1::1: no answer, nor 2001:db8:0:1::2.'}" },
	{ "{'t': 'ether saddr 52:54:00:12:34:56, then 52:54:00:12:34:57:'}",
	  "{'t': 'ether saddr 00:00:5e:00:53:01, then 00:00:5e:00:53:02:'}" },
	{ "{'name': 'alice-laptop', 'dns': ['a.example'], 'personality': 'work'}",
	  "{'name': 'host-1', 'dns': ['host-2'], 'personality': 'host-3'}" },
	{ "{'hce': 1, 'name': 'alice-laptop'}", "{'hce': 1, 'name': 'host-1'}" },
	{ "{'hce': 1, 'name': null}", "{'hce': 1, 'name': null}" },
	{ "{'name': 'eth0', 'in': ['hmip_in']}", "{'name': 'eth0', 'in': ['hmip_in']}" },
	{ "{'comment': 'for the bank'}", "{'comment': 'host-1'}" },
	{ "{'log': {'prefix': 'bank: '}}", "{'log': {'prefix': 'host-1'}}" },
	{ "{'prefix': {'addr': '2a02:1:2:3::', 'len': 64}}",
	  "{'prefix': {'addr': '2001:db8:0:1::0', 'len': 64}}" },
	{ "{'t': ':: ::1: . : .. 1.2.3'}", "{'t': ':: ::1: . : .. 1.2.3'}" },
};

START_TEST(what_tells_who_somebody_is_is_replaced)
{
	json_t *j = load(anonymous[_i][0]), *want = load(anonymous[_i][1]), *got = anonymise(j);
	char *text = json_dumps(got, JSON_COMPACT);

	ck_assert_msg(json_equal(got, want), "%s", text);
	free(text);
	json_decref(got);
	json_decref(want);
	json_decref(j);
}
END_TEST

START_TEST(what_may_be_a_key_is_left_out)
{
	char text[] = "key_in = \"00112233445566778899aabbccddeeff\" # 1234 abc\n0123456789"
		      "0123456789012345678901234567890123456789";

	anonymise_keys(text);
	ck_assert_str_eq(text, "key_in = \"*\" # 1234 abc\n*");
	strcpy(text, "key_out=0011zz22 # x\n#key_in = 'a b\n2' key_in of 20");
	anonymise_keys(text);
	ck_assert_str_eq(text, "key_out=* # x\n#key_in = '*' key_in of 20");
	strcpy(text, "key_in = \"0011");
	anonymise_keys(text);
	ck_assert_str_eq(text, "key_in = \"*");
	strcpy(text, "");
	anonymise_keys(text);
	ck_assert_str_eq(text, "");
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("doctor");
	TCase *t = tcase_create("all");

	tcase_add_test(t, where_all_is_well_nothing_is_advised);
	tcase_add_loop_test(t, what_is_ill_is_said_with_a_remedy, 0, ARRAY_LEN(ill));
	tcase_add_loop_test(t, rules_of_a_firewall_are_followed, 0, ARRAY_LEN(rules));
	tcase_add_loop_test(t, a_rule_that_keeps_an_address_to_its_interface_is_found, 0,
			    ARRAY_LEN(guards));
	tcase_add_test(t, what_is_no_ruleset_passes_all);
	tcase_add_loop_test(t, what_is_ill_with_a_peer_is_said, 0, ARRAY_LEN(ill_peer));
	tcase_add_test(t, each_pair_of_a_connection_has_its_reason);
	tcase_add_test(t, a_connection_that_is_not_covered_has_a_remedy);
	tcase_add_test(t, addresses_are_replaced_the_same_by_the_same);
	tcase_add_loop_test(t, what_tells_who_somebody_is_is_replaced, 0, ARRAY_LEN(anonymous));
	tcase_add_test(t, what_may_be_a_key_is_left_out);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return suite_run(make());
}
