/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many lines others can have the helper log: each trusted peer so many, and all strangers
 * together. Zeroed, it is ready for use. Pure: the time is an argument.
 */
#ifndef HMIP_LOG_BUDGET_H
#define HMIP_LOG_BUDGET_H

#include "ratelimit.h"

#include <stdint.h>

#define LOG_BUDGET_PEERS	255	/* buckets; peers may share one */

struct log_budget {
	struct log_bucket {
		struct ratelimit lines;		/* interval 0: not used yet */
		unsigned left_out;		/* since the last line */
	} of[LOG_BUDGET_PEERS + 1];		/* the first is the strangers' */
};

/*
 * Whether a line about the trusted entry of that id may be logged, or with 0 about a stranger's. If
 * so, *left_out is how many of its kind were not since the last one. now is not 0.
 */
bool log_budget_take(struct log_budget *b, uint32_t entry, usec_t now, unsigned *left_out);

#endif
