/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LISTEN_RCVBUF	(2 << 20)
#define DUMP_TRIES	8

struct netlink {
	struct mnl_socket *nl;
	uint32_t seq;
	char buf[NETLINK_BUFFER] __attribute__((aligned(4)));
};

int netlink_open(int bus, struct netlink **ret)
{
	struct netlink *n = calloc(1, sizeof(*n));
	int err;

	if (!n)
		return -ENOMEM;
	n->nl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!n->nl || mnl_socket_bind(n->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		netlink_close(n);
		return err;
	}
	*ret = n;
	return 0;
}

void netlink_close(struct netlink *n)
{
	if (!n)
		return;
	if (n->nl)
		mnl_socket_close(n->nl);
	free(n);
}

/* The state of an answer that is being read. */
struct answer {
	netlink_fn *fn;
	void *ctx;
	bool dump, done, overtaken;	/* overtaken: the tables changed during the dump */
	int err;
};

static void answer_message(struct answer *a, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		a->overtaken = true;
	switch (nlh->nlmsg_type) {
	case NLMSG_NOOP:
		return;
	case NLMSG_ERROR:
		a->err = a->err ? a->err :
			 mnl_nlmsg_get_payload_len(nlh) < sizeof(*e) ? -EBADMSG : e->error;
		a->done = true;
		return;
	case NLMSG_DONE:
		a->done = true;
		return;
	default:
		if (a->fn && !a->err)
			a->err = a->fn(a->ctx, nlh);
		/* A request without NLM_F_ACK that is no dump has one message as answer. */
		a->done = !(nlh->nlmsg_flags & NLM_F_MULTI) && !a->dump;
	}
}

int netlink_ask(struct netlink *n, struct nlmsghdr *nlh, netlink_fn *fn, void *ctx)
{
	struct answer a = { .fn = fn, .ctx = ctx,
			    .dump = (nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP };

	nlh->nlmsg_seq = ++n->seq;
	if (mnl_socket_sendto(n->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (!a.done) {
		const struct nlmsghdr *m = (const struct nlmsghdr *)n->buf;
		ssize_t r = mnl_socket_recvfrom(n->nl, n->buf, sizeof(n->buf));
		int len = (int)r;

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		for (; mnl_nlmsg_ok(m, len); m = mnl_nlmsg_next(m, &len))
			if (m->nlmsg_seq == n->seq)	/* others answer an abandoned request */
				answer_message(&a, m);
	}
	return a.err ? a.err : a.overtaken ? -EINTR : 0;
}

int netlink_dump(struct netlink *n, struct nlmsghdr *nlh, netlink_fn *fn, void (*again)(void *ctx),
		 void *ctx)
{
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		if (again)
			again(ctx);
		r = netlink_ask(n, nlh, fn, ctx);
	}
	return r;
}

void netlink_wipe(struct netlink *n)
{
	explicit_bzero(n->buf, sizeof(n->buf));
}

int netlink_listen(int bus, const unsigned *group, unsigned n, struct mnl_socket **ret)
{
	struct mnl_socket *nl = mnl_socket_open2(bus, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int size = LISTEN_RCVBUF, err;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		goto failed;
	/*
	 * Without CAP_NET_ADMIN the buffer keeps its default size; readers handle overruns anyway.
	 */
	setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	for (unsigned i = 0; i < n; i++) {
		int g = (int)group[i];

		if (mnl_socket_setsockopt(nl, NETLINK_ADD_MEMBERSHIP, &g, sizeof(g)) < 0)
			goto failed;
	}
	*ret = nl;
	return 0;

failed:
	err = -errno;
	if (nl)
		mnl_socket_close(nl);
	return err;
}
