/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE	/* struct in6_pktinfo */
#include "message.h"
#include "client.h"
#include "sock_names.h"
#include "udp_peers.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <string.h>

static bool is_pktinfo(const struct cmsghdr *c)
{
	return c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO &&
	       c->cmsg_len >= CMSG_LEN(sizeof(struct in6_pktinfo));
}

/*
 * Replaces a source address that the program chose and this host has lost by its successor. The
 * interface is left to the kernel, because the one with the lost address may be gone. Returns
 * whether anything was changed.
 */
static bool move_source(int fd, struct message *m)
{
	bool moved = false;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m->hdr); c; c = CMSG_NXTHDR(&m->hdr, c)) {
		struct in6_pktinfo info;

		if (!is_pktinfo(c))
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		if (!client_lookup(fd, HOSTMAP_LOCAL, &info.ipi6_addr, &info.ipi6_addr) ||
		    sock_names_prevented(fd))
			continue;
		info.ipi6_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		moved = true;
	}
	return moved;
}

static bool send_from_elsewhere(int fd, const struct msghdr *msg, struct message *ret)
{
	if (!msg->msg_control || msg->msg_controllen < CMSG_LEN(sizeof(struct in6_pktinfo)) ||
	    msg->msg_controllen > sizeof(ret->control))
		return false;
	memcpy(&ret->control, msg->msg_control, msg->msg_controllen);
	ret->hdr.msg_control = &ret->control;
	return move_source(fd, ret);
}

bool message_send(int fd, const struct msghdr *msg, struct message *ret, bool *must_register)
{
	struct udp_peers_dest dest;
	int saved = errno;
	bool moved;

	*must_register = false;
	ret->hdr = *msg;
	if (!client_eligible(msg->msg_name, msg->msg_namelen, &ret->name))
		return false;
	dest = udp_peers_dest(fd, &ret->name.sin6_addr);
	*must_register = dest.must_register;
	if (dest.moved) {
		ret->name.sin6_addr = dest.to;
		ret->hdr.msg_name = &ret->name;
		if (ret->hdr.msg_namelen > sizeof(ret->name))
			ret->hdr.msg_namelen = sizeof(ret->name);
	}
	moved = send_from_elsewhere(fd, msg, ret);
	if (!moved)
		ret->hdr.msg_control = msg->msg_control;
	errno = saved;
	return dest.moved || moved;
}

void message_sent(int fd, const struct msghdr *msg)
{
	struct sockaddr_in6 to;

	if (client_eligible(msg->msg_name, msg->msg_namelen, &to))
		udp_peers_register(fd, &to.sin6_addr);
}

void message_from(int fd, struct sockaddr *addr, socklen_t len, int flags)
{
	struct sockaddr_in6 from;

	if (len != sizeof(from) || !client_eligible(addr, len, &from))
		return;
	/* The error queue returns datagrams that were sent, with their destinations. */
	if (flags & MSG_ERRQUEUE)
		udp_peers_mentioned(fd, &from.sin6_addr);
	else
		udp_peers_received(fd, &from.sin6_addr);
	memcpy(addr, &from, sizeof(from));
}

/* The sender of an ICMP error, which may be the peer. */
static void name_offender(int fd, struct cmsghdr *c)
{
	struct sockaddr_in6 offender;
	char *at = (char *)CMSG_DATA(c) + sizeof(struct sock_extended_err);

	if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_RECVERR ||
	    c->cmsg_len < CMSG_LEN(sizeof(struct sock_extended_err) + sizeof(offender)) ||
	    !client_eligible((struct sockaddr *)at, sizeof(offender), &offender))
		return;
	udp_peers_mentioned(fd, &offender.sin6_addr);
	memcpy(at, &offender, sizeof(offender));
}

void message_received(int fd, struct msghdr *msg, socklen_t room, int flags)
{
	if (room >= sizeof(struct sockaddr_in6) && msg->msg_name)
		message_from(fd, msg->msg_name, msg->msg_namelen, flags);
	if (!(flags & MSG_ERRQUEUE))
		return;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		name_offender(fd, c);
}
