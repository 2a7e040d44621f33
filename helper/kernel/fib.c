/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "fib.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MAX	256	/* octets of the longest request */
/* Selectors of Linux 6.13 and 6.14, which older headers do not have. */
#define RULE_DSCP	25	/* FRA_DSCP */
#define RULE_FLOWLABEL	26	/* FRA_FLOWLABEL */

/* Starts a route message in buf. */
static struct nlmsghdr *fib_request(char *buf, uint16_t type, uint16_t flags, struct rtmsg **rt)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	*rt = mnl_nlmsg_put_extra_header(nlh, sizeof(**rt));
	(*rt)->rtm_family = AF_INET6;
	return nlh;
}

/* Reads one next hop's attributes. */
static void parse_nexthop(const struct nlattr *a, struct nexthop *ret)
{
	if (mnl_attr_get_type(a) == RTA_OIF && !mnl_attr_validate(a, MNL_TYPE_U32)) {
		ret->ifindex = mnl_attr_get_u32(a);
	} else if (mnl_attr_get_type(a) == RTA_GATEWAY &&
		   mnl_attr_get_payload_len(a) == sizeof(ret->gateway)) {
		memcpy(&ret->gateway, mnl_attr_get_payload(a), sizeof(ret->gateway));
		ret->has_gateway = !IN6_IS_ADDR_UNSPECIFIED(&ret->gateway);
	}
}

static unsigned parse_mtu(const struct nlattr *metrics)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, metrics)
		if (mnl_attr_get_type(a) == RTAX_MTU && !mnl_attr_validate(a, MNL_TYPE_U32))
			return mnl_attr_get_u32(a);
	return 0;
}

/* Reads the first of several next hops, or the first out of oif. */
static void parse_multipath(const struct nlattr *multi, unsigned oif, struct nexthop *ret)
{
	const struct rtnexthop *h = mnl_attr_get_payload(multi);
	int left = mnl_attr_get_payload_len(multi);

	while (RTNH_OK(h, left) && oif && (unsigned)h->rtnh_ifindex != oif) {
		left -= RTNH_ALIGN(h->rtnh_len);
		h = RTNH_NEXT(h);
	}
	if (!RTNH_OK(h, left))
		return;
	ret->ifindex = (unsigned)h->rtnh_ifindex;
	for (const struct nlattr *a = (const void *)(h + 1);
	     mnl_attr_ok(a, (int)((const char *)h + h->rtnh_len - (const char *)a));
	     a = mnl_attr_next(a))
		parse_nexthop(a, ret);
}

struct lookup {
	unsigned oif;
	struct fib_match m;
	bool learned;			/* m.nh.mtu is that of an exception to the route */
	struct in6_addr prefsrc;
};

static int lookup_answer(void *ctx, const struct nlmsghdr *nlh)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *a;
	struct lookup *l = ctx;

	if (nlh->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(nlh) < sizeof(*rt))
		return -EBADMSG;
	l->m.type = rt->rtm_type;
	l->m.dst_len = rt->rtm_dst_len;
	l->m.table = rt->rtm_table;
	l->learned = rt->rtm_flags & RTM_F_CLONED;
	mnl_attr_for_each(a, nlh, sizeof(*rt)) {
		switch (mnl_attr_get_type(a)) {
		case RTA_TABLE:
			if (!mnl_attr_validate(a, MNL_TYPE_U32))
				l->m.table = mnl_attr_get_u32(a);
			break;
		case RTA_METRICS:
			l->m.nh.mtu = parse_mtu(a);
			break;
		case RTA_MULTIPATH:
			l->m.multipath = true;
			parse_multipath(a, l->oif, &l->m.nh);
			break;
		case RTA_PREFSRC:
			if (mnl_attr_get_payload_len(a) == sizeof(l->prefsrc))
				memcpy(&l->prefsrc, mnl_attr_get_payload(a), sizeof(l->prefsrc));
			break;
		default:
			parse_nexthop(a, &l->m.nh);
		}
	}
	return 0;
}

