/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Within one tick of the coarse clock, all packets of a connection with the same addresses have the
 * same effect on what is recorded, as long as nothing changes that decides on it. So the first of
 * them is handled in full and leaves a token in the connection's row; for the others that row is
 * enough. A token is made of the tick, the number of changes and, of a packet that is not of the
 * birth pair, its addresses. It is one word, so that no processor can see half of it.
 */
#ifndef HMIP_SETTLED_BPF_H
#define HMIP_SETTLED_BPF_H

#include "headers.bpf.h"

#define TOKEN_ASKED	1ULL			/* an answer was due for one of the packets */
#define TOKEN_MIX	0x9e3779b97f4a7c15ULL	/* odd, so that no bit is lost */

__u64 changes;	/* of entries, pairs and addresses, by the helper and by follow() */

/*
 * The token of packets that have their birth pair, without TOKEN_ASKED. Call it before the lookups
 * that it is to stand for: what changes meanwhile makes it invalid.
 */
static __always_inline __u64 token_of(__u64 tick)
{
	return (tick + *(volatile __u64 *)&changes * TOKEN_MIX) << 1;
}

/* The token, from token_of(), of packets with other addresses than the birth pair. */
static __always_inline __u64 token_with(__u64 token, const struct dp_addrs *addrs)
{
	const __u32 *word = addrs->src.s6_addr32;

	for (unsigned i = 0; i < sizeof(*addrs) / sizeof(__u64); i++) {
		token = (token ^ ((__u64)word[2 * i] << 32 | word[2 * i + 1])) * TOKEN_MIX;
		token ^= token >> 32;
	}
	return token;
}

#endif
