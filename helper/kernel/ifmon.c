/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages update a copy of the kernel's state (iface, kaddr); report() then reports how it differs
 * from what was reported before (reported_addr). Order, repetition and loss of messages do not
 * matter as long as the last message about each object, or a dump, is read.
 */
#include "config.h"

#include "ifmon.h"
#include "addr.h"
#include "array.h"
#include "clock.h"
#include "fib.h"
#include "netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#ifndef IFF_LOWER_UP		/* in linux/if.h, which does not go together with net/if.h */
#define IFF_LOWER_UP	0x10000
#endif

#define READ_MAX	4096			/* datagrams read before the changes are reported */
#define JITTER		(2 * USEC_PER_SEC)	/* the kernel counts lifetimes in whole seconds */

struct iface {
	unsigned index;
	char name[IF_NAMESIZE];
	unsigned short hatype;
	bool up;			/* addresses on it can be used */
	bool loopback;
	bool exists, reported_addr;
	bool reborn;			/* reported, removed, and added again with the same index */
	bool enslaved;			/* what it receives goes to its master */
	unsigned passthru;		/* a macvlan that takes all of this other one's; 0 */
	bool port;			/* as last reported */
	unsigned round;			/* number of the last dump that had it */
	UT_hash_handle hh;
};

struct kaddr_key {
	struct in6_addr addr;
	unsigned ifindex;
};

struct kaddr {				/* an address in the kernel */
	struct kaddr_key key;
	bool good;			/* usable if its interface is */
	bool deprecated;
	usec_t valid_until;
	unsigned round;
	UT_hash_handle hh;
};

struct reported_addr {			/* an address as it was last reported */
	struct in6_addr addr;
	unsigned ifindex;		/* 0: not yet */
	bool spare;
	usec_t valid_until;
	const struct kaddr *now;	/* what to report; valid within report() */
	UT_hash_handle hh;
};

struct ifmon {
	struct ifmon_handler handler;
	struct mnl_socket *events;
	struct netlink *ask;
	struct iface *ifaces;
	struct kaddr *kaddrs;
	struct reported_addr *reported_addr;
	unsigned round;
	bool routes;			/* changed since last reported */
	bool own_route_gone;		/* since last reported */
	char buf[NETLINK_BUFFER] __attribute__((aligned(4)));
};

int ifmon_open(const struct ifmon_handler *handler, struct ifmon **ret)
{
	static const unsigned group[] = { RTNLGRP_LINK, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE,
					  RTNLGRP_IPV6_RULE };
	struct ifmon *mon = calloc(1, sizeof(*mon));
	int r;

	if (!mon)
		return -ENOMEM;
	mon->handler = *handler;
	r = netlink_listen(NETLINK_ROUTE, group, ARRAY_LEN(group), &mon->events);
	if (!r)
		r = netlink_open(NETLINK_ROUTE, &mon->ask);
	if (r)
		ifmon_close(mon);
	else
		*ret = mon;
	return r;
}

void ifmon_close(struct ifmon *mon)
{
	struct iface *i, *inext;
	struct kaddr *k, *knext;
	struct reported_addr *t, *tnext;

	if (!mon)
		return;
	HASH_ITER(hh, mon->ifaces, i, inext) {
		HASH_DEL(mon->ifaces, i);
		free(i);
	}
	HASH_ITER(hh, mon->kaddrs, k, knext) {
		HASH_DEL(mon->kaddrs, k);
		free(k);
	}
	HASH_ITER(hh, mon->reported_addr, t, tnext) {
		HASH_DEL(mon->reported_addr, t);
		free(t);
	}
	netlink_close(mon->ask);
	if (mon->events)
		mnl_socket_close(mon->events);
	free(mon);
}

static struct iface *iface_find(const struct ifmon *mon, unsigned index)
{
	struct iface *i;

	HASH_FIND(hh, mon->ifaces, &index, sizeof(index), i);
	return i;
}