static int lookup(struct netlink *n, const struct in6_addr *dst, const struct in6_addr *src,
		  uint32_t flags, const struct flow *flow, struct lookup *l)
{
	char buf[REQUEST_MAX] __attribute__((aligned(4)));
	struct rtmsg *rt;
	struct nlmsghdr *nlh = fib_request(buf, RTM_GETROUTE, 0, &rt);

	rt->rtm_dst_len = 128;
	rt->rtm_flags = flags;
	mnl_attr_put(nlh, RTA_DST, sizeof(*dst), dst);
	if (src) {
		rt->rtm_src_len = 128;
		mnl_attr_put(nlh, RTA_SRC, sizeof(*src), src);
	}
	if (l->oif)
		mnl_attr_put_u32(nlh, RTA_OIF, l->oif);
	if (flow && flow->uid != SOCK_UID_UNKNOWN)
		mnl_attr_put_u32(nlh, RTA_UID, flow->uid);
	if (flow && flow->mark)
		mnl_attr_put_u32(nlh, RTA_MARK, flow->mark);
	if (flow && flow->proto)
		mnl_attr_put_u8(nlh, RTA_IP_PROTO, (uint8_t)flow->proto);
	if (flow && flow->lport)
		mnl_attr_put_u16(nlh, RTA_SPORT, htons(flow->lport));
	if (flow && flow->fport)
		mnl_attr_put_u16(nlh, RTA_DPORT, htons(flow->fport));
	return netlink_ask(n, nlh, lookup_answer, l);
}

int fib_get(struct netlink *n, const struct in6_addr *dst, const struct in6_addr *src, unsigned oif,
	    const struct flow *flow, struct fib_match *ret)
{
	struct lookup l = { .oif = oif };
	/* The route in the table, without what the kernel learned of the path. */
	int r = lookup(n, dst, src, RTM_F_FIB_MATCH, flow, &l);

	if (!r)
		*ret = l.m;
	return r;
}

int fib_source(struct netlink *n, const struct in6_addr *dst, const struct flow *flow,
	       struct in6_addr *ret)
{
	struct lookup l = { 0 };
	int r = lookup(n, dst, NULL, 0, flow, &l);

	if (r)
		return r;
	if (IN6_IS_ADDR_UNSPECIFIED(&l.prefsrc))
		return -EADDRNOTAVAIL;
	*ret = l.prefsrc;
	return 0;
}

unsigned fib_learned_mtu(struct netlink *n, const struct in6_addr *dst, const struct in6_addr *src,
			 const struct flow *flow)
{
	struct lookup l = { 0 };

	return !lookup(n, dst, src, 0, flow, &l) && l.learned ? l.m.nh.mtu : 0;
}

int fib_forget_mtu(struct netlink *n, const struct in6_addr *dst, const struct in6_addr *src,
		   const struct flow *flow, unsigned mtu)
{
	char buf[REQUEST_MAX] __attribute__((aligned(4)));
	struct lookup l = { 0 };
	struct rtmsg *rt;
	struct nlmsghdr *nlh;
	int r = lookup(n, dst, src, 0, flow, &l);

	if (r)
		return r;
	if (!l.learned || l.m.nh.mtu != mtu)
		return -ESRCH;
	nlh = fib_request(buf, RTM_DELROUTE, NLM_F_ACK, &rt);
	rt->rtm_flags = RTM_F_CLONED;
	rt->rtm_dst_len = rt->rtm_src_len = 128;
	rt->rtm_table = l.m.table < 256 ? (unsigned char)l.m.table : RT_TABLE_COMPAT;
	mnl_attr_put(nlh, RTA_DST, sizeof(*dst), dst);
	mnl_attr_put(nlh, RTA_SRC, sizeof(*src), src);
	mnl_attr_put_u32(nlh, RTA_TABLE, l.m.table);
	return netlink_ask(n, nlh, NULL, NULL);
}

static int found_rule(void *ctx, const struct nlmsghdr *nlh)
{
	const struct fib_rule_hdr *hdr = mnl_nlmsg_get_payload(nlh);
	struct fib_rules *rules = ctx;
	const struct nlattr *a;

	if (nlh->nlmsg_type != RTM_NEWRULE || mnl_nlmsg_get_payload_len(nlh) < sizeof(*hdr))
		return -EBADMSG;
	rules->other |= hdr->tos != 0;
	rules->refuse |= hdr->action == FR_ACT_BLACKHOLE || hdr->action == FR_ACT_UNREACHABLE ||
			 hdr->action == FR_ACT_PROHIBIT;
	mnl_attr_for_each(a, nlh, sizeof(*hdr)) {
		unsigned type = mnl_attr_get_type(a);

		rules->uid |= type == FRA_UID_RANGE;
		rules->mark |= type == FRA_FWMASK;
		rules->proto |= type == FRA_IP_PROTO;
		rules->lport |= type == FRA_SPORT_RANGE;
		rules->fport |= type == FRA_DPORT_RANGE;
		rules->other |= type == RULE_DSCP || type == RULE_FLOWLABEL;
	}
	return 0;
}

