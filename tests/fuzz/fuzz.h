/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a fuzz target includes. libFuzzer calls the entry point under clang; in make check corpus.c
 * does, once for each seed.
 */
#ifndef HMIP_FUZZ_H
#define HMIP_FUZZ_H

#include "mip6.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An assertion that is never compiled out. */
#define must(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