static struct kaddr *kaddr_find(const struct ifmon *mon, const struct in6_addr *addr,
				unsigned ifindex)
{
	struct kaddr_key key;
	struct kaddr *k;

	memset(&key, 0, sizeof(key));
	key.addr = *addr;
	key.ifindex = ifindex;
	HASH_FIND(hh, mon->kaddrs, &key, sizeof(key), k);
	return k;
}

static void kaddr_remove(struct ifmon *mon, struct kaddr *k)
{
	HASH_DEL(mon->kaddrs, k);
	free(k);
}

/* Removes an interface and its addresses, which the kernel does not always report one by one. */
static void iface_remove(struct ifmon *mon, struct iface *i)
{
	struct kaddr *k, *next;

	i->exists = i->up = false;
	HASH_ITER(hh, mon->kaddrs, k, next)
		if (k->key.ifindex == i->index)
			kaddr_remove(mon, k);
}

/* Whether the attribute is the text. */
static bool attr_is(const struct nlattr *a, const char *text)
{
	size_t len = strlen(text);

	return mnl_attr_get_payload_len(a) == len + 1 &&
	       !memcmp(mnl_attr_get_payload(a), text, len);
}

/* Whether a master of that kind takes what its interfaces receive. A VRF, for one, does not. */
static bool takes_all(const struct nlattr *kind)
{
	static const char *const kinds[] = { "bridge", "bond", "team", "openvswitch" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (attr_is(kind, kinds[i]))
			return true;
	return false;
}

static bool is_passthru(const struct nlattr *data)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, data)
		if (mnl_attr_get_type(a) == IFLA_MACVLAN_MODE &&
		    mnl_attr_get_payload_len(a) == sizeof(uint32_t))
			return mnl_attr_get_u32(a) == MACVLAN_MODE_PASSTHRU;
	return false;
}

/* Reads from RTM_NEWLINK which interface is above or below i. */
static void iface_stack(struct iface *i, const struct nlmsghdr *nlh)
{
	const struct nlattr *a, *b, *kind = NULL, *data = NULL, *master_kind = NULL;
	bool master = false, elsewhere = false;
	unsigned link = 0;

	mnl_attr_for_each(a, nlh, sizeof(struct ifinfomsg)) {
		if (mnl_attr_get_type(a) == IFLA_MASTER)
			master = true;
		if (mnl_attr_get_type(a) == IFLA_LINK &&
		    mnl_attr_get_payload_len(a) == sizeof(link))
			link = mnl_attr_get_u32(a);
		if (mnl_attr_get_type(a) == IFLA_LINK_NETNSID)
			elsewhere = true;
		if (mnl_attr_get_type(a) != IFLA_LINKINFO)
			continue;
		mnl_attr_for_each_nested(b, a) {
			kind = mnl_attr_get_type(b) == IFLA_INFO_KIND ? b : kind;
			data = mnl_attr_get_type(b) == IFLA_INFO_DATA ? b : data;
			master_kind = mnl_attr_get_type(b) == IFLA_INFO_SLAVE_KIND ? b :
				master_kind;
		}
	}
	/* Without a kind: the master of a paravirtual link's accelerated half. */
	i->enslaved = master && (!master_kind || takes_all(master_kind));
	i->passthru = kind && data && !elsewhere &&
		      (attr_is(kind, "macvlan") || attr_is(kind, "macvtap")) && is_passthru(data) ?
		      link : 0;
}

/*
 * RTM_NEWLINK, RTM_DELLINK. Ignores those of other families: a bridge reports its ports under its
 * own.
 */
