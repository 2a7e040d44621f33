/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's clocks in microseconds. The core gets the time as an argument. */
#ifndef HMIP_CLOCK_H
#define HMIP_CLOCK_H

#include "usec.h"

/* CLOCK_BOOTTIME: time since boot, suspension included. */
usec_t clock_boottime(void);

/* CLOCK_REALTIME: time of day. */
usec_t clock_wall(void);

/* CLOCK_THREAD_CPUTIME_ID: what this thread has taken of a processor. */
usec_t clock_thread(void);

#endif
