/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time as this project counts it: microseconds, as an argument, never as a call.
 */
#ifndef HMIP_USEC_H
#define HMIP_USEC_H

#include <stdint.h>

typedef uint64_t usec_t;	/* since an origin the caller chose (CLOCK_BOOTTIME in the
				 * helper), or a duration */

#define USEC_NEVER	UINT64_MAX
#define USEC_PER_MSEC	UINT64_C(1000)
#define USEC_PER_SEC	UINT64_C(1000000)

/* now + d, where USEC_NEVER stays what it is. */
static inline usec_t usec_add(usec_t now, usec_t d)
{
	return d >= USEC_NEVER - now ? USEC_NEVER : now + d;
}

/* The time from now until t; 0 if t has passed. */
static inline usec_t usec_until(usec_t t, usec_t now)
{
	return t > now ? t - now : 0;
}

#endif
