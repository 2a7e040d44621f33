/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore.h"
#include "action.h"
#include "bu_send.h"
#include "bul.h"
#include "core_data.h"
#include "entry.h"
#include "foreign.h"
#include "lifecycle.h"
#include "local.h"
#include "pair.h"
#include "pcb.h"
#include "peer.h"
#include "reach.h"
#include "udp_sender.h"

#include <errno.h>
#include <utlist.h>

#include "addr.h"

#define RESTORED	"as the earlier helper left it"

static struct core_saved_peer saved_peer(const struct peer *p)
{
	/* Whose numbers are used to send: an earlier inbound SA has none of its own. */
	const struct peer *of = p->heir ? p->heir : p;
	struct core_saved_peer s = { .spi_in = p->sa.in.spi, .spi_out = of->sa.out.spi,
				     .out_seq = of->sa.out_limit,
				     .replay_top = p->sa.replay.top,
				     .replay_seen = p->sa.replay.seen,
				     .bu_seq = of->hce ? of->hce->seq_limit : of->seq_out,
				     .anonymous = p->sa.class == SA_ANONYMOUS };

	if (s.anonymous) {
		s.key_in = p->sa.in.key;
		s.key_out = p->sa.out.key;
	}
	return s;
}

void core_save_peers(struct core *c, void (*fn)(void *ctx, const struct core_saved_peer *p),
		     void *ctx)
{
	struct peer *p, *next;

	HASH_ITER(hh, c->peers, p, next) {
		struct core_saved_peer s = saved_peer(p);

		fn(ctx, &s);
	}
}

int core_save_peer(struct core *c, uint32_t spi, struct core_saved_peer *ret)
{
	const struct peer *p = peer_by_spi(c, spi);

	if (!p)
		return -ENOENT;
	*ret = saved_peer(p);
	return 0;
}

uint32_t core_last_id(const struct core *c)
{
	return c->last_id;
}

void core_restore_last_id(struct core *c, uint32_t id)
{
	if (id > c->last_id)
		c->last_id = id;
}

int core_restore_peer(struct core *c, const struct core_saved_peer *s, usec_t now)
{
	const struct sa_half in = { .spi = s->spi_in, .key = s->key_in },
			     out = { .spi = s->spi_out, .key = s->key_out };
	struct peer *p = peer_by_spi(c, s->spi_in), *of;

	if (!p && s->anonymous) {
		p = peer_make_anonymous(c, NULL, &in, &out, now);
		if (!p)
			return -ENOMEM;
	}
	if (!p)
		return 0;
	if (s->replay_top >= p->sa.replay.top)
		p->sa.replay = (struct ah_replay){ s->replay_top, s->replay_seen };
	of = p->heir ? p->heir : p;
	if (of->sa.out.spi == s->spi_out && s->out_seq > of->sa.out_seq)
		of->sa.out_seq = of->sa.out_limit = s->out_seq;
	if (s->bu_seq >= 0)
		of->seq_out = (uint16_t)s->bu_seq;
	return 0;
}

int core_restore_entry(struct core *c, const struct core_saved_entry *e, usec_t now)
{
	struct peer *p = e->spi ? peer_by_spi(c, e->spi) : NULL;
	struct hce *h;

	if (p && p->heir)
		p = p->heir;	/* it has newer SAs by now */
	if ((e->spi && !p) || (p && p->hce) || core_entry(c, e->id))
		return -ENOENT;
	h = hce_restore(c, p, e->id, now);
	if (!h)
		return -ENOMEM;
	h->personality = e->personality;
	hce_trust(c, h, 0, e->trusted);
	h->initiated = e->initiated;
	h->may_announce = e->may_announce;
	h->homeless_acked = e->homeless_acked;
	h->has_our_ba = e->has_our_ba;
	h->seq_in_valid = e->seq_in_valid;
	h->seq_in = e->seq_in;
	h->srtt = e->srtt;
	pair_set(c, h, &e->pair, RESTORED);
	hce_restore_status(c, h, e->status, RESTORED);
	return 0;
}

