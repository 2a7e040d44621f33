/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A match is true, false or not understood. What comes behind a match that is not understood may or
 * may not happen: a verdict there is remembered, and the next rule is looked at.
 */
#include "config.h"

#include "firewall.h"
#include "json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX	16	/* jumps, as the kernel allows */

enum truth { NO, YES, MAYBE };

enum outcome { GOES_ON, ACCEPTED, DROPPED, RETURNED };

struct walk {
	json_t *rules;			/* the ruleset's array */
	const struct firewall_packet *packet;
	const char *family, *table;	/* of the chain */
	char may_drop[128], dropped_by[128];
	bool may_accept;
	unsigned depth;
};

static const struct {
	const char *name;
	unsigned number;
} protocol[] = {
	{ "icmp", 1 }, { "tcp", 6 }, { "udp", 17 }, { "esp", 50 }, { "ah", 51 },
	{ "icmpv6", 58 }, { "ipv6-icmp", 58 }, { "ipv6-nonxt", 59 }, { "ipv6-opts", 60 },
	{ "comp", 108 }, { "dccp", 33 }, { "sctp", 132 }, { "udplite", 136 },
};

static enum truth is_protocol(json_t *v, unsigned number)
{
	if (json_is_integer(v))
		return json_integer_value(v) == (json_int_t)number;
	for (size_t i = 0; json_is_string(v) && i < sizeof(protocol) / sizeof(*protocol); i++)
		if (!strcmp(protocol[i].name, json_string_value(v)))
			return protocol[i].number == number;
	return MAYBE;
}

static enum truth is_text(json_t *v, const char *text)
{
	const char *s = json_string_value(v);
	size_t n = s ? strlen(s) : 0;

	if (!s || *s == '@')
		return MAYBE;
	if (n && s[n - 1] == '*')
		return !strncmp(s, text, n - 1);
	return !strcmp(s, text);
}

/* What a packet has where a match or a map looks. */
struct field {
	enum { UNKNOWN, NEVER, PROTOCOL, TEXT } kind;	/* NEVER: such a packet has no such field */
	unsigned number;
	const char *text;
};

static struct field field_of(json_t *left, const struct firewall_packet *p)
{
	json_t *meta = json_object_get(left, "meta"), *payload = json_object_get(left, "payload"),
	       *ct = json_object_get(left, "ct");
	const char *key = string(meta ? meta : ct, "key"), *of = string(payload, "protocol");

	if (meta && !strcmp(key, "l4proto"))
		return (struct field){ PROTOCOL, p->l4proto, NULL };
	if (meta && !strcmp(key, "nfproto"))
		return (struct field){ TEXT, 0, "ipv6" };
	if (meta && (!strcmp(key, "oifname") || !strcmp(key, "oif")))
		return (struct field){ TEXT, 0, p->interface };
	if (meta && (!strcmp(key, "iifname") || !strcmp(key, "iif")))
		return (struct field){ NEVER, 0, NULL };
	if (ct && !strcmp(key, "state"))
		return (struct field){ TEXT, 0, p->state };
	if (payload && !strcmp(of, "ip6") && !strcmp(string(payload, "field"), "nexthdr"))
		return (struct field){ PROTOCOL, p->nexthdr, NULL };
	if (payload && strcmp(of, "ip6") && strcmp(of, "th") && strcmp(of, "ah"))
		return (struct field){ NEVER, 0, NULL };	/* TCP, UDP, ICMP, IPv4, ... */
	return (struct field){ UNKNOWN, 0, NULL };
}

/* Whether the field has the value v, which may be a set or a list of values. */
static enum truth has(const struct field *f, json_t *v)
{
	json_t *list = json_object_get(v, "set"), *one;
	enum truth r = NO;
	size_t i;

	if (json_is_array(v))
		list = v;
	if (f->kind == NEVER)
		return NO;
	if (f->kind == UNKNOWN)
		return MAYBE;
	if (!list)
		return f->kind == TEXT ? is_text(v, f->text) : is_protocol(v, f->number);
	json_array_foreach(list, i, one) {
		enum truth t = has(f, json_is_array(one) ? json_array_get(one, 0) : one);

		if (t == YES)
			return YES;
		r = t == MAYBE ? MAYBE : r;
	}
	return r;
}

static enum truth match(json_t *m, const struct firewall_packet *p)
{
	struct field f = field_of(json_object_get(m, "left"), p);
	const char *op = string(m, "op");
	enum truth t = has(&f, json_object_get(m, "right"));

