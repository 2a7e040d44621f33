/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log lines: to standard error in the foreground, to syslog(3) as a service. All calls keep errno.
 */
#ifndef HMIP_LOG_H
#define HMIP_LOG_H

#include <stdbool.h>

/* Chooses where lines go; verbose adds log_debug(). ident is kept by reference. */
void log_open(const char *ident, bool to_syslog, bool verbose);

/* Something failed: with ": " and strerror(errno). */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Something failed, without errno. */
void log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Normal operation: what an operator wants to see. */
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Details, with log_open(verbose) only. */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints the line and exits with status 1. */
void log_fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
