/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "report.h"
#include "addr.h"
#include "ah.h"
#include "clock.h"
#include "conf.h"
#include "core.h"
#include "core_types.h"
#include "daemon_private.h"
#include "dp_abi.h"
#include "handovers.h"
#include "sa.h"
#include "usec.h"

#include <stdio.h>
#include <unistd.h>
#include <utlist.h>

static json_t *seconds(usec_t d)
{
	return d == USEC_NEVER ? json_null() : json_real(d / (double)USEC_PER_SEC);
}

/* Time left until t. */
static json_t *until(usec_t t, usec_t now)
{
	return seconds(t == USEC_NEVER ? USEC_NEVER : usec_until(t, now));
}

/* Time since t; null if t is 0 (never). */
static json_t *since(usec_t t, usec_t now)
{
	return seconds(t ? usec_until(now, t) : USEC_NEVER);
}

static json_t *address(const struct in6_addr *a)
{
	return IN6_IS_ADDR_UNSPECIFIED(a) ? json_null() : json_string(addr_text(a).s);
}

static json_t *endpoint(const struct in6_addr *a, uint16_t port)
{
	return json_sprintf("[%s]:%u", addr_text(a).s, port);
}

static json_t *json_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *locals(const struct report *r)
{
	json_t *all = json_array();

	for (struct local_addr *la = core_locals(r->core); la; la = la->hh.next)
		json_array_append_new(all, json_pack("{so, so, so, sb, sb, sb, so, so, si, si}",
			"address", address(&la->addr),
			"personality", json_or_null(core_personality_name(r->core,
									  la->personality)),
			"interface", json_or_null(r->ifmon ? ifmon_name(r->ifmon, la->ifindex) :
						  NULL),
			"usable", la->usable,
			"leaving", la->departing,
			"spare", la->spare,
			"since", since(la->since, r->now),
			"valid_for", until(la->valid_until, r->now),
			"preference", (int)la->preference,
			"connections", (int)la->n_pcb));
	return all;
}

static json_t *counters(const struct report *r)
{
	json_t *all = json_object();

	for (unsigned i = 0; i < COUNT_MAX; i++)
		json_object_set_new(all, core_counter_name(i),
				    json_integer(core_counter(r->core, i)));
	return all;
}

static json_t *datapath(const struct report *r)
{
	json_t *all;

	if (!r->datapath)
		return json_null();
	all = json_object();
	json_object_set_new(all, "kind", json_or_null(datapath_kind(r->datapath)));
	for (unsigned i = 0; i < DP_COUNTER_MAX; i++)
		json_object_set_new(all, datapath_counter_name(i),
				    json_integer(datapath_counter(r->datapath, i)));
	return all;
}

json_t *report_status(const struct report *r)
{
	return json_pack("{ss, si, so, so, so, si, sI, si, sI, sb, sb, sI, so, so, so, so}",
		"version", PACKAGE_VERSION,
		"pid", (int)getpid(),
		"uptime", since(r->started, r->now),
		"socket", json_or_null(r->socket),
		"state", json_or_null(r->state),
		"peers", (int)HASH_COUNT(core_entries(r->core)),
		"max_entries", (json_int_t)r->max_entries,
		"connections", (int)HASH_COUNT(core_pcbs(r->core)),
		"max_connections", (json_int_t)r->max_connections,
		"leaving", core_is_leaving(r->core),
		"adopting", r->adopting,
		"scans", (json_int_t)r->scans,
		"addresses", locals(r),
		"handovers", r->handovers ? handovers_report(r->handovers) : json_null(),
		"counters", counters(r),
		"datapath", datapath(r));
}

static json_t *foreign(const struct report *r, const struct foreign_addr *f)
{
	usec_t heard = f->heard, seen = r->datapath ? datapath_heard(r->datapath, &f->addr) : 0;

	if (seen > heard)
		heard = seen;
	return json_pack("{so, ss, ss, so, so, so, sb}",
		"address", address(&f->addr),
		"state", addr_state_name(f->state),
		"lifetime_kind", lifetime_kind_name(f->kind),
		"lifetime", seconds(f->lifetime),
		"expires_in", until(f->expires, r->now),
		"last_heard", since(heard, r->now),
		"checking", f->reach.running);
}

