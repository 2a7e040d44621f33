/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "route_sync.h"
#include "addr.h"
#include "core_types.h"
#include "log.h"
#include "neigh.h"
#include "netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#define LOOPBACK	1	/* its index in every namespace */
#define METRIC_HOST_ROUTE	1	/* before all others */
#define METRIC_LOCAL	1024	/* behind the kernel's, 0: an address that comes back is usable */

struct host_route_key {
	struct in6_addr dst, src;
	struct flow flow;	/* what no policy rule selects by is 0 */
	uint32_t type;		/* RTN_UNICAST, RTN_LOCAL */
};

/* A route that may be needed. */
struct host_route {
	struct host_route_key key;
	struct fib_route route;	/* as it is in the kernel, if installed */
	bool installed;
	bool any_source;	/* the route is for any source, not only key.src */
	bool wanted, done;	/* used within one update */
	UT_hash_handle hh;
};

struct route_sync {
	struct netlink *nl;
	struct host_route *set;
	struct fib_rules rules;
};

static const struct flow anybody;

static struct host_route_key key_of(uint32_t type, const struct in6_addr *dst,
				    const struct in6_addr *src, const struct flow *flow)
{
	struct host_route_key key;

	memset(&key, 0, sizeof(key));
	key.dst = *dst;
	key.src = *src;
	key.flow = *flow;
	key.type = type;
	return key;
}

/* The route in the set; NULL: it is not in it. */
static struct host_route *find(struct route_sync *s, uint32_t type, const struct in6_addr *dst,
			       const struct in6_addr *src, const struct flow *flow)
{
	struct host_route_key key = key_of(type, dst, src, flow);
	struct host_route *e;

	HASH_FIND(hh, s->set, &key, sizeof(key), e);
	return e;
}

/* Adds a route that may be needed to the set, or marks it. Returns NULL if memory is short. */
static struct host_route *want(struct route_sync *s, uint32_t type, const struct in6_addr *dst,
			       const struct in6_addr *src,
			       const struct flow *flow)
{
	struct host_route_key key = key_of(type, dst, src, flow);
	struct host_route *e;

	e = find(s, type, dst, src, flow);
	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e)
			return NULL;
		e->key = key;
		HASH_ADD(hh, s->set, key, sizeof(e->key), e);
	}
	e->wanted = true;
	return e;
}

/*
 * Adds a route of an earlier helper to the set, as installed. Removes a second one that differs in
 * the table only. Returns 0 or a negative errno.
 */
static int take_over(void *ctx, const struct fib_route *r)
{
	struct route_sync *s = ctx;
	struct host_route *e = want(s, r->type, &r->dst, &r->src, &anybody);

	if (!e)
		return -ENOMEM;
	if (e->installed)
		return fib_remove(s->nl, r);
	e->route = *r;
	e->installed = true;
	return 0;
}

int route_sync_open(struct route_sync **ret)
{
	struct route_sync *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	r = netlink_open(NETLINK_ROUTE, &s->nl);
	if (r < 0)
		goto fail;
	r = route_sync_rules(s);
	if (r < 0)
		goto fail;
	r = fib_each(s->nl, take_over, s);
	if (r < 0)
		goto fail;
	*ret = s;
	return 0;

fail:
	route_sync_close(s);
	return r;
}

int route_sync_rules(struct route_sync *s)
{
	return fib_rules(s->nl, &s->rules);
}

bool route_sync_ruled(const struct route_sync *s)
{
	const struct fib_rules *r = &s->rules;

	return r->uid || r->mark || r->proto || r->lport || r->fport || r->other;
}

struct flow route_sync_flow(const struct route_sync *s, const struct pcb *p)
{
	const struct fib_rules *r = &s->rules;

	return (struct flow){ .uid = r->uid ? p->uid : 0, .mark = r->mark ? p->mark : 0,
			      .proto = r->proto ? p->proto : 0, .lport = r->lport ? p->lport : 0,
			      .fport = r->fport ? p->fport : 0 };
}

