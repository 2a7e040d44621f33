/* SPDX-License-Identifier: BSD-2-Clause */
#include "ratelimit.h"

struct ratelimit ratelimit_make(unsigned burst, usec_t interval, usec_t now)
{
	return (struct ratelimit){
		.burst = burst, .interval = interval, .tokens = burst, .filled = now
	};
}

bool ratelimit_take(struct ratelimit *r, usec_t now)
{
	usec_t due = usec_until(now, r->filled) / r->interval;

	r->filled += due * r->interval;
	r->tokens = due > r->burst - r->tokens ? r->burst : r->tokens + (unsigned)due;
	if (!r->tokens)
		return false;
	r->tokens--;
	return true;
}

bool ratelimit_take_leaving(struct ratelimit *r, unsigned left, usec_t now)
{
	if (!ratelimit_take(r, now))
		return false;
	if (r->tokens >= left)
		return true;
	ratelimit_give_back(r);
	return false;
}

void ratelimit_give_back(struct ratelimit *r)
{
	if (r->tokens < r->burst)
		r->tokens++;
}

usec_t ratelimit_next(const struct ratelimit *r)
{
	return usec_add(r->filled, r->interval);
}
