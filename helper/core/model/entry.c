/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign Host Cache Entries, looked up and described. */
#include "entry.h"

#include <errno.h>
#include <stdlib.h>

#include "status.h"

/* When an outage ends, the next Update may be due after SLOW_UPDATE_INTERVAL only. */
#define UNRESPONSIVE_AFTER	(SLOW_UPDATE_INTERVAL + 2 * USEC_PER_SEC)
#define AUTHENTICATED_LATELY	(60 * USEC_PER_SEC)

static const char *const state_names[] = {
	[ADDR_TENTATIVE] = "tentative",
	[ADDR_ACTIVE] = "active",
	[ADDR_DEPRECATED] = "deprecated",
};

static const char *const kind_names[] = {
	[LIFETIME_ACTIVITY] = "activity",
	[LIFETIME_ABSOLUTE] = "absolute",
};

static const char *const status_names[] = {
	[PEER_UNKNOWN] = "unknown",
	[PEER_HOMELESS] = "homeless",
	[PEER_MOBILE_HOME] = "mobile-home",
	[PEER_MOBILE_AWAY] = "mobile-away",
	[PEER_STANDARD] = "standard",
	[PEER_PLAIN] = "plain",
};

static const char *const binding_names[] = {
	[BINDING_NONE] = "none",
	[BINDING_SENT] = "sent",
	[BINDING_KNOWN] = "known",
	[BINDING_RESPONDED] = "responded",
	[BINDING_VERIFIED] = "verified",
};

const char *addr_state_name(enum addr_state s)
{
	return state_names[s];
}

const char *lifetime_kind_name(enum lifetime_kind k)
{
	return kind_names[k];
}

const char *peer_status_name(enum peer_status s)
{
	return status_names[s];
}

const char *binding_state_name(enum binding_state s)
{
	return binding_names[s];
}

bool hce_unresponsive(const struct hce *h, usec_t now)
{
	return h->unanswered_since && now >= usec_add(h->unanswered_since, UNRESPONSIVE_AFTER);
}

bool hce_authenticated_lately(const struct hce *h, usec_t now)
{
	return h->authenticated && now < usec_add(h->authenticated, AUTHENTICATED_LATELY);
}

bool foreign_heard_lately(const struct core *c, const struct foreign_addr *fa, usec_t now)
{
	return fa->heard && now < usec_add(fa->heard, c->config.default_lifetime * USEC_PER_SEC);
}

bool foreign_proven_since(const struct foreign_addr *fa, usec_t age, usec_t now)
{
	return fa->proven && now < usec_add(fa->proven, age);
}

struct hce *core_entries(struct core *c)
{
	return c->entries;
}

struct hce *core_entry(struct core *c, uint32_t id)
{
	struct hce *h;

	HASH_FIND(hh, c->entries, &id, sizeof(id), h);
	return h;
}

bool hce_homeless(const struct hce *h)
{
	return h->sa && status_may(h->status) & STATUS_MAY_MOVE;
}

int hce_reserve(struct core *c)
{
	unsigned room = c->entry_room ? 2 * c->entry_room : 16;
	struct hce **evictable;
	uint32_t *due;

	if (HASH_COUNT(c->entries) < c->entry_room)
		return 0;
	evictable = reallocarray(c->evictable, room, sizeof(struct hce *));
	if (!evictable)
		return -ENOMEM;
	c->evictable = evictable;
	due = reallocarray(c->due, room, sizeof(*due));
	if (!due)
		return -ENOMEM;
	c->due = due;
	c->entry_room = room;
	return 0;
}

/* Whether h may be evicted: the only writer of the list of those that may. */
static void set_evictable(struct core *c, struct hce *h, bool evictable)
{
	struct hce *last;

	if (evictable == (h->evict_at != 0))
		return;
	if (evictable) {
		c->evictable[c->n_evictable++] = h;
		h->evict_at = c->n_evictable;
		return;
	}
	last = c->evictable[--c->n_evictable];
	c->evictable[h->evict_at - 1] = last;
	last->evict_at = h->evict_at;
	h->evict_at = 0;
}

static void note_evictable(struct core *c, struct hce *h)
{
	set_evictable(c, h, !h->trusted && !h->n_pcb);
}

void hce_trust(struct core *c, struct hce *h, int proofs, bool vouch)
{
	h->n_proof += (unsigned)proofs;
	h->vouched |= vouch;
	h->trusted = h->vouched || h->n_proof;
	note_evictable(c, h);
}

void hce_count_pcb(struct core *c, struct hce *h, int more)
{
	h->n_pcb += (unsigned)more;
	note_evictable(c, h);
}

void hce_forget(struct core *c, struct hce *h)
{
	set_evictable(c, h, false);
}

bool hce_is_passing(const struct hce *h)
{
	return !h->trusted && !hce_in_use(h) && !h->conversed;
}

bool hce_in_use(const struct hce *h)
{
	return h->n_pcb || h->n_sender;
}
