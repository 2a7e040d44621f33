/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "addr.h"
#include "coverage.h"
#include "json_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The reasons, in the order in which they are checked. The words are part of hmipctl's interface.
 */
enum reason {
	COVERED,
	NO_PEERS,
	TRANSLATED,
	TABLE_FULL,
	SILENT,
	UNPROVEN,
	DATAPATH,
	POLICY_RULE,
	POLICY_FORBIDS,
	PREVENTED,
	CLASH,
	PERSONALITY,
	ADDRESS,
	NOTFOUND,
	MPTCP,
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
	[NO_PEERS] = { "no-peers", "no Homeless peers are known" },
	[TRANSLATED] = { "translated",
			 "this host translates its addresses or ports (NAT), so the wire has "
			 "others than its socket" },
	[TABLE_FULL] = { "table-full",
			 "max_connections are attached already: raise it in hmip.conf" },
	[SILENT] = { "peer-silent",
		     "its peer did not answer the helper when it began, and has not since" },
	[UNPROVEN] = { "unproven",
		       "its peer was asked whether the address is still its own, and has not "
		       "answered" },
	[DATAPATH] = { "datapath",
		       "the kernel refused a table entry for it: see the helper's log" },
	[POLICY_RULE] = { "policy-rule",
			  "policy rules send a connection with this peer by a link of its own: "
			  "those with this peer move only when their address is lost" },
	[POLICY_FORBIDS] = { "policy-forbids",
			     "policy rules let it leave by a link that is lost, and by no other: "
			     "it goes on when that link is back" },
	[PREVENTED] = { "prevented", "its program called hmip_prevent()" },
	[CLASH] = { "port-clash", "another connection with this peer has the same ports" },
	[PERSONALITY] = { "personality",
			  "its address is of another personality than the one this peer knows" },
	[ADDRESS] = { "address", "its address is not one that the helper announces" },
	[NOTFOUND] = { "not-found",
		       "the helper adopts such connections, but has not found this one yet" },
	[MPTCP] = { "mptcp", "it is Multipath TCP, which the library does not register" },
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

/*
 * The helper's answers, by the keys they are looked up by. The values are borrowed from the
 * answers.
 */
struct index {
	json_t *peers;		/* Homeless ones, by each of their addresses */
	json_t *locals;		/* addresses of this host */
	json_t *cookies, *ports;	/* connections */
	json_t *translated;	/* indices of translated connections, by what a socket has */
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

struct wide_key {
	char s[8 + 2 * sizeof(struct endpoint_text)];
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

static const char *proto_name(uint8_t proto)
{
	return proto == IPPROTO_UDP ? "udp" : "tcp";
}

/* What a socket has of its connection, as the helper's answers have it. */
static struct wide_key socket_key(const char *proto, const char *local, const char *foreign)
{
	struct wide_key k;

