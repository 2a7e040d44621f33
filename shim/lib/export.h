/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library hides what is not marked so. What is marked is listed in libhmip.sym, too.
 */
#ifndef HMIP_EXPORT_H
#define HMIP_EXPORT_H

#define EXPORT	__attribute__((visibility("default")))

#endif