static void rules_again(void *ctx)
{
	*(struct fib_rules *)ctx = (struct fib_rules){ 0 };
}

int fib_rules(struct netlink *n, struct fib_rules *ret)
{
	char buf[REQUEST_MAX] __attribute__((aligned(4)));
	struct rtmsg *rt;
	struct nlmsghdr *nlh = fib_request(buf, RTM_GETRULE, NLM_F_DUMP, &rt);
	struct fib_rules rules = { 0 };
	int r = netlink_dump(n, nlh, found_rule, rules_again, &rules);

	if (!r)
		*ret = rules;
	return r;
}

struct refusal {
	uint32_t table;
	const struct in6_addr *dst;
	bool found;
};

static bool in_prefix(const struct in6_addr *addr, const struct in6_addr *prefix, unsigned bits)
{
	unsigned whole = bits / 8;

	return !memcmp(addr, prefix, whole) &&
	       (bits % 8 == 0 ||
		(addr->s6_addr[whole] ^ prefix->s6_addr[whole]) >> (8 - bits % 8) == 0);
}

static int found_refusal(void *ctx, const struct nlmsghdr *nlh)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(nlh);
	struct refusal *refusal = ctx;
	struct in6_addr dst = { 0 };
	const struct nlattr *a;
	uint32_t table;

	if (nlh->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(nlh) < sizeof(*rt))
		return -EBADMSG;
	if (rt->rtm_family != AF_INET6 || rt->rtm_dst_len > 128 ||
	    (rt->rtm_type != RTN_BLACKHOLE && rt->rtm_type != RTN_UNREACHABLE &&
	     rt->rtm_type != RTN_PROHIBIT))
		return 0;
	table = rt->rtm_table;
	mnl_attr_for_each(a, nlh, sizeof(*rt)) {
		if (mnl_attr_get_type(a) == RTA_TABLE && !mnl_attr_validate(a, MNL_TYPE_U32))
			table = mnl_attr_get_u32(a);
		else if (mnl_attr_get_type(a) == RTA_DST &&
			 mnl_attr_get_payload_len(a) == sizeof(dst))
			memcpy(&dst, mnl_attr_get_payload(a), sizeof(dst));
	}
	refusal->found |= table == refusal->table && in_prefix(refusal->dst, &dst, rt->rtm_dst_len);
	return 0;
}

int fib_refuses(struct netlink *n, uint32_t table, const struct in6_addr *dst)
{
	char buf[REQUEST_MAX] __attribute__((aligned(4)));
	struct refusal refusal = { .table = table, .dst = dst };
	struct rtmsg *rt;
	struct nlmsghdr *nlh = fib_request(buf, RTM_GETROUTE, NLM_F_DUMP, &rt);
	int r = netlink_dump(n, nlh, found_refusal, NULL, &refusal);

	return refusal.found ? 1 : r;
}

/* Adds the attributes that identify a route of hmip. */
static void put_name(struct nlmsghdr *nlh, struct rtmsg *rt, const struct fib_route *r)
{
	rt->rtm_protocol = ROUTE_PROTO;
	rt->rtm_type = r->type;
	rt->rtm_table = r->table < 256 ? (unsigned char)r->table : RT_TABLE_COMPAT;
	rt->rtm_dst_len = 128;
	mnl_attr_put(nlh, RTA_DST, sizeof(r->dst), &r->dst);
	if (!IN6_IS_ADDR_UNSPECIFIED(&r->src)) {
		rt->rtm_src_len = 128;
		mnl_attr_put(nlh, RTA_SRC, sizeof(r->src), &r->src);
	}
	mnl_attr_put_u32(nlh, RTA_TABLE, r->table);
	mnl_attr_put_u32(nlh, RTA_PRIORITY, r->metric);
}

