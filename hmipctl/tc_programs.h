/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs on the tc hooks of an interface, in the order in which the kernel runs them: those
 * of tcx, then the filters of a clsact qdisc.
 */
#ifndef HMIP_TC_PROGRAMS_H
#define HMIP_TC_PROGRAMS_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Lists the names of the programs on one hook; of filters of another kind than bpf, that kind.
 * Needs root. Returns a new array, or NULL with errno.
 */
json_t *tc_programs(unsigned ifindex, bool egress);

#endif
