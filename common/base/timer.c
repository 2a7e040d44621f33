/* SPDX-License-Identifier: BSD-2-Clause */
#include "timer.h"

#include <stdlib.h>

/* The children of place i are 2i and 2i + 1. */
static struct timer *at(const struct timers *q, size_t place)
{
	return q->heap[place - 1];
}

static void put(struct timers *q, size_t place, struct timer *t)
{
	q->heap[place - 1] = t;
	t->place = place;
}

static void rise(struct timers *q, struct timer *t)
{
	size_t i = t->place;

	for (; i > 1 && at(q, i / 2)->at > t->at; i /= 2)
		put(q, i, at(q, i / 2));
	put(q, i, t);
}

static void sink(struct timers *q, struct timer *t)
{
	size_t i = t->place, child;

	for (; (child = 2 * i) <= q->n; i = child) {
		if (child < q->n && at(q, child + 1)->at < at(q, child)->at)
			child++;
		if (at(q, child)->at >= t->at)
			break;
		put(q, i, at(q, child));
	}
	put(q, i, t);
}

static void grow(struct timers *q)
{
	size_t room = q->room ? 2 * q->room : 16;
	struct timer **heap = reallocarray(q->heap, room, sizeof(struct timer *));

	if (!heap)
		abort();	/* what has no timer would stay for ever */
	q->heap = heap;
	q->room = room;
}

void timer_arm(struct timers *q, struct timer *t, usec_t when)
{
	if (when == USEC_NEVER || (t->place && t->at <= when))
		return;
	t->at = when;
	if (!t->place) {
		if (q->n == q->room)
			grow(q);
		put(q, ++q->n, t);
	}
	rise(q, t);
}

void timer_end(struct timers *q, struct timer *t)
{
	struct timer *last;

	if (!t->place)
		return;
	last = at(q, q->n--);
	if (last != t) {
		put(q, t->place, last);
		rise(q, last);
		sink(q, last);
	}
	t->place = 0;
}

struct timer *timer_take(struct timers *q, usec_t now)
{
	struct timer *t = q->n && at(q, 1)->at <= now ? at(q, 1) : NULL;

	if (t)
		timer_end(q, t);
	return t;
}

usec_t timer_next(const struct timers *q)
{
	return q->n ? at(q, 1)->at : USEC_NEVER;
}

/* Place after i in an order that visits parents before children, without what is below i. */
static size_t past(size_t i)
{
	while (i % 2)
		i /= 2;
	return i ? i + 1 : 0;
}

void timer_each_expired(const struct timers *q, usec_t now,
			void (*fn)(void *ctx, const struct timer *t), void *ctx)
{
	size_t i = 1;

	while (i) {
		if (i <= q->n && at(q, i)->at <= now) {
			fn(ctx, at(q, i));
			i *= 2;
		} else {
			i = past(i);
		}
	}
}

void timer_free_all(struct timers *q)
{
	free(q->heap);
	*q = (struct timers){ 0 };
}