int fib_set(struct netlink *n, const struct fib_route *r, bool replace)
{
	char buf[REQUEST_MAX] __attribute__((aligned(4)));
	struct rtmsg *rt;
	struct nlmsghdr *nlh = fib_request(buf, RTM_NEWROUTE,
					   NLM_F_ACK | NLM_F_CREATE | (replace ? NLM_F_REPLACE :
								       NLM_F_EXCL), &rt);

	put_name(nlh, rt, r);
	rt->rtm_scope = r->type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
	mnl_attr_put_u32(nlh, RTA_OIF, r->nh.ifindex);
	if (r->nh.has_gateway) {
		mnl_attr_put(nlh, RTA_GATEWAY, sizeof(r->nh.gateway), &r->nh.gateway);
		rt->rtm_flags = RTNH_F_ONLINK;	/* the gateway may be off that link */
	}
	if (r->nh.mtu) {
		struct nlattr *nest = mnl_attr_nest_start(nlh, RTA_METRICS);

		mnl_attr_put_u32(nlh, RTAX_MTU, r->nh.mtu);
		mnl_attr_nest_end(nlh, nest);
	}
	return netlink_ask(n, nlh, NULL, NULL);
}

int fib_remove(struct netlink *n, const struct fib_route *r)
{
	char buf[REQUEST_MAX] __attribute__((aligned(4)));
	struct rtmsg *rt;
	struct nlmsghdr *nlh = fib_request(buf, RTM_DELROUTE, NLM_F_ACK, &rt);
	int err;

	put_name(nlh, rt, r);
	err = netlink_ask(n, nlh, NULL, NULL);
	return err == -ESRCH ? 0 : err;
}

/* The routes tagged ROUTE_PROTO in a dump. */
struct route_vec {
	struct fib_route *route;
	size_t n;
};

static void route_vec_reset(void *ctx)
{
	struct route_vec *f = ctx;

	f->n = 0;
}

static int route_vec_add(void *ctx, const struct nlmsghdr *nlh)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(nlh);
	struct fib_route r = { 0 }, *more;
	struct route_vec *f = ctx;
	const struct nlattr *a;

	if (nlh->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(nlh) < sizeof(*rt))
		return -EBADMSG;
	if (rt->rtm_family != AF_INET6 || rt->rtm_protocol != ROUTE_PROTO ||
	    (rt->rtm_flags & RTM_F_CLONED))
		return 0;
	r.table = rt->rtm_table;
	r.type = rt->rtm_type;
	mnl_attr_for_each(a, nlh, sizeof(*rt)) {
		if (mnl_attr_get_type(a) == RTA_DST && mnl_attr_get_payload_len(a) == sizeof(r.dst))
			memcpy(&r.dst, mnl_attr_get_payload(a), sizeof(r.dst));
		else if (mnl_attr_get_type(a) == RTA_SRC &&
			 mnl_attr_get_payload_len(a) == sizeof(r.src))
			memcpy(&r.src, mnl_attr_get_payload(a), sizeof(r.src));
		else if (mnl_attr_get_type(a) == RTA_TABLE && !mnl_attr_validate(a, MNL_TYPE_U32))
			r.table = mnl_attr_get_u32(a);
		else if (mnl_attr_get_type(a) == RTA_PRIORITY &&
			 !mnl_attr_validate(a, MNL_TYPE_U32))
			r.metric = mnl_attr_get_u32(a);
		else if (mnl_attr_get_type(a) == RTA_METRICS)
			r.nh.mtu = parse_mtu(a);
		else
			parse_nexthop(a, &r.nh);
	}
	more = reallocarray(f->route, f->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	f->route = more;
	f->route[f->n++] = r;
	return 0;
}

int fib_each(struct netlink *n, int (*fn)(void *ctx, const struct fib_route *r), void *ctx)
{
	char buf[REQUEST_MAX] __attribute__((aligned(4)));
	struct rtmsg *rt;
	struct nlmsghdr *nlh = fib_request(buf, RTM_GETROUTE, NLM_F_DUMP, &rt);
	struct route_vec f = { 0 };
	int r = netlink_dump(n, nlh, route_vec_add, route_vec_reset, &f), err;

	for (size_t i = 0; i < f.n; i++) {
		err = fn(ctx, &f.route[i]);
		r = r ? r : err;
	}
	free(f.route);
	return r;
}
