/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arrays whose length the compiler knows.
 */
#ifndef HMIP_ARRAY_H
#define HMIP_ARRAY_H

/* The number of elements of an array. The compiler warns of a pointer (-Wsizeof-pointer-div). */
#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

#endif
