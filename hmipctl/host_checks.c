/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "array.h"
#include "finding.h"
#include "firewall.h"
#include "host_checks.h"
#include "json_text.h"

#include <stdbool.h>
#include <string.h>

#define HMIP_NAME	"hmip_"			/* programs of the datapath */
#define CLOCK_MIN	1767225600		/* 2026, before which no helper was */
#define OPTIMISTIC	"sysctl net.ipv6.conf.default.optimistic_dad=1, and the same for " \
			"each interface: an address is usable a second earlier after a move"

static json_t *status_of(json_t *facts)
{
	return json_object_get(json_object_get(facts, "helper"), "status");
}

static void check_helper(json_t *facts, json_t *all)
{
	json_t *status = status_of(facts);
	const char *version = string(status, "version"), *own = string(facts, "version");

	if (!status)
		finding_problem(all, "helper",
				"systemctl start hmip-helper; or name its socket with -s",
				"no helper answers at %s", string(facts, "socket"));
	else if (!json_is_true(json_object_get(facts, "same_namespace")))
		finding_problem(all, "helper",
				"run hmipctl there (ip netns exec, nsenter), or start a helper "
				"here with a socket of its own",
				"the helper at %s runs in another network namespace",
				string(facts, "socket"));
	else if (strcmp(version, own))
		finding_problem(all, "helper", "systemctl restart hmip-helper: nothing is lost",
				"the helper has version %s, hmipctl %s", version, own);
	else if (json_is_true(json_object_get(status, "leaving")))
		finding_problem(all, "helper", "systemctl start hmip-helper",
				"the helper is stopping");
	else
		finding_ok(all, "helper", "version %s runs, process %d", version,
			   (int)json_integer_value(json_object_get(status, "pid")));
}

static void check_library(json_t *facts, json_t *all)
{
	json_t *library = json_object_get(facts, "library");

	if (!library || json_is_null(library))
		return;
	if (json_is_string(json_object_get(library, "error")))
		finding_problem(all, "library",
				"install the package libhmip; a program for another processor or "
				"word size needs that of its own; AppArmor must let programs read "
				"it",
				"%s", string(library, "error"));
	else
		finding_ok(all, "library", "%s can be loaded", string(library, "path"));
}

static void check_clock(json_t *facts, json_t *all)
{
	if (json_number_value(json_object_get(facts, "now")) < CLOCK_MIN)
		finding_problem(all, "clock",
				"set it (timedatectl set-ntp true), then restart the helper",
				"the time of day is in the past: peers may take what this host "
				"signals for repeated after it lost its state");
	else
		finding_ok(all, "clock", "the time of day is plausible");
}

static void check_addresses(json_t *facts, json_t *all)
{
	json_t *routes = json_object_get(facts, "routes"), *route, *l;
	unsigned usable = 0;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(status_of(facts), "addresses"), i, l)
		usable += json_is_true(json_object_get(l, "usable"));
	if (!usable)
		finding_problem(all, "addresses",
				"give it a global or unique-local IPv6 address; ip -6 addr shows "
				"what is tentative, deprecated, or on a link that is down",
				"this host has no usable address");
	else if (usable == 1)
		finding_advice(all, "addresses",
			       "nothing while this host is to move to an address that comes later; "
			       "else bring up a second link: ip -6 addr",
			       "this host has one usable address, so there is no other to move to "
			       "now");
	else
		finding_ok(all, "addresses", "this host has %u usable addresses", usable);
	json_object_foreach(routes, name, route)
		if (json_is_false(route))
			finding_problem(all, "routes",
					"add a default route by its interface: ip -6 route add "
					"default via GATEWAY dev INTERFACE metric N",
					"what is sent from %s cannot leave by its interface: there "
					"is no route", name);
}

