/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends signalling with libnet. What is received comes from the datapath. */
#ifndef HMIP_SIGNAL_IO_H
#define HMIP_SIGNAL_IO_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct signal_io;

/*
 * Opens the sender. Needs CAP_NET_RAW. Returns 0, or a negative errno with the reason in *why, a
 * text that is not freed.
 */
int signal_io_open(struct signal_io **ret, const char **why);

/*
 * From now on signalling in UDP (encap.h), both ports being port, can be sent, and no other program
 * gets that port. It is received by the datapath like native signalling, not read from a socket: so
 * whatever a firewall of this host, or the datapath, says of its source, and in the order of
 * arrival. A port below 1024 needs CAP_NET_BIND_SERVICE. Call once. Returns 0, or a negative errno;
 * -EADDRINUSE: another program has the port.
 */
int signal_io_encapsulate(struct signal_io *io, uint16_t port);

/* Closes and frees. NULL is fine. */
void signal_io_close(struct signal_io *io);

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
