/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receives and sends signalling. libpcap captures on every interface; its tap is before tc ingress,
 * so that the datapath can drop the packets afterwards. libnet sends.
 */
#ifndef HMIP_SIGNAL_IO_H
#define HMIP_SIGNAL_IO_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct signal_io;

/*
 * Called with each captured packet, which is untrusted: len octets from the IPv6 header on, as long
 * as its Payload Length says, received on interface ifindex.
 */
typedef void signal_io_receive_fn(void *ctx, const uint8_t *pkt, size_t len, unsigned ifindex);

/*
 * Opens capture and sender. Needs CAP_NET_RAW. Returns 0, or a negative errno with the reason in
 * *why, a text that is not freed.
 */
int signal_io_open(signal_io_receive_fn *fn, void *ctx, struct signal_io **ret, const char **why);

/*
 * From now on signalling in UDP (encap.h), both ports being port, is captured and can be sent, and
 * no other program gets that port. Like native signalling it is captured, not read from a socket:
 * so it is received whatever a firewall of this host, or the datapath, says of its source, and in
 * the order of arrival. A port below 1024 needs CAP_NET_BIND_SERVICE. Call once. Returns 0, or a
 * negative errno; -EADDRINUSE: another program has the port.
 */
int signal_io_encapsulate(struct signal_io *io, uint16_t port);

/* Closes both and frees. NULL is fine. */
void signal_io_close(struct signal_io *io);

/* A descriptor to poll: it is readable when packets are queued. Then call signal_io_read(). */
int signal_io_fd(const struct signal_io *io);

/*
 * Calls fn for the captured packets, up to a limit; signal_io_fd() stays readable while there are
 * more. They were received on any interface and have an AH or Destination Options header directly
 * behind the IPv6 header, or are ICMPv6 Parameter Problems; after signal_io_encapsulate() also UDP
 * to that port, and Port Unreachables about it. Packets that this host sends are not captured. A packet received through stacked interfaces (bridge, VLAN) may be captured on each.
 * Returns the number of packets or a negative errno.
 */
int signal_io_read(struct signal_io *io);

/*
 * Sends a whole IPv6 packet of 40 to SIGNAL_MTU octets unchanged (but see signal_io_masquerade()).
 * With the ifindex of its source address, the route for that source out of that interface is used
 * whatever the metrics of others; with 0, the kernel's choice. Never blocks. Returns 0 or a
 * negative errno. -EPERM means a firewall on this host: connection tracking classifies packets that
 * end in No Next Header (59) as invalid, and an output rule that drops invalid packets drops
 * signalling.
 */
int signal_io_send(struct signal_io *io, const uint8_t *pkt, size_t len, unsigned ifindex);

/*
 * Sends the same as the payload of UDP, after signal_io_encapsulate(): a packet of ENCAP_INNER_MAX
 * octets at most, by the same route. Returns 0 or a negative errno.
 */
int signal_io_send_udp(struct signal_io *io, const uint8_t *pkt, size_t len, unsigned ifindex);

/* Sends a keep-alive from src to dst in UDP. Returns likewise. */
int signal_io_keepalive(struct signal_io *io, const struct in6_addr *src,
			const struct in6_addr *dst, unsigned ifindex);

/*
 * Makes packets end with MASQUERADE_NEXTHDR inside this host, so that its firewall does not drop
 * them. The datapath replaces it by No Next Header on the wire: pass the socket cookie that this
 * returns to datapath_set_sender(). On an interface without the datapath a peer would reject the
 * packets as forged. Returns 0, and changes nothing, if the kernel has no cookie.
 */
uint64_t signal_io_masquerade(struct signal_io *io);

/* The raw socket, for libnet's builders. io owns it. */
struct libnet_context *signal_io_libnet(struct signal_io *io);

/*
 * Sends n times what the builders have put into libnet's queue, by the kernel's route for source
 * src, and empties the queue. Returns 0 or a negative errno.
 */
int signal_io_send_built(struct signal_io *io, const struct in6_addr *src, unsigned n);

#endif
