/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What version 1 wrote, for example (shortened):
 *
 *	{"version": 1, "origin": "BOOT-ID/NETNS-COOKIE", "last_id": 3,
 *	 "peers": [{"spi_in": 4097, "spi_out": 4098, "out_seq": 17, "replay_top": 12,
 *		"replay_seen": 4095, "bu_seq": 3}],
 *	 "entries": [{"id": 1, "spi": 4097, "status": 1,
 *		"pair": {"local": "...", "foreign": "...", "gen": 2}, ...,
 *		"addresses": [{"addr": "2001:db8::1", "state": 1, "kind": 1, "lifetime": 600,
 *			"expires": 4600}],
 *		"bindings": [{"addr": "2001:db8:1::c", "state": 4, "wanted": true}],
 *		"names": ["server.example"], "alternatives": ["2001:db8:9::1"]}],
 *	 "connections": [{"cookie": 42, "entry": 1, "local": "...", "lport": 40000, ...}],
 *	 "senders": [{"cookie": 43, "uid": 1000, "entry": 1}],
 *	 "lost": [{"addr": "2001:db8:1::9", "forget": 5800}]}
 *
 * An anonymous peer has "key_in" and "key_out" as well, in hexadecimal: they exist nowhere else.
 * The file is parsed twice: first to check all of it, then to restore it.
 */
#include "restore.h"
#include "state_context.h"
#include "state_json.h"
#include "addr.h"
#include "ipc_proto.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VERSION		1

struct loader {
	struct core *c;
	usec_t now;
	char origin[STATE_ORIGIN_MAX];
	bool apply;
};

static int get_addr(const char *s, struct in6_addr *ret)
{
	return inet_pton(AF_INET6, s, ret) == 1 ? 0 : -EBADMSG;
}

static int get_time(json_t *v, usec_t *ret)
{
	if (json_is_null(v)) {
		*ret = USEC_NEVER;
		return 0;
	}
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return -EBADMSG;
	*ret = json_integer_value(v) < (json_int_t)(USEC_NEVER / USEC_PER_SEC) ?
		(usec_t)json_integer_value(v) * USEC_PER_SEC : USEC_NEVER;
	return 0;
}

/* Parses a key of AAP, which uses one algorithm and key length. */
static int get_key(const char *hex, struct ah_key *ret)
{
	ret->alg = AH_HMAC_SHA256_128;
	ret->len = 32;
	if (strlen(hex) != 2 * (size_t)ret->len ||
	    strspn(hex, "0123456789abcdef") != 2 * (size_t)ret->len)
		return -EBADMSG;
	for (unsigned i = 0; i < ret->len; i++)
		sscanf(hex + 2 * i, "%2hhx", &ret->key[i]);
	return 0;
}

static int load_peer(const struct loader *l, json_t *o)
{
	json_int_t spi_in, spi_out, out_seq, top, seen;
	struct core_saved_peer p = { .bu_seq = -1 };
	const char *key_in = NULL, *key_out = NULL;

	if (json_unpack(o, "{sI, sI, sI, sI, sI, s?i, s?s, s?s}",
			"spi_in", &spi_in, "spi_out", &spi_out, "out_seq", &out_seq,
			"replay_top", &top, "replay_seen", &seen, "bu_seq", &p.bu_seq,
			"key_in", &key_in, "key_out", &key_out) < 0)
		return -EBADMSG;
	p.anonymous = key_in;
	if (p.anonymous &&
	    (!key_out || get_key(key_in, &p.key_in) < 0 || get_key(key_out, &p.key_out) < 0))
		return -EBADMSG;
	p.spi_in = (uint32_t)spi_in;
	p.spi_out = (uint32_t)spi_out;
	p.out_seq = (uint32_t)out_seq;
	p.replay_top = (uint32_t)top;
	p.replay_seen = (uint64_t)seen;
	return l->apply ? core_restore_peer(l->c, &p, l->now) : 0;
}

static int load_address(const struct loader *l, struct hce *hce, json_t *o)
{
	struct in6_addr addr;
	json_t *lifetime, *expires;
	const char *s;
	int state, kind, withdrawn = false;
	usec_t granted, until;

	if (json_unpack(o, "{ss, si, s?b, si, so, so}",
			"addr", &s, "state", &state, "withdrawn", &withdrawn, "kind", &kind,
			"lifetime", &lifetime, "expires", &expires) < 0 ||
	    get_addr(s, &addr) < 0 || get_time(lifetime, &granted) < 0 ||
	    get_time(expires, &until) < 0 || state < 0 || state > ADDR_DEPRECATED || kind < 0 ||
	    kind > LIFETIME_ABSOLUTE)
		return -EBADMSG;
	if (!l->apply)
		return 0;
	return core_restore_address(l->c, hce, &addr, state, withdrawn, kind, granted, until,
				    l->now);
}

