/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "addr.h"
#include "client.h"
#include "fib.h"
#include "meet.h"
#include "netlink.h"
#include "peer_facts.h"
#include "ping.h"

#include <string.h>
#include <unistd.h>

/* The entry of the cache whose peer has the address, or NULL. Borrowed. */
static json_t *entry_with(json_t *cache, const struct in6_addr *addr)
{
	json_t *e, *a;
	size_t i, k;

	json_array_foreach(cache, i, e)
		json_array_foreach(json_object_get(e, "addresses"), k, a)
			if (!strcmp(json_string_value(json_object_get(a, "address")),
				    addr_text(addr).s))
				return e;
	return NULL;
}

static bool is_homeless(json_t *entry)
{
	const char *s = json_string_value(json_object_get(entry, "status"));

	return s && !strcmp(s, "homeless");
}

/* Whether this host has a route to each address. */
static json_t *routes(const struct in6_addr *addr, unsigned n)
{
	json_t *all = json_object();
	struct in6_addr src;
	struct netlink *nl;

	if (netlink_open(NETLINK_ROUTE, &nl) < 0)
		return all;
	for (unsigned i = 0; i < n; i++)
		json_object_set_new(all, addr_text(&addr[i]).s,
				    json_boolean(fib_source(nl, &addr[i], NULL, &src) == 0));
	netlink_close(nl);
	return all;
}

/* Meets the host at its addresses until it is known to be Homeless. Returns the last outcome. */
static json_t *meet(const char *path, const struct in6_addr *addr, unsigned n)
{
	json_t *r = NULL;
	int status;

	for (unsigned i = 0; i < n && !is_homeless(r); i++) {
		json_decref(r);
		r = meet_at(path, &addr[i], 0, &status);
	}
	return r;
}

static json_t *ping(const char *path, json_t *entry, const struct in6_addr *addr, unsigned n)
{
	json_t *r = NULL;
	int status;

	for (unsigned i = 0; is_homeless(entry) && i < n && !r; i++)
		r = ping_at(path, &addr[i], &status);
	return r;
}

json_t *peer_facts(const char *path, const char *host, json_t *facts)
{
	struct in6_addr addr[MEET_ADDRS_MAX];
	json_t *helper = json_object_get(facts, "helper"), *entry = NULL, *met = NULL, *cache;
	const char *why;
	unsigned n = meet_resolve(host, addr, &why);
	bool root = geteuid() == 0;
	int status;

	cache = json_incref(json_object_get(helper, "cache"));
	for (unsigned i = 0; i < n && !entry; i++)
		entry = entry_with(cache, &addr[i]);
	if (root && !is_homeless(entry)) {
		met = meet(path, addr, n);
		json_decref(cache);
		cache = client_fetch(path, "cache", NULL, &status);
		entry = NULL;
		for (unsigned i = 0; i < n && !is_homeless(entry); i++)
			entry = entry_with(cache, &addr[i]);
	}
	met = json_pack("{ss, so, so, sO?, so?, so?, sb, sO?}",
		"host", host,
		"why", n ? json_null() : json_string(why),
		"routes", routes(addr, n),
		"entry", entry,
		"met", met,
		"ping", root ? ping(path, entry, addr, n) : NULL,
		"root", root,
		"counters", json_object_get(json_object_get(helper, "status"), "counters"));
	json_decref(cache);
	return met;
}
