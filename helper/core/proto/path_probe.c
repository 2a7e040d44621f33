/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding a way to the peer when the one in use does not carry packets (what RFC 5534 does for
 * shim6).
 *
 * Signalling that nobody answers goes to the peer's other addresses in turn.
 *
 * When connections send and hear nothing (the datapath tells), all pairs of an address of ours that
 * the peer has proof of and an Active one of the peer's are probed, each with a Challenge from the
 * one to the other. The pair in use comes first: if that answers, nothing changes. Else the first
 * to answer is used. The address of ours that would be preferred is probed from then on, ever more
 * slowly, and returned to when it answers. The peer follows what it hears (C11); and if it is
 * probed at another address of its own than it sends from, it does all of this itself: perhaps only
 * its half is dead.
 */
#include "path_probe.h"

#include <string.h>

#include "action.h"
#include "addr.h"
#include "entry.h"
#include "foreign.h"
#include "local.h"
#include "pair.h"
#include "peer_search.h"
#include "reach.h"
#include "retry.h"
#include "send.h"

#define PAIRS_MAX	16				/* probed in one round */
#define PROBE_DURATION	(60 * USEC_PER_SEC)		/* with nobody sending any more */
#define BACKOFF_MAX	(64 * USEC_PER_SEC)
#define FAILBACK_WAIT_MAX	(64 * USEC_PER_SEC)

/* Whether h's peer can be tried at all, and is to be. */
static bool path_may_probe(const struct core *c, const struct hce *h)
{
	return c->config.path_timeout && hce_homeless(h) && h->seq_in_valid && !h->pair.block &&
	       !IN6_IS_ADDR_UNSPECIFIED(&h->pair.local);
}

/*
 * The n-th address of this host that h's peer has proof of, the pair's first. NULL if there are not
 * so many.
 */
static const struct in6_addr *nth_local(struct core *c, struct hce *h, unsigned n)
{
	struct local_addr *l = local_find(c, &h->pair.local), *next;

	if (l && pair_may_send_from(h, l) && !n--)
		return &l->addr;
	HASH_ITER(hh, c->locals, l, next)
		if (!addr_equal(&l->addr, &h->pair.local) && pair_may_send_from(h, l) && !n--)
			return &l->addr;
	return NULL;
}

/* Asks the peer at foreign to answer to local, whoever of them is preferred. */
static void probe_send(struct core *c, struct hce *h, const struct in6_addr *local,
		       const struct in6_addr *foreign, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, foreign);
	struct signal s = { .src = *local, .dst = *foreign, .n_ba = 1 };
	struct binding_ack *ba = &s.ba[0];

	if (!fa || fa->hce != h || fa->state != ADDR_ACTIVE)
		return;
	/*
	 * The number and the lifetime say nothing new: whoever missed our last Acknowledgement may
	 * take this for it.
	 */
	ba->seq = h->seq_in;
	ba->lifetime = ba->refresh = reach_lifetime(fa, now);
	ba->has_challenge = true;
	memcpy(ba->challenge, h->path.challenge, sizeof(ba->challenge));
	if (core_send(c, h, &s) == 0)
		c->counter[COUNT_PROBES]++;
}

/*
 * The n-th pair to be tried; the first is the one in use. Returns false if there are not so many.
 */
static bool nth_pair(struct core *c, struct hce *h, unsigned n, const struct in6_addr **local,
		     const struct in6_addr **foreign)
{
	unsigned n_local = 0;

	while (n_local < PAIRS_MAX && nth_local(c, h, n_local))
		n_local++;
	if (!n_local || n >= PAIRS_MAX || n / n_local >= retry_count_foreign(h, false))
		return false;
	*local = nth_local(c, h, n % n_local);
	*foreign = n < n_local ? &h->pair.foreign : retry_other_foreign(h, n / n_local - 1);
	return *foreign != NULL;
}

/* One pair at a time; when all were tried, from the beginning at half the rate. */
static void probe_next(struct core *c, struct hce *h, usec_t now)
{
	struct path_probe *x = &h->path;
	const struct in6_addr *local, *foreign;

	if (!nth_pair(c, h, x->at, &local, &foreign)) {
		search_step(c, h, now);
		x->at = 0;
		x->wait = 2 * x->wait < SLOW_UPDATE_INTERVAL ? 2 * x->wait : SLOW_UPDATE_INTERVAL;
	}
	if (nth_pair(c, h, x->at, &local, &foreign)) {
		probe_send(c, h, local, foreign, now);
		x->at++;
	}
	x->next = usec_add(now, x->wait);
	deadline_arm(c, x->next);
}

static void probe_start(struct core *c, struct hce *h, usec_t now, const char *why)
{
	struct path_probe *x = &h->path;

	x->running = true;
	x->at = 0;
	x->wait = retry_timeout(h);
	x->until = usec_add(now, PROBE_DURATION);
	nonce_draw(c, x->challenge);
	event_emit(c, EVENT_PATH, h, &h->pair.local, &h->pair.foreign, 0, why);
	probe_next(c, h, now);
}

