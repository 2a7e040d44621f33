/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The extension headers of an IPv6 packet, and the options in them, one after the other.
 * mip6_parse.c and ah.c both read packets through this, so they cannot disagree on what a packet
 * says.
 */
#ifndef HMIP_EXTHDR_H
#define HMIP_EXTHDR_H

#include "cursor.h"

#include <netinet/in.h>

#define IP6_HEADER_LEN		40
#define IP6_SRC_OFFSET		8
#define IP6_DST_OFFSET		24
#define EXTHDR_MAX		8	/* headers in one chain; longer ones are malformed */

#define AH_FIXED_LEN		12	/* up to the ICV */
#define RH0_LEN			24	/* with the one address draft-13 8.9 knows of */
#define RH0_ADDR_OFFSET		8

/* Destination options (draft-13, 5.1 to 5.4). */
#define OPT_PAD1		0x00
#define OPT_PADN		0x01
#define OPT_BA			0x07
#define OPT_BR			0x08
#define OPT_AAP			0x1e	/* experimental (RFC 4727); unknown to other
					 * hosts, which skip it */
#define OPT_BU			0xc6
#define OPT_HAO			0xc9

struct exthdr_walk {
	const uint8_t *pkt;
	struct cursor left;		/* of the packet, its length as the IPv6 header says */
	uint8_t next;			/* the type of the header at left.p */
	unsigned n;			/* headers taken */
	bool rh, hao, ah;		/* seen so far */
};

struct exthdr {
	uint8_t type;			/* IPPROTO_HOPOPTS, _ROUTING, _DSTOPTS or _AH */
	size_t offset, len;		/* of the whole header in the packet */
	struct cursor body;		/* what follows Next Header and the length octet */
};

/* An option or sub-option: both are laid out alike (draft-13, 5.5). */
struct tlv {
	uint8_t type;
	struct cursor data;
};

/*
 * Begins at the IPv6 header of the len octets at pkt; link-layer padding behind its Payload Length
 * is ignored. Returns 0, or -EBADMSG if it is no IPv6 packet or cut short.
 */
int exthdr_open(struct exthdr_walk *w, const uint8_t *pkt, size_t len);

/*
 * Takes the next header. The walk ends at the upper layer, at No Next Header, and at what hides the
 * rest (ESP, Fragment). A Routing header is let through if its Segments Left is 0, or if it is of
 * type 0 with one address, 1 segment left and no multicast about it (draft-13 8.9). Returns 1 and
 * fills *ret; 0 at the end; -EBADMSG if a header does not fit into the packet, is where it must not
 * be (draft-13 5.4 and 10.2), or there are too many.
 */
int exthdr_next(struct exthdr_walk *w, struct exthdr *ret);

/*
 * Takes the next option of a Hop-by-Hop or Destination Options header h from h->body, padding
 * passed over. A Home Address option has been checked then: long enough, the only one, in front of
 * AH. Returns 1 and fills *ret, 0 at the end, -EBADMSG.
 */
int exthdr_option(struct exthdr_walk *w, struct exthdr *h, struct tlv *ret);

/* Takes the next option or sub-option from c, padding passed over. Returns as exthdr_option(). */
int tlv_next(struct cursor *c, struct tlv *ret);

#endif
