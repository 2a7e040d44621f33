/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "signal_io.h"
#include "masquerade.h"
#include "mip6.h"

#include <errno.h>
#include <fcntl.h>
#include <libnet.h>
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
	bool masquerade;			/* packets end with MASQUERADE_NEXTHDR inside this host */
	int handed;			/* packets handed over by the signal_io_read() going on */
	char pcap_error[PCAP_ERRBUF_SIZE], net_error[LIBNET_ERRBUF_SIZE];
};

/* libpcap's errors are texts; these are the ones that tell something. */
static int pcap_errno(int r)
{
	return r == PCAP_ERROR_PERM_DENIED ? -EPERM : r == PCAP_ERROR_NO_SUCH_DEVICE ? -ENODEV : -EIO;
}

/* Opens the capture. On failure *why is pcap's text. */
static int open_in(struct signal_io *w, const char **why)
{
	struct bpf_program filter;
	int r;

	*why = w->pcap_error;
	w->in = pcap_create("any", w->pcap_error);
	if (!w->in)
		return -EIO;
	if (pcap_set_snaplen(w->in, SNAPLEN) || pcap_set_immediate_mode(w->in, 1) ||
	    pcap_set_buffer_size(w->in, CAPTURE_BUFFER))
		return -EIO;
	*why = pcap_geterr(w->in);
	r = pcap_activate(w->in);
	if (r < 0) {
		*why = *pcap_geterr(w->in) ? pcap_geterr(w->in) : pcap_statustostr(r);
		return pcap_errno(r);
	}
	/* SLL2, unlike the first one, tells the interface. */
	if (pcap_set_datalink(w->in, DLT_LINUX_SLL2) || pcap_setdirection(w->in, PCAP_D_IN) ||
	    pcap_compile(w->in, &filter, FILTER, 1, PCAP_NETMASK_UNKNOWN))
		return -EIO;
	r = pcap_setfilter(w->in, &filter);
	pcap_freecode(&filter);
	if (r)
		return -EIO;
	*why = w->pcap_error;
	return pcap_setnonblock(w->in, 1, w->pcap_error) ? -EIO : 0;
}

/* Opens the sender: a raw socket that takes whole packets. */
static int open_out(struct signal_io *w, const char **why)
{
	int fd, on = 1;

	*why = w->net_error;
	errno = 0;
	w->out = libnet_init(LIBNET_RAW6, NULL, w->net_error);
	if (!w->out)
		return errno ? -errno : -EIO;
	fd = libnet_getfd(w->out);
	*why = "cannot set up the raw socket";
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) || fcntl(fd, F_SETFL, O_NONBLOCK) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on)))
		return -errno;
	return 0;
}

int signal_io_open(signal_io_receive_fn *fn, void *ctx, struct signal_io **ret, const char **why)
{
	static _Thread_local char text[256];	/* outlives the handles whose text it is */
	struct signal_io *w = calloc(1, sizeof(*w));
	const char *lib = "";
	int r;

	*why = "out of memory";
	if (!w)
		return -ENOMEM;
	w->fn = fn;
	w->ctx = ctx;
	r = open_in(w, &lib);
	if (!r)
		r = open_out(w, &lib);
	if (!r) {
		*ret = w;
		return 0;
	}
	snprintf(text, sizeof(text), "%s", lib);
	*why = text;
	signal_io_close(w);
	return r;
}

void signal_io_close(struct signal_io *w)
{
	if (!w)
		return;
	if (w->in)
		pcap_close(w->in);
	if (w->out)
		libnet_destroy(w->out);
	free(w);
}

int signal_io_fd(const struct signal_io *w)
{
	return pcap_get_selectable_fd(w->in);
}

static void captured(u_char *ctx, const struct pcap_pkthdr *h, const u_char *data)
{
	struct signal_io *w = (struct signal_io *)ctx;
	struct sll2_header sll;
	struct ip6_hdr ip6;
	size_t len;

	if (h->caplen < sizeof(sll) + sizeof(ip6))
		return;
	memcpy(&sll, data, sizeof(sll));
	memcpy(&ip6, data + sizeof(sll), sizeof(ip6));
	if (ntohs(sll.sll2_protocol) != ETHERTYPE_IPV6 || sll.sll2_pkttype == LINUX_SLL_OTHERHOST)
		return;
	/* Behind the end there may be link-layer padding; short of it, the packet was cut by SNAPLEN. */
	len = sizeof(ip6) + ntohs(ip6.ip6_plen);
	if (len > h->caplen - sizeof(sll))
		return;
	w->handed++;
	w->fn(w->ctx, data + sizeof(sll), len, ntohl(sll.sll2_if_index));
}

int signal_io_read(struct signal_io *w)
{
	w->handed = 0;
	/* Not all there are: as fast as they come in a flood, there would be no end, and nothing else would be done. */
	return pcap_dispatch(w->in, BATCH, captured, (u_char *)w) == PCAP_ERROR ? -EIO : w->handed;
}

int signal_io_aim(struct signal_io *w, const struct in6_addr *src, unsigned ifindex)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6 };
	int fd = libnet_getfd(w->out), oif = (int)ifindex;

	if (ifindex != w->oif && setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &oif, sizeof(oif)))
		return -errno;
	w->oif = ifindex;
	from.sin6_addr = *src;
	if (IN6_IS_ADDR_LINKLOCAL(src))
		from.sin6_scope_id = ifindex;
	return bind(fd, (struct sockaddr *)&from, sizeof(from)) ? -errno : 0;
}

struct libnet_context *signal_io_libnet(struct signal_io *w)
{
	return w->out;
}

uint64_t signal_io_masquerade(struct signal_io *w)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (getsockopt(libnet_getfd(w->out), SOL_SOCKET, SO_COOKIE, &cookie, &len))
		return 0;
	w->masquerade = cookie != 0;
	return cookie;
}

/* The octet that says what follows the last extension header of a packet the core built; NULL if it is cut short. */
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

int signal_io_send(struct signal_io *w, const uint8_t *pkt, size_t len, unsigned ifindex)
{
	uint8_t copy[SIGNAL_MTU], *next;
	struct ip6_hdr ip6;
	int r;

	if (len < sizeof(ip6))
		return -EINVAL;
	if (len > sizeof(copy))
		return -EMSGSIZE;
	memcpy(&ip6, pkt, sizeof(ip6));
	r = signal_io_aim(w, &ip6.ip6_src, ifindex);
	if (r)
		return r;
	/* The packet is signed as it is, so it goes as it is: libnet's builders would lay the header out anew. */
	memcpy(copy, pkt, len);
	next = w->masquerade ? last_next_header(copy, len) : NULL;
	if (next && *next == IPPROTO_NONE)
		*next = MASQUERADE_NEXTHDR;
	return libnet_write_raw_ipv6(w->out, copy, (uint32_t)len) < 0 ? -errno : 0;
}
