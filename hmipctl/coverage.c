/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "addr.h"
#include "coverage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The reasons, in the order in which they are checked. The words are part of hmipctl's interface.
 */
enum reason {
	COVERED,
	TABLE_FULL,
	SILENT,
	DATAPATH,
	POLICY_RULE,
	PREVENTED,
	CLASH,
	PERSONALITY,
	ADDRESS,
	NOTFOUND,
	HIDDEN,
	STATIC,
	FOREIGN,
	SETUID,
	GO,
	NOPRELOAD,
	OLDER,
	UNREGISTERED,
	DEVICE,
	REASONS
};

static const struct {
	const char *word, *sentence;
} text[REASONS] = {
	[TABLE_FULL] = { "table-full",
			 "max_connections are attached already: raise it in hmip.conf" },
	[SILENT] = { "peer-silent",
		     "its peer did not answer the helper when it began, and has not since" },
	[DATAPATH] = { "datapath",
		       "the kernel refused a table entry for it: see the helper's log" },
	[POLICY_RULE] = { "policy-rule",
			  "policy rules send a connection with this peer by a link of its own: those "
			  "with this peer move only when their address is lost" },
	[PREVENTED] = { "prevented", "its program called hmip_prevent()" },
	[CLASH] = { "port-clash", "another connection with this peer has the same ports" },
	[PERSONALITY] = { "personality",
			  "its address is of another personality than the one this peer knows" },
	[ADDRESS] = { "address", "its address is not one that the helper announces" },
	[NOTFOUND] = { "not-found",
		       "the helper adopts such connections, but has not found this one yet" },
	[HIDDEN] = { "hidden", "its process belongs to another user: ask as root" },
	[STATIC] = { "static", "its program is statically linked, so it loads no library" },
	[FOREIGN] = { "foreign", "its program is for another processor or word size than hmip" },
	[SETUID] = { "set-uid",
		     "its program has more privileges than the user who started it, so it ignores "
		     "preloads" },
	[GO] = { "go", "its program is written in Go and connects without the C library" },
	[NOPRELOAD] = { "not-preloaded", "its program was started without hmip-run" },
	[OLDER] = { "older", "its program was started before the helper" },
	[UNREGISTERED] = { "not-registered",
			   "it was not registered: the helper was busy, or its program uses "
			   "another helper's socket" },
	[DEVICE] = { "device", "its program bound it to an interface, so it moves to no other" },
};