	snprintf(k.s, sizeof(k.s), "%s %s %s", proto, local, foreign);
	return k;
}

static struct wide_key tuple_key(uint8_t proto, const struct in6_addr *local, unsigned lport,
				 const struct in6_addr *foreign, unsigned fport)
{
	return socket_key(proto_name(proto), endpoint_text(local, lport).s,
			  endpoint_text(foreign, fport).s);
}

/*
 * A program that began has the original's source and destination; one that was called, those of the
 * reply. The other side's end, in either, is nobody's here.
 */
static json_t *index_translated(const struct translated *t, size_t n)
{
	json_t *all = json_object();

	for (size_t i = 0; i < n; i++) {
		const struct tuple *o = &t[i].original, *r = &t[i].reply;

		json_object_set_new(all, tuple_key(t[i].proto, &o->src, o->sport, &o->dst,
						   o->dport).s, json_integer(i));
		json_object_set_new(all, tuple_key(t[i].proto, &r->src, r->sport, &r->dst,
						   r->dport).s, json_integer(i));
	}
	return all;
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
	json_decref(x->translated);
}

static struct index index_make(const struct coverage_helper *h, const struct coverage_host *host)
{
	struct index x = { json_object(), json_object(), json_object(), json_object(),
			   index_translated(host->translated, host->n_translated) };
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

/* Why the helper has not got the connection c of p; NULL: the process is not known. */
static enum reason judge_process(const struct sock_entry *c, const struct proc_info *p,
				 const struct coverage_helper *h)
{
	if (json_is_true(json_object_get(h->status, "adopting")))
		return NOTFOUND;
	if (c->mptcp)
		return MPTCP;
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

/* Which of the translated connections is that of a socket; -1: none. */
static json_int_t translated_index(const struct index *x, const struct sock_entry *c)
{
	json_t *i = json_object_get(x->translated, tuple_key(c->proto, &c->local, c->lport,
							     &c->foreign, c->fport).s);

	return i ? json_integer_value(i) : -1;
}

/* Whether it could move, if only its peer were Homeless. */
static bool is_movable(const struct index *x, const struct in6_addr *local,
		       const struct in6_addr *foreign)
{
	return json_object_get(x->locals, addr_text(local).s) && addr_usable(foreign) &&
	       !json_object_get(x->locals, addr_text(foreign).s);
}

/* Why a connection with a Homeless peer would not survive a move, or COVERED. */
static enum reason judge(const struct coverage_helper *h, const struct index *x, json_t *peer,
			 const struct sock_entry *c, const struct proc_info *p)
{
	json_t *local = json_object_get(x->locals, addr_text(&c->local).s);
	json_t *socket = json_object_get(x->cookies, cookie_key(c->cookie).s);

	if (translated_index(x, c) >= 0)
		return TRANSLATED;
	if (socket)
		return c->device ? DEVICE : helper_reason(socket);
	if (c->prevented)
		return PREVENTED;
	if (json_object_get(x->ports, ports_key(json_object_get(peer, "id"), proto_name(c->proto),
						c->lport, c->fport).s))
		return CLASH;
	if (!local)
		return ADDRESS;
	if (strcmp(string(local, "personality"), string(peer, "personality")))
		return PERSONALITY;
	return judge_process(c, p, h);
}

/*
 * The object of one connection, as hmipctl(8) describes it. Borrows all arguments; peer and p may
 * be NULL, and c->inode 0: nobody's socket.
 */
static json_t *row(json_t *peer, const struct sock_entry *c, const struct proc_info *p,
		   enum reason why)
{
	return json_pack("{so, so, so, ss, ss, ss, sO?, sO?, ss, ss}",
		"pid", p && p->pid ? json_integer(p->pid) : json_null(),
		"command", p && p->pid ? json_string(p->command) : json_null(),
		"uid", c->inode ? json_integer(c->uid) : json_null(),
		"proto", proto_name(c->proto),
		"local", endpoint_text(&c->local, c->lport).s,
		"foreign", endpoint_text(&c->foreign, c->fport).s,
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

/* A search for what is not covered. */
struct search {
	const struct coverage_helper *helper;
	const struct coverage_host *host;
	struct index index;
	const struct sock_entry **holder;	/* of each translated connection: the socket that
						 * has it; NULL: none */
	json_t *found;
};

static void judge_socket(struct search *s, const struct sock_entry *c)
{
	const struct coverage_host *host = s->host;
	const struct proc_info *p = owner_of(host->owner, host->n_owner, c->inode);
	json_t *peer = json_object_get(s->index.peers, addr_text(&c->foreign).s);
	json_int_t i = translated_index(&s->index, c);
	enum reason why = COVERED;

	if (i >= 0)
		s->holder[i] = c;
	if (peer)
		why = judge(s->helper, &s->index, peer, c, p);
	else if (!json_object_size(s->index.peers) && is_movable(&s->index, &c->local, &c->foreign))
		why = NO_PEERS;
	if (why != COVERED)
		json_array_append_new(s->found, row(peer, c, p, why));
}

/* The end of a connection that is towards a Homeless peer, in *ret. Returns the peer, or NULL. */
static json_t *outside_of(const struct index *x, const struct translated *t,
			  struct sock_entry *ret)
{
	/* What the peer began arrives as the original; what it answers, as the reply. */
	const struct tuple *from_peer[] = { &t->original, &t->reply };

	for (unsigned i = 0; i < 2; i++) {
		const struct tuple *u = from_peer[i];
		json_t *peer = json_object_get(x->peers, addr_text(&u->src).s);

		*ret = (struct sock_entry){ .proto = t->proto, .local = u->dst, .lport = u->dport,
					    .foreign = u->src, .fport = u->sport };
		if (peer && is_movable(x, &u->dst, &u->src))
			return peer;
	}
	return NULL;
}

/* Those that no socket here has, or one that does not have the peer's address. */
static void judge_translated(struct search *s, size_t i)
{
	const struct sock_entry *holder = s->holder[i];
	const struct proc_info *p = NULL;
	struct sock_entry c;
	json_t *peer = outside_of(&s->index, &s->host->translated[i], &c);

	if (!peer)
		return;
	if (holder && json_object_get(s->index.peers, addr_text(&holder->foreign).s))
		return;		/* judge_socket() listed it */
	if (holder) {
		c.uid = holder->uid;
		c.inode = holder->inode;
		p = owner_of(s->host->owner, s->host->n_owner, c.inode);
	}
	json_array_append_new(s->found, row(peer, &c, p, TRANSLATED));
}

json_t *coverage_judge(const struct coverage_helper *helper, const struct coverage_host *host)
{
	struct search s = {
		.helper = helper, .host = host, .index = index_make(helper, host),
		.found = json_array(),
	};
	const struct sock_entry **holder = calloc(host->n_translated + 1, sizeof(void *));

	s.holder = holder;
	if (!holder) {
		json_decref(s.found);
		s.found = NULL;
		goto out;
	}
	for (size_t i = 0; i < host->n_sock; i++)
		judge_socket(&s, &host->sock[i]);
	for (size_t i = 0; i < host->n_translated; i++)
		judge_translated(&s, i);
out:
	index_free(&s.index);
	free(holder);
	return s.found;
}

void coverage_mark_translated(json_t *sockets, const struct translated *t, size_t n)
{
	json_t *index = index_translated(t, n), *o;
	size_t i;

	json_array_foreach(sockets, i, o)
		if (json_object_get(index, socket_key(string(o, "proto"), string(o, "local"),
						      string(o, "foreign")).s))
			json_object_set_new(o, "reason", json_string(text[TRANSLATED].word));
	json_decref(index);
}

/* Fills host and its owner, which *ret_owner is. Returns 0 or a negative errno and *why. */
static int find_owners(struct coverage_host *host, struct sock_owner **ret_owner, const char **why)
{
	struct sock_owner *owner = calloc(host->n_sock + 1, sizeof(*owner));

	*why = "cannot look into processes";
	if (!owner)
		return -ENOMEM;
	for (size_t i = 0; i < host->n_sock; i++)
		owner[i].inode = host->sock[i].inode;
	host->owner = *ret_owner = owner;
	host->n_owner = host->n_sock;
	return proc_info_find(owner, host->n_owner);
}

json_t *coverage_find(const struct coverage_helper *helper, const char **why)
{
	struct coverage_host host = { 0 };
	struct translated *t = NULL;
	struct sock_owner *owner = NULL;
	struct sock_entry *c = NULL;
	json_t *all = NULL;
	int r = sock_list(&c, &host.n_sock);

	*why = "cannot list connections";
	host.sock = c;
	if (r)
		goto out;
	r = translated_list(&t, &host.n_translated);
	*why = "cannot list translated connections";
	host.translated = t;
	if (r && r != -EPERM)
		goto out;
	r = find_owners(&host, &owner, why);
	if (!r)
		all = coverage_judge(helper, &host);
	if (!r && !all)
		r = -ENOMEM;
out:
	free(owner);
	free(t);
	free(c);
	errno = -r;
	return all;
}