static int load_binding(const struct loader *l, struct hce *hce, json_t *o)
{
	struct in6_addr addr;
	const char *s;
	int state, wanted;

	if (json_unpack(o, "{ss, si, sb}",
			"addr", &s, "state", &state, "wanted", &wanted) < 0 ||
	    get_addr(s, &addr) < 0 || state < 0 || state > BINDING_VERIFIED)
		return -EBADMSG;
	return l->apply ? core_restore_binding(l->c, hce, &addr, state, l->now) : 0;
}

/* The last name used is first in the file, so they are added in reverse. Older files have none. */
static int load_rendezvous(const struct loader *l, const struct hce *hce, json_t *o)
{
	json_t *names = json_object_get(o, "names"),
	       *alternatives = json_object_get(o, "alternatives");
	struct in6_addr addr[PEER_NAME_ADDRS];
	unsigned n = 0;

	for (size_t i = 0; i < json_array_size(alternatives) && n < PEER_NAME_ADDRS; i++, n++) {
		const char *s = json_string_value(json_array_get(alternatives, i));

		if (!s || get_addr(s, &addr[n]) < 0)
			return -EBADMSG;
	}
	for (size_t i = json_array_size(names); i-- > 0;) {
		const char *s = json_string_value(json_array_get(names, i));

		if (!s || !control_name_good(s))
			return -EBADMSG;
		if (l->apply)
			core_alternatives(l->c, hce->id, s, addr, n);
	}
	return 0;
}

static int load_list(const struct loader *l, struct hce *hce, json_t *list,
		     int (*one)(const struct loader *l, struct hce *hce, json_t *o))
{
	json_t *o;
	size_t i;
	int r;

	if (!json_is_array(list))
		return -EBADMSG;
	json_array_foreach(list, i, o) {
		r = one(l, hce, o);
		if (r < 0)
			return r;
	}
	return 0;
}

static int load_entry(const struct loader *l, json_t *o)
{
	json_t *addresses, *bindings;
	struct core_saved_entry v = { 0 };
	struct hce *hce = NULL;
	int status, trusted, initiated = true, announce, acked, knows, valid, seq_in, r;
	json_int_t id, spi, srtt, gen;
	const char *local, *foreign;
	json_t *personality = NULL;
	int hold = BLOCK_NONE;

	if (json_unpack(o, "{sI, sI, s?o, si, sb, s?b, sb, sb, sb, sb, si, sI, s{ss, ss, sI, "
			"s?i}, so, so}",
			"id", &id, "spi", &spi, "personality", &personality, "status", &status,
			"trusted", &trusted, "initiated", &initiated, "may_announce", &announce,
			"homeless_acked", &acked, "knows_us", &knows, "seq_in_valid", &valid,
			"seq_in", &seq_in, "srtt", &srtt,
			"pair", "local", &local, "foreign", &foreign, "gen", &gen, "hold", &hold,
			"addresses", &addresses, "bindings", &bindings) < 0 ||
	    id <= 0 || id > UINT32_MAX || status < 0 || status > PEER_PLAIN || hold < BLOCK_NONE ||
	    hold > BLOCK_ALL || get_addr(local, &v.pair.local) < 0 ||
	    get_addr(foreign, &v.pair.foreign) < 0)
		return -EBADMSG;
	if (l->apply) {
		v.id = (uint32_t)id;
		v.spi = (uint32_t)spi;
		v.status = status;
		v.trusted = trusted;
		v.initiated = initiated;
		v.may_announce = announce;
		v.homeless_acked = acked;
		v.has_our_ba = knows;
		v.seq_in_valid = valid;
		v.seq_in = (uint16_t)seq_in;
		v.srtt = (usec_t)srtt;
		v.pair.gen = (uint32_t)gen;
		v.pair.block = hold;
		r = state_personality(l->c, json_string_value(personality), &v.personality);
		if (r == 0)
			r = core_restore_entry(l->c, &v, l->now);
		if (r < 0)
			return r == -ENOENT ? 0 : r;
		hce = core_entry(l->c, v.id);
	}
	r = load_list(l, hce, addresses, load_address);
	if (r == 0)
		r = load_list(l, hce, bindings, load_binding);
	return r < 0 ? r : load_rendezvous(l, hce, o);
}

