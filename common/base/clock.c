/* SPDX-License-Identifier: BSD-2-Clause */
#include "clock.h"

#include <time.h>

static usec_t clock_read(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

usec_t clock_boottime(void)
{
	return clock_read(CLOCK_BOOTTIME);
}

usec_t clock_wall(void)
{
	return clock_read(CLOCK_REALTIME);
}

usec_t clock_thread(void)
{
	return clock_read(CLOCK_THREAD_CPUTIME_ID);
}
