/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signalling in UDP, for paths that drop AH or destination options: the whole packet of mip6.h,
 * octet for octet, as the payload of a datagram between the same addresses.
 *
 *   +------+-----+----------------------------------------------+
 *   | IPv6 | UDP | IPv6 ... AH ... DOH, 59: as it would be sent |
 *   +------+-----+----------------------------------------------+
 *
 * A payload of the one octet 0xff is a keep-alive: it keeps the state of firewalls on the way, and
 * says nothing.
 */
#ifndef HMIP_ENCAP_H
#define HMIP_ENCAP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define ENCAP_PORT		434	/* mobileip-agent; privileged */
#define ENCAP_PRIVILEGED	1024	/* ports below are privileged */
#define ENCAP_OVERHEAD		48	/* outer IPv6 header and UDP header */
#define ENCAP_INNER_MAX		1232	/* SIGNAL_MTU - ENCAP_OVERHEAD: no fragments */
#define ENCAP_KEEPALIVE_LEN	(ENCAP_OVERHEAD + 1)

/* What a datagram carries. The inner packet is part of the datagram. */
struct encap {
	uint16_t sport, dport;		/* host order */
	const uint8_t *inner;
	size_t len;
};

/*
 * Opens the IPv6 packet of len octets at pkt, in which UDP follows the IPv6 header directly. The
 * inner packet must be IPv6, fill the datagram exactly, begin with AH, Destination Options or a
 * Routing header (so nothing is nested), and have the addresses of the outer header. UDP's checksum
 * is not verified: a capture may see it before it is complete, and AH covers the inner packet.
 *
 * Returns 0; -ENOMSG if it is a keep-alive; -EXDEV if the inner addresses are not the outer ones,
 * as behind a translator; -EBADMSG if it is anything else. *ret is written for 0 and -EXDEV.
 */
int encap_open(const uint8_t *pkt, size_t len, struct encap *ret);

/*
 * Builds into buf the datagram that carries the packet of len octets at inner, both ports being
 * port. Returns its length; -EMSGSIZE if it would exceed size, or inner ENCAP_INNER_MAX; -EINVAL if
 * inner is shorter than an IPv6 header.
 */
int encap_build(const uint8_t *inner, size_t len, uint16_t port, uint8_t *buf, size_t size);

/* Builds a keep-alive from src to dst, both ports being port. */
void encap_keepalive(const struct in6_addr *src, const struct in6_addr *dst, uint16_t port,
		     uint8_t buf[static ENCAP_KEEPALIVE_LEN]);

#endif
