/* SPDX-License-Identifier: BSD-2-Clause */
/* What has changed in the core becomes records in the store. state_load.c is the way back. */
#include "state.h"
#include "netns.h"
#include "state_context.h"
#include "state_record.h"
#include "state_store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#define RETRY	(10 * USEC_PER_SEC)	/* after an error */

/* Something that has changed. No padding: the key is hashed. */
struct mark_key {
	enum state_kind kind;
	uint32_t id;			/* SPI, id of an entry, 0 */
	uint64_t cookie;
	struct in6_addr addr;
};

struct mark {
	struct mark_key key;
	bool reserved;			/* SA: its numbers are */
	UT_hash_handle hh;
};

struct state {
	char path[PATH_MAX], numbers_path[PATH_MAX];
	struct state_store *all, *numbers;	/* NULL after an error */
	char origin[STATE_ORIGIN_MAX];
	struct mark *marks;
	int error;				/* of the last try, 0: none */
	usec_t retry;				/* after an error: when to try again */
};

/* ---- marks ---- */

static struct mark *mark(struct state *s, const struct mark_key *key)
{
	struct mark *m;

	HASH_FIND(hh, s->marks, key, sizeof(*key), m);
	if (m)
		return m;
	m = calloc(1, sizeof(*m));
	if (!m)
		abort();	/* a change that is not saved could make a number be used twice */
	m->key = *key;
	HASH_ADD(hh, s->marks, key, sizeof(m->key), m);
	return m;
}

static void marks_clear(struct state *s)
{
	struct mark *m, *next;

	HASH_ITER(hh, s->marks, m, next) {
		HASH_DEL(s->marks, m);
		free(m);
	}
}

static void note_socket(struct state *s, uint64_t cookie)
{
	mark(s, &(struct mark_key){ .kind = STATE_CONNECTION, .cookie = cookie });
	mark(s, &(struct mark_key){ .kind = STATE_SENDER, .cookie = cookie });
}

/* Whether a change is to be marked. After an error all is written anew. */
static bool marks_changes(const struct state *s)
{
	return s && !s->error;
}

void state_note_entry(struct state *s, uint32_t id)
{
	if (marks_changes(s) && id)
		mark(s, &(struct mark_key){ .kind = STATE_ENTRY, .id = id });
}

void state_note(struct state *s, const struct action *a)
{
	if (!marks_changes(s))
		return;
	switch (a->type) {
	case ACTION_RESERVE:
		mark(s, &(struct mark_key){ .kind = STATE_SA, .id = a->spi })->reserved = true;
		return;
	case ACTION_WINDOW:
		mark(s, &(struct mark_key){ .kind = STATE_SA, .id = a->spi });
		return;
	case ACTION_SPI:
	case ACTION_SPI_GONE:
		mark(s, &(struct mark_key){ .kind = STATE_SA, .id = a->spi });
		break;
	case ACTION_PCB:
	case ACTION_PCB_GONE:
		note_socket(s, a->pcb.cookie);
		break;
	case ACTION_SOCKET:
		note_socket(s, a->cookie);
		return;
	case ACTION_LOCAL:
	case ACTION_LOCAL_GONE:
		mark(s, &(struct mark_key){ .kind = STATE_LOST, .addr = a->local.addr });
		return;
	case ACTION_EVENT:
		if (a->event.event == EVENT_DROPPED)
			return;		/* whoever sends nonsense causes no work */
		break;
	case ACTION_PAIR:
	case ACTION_PAIR_GONE:
	case ACTION_FOREIGN:
	case ACTION_FOREIGN_GONE:
	case ACTION_STATUS:
	case ACTION_ENTRY:
		break;
	default:
		return;
	}
	state_note_entry(s, a->hce);
}

/* ---- records ---- */

static int put(struct state_store *store, const struct state_record *r)
{
	struct state_bytes b;
	int e = state_record_encode(r, &b);

	return e < 0 ? e : state_store_put(store, b.b, b.key_len, b.b + b.key_len,
					   b.len - b.key_len);
}

static int drop(struct state_store *store, const struct state_record *r)
{
	struct state_bytes b;
	int e;

	state_key_encode(r, &b);
	e = state_store_delete(store, b.b, b.key_len);
	return e < 0 ? e : 0;
}

static void set_personality(const struct core *c, struct state_record *r, unsigned personality)
{
	const char *name = core_personality_name(c, personality);

	snprintf(r->personality, sizeof(r->personality), "%s", name ? name : "");
}

static int write_meta(struct state *s, struct core *c, struct state_store *store)
{
	struct state_record r = { .kind = STATE_META };

	memcpy(r.meta.origin, s->origin, sizeof(r.meta.origin));
	r.meta.last_id = core_last_id(c);
	return put(store, &r);
}

