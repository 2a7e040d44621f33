/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "inet_diag.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

/* One condition of a filter, which is a program: how far it goes on if it holds, and if not. */
struct condition {
	struct inet_diag_bc_op op;
	struct inet_diag_hostcond host;
	struct in6_addr addr;
};

#define REQUEST_SIZE	(MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct inet_diag_req_v2)))

static struct inet_diag_req_v2 *put_request(struct nlmsghdr *nlh, uint16_t flags, uint8_t proto,
					    uint32_t states)
{
	struct inet_diag_req_v2 *q;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	q = mnl_nlmsg_put_extra_header(nlh, sizeof(*q));
	q->sdiag_family = AF_INET6;
	q->sdiag_protocol = proto;
	q->idiag_states = states;
	return q;
}

static int dump(struct netlink *n, uint8_t proto, uint32_t states, uint8_t extensions,
		netlink_fn *fn, void (*again)(void *ctx), void *ctx)
{
	char buf[REQUEST_SIZE] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	put_request(nlh, NLM_F_DUMP, proto, states)->idiag_ext = extensions;
	return netlink_dump(n, nlh, fn, again, ctx);
}

int inet_diag_dump(struct netlink *n, uint8_t proto, uint32_t states, netlink_fn *fn,
		   void (*again)(void *ctx), void *ctx)
{
	return dump(n, proto, states, 0, fn, again, ctx);
}

/*
 * left: octets of the program from this condition on. Beyond its end by 4 means no. Not returned by
 * value: inet_diag_hostcond ends with a flexible array, which compilers pass in different ways.
 */
static void set_condition(struct condition *c, uint8_t code, const struct in6_addr *addr,
			  size_t left)
{
	*c = (struct condition){
		.op = { .code = code, .yes = sizeof(*c), .no = (uint16_t)(left + 4) },
		.host = { .family = AF_INET6, .prefix_len = 128, .port = -1 },
		.addr = *addr,
	};
}

int inet_diag_dump_between(struct netlink *n, uint8_t proto, uint32_t states,
			   const struct in6_addr *local, const struct in6_addr *foreign,
			   netlink_fn *fn, void *ctx)
{
	struct condition both[2];
	char buf[REQUEST_SIZE + MNL_ATTR_HDRLEN + sizeof(both)] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	set_condition(&both[0], INET_DIAG_BC_S_COND, local, sizeof(both));
	set_condition(&both[1], INET_DIAG_BC_D_COND, foreign, sizeof(both[1]));
	put_request(nlh, NLM_F_DUMP, proto, states);
	mnl_attr_put(nlh, INET_DIAG_REQ_BYTECODE, sizeof(both), both);
	return netlink_dump(n, nlh, fn, NULL, ctx);
}

int inet_diag_dump_info(struct netlink *n, uint8_t proto, uint32_t states, netlink_fn *fn,
			void (*again)(void *ctx), void *ctx)
{
	return dump(n, proto, states, 1 << (INET_DIAG_INFO - 1), fn, again, ctx);
}

int inet_diag_ask_info(struct netlink *n, uint8_t proto, const struct inet_diag_sockid *id,
		       netlink_fn *fn, void *ctx)
{
	char buf[REQUEST_SIZE] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *q = put_request(nlh, 0, proto, UINT32_MAX);
	int r;

	q->idiag_ext = 1 << (INET_DIAG_INFO - 1);
	q->id = *id;
	r = netlink_ask(n, nlh, fn, ctx);
	return r == -ESTALE ? -ENOENT : r;	/* another socket has its addresses and ports now */
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
