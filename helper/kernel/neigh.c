/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "neigh.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define FOUND_MAX	16	/* removed at once; hardly ever more than the router */

struct neigh_vec {
	unsigned ifindex, n;
	struct in6_addr addr[FOUND_MAX];
};

static const uint8_t nobody[32];	/* a hardware address of any length (MAX_ADDR_LEN) */

static struct nlmsghdr *neigh_request(char *buf, uint16_t type, uint16_t flags, unsigned ifindex)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ndmsg *nd;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nd = mnl_nlmsg_put_extra_header(nlh, sizeof(*nd));
	nd->ndm_family = AF_INET6;
	nd->ndm_ifindex = (int)ifindex;
	return nlh;
}

static int neigh_vec_add(void *ctx, const struct nlmsghdr *nlh)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(nlh);
	struct neigh_vec *f = ctx;
	const struct nlattr *a;

	if (nlh->nlmsg_type != RTM_NEWNEIGH || mnl_nlmsg_get_payload_len(nlh) < sizeof(*nd) ||
	    nd->ndm_ifindex != (int)f->ifindex || !(nd->ndm_state & (NUD_INCOMPLETE | NUD_FAILED)))
		return 0;
	mnl_attr_for_each(a, nlh, sizeof(*nd))
		if (mnl_attr_get_type(a) == NDA_DST && f->n < FOUND_MAX &&
		    mnl_attr_get_payload_len(a) == sizeof(f->addr[0]))
			memcpy(&f->addr[f->n++], mnl_attr_get_payload(a), sizeof(f->addr[0]));
	return 0;
}

static void neigh_vec_reset(void *ctx)
{
	struct neigh_vec *f = ctx;

	f->n = 0;
}

/*
 * Deleting an incomplete entry would tell whoever waits for it that the host is unreachable, which
 * ends a connect(). With a hardware address, what waits leaves first, and is lost.
 */
static int neigh_drop(struct netlink *n, unsigned ifindex, const struct in6_addr *addr)
{
	char buf[MNL_NLMSG_HDRLEN + 128];
	struct nlmsghdr *nlh = neigh_request(buf, RTM_NEWNEIGH, NLM_F_ACK, ifindex);
	struct ndmsg *nd = mnl_nlmsg_get_payload(nlh);
	int r;

	nd->ndm_state = NUD_STALE;
	mnl_attr_put(nlh, NDA_DST, sizeof(*addr), addr);
	mnl_attr_put(nlh, NDA_LLADDR, sizeof(nobody), nobody);
	r = netlink_ask(n, nlh, NULL, NULL);
	if (r)
		return r;
	nlh = neigh_request(buf, RTM_DELNEIGH, NLM_F_ACK, ifindex);
	mnl_attr_put(nlh, NDA_DST, sizeof(*addr), addr);
	return netlink_ask(n, nlh, NULL, NULL);
}

int neigh_flush_unresolved(struct netlink *n, unsigned ifindex)
{
	char buf[MNL_NLMSG_HDRLEN + 64];
	struct neigh_vec f = { .ifindex = ifindex };
	int r = netlink_dump(n, neigh_request(buf, RTM_GETNEIGH, NLM_F_DUMP, ifindex),
			     neigh_vec_add, neigh_vec_reset, &f);

	for (unsigned i = 0; !r && i < f.n; i++) {
		r = neigh_drop(n, ifindex, &f.addr[i]);
		if (r == -ENOENT)	/* removed by the kernel in the meantime */
			r = 0;
	}
	return r;
}