/* Numbers: also those of a configured SA. */
static int write_sa(struct state *s, struct core *c, uint32_t spi, bool numbers)
{
	struct state_record r = { .kind = STATE_SA };
	int e;

	if (core_save_peer(c, spi, &r.sa) < 0) {
		r.sa.spi_in = spi;
		e = drop(s->all, &r);
		return e < 0 ? e : drop(s->numbers, &r);
	}
	e = put(s->all, &r);
	return e < 0 || r.sa.anonymous || !numbers ? e : put(s->numbers, &r);
}

/*
 * The records of one kind that entry id has are those below number; writes that none is behind
 * them.
 */
static int end_list(struct state *s, enum state_kind kind, uint32_t id, unsigned number)
{
	struct state_record r = { .kind = kind, .entry = id, .number = (uint16_t)number };
	struct state_bytes b;

	for (;; r.number++) {
		int e;

		state_key_encode(&r, &b);
		e = state_store_delete(s->all, b.b, b.key_len);
		if (e <= 0)
			return e;
	}
}

static int write_addresses(struct state *s, uint32_t id, const struct hce *h)
{
	struct state_record r = { .kind = STATE_ADDRESS, .entry = id };
	const struct foreign_addr *f = NULL;
	int e = 0;

	for (f = h ? h->addrs : NULL; f && e == 0; f = f->next, r.number++) {
		r.address = (struct state_address){ f->addr, f->state, f->withdrawn, f->kind,
						    f->lifetime, f->expires };
		e = put(s->all, &r);
	}
	return e < 0 ? e : end_list(s, STATE_ADDRESS, id, r.number);
}

static int write_bindings(struct state *s, uint32_t id, const struct hce *h)
{
	struct state_record r = { .kind = STATE_BINDING, .entry = id };
	const struct binding *b;
	int e = 0;

	for (b = h ? h->bindings : NULL; b && e == 0; b = b->next, r.number++) {
		r.binding = (struct state_binding){ b->addr, b->state };
		e = put(s->all, &r);
	}
	return e < 0 ? e : end_list(s, STATE_BINDING, id, r.number);
}

static int write_names(struct state *s, uint32_t id, const struct peer_names *n)
{
	struct state_record r = { .kind = STATE_NAMES, .entry = id };

	if (!n)
		return drop(s->all, &r);
	r.names.n_name = (uint8_t)n->n_name;
	r.names.n_addr = (uint8_t)n->n_addr;
	memcpy(r.names.name, n->name, sizeof(r.names.name));
	memcpy(r.names.addr, n->addr, sizeof(r.names.addr));
	return put(s->all, &r);
}

static void saved_entry(const struct hce *h, struct core_saved_entry *ret)
{
	*ret = (struct core_saved_entry){
		.id = h->id, .spi = h->sa ? h->sa->in.spi : 0, .status = h->status,
		.trusted = h->vouched, .initiated = h->initiated, .may_announce = h->may_announce,
		.homeless_acked = h->homeless_acked, .has_our_ba = h->has_our_ba,
		.seq_in_valid = h->seq_in_valid, .seq_in = h->seq_in, .srtt = h->srtt,
		.pair = h->pair,
	};
}

/*
 * A peer that never had keys cannot have moved. One whose keys are gone may have: what was moved is
 * blocked, after a restart as well (A3).
 */
static bool is_kept(const struct hce *h)
{
	return h->sa || (h->pair.block && h->n_pcb);
}

static int write_entry(struct state *s, struct core *c, uint32_t id)
{
	struct state_record r = { .kind = STATE_ENTRY, .saved.id = id };
	const struct hce *h = core_entry(c, id);
	int e;

	if (h && !is_kept(h))
		h = NULL;
	if (h) {
		saved_entry(h, &r.saved);
		set_personality(c, &r, h->personality);
	}
	e = h ? put(s->all, &r) : drop(s->all, &r);
	if (e == 0)
		e = write_addresses(s, id, h);
	if (e == 0)
		e = write_bindings(s, id, h);
	if (e == 0)
		e = write_names(s, id, h ? h->names : NULL);
	return e < 0 || !h || !h->sa ? e : write_sa(s, c, h->sa->in.spi, false);
}

static int write_connection(struct state *s, const struct pcb *p, uint64_t cookie)
{
	struct state_record r = { .kind = STATE_CONNECTION, .connection.cookie = cookie };

	if (!p || p->linger_until != USEC_NEVER)
		return drop(s->all, &r);
	r.connection = *p;
	r.entry = p->hce ? p->hce->id : 0;
	return put(s->all, &r);
}

static int write_sender(struct state *s, const struct sender *sender, uint64_t cookie)
{
	struct state_record r = { .kind = STATE_SENDER, .sender.cookie = cookie };

	if (!sender || !sender->n)
		return drop(s->all, &r);
	r.sender = *sender;
	return put(s->all, &r);
}

static int write_lost(struct state *s, struct core *c, const struct in6_addr *addr)
{
	const struct local_addr *l = core_local(c, addr);
	struct state_record r = { .kind = STATE_LOST, .lost.addr = *addr };

	if (!l || l->usable)
		return drop(s->all, &r);
	r.lost.forget = l->remember_until;
	set_personality(c, &r, l->personality);
	return put(s->all, &r);
}

