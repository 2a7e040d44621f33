/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Security associations as Binding Updates need them: one AH SA for each direction, attached to one
 * Foreign Host Cache Entry (X2).
 */
#ifndef HMIP_SA_H
#define HMIP_SA_H

#include "ah.h"
#include <stdbool.h>
#include <stdint.h>

#define SA_BLOCK	256	/* numbers that are reserved at once */

enum sa_class {
	SA_GENERIC,		/* configured, or keyed by IKE (X3) */
	SA_ANONYMOUS,		/* made by AAP: Binding Updates and Acknowledgements only */
};

struct sa_half {
	uint32_t spi;		/* host order */
	struct ah_key key;
};

struct sa {
	enum sa_class class;
	struct sa_half in, out;
	struct ah_replay replay;	/* of in */
	uint32_t out_seq;		/* last number sent */
	uint32_t out_limit;		/* numbers up to this one are reserved: what is saved says
					 * that they were sent */
};

/*
 * Takes the next sequence number to send under sa. Returns 0 if they are exhausted, which ends the
 * SA (RFC 4302, 3.3.2: no cycling).
 */
uint32_t sa_next_seq(struct sa *sa);

/*
 * Reserves the next SA_BLOCK numbers if out_seq is not reserved yet, so that it need not be saved
 * with each packet. Returns whether it did: then out_limit must be saved before the packet leaves.
 */
bool sa_reserve(struct sa *sa);

/* Returns whether sa_next_seq() would return 0: nothing can be sent under sa any more. */
static inline bool sa_used_up(const struct sa *sa)
{
	return sa->out_seq == UINT32_MAX;
}

/* Overwrites the keys. */
void sa_wipe(struct sa *sa);

#endif
