/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "translated.h"
#include "netlink.h"

#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* It is there while connection tracking is: to ask regardless would load its modules. */
#define TRACKING	"/proc/sys/net/netfilter/nf_conntrack_count"

struct dump {
	struct translated *t;
	size_t n;
};

/* The table changed during the dump, which is repeated. */
static void dump_restart(void *ctx)
{
	struct dump *d = ctx;

	d->n = 0;
}

/* The value of an attribute in *ret. Returns false if it has another length. */
static bool value(const struct nlattr *attr, void *ret, size_t len)
{
	if (mnl_attr_get_payload_len(attr) != len)
		return false;
	memcpy(ret, mnl_attr_get_payload(attr), len);
	return true;
}

static bool read_ip(const struct nlattr *nest, struct tuple *ret)
{
	const struct nlattr *attr;
	unsigned found = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTA_IP_V6_SRC)
			found += value(attr, &ret->src, sizeof(ret->src));
		if (mnl_attr_get_type(attr) == CTA_IP_V6_DST)
			found += value(attr, &ret->dst, sizeof(ret->dst));
	}
	return found == 2;
}

static bool read_ports(const struct nlattr *nest, struct tuple *ret, uint8_t *ret_proto)
{
	const struct nlattr *attr;
	unsigned found = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTA_PROTO_NUM)
			found += value(attr, ret_proto, sizeof(*ret_proto));
		if (mnl_attr_get_type(attr) == CTA_PROTO_SRC_PORT)
			found += value(attr, &ret->sport, sizeof(ret->sport));
		if (mnl_attr_get_type(attr) == CTA_PROTO_DST_PORT)
			found += value(attr, &ret->dport, sizeof(ret->dport));
	}
	ret->sport = ntohs(ret->sport);
	ret->dport = ntohs(ret->dport);
	return found == 3;
}

static bool read_tuple(const struct nlattr *nest, struct tuple *ret, uint8_t *ret_proto)
{
	const struct nlattr *attr;
	unsigned found = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTA_TUPLE_IP)
			found += read_ip(attr, ret);
		if (mnl_attr_get_type(attr) == CTA_TUPLE_PROTO)
			found += read_ports(attr, ret, ret_proto);
	}
	return found == 2;
}

/* The state of a TCP connection; TCP_CONNTRACK_NONE if nest does not say. */
static uint8_t read_state(const struct nlattr *nest)
{
	const struct nlattr *info, *attr;
	uint8_t state = TCP_CONNTRACK_NONE;

	mnl_attr_for_each_nested(info, nest)
		if (mnl_attr_get_type(info) == CTA_PROTOINFO_TCP)
			mnl_attr_for_each_nested(attr, info)
				if (mnl_attr_get_type(attr) == CTA_PROTOINFO_TCP_STATE)
					value(attr, &state, sizeof(state));
	return state;
}

static bool is_reverse(const struct tuple *a, const struct tuple *b)
{
	return IN6_ARE_ADDR_EQUAL(&a->src, &b->dst) && IN6_ARE_ADDR_EQUAL(&a->dst, &b->src) &&
	       a->sport == b->dport && a->dport == b->sport;
}

/* Reads a message into *ret. Returns whether it is about an open, translated connection. */
static bool read_entry(const struct nlmsghdr *nlh, struct translated *ret)
{
	uint8_t reply_proto = 0, state = TCP_CONNTRACK_NONE;
	const struct nlattr *attr;
	uint32_t status = 0;
	unsigned found = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
		switch (mnl_attr_get_type(attr)) {
		case CTA_TUPLE_ORIG:
			found += read_tuple(attr, &ret->original, &ret->proto);
			break;
		case CTA_TUPLE_REPLY:
			found += read_tuple(attr, &ret->reply, &reply_proto);
			break;
		case CTA_STATUS:
			found += value(attr, &status, sizeof(status));
			break;
		case CTA_PROTOINFO:
			state = read_state(attr);
			break;
		}
	if (found != 3 || is_reverse(&ret->original, &ret->reply))
		return false;
	if (ret->proto == IPPROTO_UDP)
		return ntohl(status) & IPS_SEEN_REPLY;
	return ret->proto == IPPROTO_TCP && state >= TCP_CONNTRACK_ESTABLISHED &&
	       state <= TCP_CONNTRACK_LAST_ACK;
}

static int dump_entry(void *ctx, const struct nlmsghdr *nlh)
{
	struct dump *d = ctx;
	struct translated one = { 0 }, *more;

	if (nlh->nlmsg_type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg) || !read_entry(nlh, &one))
		return 0;
	more = realloc(d->t, (d->n + 1) * sizeof(*d->t));
	if (!more)
		return -ENOMEM;
	d->t = more;
	d->t[d->n++] = one;
	return 0;
}

static int dump(struct netlink *nl, struct dump *d)
{
	char buf[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct nfgenmsg))] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *q;

	nlh->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	q = mnl_nlmsg_put_extra_header(nlh, sizeof(*q));
	q->nfgen_family = AF_INET6;
	q->version = NFNETLINK_V0;
	return netlink_dump(nl, nlh, dump_entry, dump_restart, d);
}

int translated_list(struct translated **ret, size_t *n)
{
	struct dump d = { 0 };
	struct netlink *nl;
	int r;

	*ret = NULL;
	*n = 0;
	if (access(TRACKING, F_OK) < 0)
		return 0;
	r = netlink_open(NETLINK_NETFILTER, &nl);
	if (r)
		return r;
	r = dump(nl, &d);
	netlink_close(nl);
	if (r) {
		free(d.t);
		return r;
	}
	*ret = d.t;
	*n = d.n;
	return 0;
}