bool route_sync_apart(struct route_sync *s, const struct pcb *p)
{
	const struct flow flow = route_sync_flow(s, p);
	struct in6_addr own, root;

	return route_sync_ruled(s) && route_source(s, &p->foreign, &flow, &own) == 0 &&
	       route_source(s, &p->foreign, NULL, &root) == 0 &&
	       (!addr_equal(&own, &root) || (s->rules.other && !addr_equal(&p->local, &root)));
}

bool route_sync_forbids(struct route_sync *s, struct core *c, const struct pcb *p,
			const struct in6_addr *local, const struct in6_addr *foreign)
{
	const struct flow flow = route_sync_flow(s, p);
	const struct local_addr *la = core_local(c, local);
	struct fib_match own, root;

	if (!route_sync_ruled(s) || !la || !la->usable ||
	    (addr_equal(local, &p->local) && addr_equal(foreign, &p->foreign)) ||
	    fib_get(s->nl, foreign, local, 0, NULL, &root))
		return false;
	if (fib_get(s->nl, foreign, local, 0, &flow, &own))
		return true;
	/* Of several next hops the look-up tells one. */
	return own.table != root.table && !own.multipath && own.nh.ifindex != la->ifindex &&
	       (s->rules.refuse || fib_refuses(s->nl, own.table, foreign) == 1);
}

void route_sync_flush_neighbours(struct route_sync *s, unsigned ifindex)
{
	int r = neigh_flush_unresolved(s->nl, ifindex);

	if (r)
		log_debug("cannot flush neighbours of interface %u: %s", ifindex, strerror(-r));
}

/* Removes the route from the kernel and from the set. Returns 0 or a negative errno. */
static int host_route_remove(struct route_sync *s, struct host_route *e)
{
	int r = e->installed ? fib_remove(s->nl, &e->route) : 0;

	HASH_DEL(s->set, e);
	free(e);
	return r;
}

void route_sync_leave(struct route_sync *s)
{
	struct host_route *e, *next;

	if (!s)
		return;
	HASH_ITER(hh, s->set, e, next) {
		HASH_DEL(s->set, e);
		free(e);
	}
}

void route_sync_close(struct route_sync *s)
{
	struct host_route *e, *next;

	if (!s)
		return;
	HASH_ITER(hh, s->set, e, next)
		host_route_remove(s, e);
	netlink_close(s->nl);
	free(s);
}

int route_get(struct route_sync *s, const struct in6_addr *dst, const struct in6_addr *src,
	      unsigned oif,
	      struct nexthop *ret)
{
	struct fib_match m;
	int r = fib_get(s->nl, dst, src, oif, NULL, &m);

	/*
	 * With a source, the kernel only prefers oif; without, it requires oif but ignores routes
	 * for a source.
	 */
	if (src && oif && (r || m.nh.ifindex != oif))
		r = fib_get(s->nl, dst, NULL, oif, NULL, &m);
	if (r)
		return r;
	if (m.type != RTN_UNICAST || (oif && m.nh.ifindex != oif))
		return -ENETUNREACH;
	*ret = m.nh;
	return 0;
}

int route_source(struct route_sync *s, const struct in6_addr *dst, const struct flow *flow,
		 struct in6_addr *ret)
{
	return fib_source(s->nl, dst, flow, ret);
}

static bool nexthop_equal(const struct nexthop *a, const struct nexthop *b)
{
	return a->ifindex == b->ifindex && a->mtu == b->mtu && a->has_gateway == b->has_gateway &&
	       (!a->has_gateway || addr_equal(&a->gateway, &b->gateway));
}

/*
 * Sets the route e with this next hop. A route that is right is not touched; one that the kernel
 * removed with an interface is added again. Returns 0 or a negative errno (logged).
 */
