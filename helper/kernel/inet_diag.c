/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "inet_diag.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

static int dump(struct netlink *n, uint8_t proto, uint32_t states, uint8_t extensions,
		netlink_fn *fn, void (*again)(void *ctx), void *ctx)
{
	char buf[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct inet_diag_req_v2))]
		__attribute__((aligned(4)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *q;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	q = mnl_nlmsg_put_extra_header(nlh, sizeof(*q));
	q->sdiag_family = AF_INET6;
	q->sdiag_protocol = proto;
	q->idiag_ext = extensions;
	q->idiag_states = states;
	return netlink_dump(n, nlh, fn, again, ctx);
}

int inet_diag_dump(struct netlink *n, uint8_t proto, uint32_t states, netlink_fn *fn,
		   void (*again)(void *ctx), void *ctx)
{
	return dump(n, proto, states, 0, fn, again, ctx);
}

int inet_diag_dump_info(struct netlink *n, uint8_t proto, uint32_t states, netlink_fn *fn,
			void (*again)(void *ctx), void *ctx)
{
	return dump(n, proto, states, 1 << (INET_DIAG_INFO - 1), fn, again, ctx);
}

const struct inet_diag_msg *inet_diag_message(const struct nlmsghdr *nlh, uint64_t *ret_cookie)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type != SOCK_DIAG_BY_FAMILY || mnl_nlmsg_get_payload_len(nlh) < sizeof(*m))
		return NULL;
	*ret_cookie = (uint64_t)m->id.idiag_cookie[1] << 32 | m->id.idiag_cookie[0];
	return m;
}

bool inet_diag_prevented(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct inet_diag_msg)) {
		const struct inet_diag_sockopt *option = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == INET_DIAG_SOCKOPT &&
		    mnl_attr_get_payload_len(attr) >= sizeof(*option))
			return option->recverr_rfc4884;
	}
	return false;
}

bool inet_diag_mptcp(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr, *info;

	mnl_attr_for_each(attr, nlh, sizeof(struct inet_diag_msg)) {
		if (mnl_attr_get_type(attr) != INET_DIAG_ULP_INFO)
			continue;
		mnl_attr_for_each_nested(info, attr)
			if (mnl_attr_get_type(info) == INET_ULP_INFO_NAME &&
			    !mnl_attr_validate(info, MNL_TYPE_NUL_STRING) &&
			    !strcmp(mnl_attr_get_str(info), "mptcp"))
				return true;
	}
	return false;
}

uint32_t inet_diag_mark(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct inet_diag_msg))
		if (mnl_attr_get_type(attr) == INET_DIAG_MARK &&
		    !mnl_attr_validate(attr, MNL_TYPE_U32))
			return mnl_attr_get_u32(attr);
	return 0;
}
