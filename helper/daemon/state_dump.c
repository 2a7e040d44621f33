/* SPDX-License-Identifier: BSD-2-Clause */
#include "state_dump.h"
#include "addr.h"
#include "state_record.h"
#include "state_store.h"

#include <errno.h>
#include <jansson.h>

#define TRIES	10	/* a helper that writes meanwhile looks like damage */

static json_t *dump_addr(const struct in6_addr *a)
{
	return json_string(addr_text(a).s);
}

/* In seconds; null for never. */
static json_t *dump_time(usec_t t)
{
	return t == USEC_NEVER ? json_null() : json_integer((json_int_t)(t / USEC_PER_SEC));
}

static json_t *dump_meta(const struct state_record *r)
{
	return json_pack("{ss, si, ss, sI}", "kind", "meta", "version", STATE_VERSION,
			 "origin", r->meta.origin, "last_id", (json_int_t)r->meta.last_id);
}

static json_t *dump_sa(const struct state_record *r)
{
	const struct core_saved_peer *p = &r->sa;

	return json_pack("{ss, sI, sI, sI, sI, sI, si, sb}", "kind", "sa",
			 "spi_in", (json_int_t)p->spi_in, "spi_out", (json_int_t)p->spi_out,
			 "reserved", (json_int_t)p->out_seq,
			 "replay_top", (json_int_t)p->replay_top,
			 "replay_seen", (json_int_t)p->replay_seen,
			 "bu_reserved", p->bu_seq, "anonymous", p->anonymous);
}

static json_t *dump_entry(const struct state_record *r)
{
	const struct core_saved_entry *e = &r->saved;

	return json_pack("{ss, sI, sI, ss, ss, sb, sb, sb, sb, sb, sb, si, sI, so, so, sI, si}",
			 "kind", "entry", "id", (json_int_t)e->id, "spi", (json_int_t)e->spi,
			 "personality", r->personality, "status", peer_status_name(e->status),
			 "trusted", e->trusted, "initiated", e->initiated,
			 "may_announce", e->may_announce, "homeless_acked", e->homeless_acked,
			 "has_our_ba", e->has_our_ba, "seq_in_valid", e->seq_in_valid,
			 "seq_in", e->seq_in, "srtt", (json_int_t)e->srtt,
			 "local", dump_addr(&e->pair.local), "foreign", dump_addr(&e->pair.foreign),
			 "generation", (json_int_t)e->pair.gen, "block", e->pair.block);
}

static json_t *dump_address(const struct state_record *r)
{
	const struct state_address *a = &r->address;

	return json_pack("{ss, sI, si, so, ss, sb, ss, so, so}", "kind", "address",
			 "entry", (json_int_t)r->entry, "number", r->number,
			 "addr", dump_addr(&a->addr), "state", addr_state_name(a->state),
			 "withdrawn", a->withdrawn, "lifetime_kind", lifetime_kind_name(a->kind),
			 "lifetime", dump_time(a->lifetime), "expires", dump_time(a->expires));
}

static json_t *dump_binding(const struct state_record *r)
{
	return json_pack("{ss, sI, si, so, ss}", "kind", "binding",
			 "entry", (json_int_t)r->entry, "number", r->number,
			 "addr", dump_addr(&r->binding.addr),
			 "state", binding_state_name(r->binding.state));
}

static json_t *dump_names(const struct state_record *r)
{
	json_t *names = json_array(), *addresses = json_array();

	for (unsigned i = 0; i < r->names.n_name; i++)
		json_array_append_new(names, json_string(r->names.name[i]));
	for (unsigned i = 0; i < r->names.n_addr; i++)
		json_array_append_new(addresses, dump_addr(&r->names.addr[i]));
	return json_pack("{ss, sI, so, so}", "kind", "names", "entry", (json_int_t)r->entry,
			 "names", names, "addresses", addresses);
}

static json_t *dump_connection(const struct state_record *r)
{
	const struct pcb *p = &r->connection;

	return json_pack("{ss, sI, sI, so, si, so, si, ss, ss, ss, sI, sI, sb, sI, si, sI}",
			 "kind", "connection", "cookie", (json_int_t)p->cookie,
			 "entry", (json_int_t)r->entry, "local", dump_addr(&p->local),
			 "local_port", p->lport, "foreign", dump_addr(&p->foreign),
			 "foreign_port", p->fport,
			 "protocol", p->proto == IPPROTO_TCP ? "tcp" : "udp",
			 "origin", p->origin == PCB_ACCEPT ? "accept" : "connect",
			 "source", pcb_source_name(p->source), "uid", (json_int_t)p->uid,
			 "mark", (json_int_t)p->mark, "established", p->established,
			 "generation", (json_int_t)p->gen, "waits", p->waits,
			 "waits_for", (json_int_t)p->waits_for);
}

static json_t *dump_sender(const struct state_record *r)
{
	json_t *entries = json_array();

	for (unsigned i = 0; i < r->sender.n; i++)
		json_array_append_new(entries, json_integer(r->sender.peer[i]));
	return json_pack("{ss, sI, sI, so}", "kind", "sender",
			 "cookie", (json_int_t)r->sender.cookie, "uid", (json_int_t)r->sender.uid,
			 "entries", entries);
}

static json_t *dump_lost(const struct state_record *r)
{
	return json_pack("{ss, so, ss, so}", "kind", "lost", "addr", dump_addr(&r->lost.addr),
			 "personality", r->personality, "forget", dump_time(r->lost.forget));
}

struct dump {
	FILE *out;
	unsigned n;
};

static int dump_one(void *ctx, const void *key, size_t key_len, const void *value, size_t len)
{
	static json_t *(*const make[STATE_KINDS])(const struct state_record *r) = {
		[STATE_META] = dump_meta, [STATE_SA] = dump_sa, [STATE_ENTRY] = dump_entry,
		[STATE_ADDRESS] = dump_address, [STATE_BINDING] = dump_binding,
		[STATE_NAMES] = dump_names, [STATE_CONNECTION] = dump_connection,
		[STATE_SENDER] = dump_sender, [STATE_LOST] = dump_lost,
	};
	struct dump *d = ctx;
	struct state_record r;
	json_t *o;
	int e = state_record_decode(key, key_len, value, len, &r);

	if (e < 0)
		return e;
	o = make[r.kind](&r);
	if (!o)
		return -ENOMEM;
	fputs(d->n++ ? ",\n" : "[\n", d->out);
	e = json_dumpf(o, d->out, JSON_COMPACT);
	json_decref(o);
	return e < 0 ? -EIO : 0;
}

int state_dump(const char *path, FILE *out)
{
	struct dump d = { .out = out };
	int r = -EBADMSG;

	for (unsigned i = 0; i < TRIES && r == -EBADMSG && !d.n; i++)
		r = state_store_read(path, state_record_check, dump_one, &d);
	if (r == 0)
		fputs(d.n ? "\n]\n" : "[]\n", out);
	return r < 0 ? r : fflush(out) == 0 ? 0 : -errno;
}