static int install(struct route_sync *s, struct host_route *e, uint32_t table, uint32_t metric,
		   const struct nexthop *nh)
{
	struct fib_route want = { .table = e->installed ? e->route.table : table,
				  .type = (uint8_t)e->key.type, .dst = e->key.dst, .metric = metric,
				  .nh = *nh };
	int r;

	if (!e->any_source)
		want.src = e->key.src;
	r = fib_set(s->nl, &want, e->installed && !nexthop_equal(&e->route.nh, nh));
	if (r == -EEXIST && e->installed)
		return 0;
	if (r == -EEXIST && (e->any_source || route_sync_ruled(s)))
		return 0;	/* set by hmip for another source or user */
	if (r) {
		errno = -r;
		log_warn("cannot set the route to %s from %s out of interface %u",
			 addr_text(&want.dst).s, addr_text(&want.src).s, nh->ifindex);
		return r;
	}
	e->route = want;
	e->installed = true;
	return 0;
}

static bool lost(const struct local_addr *la)
{
	return !la->usable && la->n_pcb;
}

static struct host_route *want_for(struct route_sync *s, const struct pcb *p)
{
	struct flow flow = route_sync_flow(s, p);

	return want(s, RTN_UNICAST, &p->foreign, &p->local, &flow);
}

/*
 * Marks the local route for p's birth address, if p sends from another: what the peer sends is for
 * it, also in the moment between its loss and our hearing of that. Returns 0 or -ENOMEM.
 */
static int want_birth(struct route_sync *s, struct core *c, const struct pcb *p)
{
	struct in6_addr l;

	if (!pcb_wire_pair(p, &l, NULL) || addr_equal(&l, &p->local) || !core_local(c, &p->local))
		return 0;
	return want(s, RTN_LOCAL, &p->local, &in6addr_any, &anybody) ? 0 : -ENOMEM;
}

/* Removes e, which is not wanted. Returns 0 or a negative errno (logged). */
static int drop(struct route_sync *s, struct host_route *e)
{
	struct host_route_key key = e->key;
	int r = host_route_remove(s, e);

	if (r)
		log_warnx("cannot remove the route to %s from %s: %s, continuing",
			  addr_text(&key.dst).s, addr_text(&key.src).s, strerror(-r));
	return r;
}

/* Marks the routes that p may need. Returns 0 or -ENOMEM. */
static int mark(struct route_sync *s, struct core *c, const struct pcb *p)
{
	return (pcb_wire_pair(p, NULL, NULL) && !want_for(s, p)) || want_birth(s, c, p) ? -ENOMEM
											 : 0;
}

/*
 * Marks the routes that may be needed and removes the others, before any lookup, which might find
 * them. Returns 0 or the first negative errno.
 */
static int mark_and_sweep(struct route_sync *s, struct core *c)
{
	struct host_route *e, *next;
	int r = 0, err;

	for (e = s->set; e; e = e->hh.next)
		e->wanted = e->done = false;
	for (const struct local_addr *la = core_locals(c); la; la = la->hh.next)
		if (lost(la) && !want(s, RTN_LOCAL, &la->addr, &in6addr_any, &anybody))
			return -ENOMEM;
	for (const struct pcb *p = core_pcbs(c); p; p = p->hh.next)
		if (mark(s, c, p))
			return -ENOMEM;
	HASH_ITER(hh, s->set, e, next) {
		err = e->wanted ? 0 : drop(s, e);
		r = r ? r : err;
	}
	return r;
}

int route_sync_sweep(struct route_sync *s, struct core *c)
{
	return s->set ? mark_and_sweep(s, c) : 0;
}

/*
 * Looks up the next hop of the pair in use, for packets that are still addressed to birth. If the
 * peer is on link, its address becomes the gateway, because birth cannot be resolved there. Returns
 * 0 or a negative errno.
 */
static int target(struct route_sync *s, struct core *c, const struct pair *pair,
		  const struct in6_addr *birth,
		  struct nexthop *ret)
{
	const struct local_addr *la = core_local(c, &pair->local);
	int r;

	if (!la || !la->usable || IN6_IS_ADDR_UNSPECIFIED(&pair->foreign))
		return -ENETUNREACH;
	r = route_get(s, &pair->foreign, &pair->local, la->ifindex == LOOPBACK ? 0 : la->ifindex,
		      ret);
	if (!r && !ret->has_gateway && !addr_equal(&pair->foreign, birth)) {
		ret->has_gateway = true;
		ret->gateway = pair->foreign;
	}
	return r;
}