/* What of a hook's programs is wrong; NULL: nothing. */
static const char *hook_fault(json_t *names)
{
	unsigned ours = 0, at = 0;
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name) {
		if (strncmp(json_string_value(name), HMIP_NAME, strlen(HMIP_NAME)))
			continue;
		if (!ours++)
			at = (unsigned)i;
	}
	if (!ours)
		return "is not attached";
	if (at > 0)
		return "is not the first program";
	return ours > 1 ? "is attached twice" : NULL;
}

static void check_hook(json_t *interface, const char *hook, json_t *all)
{
	json_t *names = json_object_get(interface, hook);
	const char *fault = hook_fault(names);

	if (!fault || !json_is_array(names))
		return;
	if (!strcmp(fault, "is not the first program"))
		finding_problem(all, "datapath",
				"restart the helper, which puts its program first; have the other "
				"one (bpftool net) attached behind it",
				"%s, %s: the datapath %s: %s is before it",
				string(interface, "name"), hook, fault,
				json_string_value(json_array_get(names, 0)));
	else
		finding_problem(all, "datapath",
				"restart the helper, and look into its log for what the kernel "
				"refused",
				"%s, %s: the datapath %s", string(interface, "name"), hook, fault);
}

static void check_datapath(json_t *facts, json_t *all)
{
	unsigned before = finding_problems(all);
	json_t *interface, *list = json_object_get(facts, "interfaces");
	size_t i;

	if (!status_of(facts) || !json_array_size(list))
		return;
	if (!json_is_true(json_object_get(facts, "root"))) {
		finding_advice(all, "datapath", "ask as root",
			       "who is not root may not see the kernel's programs");
		return;
	}
	json_array_foreach(list, i, interface) {
		check_hook(interface, "in", all);
		check_hook(interface, "out", all);
	}
	if (finding_problems(all) == before)
		finding_ok(all, "datapath", "it is attached, and first, on %zu interface%s",
			   json_array_size(list), json_array_size(list) == 1 ? "" : "s");
}

/* What leaves as signalling: under AH; and what begins AAP (hmip(7), Firewalls). */
static struct firewall_answer signalling_out(json_t *ruleset, const char *interface)
{
	static const unsigned proto[] = { 51, 253 }, nexthdr[] = { 51, 60 };
	struct firewall_answer worst = { FIREWALL_PASSES, "" };

	for (unsigned i = 0; i < 2; i++) {
		const struct firewall_packet p = { interface, proto[i], nexthdr[i], "new" };
		struct firewall_answer a = firewall_output(ruleset, &p);

		if (a.verdict == FIREWALL_DROPS)
			return a;
		if (a.verdict == FIREWALL_MAY_DROP)
			worst = a;
	}
	return worst;
}

/* Whether there is an address of this host whose interface leads nowhere. */
static bool lacks_route(json_t *facts)
{
	const char *address;
	json_t *route;

	json_object_foreach(json_object_get(facts, "routes"), address, route)
		if (json_is_false(route))
			return true;
	return false;
}

/* Rules that drop what comes for an address by another interface than its own. */
static void check_guards(json_t *facts, json_t *all)
{
	json_t *ruleset = json_object_get(facts, "nft"), *l;
	char where[128];
	size_t i;

	json_array_foreach(json_object_get(status_of(facts), "addresses"), i, l) {
		const char *address = string(l, "address");

		if (!firewall_guards_address(ruleset, address, where))
			continue;
		finding_problem(all, "firewall",
				"let what is for a connection of this host pass: nft insert rule "
				"FAMILY TABLE CHAIN socket wildcard 0 accept (hmip(7), Firewalls)",
				"%s drops what comes for %s by another interface: connections that "
				"began with it stall when they move while it is there",
				where, address);
	}
}

