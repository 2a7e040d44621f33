/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections and UDP sockets are registered, adopted and closed. */
#include "connection.h"
#include "core.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "aap_initiator.h"
#include "action.h"
#include "addr.h"
#include "bu_send.h"
#include "bul.h"
#include "entry.h"
#include "foreign.h"
#include "leave.h"
#include "lifecycle.h"
#include "local.h"
#include "nonpeer.h"
#include "pair.h"
#include "pcb.h"
#include "pcb_wire.h"
#include "peer.h"
#include "reach.h"
#include "udp_bound.h"
#include "udp_sender.h"

/*
 * Twice Linux's TIME-WAIT would be no better: a late segment of a moved connection finds its PCB
 * this long.
 */
#define PCB_LINGER		(60 * USEC_PER_SEC)

#define STALE_INTERVAL		USEC_PER_SEC
#define CONNECTED_TO		"a program sends there"

bool core_adopts(struct core *c, const struct pcb *p)
{
	const struct foreign_addr *fa = foreign_find(c, &p->foreign);
	const struct local_addr *l = local_find(c, &p->local);

	return fa && fa->state == ADDR_ACTIVE && hce_homeless(fa->hce) && l && l->usable &&
	       pcb_same_personality(c, p, fa->hce);
}

/* Whether the configuration has connections to addr begin mobility, whatever program has them. */
static bool initiates_to(const struct core *c, const struct in6_addr *addr)
{
	for (unsigned i = 0; i < c->config.n_initiate; i++)
		if (addr_common_prefix(&c->config.initiate[i].addr, addr) >=
		    c->config.initiate[i].len)
			return true;
	return false;
}

bool core_initiates(struct core *c, const struct pcb *p, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &p->foreign);
	const struct local_addr *l = local_find(c, &p->local);

	if (p->origin != PCB_CONNECT || p->proto != IPPROTO_TCP || !l || !l->usable ||
	    leave_is_begun(c) || !initiates_to(c, &p->foreign) || !aap_allowed(c, &p->foreign))
		return false;
	if (fa && (fa->state != ADDR_ACTIVE || fa->hce->sa || fa->hce->aap))
		return false;
	return addr_usable(&p->foreign) && !local_ours(c, &p->foreign) &&
	       !nonpeer_find(c, &p->foreign, now);
}

/* Whether p may be attached to fa's entry, as far as its peer and personality go. */
static bool fits(struct core *c, const struct pcb *p, const struct foreign_addr *fa, usec_t now)
{
	return fa->state == ADDR_ACTIVE && pcb_same_personality(c, p, fa->hce) &&
	       !hce_unresponsive(fa->hce, now);
}

/*
 * Returns the entry for a connection to p->foreign, made if this host initiates (C4). NULL: none.
 */
static struct hce *pcb_entry(struct core *c, const struct pcb *p, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &p->foreign);
	struct peer *of;
	struct hce *h;

	/*
	 * Nobody but the silence of its host has said that it is not good any more: a program using
	 * it says that it is.
	 */
	if (fa && fa->state == ADDR_DEPRECATED && !fa->hce->sa && p->origin == PCB_CONNECT) {
		foreign_set_state(c, fa, ADDR_ACTIVE, CONNECTED_TO, now);
		foreign_renew(c, fa, fa->kind, fa->lifetime, now);
	}
	if (fa)
		return fits(c, p, fa, now) ? fa->hce : NULL;
	if (p->origin != PCB_CONNECT)
		return NULL;

	of = peer_by_addr(c, &p->foreign);
	h = of && of->hce ? of->hce : hce_create(c, of, &p->local, true, now);
	if (!h || !pcb_same_personality(c, p, h))
		return NULL;
	/* C5, C6: what the program connects to is in use as it is, for as long as it is heard */
	fa = foreign_add(c, h, &p->foreign, ADDR_ACTIVE, LIFETIME_ACTIVITY,
			 c->config.default_lifetime * USEC_PER_SEC, CONNECTED_TO, now);
	if (!fa) {
		if (!h->addrs)
			hce_destroy(c, h, now);
		return NULL;
	}
	foreign_prove(c, fa, NULL, now);	/* by its owner, whom the program asked for */
	bul_want_all(c, h);
	return h;
}

