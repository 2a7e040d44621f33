/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tcp_flight.h"
#include "inet_diag.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/ip6.h>
#include <string.h>
#include <sys/socket.h>

#define TIMESTAMPS	12	/* octets that the option has in each segment */

static int found(void *ctx, const struct nlmsghdr *nlh)
{
	struct tcp_flight *ret = ctx;
	const struct nlattr *attr;
	struct tcp_info info = { 0 };
	const struct inet_diag_msg *m;
	bool layered = false;
	uint64_t cookie;
	size_t len;

	m = inet_diag_message(nlh, &cookie);
	if (!m)
		return -EBADMSG;
	mnl_attr_for_each(attr, nlh, sizeof(struct inet_diag_msg)) {
		if (mnl_attr_get_type(attr) == INET_DIAG_ULP_INFO)
			layered = true;
		if (mnl_attr_get_type(attr) != INET_DIAG_INFO)
			continue;
		/* Kernels of another age have another length. */
		len = mnl_attr_get_payload_len(attr);
		memcpy(&info, mnl_attr_get_payload(attr), len < sizeof(info) ? len : sizeof(info));
	}
	if (!info.tcpi_snd_mss)
		return -EBADMSG;
	ret->unacked = info.tcpi_unacked;
	ret->backoff = info.tcpi_backoff;
	ret->layered = layered;
	ret->mtu = sizeof(struct ip6_hdr) + sizeof(struct tcphdr) + info.tcpi_snd_mss;
	if (info.tcpi_options & TCPI_OPT_TIMESTAMPS)
		ret->mtu += TIMESTAMPS;
	ret->window = info.tcpi_snd_wnd >> info.tcpi_snd_wscale;
	ret->timer = m->idiag_timer;
	ret->expires_ms = m->idiag_expires;
	return 0;
}

int tcp_flight_get(struct netlink *n, const struct sock_desc *p, unsigned ifindex,
		   struct tcp_flight *ret)
{
	char buf[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct inet_diag_req_v2))]
		__attribute__((aligned(4)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *q;
	int r;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	q = mnl_nlmsg_put_extra_header(nlh, sizeof(*q));
	q->sdiag_family = AF_INET6;
	q->sdiag_protocol = IPPROTO_TCP;
	q->idiag_ext = 1 << (INET_DIAG_INFO - 1);
	q->idiag_states = UINT32_MAX;
	q->id.idiag_sport = htons(p->lport);
	q->id.idiag_dport = htons(p->fport);
	memcpy(q->id.idiag_src, &p->local, sizeof(p->local));
	memcpy(q->id.idiag_dst, &p->foreign, sizeof(p->foreign));
	q->id.idiag_if = ifindex;
	q->id.idiag_cookie[0] = (uint32_t)p->cookie;
	q->id.idiag_cookie[1] = (uint32_t)(p->cookie >> 32);
	r = netlink_ask(n, nlh, found, ret);
	return r == -ESTALE ? -ENOENT : r;	/* another socket has its addresses and ports now */
}
