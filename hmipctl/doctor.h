/* SPDX-License-Identifier: BSD-2-Clause */
/* hmipctl doctor: what is wrong, and what to do. */
#ifndef HMIP_DOCTOR_H
#define HMIP_DOCTOR_H


struct options;

/*
 * The command. Returns the exit code: 0 if there is no problem, 1 if there is one.
 */
int run_doctor(const char *path, char **argument, const struct options *options);

#endif