static const struct sender *find_sender(struct core *c, uint64_t cookie)
{
	struct sender *all = core_senders(c), *s;

	HASH_FIND(hh, all, &cookie, sizeof(cookie), s);
	return s;
}

static int write_mark(struct state *s, struct core *c, const struct mark *m)
{
	switch (m->key.kind) {
	case STATE_SA:
		return write_sa(s, c, m->key.id, m->reserved);
	case STATE_ENTRY:
		return write_entry(s, c, m->key.id);
	case STATE_CONNECTION:
		return write_connection(s, core_pcb(c, m->key.cookie), m->key.cookie);
	case STATE_SENDER:
		return write_sender(s, find_sender(c, m->key.cookie), m->key.cookie);
	case STATE_LOST:
		return write_lost(s, c, &m->key.addr);
	default:
		return 0;
	}
}

/* ---- all of it ---- */

struct all {
	struct state *s;
	struct core *c;
	int e;
};

static void write_peer(void *ctx, const struct core_saved_peer *p)
{
	struct all *a = ctx;

	if (a->e == 0)
		a->e = write_sa(a->s, a->c, p->spi_in, true);
}

static int write_all(struct state *s, struct core *c)
{
	struct all a = { s, c, write_meta(s, c, s->all) };

	if (a.e == 0)
		a.e = write_meta(s, c, s->numbers);
	core_save_peers(c, write_peer, &a);
	for (const struct hce *h = core_entries(c); h && a.e == 0; h = h->hh.next)
		a.e = write_entry(s, c, h->id);
	for (const struct pcb *p = core_pcbs(c); p && a.e == 0; p = p->hh.next)
		a.e = write_connection(s, p, p->cookie);
	for (const struct sender *x = core_senders(c); x && a.e == 0; x = x->hh.next)
		a.e = write_sender(s, x, x->cookie);
	for (const struct local_addr *l = core_locals(c); l && a.e == 0; l = l->hh.next)
		a.e = write_lost(s, c, &l->addr);
	return a.e;
}

static int commit(struct state *s)
{
	int e = state_store_commit(s->numbers);

	return e < 0 ? e : state_store_commit(s->all);
}

static void close_stores(struct state *s)
{
	state_store_close(s->all);
	state_store_close(s->numbers);
	s->all = s->numbers = NULL;
}

/* Makes both files anew, with all that c knows. */
static int renew(struct state *s, struct core *c)
{
	int e;

	close_stores(s);
	e = state_store_create(s->path, false, &s->all);
	if (e == 0)
		e = state_store_create(s->numbers_path, true, &s->numbers);
	if (e == 0)
		e = write_all(s, c);
	if (e == 0)
		e = commit(s);
	if (e == 0)
		e = state_store_publish(s->numbers);
	if (e == 0)
		e = state_store_publish(s->all);
	if (e == 0)
		marks_clear(s);
	return e;
}

static int write_marks(struct state *s, struct core *c)
{
	struct mark *m, *next;
	int e = write_meta(s, c, s->all);

	HASH_ITER(hh, s->marks, m, next) {
		if (e == 0)
			e = write_mark(s, c, m);
		HASH_DEL(s->marks, m);
		free(m);
	}
	return e < 0 ? e : commit(s);
}

int state_write(struct state *s, struct core *c, usec_t now)
{
	if (!s->error) {
		if (!s->marks)
			return 0;
		s->error = write_marks(s, c);
	} else if (now >= s->retry) {
		s->error = renew(s, c);
	} else {
		return s->error;
	}
	if (s->error) {
		close_stores(s);
		marks_clear(s);
		s->retry = usec_add(now, RETRY);
	}
	return s->error;
}

int state_open(struct core *c, const char *path, usec_t now, struct state **ret)
{
	struct state *s = *ret = calloc(1, sizeof(*s));
	int e;

	if (!s)
		return -ENOMEM;
	e = state_origin(s->origin);
	if (snprintf(s->path, sizeof(s->path), "%s", path) >= (int)sizeof(s->path) ||
	    snprintf(s->numbers_path, sizeof(s->numbers_path), "%s" STATE_NUMBERS, path) >=
		    (int)sizeof(s->numbers_path))
		e = -ENAMETOOLONG;
	s->error = e < 0 ? e : -EAGAIN;
	if (e < 0)
		s->retry = USEC_NEVER;
	return state_write(s, c, now);
}

static void close_peer(void *ctx, const struct core_saved_peer *p)
{
	struct state *s = ctx;

	mark(s, &(struct mark_key){ .kind = STATE_SA, .id = p->spi_in })->reserved = true;
}

void state_close(struct state *s, struct core *c, usec_t now)
{
	if (!s)
		return;
	if (c) {
		core_save_peers(c, close_peer, s);
		state_write(s, c, now);
	}
	close_stores(s);
	marks_clear(s);
	free(s);
}