static int iface_message(struct ifmon *mon, const struct nlmsghdr *nlh)
{
	const unsigned need = IFF_UP | IFF_LOWER_UP | IFF_RUNNING;
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *a;
	struct iface *i;
	bool up;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*m))
		return -EBADMSG;
	if (m->ifi_family != AF_UNSPEC)
		return 0;
	i = iface_find(mon, (unsigned)m->ifi_index);
	if (nlh->nlmsg_type == RTM_DELLINK) {
		if (i)
			iface_remove(mon, i);
		return 0;
	}
	if (!i) {
		i = calloc(1, sizeof(*i));
		if (!i)
			return -ENOMEM;
		i->index = (unsigned)m->ifi_index;
		HASH_ADD(hh, mon->ifaces, index, sizeof(i->index), i);
	}
	i->reborn = i->reborn || (i->reported_addr && !i->exists);
	i->exists = true;
	i->hatype = m->ifi_type;
	i->round = mon->round;
	i->loopback = m->ifi_flags & IFF_LOOPBACK;
	up = (m->ifi_flags & need) == need;
	/* ignore_routes_with_linkdown changes routes without a message. */
	if (up != i->up)
		mon->routes = true;
	i->up = up;
	iface_stack(i, nlh);
	mnl_attr_for_each(a, nlh, sizeof(*m))
		if (mnl_attr_get_type(a) == IFLA_IFNAME &&
		    mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0 &&
		    mnl_attr_get_payload_len(a) <= sizeof(i->name))
			strcpy(i->name, mnl_attr_get_str(a));
	return 0;
}

/* The contents of an address message. */
struct ifa {
	struct in6_addr local, peer;
	bool has_local, has_peer;
	uint32_t flags;
	struct ifa_cacheinfo ci;
};

static int ifa_parse(const struct nlmsghdr *nlh, struct ifa *ret)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(nlh);
	struct ifa r = { .flags = m->ifa_flags,
			 .ci = { .ifa_prefered = UINT32_MAX, .ifa_valid = UINT32_MAX } };
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(*m)) {
		const void *p = mnl_attr_get_payload(a);
		size_t len = mnl_attr_get_payload_len(a);

		if (mnl_attr_get_type(a) == IFA_LOCAL && len == sizeof(r.local)) {
			memcpy(&r.local, p, len);
			r.has_local = true;
		} else if (mnl_attr_get_type(a) == IFA_ADDRESS && len == sizeof(r.peer)) {
			memcpy(&r.peer, p, len);
			r.has_peer = true;
		} else if (mnl_attr_get_type(a) == IFA_FLAGS && len == sizeof(r.flags)) {
			memcpy(&r.flags, p, len);
		} else if (mnl_attr_get_type(a) == IFA_CACHEINFO && len >= sizeof(r.ci)) {
			memcpy(&r.ci, p, sizeof(r.ci));
		}
	}
	if (!r.has_local)	/* only a point-to-point address has both */
		r.local = r.peer;
	*ret = r;
	return r.has_local || r.has_peer ? 0 : -EBADMSG;
}

static bool ifa_good(const struct ifa *a)
{
	if ((a->flags & IFA_F_TENTATIVE) && !(a->flags & IFA_F_OPTIMISTIC))
		return false;
	return !(a->flags & IFA_F_DADFAILED) && addr_usable(&a->local);
}

/* RTM_NEWADDR, RTM_DELADDR. */
static int addr_message(struct ifmon *mon, const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(nlh);
	struct kaddr *k;
	struct ifa a;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*m) || ifa_parse(nlh, &a))
		return -EBADMSG;
	if (m->ifa_family != AF_INET6)
		return 0;
	k = kaddr_find(mon, &a.local, m->ifa_index);
	if (nlh->nlmsg_type == RTM_DELADDR) {
		if (k)
			kaddr_remove(mon, k);
		return 0;
	}
	if (!k) {
		k = calloc(1, sizeof(*k));
		if (!k)
			return -ENOMEM;
		k->key.addr = a.local;
		k->key.ifindex = m->ifa_index;
		HASH_ADD(hh, mon->kaddrs, key, sizeof(k->key), k);
	}
	k->round = mon->round;
	k->good = ifa_good(&a);
	k->deprecated = a.flags & IFA_F_DEPRECATED || !a.ci.ifa_prefered;
	k->valid_until = a.ci.ifa_valid == UINT32_MAX ? USEC_NEVER :
		clock_boottime() + a.ci.ifa_valid * USEC_PER_SEC;
	return 0;
}

