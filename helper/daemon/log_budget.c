/* SPDX-License-Identifier: BSD-2-Clause */
#include "log_budget.h"

#define BURST			200
#define STRANGERS_INTERVAL	(USEC_PER_SEC / 20)
#define PEER_INTERVAL		(USEC_PER_SEC / 10)

bool log_budget_take(struct log_budget *b, uint32_t entry, usec_t now, unsigned *left_out)
{
	struct log_bucket *of = &b->of[entry ? 1 + entry % LOG_BUDGET_PEERS : 0];

	if (!of->lines.interval)
		of->lines = ratelimit_make(BURST, entry ? PEER_INTERVAL : STRANGERS_INTERVAL, now);
	if (!ratelimit_take(&of->lines, now)) {
		of->left_out++;
		return false;
	}
	*left_out = of->left_out;
	of->left_out = 0;
	return true;
}
