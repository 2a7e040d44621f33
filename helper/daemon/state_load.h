/* SPDX-License-Identifier: BSD-2-Clause */
/* Records become what the core knows: what state_load() (state.h) calls for each. */
#ifndef HMIP_STATE_LOAD_H
#define HMIP_STATE_LOAD_H

#include "state_record.h"

struct state_loader {
	struct core *c;
	usec_t now;
	char origin[STATE_ORIGIN_MAX];	/* today's, by state_origin() */
	bool same;			/* the records are of it, as the first of them said */
};

/*
 * Restores r, in the order of the keys. Skips what the core does not have the rest of. Returns 0 or
 * -ENOMEM.
 */
int state_restore(struct state_loader *l, struct state_record *r);

#endif
