/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "connection_checks.h"
#include "finding.h"
#include "host_checks.h"
#include "json_text.h"

#include <stdbool.h>
#include <string.h>

static json_t *of_helper(json_t *facts, const char *what)
{
	return json_object_get(json_object_get(facts, "helper"), what);
}

/* The element of list whose members proto, local and foreign are those of c; or NULL. */
static json_t *same_ends(json_t *list, json_t *c)
{
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
		if (!strcmp(string(o, "proto"), string(c, "proto")) &&
		    !strcmp(string(o, "local"), string(c, "local")) &&
		    !strcmp(string(o, "foreign"), string(c, "foreign")))
			return o;
	return NULL;
}

static json_t *member_with(json_t *list, const char *key, json_t *value)
{
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
		if (json_equal(json_object_get(o, key), value))
			return o;
	return NULL;
}

/* Why packets do not leave from an address of this host to that peer; NULL: they could. */
static const char *local_fault(json_t *l, json_t *entry)
{
	json_t *b = member_with(json_object_get(entry, "bindings"), "address",
				json_object_get(l, "address"));
	const char *state = string(b, "state");

	if (!json_is_true(json_object_get(l, "usable")))
		return "the address of this host is lost";
	if (strcmp(string(l, "personality"), string(entry, "personality")))
		return "the address of this host is of another personality";
	if (strcmp(state, "verified") && strcmp(state, "responded"))
		return "the peer has no proof that the address of this host is its own";
	return NULL;
}

/* The same for an address of the peer. */
static const char *foreign_fault(json_t *f)
{
	const char *state = string(f, "state");

	if (!strcmp(state, "tentative"))
		return "the peer has not proven to be at that address";
	if (!strcmp(state, "deprecated"))
		return "the peer withdrew its address, or it expired";
	return NULL;
}

/* Each pair of addresses of an entry, and why it is not the one in use. */
static void tell_pairs(json_t *facts, json_t *entry, json_t *all)
{
	json_t *pair = json_object_get(entry, "pair"), *l, *f;
	size_t i, k;

	json_array_foreach(json_object_get(of_helper(facts, "status"), "addresses"), i, l)
		json_array_foreach(json_object_get(entry, "addresses"), k, f) {
			const char *local = string(l, "address"), *foreign = string(f, "address"),
				   *fault = local_fault(l, entry);

			if (!fault)
				fault = foreign_fault(f);
			if (!strcmp(local, string(pair, "local")) &&
			    !strcmp(foreign, string(pair, "foreign")))
				continue;
			finding_ok(all, "pair", "%s - %s, not in use: %s", local, foreign,
				   fault ? fault : "routing prefers the other");
		}
}

static void tell_covered(json_t *facts, json_t *socket, json_t *all)
{
	json_t *entry = member_with(of_helper(facts, "cache"), "id",
				    json_object_get(socket, "hce"));
	const char *local = string(socket, "local"), *foreign = string(socket, "foreign");

	if (strcmp(local, string(socket, "wire_local")) ||
	    strcmp(foreign, string(socket, "wire_foreign")))
		finding_ok(all, "connection", "%s - %s is covered (%s), on the wire %s - %s", local,
			   foreign, string(socket, "known_by"), string(socket, "wire_local"),
			   string(socket, "wire_foreign"));
	else
		finding_ok(all, "connection", "%s - %s is covered (%s), on the addresses it began "
			   "with", local, foreign, string(socket, "known_by"));
	tell_pairs(facts, entry, all);
}

/* Whether the peer of a socket of the helper is Homeless. */
static bool can_move(json_t *facts, json_t *socket)
{
	json_t *entry = member_with(of_helper(facts, "cache"), "id",
				    json_object_get(socket, "hce"));

	return !strcmp(string(entry, "status"), "homeless");
}

static void check_one(json_t *facts, json_t *c, json_t *all)
{
	json_t *why = same_ends(json_object_get(facts, "uncovered"), c),
	       *socket = same_ends(of_helper(facts, "sockets"), c);

	if (why)
		finding_problem(all, "connection", host_remedy(string(why, "reason")),
				"%s - %s: %s", string(c, "local"), string(c, "foreign"),
				string(why, "detail"));
	else if (socket && can_move(facts, socket))
		tell_covered(facts, socket, all);
	else
		finding_problem(all, "connection",
				"hmipctl doctor HOST says why it is not; hmipctl meet HOST, "
				"hmip-run, or initiate in hmip.conf",
				"%s - %s: its peer is not known to be Homeless",
				string(c, "local"), string(c, "foreign"));
}

void connection_check(json_t *facts, json_t *all)
{
	json_t *c, *list = json_object_get(facts, "connections");
	size_t i;

	if (!json_array_size(list))
		finding_problem(all, "connection",
				"connect over IPv6 (ssh -6, curl -6); as root, processes of all "
				"users are seen",
				"there is no such connection over IPv6");
	json_array_foreach(list, i, c)
		check_one(facts, c, all);
}