/* Updates p, which was opened before, from a later report. */
static void pcb_update(struct core *c, struct pcb *p, const struct pcb *from, usec_t now)
{
	if ((p->uid == PCB_UID_UNKNOWN && from->uid != PCB_UID_UNKNOWN) || p->mark != from->mark ||
	    (p->source == PCB_ADOPTED && from->source == PCB_REGISTERED))
		pcb_changed(c, p);
	if (p->uid == PCB_UID_UNKNOWN)
		p->uid = from->uid;
	p->mark = from->mark;
	if (p->source == PCB_ADOPTED && from->source == PCB_REGISTERED) {
		p->source = PCB_REGISTERED;
		p->origin = from->origin;
		pcb_note_trust(c, p);
	}
	if (from->established)
		core_pcb_established(c, p->cookie, now);
}

/*
 * p's handshake is over. Its moves will rely on the peer's keys: a peer that has not used them
 * lately is asked to.
 */
static void pcb_on_established(struct core *c, struct pcb *p, usec_t now)
{
	struct hce *h = p->hce;

	if (h->sa && !h->bindings && !leave_is_begun(c)) {	/* it left, and may be back */
		bul_want_all(c, h);
		bu_flush(c, h, now);
	}
	if (p->origin == PCB_CONNECT && hce_homeless(h) && !h->unanswered_since &&
	    !hce_authenticated_lately(h, now)) {
		bul_reannounce(h);
		bu_flush(c, h, now);
	}
	hce_answered(c, h, now);
}

/*
 * Notes that p was not attached, as its peer is silent. It is attached to no other, whoever has the
 * address later; and to this one only when it has signalled that the address is still its own.
 */
static void pcb_note_silence(struct core *c, struct pcb *p, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &p->foreign);

	if (!fa || fa->state != ADDR_ACTIVE || !hce_unresponsive(fa->hce, now))
		return;
	pcb_wait_for_peer(c, p, fa->hce);
	fa->left_alone = true;
}

/*
 * Whether h's peer, a stranger without a connection, knows no address that this host has now: it
 * was not told of moves (X8).
 */
static bool is_out_of_touch(struct core *c, const struct hce *h)
{
	return hce_is_passing(h) && !local_best(c, h, h->personality, &in6addr_any);
}

/*
 * Asks fa's peer, from an address that it knows, whether fa is its own. For a stranger without a
 * connection this is no reason to be told of others: the program may mean somebody else. If it
 * knows none, it is forgotten, and who is there now is met as if it were new: returns false then.
 */
static bool ask_for_proof(struct core *c, struct foreign_addr *fa, usec_t now)
{
	if (is_out_of_touch(c, fa->hce)) {
		hce_destroy(c, fa->hce, now);
		return false;
	}
	reach_prove(c, fa, now);
	return true;
}

/*
 * Returns whether p, which this host began, is not attached before its peer has proved anew that
 * the address is its own: who proved it once may have gone, and would take p along when it moves.
 */
static bool must_be_proven(struct core *c, struct pcb *p, usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &p->foreign);

	if (p->origin != PCB_CONNECT || !fa || !fits(c, p, fa, now) || pcb_may_begin(fa, now))
		return false;
	if (!ask_for_proof(c, fa, now))
		return false;
	pcb_wait_for_proof(c, p);
	fa->left_alone = true;
	return true;
}

/*
 * p, which this host began, is established, and not attached as its peer's signalling is silent:
 * somebody is there. Asks once more; the initiator of anonymous keys then agrees on others.
 */
static void note_answered(struct core *c, const struct pcb *p, usec_t now)
{
	const struct foreign_addr *fa = foreign_find(c, &p->foreign);
	struct hce *h = fa ? fa->hce : NULL;

	if (!h || p->hce || p->origin != PCB_CONNECT || !h->sa || fa->withdrawn ||
	    fa->state == ADDR_TENTATIVE || p->waits == PCB_WAITS_ROOM || p->waits == PCB_REFUSED)
		return;
	if (!h->answered) {
		h->answered = now;
		h->answered_at = p->foreign;
	}
	bu_retry(h, now);
	hce_arm(c, h, now);
}

/* B1: the first packet of the peer's that comes back is the sign to announce this host. */
static void watch(struct core *c, const struct hce *h)
{
	if (h && !h->may_announce)
		action_push(c, ACTION_WATCH, h);
}

/*
 * Whether the peer has answered p, which is established. A handshake is an answer; connect() of a
 * UDP socket is none: core_heard() will tell of the first.
 */
static bool is_answered(const struct pcb *p)
{
	return p->proto != IPPROTO_UDP || p->hce->may_announce;
}

