/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vectors of aap_vectors.h as structs.
 */
#ifndef HMIP_TEST_AAP_LOAD_H
#define HMIP_TEST_AAP_LOAD_H

#include "aap.h"
#include "aap_vectors.h"
#include "hex.h"

static inline void load(const char *text, uint8_t *ret, size_t len)
{
	ck_assert_uint_eq(unhex(text, ret, len), len);
}

static inline struct in6_addr load_addr(const char *text)
{
	struct in6_addr a;

	load(text, a.s6_addr, sizeof(a));
	return a;
}

static inline int parse_text(const char *text, struct aap_message *ret)
{
	uint8_t data[256];

	return aap_parse(data, unhex(text, data, sizeof(data)), ret);
}

static inline struct aap_message load_message(const char *text)
{
	struct aap_message m;

	ck_assert_int_eq(parse_text(text, &m), 0);
	return m;
}

static inline struct aap_keys load_keys(const char *ir, const char *ri)
{
	struct aap_keys k = { .ir = { AH_HMAC_SHA256_128, 32, { 0 } },
			      .ri = { AH_HMAC_SHA256_128, 32, { 0 } } };

	load(ir, k.ir.key, 32);
	load(ri, k.ri.key, 32);
	return k;
}

#endif
