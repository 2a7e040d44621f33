/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "sock_monitor.h"
#include "array.h"
#include "inet_diag.h"
#include "netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#define READ_MAX	1024	/* datagrams read by one sock_monitor_read() */

/* All states, since netinet/tcp.h lacks the one of incomplete handshakes (TCP_NEW_SYN_RECV). */
#define ALL_STATES	UINT32_MAX
#define NO_STATES	((1u << TCP_TIME_WAIT) | (1u << TCP_LISTEN))

struct sock_monitor {
	sock_monitor_gone_fn *fn;
	void *ctx;
	struct mnl_socket *events;
	struct netlink *ask;
	char buf[NETLINK_BUFFER] __attribute__((aligned(4)));
};

int sock_monitor_open(sock_monitor_gone_fn *fn, void *ctx, struct sock_monitor **ret)
{
	static const unsigned group[] = { SKNLGRP_INET6_TCP_DESTROY, SKNLGRP_INET6_UDP_DESTROY };
	struct sock_monitor *mon = calloc(1, sizeof(*mon));
	int r;

	if (!mon)
		return -ENOMEM;
	mon->fn = fn;
	mon->ctx = ctx;
	r = netlink_listen(NETLINK_SOCK_DIAG, group, ARRAY_LEN(group), &mon->events);
	if (!r)
		r = netlink_open(NETLINK_SOCK_DIAG, &mon->ask);
	if (r)
		sock_monitor_close(mon);
	else
		*ret = mon;
	return r;
}

void sock_monitor_close(struct sock_monitor *mon)
{
	if (!mon)
		return;
	netlink_close(mon->ask);
	if (mon->events)
		mnl_socket_close(mon->events);
	free(mon);
}

int sock_monitor_fd(const struct sock_monitor *mon)
{
	return mnl_socket_get_fd(mon->events);
}

int sock_monitor_read(struct sock_monitor *mon)
{
	bool lost = false;
	int gone = 0;

	for (unsigned i = 0; i < READ_MAX; i++) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)mon->buf;
		ssize_t n = mnl_socket_recvfrom(mon->events, mon->buf, sizeof(mon->buf));
		int len = (int)n;
		uint64_t cookie;

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && errno == ENOBUFS)
			lost = true;
		else if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
			if (inet_diag_message(nlh, &cookie)) {
				gone++;
				mon->fn(mon->ctx, cookie);
			}
		}
	}
	return lost ? -ENOBUFS : gone;
}

/* The cookies to look up, sorted. */
struct cookie_set {
	size_t n;
	struct cookie_entry {
		uint64_t cookie;
		bool alive;
	} *entry;
};

static int by_cookie(const void *va, const void *vb)
{
	const struct cookie_entry *a = va, *b = vb;

	return a->cookie < b->cookie ? -1 : a->cookie > b->cookie;
}

static int mark_alive(void *ctx, const struct nlmsghdr *nlh)
{
	struct cookie_set *cookie_set = ctx;
	struct cookie_entry key, *e;

	if (!inet_diag_message(nlh, &key.cookie))
		return 0;
	e = bsearch(&key, cookie_set->entry, cookie_set->n, sizeof(*cookie_set->entry), by_cookie);
	if (e)
		e->alive = true;
	return 0;
}

int sock_monitor_sync(struct sock_monitor *mon, const uint64_t *cookie, size_t n)
{
	struct cookie_set cookie_set = { .entry = calloc(n + 1, sizeof(*cookie_set.entry)) };
	int r;

	if (!cookie_set.entry)
		return -ENOMEM;
	while (cookie_set.n < n) {
		cookie_set.entry[cookie_set.n].cookie = cookie[cookie_set.n];
		cookie_set.n++;
	}
	qsort(cookie_set.entry, cookie_set.n, sizeof(*cookie_set.entry), by_cookie);
	/* One dump for all: a request for a single socket does not find those bound to a device. */
	r = inet_diag_dump(mon->ask, IPPROTO_TCP, ALL_STATES & ~NO_STATES, mark_alive, NULL,
			   &cookie_set);
	if (!r)
		r = inet_diag_dump(mon->ask, IPPROTO_UDP, ALL_STATES & ~NO_STATES, mark_alive, NULL,
				   &cookie_set);
	for (size_t i = 0; !r && i < cookie_set.n; i++)
		if (!cookie_set.entry[i].alive)
			mon->fn(mon->ctx, cookie_set.entry[i].cookie);
	free(cookie_set.entry);
	return r;
}

struct visit {
	int (*fn)(void *ctx, const struct sock_desc *p);
	void *ctx;
};

static int visit_unconnected(void *ctx, const struct nlmsghdr *nlh)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	const struct visit *v = ctx;
	struct sock_desc p = { .proto = IPPROTO_UDP };

	if (!inet_diag_message(nlh, &p.cookie) || m->idiag_family != AF_INET6)
		return 0;
	memcpy(&p.local, m->id.idiag_src, sizeof(p.local));
	p.lport = ntohs(m->id.idiag_sport);
	return v->fn(v->ctx, &p);
}

