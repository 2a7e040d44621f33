/* SPDX-License-Identifier: BSD-2-Clause */
#include "via.h"

#include <string.h>

#include "action.h"
#include "addr.h"
#include "array.h"
#include "entry.h"
#include "foreign.h"
#include "retry.h"

#define ANSWERS		2			/* by one way in a row, before it is used alone */
#define AGAIN		(600 * USEC_PER_SEC)	/* until a way that failed alone may be used so */
#define UDP_AGAIN	(3600 * USEC_PER_SEC)	/* until the native way is tried again */
#define KEEPALIVE	(25 * USEC_PER_SEC)	/* state of firewalls may go after 30 s */
#define COPY_TIME	(5 * USEC_PER_SEC)	/* between the copies of a packet */
#define UNANSWERED	(5 * USEC_PER_SEC)

const char *via_name(enum via way)
{
	static const char *const names[] = {
		[VIA_NONE] = "none", [VIA_NATIVE] = "native", [VIA_UDP] = "udp",
		[VIA_BOTH] = "both",
	};

	return names[way];
}

enum via via_path_now(const struct via_path *p, usec_t now)
{
	return p->asking && now >= usec_add(p->asked, UNANSWERED) ? VIA_NONE : p->out;
}

const struct via_path *core_via(const struct hce *h, const struct in6_addr *local,
				const struct in6_addr *foreign)
{
	for (unsigned i = 0; i < ARRAY_LEN(h->via); i++)
		if (h->via[i].used && addr_equal(&h->via[i].local, local) &&
		    addr_equal(&h->via[i].foreign, foreign))
			return &h->via[i];
	return NULL;
}

static struct via_path *path_find(struct hce *h, const struct in6_addr *local,
				  const struct in6_addr *foreign)
{
	const struct via_path *p = core_via(h, local, foreign);

	return p ? &h->via[p - h->via] : NULL;
}

/* The ways that p may use at all. */
static enum via ways(const struct core *c, const struct via_path *p)
{
	if (c->config.encapsulate == ENCAPSULATE_ALWAYS)
		return VIA_UDP;
	return c->config.encapsulate == ENCAPSULATE_NEVER || p->refused ? VIA_NATIVE : VIA_BOTH;
}

/* Back to the start: nothing is known. */
static void path_reset(const struct core *c, struct via_path *p)
{
	struct via_path clean = { .local = p->local, .foreign = p->foreign, .used = p->used,
				  .sent_udp = p->sent_udp };

	*p = clean;
	p->out = ways(c, p);
}

/* The one not used longest, but for that of the pair in use: connections may need it kept open. */
static struct via_path *path_to_replace(struct hce *h)
{
	const struct via_path *in_use = core_via(h, &h->pair.local, &h->pair.foreign);
	struct via_path *p = in_use == &h->via[0] ? &h->via[1] : &h->via[0];

	for (unsigned i = 1; i < ARRAY_LEN(h->via); i++)
		if (h->via[i].used < p->used && &h->via[i] != in_use)
			p = &h->via[i];
	return p;
}

/* The path between two addresses, made if there is none. */
static struct via_path *path_get(const struct core *c, struct hce *h, const struct in6_addr *local,
				 const struct in6_addr *foreign, usec_t now)
{
	struct via_path *p = path_find(h, local, foreign);

	if (!p) {
		p = path_to_replace(h);
		*p = (struct via_path){ .local = *local, .foreign = *foreign };
		path_reset(c, p);
	}
	p->used = now;
	return p;
}

/* Sets the way of what is sent by p from now on, which is reported if it is proven. */
static void path_use(struct core *c, struct hce *h, struct via_path *p, enum via out,
		     bool proven, const char *why)
{
	bool news = proven && p->reported != out && c->config.encapsulate == ENCAPSULATE_AUTO;

	p->out = out;
	p->proven = proven;
	p->answers = 0;
	hce_arm(c, h, 0);	/* it may be to be kept alive */
	if (!news)
		return;
	event_change(c, EVENT_VIA, h, &p->local, &p->foreign,
		     p->reported ? via_name(p->reported) : NULL, via_name(out), why);
	p->reported = out;
}

/* What went by p was not answered in time. */
static void path_failed(struct core *c, struct hce *h, struct via_path *p, usec_t now)
{
	enum via all = ways(c, p);

	if (p->out != all && !p->proven) {
		p->failed |= p->out;
		p->again = usec_add(now, AGAIN);
	}
	path_use(c, h, p, all, false, NULL);
}

/* Returns whether s calls for an answer. */
static bool is_request(const struct signal *s)
{
	for (unsigned i = 0; i < s->n_ba; i++)
		if (s->ba[i].has_challenge)
			return true;
	return s->n_bu > 0 || (s->has_aap && s->aap.kind == AAP_INIT);
}

/* Notes what of s is to be answered. What was asked for earlier, and still is, counts as well. */
static void path_ask(struct via_path *p, const struct signal *s, usec_t now)
{
	if (!p->asking) {
		p->asked = now;
		p->asked_bu = p->asked_challenge = p->asked_init = false;
	}
	p->asking = true;
	if (s->n_bu && !p->asked_bu) {
		p->asked_bu = true;
		p->seq = s->bu[0].seq;
	}
	for (unsigned i = 0; i < s->n_ba; i++)
		p->asked_challenge |= s->ba[i].has_challenge;
	p->asked_init |= s->has_aap && s->aap.kind == AAP_INIT;
}

