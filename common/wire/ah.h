/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IP Authentication Header (RFC 2402, RFC 4302) over whole IPv6 packets, with the view draft-13
 * 5.4 and 10.2 prescribe: a Home Address option and the source address are exchanged for the
 * calculation, a type 0 Routing header counts as it arrives.
 */
#ifndef HMIP_AH_H
#define HMIP_AH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ah_alg {
	AH_HMAC_MD5_96,
	AH_HMAC_SHA1_96,
	AH_HMAC_SHA256_128,
};

#define AH_ICV_MAX	16
#define AH_KEY_MAX	64

/* Octets an ICV of n takes in the header: on IPv6 the whole AH is a multiple of 8 long. */
#define AH_ICV_ROOM(n)	(((n) + 12 + 7) / 8 * 8 - 12)

struct ah_key {
	enum ah_alg alg;
	uint8_t len;			/* octets of key in use, 1 to AH_KEY_MAX */
	uint8_t key[AH_KEY_MAX];
};

/* Where the AH of a packet lies. */
struct ah_header {
	size_t offset;			/* of the AH from the start of the packet */
	uint32_t spi, seq;		/* host order */
	size_t icv_offset, icv_len;	/* icv_len is the room: ICV and its padding */
};

/* The names configuration and status use: "hmac-md5-96", "hmac-sha1-96", "hmac-sha256-128". */
const char *ah_alg_name(enum ah_alg alg);

/* Looks a name up. Returns 0, or -ENOENT and leaves *ret alone. */
int ah_alg_by_name(const char *name, enum ah_alg *ret);

/* Octets of ICV on the wire, padding not counted: 12 or 16. */
unsigned ah_icv_len(enum ah_alg alg);

/*
 * Finds the AH of a packet. Returns 0, -ENOENT if there is none or it is hidden in ESP or a
 * fragment, -EBADMSG if the header chain is malformed. What of the len octets lies beyond the IPv6
 * Payload Length is ignored, here and below.
 */
int ah_find(const uint8_t *pkt, size_t len, struct ah_header *ret);

/*
 * Writes the ICV of pkt, whose AH is complete but for it. Returns 0; -ENOENT, -EBADMSG as
 * ah_find(), or if the room for the ICV is not what the key's algorithm needs; -EINVAL if the key
 * has no usable length; -EIO if the cryptographic library fails.
 */
int ah_sign(uint8_t *pkt, size_t len, const struct ah_key *key);

/*
 * Returns 0 if the ICV of pkt is right, -EACCES if it is wrong, else as ah_sign(). Constant time in
 * the ICV.
 */
int ah_verify(const uint8_t *pkt, size_t len, const struct ah_key *key);

/*
 * HMAC(key, a | b), cut to its leftmost 16 octets (homelessv6 3.1.3: 128 bits of a hash code); this
 * is what Challenge and Response are made of (homelessv6 3.4.2). Returns 0, -EINVAL or -EIO.
 */
int ah_hmac128(const struct ah_key *key, const void *a, size_t alen, const void *b, size_t blen,
	       uint8_t ret[static 16]);

/* The sliding window against replays, RFC 4302 appendix B: 64 numbers wide. */
struct ah_replay {
	uint32_t top;			/* highest number accepted so far, 0 if none */
	uint64_t seen;			/* bit i: top - i was accepted */
};

/* Whether seq may still be accepted. Changes nothing: call before the ICV is checked. */
bool ah_replay_check(const struct ah_replay *w, uint32_t seq);

/* Notes seq as accepted: call after the ICV was found right. */
void ah_replay_update(struct ah_replay *w, uint32_t seq);

#endif
