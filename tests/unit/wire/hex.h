/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Octets as people write them in tests, and what libcheck says when they differ.
 */
#ifndef HMIP_TEST_HEX_H
#define HMIP_TEST_HEX_H

#include <arpa/inet.h>
#include <check.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Reads hexadecimal digits, passing over everything else. Returns the number of octets. */
static inline size_t unhex(const char *text, uint8_t *ret, size_t size)
{
	size_t n = 0;

	for (; *text; text++) {
		unsigned v;

		if (!isxdigit((unsigned char)*text))
			continue;
		ck_assert_uint_lt(n, size);
		ck_assert_int_eq(sscanf(text, "%2x", &v), 1);
		ret[n++] = (uint8_t)v;
		text++;
	}
	return n;
}

/* a as text, in one of two static buffers. */
static inline const char *hex(const uint8_t *p, size_t len)
{
	static char buf[2][4 * 1280 + 1];
	static unsigned turn;
	char *s = buf[turn++ % 2];

	s[0] = '\0';
	for (size_t i = 0; i < len; i++)
		sprintf(s + 2 * i, "%02x", p[i]);
	return s;
}

/* Asserts that got is what text says in hexadecimal. */
static inline void assert_octets(const uint8_t *got, size_t len, const char *text)
{
	uint8_t want[1280];
	size_t n = unhex(text, want, sizeof(want));

	ck_assert_str_eq(hex(got, len), hex(want, n));
}

static inline struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

#endif
