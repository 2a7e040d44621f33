/* SPDX-License-Identifier: BSD-2-Clause */
#include "budget.h"

#include <stdlib.h>
#include <string.h>

#include "action.h"

#define TELL_INTERVAL	(10 * USEC_PER_SEC)

static const struct {
	unsigned burst;
	usec_t interval;	/* between two, then */
	const char *text;
} budgets[BUDGETS] = {
	[BUDGET_INITS] = { 16, USEC_PER_SEC / 4, "Inits with a cookie from one /64" },
	[BUDGET_ALL_INITS] = { 1000, USEC_PER_SEC / 1000, "Inits with a cookie" },
	[BUDGET_RETRIES] = { 1000, USEC_PER_SEC / 5000, "Inits without a cookie" },
	[BUDGET_RENEWALS] = { 4, 10 * USEC_PER_SEC, "renewals of a peer's keys" },
	[BUDGET_UPDATES] = { 64, USEC_PER_SEC / 20, "Binding Updates of a peer" },
	[BUDGET_REQUESTS] = { 1, 10 * USEC_PER_SEC, "Binding Requests without AH" },
	[BUDGET_CHALLENGES] = { 64, USEC_PER_SEC / 16, "Challenges to one /64" },
	[BUDGET_ALL_CHALLENGES] = { 1000, USEC_PER_SEC / 1000, "Challenges" },
	[BUDGET_CLAIMS] = { 8, 10 * USEC_PER_SEC, "claims to others' addresses" },
};

static bool is_global(enum budget what)
{
	return what == BUDGET_ALL_INITS || what == BUDGET_RETRIES || what == BUDGET_ALL_CHALLENGES;
}

/* The bucket of a /64 or an entry. */
static unsigned slot_of(const struct core *c, enum budget what, const struct in6_addr *addr,
			const struct hce *h)
{
	uint64_t key = h ? h->id : 0;
	uint8_t digest[16];
	uint16_t at;

	if (is_global(what))
		return 0;
	if (addr)
		memcpy(&key, addr, sizeof(key));
	if (ah_hmac128(&c->seed, &key, sizeof(key), "budget", 6, digest) < 0)
		abort();	/* a slot that can be foretold could be used up for others */
	memcpy(&at, digest, sizeof(at));
	return at % BUDGET_SLOTS;
}

void budget_exceeded(struct core *c, enum budget what, const struct in6_addr *addr,
		     const struct hce *h, usec_t now)
{
	c->counter[COUNT_LIMITED]++;
	if (now < c->budget_told[what])
		return;
	c->budget_told[what] = usec_add(now, TELL_INTERVAL);
	event_emit(c, EVENT_LIMITED, h, NULL, addr, 0, budgets[what].text);
}

bool budget_take(struct core *c, enum budget what, const struct in6_addr *addr,
		 const struct hce *h, usec_t now)
{
	struct ratelimit *r = &c->budget[what][slot_of(c, what, addr, h)];

	if (!r->interval)
		*r = ratelimit_make(budgets[what].burst, budgets[what].interval, now);
	if (ratelimit_take(r, now))
		return true;
	budget_exceeded(c, what, addr, h, now);
	return false;
}