static void check_firewall(json_t *facts, json_t *all)
{
	static const char allow[] = "allow it first in the output chain: meta l4proto "
				    "{ ah, ipv6-nonxt, 253 } accept (hmip(7), Firewalls)";
	json_t *ruleset = json_object_get(facts, "nft"), *interface;
	bool good = true;
	char where[128];
	size_t i;

	json_array_foreach(json_object_get(facts, "interfaces"), i, interface) {
		const char *name = string(interface, "name");
		struct firewall_answer a = signalling_out(ruleset, name);

		if (a.verdict == FIREWALL_DROPS)
			finding_problem(all, "firewall", allow,
					"%s drops signalling that this host sends by %s", a.where,
					name);
		else if (a.verdict == FIREWALL_MAY_DROP)
			finding_advice(all, "firewall", allow,
				       "%s may drop signalling that this host sends by %s", a.where,
				       name);
		good &= a.verdict == FIREWALL_PASSES;
	}
	/* With a route by each interface, strict filters let all pass: hmip's own routes count. */
	if (lacks_route(facts) && firewall_strict_reverse_path(ruleset, where))
		finding_problem(all, "firewall",
				"add a default route by each interface, or let what is for a "
				"connection of this host pass: nft insert rule FAMILY TABLE CHAIN "
				"socket wildcard 0 accept",
				"%s drops what does not come by an interface that leads back to "
				"its source, and one leads nowhere", where);
	check_guards(facts, all);
	if (json_is_true(json_object_get(facts, "legacy")))
		finding_advice(all, "firewall", "ip6tables-legacy -S shows them",
			       "there are rules of ip6tables-legacy, which are not looked at");
	if (json_is_null(ruleset))
		finding_advice(all, "firewall", "install nftables, and ask as root",
			       "the rules of this host cannot be listed");
	else if (good && ruleset)
		finding_ok(all, "firewall", "no rule of nftables drops signalling of this host");
}

static void check_conntrack(json_t *facts, json_t *all)
{
	json_t *loose = json_object_get(facts, "tcp_loose");

	if (json_is_integer(loose) && !json_integer_value(loose) &&
	    json_integer_value(json_object_get(facts, "forwarding")))
		finding_advice(all, "conntrack", "sysctl net.netfilter.nf_conntrack_tcp_loose=1",
			       "this host forwards, and its connection tracking is strict: rules "
			       "that drop invalid packets end connections of others that move "
			       "to a path through it");
}

static void check_dad(json_t *facts, json_t *all)
{
	json_t *interface;
	size_t i;

	json_array_foreach(json_object_get(facts, "interfaces"), i, interface)
		if (json_integer_value(json_object_get(interface, "accept_dad")) &&
		    json_is_integer(json_object_get(interface, "optimistic_dad")) &&
		    !json_integer_value(json_object_get(interface, "optimistic_dad"))) {
			finding_advice(all, "dad", OPTIMISTIC,
				       "duplicate address detection makes a new address on %s wait",
				       string(interface, "name"));
			return;
		}
}

static void check_tables(json_t *facts, json_t *all)
{
	static const struct {
		const char *counter, *remedy, *text;
	} table[] = {
		{ "table-full", "raise max_connections in hmip.conf, and restart the helper",
		  "connections were not attached, because max_connections others are" },
		{ "no-room", "raise max_entries and max_addresses in hmip.conf, and restart the "
		  "helper", "peers or addresses of theirs were refused for lack of room" },
		{ "host-map-cut", "lower max_entries or max_addresses in hmip.conf",
		  "the host map has not all addresses of peers" },
	};
	json_t *counters = json_object_get(status_of(facts), "counters");

	for (unsigned i = 0; i < ARRAY_LEN(table); i++)
		if (json_integer_value(json_object_get(counters, table[i].counter)))
			finding_problem(all, "tables", table[i].remedy, "%s", table[i].text);
}

static void check_keys(json_t *facts, json_t *all)
{
	json_t *counters = json_object_get(status_of(facts), "counters");
	json_int_t bad = json_integer_value(json_object_get(counters, "bad-icv")),
		   unknown = json_integer_value(json_object_get(counters, "unknown-spi"));

	if (bad || unknown)
		finding_advice(all, "keys",
			       "compare the peer sections of both hosts: spi_out and key_out of "
			       "one are spi_in and key_in of the other; or take both out, and AAP "
			       "agrees on keys",
			       "%lld packets of signalling came with wrong keys, %lld under "
			       "unknown ones: keys differ, somebody forges, or addresses are "
			       "translated on the way",
			       (long long)bad, (long long)unknown);
}

