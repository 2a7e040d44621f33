/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Path probing, failover and failback (as RFC 5534 does for shim6).
 *
 * Signalling needs none of this: retransmissions go to the peer's other addresses in turn
 * (retry.c).
 *
 * If connections send and receive nothing, as the datapath reports, all pairs of a local address of
 * which the peer has proof and an Active address of the peer are probed, each with a Challenge. The
 * pair in use is probed first: if it answers, nothing changes. Otherwise the first pair to answer
 * is used. From then on the preferred source is probed at growing intervals, and used again when it
 * answers. The peer follows the source of what it receives (C11). A host that is probed at an
 * address that it does not send from probes as well: the path may be dead in its direction only.
 * Nothing tells that host so, and it probes the pair in use twice before others.
 */
#include "path_probe.h"

#include <string.h>

#include "action.h"
#include "addr.h"
#include "entry.h"
#include "foreign.h"
#include "hold.h"
#include "local.h"
#include "pair.h"
#include "peer_search.h"
#include "reach.h"
#include "retry.h"
#include "send.h"

#define PING_INTERVAL	(USEC_PER_SEC / 5)
#define PING_PATIENCE	(10 * USEC_PER_SEC)	/* later Responses are not reported */
#define PROBE_DURATION	(60 * USEC_PER_SEC)		/* after the last report of silence */
#define BACKOFF_MAX	(64 * USEC_PER_SEC)
#define FAILBACK_WAIT_MAX	(64 * USEC_PER_SEC)

/* Returns whether h's pair can be probed, and the configuration wants that. */
static bool path_may_probe(const struct core *c, const struct hce *h)
{
	return c->config.path_timeout && hce_homeless(h) && h->seq_in_valid && !h->pair.block &&
	       !IN6_IS_ADDR_UNSPECIFIED(&h->pair.local);
}

/*
 * Returns the n-th local address that h may send from, the pair's first; NULL if there are fewer.
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

/* Sends that Challenge from local to foreign. */
static void probe_send(struct core *c, struct hce *h, const struct in6_addr *local,
		       const struct in6_addr *foreign,
		       const uint8_t challenge[static CHALLENGE_LEN], usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, foreign);
	struct signal s = { .src = *local, .dst = *foreign, .n_ba = 1 };
	struct binding_ack *ba = &s.ba[0];

	if (!fa || fa->hce != h || fa->state != ADDR_ACTIVE)
		return;
	/* Number and lifetime repeat our last BA, and replace it if that was lost. */
	ba->seq = h->seq_in;
	ba->lifetime = ba->refresh = reach_lifetime(fa, now);
	ba->has_challenge = true;
	memcpy(ba->challenge, challenge, sizeof(ba->challenge));
	if (core_send(c, h, &s, now) == 0)
		c->counter[COUNT_PROBES]++;
}

/* Sets the n-th pair to probe; the first is the one in use. Returns false if there are fewer. */
static bool nth_pair(struct core *c, struct hce *h, unsigned n, const struct in6_addr **local,
		     const struct in6_addr **foreign)
{
	unsigned n_local = 0;

	while (n_local < PATH_PAIRS_MAX && nth_local(c, h, n_local))
		n_local++;
	if (!n_local || n >= PATH_PAIRS_MAX || n / n_local >= retry_count_foreign(h, false))
		return false;
	*local = nth_local(c, h, n % n_local);
	*foreign = n < n_local ? &h->pair.foreign : retry_other_foreign(h, n / n_local - 1);
	return *foreign != NULL;
}

/* Probes the next pair. After the last one a new round begins at half the rate. */
static void probe_next(struct core *c, struct hce *h, usec_t now)
{
	struct path_probe *x = &h->path;
	const struct in6_addr *local, *foreign;

	if (!nth_pair(c, h, x->at, &local, &foreign)) {
		search_step(c, h, now);
		if (x->silent)
			hold_begin(c, h, "no pair of addresses answers", now);
		x->at = 0;
		x->wait = 2 * x->wait < SLOW_UPDATE_INTERVAL ? 2 * x->wait : SLOW_UPDATE_INTERVAL;
	}
	if (nth_pair(c, h, x->at, &local, &foreign)) {
		probe_send(c, h, local, foreign, x->challenge, now);
		x->at += !x->repeat;
		x->repeat = false;
	}
	x->next = usec_add(now, x->wait);
	hce_arm(c, h, x->next);
}