/* Returns whether s answers what p asked for. */
static bool is_answer(const struct via_path *p, const struct signal *s)
{
	if (!p->asking)
		return false;
	for (unsigned i = 0; i < s->n_ba; i++)
		if (p->asked_bu && (int16_t)(s->ba[i].seq - p->seq) >= 0)
			return true;
	for (unsigned i = 0; i < s->n_bu; i++)
		if (p->asked_challenge && s->bu[i].has_challenge)
			return true;
	return p->asked_init && s->has_aap && s->aap.kind == AAP_RESPONSE;
}

/* What was found out long ago may have changed: ways that failed, and the native one. */
static void path_age(struct core *c, struct hce *h, struct via_path *p, usec_t now)
{
	if (now < p->again)
		return;
	p->failed = VIA_NONE;
	if (p->out == VIA_UDP && p->proven)
		path_use(c, h, p, ways(c, p), false, NULL);
}

enum via via_choose(struct core *c, struct hce *h, const struct signal *s, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &s->dst);
	struct via_path *p, none = { 0 };
	enum via out;

	if (!fa || fa->hce != h)
		return ways(c, &none);
	p = path_get(c, h, &s->src, &s->dst, now);
	if (fa->state == ADDR_DEPRECATED)
		path_reset(c, p);
	if (is_request(s)) {
		if (p->asking && now >= usec_add(p->asked, retry_timeout(h)))
			path_failed(c, h, p, now);
		path_ask(p, s, now);
	}
	path_age(c, h, p, now);
	out = fa->state == ADDR_ACTIVE ? p->out : ways(c, p);
	if (out & VIA_UDP) {
		p->sent_udp = now;
		hce_arm(c, h, usec_add(now, KEEPALIVE));
	}
	return out;
}

enum via via_answer(const struct core *c)
{
	struct via_path none = { 0 };
	enum via all = ways(c, &none);

	return all == VIA_BOTH && c->arrived ? c->arrived : all;
}

/* Answers come by way: it is used alone if there is a choice, unless it has failed so. */
static void path_answered(struct core *c, struct hce *h, struct via_path *p, enum via way,
			  usec_t now)
{
	enum via other = VIA_BOTH & ~way;

	if (p->out != VIA_BOTH) {
		if (p->out == VIA_UDP && !p->proven)
			p->again = usec_add(now, UDP_AGAIN);
		path_use(c, h, p, p->out, true, "answered when it was used alone");
		return;
	}
	p->answers = p->answered_by == way ? p->answers + 1 : 1;
	p->answered_by = way;
	if (p->answers < ANSWERS)
		return;
	if (!(p->failed & way))
		path_use(c, h, p, way, false, NULL);
	else if (!(p->failed & other))
		path_use(c, h, p, other, false, NULL);
}

void via_heard(struct core *c, struct hce *h, const struct signal *s, enum via way, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &s->src);
	struct via_path *p = path_get(c, h, &s->dst, &s->src, now);

	if (fa && fa->state == ADDR_DEPRECATED)
		path_reset(c, p);	/* the peer is back there */
	p->heard[way == VIA_UDP] = now;
	if (way == VIA_UDP)
		p->refused = false;
	if (!is_answer(p, s))
		return;
	p->asking = false;
	/* A Response has come by the way of its Init. */
	if (s->has_aap && s->aap.kind == AAP_RESPONSE && way == VIA_NATIVE &&
	    ways(c, p) & VIA_NATIVE)
		path_use(c, h, p, VIA_NATIVE, true, "answered by the way it was asked");
	else
		path_answered(c, h, p, way, now);
}

bool via_is_copy(struct hce *h, const struct signal *s, enum via way, usec_t now)
{
	const struct via_path *p = h ? path_find(h, &s->dst, &s->src) : NULL;
	usec_t heard = p ? p->heard[way != VIA_UDP] : 0;

	return heard && now < usec_add(heard, COPY_TIME);
}

void via_refused(struct core *c, const struct signal *quoted, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &quoted->dst);
	struct aap_try *t = fa ? fa->hce->aap : NULL;
	struct via_path *p;

	if (!t || t->confirming || !quoted->has_aap || quoted->aap.kind != AAP_INIT ||
	    memcmp(quoted->aap.init.nonce, t->init.nonce, sizeof(t->init.nonce)))
		return;
	p = path_get(c, fa->hce, &t->src, &t->dst, now);
	p->refused = true;
	path_use(c, fa->hce, p, ways(c, p), false, NULL);
}

void via_forget(struct hce *h, const struct in6_addr *local)
{
	for (unsigned i = 0; i < ARRAY_LEN(h->via); i++)
		if (addr_equal(&h->via[i].local, local))
			h->via[i] = (struct via_path){ 0 };
}

void via_expire(struct core *c, struct hce *h, usec_t now)
{
	struct via_path *p = path_find(h, &h->pair.local, &h->pair.foreign);
	struct action *a;

	if (!p || !p->proven || p->out != VIA_UDP || !hce_in_use(h))
		return;
	if (now >= usec_add(p->sent_udp, KEEPALIVE)) {
		p->sent_udp = now;
		c->counter[COUNT_KEEPALIVES]++;
		a = action_push(c, ACTION_KEEPALIVE, h);
		a->pair.local = p->local;
		a->pair.foreign = p->foreign;
	}
	hce_arm(c, h, usec_add(p->sent_udp, KEEPALIVE));
}
