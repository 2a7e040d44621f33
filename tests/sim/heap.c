/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap.h"

#include <stdlib.h>

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->n < b->n;
}

void heap_add(struct heap *h, const struct sim_event *e)
{
	size_t i = h->n++;

	if (h->n > h->room) {
		h->room = h->room ? 2 * h->room : 1024;
		h->event = realloc(h->event, h->room * sizeof(*h->event));
		if (!h->event)
			abort();
	}
	struct sim_event in = *e;

	in.n = h->inserted++;
	for (; i && before(&in, &h->event[(i - 1) / 2]); i = (i - 1) / 2)
		h->event[i] = h->event[(i - 1) / 2];
	h->event[i] = in;
}

bool heap_take(struct heap *h, struct sim_event *ret)
{
	size_t i = 0, child;

	if (!h->n)
		return false;
	*ret = h->event[0];

	const struct sim_event *last = &h->event[--h->n];

	for (; (child = 2 * i + 1) < h->n; i = child) {
		if (child + 1 < h->n && before(&h->event[child + 1], &h->event[child]))
			child++;
		if (!before(&h->event[child], last))
			break;
		h->event[i] = h->event[child];
	}
	h->event[i] = *last;
	return true;
}
