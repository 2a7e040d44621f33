/* SPDX-License-Identifier: BSD-2-Clause */
#include "leave.h"

#include <utlist.h>

#include "action.h"
#include "addr.h"
#include "bul.h"
#include "entry.h"
#include "foreign.h"
#include "lifecycle.h"
#include "local.h"
#include "pair.h"
#include "pcb.h"
#include "peer.h"
#include "retry.h"
#include "send.h"

#define LEAVE_MAX	USEC_PER_SEC			/* a stop takes no longer */
#define FIRST_WAIT_MAX	(USEC_PER_SEC / 4)		/* for an answer to the first farewell */

/* Whether p's packets can have its own addresses: both are in use. */
static bool birth_pair_works(struct core *c, const struct pcb *p)
{
	const struct foreign_addr *fa = foreign_find(c, &p->foreign);

	return p->hce->pair.block != BLOCK_ALL && fa && fa->hce == p->hce &&
	       fa->state == ADDR_ACTIVE && local_good_for(local_find(c, &p->local), p->hce);
}

/* ... and h's peer, which may have moved them, has proof of our address. */
static bool peer_can_return(const struct pcb *p)
{
	const struct binding *b = bul_find(p->hce, &p->local);

	return b && b->state >= BINDING_RESPONDED;
}

static bool is_moved(const struct pcb *p)
{
	return p->linger_until == USEC_NEVER && pcb_wire_pair(p, NULL, NULL);
}

/* Neither host holds anything of the other from now on, and nothing moves. */
static void part(struct core *c, struct hce *h, enum status_event why)
{
	hce_status_event(c, h, why);
	bul_free(h);
	h->may_announce = h->homeless_acked = h->support_sent = h->has_our_ba = false;
	h->retransmit_on_ack = h->switch_deferred = false;
	h->path.running = h->path.failed_over = false;
	h->rt.tries = 0;
	h->rt.next = USEC_NEVER;
}

/* The first goes by the pair that was left; without an answer, others go by a birth pair, too. */
static void send_farewell(struct core *c, struct hce *h, usec_t now)
{
	const struct pair *by = h->parting.sent % 2 ? &h->pair : &h->parting.from;
	const struct local_addr *l = local_find(c, &by->local);
	struct signal s = { .dst = by->foreign, .n_bu = 1 };
	usec_t wait = retry_timeout(h);

	h->parting.next = usec_add(now, (wait < FIRST_WAIT_MAX ? wait : FIRST_WAIT_MAX)
						<< h->parting.sent);
	h->parting.sent++;
	host_arm(c, h->parting.next);
	if (!local_good_for(l, h))
		l = retry_source(c, h);
	if (!l || IN6_IS_ADDR_UNSPECIFIED(&s.dst))
		return;
	s.src = l->addr;
	s.bu[0] = (struct binding_update){ .flags = BU_ACK, .seq = peer_next_bu(c, h),
					   .names_source = true };
	core_send(c, h, &s, now);
}

static void leave_peer(struct core *c, struct hce *h, usec_t now)
{
	struct pcb *p;

	h->parting = (struct parting){ .told = true, .seq = h->seq_out + 1, .from = h->pair };
	DL_FOREACH(h->pcbs, p) {
		bool moved = is_moved(p), back = birth_pair_works(c, p) && peer_can_return(p);

		h->parting.n_back += moved && back;
		c->leave.stranded += moved && !back;
	}
	h->parting.waits = h->parting.n_back > 0;
	c->leave.n_waits += h->parting.waits;
	leave_follow(c, h, STATUS_LEFT, now);
	send_farewell(c, h, now);
}

void leave_begin(struct core *c, usec_t now)
{
	struct hce *h, *next;

	c->leave.until = usec_add(now, LEAVE_MAX);
	HASH_ITER(hh, c->entries, h, next)
		if (hce_homeless(h) && h->may_announce && hce_in_use(h))
			leave_peer(c, h, now);
	if (!c->leave.n_waits)
		leave_end(c);
	host_arm(c, c->leave.until);
}

void leave_end(struct core *c)
{
	struct action *a;
	struct hce *h, *next;

	if (c->leave.done)
		return;
	c->leave.done = true;
	a = action_push(c, ACTION_LEFT, NULL);
	a->left.stranded = c->leave.stranded;
	HASH_ITER(hh, c->entries, h, next) {
		*(h->parting.waits ? &a->left.unanswered : &a->left.back) += h->parting.n_back;
		h->parting.waits = false;
		/* The state is saved: the next helper announces this host. */
		h->may_announce |= h->parting.told;
	}
}

void leave_expire(struct core *c, usec_t now)
{
	struct hce *h, *next;

	if (c->leave.done)
		return;
	if (now >= c->leave.until) {
		leave_end(c);
		return;
	}
	host_arm(c, c->leave.until);
	HASH_ITER(hh, c->entries, h, next) {
		if (!h->parting.waits)
			continue;
		if (now >= h->parting.next)
			send_farewell(c, h, now);
		else
			host_arm(c, h->parting.next);
	}
}

void leave_acked(struct core *c, struct hce *h, const struct binding_ack *ba)
{
	if (!h->parting.waits || (int16_t)(ba->seq - h->parting.seq) < 0 ||
	    (int16_t)(h->seq_out - ba->seq) < 0)
		return;
	h->parting.waits = false;
	if (!--c->leave.n_waits)
		leave_end(c);
}

bool leave_is_farewell(const struct signal *s)
{
	const struct binding_update *bu = &s->bu[0];

	return s->n_bu == 1 && !s->has_home && !bu->lifetime && bu->names_source && !bu->n_addr &&
	       !bu->has_challenge;
}

/* The pair is where connections are: when the hosts meet again, nothing has to move. */
static void pair_return(struct core *c, struct hce *h, const char *why)
{
	struct pair to = h->pair;
	const struct pcb *p;

	DL_FOREACH(h->pcbs, p)
		if (p->linger_until == USEC_NEVER && birth_pair_works(c, p)) {
			to.local = p->local;
			to.foreign = p->foreign;
			to.unconfirmed = false;
			pair_set(c, h, &to, why);
			return;
		}
}

void leave_follow(struct core *c, struct hce *h, enum status_event why, usec_t now)
{
	struct foreign_addr *fa, *next;
	struct pcb *p;

	part(c, h, why);
	pair_return(c, h, status_event_text(why));
	DL_FOREACH(h->pcbs, p)
		if (birth_pair_works(c, p))
			pcb_keep_birth_pair(c, p);
	DL_FOREACH_SAFE(h->addrs, fa, next)
		if (fa->state == ADDR_TENTATIVE)
			foreign_withdraw(c, fa, now);	/* it answers no Challenge any more */
}

bool leave_is_begun(const struct core *c)
{
	return c->leave.until != 0;
}