static int load_connection(const struct loader *l, json_t *o)
{
	struct pcb p = { 0 };
	const char *local, *foreign;
	json_int_t cookie, entry, gen, uid = PCB_UID_UNKNOWN, mark = 0, waits_for = 0;
	int lport, fport, proto, origin, source = PCB_REGISTERED, established,
					 waits = PCB_WAITS_NOT;

	if (json_unpack(o, "{sI, sI, ss, si, ss, si, si, si, s?i, s?I, s?I, sb, sI, s?i, s?I}",
			"cookie", &cookie, "entry", &entry, "local", &local, "lport", &lport,
			"foreign", &foreign, "fport", &fport, "proto", &proto, "origin", &origin,
			"care", &source, "uid", &uid, "mark", &mark, "established", &established,
			"gen", &gen, "waits", &waits, "waits_for", &waits_for) < 0 ||
	    get_addr(local, &p.local) < 0 || get_addr(foreign, &p.foreign) < 0 || lport < 0 ||
	    lport > UINT16_MAX || fport < 0 || fport > UINT16_MAX ||
	    (proto != IPPROTO_TCP && proto != IPPROTO_UDP) || origin < 0 || origin > PCB_ACCEPT ||
	    source < 0 || source > PCB_ADOPTED || waits < 0 || waits > PCB_REFUSED)
		return -EBADMSG;
	if (!l->apply || !addr_usable(&p.local) || !addr_usable(&p.foreign))
		return 0;
	p.cookie = (uint64_t)cookie;
	p.lport = (uint16_t)lport;
	p.fport = (uint16_t)fport;
	p.proto = (uint8_t)proto;
	p.origin = origin;
	p.source = source;
	p.mark = (uint32_t)mark;
	p.uid = uid < 0 || uid > PCB_UID_UNKNOWN ? PCB_UID_UNKNOWN : (uint32_t)uid;
	p.established = established;
	/* The tables that refused it are gone. */
	p.waits = waits == PCB_REFUSED ? PCB_WAITS_ROOM : waits;
	p.waits_for = (uint32_t)waits_for;
	return core_restore_connection(l->c, &p, (uint32_t)entry, (uint32_t)gen, l->now);
}

static int load_lost(const struct loader *l, json_t *o)
{
	const char *s;
	struct in6_addr addr;
	json_t *forget, *name = NULL;
	unsigned personality = 0;
	usec_t until;

	if (json_unpack(o, "{ss, s?o, so}",
			"addr", &s, "personality", &name, "forget", &forget) < 0 ||
	    get_addr(s, &addr) < 0 || get_time(forget, &until) < 0)
		return -EBADMSG;
	if (!l->apply || (json_is_string(name) &&
			  state_personality(l->c, json_string_value(name), &personality) < 0))
		return 0;
	return core_restore_lost(l->c, &addr, personality, until, l->now);
}

static int load_sender(const struct loader *l, json_t *o)
{
	json_int_t cookie, uid, entry;

	if (json_unpack(o, "{sI, sI, sI}",
			"cookie", &cookie, "uid", &uid, "entry", &entry) < 0 ||
	    uid < 0 || uid > PCB_UID_UNKNOWN)
		return -EBADMSG;
	return l->apply ?
	       core_restore_sender(l->c, (uint64_t)cookie, (uint32_t)uid, (uint32_t)entry) : 0;
}

static int load_all(struct loader *l, json_t *root)
{
	json_t *peers, *entries, *connections, *senders = NULL, *lost = NULL, *o;
	const char *origin;
	json_int_t last_id;
	int version, r;
	size_t i;

	if (json_unpack(root, "{si, ss, sI, so, so, so, s?o, s?o}",
			"version", &version, "origin", &origin, "last_id", &last_id,
			"peers", &peers, "entries", &entries, "connections", &connections,
			"senders", &senders, "lost", &lost) < 0 ||
	    version != VERSION)
		return -EBADMSG;
	if (l->apply)
		core_restore_last_id(l->c, (uint32_t)last_id);
	json_array_foreach(peers, i, o)
		if ((r = load_peer(l, o)) < 0)
			return r;
	l->apply = l->apply && !strcmp(origin, l->origin);
	json_array_foreach(entries, i, o)
		if ((r = load_entry(l, o)) < 0)
			return r;
	json_array_foreach(connections, i, o)
		if ((r = load_connection(l, o)) < 0)
			return r;
	json_array_foreach(senders, i, o)
		if ((r = load_sender(l, o)) < 0)
			return r;
	json_array_foreach(lost, i, o)
		if ((r = load_lost(l, o)) < 0)
			return r;
	return 0;
}

int state_json_load(struct core *c, const char *path, usec_t now)
{
	struct loader l = { .c = c, .now = now };
	json_t *root;
	int fd, r = state_origin(l.origin);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	root = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
	close(fd);
	if (!root)
		return -EBADMSG;
	r = load_all(&l, root);
	if (!r) {
		l.apply = true;
		r = load_all(&l, root);
		core_restore_done(c, now);
	}
	json_decref(root);
	return r;
}
