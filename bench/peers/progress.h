/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Progress log of an application: when the recording began, and how many octets it received in each
 * millisecond since. The file is mapped into memory, so it is complete at every instant, however
 * the process ends.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#define PROGRESS_MS	120000

struct progress {
	int64_t began_ms;		/* wall clock */
	uint32_t octets[PROGRESS_MS];
};

/* Creates the log at path and maps it. Ends the process on failure. */
struct progress *progress_create(const char *path);

/* Maps an existing log for reading. Ends the process on failure. */
const struct progress *progress_open(const char *path);

/* Records n octets received now. Those after PROGRESS_MS are not recorded. */
void progress_add(struct progress *p, size_t n);

#endif
