/* SPDX-License-Identifier: BSD-2-Clause */
/* The clocks of the daemon, read here only: everything else gets the time as an argument. */
#ifndef HMIP_CLOCK_H
#define HMIP_CLOCK_H

#include "usec.h"

/* CLOCK_BOOTTIME. */
usec_t helper_now(void);

/* CLOCK_REALTIME. */
usec_t helper_wall(void);

#endif
