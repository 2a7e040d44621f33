/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tc_filter.h"

#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

static int option_attr(const struct nlattr *attr, void *data)
{
	struct tc_filter *f = data;

	if (mnl_attr_get_type(attr) == TCA_BPF_NAME &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		f->name = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

static int filter_attr(const struct nlattr *attr, void *data)
{
	struct tc_filter *f = data;

	if (mnl_attr_get_type(attr) == TCA_KIND &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		f->kind = mnl_attr_get_str(attr);
	if (mnl_attr_get_type(attr) == TCA_OPTIONS)
		return mnl_attr_parse_nested(attr, option_attr, data);
	return MNL_CB_OK;
}

bool tc_filter(const struct nlmsghdr *nlh, struct tc_filter *ret)
{
	const struct tcmsg *t = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type != RTM_NEWTFILTER || mnl_nlmsg_get_payload_len(nlh) < sizeof(*t))
		return false;
	*ret = (struct tc_filter){ .priority = TC_H_MAJ(t->tcm_info) >> 16,
				   .handle = t->tcm_handle };
	mnl_attr_parse(nlh, sizeof(*t), filter_attr, ret);
	return true;
}

int tc_filter_dump(unsigned ifindex, bool egress, netlink_fn *fn, void (*again)(void *ctx),
		   void *ctx)
{
	char buf[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct tcmsg))] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct netlink *n;
	struct tcmsg *t;
	int r = netlink_open(NETLINK_ROUTE, &n);

	if (r < 0)
		return r;
	nlh->nlmsg_type = RTM_GETTFILTER;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	t = mnl_nlmsg_put_extra_header(nlh, sizeof(*t));
	t->tcm_family = AF_UNSPEC;
	t->tcm_ifindex = (int)ifindex;
	t->tcm_parent = TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS);
	r = netlink_dump(n, nlh, fn, again, ctx);
	netlink_close(n);
	return r;
}
