/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds frames for tests, checksums from scratch: what comes out of a program is compared with
 * what would have been sent.
 */
#ifndef HMIP_TEST_FRAME_H
#define HMIP_TEST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame {
	uint8_t b[2112];
	size_t len, l3, l4;
};

/*
 * chain: what stands between the IPv6 header and the payload, a letter each: h hop-by-hop options,
 * d destination options (with a Home Address option), r routing header (done), R routing header (a
 * stop to go), a AH, f atomic fragment, 1 first fragment, 2 later fragment.
 */
struct packet {
	const char *src, *dst;		/* text */
	const char *chain;		/* NULL: none */
	uint8_t proto;			/* IPPROTO_TCP, IPPROTO_UDP, or anything: payload only */
	uint16_t sport, dport;
	uint32_t ack;			/* TCP: the ACK flag is set if not 0 */
	uint32_t stamp;			/* TCP: a timestamp option, if not 0 */
	bool syn;			/* TCP: the SYN flag alone */
	uint8_t flags;			/* TCP: these, and no others, if not 0 */
	bool empty;			/* TCP: no payload */
	uint32_t spi;
	uint32_t frag_id;
	unsigned vlans;
	bool raw;			/* no link-layer header */
	bool no_checksum;		/* UDP: sent without */
	const struct frame *quote;	/* proto IPPROTO_ICMPV6: an error about this packet ... */
	uint8_t icmp_type;		/* ... of this type */
	size_t quote_len;		/* octets of it, from its IPv6 header on; 0: all */
};

/* The frame of p. */
struct frame frame_of(const struct packet *p);

/* Puts other addresses into the IPv6 header at off and nothing else. */
void frame_set_addrs(struct frame *f, size_t off, const char *src, const char *dst);

#endif