int core_pcb_open(struct core *c, const struct pcb *from, usec_t now)
{
	struct local_addr *l = local_find(c, &from->local);
	struct pcb *p = pcb_by_cookie(c, from->cookie);
	struct hce *h;
	int r = 0;

	if (p) {
		pcb_update(c, p, from, now);
		watch(c, p->hce);
		return 0;
	}
	/* C4, R9: user data only */
	if (from->proto != IPPROTO_TCP && from->proto != IPPROTO_UDP)
		return -EINVAL;
	if (from->source == PCB_ADOPTED && !core_adopts(c, from) && !core_initiates(c, from, now))
		return -ENOENT;
	if (!l || !addr_usable(&from->foreign) || local_ours(c, &from->foreign))
		return -EINVAL;
	p = pcb_add(c, from, l, now);
	if (!p)
		return -ENOMEM;
	h = must_be_proven(c, p, now) ? NULL : pcb_entry(c, p, now);
	if (!h && !p->waits)
		pcb_note_silence(c, p, now);
	if (h && !p->hce && !p->waits)	/* a new entry took it in by itself */
		r = pcb_attach(c, p, h, h->pair.gen);
	if (r == -EEXIST) {
		pcb_drop(c, p);
		return r;
	}
	if (from->source == PCB_ADOPTED && p->hce)
		c->counter[COUNT_ADOPTED]++;
	if (p->hce && p->established && is_answered(p))
		pcb_on_established(c, p, now);
	if (p->established && p->proto == IPPROTO_TCP)
		note_answered(c, p, now);
	watch(c, p->hce);
	return 0;
}

/*
 * The first connection that this host began to addr, and that is attached to nothing; NULL: none.
 */
static struct pcb *waits_at(struct core *c, const struct in6_addr *addr)
{
	struct pcb *p = pcb_unattached(c, addr);

	while (p && (p->origin != PCB_CONNECT || p->linger_until != USEC_NEVER || p->waits))
		p = p->same_next;
	return p;
}

void connection_address_given_back(struct core *c, const struct in6_addr *addr, usec_t now)
{
	struct pcb *p = foreign_find(c, addr) ? NULL : waits_at(c, addr);
	const struct local_addr *l = p ? local_find(c, &p->local) : NULL;
	struct hce *h = l && l->usable ? pcb_entry(c, p, now) : NULL;

	if (h && !p->hce && !p->waits && pcb_attach(c, p, h, h->pair.gen) < 0)
		return;
	if (!p || !p->hce)
		return;
	if (p->established && is_answered(p))
		pcb_on_established(c, p, now);
	watch(c, p->hce);
}

static void pcb_failed(struct core *c, const struct pcb *failed)
{
	struct pcb *p = pcb_by_cookie(c, failed->cookie);

	if (!p || !p->hce)
		return;
	if (failed->published)
		p->stale = true;
	else
		pcb_refuse(c, p);
}

void core_failed(struct core *c, const struct action *failed, usec_t now)
{
	struct hce *h = core_entry(c, failed->hce);

	if (failed->type == ACTION_PCB)
		pcb_failed(c, &failed->pcb);
	else if (failed->type == ACTION_PAIR && h)
		h->pair_stale = true;
	else
		return;
	c->stale_next = usec_add(now, STALE_INTERVAL);
	host_arm(c, c->stale_next);
}

void core_pcb_established(struct core *c, uint64_t cookie, usec_t now)
{
	struct pcb *p = pcb_by_cookie(c, cookie);

	if (!p || p->established)
		return;
	p->established = true;
	pcb_note_trust(c, p);
	pcb_changed(c, p);
	if (p->hce)
		pcb_on_established(c, p, now);
	else if (p->proto == IPPROTO_TCP)
		note_answered(c, p, now);
}

int core_trust(struct core *c, uint64_t cookie)
{
	struct pcb *p = pcb_by_cookie(c, cookie);

	if (!p || !p->hce)
		return -ENOENT;
	hce_trust(c, p->hce, 0, true);
	return 0;
}

int core_forget(struct core *c, uint64_t cookie, uint32_t uid, usec_t now)
{
	struct pcb *p = pcb_by_cookie(c, cookie), *other;

	if (!p || !p->hce)
		return -ENOENT;
	DL_FOREACH(p->hce->pcbs, other)
		if (uid != 0 && other->uid != uid && other->linger_until == USEC_NEVER)
			return -EPERM;
	if (uid != 0 && sender_is_others(c, p->hce, uid))
		return -EPERM;
	hce_retire(c, p->hce, now);
	return 0;
}

