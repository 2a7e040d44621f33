/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

/* One destination for the process, as standard error is. */
static const char *log_ident = "hmip";
static bool log_syslog, log_verbose;

void log_open(const char *ident, bool to_syslog, bool verbose)
{
	log_ident = ident;
	log_syslog = to_syslog;
	log_verbose = verbose;
	if (to_syslog)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

/* Prints one line, cut at 1023 octets. err: an errno to append as text, or 0. */
static void emit(int priority, int err, const char *fmt, va_list ap)
{
	char line[1024];
	int n = vsnprintf(line, sizeof(line), fmt, ap);

	if (n < 0)
		return;
	if (err && (size_t)n < sizeof(line))
		snprintf(line + n, sizeof(line) - n, ": %s", strerror(err));
	if (log_syslog) {
		syslog(priority, "%s", line);
		return;
	}
	fprintf(stderr, "%s: %s\n", log_ident, line);
}

#define EMIT(priority, err)				\
	do {						\
		int saved = errno;			\
		va_list ap;				\
							\
		va_start(ap, fmt);			\
		emit((priority), (err), fmt, ap);	\
		va_end(ap);				\
		errno = saved;				\
	} while (0)

void log_warn(const char *fmt, ...)
{
	EMIT(LOG_WARNING, errno);
}

void log_warnx(const char *fmt, ...)
{
	EMIT(LOG_WARNING, 0);
}

void log_info(const char *fmt, ...)
{
	EMIT(LOG_INFO, 0);
}

void log_debug(const char *fmt, ...)
{
	if (log_verbose)
		EMIT(LOG_DEBUG, 0);
}

void log_fatal(const char *fmt, ...)
{
	EMIT(LOG_ERR, 0);
	exit(EXIT_FAILURE);
}
