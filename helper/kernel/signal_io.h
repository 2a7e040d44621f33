/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signalling in and out of the network: libpcap hears on every interface (its tap is in front of tc ingress, so the
 * datapath may then keep the packets from the stack), libnet sends.
 */
#ifndef HMIP_SIGNAL_IO_H
#define HMIP_SIGNAL_IO_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct signal_io;

/* Called with each captured packet, from the IPv6 header on, cut to what that says is its length. Untrusted. */
typedef void signal_io_receive_fn(void *ctx, const uint8_t *pkt, size_t len, unsigned ifindex);

/*
 * Opens capture and sender. Needs CAP_NET_RAW. Returns 0 or a negative errno; says in *why (static or library text)
 * what failed.
 */
int signal_io_open(signal_io_receive_fn *fn, void *ctx, struct signal_io **ret, const char **why);

/* NULL is fine. */
void signal_io_close(struct signal_io *io);

/* Readable when packets wait: poll it, then call signal_io_read(). */
int signal_io_fd(const struct signal_io *io);

/*
 * Hands over what was captured, up to a limit: signal_io_fd() stays readable while there is more.
 * These are packets that came in for this host on any interface, with an AH or Destination Options
 * header right behind the IPv6 header. What this host sends is not among them. One that came in
 * through stacked interfaces (bridge, VLAN) may be seen on each. Returns the number of packets or a
 * negative errno.
 */
int signal_io_read(struct signal_io *io);

/*
 * Sends a whole IPv6 packet of at least 40 octets, as it is. With an ifindex (that of its source address) the route
 * out of that interface for that source is taken, whatever others' metrics say; 0: as the kernel routes. Never waits.
 * Returns 0 or a negative errno; -EPERM is a firewall on this host: connection tracking takes what ends in No Next
 * Header (59) for invalid, so an output rule that drops invalid packets drops signalling.
 */
int signal_io_send(struct signal_io *io, const uint8_t *pkt, size_t len, unsigned ifindex);

/*
 * From now on packets end with MASQUERADE_NEXTHDR on their way through the host, and the datapath,
 * which is told the sender's socket cookie, puts No Next Header in its place: what would be sent on
 * interfaces it is not attached to would be taken for forged. Returns the cookie, or 0 if the
 * kernel does not tell; then nothing changes.
 */
uint64_t signal_io_masquerade(struct signal_io *io);

/*
 * Binds the raw socket before something is sent with it: to the source src, which makes the kernel use routes and rules for that
 * source, and, unless 0, to the interface, which makes it use routes out of that interface only. Returns 0 or a negative errno.
 */
int signal_io_aim(struct signal_io *io, const struct in6_addr *src, unsigned ifindex);

/* The raw socket, for libnet's builders. */
struct libnet_context *signal_io_libnet(struct signal_io *io);

#endif
