/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether two decoded packets say the same, for tests and fuzzers. The addresses of a BU may come
 * in another order: the builder sorts them for compactness.
 */
#ifndef HMIP_TEST_SAME_SIGNAL_H
#define HMIP_TEST_SAME_SIGNAL_H

#include "mip6.h"

#include <stdlib.h>
#include <string.h>

static inline int compare_addr(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct in6_addr));
}

static inline bool same_addrs(const struct binding_update *a, const struct binding_update *b)
{
	struct in6_addr x[BU_ADDRS_MAX], y[BU_ADDRS_MAX];
	size_t n = a->n_addr * sizeof(x[0]);

	if (a->n_addr != b->n_addr)
		return false;
	memcpy(x, a->addr, n);
	memcpy(y, b->addr, n);
	qsort(x, a->n_addr, sizeof(x[0]), compare_addr);
	qsort(y, a->n_addr, sizeof(x[0]), compare_addr);
	return memcmp(x, y, n) == 0;
}

static inline bool same_bu(const struct binding_update *a, const struct binding_update *b)
{
	return a->flags == b->flags && a->prefix_len == b->prefix_len && a->seq == b->seq &&
	       a->lifetime == b->lifetime && a->homeless == b->homeless &&
	       a->has_unique_id == b->has_unique_id && a->unique_id == b->unique_id &&
	       a->has_challenge == b->has_challenge &&
	       memcmp(a->challenge, b->challenge, CHALLENGE_LEN) == 0 &&
	       a->names_source == b->names_source && same_addrs(a, b);
}

static inline bool same_ba(const struct binding_ack *a, const struct binding_ack *b)
{
	return a->status == b->status && a->seq == b->seq && a->lifetime == b->lifetime &&
	       a->refresh == b->refresh && a->has_challenge == b->has_challenge &&
	       memcmp(a->challenge, b->challenge, CHALLENGE_LEN) == 0;
}

static inline bool same_signal(const struct signal *a, const struct signal *b)
{
	if (compare_addr(&a->src, &b->src) || compare_addr(&a->dst, &b->dst) ||
	    a->has_rh0 != b->has_rh0 || compare_addr(&a->final, &b->final) ||
	    a->has_home != b->has_home || compare_addr(&a->home, &b->home) ||
	    a->has_ah != b->has_ah || a->spi != b->spi || a->ah_seq != b->ah_seq ||
	    a->unprotected != b->unprotected || a->has_aap != b->has_aap ||
	    a->aap_behind_ah != b->aap_behind_ah || (a->has_aap && !aap_same(&a->aap, &b->aap)) ||
	    a->has_br != b->has_br || a->br.homeless != b->br.homeless ||
	    a->br.has_unique_id != b->br.has_unique_id || a->br.unique_id != b->br.unique_id ||
	    a->n_bu != b->n_bu || a->n_ba != b->n_ba)
		return false;
	for (unsigned i = 0; i < a->n_bu; i++) {
		if (!same_bu(&a->bu[i], &b->bu[i]))
			return false;
	}
	for (unsigned i = 0; i < a->n_ba; i++) {
		if (!same_ba(&a->ba[i], &b->ba[i]))
			return false;
	}
	return true;
}

#endif
