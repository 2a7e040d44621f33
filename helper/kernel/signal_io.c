/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "signal_io.h"
#include "encap.h"
#include "masquerade.h"
#include "mip6.h"

#include <errno.h>
#include <fcntl.h>
#include <libnet.h>
#include <linux/filter.h>
#include <netinet/ip6.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX	62
#endif

struct signal_io {
	libnet_t *out;
	unsigned oif;			/* what out is bound to */
	int port_fd;			/* holds the port of signalling in UDP, or -1 */
	uint16_t port;
	bool masquerade;		/* packets end with MASQUERADE_NEXTHDR inside this host */
	char net_error[LIBNET_ERRBUF_SIZE];
};

/* Why there is no raw socket: libnet overwrites errno. */
static int raw_errno(void)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd < 0)
		return -errno;
	close(fd);
	return -EIO;
}

/*
 * Opens the sender, a raw socket for whole packets. Returns 0, or a negative errno with a text in
 * *why.
 */
static int open_out(struct signal_io *io, const char **why)
{
	int fd, on = 1;

	*why = io->net_error;
	io->out = libnet_init(LIBNET_RAW6, NULL, io->net_error);
	if (!io->out)
		return raw_errno();
	fd = libnet_getfd(io->out);
	*why = "cannot set up the raw socket";
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) || fcntl(fd, F_SETFL, O_NONBLOCK) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on)))
		return -errno;
	return 0;
}

int signal_io_open(struct signal_io **ret, const char **why)
{
	static _Thread_local char text[256];	/* a copy: libnet's text is freed with io */
	struct signal_io *io = calloc(1, sizeof(*io));
	const char *lib = "";
	int r;

	*why = "out of memory";
	if (!io)
		return -ENOMEM;
	io->port_fd = -1;
	r = open_out(io, &lib);
	if (r < 0) {
		snprintf(text, sizeof(text), "%s", lib);
		*why = text;
		signal_io_close(io);
		return r;
	}
	*ret = io;
	return 0;
}

void signal_io_close(struct signal_io *io)
{
	if (!io)
		return;
	if (io->out)
		libnet_destroy(io->out);
	if (io->port_fd >= 0)
		close(io->port_fd);
	free(io);
}

/*
 * Binds a socket that takes nothing to the port: no other program has it then, and the kernel does
 * not answer Port Unreachable to what the datapath hands over. Returns the socket or a negative
 * errno.
 */
static int hold_port(uint16_t port)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog none = { .len = 1, .filter = &nothing };
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1, r;

	if (fd < 0)
		return -errno;
	/* IPv4's port may be another program's. */
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &none, sizeof(none)) ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any))) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

int signal_io_encapsulate(struct signal_io *io, uint16_t port)
{
	int fd = hold_port(port);

	if (fd < 0)
		return fd;
	io->port_fd = fd;
	io->port = port;
	return 0;
}

/*
 * Binds the raw socket, before it sends. Bound to src, the kernel uses the routes and rules for
 * that source; bound to ifindex (0: to none), it uses routes out of that interface only. Returns 0
 * or a negative errno.
 */
static int aim(struct signal_io *io, const struct in6_addr *src, unsigned ifindex)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6 };
	int fd = libnet_getfd(io->out), oif = (int)ifindex;

	if (ifindex != io->oif && setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &oif, sizeof(oif)))
		return -errno;
	io->oif = ifindex;
	from.sin6_addr = *src;
	if (IN6_IS_ADDR_LINKLOCAL(src))
		from.sin6_scope_id = ifindex;
	return bind(fd, (struct sockaddr *)&from, sizeof(from)) ? -errno : 0;
}

struct libnet_context *signal_io_libnet(struct signal_io *io)
{
	return io->out;
}

int signal_io_send_built(struct signal_io *io, const struct in6_addr *src, unsigned n)
{
	int r = aim(io, src, 0);

	for (unsigned i = 0; !r && i < n; i++)
		if (libnet_write(io->out) < 0)
			r = -errno;
	libnet_clear_packet(io->out);
	return r;
}

uint64_t signal_io_masquerade(struct signal_io *io)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (getsockopt(libnet_getfd(io->out), SOL_SOCKET, SO_COOKIE, &cookie, &len))
		return 0;
	io->masquerade = cookie != 0;
	return cookie;
}

/* The last Next Header field of a packet that the core built; NULL if it is truncated. */
static uint8_t *last_next_header(uint8_t *pkt, size_t len)
{
	uint8_t *at = pkt + offsetof(struct ip6_hdr, ip6_nxt);
	size_t off = sizeof(struct ip6_hdr);

	while (*at == IPPROTO_DSTOPTS || *at == IPPROTO_ROUTING || *at == IPPROTO_AH) {
		if (off + 2 > len)
			return NULL;
		size_t size = *at == IPPROTO_AH ? (pkt[off + 1] + 2u) * 4 : (pkt[off + 1] + 1u) * 8;

		at = pkt + off;
		off += size;
	}
	return at;
}

int signal_io_send(struct signal_io *io, const uint8_t *pkt, size_t len, unsigned ifindex)
{
	uint8_t copy[SIGNAL_MTU], *next;
	struct ip6_hdr ip6;
	int r;

	if (len < sizeof(ip6))
		return -EINVAL;
	if (len > sizeof(copy))
		return -EMSGSIZE;
	memcpy(&ip6, pkt, sizeof(ip6));
	r = aim(io, &ip6.ip6_src, ifindex);
	if (r)
		return r;
	/*
	 * The packet is signed, so it is sent unchanged: libnet's builders would rebuild its
	 * header.
	 */
	memcpy(copy, pkt, len);
	next = io->masquerade ? last_next_header(copy, len) : NULL;
	if (next && *next == IPPROTO_NONE)
		*next = MASQUERADE_NEXTHDR;
	return libnet_write_raw_ipv6(io->out, copy, (uint32_t)len) < 0 ? -errno : 0;
}

int signal_io_send_udp(struct signal_io *io, const uint8_t *pkt, size_t len, unsigned ifindex)
{
	uint8_t datagram[SIGNAL_MTU];
	struct in6_addr src;
	int n, r;

	if (io->port_fd < 0)
		return -ENOTCONN;
	n = encap_build(pkt, len, io->port, datagram, sizeof(datagram));
	if (n < 0)
		return n;
	memcpy(&src, pkt + offsetof(struct ip6_hdr, ip6_src), sizeof(src));
	r = aim(io, &src, ifindex);
	if (r)
		return r;
	return libnet_write_raw_ipv6(io->out, datagram, (uint32_t)n) < 0 ? -errno : 0;
}

int signal_io_keepalive(struct signal_io *io, const struct in6_addr *src,
			const struct in6_addr *dst, unsigned ifindex)
{
	uint8_t datagram[ENCAP_KEEPALIVE_LEN];
	int r = io->port_fd < 0 ? -ENOTCONN : aim(io, src, ifindex);

	if (r)
		return r;
	encap_keepalive(src, dst, io->port, datagram);
	return libnet_write_raw_ipv6(io->out, datagram, sizeof(datagram)) < 0 ? -errno : 0;
}
