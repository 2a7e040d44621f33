/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts switches to another pair of addresses, by cause, and how long after a loss they came. */
#ifndef HMIP_HANDOVERS_H
#define HMIP_HANDOVERS_H

#include "usec.h"

#include <jansson.h>
#include <stdint.h>

#define HANDOVER_CAUSES_MAX	16	/* what is beyond is counted as the last one */
#define HANDOVER_BUCKETS	13

struct handovers {
	unsigned n_cause;
	struct {
		const char *text;	/* static */
		uint64_t n;
	} cause[HANDOVER_CAUSES_MAX];
	uint64_t bucket[HANDOVER_BUCKETS];	/* cumulative: not longer than its bound */
	uint64_t n_after_loss;
	usec_t sum_after_loss;
};

/*
 * Counts a switch. cause is static text, or NULL if none is known. after_loss: the time since the
 * loss that caused it; USEC_NEVER: none did.
 */
void handovers_count(struct handovers *h, const char *cause, usec_t after_loss);

/* For report_status(). Returns a new reference, or NULL. */
json_t *handovers_report(const struct handovers *h);

#endif
