/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One signalling packet, decoded: the Binding Updates, Acknowledgements and Requests and the AAP
 * message it carries and the addresses they were seen with. signal_parse() and signal_build() are
 * the only code that knows the layouts of draft-ietf-mobileip-ipv6-13 section 5 and
 * draft-nikander-mobileip-homelessv6-01 section 3; the inside of AAP's option is aap.h's.
 *
 *   +------+------+------------+----+---------------------------------+
 *   | IPv6 | RH0? | DOH(HAO)?  | AH | DOH(AAP? BA... BU... BR?), 59   |
 *   +------+------+------------+----+---------------------------------+
 *
 * Addresses are in network order as always; every other integer in these structs is in host order.
 */
#ifndef HMIP_MIP6_H
#define HMIP_MIP6_H

#include "aap.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNAL_MTU		1280	/* signalling is never fragmented */

/* Sub-options (draft-13, 5.5). */
#define SUB_PAD1		0
#define SUB_PADN		1
#define SUB_UNIQUE_ID		2
#define SUB_ALT_COA		4

/*
 * Sub-options of homelessv6 3.1. The draft leaves their numbers "TBD"; both ends must agree, so a
 * network that needs others builds with -DSUB_...; 0 to 5 are taken.
 */
#ifndef SUB_HOMELESS
#define SUB_HOMELESS		0xf0
#endif
#ifndef SUB_ALT_PREFIXES
#define SUB_ALT_PREFIXES	0xf1
#endif
#ifndef SUB_CHALLENGE
#define SUB_CHALLENGE		0xf2
#endif

#define BU_ACK			0x80	/* A: a Binding Acknowledgement is wanted */
#define BU_HOME			0x40	/* H */
#define BU_ROUTER		0x20	/* R */
#define BU_DAD			0x10	/* D */

#define BA_ACCEPTED		0
#define BA_REJECTED		128	/* this status and all above it */
#define BA_PROHIBITED		130
#define BA_NO_RESOURCES		131
#define BA_NO_HOME_REG		132
#define BA_NOT_HOME_AGENT	137

#define CHALLENGE_LEN		16

#define BU_ADDRS_MAX		64	/* addresses in one BU: no option has room for more */
#define SIGNAL_BU_MAX		8	/* BUs in one packet */
#define SIGNAL_BA_MAX		8
#define SIGNAL_INFINITE		UINT32_MAX	/* lifetime */

struct binding_update {
	uint8_t flags;			/* BU_ACK and so on; reserved bits are cleared by the
					 * parser */
	uint8_t prefix_len;
	uint16_t seq;
	uint32_t lifetime;		/* seconds; 0 deletes */
	bool homeless;			/* Homeless Support sub-option (O1) */
	bool has_unique_id;
	uint16_t unique_id;
	bool has_challenge;		/* a Response, as it is in a BU (X5) */
	uint8_t challenge[CHALLENGE_LEN];
	bool names_source;		/* no Alternate CoA stands for the packet's source: the
					 * BU is about that too */
	unsigned n_addr;		/* addresses named by Alternate CoA and Alternate
					 * Prefixes, in packet order */
	struct in6_addr addr[BU_ADDRS_MAX];
};

struct binding_ack {
	uint8_t status;
	uint16_t seq;
	uint32_t lifetime, refresh;	/* seconds */
	bool has_challenge;
	uint8_t challenge[CHALLENGE_LEN];
};

struct binding_request {
	bool homeless, has_unique_id;
	uint16_t unique_id;
};

struct signal {
	struct in6_addr src, dst;	/* of the IPv6 header, as on the wire */
	bool has_rh0;			/* a type 0 Routing header leads on from dst ... */
	struct in6_addr final;		/* ... to this: must be one of the receiver's own, too */
	bool has_home;			/* a Home Address option is in front of AH */
	struct in6_addr home;
	bool has_ah;			/* the options below are behind AH, which may be invalid */
	uint32_t spi, ah_seq;
	bool unprotected;		/* a BU, BA, AAP Response or Confirm
					 * without AH was ignored (R4) */
	bool bare;			/* AH and nothing behind it: the source is the message
					 * (homelessv6 appendix B) */
	bool has_aap;
	bool aap_behind_ah;		/* set by the parser only: Init and Retry need no AH */
	struct aap_message aap;
	bool has_br;
	struct binding_request br;
	unsigned n_bu, n_ba;
	struct binding_update bu[SIGNAL_BU_MAX];
	struct binding_ack ba[SIGNAL_BA_MAX];
};

/*
 * Parses the IPv6 packet of len octets at pkt. Every length is checked against the octets that are
 * there, nothing is assumed of alignment, unknown options are skipped if their type bits are 00 and
 * make the packet malformed else, unknown sub-options are always skipped, *ret is written only on
 * success. A HAO is accepted in front of AH only and behind any Routing header; BU and BA in front
 * of AH, or without one, are not read but noted in ret->unprotected (draft-13, 10.2), and so are an
 * AAP Response and Confirm; BR (draft-13, 5.3), AAP Init and Retry are taken either way. An option
 * of AAP's type that is not AAP's, or of another version, is skipped. A type 0 Routing header is
 * accepted with one address only, and reported while it has a segment left (draft-13 8.9).
 * Fragments and ESP hide what is in them. AH with No Next Header behind it is signalling, too.
 * Returns 0; -ENOMSG if the packet is well-formed but carries no signalling; -EBADMSG if it is
 * malformed (nothing of it may be used); -E2BIG if it holds more than struct signal does.
 */
int signal_parse(const uint8_t *pkt, size_t len, struct signal *ret);

/*
 * Builds the whole IPv6 packet for s into buf, with exact option alignment, PadN where two octets
 * or more are to be filled (draft-13, 4.3), Next Header 59, Homeless Support first in its BU (B3),
 * hop limit 64, and, if s->has_ah, an AH whose ICV of icv_len octets (12 or 16) and its padding are
 * zero: ah_sign() fills it. With AH, s may carry no option at all (homelessv6 appendix B). An AAP
 * message comes first of the options, behind AH if there is one.
 *
 * A BU's addresses are laid out compactly (B8), so not always in the order given. A BU that names
 * the packet's source, or nothing at all, which is the same, has prefixes only: of 8 octets for
 * those that end in the source's last 8, of 16 for the rest; to a standard host the Initial BU is a
 * deletion (B3). Any other begins with an Alternate CoA, followed by prefixes of 8 for those that
 * end as it does; three or more that share another ending follow likewise, the rest as prefixes of
 * 16, or as Alternate CoA if it is one.
 *
 * Returns the packet's length; -EMSGSIZE if it would exceed size or SIGNAL_MTU, or a BU the 255
 * octets of an option; -EINVAL if s breaks a rule of the format: BU, BA, AAP Response or Confirm
 * without AH, AAP Init or Retry without AH but with something else, what aap_build() refuses, BU
 * numbers that do not increase, flags or a prefix length draft-13 5.1 forbids, a Response that
 * names more than one address. buf's content is undefined then.
 */
int signal_build(const struct signal *s, unsigned icv_len, uint8_t *buf, size_t size);

#endif
