/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "connection.h"
#include "netlink.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define STATES	((1u << TCP_ESTABLISHED) | (1u << TCP_FIN_WAIT1) | (1u << TCP_FIN_WAIT2) | (1u << TCP_CLOSE_WAIT) | \
		 (1u << TCP_LAST_ACK) | (1u << TCP_CLOSING))

struct list {
	struct connection *c;
	size_t n, kept;		/* kept: those of the protocol before */
	uint8_t proto;
};

/* The dump begins anew. */
static void again(void *ctx)
{
	struct list *l = ctx;

	l->n = l->kept;
}

static bool is_prevented(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct inet_diag_msg)) {
		const struct inet_diag_sockopt *o = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == INET_DIAG_SOCKOPT && mnl_attr_get_payload_len(attr) >= sizeof(*o))
			return o->recverr_rfc4884;
	}
	return false;
}

static int take(void *ctx, const struct nlmsghdr *nlh)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	struct list *l = ctx;
	struct connection c = { .proto = l->proto }, *more;

	if (nlh->nlmsg_type != SOCK_DIAG_BY_FAMILY || mnl_nlmsg_get_payload_len(nlh) < sizeof(*m))
		return 0;
	memcpy(&c.local, m->id.idiag_src, sizeof(c.local));
	memcpy(&c.foreign, m->id.idiag_dst, sizeof(c.foreign));
	if (m->idiag_family != AF_INET6 || !m->idiag_inode || !m->id.idiag_dport || IN6_IS_ADDR_V4MAPPED(&c.foreign))
		return 0;
	more = realloc(l->c, (l->n + 1) * sizeof(*l->c));
	if (!more)
		return -ENOMEM;
	l->c = more;
	c.cookie = (uint64_t)m->id.idiag_cookie[1] << 32 | m->id.idiag_cookie[0];
	c.lport = ntohs(m->id.idiag_sport);
	c.fport = ntohs(m->id.idiag_dport);
	c.uid = m->idiag_uid;
	c.inode = m->idiag_inode;
	c.device = m->id.idiag_if;
	c.prevented = is_prevented(nlh);
	l->c[l->n++] = c;
	return 0;
}

static int dump(struct netlink *nl, struct list *l)
{
	char buf[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct inet_diag_req_v2))] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *q;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	q = mnl_nlmsg_put_extra_header(nlh, sizeof(*q));
	q->sdiag_family = AF_INET6;
	q->sdiag_protocol = l->proto;
	q->idiag_states = STATES;
	return netlink_dump(nl, nlh, take, again, l);
}

int connection_list(struct connection **ret, size_t *n)
{
	struct list l = { .proto = IPPROTO_TCP };
	struct netlink *nl;
	int r = netlink_open(NETLINK_SOCK_DIAG, &nl);

	if (r)
		return r;
	r = dump(nl, &l);
	l.kept = l.n;
	l.proto = IPPROTO_UDP;
	if (!r)
		r = dump(nl, &l);
	netlink_close(nl);
	if (r) {
		free(l.c);
		return r;
	}
	*ret = l.c;
	*n = l.n;
	return 0;
}
