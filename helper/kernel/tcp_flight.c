/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tcp_flight.h"
#include "inet_diag.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/ip6.h>
#include <string.h>

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
	struct inet_diag_sockid id = {
		.idiag_sport = htons(p->lport), .idiag_dport = htons(p->fport),
		.idiag_if = ifindex,
		.idiag_cookie = { (uint32_t)p->cookie, (uint32_t)(p->cookie >> 32) },
	};

	memcpy(id.idiag_src, &p->local, sizeof(p->local));
	memcpy(id.idiag_dst, &p->foreign, sizeof(p->foreign));
	return inet_diag_ask_info(n, IPPROTO_TCP, &id, found, ret);
}
