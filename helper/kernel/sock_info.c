/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "sock_info.h"
#include "ipc_proto.h"
#include "netns.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Reads an option of level SOL_SOCKET that has size octets. Returns 0, -EINVAL if fd is no socket
 * or has no such option, or another negative errno.
 */
static int sock_option(int fd, int option, void *ret, socklen_t size)
{
	socklen_t len = size;

	if (getsockopt(fd, SOL_SOCKET, option, ret, &len))
		return errno == ENOTSOCK || errno == ENOPROTOOPT || errno == EOPNOTSUPP ?
		       -EINVAL : -errno;
	return len == size ? 0 : -EINVAL;
}

/*
 * Returns 0 if fd is a socket of the helper's network namespace, -EINVAL if not, or another errno.
 */
static int same_namespace(int fd)
{
	uint64_t ours, theirs;
	int r = netns_cookie(&ours);

	if (r < 0)
		return r;
	r = sock_option(fd, SO_NETNS_COOKIE, &theirs, sizeof(theirs));
	if (r < 0)
		return r;
	return ours == theirs ? 0 : -EINVAL;
}

static int own_end(int fd, struct sock_desc *ret)
{
	struct sockaddr_in6 local;
	socklen_t len = sizeof(local);

	if (getsockname(fd, (struct sockaddr *)&local, &len))
		return -errno;
	if (len != sizeof(local) || local.sin6_family != AF_INET6 ||
	    IN6_IS_ADDR_V4MAPPED(&local.sin6_addr))
		return -EINVAL;
	ret->local = local.sin6_addr;
	ret->lport = ntohs(local.sin6_port);
	return 0;
}

/* Reads the peer. SO_PEERNAME has it in SYN-SENT too, where getpeername(2) fails. */
static int other_end(int fd, struct sock_desc *ret)
{
	struct sockaddr_in6 peer;
	int r = sock_option(fd, SO_PEERNAME, &peer, sizeof(peer));

	if (r == -ENOTCONN)
		return -EINVAL;
	if (r)
		return r;
	if (peer.sin6_family != AF_INET6 || IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr))
		return -EINVAL;
	ret->foreign = peer.sin6_addr;
	ret->fport = ntohs(peer.sin6_port);
	return 0;
}

bool sock_info_prevented(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return !getsockopt(fd, IPPROTO_IP, CONTROL_PREVENTED, &on, &len) && on;
}

/* Fills ret->established of a TCP socket. */
static int tcp_state(int fd, struct sock_desc *ret)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return -errno;
	switch (info.tcpi_state) {
	case TCP_CLOSE:
	case TCP_LISTEN:
	case TCP_TIME_WAIT:
		return -EINVAL;
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
		ret->established = false;
		return 0;
	default:
		ret->established = true;
		return 0;
	}
}

/*
 * Fills ret->proto if fd is a TCP or UDP socket over IPv6 of this namespace; else returns -EINVAL.
 */
static int right_kind(int fd, struct sock_desc *ret)
{
	int domain, type, protocol, r;

	r = sock_option(fd, SO_DOMAIN, &domain, sizeof(domain));
	if (r < 0)
		return r;
	r = sock_option(fd, SO_TYPE, &type, sizeof(type));
	if (r < 0)
		return r;
	r = sock_option(fd, SO_PROTOCOL, &protocol, sizeof(protocol));
	if (r < 0)
		return r;
	if (domain != AF_INET6 || !((type == SOCK_STREAM && protocol == IPPROTO_TCP) ||
				    (type == SOCK_DGRAM && protocol == IPPROTO_UDP)))
		return -EINVAL;		/* a raw socket may have these protocols, too */
	ret->proto = (uint8_t)protocol;
	return same_namespace(fd);
}

/* Fills cookie, uid and mark. */
static int identity(int fd, struct sock_desc *ret)
{
	int r = sock_option(fd, SO_COOKIE, &ret->cookie, sizeof(ret->cookie));
	struct stat st;

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	ret->uid = st.st_uid;
	return sock_option(fd, SO_MARK, &ret->mark, sizeof(ret->mark));
}

int sock_info_get(int fd, struct sock_desc *ret)
{
	struct sock_desc p = { .established = true };
	int r = right_kind(fd, &p);

	if (r < 0)
		return r;
	r = own_end(fd, &p);
	if (r < 0)
		return r;
	r = other_end(fd, &p);
	if (r < 0)
		return r;
	r = identity(fd, &p);
	if (r < 0)
		return r;
	r = p.proto == IPPROTO_TCP ? tcp_state(fd, &p) : 0;
	if (r < 0)
		return r;
	*ret = p;
	return 0;
}

int sock_info_get_unconnected(int fd, struct sock_desc *ret)
{
	struct sock_desc p = { 0 };
	int r = right_kind(fd, &p);

	if (r < 0)
		return r;
	if (p.proto != IPPROTO_UDP)
		return -EINVAL;
	r = own_end(fd, &p);
	if (r < 0)
		return r;
	r = identity(fd, &p);
	if (r < 0)
		return r;
	*ret = p;
	return 0;
}