/* At most d from now, whatever the file says: no entry outlives its addresses by its mistake. */
static usec_t within(usec_t t, usec_t d, usec_t now)
{
	return t < usec_add(now, d) ? t : usec_add(now, d);
}

int core_restore_address(struct core *c, struct hce *h, const struct in6_addr *addr,
			 enum addr_state state, bool withdrawn, enum lifetime_kind kind,
			 usec_t lifetime, usec_t expires, usec_t now)
{
	usec_t expired = c->config.maximum_expired_lifetime * USEC_PER_SEC;
	struct foreign_addr *fa;

	if (!addr_usable(addr) || foreign_find(c, addr) || (state == ADDR_TENTATIVE && !h->sa))
		return 0;
	fa = foreign_add(c, h, addr, state, kind, USEC_NEVER, RESTORED, now);
	if (!fa)
		return -ENOMEM;
	fa->withdrawn = withdrawn;
	if (state == ADDR_DEPRECATED && h->sa && h->sa->class == SA_GENERIC)
		fa->redirects_until = USEC_NEVER;
	if (!h->initiated && !h->prefix)
		hce_count_for(c, h, addr);	/* as good as any of a peer that the state lacks */
	fa->lifetime = lifetime;
	fa->expires = within(expires, state == ADDR_DEPRECATED ? expired : lifetime, now);
	hce_arm(c, fa->hce, fa->expires);
	return 0;
}

int core_restore_binding(struct core *c, struct hce *h, const struct in6_addr *addr,
			 enum binding_state state, usec_t now)
{
	struct binding *b;

	bul_want(c, h, addr, true);
	b = bul_find(h, addr);
	if (!b)
		return -ENOMEM;
	bul_set_state(c, h, b, state, RESTORED);
	b->seq = h->seq_out;
	bul_announced(b, c->config.binding_lifetime, now);
	b->acked = b->expires;
	b->refresh = now;	/* also if it is lost now and back before that was sent */
	if (!local_good_for(local_find(c, addr), h))
		bul_want(c, h, addr, false);
	return 0;
}

int core_restore_connection(struct core *c, const struct pcb *p, uint32_t entry, uint32_t gen,
			    usec_t now)
{
	struct foreign_addr *fa = foreign_find(c, &p->foreign);

	/* It waits for its peer to confirm or prove that address: foreign_confirm() attaches it. */
	if (fa && ((p->waits == PCB_WAITS_PEER && fa->hce->id == p->waits_for) ||
		   p->waits == PCB_WAITS_PROOF))
		fa->left_alone = true;
	return pcb_restore(c, p, core_entry(c, entry), gen, now);
}

int core_restore_sender(struct core *c, uint64_t cookie, uint32_t uid, uint32_t entry)
{
	struct hce *h = core_entry(c, entry);

	return h ? sender_restore(c, cookie, uid, h) : 0;
}

int core_restore_lost(struct core *c, const struct in6_addr *addr, unsigned personality,
		      usec_t remember_until, usec_t now)
{
	if (!addr_usable(addr) || foreign_find(c, addr))
		return 0;
	if (remember_until != USEC_NEVER)
		remember_until = within(remember_until,
					c->config.maximum_expired_lifetime * USEC_PER_SEC, now);
	return local_restore(c, addr, personality, remember_until, now);
}

void core_restore_done(struct core *c, usec_t now)
{
	struct foreign_addr *fa;
	struct local_addr *local, *next_local;
	struct hce *h, *next;

	peer_prune(c);
	HASH_ITER(hh, c->entries, h, next) {
		bul_want_all(c, h);
		bul_reannounce(h);
		HASH_ITER(hh, c->locals, local, next_local)
			if (!local->usable)
				/* lost while no helper ran */
				pair_migrate_from(c, h, &local->addr);
		pair_update(c, h, now);
		bu_flush(c, h, now);
		DL_FOREACH(h->addrs, fa)
			if (fa->state == ADDR_TENTATIVE &&
			    reach_ask(c, fa, &h->pair.local, h->seq_in))
				reach_send(c, fa, now);
	}
}
