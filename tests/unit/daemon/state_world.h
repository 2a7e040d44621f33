/* SPDX-License-Identifier: BSD-2-Clause */
/* Two hosts with a moved connection, and the files of the client's helper, which is replaced. */
#ifndef HMIP_STATE_WORLD_H
#define HMIP_STATE_WORLD_H

#include "addr.h"
#include "state.h"
#include "state_store.h"
#include "suite.h"
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CLIENT	0
#define SERVER	1
#define C0	"2001:db8:1::c"
#define C1	"2001:db8:11::c"
#define S0	"2001:db8:2::5"
#define S1	"2001:db8:22::5"

static struct world w;
static char path[64], numbers_path[80];
static struct state *live;	/* the client's, from the beginning */

/* As the helper does. */
static inline void acted(struct world *world, unsigned host, const struct action *a)
{
	if (host != CLIENT || !live)
		return;
	state_note(live, a);
	if (a->type == ACTION_RESERVE)
		ck_assert_int_eq(state_write(live, world->host[CLIENT].core, world->now), 0);
}

static inline void setup(void)
{
	world_init(&w);
	snprintf(path, sizeof(path), "/tmp/hmip-check-state-%d", (int)getpid());
	snprintf(numbers_path, sizeof(numbers_path), "%s" STATE_NUMBERS, path);
	ck_assert_int_eq(state_open(w.host[CLIENT].core, path, w.now, &live), 0);
	w.acted = acted;
	world_up(&w, CLIENT, C1);
	world_up(&w, SERVER, S1);
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
	world_down(&w, CLIENT, C0);
	world_run(&w, USEC_PER_SEC);
}

static inline void teardown(void)
{
	state_close(live, NULL, 0);
	live = NULL;
	world_free(&w);
	unlink(path);
	unlink(numbers_path);
}

/* Kills the client's helper. With save, what it knows is saved first. */
static inline void end(bool save)
{
	world_collect(&w);
	if (save)
		ck_assert_int_eq(state_write(live, w.host[CLIENT].core, w.now), 0);
	state_close(live, NULL, w.now);
	live = NULL;
	world_renew(&w, CLIENT);
}

static inline int load(void)
{
	int numbers, r = state_load(w.host[CLIENT].core, path, w.now, &numbers);

	if (r == 0)
		ck_assert_int_eq(numbers, 0);
	return r;
}

static inline void begin(void)
{
	ck_assert_int_eq(state_open(w.host[CLIENT].core, path, w.now, &live), 0);
	world_collect(&w);
}

/* The client's helper is replaced by one that has its state and down seconds less to live. */
static inline int restart(unsigned down)
{
	int r;

	end(true);
	world_up(&w, CLIENT, C1);
	w.now += down * USEC_PER_SEC;
	r = load();
	begin();
	return r;
}

/* All records of a file, one after the other, but for the meta record's origin. */
struct listing {
	uint8_t b[65536];
	size_t len;
	unsigned n;
};

static inline int list_one(void *ctx, const void *key, size_t key_len, const void *value,
			   size_t len)
{
	struct listing *l = ctx;

	ck_assert_uint_le(l->len + key_len + len, sizeof(l->b));
	memcpy(l->b + l->len, key, key_len);
	memcpy(l->b + l->len + key_len, value, len);
	l->len += key_len + len;
	l->n++;
	return 0;
}

static inline void list(const char *of, struct listing *ret)
{
	memset(ret, 0, sizeof(*ret));
	ck_assert_int_eq(state_store_read(of, list_one, list_one, ret), 0);
}

#endif