/* One message of an event or of a dump. */
static int message(void *ctx, const struct nlmsghdr *nlh)
{
	struct ifmon *mon = ctx;
	const struct rtmsg *rt = mnl_nlmsg_get_payload(nlh);

	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return iface_message(mon, nlh);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return addr_message(mon, nlh);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(*rt) &&
		    rt->rtm_protocol != ROUTE_PROTO && !(rt->rtm_flags & RTM_F_CLONED))
			mon->routes = true;
		else if (nlh->nlmsg_type == RTM_DELROUTE)
			mon->own_route_gone = true;
		return 0;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		mon->routes = true;
		return 0;
	default:
		return 0;
	}
}

static bool is_port(const struct ifmon *mon, const struct iface *i)
{
	const struct iface *above;

	for (above = mon->ifaces; above; above = above->hh.next)
		if (above->exists && above->passthru == i->index)
			return true;
	return i->enslaved;
}

static void report_interfaces(struct ifmon *mon)
{
	struct iface *i, *next;

	HASH_ITER(hh, mon->ifaces, i, next) {
		bool port = is_port(mon, i);

		if (i->reported_addr && (!i->exists || i->reborn || i->port != port)) {
			i->reported_addr = i->reborn = false;
			mon->handler.interface_gone(mon->handler.ctx, i->index);
		}
		if (!i->exists) {
			HASH_DEL(mon->ifaces, i);
			free(i);
		} else if (!i->reported_addr) {
			i->reported_addr = true;
			i->port = port;
			mon->handler.interface(mon->handler.ctx, i->index, i->name, i->hatype,
					       port);
		}
	}
}

static bool kaddr_usable(const struct ifmon *mon, const struct kaddr *k)
{
	const struct iface *i = iface_find(mon, k->key.ifindex);

	return k->good && i && i->up && !i->port;
}

static bool kaddr_spare(const struct ifmon *mon, const struct kaddr *k)
{
	return k->deprecated || iface_find(mon, k->key.ifindex)->loopback;
}

/* Whether usable k is to be reported for the address rather than t->now, on another interface. */
static bool is_better(const struct ifmon *mon, const struct kaddr *k,
		      const struct reported_addr *t)
{
	bool spare = kaddr_spare(mon, k);

	if (spare != kaddr_spare(mon, t->now))
		return !spare;
	return t->now->key.ifindex != t->ifindex && k->key.ifindex < t->now->key.ifindex;
}

/*
 * Chooses for each address the interface to report: one where it is not spare, the one reported
 * before, else the one with the lowest index. Returns 0 or -ENOMEM.
 */
static int match_addresses(struct ifmon *mon)
{
	struct kaddr *k, *knext;
	struct reported_addr *t, *tnext;

	HASH_ITER(hh, mon->reported_addr, t, tnext) {
		k = kaddr_find(mon, &t->addr, t->ifindex);
		t->now = k && kaddr_usable(mon, k) ? k : NULL;
	}
	HASH_ITER(hh, mon->kaddrs, k, knext) {
		if (!kaddr_usable(mon, k))
			continue;
		HASH_FIND(hh, mon->reported_addr, &k->key.addr, sizeof(k->key.addr), t);
		if (!t) {
			t = calloc(1, sizeof(*t));
			if (!t)
				return -ENOMEM;
			t->addr = k->key.addr;
			HASH_ADD(hh, mon->reported_addr, addr, sizeof(t->addr), t);
		}
		if (!t->now || is_better(mon, k, t))
			t->now = k;
	}
	return 0;
}

static bool lifetime_changed(usec_t a, usec_t b)
{
	if (a == USEC_NEVER || b == USEC_NEVER)
		return a != b;
	return (a > b ? a - b : b - a) > JITTER;
}

static int report_addresses(struct ifmon *mon)
{
	struct reported_addr *t, *next;
	int r = match_addresses(mon);

	HASH_ITER(hh, mon->reported_addr, t, next) {
		if (t->now)
			continue;
		HASH_DEL(mon->reported_addr, t);
		if (t->ifindex)
			mon->handler.address_down(mon->handler.ctx, &t->addr);
		free(t);
	}
	HASH_ITER(hh, mon->reported_addr, t, next) {
		bool spare = kaddr_spare(mon, t->now);

		if (t->ifindex == t->now->key.ifindex && t->spare == spare &&
		    !lifetime_changed(t->valid_until, t->now->valid_until))
			continue;
		t->ifindex = t->now->key.ifindex;
		t->spare = spare;
		t->valid_until = t->now->valid_until;
		mon->handler.address_up(mon->handler.ctx, &t->addr, t->ifindex, spare,
					t->valid_until);
	}
	return r;
}

