/* SPDX-License-Identifier: BSD-2-Clause */
/* The clocks of the daemon, read here only: everything else gets the time as an argument. */
#ifndef HMIP_CLOCK_H
#define HMIP_CLOCK_H

#include "usec.h"

/* CLOCK_BOOTTIME. */
usec_t clock_boottime(void);

/* CLOCK_REALTIME. */
usec_t clock_wall(void);

#endif