void core_pcb_close(struct core *c, uint64_t cookie, usec_t now)
{
	struct pcb *p = pcb_by_cookie(c, cookie);

	sender_close(c, cookie);
	bound_close(c, cookie);
	if (!p || p->linger_until != USEC_NEVER)
		return;
	if (p->hce)
		event_emit(c, EVENT_PCB_GONE, p->hce, &p->local, &p->foreign, 0, NULL);
	/* The TIME-WAIT of a moved connection still sends and receives, on the pair. */
	if (p->hce && p->proto == IPPROTO_TCP && pcb_follows_pair(p)) {
		pcb_linger(c, p, usec_add(now, PCB_LINGER));
		return;
	}
	pcb_drop(c, p);
}

int core_bound_open(struct core *c, const struct pcb *p, usec_t now)
{
	struct local_addr *l = local_find(c, &p->local);
	struct bound *b, *other = bound_find_port(c, p->lport);

	HASH_FIND(hh, c->bound, &p->cookie, sizeof(p->cookie), b);
	if (b)
		return 0;
	if (!addr_usable(&p->local))
		return -EINVAL;
	if (other && !addr_equal(&other->local, &p->local))
		return -EEXIST;
	if (HASH_COUNT(c->bound) >= BOUND_MAX)
		return -ENOSPC;
	if (!l) {
		l = local_add(c, &p->local, now);
		if (!l)
			return -ENOMEM;
		local_publish(c, l);
	}
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->cookie = p->cookie;
	b->local = p->local;
	b->port = p->lport;
	HASH_ADD(hh, c->bound, cookie, sizeof(b->cookie), b);
	l->n_pcb++;
	if (!other)
		bound_publish(c, ACTION_BOUND, b);
	return 0;
}

int core_datagram_sent(struct core *c, const struct pcb *p, usec_t now)
{
	struct pcb as = *p;
	struct foreign_addr *fa;
	struct hce *h;

	if (!local_find(c, &p->local) || !addr_usable(&p->foreign) || local_ours(c, &p->foreign))
		return -EINVAL;
	as.origin = PCB_CONNECT;
	fa = foreign_find(c, &p->foreign);
	if (fa && fa->state == ADDR_ACTIVE && hce_is_passing(fa->hce) && !pcb_may_begin(fa, now) &&
	    ask_for_proof(c, fa, now))
		return 0;
	h = pcb_entry(c, &as, now);
	if (!h)
		return 0;
	pair_init(c, h, &p->local, &p->foreign);
	watch(c, h);
	return sender_restore(c, p->cookie, p->uid, h);
}

/* The entry for a host that is to be met. Returns 0 or a negative errno. */
static int entry_to_meet(struct core *c, const struct pcb *as, usec_t now, struct hce **ret)
{
	const struct foreign_addr *fa = foreign_find(c, &as->foreign);

	if (!local_find(c, &as->local) || !addr_usable(&as->foreign) ||
	    local_ours(c, &as->foreign))
		return -EINVAL;
	if (!aap_allowed(c, &as->foreign) && !peer_by_addr(c, &as->foreign) && !(fa && fa->hce->sa))
		return -EACCES;
	nonpeer_forget(c, &as->foreign);
	*ret = pcb_entry(c, as, now);
	if (!*ret)
		return fa ? -EAGAIN : -ENOMEM;
	pair_init(c, *ret, &as->local, &as->foreign);
	return 0;
}

int core_meet(struct core *c, const struct in6_addr *local, const struct in6_addr *foreign,
	      bool keep, usec_t now, uint32_t *ret_entry)
{
	const struct pcb as = { .local = *local, .foreign = *foreign, .origin = PCB_CONNECT };
	const struct foreign_addr *fa = foreign_find(c, foreign);
	struct hce *h = NULL;
	int r = -ESHUTDOWN;

	/* Who only named the address may not be there. */
	if (fa && fa->state != ADDR_TENTATIVE && hce_homeless(fa->hce))
		h = fa->hce;
	if (!leave_is_begun(c))
		r = h ? 0 : entry_to_meet(c, &as, now, &h);
	if (r)
		return r;
	/* No passing stranger, else it could not be asked. */
	if (keep)
		hce_trust(c, h, 0, true);
	hce_converse(c, h, now);
	if (!hce_homeless(h))
		hce_answered(c, h, now);
	*ret_entry = h->id;
	return 0;
}

void hce_answered(struct core *c, struct hce *h, usec_t now)
{
	if (leave_is_begun(c))
		return;
	if (!h->may_announce) {
		h->may_announce = true;
		bu_flush(c, h, now);
	}
	aap_start(c, h, now);
}