static const struct {
	const char *reason, *remedy;
} remedy[] = {
	{ "no-peers", "hmipctl meet HOST, hmip-run, or initiate = all in hmip.conf" },
	{ "translated", "connect without NAT: such connections cannot move" },
	{ "table-full", "raise max_connections in hmip.conf, and restart the helper" },
	{ "peer-silent", "hmipctl doctor PEER: it is attached when the peer answers" },
	{ "unproven", "hmipctl ping PEER: it is attached when the peer answers" },
	{ "datapath", "look into the helper's log" },
	{ "policy-rule", "ip -6 rule: let the helper's packets (of root, without a mark) take the "
	  "same link; or move by hmipctl prefer" },
	{ "policy-forbids", "ip -6 rule: it waits for the link that the rules send it by" },
	{ "prevented", "its program does not want it: see its configuration" },
	{ "port-clash", "it ends with the other connection: connect again from another port" },
	{ "personality", "connect from an address of that personality (HMIP_PERSONALITY)" },
	{ "address", "connect from an address that hmipctl status lists" },
	{ "not-found", "hmipctl uncovered again, in half a second" },
	{ "mptcp", "adopt = yes in hmip.conf" },
	{ "hidden", "ask as root" },
	{ "static", "adopt = yes in hmip.conf" },
	{ "foreign", "adopt = yes in hmip.conf, or install libhmip for its processor" },
	{ "set-uid", "adopt = yes in hmip.conf" },
	{ "go", "adopt = yes in hmip.conf" },
	{ "not-preloaded", "adopt = yes in hmip.conf, or start the program with hmip-run" },
	{ "older", "adopt = yes in hmip.conf, or start the program again" },
	{ "not-registered", "adopt = yes in hmip.conf, or start the program with HMIP_SOCKET set" },
	{ "device", "nothing, if it is to stay on that interface; see the program" },
};

const char *host_remedy(const char *reason)
{
	for (unsigned i = 0; i < ARRAY_LEN(remedy); i++)
		if (!strcmp(remedy[i].reason, reason))
			return remedy[i].remedy;
	return NULL;
}

/* Connections that would not survive, by their reasons. */
static void check_uncovered(json_t *facts, json_t *all)
{
	json_t *list = json_object_get(facts, "uncovered"), *count = json_object(), *c, *n;
	json_t *detail = json_object();
	const char *reason;
	size_t i;

	json_array_foreach(list, i, c) {
		reason = string(c, "reason");
		n = json_object_get(count, reason);
		json_object_set_new(count, reason, json_integer(json_integer_value(n) + 1));
		json_object_set(detail, reason, json_object_get(c, "detail"));
	}
	json_object_foreach(count, reason, n)
		finding_advice(all, "connections", host_remedy(reason),
			       "%lld would not survive a move, or not every one: %s",
			       (long long)json_integer_value(n), string(detail, reason));
	if (json_is_array(list) && !json_array_size(list))
		finding_ok(all, "connections", "all with Homeless peers are covered");
	json_decref(count);
	json_decref(detail);
}

static void check_adoption(json_t *facts, json_t *all)
{
	json_t *status = status_of(facts);

	if (status && !json_is_true(json_object_get(status, "adopting")))
		finding_advice(all, "adoption", "adopt = yes in hmip.conf",
			       "only connections of programs under hmip-run are covered");
}

void host_check(json_t *facts, json_t *all)
{
	static void (*const check[])(json_t *facts, json_t *all) = {
		check_helper, check_library, check_clock, check_datapath, check_firewall,
		check_conntrack, check_dad, check_tables, check_keys, check_adoption,
		check_uncovered,
	};

	for (unsigned i = 0; i < ARRAY_LEN(check); i++)
		check[i](facts, all);
	if (status_of(facts))
		check_addresses(facts, all);
}
