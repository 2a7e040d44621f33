/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads what an earlier helper wrote: the store, or the JSON of version 1. */
#include "state_load.h"
#include "state.h"
#include "state_context.h"
#include "state_json.h"
#include "state_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- one record ---- */

static int restore_entry(struct state_loader *l, struct state_record *r)
{
	int e;

	if (state_personality(l->c, r->personality, &r->saved.personality) < 0)
		return 0;
	e = core_restore_entry(l->c, &r->saved, l->now);
	return e == -ENOENT ? 0 : e;
}

static int restore_address(struct state_loader *l, const struct state_record *r)
{
	const struct state_address *a = &r->address;
	struct hce *h = core_entry(l->c, r->entry);

	return h ? core_restore_address(l->c, h, &a->addr, a->state, a->withdrawn, a->kind,
					a->lifetime, a->expires, l->now) : 0;
}

static int restore_binding(struct state_loader *l, const struct state_record *r)
{
	struct hce *h = core_entry(l->c, r->entry);

	return h ? core_restore_binding(l->c, h, &r->binding.addr, r->binding.state, l->now) : 0;
}

/* The last name used is the first, so they are added in reverse. */
static void restore_names(struct state_loader *l, const struct state_record *r)
{
	const struct state_names *n = &r->names;

	for (unsigned i = n->n_name; i-- > 0;)
		core_alternatives(l->c, r->entry, n->name[i], n->addr, n->n_addr);
}

static int restore_connection(struct state_loader *l, struct state_record *r)
{
	struct pcb *p = &r->connection;

	if (p->waits == PCB_REFUSED)
		p->waits = PCB_WAITS_ROOM;	/* the tables that refused it are gone */
	return core_restore_connection(l->c, p, r->entry, p->gen, l->now);
}

static int restore_sender(struct state_loader *l, const struct state_record *r)
{
	int e = 0;

	for (unsigned i = 0; i < r->sender.n && e == 0; i++)
		e = core_restore_sender(l->c, r->sender.cookie, r->sender.uid, r->sender.peer[i]);
	return e;
}

static int restore_lost(struct state_loader *l, const struct state_record *r)
{
	unsigned personality;

	if (state_personality(l->c, r->personality, &personality) < 0)
		return 0;
	return core_restore_lost(l->c, &r->lost.addr, personality, r->lost.forget, l->now);
}

int state_restore(struct state_loader *l, struct state_record *r)
{
	if (r->kind == STATE_META) {
		l->same = !strcmp(r->meta.origin, l->origin);
		core_restore_last_id(l->c, r->meta.last_id);
		return 0;
	}
	if (r->kind == STATE_SA)
		return core_restore_peer(l->c, &r->sa, l->now);
	if (!l->same)
		return 0;
	switch (r->kind) {
	case STATE_ENTRY:
		return restore_entry(l, r);
	case STATE_ADDRESS:
		return restore_address(l, r);
	case STATE_BINDING:
		return restore_binding(l, r);
	case STATE_NAMES:
		restore_names(l, r);
		return 0;
	case STATE_CONNECTION:
		return restore_connection(l, r);
	case STATE_SENDER:
		return restore_sender(l, r);
	case STATE_LOST:
		return restore_lost(l, r);
	default:
		return 0;
	}
}

/* ---- files ---- */

struct reading {
	struct state_loader l;
	char numbers_path[PATH_MAX];
	bool numbers_read;
	int numbers;			/* what came of it */
};

static int restore_number(void *ctx, const void *key, size_t key_len, const void *value, size_t len)
{
	struct reading *in = ctx;
	struct state_record r;
	int e = state_record_decode(key, key_len, value, len, &r);

	return e < 0 || r.kind != STATE_SA ? e : state_restore(&in->l, &r);
}

/*
 * Numbers are restored after the SAs of the other file, whose replay windows are newer, and before
 * the entries, which go on with them.
 */
static void read_numbers(struct reading *in)
{
	if (in->numbers_read)
		return;
	in->numbers_read = true;
	in->numbers = state_store_read(in->numbers_path, state_record_check, restore_number, in);
}

static int restore_one(void *ctx, const void *key, size_t key_len, const void *value, size_t len)
{
	struct reading *in = ctx;
	struct state_record r;
	int e = state_record_decode(key, key_len, value, len, &r);

	if (e < 0)
		return e;
	if (r.kind > STATE_SA)
		read_numbers(in);
	return state_restore(&in->l, &r);
}

/* Whether the file is a document of version 1. */
static bool is_json(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char first = 0;
	bool is;

	if (fd < 0)
		return false;
	is = read(fd, &first, 1) == 1 && first == '{';
	close(fd);
	return is;
}

int state_load(struct core *c, const char *path, usec_t now, int *numbers)
{
	struct reading in = { .l = { .c = c, .now = now } };
	int r = state_origin(in.l.origin);

	*numbers = -ENOENT;
	if (r < 0)
		return r;
	if (snprintf(in.numbers_path, sizeof(in.numbers_path), "%s" STATE_NUMBERS, path) >=
	    (int)sizeof(in.numbers_path))
		return -ENAMETOOLONG;
	if (is_json(path)) {
		read_numbers(&in);
		r = state_json_load(c, path, now);
	} else {
		r = state_store_read(path, state_record_check, restore_one, &in);
		read_numbers(&in);
		if (r == 0)
			core_restore_done(c, now);
	}
	*numbers = in.numbers;
	return r;
}