int sock_monitor_unconnected(struct sock_monitor *mon,
			     int (*fn)(void *ctx, const struct sock_desc *p), void *ctx)
{
	struct visit v = { fn, ctx };

	return inet_diag_dump(mon->ask, IPPROTO_UDP, 1u << TCP_CLOSE, visit_unconnected, NULL, &v);
}

struct scan_ctx {
	sock_monitor_found_fn *fn;
	void *ctx;
	uint8_t proto;
	uint8_t listens[(UINT16_MAX + 1) / 8];	/* a bit for each port of TCP */
};

static int note_listener(void *ctx, const struct nlmsghdr *nlh)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	struct scan_ctx *scan_ctx = ctx;
	uint64_t cookie;

	if (inet_diag_message(nlh, &cookie)) {
		uint16_t port = ntohs(m->id.idiag_sport);

		scan_ctx->listens[port / 8] |= 1 << port % 8;
	}
	return 0;
}

/* Whether a message is about an open connection between two IPv6 addresses. */
static bool is_connection(const struct inet_diag_msg *m)
{
	const struct in6_addr *l = (const struct in6_addr *)m->id.idiag_src,
			      *f = (const struct in6_addr *)m->id.idiag_dst;

	if (m->idiag_family != AF_INET6 || !m->id.idiag_dport || IN6_IS_ADDR_UNSPECIFIED(f))
		return false;
	/* Without an inode, FIN-WAIT-2 is a state of TIME-WAIT: the socket is destroyed already. */
	if (m->idiag_state == TCP_FIN_WAIT2 && !m->idiag_inode)
		return false;
	return !IN6_IS_ADDR_V4MAPPED(l) && !IN6_IS_ADDR_V4MAPPED(f);
}

static int report_found(void *ctx, const struct nlmsghdr *nlh)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	const struct scan_ctx *scan_ctx = ctx;
	struct sock_desc p = { .proto = scan_ctx->proto };

	if (!inet_diag_message(nlh, &p.cookie) || !is_connection(m) || inet_diag_prevented(nlh))
		return 0;
	memcpy(&p.local, m->id.idiag_src, sizeof(p.local));
	memcpy(&p.foreign, m->id.idiag_dst, sizeof(p.foreign));
	p.lport = ntohs(m->id.idiag_sport);
	p.fport = ntohs(m->id.idiag_dport);
	p.uid = m->idiag_inode ? m->idiag_uid : SOCK_UID_UNKNOWN;
	p.mark = inet_diag_mark(nlh);
	p.established = m->idiag_state != TCP_SYN_SENT && m->idiag_state != TCP_SYN_RECV;
	p.accepted = p.proto == IPPROTO_TCP && m->idiag_state != TCP_SYN_SENT &&
		scan_ctx->listens[p.lport / 8] & 1 << p.lport % 8;
	scan_ctx->fn(scan_ctx->ctx, &p, m->idiag_state == TCP_SYN_RECV);
	return 0;
}

int sock_monitor_list(struct sock_monitor *mon, sock_monitor_found_fn *fn, void *ctx)
{
	struct scan_ctx scan_ctx = { .fn = fn, .ctx = ctx, .proto = IPPROTO_TCP };
	int r = inet_diag_dump(mon->ask, IPPROTO_TCP, 1u << TCP_LISTEN, note_listener, NULL,
			       &scan_ctx);

	if (!r)
		r = inet_diag_dump(mon->ask, IPPROTO_TCP, ALL_STATES & ~NO_STATES, report_found,
				   NULL,
				   &scan_ctx);
	scan_ctx.proto = IPPROTO_UDP;
	return r ? r : inet_diag_dump(mon->ask, IPPROTO_UDP, 1u << TCP_ESTABLISHED, report_found,
				      NULL, &scan_ctx);
}

static int note_connection(void *ctx, const struct nlmsghdr *nlh)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	uint64_t cookie;
	bool *any = ctx;

	if (inet_diag_message(nlh, &cookie) && is_connection(m) && !inet_diag_prevented(nlh))
		*any = true;
	return 0;
}

bool sock_monitor_connected(struct sock_monitor *mon, const struct in6_addr *local,
			    const struct in6_addr *foreign)
{
	bool any = false;
	int r = inet_diag_dump_between(mon->ask, IPPROTO_TCP, ALL_STATES & ~NO_STATES, local,
				       foreign, note_connection, &any);

	if (!r && !any)
		r = inet_diag_dump_between(mon->ask, IPPROTO_UDP, 1u << TCP_ESTABLISHED, local,
					   foreign, note_connection, &any);
	return !r && any;
}
