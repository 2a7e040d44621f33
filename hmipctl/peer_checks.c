/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "array.h"
#include "finding.h"
#include "json_text.h"
#include "peer_checks.h"

#include <stdbool.h>
#include <string.h>

#define YOUNG	5.0	/* seconds in which a peer may still be about to answer */

static json_int_t counter(json_t *facts, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(facts, "counters"), name));
}

static void check_name(json_t *facts, json_t *all)
{
	json_t *routes = json_object_get(facts, "routes"), *route;
	const char *address;

	if (*string(facts, "why")) {
		finding_problem(all, "name", "give the host an AAAA record, or use its address",
				"%s: %s", string(facts, "host"), string(facts, "why"));
		return;
	}
	finding_ok(all, "name", "%s has %zu IPv6 address%s", string(facts, "host"),
		   json_object_size(routes), json_object_size(routes) == 1 ? "" : "es");
	json_object_foreach(routes, address, route)
		if (json_is_false(route))
			finding_problem(all, "route", "ip -6 route get ADDRESS; add a route",
					"this host has no route to %s", address);
}

static bool is_homeless(json_t *facts)
{
	return !strcmp(string(json_object_get(facts, "entry"), "status"), "homeless");
}

static bool has_configured_keys(json_t *facts)
{
	return !strcmp(string(json_object_get(json_object_get(facts, "entry"), "sa"), "class"),
		       "generic");
}

/* It has keys, and does not answer under them. */
static void blame_keys(json_t *facts, json_t *all)
{
	static const char remedy[] =
		"compare the peer sections of both hosts: spi_out and key_out here are spi_in and "
		"key_in there, and the other way round; hmipctl doctor there says what arrives";

	if (counter(facts, "bad-icv") || counter(facts, "unknown-spi"))
		finding_problem(all, "keys", remedy,
				"what comes is not under the configured keys: they differ at the "
				"two ends");
	else
		finding_problem(all, "met", remedy,
				"it does not answer under the configured keys: no helper runs "
				"there, they differ, or signalling is lost on the way");
}

static void blame_meeting(json_t *facts, json_t *all)
{
	static const char start[] =
		"start hmip-helper there; if it runs, hmipctl doctor there, and have firewalls on "
		"the way pass the Authentication Header and destination options (hmip(7), "
		"Firewalls)";
	json_t *met = json_object_get(facts, "met");
	const char *reason = string(met, "reason");

	if (has_configured_keys(facts))
		blame_keys(facts, all);
	else if (!json_is_true(json_object_get(facts, "root")))
		finding_advice(all, "met", "ask as root",
			       "it has not been met, and only root may ask it now");
	else if (!met || json_is_null(met))
		finding_problem(all, "met", "see the line above, of hmipctl",
				"this host cannot ask it");
	else
		finding_problem(all, "met", start, "it is not Homeless: %s",
				*reason ? reason : "nothing came back");
}

static void check_met(json_t *facts, json_t *all)
{
	json_t *e = json_object_get(facts, "entry"), *rtt = json_object_get(e, "rtt"),
	       *heard = json_object_get(e, "last_heard");

	if (*string(facts, "why"))
		return;
	if (!is_homeless(facts)) {
		blame_meeting(facts, all);
		return;
	}
	finding_ok(all, "met", "it is Homeless, keys %s, heard %.0f s ago, round trip %.1f ms",
		   has_configured_keys(facts) ? "configured" : "agreed on by AAP",
		   json_number_value(heard), json_number_value(rtt) * 1000);
	if (json_is_number(json_object_get(e, "held_since")))
		finding_problem(all, "held", "look at the pairs below, and at the links of both "
				"hosts",
				"nothing can be sent to it: its connections are held");
}

static void check_addresses(json_t *facts, json_t *all)
{
	json_t *e = json_object_get(facts, "entry"), *a;
	size_t i;

	if (!is_homeless(facts))
		return;
	json_array_foreach(json_object_get(e, "addresses"), i, a)
		if (!strcmp(string(a, "state"), "tentative"))
			finding_problem(all, "peer-address",
					"look for a firewall on the path to that address: it must "
					"pass the Authentication Header both ways",
					"%s is not proven: the Challenge sent there, or the "
					"Response, is lost", string(a, "address"));
	json_array_foreach(json_object_get(e, "bindings"), i, a) {
		const char *state = string(a, "state");

		if (!json_is_true(json_object_get(a, "wanted")) ||
		    json_number_value(json_object_get(e, "age")) < YOUNG)
			continue;
		if (strcmp(state, "verified") && strcmp(state, "responded"))
			finding_problem(all, "own-address",
					"look for a firewall on the path from that address, and "
					"for a filter of addresses of another provider",
					"it has no proof of this host's address %s (%s), so no "
					"connection moves there", string(a, "address"), state);
	}
}

static void check_pairs(json_t *facts, json_t *all)
{
	json_t *pairs = json_object_get(json_object_get(facts, "ping"), "pairs"), *p;
	size_t i;

	json_array_foreach(pairs, i, p) {
		json_t *rtt = json_object_get(p, "rtt");
		const char *use = i ? "could be used" : "in use", *via = string(p, "via");

		if (json_is_number(rtt))
			finding_ok(all, "pair", "%s - %s, %s: %.1f ms%s%s", string(p, "local"),
				   string(p, "foreign"), use, json_number_value(rtt) * 1000,
				   *via ? ", " : "", via);
		else
			finding_problem(all, "pair",
					"look for a firewall or a filter of source addresses on "
					"that path",
					"%s - %s, %s: no answer", string(p, "local"),
					string(p, "foreign"), use);
	}
}

void peer_check(json_t *facts, json_t *all)
{
	static void (*const check[])(json_t *facts, json_t *all) = {
		check_name, check_met, check_addresses, check_pairs,
	};

	for (unsigned i = 0; i < ARRAY_LEN(check); i++)
		check[i](facts, all);
}
