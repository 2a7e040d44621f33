/* SPDX-License-Identifier: BSD-2-Clause */
/* Marks a parameter that the type of a callback demands and that its body does not use. */
#ifndef HMIP_UNUSED_H
#define HMIP_UNUSED_H

#define UNUSED	__attribute__((unused))

#endif
