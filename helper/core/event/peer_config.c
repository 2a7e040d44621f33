/* SPDX-License-Identifier: BSD-2-Clause */
/* Peers with configured keys are added and removed. */
#include "core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aap_try.h"
#include "action.h"
#include "bu_send.h"
#include "bul.h"
#include "foreign.h"
#include "lifecycle.h"
#include "peer.h"

static void drop(struct peer *p)
{
	if (p)
		free(p->name);
	free(p);
}

/* A peer without keys, which is in no table. Returns NULL if memory is short. */
static struct peer *make(const struct core *c, const char *name)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (!p || !(p->name = strdup(name))) {
		drop(p);
		return NULL;
	}
	p->sa.class = SA_GENERIC;
	p->seq_out = c->epoch;
	return p;
}

int core_peer_add(struct core *c, const struct core_peer *from, usec_t now)
{
	if (peer_collides(c, from))
		return -EEXIST;

	struct peer *known = peer_by_name(c, from->name), *p = known ? known : make(c, from->name);

	if (!p || peer_set_addrs(c, p, from->n_addr, from->addr) < 0) {
		if (!known)
			drop(p);
		return -ENOMEM;
	}
	if (known) {
		peer_drop_earlier(c, p, 0);
		action_push(c, ACTION_SPI_GONE, NULL)->spi = p->sa.in.spi;
		HASH_DEL(c->peers, p);
	}
	peer_rekey(c, p, from);
	p->ended = false;
	HASH_ADD(hh, c->peers, sa.in.spi, sizeof(p->sa.in.spi), p);
	action_push(c, ACTION_SPI, NULL)->spi = p->sa.in.spi;

	/* An entry without an SA that has one of the addresses gets these keys. */
	for (unsigned i = 0; i < p->n_addr && !p->hce; i++) {
		struct foreign_addr *fa = foreign_find(c, &p->addr[i].addr);

		if (fa && fa->state == ADDR_ACTIVE && !fa->hce->sa) {
			aap_abort(fa->hce);
			peer_attach(c, fa->hce, p);
			bul_want_all(c, p->hce);
			bu_flush(c, p->hce, now);
			hce_arm(c, p->hce, now);
		}
	}
	return 0;
}

/* What h's peer did not acknowledge is announced anew, with numbers from epoch on. */
static void begin_anew(struct core *c, struct hce *h, uint32_t epoch, usec_t now)
{
	h->seq_out = h->seq_limit = (uint16_t)epoch;
	h->support_sent = false;
	bul_reannounce(h);
	h->rt.tries = 0;
	h->rt.next = now;
	bu_flush(c, h, now);
	hce_arm(c, h, now);
}

unsigned core_clock_set(struct core *c, uint32_t epoch, usec_t now)
{
	struct peer *p, *next;
	unsigned n = 0;

	if (epoch <= c->epoch)
		return 0;
	c->epoch = epoch;
	HASH_ITER(hh, c->peers, p, next) {
		if (p->sa.class != SA_GENERIC || p->ended || p->sa.out_seq >= epoch)
			continue;
		n++;
		p->sa.out_seq = epoch;	/* not reserved: it is saved before the next packet */
		if (!p->hce)
			p->seq_out = (uint16_t)epoch;
		else if (!p->hce->homeless_acked)
			begin_anew(c, p->hce, epoch, now);
	}
	return n;
}

int core_peer_remove(struct core *c, const char *name, usec_t now)
{
	struct peer *p = peer_by_name(c, name);

	if (!p)
		return -ENOENT;
	peer_drop_earlier(c, p, 0);
	action_push(c, ACTION_SPI_GONE, NULL)->spi = p->sa.in.spi;
	if (p->hce)
		hce_retire(c, p->hce, now);	/* which leaves its BU number to p */
	peer_note_used(c, p);
	peer_free(c, p);
	return 0;
}

int core_peer_renew(struct core *c, const char *name, const struct sa_half *in,
		    const struct sa_half *out, usec_t now)
{
	struct peer *p = peer_by_name(c, name);
	bool ended = p && p->ended;
	int r = p ? peer_renew(c, p, in, out) : -ENOENT;

	if (r < 0 || !ended || !p->hce)
		return r;
	/* What could not be said meanwhile. */
	bul_want_all(c, p->hce);
	bul_reannounce(p->hce);
	p->hce->rt.next = now;
	bu_flush(c, p->hce, now);
	hce_arm(c, p->hce, now);
	return 0;
}

int core_peer_drop(struct core *c, const char *name, uint32_t spi)
{
	const struct peer *p = peer_by_name(c, name);

	return p && spi && peer_drop_earlier(c, p, spi) ? 0 : -ENOENT;
}

int core_peer_end(struct core *c, const char *name)
{
	struct peer *p = peer_by_name(c, name);

	if (!p)
		return -ENOENT;
	if (!p->ended && p->hce)
		event_emit(c, EVENT_KEYS, p->hce, NULL, NULL, 0,
			   "its security associations are gone: nothing is signalled to this peer "
			   "before it has others");
	peer_end(c, p);
	return 0;
}