static json_t *sa(const struct sa *s)
{
	if (!s)
		return json_null();
	return json_pack("{sI, sI, ss, ss, sI, sI}",
		"spi_in", (json_int_t)s->in.spi,
		"spi_out", (json_int_t)s->out.spi,
		"algorithm", ah_alg_name(s->out.key.alg),
		"class", s->class == SA_GENERIC ? "generic" : "anonymous",
		"last_sent", (json_int_t)s->out_seq,
		"last_heard", (json_int_t)s->replay.top);
}

static json_t *binding(const struct report *r, const struct binding *b)
{
	return json_pack("{so, ss, sb, so}",
		"address", address(&b->addr),
		"state", binding_state_name(b->state),
		"wanted", b->wanted,
		"refresh_in", until(b->refresh, r->now));
}

static json_t *names(const struct peer_names *v)
{
	json_t *all = json_array();

	for (unsigned i = 0; v && i < v->n_name; i++)
		json_array_append_new(all, json_string(v->name[i]));
	return all;
}

static json_t *alternatives(const struct peer_names *v)
{
	json_t *all = json_array();

	for (unsigned i = 0; v && i < v->n_addr; i++)
		json_array_append_new(all, address(&v->addr[i]));
	return all;
}

/* For how long a peer that did not answer is not asked again; null: it is with the next chance. */
static json_t *plain_for(const struct report *r, const struct hce *hce)
{
	usec_t t = hce->status == PEER_PLAIN ? core_plain_until(r->core, &hce->pair.foreign) : 0;

	return t > r->now ? until(t, r->now) : json_null();
}

/* The ways of signalling that were found between this host's addresses and the peer's. */
static json_t *paths(const struct report *r, const struct hce *hce)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < VIA_PATHS_MAX; i++) {
		const struct via_path *p = &hce->via[i];

		if (!p->used)
			continue;
		json_array_append_new(all, json_pack("{so, so, ss, so, so, so}",
			"local", address(&p->local),
			"foreign", address(&p->foreign),
			"via", via_name(via_path_now(p, r->now)),
			"native_heard", since(p->heard[0], r->now),
			"udp_heard", since(p->heard[1], r->now),
			"unanswered", since(p->asking ? p->asked : 0, r->now)));
	}
	return all;
}

/* The way between the addresses in use. */
static const char *via_pair(const struct report *r, const struct hce *hce)
{
	const struct via_path *p = core_via(hce, &hce->pair.local, &hce->pair.foreign);

	return p ? via_name(via_path_now(p, r->now)) : NULL;
}

static json_t *entry(const struct report *r, const struct hce *hce)
{
	json_t *addresses = json_array(), *bindings = json_array();
	const struct foreign_addr *f;
	const struct binding *b;

	DL_FOREACH(hce->addrs, f)
		json_array_append_new(addresses, foreign(r, f));
	DL_FOREACH(hce->bindings, b)
		json_array_append_new(bindings, binding(r, b));
	return json_pack("{sI, so, so, so, so, ss, so, sb, sb, s{so, so, sI}, "
			 "so, so, so, so, so, so, "
		"si, si, so, so, so}",
		"id", (json_int_t)hce->id,
		"name", json_or_null(hce->name),
		"dns", names(hce->names),
		"alternatives", alternatives(hce->names),
		"personality", json_or_null(core_personality_name(r->core, hce->personality)),
		"status", peer_status_name(hce->status),
		"plain_for", plain_for(r, hce),
		"trusted", hce->trusted,
		"initiated", hce->initiated,
		"pair",
			"local", address(&hce->pair.local),
			"foreign", address(&hce->pair.foreign),
			"generation", (json_int_t)hce->pair.gen,
		"via", json_or_null(via_pair(r, hce)),
		"paths", paths(r, hce),
		"rtt", seconds(hce->srtt ? hce->srtt : USEC_NEVER),
		"age", since(hce->created, r->now),
		"last_heard", since(hce->heard, r->now),
		"held_since", since(hce->held_since, r->now),
		"connections", (int)hce->n_pcb,
		"senders", (int)hce->n_sender,
		"addresses", addresses,
		"bindings", bindings,
		"sa", sa(hce->sa));
}