	if (!strcmp(op, "==") || !strcmp(op, "in"))
		return t;
	if (!strcmp(op, "!=") && f.kind != NEVER)
		return t == MAYBE ? MAYBE : !t;
	return f.kind == NEVER ? NO : MAYBE;
}

static enum outcome walk_chain(struct walk *w, const char *name, bool sure);

static void note(char *where, const struct walk *w, const char *chain)
{
	if (!*where)
		snprintf(where, 128, "%s %s %s", w->family, w->table, chain);
}

/* What verdict v does, in a rule that applies surely or perhaps. */
static enum outcome decide(struct walk *w, json_t *v, const char *chain, bool sure)
{
	json_t *jump = json_object_get(v, "jump"), *to = json_object_get(v, "goto");
	enum outcome r = GOES_ON;

	if (json_object_get(v, "accept"))
		r = ACCEPTED;
	else if (json_object_get(v, "drop") || json_object_get(v, "reject"))
		r = DROPPED;
	else if (json_object_get(v, "return"))
		r = RETURNED;
	else if (jump || to)
		return walk_chain(w, string(jump ? jump : to, "target"), sure);
	if (r == DROPPED)
		note(sure ? w->dropped_by : w->may_drop, w, chain);
	if (r == ACCEPTED && !sure)
		w->may_accept = true;
	return sure ? r : GOES_ON;
}

/* A map of verdicts: that of the value that the packet has. */
static enum outcome decide_map(struct walk *w, json_t *vmap, const char *chain, bool sure)
{
	struct field f = field_of(json_object_get(vmap, "key"), w->packet);
	json_t *list = json_object_get(json_object_get(vmap, "data"), "set"), *pair;
	enum outcome r = GOES_ON;
	size_t i;

	json_array_foreach(list, i, pair) {
		enum truth t = has(&f, json_array_get(pair, 0));

		if (t != NO)
			r = decide(w, json_array_get(pair, 1), chain, sure && t == YES);
		if (r != GOES_ON)
			break;
	}
	return r;
}

static enum outcome apply(struct walk *w, json_t *rule, bool sure)
{
	json_t *expr = json_object_get(rule, "expr"), *e;
	const char *chain = string(rule, "chain");
	enum outcome r = GOES_ON;
	size_t i;

	json_array_foreach(expr, i, e) {
		json_t *m = json_object_get(e, "match"), *vmap = json_object_get(e, "vmap");
		enum truth t = m ? match(m, w->packet) : YES;

		if (json_object_get(e, "xt") || json_object_get(e, "limit") ||
		    json_object_get(e, "queue"))
			t = MAYBE;
		if (t == NO)
			return GOES_ON;
		sure &= t == YES;
		r = vmap ? decide_map(w, vmap, chain, sure) : decide(w, e, chain, sure);
		if (r != GOES_ON)
			return r;
	}
	return GOES_ON;
}

static enum outcome walk_chain(struct walk *w, const char *name, bool sure)
{
	enum outcome r = GOES_ON;
	json_t *o;
	size_t i;

	if (w->depth >= DEPTH_MAX)
		return GOES_ON;
	w->depth++;
	json_array_foreach(w->rules, i, o) {
		json_t *rule = json_object_get(o, "rule");

		if (!rule || strcmp(string(rule, "chain"), name) ||
		    strcmp(string(rule, "table"), w->table) ||
		    strcmp(string(rule, "family"), w->family))
			continue;
		r = apply(w, rule, sure);
		if (r != GOES_ON)
			break;
	}
	w->depth--;
	return r == RETURNED ? GOES_ON : r;
}

static bool of_ipv6(const char *family)
{
	return !strcmp(family, "inet") || !strcmp(family, "ip6");
}

/* What a base chain does to the packet. */
static struct firewall_answer judge(json_t *rules, json_t *chain, const struct firewall_packet *p)
{
	struct walk w = { .rules = rules, .packet = p, .family = string(chain, "family"),
			  .table = string(chain, "table") };
	const char *name = string(chain, "name");
	struct firewall_answer a = { FIREWALL_PASSES, "" };
	enum outcome r = walk_chain(&w, name, true);

	if (r == GOES_ON && !strcmp(string(chain, "policy"), "drop")) {
		snprintf(w.dropped_by, sizeof(w.dropped_by), "%s %s %s, policy drop", w.family,
			 w.table, name);
		r = DROPPED;
	}
	if (r == DROPPED)
		a.verdict = w.may_accept ? FIREWALL_MAY_DROP : FIREWALL_DROPS;
	else if (*w.may_drop)
		a.verdict = FIREWALL_MAY_DROP;
	strcpy(a.where, r == DROPPED ? w.dropped_by : w.may_drop);
	return a;
}

