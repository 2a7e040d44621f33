/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "signal_io.h"
#include "masquerade.h"
#include "mip6.h"

#include <errno.h>
#include <fcntl.h>
#include <libnet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip6.h>
#include <pcap/pcap.h>
#include <pcap/sll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH		64		/* packets handed over by one signal_io_read() */
#define SNAPLEN		2048		/* more than any signalling has */
#define CAPTURE_BUFFER	(1 << 20)
/* Next Header: AH, Destination Options, or an ICMPv6 Parameter Problem. */
#define FILTER		"ip6 and (ip6[6] == 51 or ip6[6] == 60 or (ip6[6] == 58 and ip6[40] == 4))"

#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX	62
#endif

struct signal_io {
	signal_io_receive_fn *fn;
	void *ctx;
	pcap_t *in;
	libnet_t *out;
	unsigned oif;			/* what out is bound to */
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

/* Opens the capture. Returns 0, or a negative errno with pcap's text in *why. */
static int open_in(struct signal_io *io, const char **why)
{
	struct bpf_program filter;
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
	    pcap_compile(io->in, &filter, FILTER, 1, PCAP_NETMASK_UNKNOWN))
		return -EIO;
	r = pcap_setfilter(io->in, &filter);
	pcap_freecode(&filter);
	if (r)
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
	free(io);
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
