/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "entry_set.h"

void entry_set_add(struct entry_set *s, uint32_t id)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->id[i] == id)
			return;
	if (s->n == ENTRY_SET_MAX)
		s->all = true;
	else
		s->id[s->n++] = id;
}

void entry_set_add_all(struct entry_set *s)
{
	s->all = true;
}

bool entry_set_empty(const struct entry_set *s)
{
	return !s->all && !s->n;
}

void entry_set_take(struct entry_set *s, struct core *c, void (*fn)(void *ctx, struct hce *hce),
		    void *ctx)
{
	struct entry_set taken = *s;
	struct hce *h, *next;

	s->all = false;
	s->n = 0;
	if (taken.all) {
		for (h = core_entries(c); h; h = next) {
			next = h->hh.next;
			fn(ctx, h);
		}
		return;
	}
	for (unsigned i = 0; i < taken.n; i++) {
		h = core_entry(c, taken.id[i]);
		if (h)
			fn(ctx, h);
	}
}
