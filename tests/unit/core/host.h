/* SPDX-License-Identifier: BSD-2-Clause */
/* A core to test one of its files with: one host, one entry, and the resulting actions. */
#ifndef HMIP_TEST_HOST_H
#define HMIP_TEST_HOST_H

#include "action.h"
#include "addr.h"
#include "bul.h"
#include "core.h"
#include "entry.h"
#include "foreign.h"
#include "lifecycle.h"
#include "local.h"
#include "pair.h"
#include "pcb.h"
#include "peer.h"
#include "suite.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define L0	"2001:db8:1::c"
#define L1	"2001:db8:2::c"
#define L2	"2001:db8:3::c"
#define F0	"2001:db8:f0::5"
#define F1	"2001:db8:f1::5"
#define F2	"2001:db8:f2::5"

static struct core *c;
static struct hce *h;
static usec_t now;

static inline struct in6_addr a(const char *text)
{
	struct in6_addr addr;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &addr), 1);
	return addr;
}

/* Takes all actions. Returns how many have that type; *ret is the last. ret may be NULL. */
static inline unsigned take(enum action_type type, struct action *ret)
{
	struct action one;
	unsigned n = 0;

	while (core_next_action(c, &one)) {
		if (one.type != type)
			continue;
		n++;
		if (ret)
			*ret = one;
	}
	return n;
}

/* Makes addr a usable address of this host. */
static inline struct local_addr *up(const char *text)
{
	struct in6_addr addr = a(text);
	struct local_addr *l = local_find(c, &addr);

	if (!l)
		l = local_add(c, &addr, now);
	ck_assert_ptr_nonnull(l);
	l->usable = true;
	l->ifindex = 1;
	l->valid_until = USEC_NEVER;
	return l;
}

/* Puts the binding of local address addr at the peer into that state. */
static inline struct binding *hold(const char *text, enum binding_state state)
{
	struct in6_addr addr = a(text);
	struct binding *b;

	bul_want(c, h, &addr, true);
	b = bul_find(h, &addr);
	ck_assert_ptr_nonnull(b);
	b->state = state;
	b->pending = state < BINDING_KNOWN;
	return b;
}

/* Adds an address of the peer's, just proven unless it is Tentative. */
static inline struct foreign_addr *at(const char *text, enum addr_state state)
{
	struct in6_addr addr = a(text);
	struct foreign_addr *fa = foreign_add(c, h, &addr, state, LIFETIME_ABSOLUTE,
					      600 * USEC_PER_SEC, "test", now);

	ck_assert_ptr_nonnull(fa);
	fa->proven = state == ADDR_TENTATIVE ? 0 : now;
	return fa;
}

/* Opens a connection of h between these. */
static inline struct pcb *connection(const char *local, const char *foreign, uint64_t cookie)
{
	struct pcb from = { .cookie = cookie, .local = a(local), .foreign = a(foreign),
			    .lport = (uint16_t)cookie, .fport = 80, .proto = IPPROTO_TCP,
			    .established = true };

	ck_assert_int_eq(pcb_restore(c, &from, h, h->pair.gen, now), 0);
	return h->pcbs->prev;		/* utlist: the last */
}

/* One host at L0, and the entry of a Homeless peer at F0, which has keys and verified L0. */
static inline void setup(void)
{
	static const uint8_t seed[32] = { 1 };
	struct sa_half half = { 0x1001, { .alg = AH_HMAC_SHA256_128, .len = 32 } };
	struct in6_addr l0 = a(L0), f0 = a(F0);
	struct peer *p;

	now = 1000 * USEC_PER_SEC;
	c = core_new(&core_config_default, seed, 1);
	ck_assert_ptr_nonnull(c);
	up(L0);
	p = peer_make_anonymous(c, NULL, &half, &half, now);
	ck_assert_ptr_nonnull(p);
	h = hce_create(c, p, &l0, true, now);
	ck_assert_ptr_nonnull(h);
	hce_status_event(c, h, STATUS_SUPPORTS);
	hce_trust(c, h, 0, true);		/* it may learn all, connections or not */
	h->may_announce = h->seq_in_valid = true;
	h->authenticated = now;
	at(F0, ADDR_ACTIVE);
	hold(L0, BINDING_VERIFIED);
	pair_init(c, h, &l0, &f0);
	take(ACTION_EVENT, NULL);
}

static inline void teardown(void)
{
	core_free(c);
}

static inline void assert_pair(const char *local, const char *foreign)
{
	struct in6_addr l = a(local), f = a(foreign);

	ck_assert_str_eq(addr_text(&h->pair.local).s, addr_text(&l).s);
	ck_assert_str_eq(addr_text(&h->pair.foreign).s, addr_text(&f).s);
}

#endif