json_t *report_cache(const struct report *r)
{
	json_t *all = json_array();

	for (struct hce *hce = core_entries(r->core); hce; hce = hce->hh.next)
		json_array_append_new(all, entry(r, hce));
	return all;
}

json_t *report_sockets(const struct report *r)
{
	json_t *all = json_array();

	for (struct pcb *p = core_pcbs(r->core); p; p = p->hh.next) {
		struct in6_addr l, f;

		pcb_wire_pair(p, &l, &f);
		json_array_append_new(all, json_pack("{ss, so, so, so, so, so, so, ss, ss, sb, "
			"sI, so, so}",
			"proto", p->proto == IPPROTO_UDP ? "udp" : "tcp",
			"local", endpoint(&p->local, p->lport),
			"foreign", endpoint(&p->foreign, p->fport),
			"wire_local", endpoint(&l, p->lport),
			"wire_foreign", endpoint(&f, p->fport),
			"hce", p->hce ? json_integer(p->hce->id) : json_null(),
			"name", json_or_null(p->hce ? p->hce->name : NULL),
			"origin", p->origin == PCB_CONNECT ? "connect" : "accept",
			"known_by", pcb_source_name(p->source),
			"established", p->established,
			"cookie", (json_int_t)p->cookie,
			"lingers", until(p->linger_until, r->now),
			"reason", json_or_null(pcb_reason(p))));
	}
	return all;
}

json_t *report_sa(const struct report *r)
{
	json_t *all = json_array();

	for (struct hce *hce = core_entries(r->core); hce; hce = hce->hh.next) {
		json_t *one = hce->sa ? sa(hce->sa) : NULL;

		if (!one)
			continue;
		json_object_set_new(one, "hce", json_integer(hce->id));
		json_object_set_new(one, "name", json_or_null(hce->name));
		json_array_append_new(all, one);
	}
	return all;
}

static json_t *pair(const struct in6_addr *local, const struct in6_addr *foreign)
{
	return json_pack("{so, so}", "local", address(local), "foreign", address(foreign));
}

/* The detail; of an event that has a state, that. */
static const char *event_detail(const struct report *r, const struct action *a)
{
	const char *detail = core_event_detail(r->core, a);

	return detail ? detail : a->event.to;
}

json_t *report_event(const struct report *r, const struct action *a, usec_t wall, usec_t after_loss)
{
	const struct hce *hce = a->hce ? core_entry(r->core, a->hce) : NULL;
	bool switched = a->event.event == EVENT_SWITCHED;

	return json_pack("{so, ss, so, so, so, so, so, so, so, so, so, so}",
		"time", seconds(wall),
		"event", core_event_name(a->event.event),
		"hce", a->hce ? json_integer(a->hce) : json_null(),
		"name", json_or_null(hce ? hce->name : NULL),
		"local", address(&a->event.local),
		"foreign", address(&a->event.foreign),
		"from", switched ? pair(&a->event.from_local, &a->event.from_foreign) :
				   json_or_null(a->event.from),
		"to", switched ? pair(&a->event.local, &a->event.foreign) :
				 json_or_null(a->event.to),
		"reason", json_or_null(a->event.reason),
		"detail", json_or_null(event_detail(r, a)),
		"seq", a->event.seq ? json_integer(a->event.seq) : json_null(),
		"after_loss", seconds(after_loss));
}

struct report daemon_report(struct daemon *d)
{
	return (struct report){ .core = d->core, .datapath = d->datapath, .ifmon = d->ifmon,
		.socket = d->socket,
		.state = d->state_path, .started = d->started, .now = clock_boottime(), .adopting =
			d->conf->adopt,
		.max_entries = d->conf->core.max_entries,
		.max_connections = d->conf->core.max_connections, .handovers = &d->handovers,
		.scans = d->adoption.scans };
}