void path_silent(struct core *c, struct hce *h, usec_t now)
{
	struct path_probe *x = &h->path;

	if (!path_may_probe(c, h))
		return;
	if (x->running) {
		x->silent = true;
		x->until = usec_add(now, PROBE_DURATION);
		return;
	}
	if (now < x->backoff_until)
		return;
	x->silent = true;
	c->counter[COUNT_SILENCES]++;
	probe_start(c, h, now, "silent");
}

void path_probed_by_peer(struct core *c, struct hce *h, const struct in6_addr *to, usec_t now)
{
	struct path_probe *x = &h->path;

	if (!path_may_probe(c, h) || x->running || now < x->peer_probe_holdoff ||
	    addr_equal(to, &h->pair.local))
		return;
	x->silent = false;
	x->peer_probe_holdoff = usec_add(now, SLOW_UPDATE_INTERVAL);
	probe_start(c, h, now, "the peer tries another");
}

static void failback_arm(struct core *c, struct path_probe *x, usec_t now)
{
	x->failback_next = usec_add(now, x->failback_wait);
	deadline_arm(c, x->failback_next);
}

/* Goes another way than what is preferred, unless local is just that. */
static void fail_over(struct core *c, struct hce *h, const struct in6_addr *local, usec_t now)
{
	struct path_probe *x = &h->path;
	usec_t first = 2 * c->config.path_timeout * USEC_PER_SEC;

	if (!x->failed_over)
		x->preferred = h->pair.local;
	x->failed_over = !addr_equal(local, &x->preferred);
	if (!x->failed_over)
		return;
	c->counter[COUNT_DETOURS]++;
	/* Where there was hardly a return before it failed again, the next takes longer. */
	x->failback_wait = x->failed_back && now - x->failed_back < FAILBACK_WAIT_MAX
				   ? 2 * x->failback_wait
				   : first;
	if (x->failback_wait > FAILBACK_WAIT_MAX)
		x->failback_wait = FAILBACK_WAIT_MAX;
	failback_arm(c, x, now);
}

/*
 * The pair in use answers although its connections hear nothing: they may have nothing to hear.
 * Looked after ever less often.
 */
static void back_off(struct core *c, struct hce *h, const struct foreign_addr *fa, usec_t now)
{
	struct path_probe *x = &h->path;
	usec_t least = c->config.path_timeout * USEC_PER_SEC;

	x->backoff = fa->heard > x->answered || !x->backoff ? least : 4 * x->backoff;
	if (x->backoff > BACKOFF_MAX)
		x->backoff = BACKOFF_MAX;
	x->backoff_until = usec_add(now, x->backoff);
	x->answered = now;
}

void path_answered(struct core *c, struct hce *h, const struct in6_addr *local,
		   const struct foreign_addr *fa, const struct binding_update *bu, usec_t now)
{
	struct path_probe *x = &h->path;

	if ((!x->running && !x->failed_over) || !path_may_probe(c, h) || fa->state != ADDR_ACTIVE ||
	    !reach_is_response(h, x->challenge, &fa->addr, bu))
		return;
	if (!x->running) {
		if (!addr_equal(local, &x->preferred))
			return;
		x->failed_over = false;
		x->failed_back = now;
		event_emit(c, EVENT_PATH, h, local, &fa->addr, 0, "answers again");
		pair_use(c, h, local, &fa->addr);
		return;
	}
	x->running = false;
	event_emit(c, EVENT_PATH, h, local, &fa->addr, 0, "answers");
	if (addr_equal(local, &h->pair.local) && addr_equal(&fa->addr, &h->pair.foreign)) {
		back_off(c, h, fa, now);
		if (x->silent)
			pair_migrate_all(c, h);
		return;
	}
	fail_over(c, h, local, now);
	pair_use(c, h, local, &fa->addr);
}

static void probe_preferred(struct core *c, struct hce *h, usec_t now)
{
	struct path_probe *x = &h->path;
	const struct local_addr *l = local_find(c, &x->preferred);

	nonce_draw(c, x->challenge);
	if (l && pair_may_send_from(h, l))
		probe_send(c, h, &x->preferred, &h->pair.foreign, now);
	x->failback_wait =
		2 * x->failback_wait < FAILBACK_WAIT_MAX ? 2 * x->failback_wait : FAILBACK_WAIT_MAX;
	failback_arm(c, x, now);
}

void path_expire(struct core *c, struct hce *h, usec_t now)
{
	struct path_probe *x = &h->path;

	if (!path_may_probe(c, h))
		x->running = x->failed_over = false;
	if (x->running && now >= x->until) {
		x->running = false;
		event_emit(c, EVENT_PATH, h, &h->pair.local, &h->pair.foreign, 0, "given up");
	}
	if (x->running && now >= x->next)
		probe_next(c, h, now);
	else if (x->running)
		deadline_arm(c, x->next);
	if (x->failed_over && !x->running && now >= x->failback_next)
		probe_preferred(c, h, now);
	else if (x->failed_over)
		deadline_arm(c, x->failback_next > now ? x->failback_next : now + USEC_PER_SEC);
}
