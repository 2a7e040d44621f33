/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "clock.h"

#include <time.h>

static usec_t clock_usec(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

usec_t helper_now(void)
{
	return clock_usec(CLOCK_BOOTTIME);
}

usec_t helper_wall(void)
{
	return clock_usec(CLOCK_REALTIME);
}