static void probe_start(struct core *c, struct hce *h, usec_t now, const char *why)
{
	struct path_probe *x = &h->path;

	x->running = true;
	x->at = 0;
	/* Nothing is amiss here: one lost packet shall move nobody. */
	x->repeat = !x->silent;
	x->wait = retry_timeout(h);
	x->until = usec_add(now, PROBE_DURATION);
	nonce_draw(c, x->challenge);
	event_emit(c, EVENT_PATH, h, &h->pair.local, &h->pair.foreign, 0, why);
	probe_next(c, h, now);
}

unsigned path_ping(struct core *c, struct hce *h, usec_t now,
		   struct path_pair ret[static PATH_PAIRS_MAX])
{
	struct path_probe *x = &h->path;
	const struct in6_addr *local, *foreign;
	unsigned n = 0;

	if (!hce_homeless(h) || !h->seq_in_valid || h->pair.block ||
	    (x->pinged && now < usec_add(x->pinged, PING_INTERVAL)))
		return 0;
	x->pinged = now;
	nonce_draw(c, x->ping);
	for (; n < PATH_PAIRS_MAX && nth_pair(c, h, n, &local, &foreign); n++) {
		ret[n] = (struct path_pair){ *local, *foreign };
		probe_send(c, h, local, foreign, x->ping, now);
	}
	return n;
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

static void failback_arm(struct core *c, struct hce *h, usec_t now)
{
	struct path_probe *x = &h->path;

	x->failback_next = usec_add(now, x->failback_wait);
	hce_arm(c, h, x->failback_next);
}

/* local answered, and is used from now on. Starts probing the preferred source if it is another. */
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
	/* If the preferred source fails again soon after failback, wait longer before the next. */
	x->failback_wait = x->failed_back && now - x->failed_back < FAILBACK_WAIT_MAX
				   ? 2 * x->failback_wait
				   : first;
	if (x->failback_wait > FAILBACK_WAIT_MAX)
		x->failback_wait = FAILBACK_WAIT_MAX;
	failback_arm(c, h, now);
}

/* The pair in use answers, so its connections may have nothing to receive: probe less often. */
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

	if (x->pinged && now < usec_add(x->pinged, PING_PATIENCE) &&
	    reach_is_response(h, x->ping, &fa->addr, bu))
		event_emit(c, EVENT_PING, h, local, &fa->addr, 0, NULL);
	if ((!x->running && !x->failed_over) || !path_may_probe(c, h) || fa->state != ADDR_ACTIVE ||
	    !reach_is_response(h, x->challenge, &fa->addr, bu))
		return;
	if (!x->running) {
		if (!addr_equal(local, &x->preferred))
			return;
		x->failed_over = false;
		x->failed_back = now;
		event_emit(c, EVENT_PATH, h, local, &fa->addr, 0, "answers again");
		pair_use(c, h, local, &fa->addr, "the preferred source works again");
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
	pair_use(c, h, local, &fa->addr, "the pair before did not answer");
}

static void probe_preferred(struct core *c, struct hce *h, usec_t now)
{
	struct path_probe *x = &h->path;
	const struct local_addr *l = local_find(c, &x->preferred);

	nonce_draw(c, x->challenge);
	if (l && pair_may_send_from(h, l))
		probe_send(c, h, &x->preferred, &h->pair.foreign, x->challenge, now);
	x->failback_wait =
		2 * x->failback_wait < FAILBACK_WAIT_MAX ? 2 * x->failback_wait : FAILBACK_WAIT_MAX;
	failback_arm(c, h, now);
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
		hce_arm(c, h, x->next);
	if (x->failed_over && !x->running && now >= x->failback_next)
		probe_preferred(c, h, now);
	else if (x->failed_over)
		hce_arm(c, h, x->failback_next > now ? x->failback_next : now + USEC_PER_SEC);
}
