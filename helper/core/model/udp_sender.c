/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP sockets that send without being connected, and the entries they send to. They keep an entry
 * as connections do (C4, C10).
 */
#include "udp_sender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"

static struct sender *sender_find(struct core *c, uint64_t cookie)
{
	struct sender *s;

	HASH_FIND(hh, c->senders, &cookie, sizeof(cookie), s);
	return s;
}

static void sender_changed(struct core *c, const struct sender *s)
{
	action_push(c, ACTION_SOCKET, NULL)->cookie = s->cookie;
}

static bool sends_to(const struct sender *s, const struct hce *h)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->peer[i] == h->id)
			return true;
	return false;
}

/* Removes the i-th peer from s. h is its entry. */
static void sender_leave(struct core *c, struct sender *s, unsigned i, struct hce *h)
{
	memmove(s->peer + i, s->peer + i + 1, (--s->n - i) * sizeof(s->peer[0]));
	h->n_sender--;
	sender_changed(c, s);
	hce_arm(c, h, 0);	/* the entry may expire without it (C10) */
}

static void sender_free(struct core *c, struct sender *s)
{
	sender_changed(c, s);
	HASH_DEL(c->senders, s);
	free(s);
}

/* s sends to h as well. If s has SENDER_PEERS_MAX entries the oldest is removed. */
static void sender_join(struct core *c, struct sender *s, struct hce *h)
{
	if (sends_to(s, h))
		return;
	if (s->n == SENDER_PEERS_MAX)
		sender_leave(c, s, 0, core_entry(c, s->peer[0]));
	s->peer[s->n++] = h->id;
	h->n_sender++;
	hce_arm(c, h, 0);	/* it may learn more, and is in use, from now on */
	sender_changed(c, s);
}

static struct sender *sender_make(struct core *c, uint64_t cookie, uint32_t uid)
{
	struct sender *s = sender_find(c, cookie);

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->cookie = cookie;
	s->uid = uid;
	HASH_ADD(hh, c->senders, cookie, sizeof(s->cookie), s);
	return s;
}

int sender_restore(struct core *c, uint64_t cookie, uint32_t uid, struct hce *h)
{
	struct sender *s = sender_make(c, cookie, uid);

	if (!s)
		return -ENOMEM;
	sender_join(c, s, h);
	return 0;
}

void sender_close(struct core *c, uint64_t cookie)
{
	struct sender *s = sender_find(c, cookie);

	if (!s)
		return;
	while (s->n)
		sender_leave(c, s, s->n - 1, core_entry(c, s->peer[s->n - 1]));
	sender_free(c, s);
}

void sender_leave_all(struct core *c, struct hce *h)
{
	struct sender *s, *next;

	if (!h->n_sender)
		return;
	HASH_ITER(hh, c->senders, s, next)
		for (unsigned i = 0; i < s->n; i++)
			if (s->peer[i] == h->id)
				sender_leave(c, s, i, h);
}

bool sender_is_others(struct core *c, const struct hce *h, uint32_t uid)
{
	struct sender *s, *next;

	HASH_ITER(hh, c->senders, s, next)
		if (s->uid != uid && sends_to(s, h))
			return true;
	return false;
}

void sender_free_all(struct core *c)
{
	struct sender *s, *next;

	HASH_ITER(hh, c->senders, s, next)
		sender_free(c, s);
}

struct sender *core_senders(struct core *c)
{
	return c->senders;
}
