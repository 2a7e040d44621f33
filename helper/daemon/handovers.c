/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "handovers.h"

#include <string.h>

static const usec_t bound[HANDOVER_BUCKETS] = {
	1 * USEC_PER_MSEC, 3 * USEC_PER_MSEC, 10 * USEC_PER_MSEC, 30 * USEC_PER_MSEC,
	100 * USEC_PER_MSEC, 300 * USEC_PER_MSEC, 1 * USEC_PER_SEC, 3 * USEC_PER_SEC,
	10 * USEC_PER_SEC, 30 * USEC_PER_SEC, 100 * USEC_PER_SEC, 300 * USEC_PER_SEC,
	1000 * USEC_PER_SEC,
};

void handovers_count(struct handovers *h, const char *cause, usec_t after_loss)
{
	unsigned i = 0;

	if (!cause)
		cause = "other";
	while (i < h->n_cause && strcmp(h->cause[i].text, cause) != 0)
		i++;
	if (i == HANDOVER_CAUSES_MAX)
		i--;
	else if (i == h->n_cause)
		h->cause[h->n_cause++].text = cause;
	h->cause[i].n++;
	if (after_loss == USEC_NEVER)
		return;
	for (unsigned b = 0; b < HANDOVER_BUCKETS; b++)
		h->bucket[b] += after_loss <= bound[b];
	h->n_after_loss++;
	h->sum_after_loss += after_loss;
}

json_t *handovers_report(const struct handovers *h)
{
	json_t *causes = json_array(), *buckets = json_array();

	for (unsigned i = 0; i < h->n_cause; i++)
		json_array_append_new(causes, json_pack("{ss, sI}",
			"cause", h->cause[i].text,
			"count", (json_int_t)h->cause[i].n));
	for (unsigned b = 0; b < HANDOVER_BUCKETS; b++)
		json_array_append_new(buckets, json_pack("{sf, sI}",
			"le", bound[b] / (double)USEC_PER_SEC,
			"count", (json_int_t)h->bucket[b]));
	return json_pack("{so, s{sI, sf, so}}",
		"causes", causes,
		"after_loss",
			"count", (json_int_t)h->n_after_loss,
			"sum", h->sum_after_loss / (double)USEC_PER_SEC,
			"buckets", buckets);
}
