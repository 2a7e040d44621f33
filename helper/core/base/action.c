/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of what the shell is to do, when the next timer expires, and numbers that nobody can
 * predict.
 */
#include "action.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

static const char *const event_names[] = {
	[EVENT_ENTRY_NEW] = "entry-new",
	[EVENT_ENTRY_GONE] = "entry-gone",
	[EVENT_STATUS] = "status",
	[EVENT_LOCAL_UP] = "address-up",
	[EVENT_LOCAL_LOST] = "address-lost",
	[EVENT_BINDING_STATE] = "binding-state",
	[EVENT_BU_SENT] = "bu-sent",
	[EVENT_BU_HEARD] = "bu-heard",
	[EVENT_BA_SENT] = "ba-sent",
	[EVENT_BA_HEARD] = "ba-heard",
	[EVENT_CHALLENGE_SENT] = "challenge-sent",
	[EVENT_CHALLENGE_HEARD] = "challenge-heard",
	[EVENT_RESPONSE_SENT] = "response-sent",
	[EVENT_RESPONSE_HEARD] = "response-heard",
	[EVENT_FOREIGN_STATE] = "address-state",
	[EVENT_BR_SENT] = "br-sent",
	[EVENT_BR_HEARD] = "br-heard",
	[EVENT_SWITCHED] = "switched",
	[EVENT_PCB_NEW] = "connection-new",
	[EVENT_PCB_GONE] = "connection-gone",
	[EVENT_AAP] = "aap",
	[EVENT_CONFLICT] = "conflict",
	[EVENT_PATH] = "path",
	[EVENT_PING] = "ping",
	[EVENT_VIA] = "via",
	[EVENT_HOLD] = "hold",
	[EVENT_KEYS] = "keys",
	[EVENT_RESOLVING] = "resolving",
	[EVENT_TABLE_FULL] = "table-full",
	[EVENT_LIMITED] = "limited",
	[EVENT_DROPPED] = "dropped",
};

const char *core_event_name(enum core_event e)
{
	return event_names[e];
}

static void ring_grow(struct core *c)
{
	size_t room = c->room ? 2 * c->room : 16;
	struct action *a = calloc(room, sizeof(*a));

	if (!a)
		/* a list of this length is a fault of ours: half-done changes would be worse */
		abort();
	for (size_t i = 0; i < c->n_action; i++)
		a[i] = c->action[(c->first + i) % c->room];
	free(c->action);
	c->action = a;
	c->room = room;
	c->first = 0;
}

struct action *action_push(struct core *c, enum action_type type, const struct hce *h)
{
	if (c->n_action == c->room)
		ring_grow(c);

	struct action *a = &c->action[(c->first + c->n_action++) % c->room];

	memset(a, 0, sizeof(*a));
	a->type = type;
	a->hce = h ? h->id : 0;
	return a;
}

bool action_is_queued(const struct core *c, uint64_t number)
{
	return number > c->taken;
}

struct action *core_act_once(struct core *c, enum action_type type, const struct hce *h,
			     uint64_t *number)
{
	if (action_is_queued(c, *number))
		return &c->action[(c->first + (*number - c->taken - 1)) % c->room];
	*number = c->taken + c->n_action + 1;
	return action_push(c, type, h);
}

bool core_next_action(struct core *c, struct action *ret)
{
	if (!c->n_action)
		return false;
	*ret = c->action[c->first];
	c->first = (c->first + 1) % c->room;
	c->n_action--;
	c->taken++;
	return true;
}

struct action *event_emit(struct core *c, enum core_event event, const struct hce *h,
			  const struct in6_addr *local, const struct in6_addr *foreign,
			  uint32_t seq, const char *detail)
{
	struct action *a = action_push(c, ACTION_EVENT, h);

	a->event.event = event;
	if (local)
		a->event.local = *local;
	if (foreign)
		a->event.foreign = *foreign;
	a->event.seq = seq;
	a->event.detail = detail;
	return a;
}

struct action *event_change(struct core *c, enum core_event event, const struct hce *h,
			    const struct in6_addr *local, const struct in6_addr *foreign,
			    const char *from, const char *to, const char *why)
{
	struct action *a = event_emit(c, event, h, local, foreign, 0, NULL);

	a->event.from = from;
	a->event.to = to;
	a->event.reason = why;
	return a;
}

void hce_arm(struct core *c, struct hce *h, usec_t t)
{
	timer_arm(&c->entry_timers, &h->timer, t);
}

void host_arm(struct core *c, usec_t t)
{
	if (t < c->host_deadline)
		c->host_deadline = t;
}

usec_t core_deadline(const struct core *c)
{
	const struct timers *q[] = { &c->entry_timers, &c->pcb_timers, &c->peer_timers,
				    &c->nonpeer_timers };
	usec_t t = c->host_deadline;

	/* Nothing else is looked after any more when this host leaves. */
	for (unsigned i = 0; i < ARRAY_LEN(q) && !c->leave.until; i++)
		if (timer_next(q[i]) < t)
			t = timer_next(q[i]);
	return t;
}

void nonce_draw(struct core *c, uint8_t ret[static CHALLENGE_LEN])
{
	uint64_t n = ++c->nonces;

	if (ah_hmac128(&c->seed, &n, sizeof(n), "nonce", 5, ret) < 0)
		abort();	/* a nonce that can be foretold would verify any address */
}
