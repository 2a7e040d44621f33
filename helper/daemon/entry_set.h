/* SPDX-License-Identifier: BSD-2-Clause */
/* The entries that something is to be done for: a few by their ids, or all. */
#ifndef HMIP_ENTRY_SET_H
#define HMIP_ENTRY_SET_H

#include "core.h"

#define ENTRY_SET_MAX	64	/* more are all */

struct entry_set {
	bool all;
	unsigned n;
	uint32_t id[ENTRY_SET_MAX];
};

void entry_set_add(struct entry_set *s, uint32_t id);
void entry_set_add_all(struct entry_set *s);

/* Whether there is none in it. */
bool entry_set_empty(const struct entry_set *s);

/*
 * Empties s, and calls fn for each entry that was in it and still exists. fn may remove the entry,
 * but no other, and add to s.
 */
void entry_set_take(struct entry_set *s, struct core *c, void (*fn)(void *ctx, struct hce *hce),
		    void *ctx);

#endif