static int report(struct ifmon *mon)
{
	int r;

	report_interfaces(mon);
	r = report_addresses(mon);
	if (mon->routes)
		mon->handler.routes(mon->handler.ctx);
	mon->routes = false;
	if (mon->own_route_gone)
		mon->handler.own_route_gone(mon->handler.ctx);
	mon->own_route_gone = false;
	return r;
}

static void new_round(void *ctx)
{
	struct ifmon *mon = ctx;

	mon->round++;
}

static int dump(struct ifmon *mon, uint16_t type, unsigned char family)
{
	char buf[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct ifinfomsg))]
		__attribute__((aligned(4)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (type == RTM_GETLINK)
		((struct ifinfomsg *)mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg)))
			->ifi_family = family;
	else
		((struct ifaddrmsg *)mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifaddrmsg)))
			->ifa_family = family;
	return netlink_dump(mon->ask, nlh, message, new_round, mon);
}

/*
 * Reads the kernel's state by a dump. Changes that happen meanwhile are queued at the event socket.
 * Returns 0 or a negative errno.
 */
static int resync(struct ifmon *mon)
{
	struct iface *i, *inext;
	struct kaddr *k, *knext;
	int r;

	r = dump(mon, RTM_GETLINK, AF_UNSPEC);
	if (r)
		return r;
	HASH_ITER(hh, mon->ifaces, i, inext)
		if (i->round != mon->round)
			iface_remove(mon, i);
	r = dump(mon, RTM_GETADDR, AF_INET6);
	if (r)
		return r;
	HASH_ITER(hh, mon->kaddrs, k, knext)
		if (k->round != mon->round)
			kaddr_remove(mon, k);
	return 0;
}

int ifmon_sync(struct ifmon *mon)
{
	int r = resync(mon);

	mon->routes = false;
	return r ? r : report(mon);
}

int ifmon_fd(const struct ifmon *mon)
{
	return mnl_socket_get_fd(mon->events);
}

/* Applies one datagram. Returns 1, 0 if none is queued, or a negative errno. */
static int read_one(struct ifmon *mon)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)mon->buf;
	ssize_t n = mnl_socket_recvfrom(mon->events, mon->buf, sizeof(mon->buf));
	int len = (int)n, r = 0;

	if (n < 0 && errno == EINTR)
		return 1;
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	for (; !r && mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		r = message(mon, nlh);
	return r ? r : 1;
}

int ifmon_read(struct ifmon *mon)
{
	bool lost = false;
	int r = 1;

	for (unsigned i = 0; r > 0 && i < READ_MAX; i++) {
		r = read_one(mon);
		if (r == -ENOBUFS || r == -ENOMEM || r == -EBADMSG || r == -ENOSPC) {
			lost = true;	/* of messages; those queued are still read */
			r = 1;
		}
	}
	if (r < 0)
		return r;
	if (lost) {
		r = resync(mon);
		if (r)
			return r;
		mon->routes = true;
	}
	return report(mon);
}

const char *ifmon_name(const struct ifmon *mon, unsigned ifindex)
{
	const struct iface *i = iface_find(mon, ifindex);

	return i && i->exists ? i->name : NULL;
}

bool ifmon_works(const struct ifmon *mon, unsigned ifindex)
{
	const struct iface *i = iface_find(mon, ifindex);

	return i && i->exists && i->up;
}

bool ifmon_has(const struct ifmon *mon, const struct in6_addr *addr)
{
	for (const struct kaddr *k = mon->kaddrs; k; k = k->hh.next)
		if (addr_equal(&k->key.addr, addr))
			return true;
	return false;
}

unsigned ifmon_index(const struct ifmon *mon, const char *name)
{
	const struct iface *i;

	for (i = mon->ifaces; i; i = i->hh.next)
		if (i->exists && !strcmp(i->name, name))
			return i->index;
	return 0;
}