static const char *string(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/*
 * The helper's answers, by the keys they are looked up by. The values are borrowed from the
 * answers.
 */
struct index {
	json_t *peers;		/* Homeless ones, by each of their addresses */
	json_t *locals;		/* addresses of this host */
	json_t *cookies, *ports;	/* connections */
};

/* The port behind the address of an endpoint. */
static unsigned port(json_t *o, const char *key)
{
	const char *colon = strrchr(string(o, key), ':');

	return colon ? strtoul(colon + 1, NULL, 10) : 0;
}

struct key {
	char s[64];
};

static struct key cookie_key(uint64_t cookie)
{
	struct key k;

	snprintf(k.s, sizeof(k.s), "%llu", (unsigned long long)cookie);
	return k;
}

/* Two connections with one peer that have the same key would be the same on the wire (R3). */
static struct key ports_key(json_t *hce, const char *proto, unsigned lport, unsigned fport)
{
	struct key k;

	snprintf(k.s, sizeof(k.s), "%lld %s %u %u", (long long)json_integer_value(hce), proto,
		 lport, fport);
	return k;
}

static const char *proto_name(const struct sock_entry *c)
{
	return c->proto == IPPROTO_UDP ? "udp" : "tcp";
}

static void index_peers(json_t *peers, json_t *cache)
{
	json_t *e, *f;
	size_t i, k;

	json_array_foreach(cache, i, e)
		if (!strcmp(string(e, "status"), "homeless"))
			json_array_foreach(json_object_get(e, "addresses"), k, f)
				json_object_set(peers, string(f, "address"), e);
}

static void index_free(struct index *x)
{
	json_decref(x->peers);
	json_decref(x->locals);
	json_decref(x->cookies);
	json_decref(x->ports);
}

static struct index index_make(const struct coverage_helper *h)
{
	struct index x = { json_object(), json_object(), json_object(), json_object() };
	json_t *o;
	size_t i;

	index_peers(x.peers, h->cache);
	json_array_foreach(json_object_get(h->status, "addresses"), i, o)
		json_object_set(x.locals, string(o, "address"), o);
	json_array_foreach(h->sockets, i, o) {
		json_t *hce = json_object_get(o, "hce");
		json_int_t cookie = json_integer_value(json_object_get(o, "cookie"));

		if (json_is_integer(hce) || json_is_string(json_object_get(o, "reason")))
			json_object_set(x.cookies, cookie_key(cookie).s, o);
		if (!json_is_integer(hce))
			continue;
		json_object_set(x.ports,
				ports_key(hce, string(o, "proto"), port(o, "local"),
					  port(o, "foreign")).s, o);
	}
	return x;
}

/* Why the helper has not got a connection of p; NULL: the process is not known. */
static enum reason judge_process(const struct proc_info *p, const struct coverage_helper *h)
{
	if (json_is_true(json_object_get(h->status, "adopting")))
		return NOTFOUND;
	if (!p || !p->pid)
		return HIDDEN;
	if (p->file.kind == EXECFILE_STATIC)
		return STATIC;
	if (p->file.kind == EXECFILE_FOREIGN)
		return FOREIGN;
	if (p->secure)
		return SETUID;
	if (p->file.go)
		return GO;
	if (!p->preloaded)
		return NOPRELOAD;
	return p->age > json_number_value(json_object_get(h->status, "uptime")) ?
	       OLDER : UNREGISTERED;
}

/* The helper's own word for why it does not move a connection; COVERED if it has none. */
static enum reason helper_reason(json_t *socket)
{
	const char *word = string(socket, "reason");

	for (enum reason r = COVERED + 1; r < REASONS; r++)
		if (!strcmp(text[r].word, word))
			return r;
	return COVERED;
}

/* Why a connection with a Homeless peer would not survive a move, or COVERED. */
static enum reason judge(const struct coverage_helper *h, const struct index *x, json_t *peer,
			 const struct sock_entry *c, const struct proc_info *p)
{
	json_t *local = json_object_get(x->locals, addr_text(&c->local).s);
	json_t *socket = json_object_get(x->cookies, cookie_key(c->cookie).s);

	if (socket)
		return c->device ? DEVICE : helper_reason(socket);
	if (c->prevented)
		return PREVENTED;
	if (json_object_get(x->ports, ports_key(json_object_get(peer, "id"), proto_name(c),
						c->lport, c->fport).s))
		return CLASH;
	if (!local)
		return ADDRESS;
	if (strcmp(string(local, "personality"), string(peer, "personality")))
		return PERSONALITY;
	return judge_process(p, h);
}

static json_t *endpoint(const struct in6_addr *a, unsigned number)
{
	return json_sprintf("[%s]:%u", addr_text(a).s, number);
}

/* The object of one connection, as hmipctl(8) describes it. Borrows all arguments. */
static json_t *row(json_t *peer, const struct sock_entry *c, const struct proc_info *p,
		   enum reason why)
{
	return json_pack("{so, so, sI, ss, so, so, sO, sO, ss, ss}",
		"pid", p && p->pid ? json_integer(p->pid) : json_null(),
		"command", p && p->pid ? json_string(p->command) : json_null(),
		"uid", (json_int_t)c->uid,
		"proto", proto_name(c),
		"local", endpoint(&c->local, c->lport),
		"foreign", endpoint(&c->foreign, c->fport),
		"hce", json_object_get(peer, "id"),
		"name", json_object_get(peer, "name"),
		"reason", text[why].word,
		"detail", text[why].sentence);
}

static const struct proc_info *owner_of(const struct sock_owner *owner, size_t n, uint32_t inode)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (owner[mid].inode == inode)
			return &owner[mid].process;
		if (owner[mid].inode < inode)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

json_t *coverage_judge(const struct coverage_helper *helper, const struct sock_entry *c, size_t n,
			const struct sock_owner *owner, size_t n_owner)
{
	struct index x = index_make(helper);
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *peer = json_object_get(x.peers, addr_text(&c[i].foreign).s);
		const struct proc_info *p = owner_of(owner, n_owner, c[i].inode);
		enum reason why = peer ? judge(helper, &x, peer, &c[i], p) : COVERED;

		if (why != COVERED)
			json_array_append_new(all, row(peer, &c[i], p, why));
	}
	index_free(&x);
	return all;
}

json_t *coverage_find(const struct coverage_helper *helper, const char **why)
{
	struct sock_entry *c = NULL;
	struct sock_owner *owner = NULL;
	json_t *all = NULL;
	size_t n = 0;
	int r = sock_list(&c, &n);

	*why = "cannot list connections";
	if (r)
		goto out;
	owner = calloc(n + 1, sizeof(*owner));
	r = owner ? 0 : -ENOMEM;
	if (r)
		goto out;
	for (size_t i = 0; i < n; i++)
		owner[i].inode = c[i].inode;
	*why = "cannot look into processes";
	r = proc_info_find(owner, n);
	if (!r)
		all = coverage_judge(helper, c, n, owner, n);
out:
	free(owner);
	free(c);
	errno = -r;
	return all;
}