/*
 * Chooses the table, and whether the route is for any source. Returns false if no route is needed:
 * the existing one has the next hop nh, or this host has the address itself now. An installed route
 * stays while it may be needed, because lookups find it instead of those behind it, and it does no
 * harm. It is removed only if rules select another table for the flow now.
 */
static bool place(struct route_sync *s, struct host_route *e, const struct nexthop *nh,
		  uint32_t *table)
{
	struct fib_match present;

	*table = RT_TABLE_MAIN;
	if ((e->installed && !route_sync_ruled(s)) ||
	    fib_get(s->nl, &e->key.dst, &e->key.src, 0, &e->key.flow, &present) ||
	    (e->installed && present.table == e->route.table))
		return true;
	if (e->installed)
		fib_remove(s->nl, &e->route);
	e->installed = false;
	if (present.type == RTN_LOCAL)
		return false;
	*table = present.table;
	e->any_source = present.dst_len == 128;
	return present.type != RTN_UNICAST || present.multipath || !nexthop_equal(&present.nh, nh);
}

static int route_sync_pcb(struct route_sync *s, struct core *c, const struct pcb *p)
{
	struct host_route *e = want_for(s, p);
	struct nexthop nh;
	uint32_t table;

	if (!e)
		return -ENOMEM;
	if (e->done)
		return 0;
	e->done = true;
	if (e->installed && e->any_source && addr_equal(&p->foreign, &p->hce->pair.foreign)) {
		fib_remove(s->nl, &e->route);	/* else the lookup finds it */
		e->installed = false;
	}
	if (target(s, c, &p->hce->pair, &p->foreign, &nh) || !place(s, e, &nh, &table))
		return 0;
	return install(s, e, table, METRIC_HOST_ROUTE, &nh);
}

static int install_local(struct route_sync *s, struct host_route *e)
{
	static const struct nexthop loopback = { .ifindex = LOOPBACK };

	return e->wanted && e->key.type == RTN_LOCAL ?
	       install(s, e, RT_TABLE_LOCAL, METRIC_LOCAL, &loopback) : 0;
}

int route_sync_update(struct route_sync *s, struct core *c)
{
	int r = mark_and_sweep(s, c), err;

	for (struct host_route *e = s->set; e; e = e->hh.next) {
		err = install_local(s, e);
		r = r ? r : err;
	}
	for (const struct pcb *p = core_pcbs(c); p; p = p->hh.next) {
		err = pcb_wire_pair(p, NULL, NULL) ? route_sync_pcb(s, c, p) : 0;
		r = r ? r : err;
	}
	return r;
}

/* The route of p's packets that is in the set; NULL: none. */
static struct host_route *find_for(struct route_sync *s, const struct pcb *p)
{
	struct flow flow = route_sync_flow(s, p);

	return find(s, RTN_UNICAST, &p->foreign, &p->local, &flow);
}

/* Marks what hce's connections need, and removes what they do not need any more. */
static int mark_entry(struct route_sync *s, struct core *c, const struct hce *hce)
{
	struct host_route *e;
	int r = 0, err;

	for (const struct pcb *p = hce->pcbs; p; p = p->next) {
		e = find_for(s, p);
		if (e)
			e->wanted = e->done = false;
	}
	for (const struct pcb *p = hce->pcbs; p; p = p->next)
		if (mark(s, c, p))
			return -ENOMEM;
	for (const struct pcb *p = hce->pcbs; p; p = p->next) {
		e = find_for(s, p);
		err = e && !e->wanted ? drop(s, e) : 0;
		r = r ? r : err;
	}
	return r;
}

int route_sync_entry(struct route_sync *s, struct core *c, const struct hce *hce)
{
	int r = mark_entry(s, c, hce), err = 0;

	for (const struct pcb *p = hce->pcbs; p; p = p->next) {
		struct host_route *e = find(s, RTN_LOCAL, &p->local, &in6addr_any, &anybody);

		if (e && !e->installed)
			err = install_local(s, e);
		r = r ? r : err;
		err = pcb_wire_pair(p, NULL, NULL) ? route_sync_pcb(s, c, p) : 0;
		r = r ? r : err;
	}
	return r;
}
