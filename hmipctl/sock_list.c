/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "sock_list.h"
#include "addr.h"
#include "inet_diag.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define STATES	((1u << TCP_ESTABLISHED) | (1u << TCP_FIN_WAIT1) | (1u << TCP_FIN_WAIT2) | \
		 (1u << TCP_CLOSE_WAIT) | \
		 (1u << TCP_LAST_ACK) | (1u << TCP_CLOSING))

struct dump {
	struct sock_entry *c;
	size_t n, kept;		/* kept: those of the previous protocol */
	uint8_t proto;
};

/* The kernel's table changed during the dump, which is repeated. */
static void dump_restart(void *ctx)
{
	struct dump *l = ctx;

	l->n = l->kept;
}

static int dump_entry(void *ctx, const struct nlmsghdr *nlh)
{
	struct dump *l = ctx;
	struct sock_entry c = { .proto = l->proto }, *more;
	const struct inet_diag_msg *m = inet_diag_message(nlh, &c.cookie);

	if (!m)
		return 0;
	memcpy(&c.local, m->id.idiag_src, sizeof(c.local));
	memcpy(&c.foreign, m->id.idiag_dst, sizeof(c.foreign));
	if (m->idiag_family != AF_INET6 || !m->idiag_inode || !m->id.idiag_dport ||
	    IN6_IS_ADDR_V4MAPPED(&c.foreign))
		return 0;
	more = realloc(l->c, (l->n + 1) * sizeof(*l->c));
	if (!more)
		return -ENOMEM;
	l->c = more;
	c.lport = ntohs(m->id.idiag_sport);
	c.fport = ntohs(m->id.idiag_dport);
	c.uid = m->idiag_uid;
	c.inode = m->idiag_inode;
	c.device = m->id.idiag_if;
	c.prevented = inet_diag_prevented(nlh);
	c.mptcp = inet_diag_mptcp(nlh);
	l->c[l->n++] = c;
	return 0;
}

struct endpoint_text endpoint_text(const struct in6_addr *addr, unsigned port)
{
	struct endpoint_text e;

	snprintf(e.s, sizeof(e.s), "[%s]:%u", addr_text(addr).s, port);
	return e;
}

int sock_list(struct sock_entry **ret, size_t *n)
{
	struct dump l = { .proto = IPPROTO_TCP };
	struct netlink *nl;
	int r = netlink_open(NETLINK_SOCK_DIAG, &nl);

	if (r)
		return r;
	r = inet_diag_dump_info(nl, l.proto, STATES, dump_entry, dump_restart, &l);
	l.kept = l.n;
	l.proto = IPPROTO_UDP;
	if (!r)
		r = inet_diag_dump(nl, l.proto, STATES, dump_entry, dump_restart, &l);
	netlink_close(nl);
	if (r) {
		free(l.c);
		return r;
	}
	*ret = l.c;
	*n = l.n;
	return 0;
}