struct firewall_answer firewall_output(json_t *ruleset, const struct firewall_packet *p)
{
	json_t *rules = json_object_get(ruleset, "nftables"), *o;
	struct firewall_answer worst = { FIREWALL_PASSES, "" };
	size_t i;

	json_array_foreach(rules, i, o) {
		json_t *chain = json_object_get(o, "chain");
		struct firewall_answer a;

		if (!chain || !of_ipv6(string(chain, "family")) ||
		    (strcmp(string(chain, "hook"), "output") &&
		     strcmp(string(chain, "hook"), "postrouting")) ||
		    !strcmp(string(chain, "type"), "nat"))
			continue;
		a = judge(rules, chain, p);
		if (a.verdict == FIREWALL_DROPS)
			return a;
		if (a.verdict == FIREWALL_MAY_DROP)
			worst = a;
	}
	return worst;
}

/* Whether a rule looks up the route to the source by the interface of arrival. */
static bool looks_back(json_t *rule)
{
	json_t *e, *flag;
	bool saddr = false, iif = false, drops = false;
	size_t i, k;

	json_array_foreach(json_object_get(rule, "expr"), i, e) {
		json_t *left = json_object_get(json_object_get(e, "match"), "left"),
		       *flags = json_object_get(json_object_get(left, "fib"), "flags");

		json_array_foreach(flags, k, flag) {
			saddr |= is_text(flag, "saddr") == YES;
			iif |= is_text(flag, "iif") == YES;
		}
		drops |= json_object_get(e, "drop") != NULL;
	}
	return saddr && iif && drops;
}

/* Whether a rule accepts what belongs to a socket with an address: "socket wildcard 0 accept". */
static bool accepts_own(json_t *rule)
{
	bool own = false, accepts = false;
	json_t *e;
	size_t i;

	json_array_foreach(json_object_get(rule, "expr"), i, e) {
		json_t *match = json_object_get(e, "match"),
		       *right = json_object_get(match, "right"),
		       *socket = json_object_get(json_object_get(match, "left"), "socket");

		own |= is_text(json_object_get(socket, "key"), "wildcard") == YES &&
		       json_is_integer(right) && !json_integer_value(right);
		accepts |= json_object_get(e, "accept") != NULL;
	}
	return own && accepts;
}

/* Whether a rule drops what comes for address by any interface but one. */
static bool guards(json_t *rule, const char *address)
{
	bool other = false, to = false, drops = false;
	json_t *e;
	size_t i;

	json_array_foreach(json_object_get(rule, "expr"), i, e) {
		json_t *match = json_object_get(e, "match"), *left = json_object_get(match, "left"),
		       *meta = json_object_get(json_object_get(left, "meta"), "key"),
		       *field = json_object_get(json_object_get(left, "payload"), "field");
		bool not = is_text(json_object_get(match, "op"), "!=") == YES;

		other |= not && (is_text(meta, "iifname") == YES || is_text(meta, "iif") == YES);
		to |= !not && is_text(field, "daddr") == YES &&
		      is_text(json_object_get(match, "right"), address) == YES;
		drops |= json_object_get(e, "drop") != NULL;
	}
	return other && to && drops;
}

/*
 * Finds a rule that looks back or, with address, guards that, and has no rule before it in its
 * chain that accepts what is for sockets of this host.
 */
static bool find_incoming(json_t *ruleset, const char *address, char where[static 128])
{
	char harmless[128] = "";
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(ruleset, "nftables"), i, o) {
		json_t *rule = json_object_get(o, "rule");

		if (!rule || !of_ipv6(string(rule, "family")))
			continue;
		snprintf(where, 128, "%s %s %s", string(rule, "family"), string(rule, "table"),
			 string(rule, "chain"));
		if (accepts_own(rule))
			strcpy(harmless, where);
		else if (strcmp(harmless, where) &&
			 (address ? guards(rule, address) : looks_back(rule)))
			return true;
	}
	return false;
}

bool firewall_strict_reverse_path(json_t *ruleset, char where[static 128])
{
	return find_incoming(ruleset, NULL, where);
}

bool firewall_guards_address(json_t *ruleset, const char *address, char where[static 128])
{
	return find_incoming(ruleset, address, where);
}
