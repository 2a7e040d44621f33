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
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip6.h>
#include <pcap/pcap.h>
#include <pcap/sll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH		64		/* packets handed over by one signal_io_read() */
#define SNAPLEN		2048		/* more than any signalling has */
#define CAPTURE_BUFFER	(1 << 20)
/* Next Header: AH, Destination Options, or an ICMPv6 Parameter Problem. */
#define FILTER		"ip6[6] == 51 or ip6[6] == 60 or (ip6[6] == 58 and ip6[40] == 4)"
/* UDP to a port, or an ICMPv6 Port Unreachable that quotes it. */
#define UDP_FILTER	"(ip6[6] == 17 and ip6[42:2] == %u) or " \
			"(ip6[6] == 58 and ip6[40:2] == 0x104 and ip6[54] == 17 and " \
			"ip6[90:2] == %u)"

#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX	62
#endif

struct signal_io {
	signal_io_receive_fn *fn;
	void *ctx;
	pcap_t *in;
	libnet_t *out;
	unsigned oif;			/* what out is bound to */
	int port_fd;			/* holds the port of signalling in UDP; -1: none is in use */
	uint16_t port;
	bool masquerade;		/* packets end with MASQUERADE_NEXTHDR inside this host */
	int handed;			/* packets passed on by this signal_io_read() */
	char pcap_error[PCAP_ERRBUF_SIZE], net_error[LIBNET_ERRBUF_SIZE];
};

/* libpcap's error codes as errno; its texts say more. */
static int pcap_errno(int r)
{
	return r == PCAP_ERROR_PERM_DENIED ? -EPERM :
	       r == PCAP_ERROR_NO_SUCH_DEVICE ? -ENODEV : -EIO;
}

/* Captures signalling, with port (not 0) in UDP as well. Returns 0, or -EIO with pcap's text. */
static int set_filter(struct signal_io *io, uint16_t port)
{
	struct bpf_program filter;
	char udp[160] = "", text[320];
	int r;

	if (port)
		snprintf(udp, sizeof(udp), " or " UDP_FILTER, port, port);
	snprintf(text, sizeof(text), "ip6 and (" FILTER "%s)", udp);
	if (pcap_compile(io->in, &filter, text, 1, PCAP_NETMASK_UNKNOWN))
		return -EIO;
	r = pcap_setfilter(io->in, &filter);
	pcap_freecode(&filter);
	return r ? -EIO : 0;
}

/* Opens the capture. Returns 0, or a negative errno with pcap's text in *why. */
static int open_in(struct signal_io *io, const char **why)
{
	int r, on = 1;

	*why = io->pcap_error;
	io->in = pcap_create("any", io->pcap_error);
	if (!io->in)
		return -EIO;
	if (pcap_set_snaplen(io->in, SNAPLEN) || pcap_set_immediate_mode(io->in, 1) ||
	    pcap_set_buffer_size(io->in, CAPTURE_BUFFER))
		return -EIO;
	*why = pcap_geterr(io->in);
	r = pcap_activate(io->in);
	if (r < 0) {
		*why = *pcap_geterr(io->in) ? pcap_geterr(io->in) : pcap_statustostr(r);
		return pcap_errno(r);
	}
	/* SLL2, unlike SLL, has the interface. */
	if (pcap_set_datalink(io->in, DLT_LINUX_SLL2) || pcap_setdirection(io->in, PCAP_D_IN) ||
	    set_filter(io, 0))
		return -EIO;
	*why = "cannot set up the capture";
	/* PCAP_D_IN drops outgoing packets after the kernel has cloned each for the capture. */
	if (setsockopt(pcap_fileno(io->in), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)))
		return -errno;
	*why = io->pcap_error;
	return pcap_setnonblock(io->in, 1, io->pcap_error) ? -EIO : 0;
}

/*
 * Opens the sender, a raw socket for whole packets. Returns 0, or a negative errno with a text in
 * *why.
 */
static int open_out(struct signal_io *io, const char **why)
{
	int fd, on = 1;

	*why = io->net_error;
	errno = 0;
	io->out = libnet_init(LIBNET_RAW6, NULL, io->net_error);
	if (!io->out)
		return errno ? -errno : -EIO;
	fd = libnet_getfd(io->out);
	*why = "cannot set up the raw socket";
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) || fcntl(fd, F_SETFL, O_NONBLOCK) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on)))
		return -errno;
	return 0;
}

int signal_io_open(signal_io_receive_fn *fn, void *ctx, struct signal_io **ret, const char **why)
{
	static _Thread_local char text[256];	/* a copy: the libraries' texts are freed with io */
	struct signal_io *io = calloc(1, sizeof(*io));
	const char *lib = "";
	int r;

	*why = "out of memory";
	if (!io)
		return -ENOMEM;
	io->fn = fn;
	io->ctx = ctx;
	io->port_fd = -1;
	r = open_in(io, &lib);
	if (r < 0)
		goto fail;
	r = open_out(io, &lib);
	if (r < 0)
		goto fail;
	*ret = io;
	return 0;

fail:
	snprintf(text, sizeof(text), "%s", lib);
	*why = text;
	signal_io_close(io);
	return r;
}

void signal_io_close(struct signal_io *io)
{
	if (!io)
		return;
	if (io->in)
		pcap_close(io->in);
	if (io->out)
		libnet_destroy(io->out);
	if (io->port_fd >= 0)
		close(io->port_fd);
	free(io);
}

/*
 * Binds a socket that takes nothing to the port: no other program has it then, and the kernel does
 * not answer Port Unreachable to what the capture reads. Returns the socket or a negative errno.
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
	int fd = hold_port(port), r;

	if (fd < 0)
		return fd;
	r = set_filter(io, port);
	if (r < 0) {
		close(fd);
		return r;
	}
	io->port_fd = fd;
	io->port = port;
	return 0;
}

int signal_io_fd(const struct signal_io *io)
{
	return pcap_get_selectable_fd(io->in);
}

static void captured(u_char *ctx, const struct pcap_pkthdr *h, const u_char *data)
{
	struct signal_io *io = (struct signal_io *)ctx;
	struct sll2_header sll;
	struct ip6_hdr ip6;
	size_t len;

	if (h->caplen < sizeof(sll) + sizeof(ip6))
		return;
	memcpy(&sll, data, sizeof(sll));
	memcpy(&ip6, data + sizeof(sll), sizeof(ip6));
	if (ntohs(sll.sll2_protocol) != ETHERTYPE_IPV6 || sll.sll2_pkttype == LINUX_SLL_OTHERHOST)
		return;
	/* More octets are link-layer padding; fewer mean that SNAPLEN cut the packet. */
	len = sizeof(ip6) + ntohs(ip6.ip6_plen);
	if (len > h->caplen - sizeof(sll))
		return;
	io->handed++;
	io->fn(io->ctx, data + sizeof(sll), len, ntohl(sll.sll2_if_index));
}

int signal_io_read(struct signal_io *io)
{
	io->handed = 0;
	/* Bounded: in a flood, packets may arrive faster than they are read. */
	return pcap_dispatch(io->in, BATCH, captured, (u_char *)io) == PCAP_ERROR ? -EIO :
		io->handed;
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
